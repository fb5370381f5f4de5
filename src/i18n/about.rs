//! Settings → About: what runs here, and how it was started.

#[derive(Debug)]
pub struct About {
    /// About.
    pub about_lede: &'static str,
    pub version: &'static str,
    pub running_since: &'static str,
    pub database: &'static str,
    pub size: &'static str,
    pub log: &'static str,
    pub schema: &'static str,
    pub stored_events: &'static str,
    pub licence: &'static str,
    pub rebuild: &'static str,
    pub rebuild_why: &'static str,
    pub rebuild_now: &'static str,
    pub rebuilding: fn(&str) -> String,
    pub rebuilt: fn(&str) -> String,
    pub how_started: &'static str,
    pub how_started_hint: &'static str,
}

pub static EN: About = About {
    about_lede: "This installation",
    version: "Version",
    running_since: "Running since",
    database: "Database",
    size: "Size",
    log: "Write-ahead log",
    schema: "Schema",
    stored_events: "Events stored",
    licence: "Licence",
    rebuild: "Sums of hours and days",
    rebuild_why: "Made of the stored requests. Make them anew if figures are in doubt; no request is changed",
    rebuild_now: "Make them anew",
    rebuilding: |share| format!("Being made anew: {share}. Figures are correct meanwhile."),
    rebuilt: |time| format!("Made anew on {time}."),
    how_started: "How it was started",
    how_started_hint: "Each setting and where it came from. Secrets are not shown.",
};

pub static ZH_CN: About = About {
    about_lede: "此安装",
    version: "版本",
    running_since: "运行自",
    database: "数据库",
    size: "大小",
    log: "预写日志",
    schema: "架构",
    stored_events: "已存储事件",
    licence: "许可证",
    rebuild: "小时与每日汇总",
    rebuild_why: "由已存储的请求生成。若数字可疑，可重新生成；请求不会改变",
    rebuild_now: "重新生成",
    rebuilding: |share| format!("正在重新生成：{share}。期间数字仍然正确。"),
    rebuilt: |time| format!("已于 {time} 重新生成。"),
    how_started: "启动方式",
    how_started_hint: "每项设置及其来源。不显示机密。",
};
