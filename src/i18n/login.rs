//! The log-in page, and the form it shares with the first step of the set-up.

#[derive(Debug)]
pub struct Login {
    pub title: &'static str,
    /// Followed by where the log-in leads.
    pub you_go_on_to: &'static str,
    pub admin_key: &'static str,
    /// Around the prefix of generated keys.
    pub begins_with: &'static str,
    pub pasting_is_fine: &'static str,
    /// Where the key of a demo is found.
    pub demo_key: &'static str,
    pub stay: &'static str,
    pub log_in: &'static str,
    pub key_is_lost: &'static str,
    /// Around the command.
    pub stop_and_run: &'static str,
    pub prints_a_new_one: &'static str,

    pub which_is_which: &'static str,
    pub three_keys: &'static str,
    pub opens_this_panel: &'static str,
    pub printed_once: &'static str,
    pub management_key: &'static str,
    pub management_key_is: &'static str,
    pub api_key: &'static str,
    /// Around `/v1/…`.
    pub api_key_is: &'static str,
    pub api_key_is_not: &'static str,
    /// Before the host of this page.
    pub at: &'static str,

    pub not_accepted: &'static str,
    pub wrong: &'static str,
    pub wrong_api: &'static str,
    pub wrong_hash: &'static str,
    pub empty: &'static str,
    pub tries_left: fn(u32) -> String,
    pub too_many: fn(&str) -> String,
    pub busy: &'static str,
}

pub static EN: Login = Login {
    title: "Log in",
    you_go_on_to: "You go on to",
    admin_key: "Admin Key",
    begins_with: "Begins with",
    pasting_is_fine: "unless you chose your own. Pasting is fine.",
    demo_key: "The key of this demo is in the terminal where it was started.",
    stay: "Stay logged in on this device for 30 days",
    log_in: "Log in",
    key_is_lost: "The key is lost",
    stop_and_run: "Stop the server and run",
    prints_a_new_one: "beside the database. It prints a new key once and ends all sessions.",

    which_is_which: "Which key is which",
    three_keys: "Three keys, three doors",
    opens_this_panel: "Opens this panel.",
    printed_once: "Printed once when CPAMP first started.",
    management_key: "CPA Management Key",
    management_key_is: "CPAMP shows it to the gateway for you. Not needed here.",
    api_key: "CPA API Key",
    api_key_is: "Clients use it for",
    api_key_is_not: "It does not open anything here.",
    at: "CPAMP at",

    not_accepted: "This key was not accepted.",
    wrong: "It is not the Admin Key of this panel. The Management Key of the gateway does not open it either.",
    wrong_api: "It looks like a CPA API Key, which clients use for /v1/…. This page takes the Admin Key.",
    wrong_hash: "It is the hash that CPA writes into its config.yaml. It opens nothing; this page takes the Admin Key.",
    empty: "Enter the Admin Key.",
    tries_left: |n| match n {
        0 => "No try is left in this minute.".to_owned(),
        1 => "One try is left in this minute.".to_owned(),
        n => format!("{n} tries are left in this minute."),
    },
    too_many: |wait| format!("Too many wrong keys came from here. Wait {wait}, then try once."),
    busy: "Too many are logging in at this moment. Try again in a few seconds.",
};

pub static ZH_CN: Login = Login {
    title: "登录",
    you_go_on_to: "登录后前往",
    admin_key: "管理员密钥",
    begins_with: "以",
    pasting_is_fine: "开头（自行设定的除外）。可以粘贴。",
    demo_key: "本演示的密钥显示在启动它的终端中。",
    stay: "在此设备上保持登录 30 天",
    log_in: "登录",
    key_is_lost: "密钥丢失了",
    stop_and_run: "停止服务，并在数据库旁运行",
    prints_a_new_one: "。它会打印一次新密钥，并结束所有会话。",

    which_is_which: "哪个密钥是哪个",
    three_keys: "三把钥匙，三扇门",
    opens_this_panel: "打开本面板。",
    printed_once: "CPAMP 首次启动时打印一次。",
    management_key: "CPA 管理密钥",
    management_key_is: "由 CPAMP 代您出示给网关，此处不需要。",
    api_key: "CPA API 密钥",
    api_key_is: "客户端用它访问",
    api_key_is_not: "它在这里打不开任何东西。",
    at: "CPAMP 位于",

    not_accepted: "此密钥未被接受。",
    wrong: "它不是本面板的管理员密钥。网关的管理密钥也不能打开本面板。",
    wrong_api: "它看起来是 CPA API 密钥，供客户端访问 /v1/… 使用。此页面需要管理员密钥。",
    wrong_hash: "它是 CPA 写入 config.yaml 的哈希值，打不开任何东西；此页面需要管理员密钥。",
    empty: "请输入管理员密钥。",
    tries_left: |n| match n {
        0 => "这一分钟内没有剩余次数。".to_owned(),
        n => format!("这一分钟内还可尝试 {n} 次。"),
    },
    too_many: |wait| format!("来自此处的错误密钥过多。请等待 {wait} 后再试一次。"),
    busy: "此刻登录的人太多，请几秒后重试。",
};
