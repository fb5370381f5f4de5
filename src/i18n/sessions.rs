//! Settings → Sessions: who is logged in.

#[derive(Debug)]
pub struct Sessions {
    /// Sessions.
    pub sessions_lede: &'static str,
    pub this_one: &'static str,
    pub began: &'static str,
    pub last_seen: &'static str,
    pub ends: &'static str,
    pub ends_if_unused: &'static str,
    pub address_of: &'static str,
    pub browser: &'static str,
    pub action: &'static str,
    pub end: &'static str,
    pub end_of: fn(&str) -> String,
    pub end_all: &'static str,
    pub end_all_hint: &'static str,
    pub ended: &'static str,
    pub unknown_browser: &'static str,
}

pub static EN: Sessions = Sessions {
    sessions_lede: "Who is logged in",
    this_one: "this browser",
    began: "Logged in",
    last_seen: "Last used",
    ends: "Ends",
    ends_if_unused: "or 12 h after its last use",
    address_of: "From",
    browser: "Browser",
    action: "Action",
    end: "End",
    end_of: |browser| format!("End the session of {browser}"),
    end_all: "End all sessions",
    end_all_hint: "Everybody must log in again, you too.",
    ended: "The session is over.",
    unknown_browser: "unknown",
};

pub static ZH_CN: Sessions = Sessions {
    sessions_lede: "谁已登录",
    this_one: "此浏览器",
    began: "登录时间",
    last_seen: "最近使用",
    ends: "结束时间",
    ends_if_unused: "或最后一次使用后 12 小时",
    address_of: "来自",
    browser: "浏览器",
    action: "操作",
    end: "结束",
    end_of: |browser| format!("结束 {browser} 的会话"),
    end_all: "结束所有会话",
    end_all_hint: "所有人都必须重新登录，包括您。",
    ended: "会话已结束。",
    unknown_browser: "未知",
};
