//! What went wrong and what to do: error pages, notices and the JSON of errors
//! (always English there).

/// One error: a sentence, the reason, and steps that help.
#[derive(Clone, Copy, Debug)]
pub struct Say {
    pub title: &'static str,
    pub why: &'static str,
    pub steps: &'static [&'static str],
}

#[derive(Debug)]
pub struct Errors {
    pub not_found: Say,
    pub log_in_needed: Say,
    pub no_key: Say,
    pub wrong_key: Say,
    pub api_key_sent: Say,
    pub hash_sent: Say,
    pub too_many: Say,
    pub busy: Say,
    pub cross_site: Say,
    pub unreadable: Say,
    pub database_busy: Say,
    pub disk_full: Say,
    pub read_only: Say,
    pub internal: Say,
    pub refused: Say,

    /// Between the status and the request: `404 for GET /x.`
    pub status_for: &'static str,
    pub what_to_do: &'static str,
    pub to_find_it: &'static str,
    pub error: &'static str,
    pub reference: &'static str,
    pub time: &'static str,
    pub from: &'static str,
    pub tries_left: &'static str,
    pub tries_in_a_minute: fn(u32) -> String,
    pub wait: &'static str,
    pub log_in: &'static str,
    pub home: &'static str,

    /// The table of the three keys.
    pub keys_caption: &'static str,
    pub key: &'static str,
    pub looks_like: &'static str,
    pub opens: &'static str,
    pub in_this_request: &'static str,
    pub admin_key: &'static str,
    pub management_key: &'static str,
    pub api_key: &'static str,
    pub any_text: &'static str,
    /// Followed by an example.
    pub often: &'static str,
    /// Followed by a path.
    pub admin_opens: &'static str,
    pub management_opens: &'static str,
    /// Preceded by a path.
    pub api_opens: &'static str,
    pub needed_here: &'static str,
    pub you_sent_this: &'static str,
    pub you_sent_its_hash: &'static str,
    pub not_this_one: &'static str,
}

pub static EN: Errors = Errors {
    not_found: Say {
        title: "There is nothing at this address.",
        why: "It may have been typed wrongly, or what was here was removed.",
        steps: &["Check the address.", "Begin at Home."],
    },
    log_in_needed: Say {
        title: "You are not logged in.",
        why: "The session is over, was ended elsewhere, or never began.",
        steps: &["Log in with the Admin Key."],
    },
    no_key: Say {
        title: "This address takes the Admin Key; none was sent.",
        why: "Of the three keys, only the Admin Key opens the panel and its API.",
        steps: &["Send it as Authorization: Bearer cmp_admin_…"],
    },
    wrong_key: Say {
        title: "This address takes the Admin Key; another key was sent.",
        why: "It is not the Admin Key of this panel. It was not passed on to the gateway and is not in any log.",
        steps: &[
            "Send the Admin Key as Authorization: Bearer cmp_admin_…",
            "The CPA Management Key does not open the panel; the panel keeps it for you.",
            "If the Admin Key is lost, stop the server and run cpamp reset-admin-key.",
        ],
    },
    api_key_sent: Say {
        title: "This address takes the Admin Key; a CPA API Key was sent.",
        why: "The key was recognised by its shape, was not passed on to the gateway, and is not in any log.",
        steps: &[
            "Send the Admin Key as Authorization: Bearer cmp_admin_…",
            "To call a model, use the gateway's /v1/… with the same key.",
            "If the Admin Key is lost, stop the server and run cpamp reset-admin-key.",
        ],
    },
    hash_sent: Say {
        title: "This address takes the Admin Key; the hash of a CPA Management Key was sent.",
        why: "CPA replaces the key in its config.yaml by this hash. A hash opens nothing, neither here nor there.",
        steps: &[
            "Send the Admin Key as Authorization: Bearer cmp_admin_…",
            "If the Admin Key is lost, stop the server and run cpamp reset-admin-key.",
        ],
    },
    too_many: Say {
        title: "Too many wrong keys came from here.",
        why: "Attempts are refused for a while, right ones too.",
        steps: &[
            "Wait, then try once with the right key.",
            "Look for a script that keeps sending an old key.",
        ],
    },
    busy: Say {
        title: "Too many are logging in at this moment.",
        why: "Checking a key is slow on purpose, and only a few may wait.",
        steps: &["Try again in a few seconds."],
    },
    cross_site: Say {
        title: "This form was not sent from this panel.",
        why: "The browser says that another site sent it, or does not say where it came from. Nothing was changed.",
        steps: &[
            "Open the panel and send the form again.",
            "Behind a proxy, set CPAMP_PUBLIC_URL to the address in the browser, or pass the Host header on.",
        ],
    },
    unreadable: Say {
        title: "This request cannot be read.",
        why: "A part of it is missing, too long or not what this address takes.",
        steps: &["Go back and send the form again."],
    },
    database_busy: Say {
        title: "The database is busy.",
        why: "Another program holds it, or the disk does not answer. Collecting goes on: what was taken waits on the spool.",
        steps: &[
            "Try again in a few seconds.",
            "Look at the health of the disk of the data directory.",
        ],
    },
    disk_full: Say {
        title: "The disk is full, so nothing can be saved.",
        why: "What is stored can be seen. Nothing more is taken from the gateway than can be kept.",
        steps: &[
            "Free some space where the data directory lies.",
            "Try again: nothing needs a restart.",
        ],
    },
    read_only: Say {
        title: "The database can only be read, so nothing can be saved.",
        why: "The disk is mounted read-only, or the files belong to somebody else. What is stored can be seen.",
        steps: &[
            "Make the data directory belong to the user who runs CPAMP, on a disk that can be written.",
            "Try again: CPAMP goes on by itself.",
        ],
    },
    internal: Say {
        title: "This is a mistake in CPAMP.",
        why: "The cause is in the log under the reference below, and in no answer.",
        steps: &[
            "Try again.",
            "Report it with the lines around the reference.",
        ],
    },
    refused: Say {
        title: "This request was refused.",
        why: "This address does not take it in this form.",
        steps: &["Check the address and the method."],
    },

    status_for: "for",
    what_to_do: "What to do",
    to_find_it: "To find it in the log",
    error: "Error",
    reference: "Reference",
    time: "Time",
    from: "From",
    tries_left: "Tries left",
    tries_in_a_minute: |n| format!("{n} in this minute from this address"),
    wait: "Refused for",
    log_in: "Log in",
    home: "Home",

    keys_caption: "Which key belongs where",
    key: "Key",
    looks_like: "Looks like",
    opens: "Opens",
    in_this_request: "In this request",
    admin_key: "Admin Key",
    management_key: "CPA Management Key",
    api_key: "CPA API Key",
    any_text: "any text",
    often: "often",
    admin_opens: "CPAMP: this page and",
    management_opens: "Only CPAMP uses it, towards the gateway",
    api_opens: "of the gateway, for clients",
    needed_here: "Needed here",
    you_sent_this: "You sent this one",
    you_sent_its_hash: "You sent its hash",
    not_this_one: "You sent another one",
};

pub static ZH_CN: Errors = Errors {
    not_found: Say {
        title: "此地址下没有内容。",
        why: "地址可能输入有误，或者原有内容已被移除。",
        steps: &["检查地址。", "从首页开始。"],
    },
    log_in_needed: Say {
        title: "您尚未登录。",
        why: "会话已结束、已在别处终止，或从未开始。",
        steps: &["使用管理员密钥登录。"],
    },
    no_key: Say {
        title: "此地址需要管理员密钥，但请求中没有密钥。",
        why: "三种密钥中，只有管理员密钥能打开面板及其 API。",
        steps: &["以 Authorization: Bearer cmp_admin_… 发送。"],
    },
    wrong_key: Say {
        title: "此地址需要管理员密钥，但收到的是另一个密钥。",
        why: "它不是本面板的管理员密钥。它没有被转发给网关，也不会出现在任何日志中。",
        steps: &[
            "以 Authorization: Bearer cmp_admin_… 发送管理员密钥。",
            "CPA 管理密钥不能打开面板；面板会替您保管它。",
            "若管理员密钥已丢失，请停止服务并运行 cpamp reset-admin-key。",
        ],
    },
    api_key_sent: Say {
        title: "此地址需要管理员密钥，但收到的是 CPA API 密钥。",
        why: "密钥类型由其形式识别；它没有被转发给网关，也不会出现在任何日志中。",
        steps: &[
            "以 Authorization: Bearer cmp_admin_… 发送管理员密钥。",
            "若要调用模型，请用同一密钥访问网关的 /v1/…。",
            "若管理员密钥已丢失，请停止服务并运行 cpamp reset-admin-key。",
        ],
    },
    hash_sent: Say {
        title: "此地址需要管理员密钥，但收到的是 CPA 管理密钥的哈希值。",
        why: "CPA 会把 config.yaml 中的密钥替换为此哈希值。哈希值在这里和网关上都打不开任何东西。",
        steps: &[
            "以 Authorization: Bearer cmp_admin_… 发送管理员密钥。",
            "若管理员密钥已丢失，请停止服务并运行 cpamp reset-admin-key。",
        ],
    },
    too_many: Say {
        title: "来自此处的错误密钥过多。",
        why: "一段时间内会拒绝所有尝试，正确的密钥也不例外。",
        steps: &[
            "稍候，再用正确的密钥尝试一次。",
            "检查是否有脚本一直在发送旧密钥。",
        ],
    },
    busy: Say {
        title: "此刻登录的人太多。",
        why: "密钥校验有意放慢，只允许少数请求等待。",
        steps: &["几秒后重试。"],
    },
    cross_site: Say {
        title: "此表单不是从本面板发出的。",
        why: "浏览器表明它来自其他网站，或没有说明来源。没有任何更改。",
        steps: &[
            "打开面板，重新提交表单。",
            "若在代理之后，请将 CPAMP_PUBLIC_URL 设为浏览器中的地址，或转发 Host 头。",
        ],
    },
    unreadable: Say {
        title: "无法读取此请求。",
        why: "其中一部分缺失、过长，或不符合此地址的要求。",
        steps: &["返回并重新提交表单。"],
    },
    database_busy: Say {
        title: "数据库繁忙。",
        why: "其他程序占用了它，或磁盘没有响应。采集仍在继续：已取得的数据在暂存区等待。",
        steps: &["几秒后重试。", "检查数据目录所在磁盘的状况。"],
    },
    disk_full: Say {
        title: "磁盘已满，无法保存任何内容。",
        why: "已存储的内容仍可查看。CPAMP 不会从网关取得无法保留的记录。",
        steps: &["在数据目录所在的磁盘上释放空间。", "重试：无需重启。"],
    },
    read_only: Say {
        title: "数据库只能读取，无法保存任何内容。",
        why: "磁盘以只读方式挂载，或文件属于其他用户。已存储的内容仍可查看。",
        steps: &[
            "让运行 CPAMP 的用户拥有可写磁盘上的数据目录。",
            "重试：CPAMP 会自行恢复。",
        ],
    },
    internal: Say {
        title: "这是 CPAMP 的一个错误。",
        why: "原因以下方编号记录在日志中，不会出现在任何响应里。",
        steps: &["重试。", "连同该编号附近的日志一并报告。"],
    },
    refused: Say {
        title: "此请求被拒绝。",
        why: "此地址不接受这种形式的请求。",
        steps: &["检查地址和方法。"],
    },

    status_for: "·",
    what_to_do: "怎么办",
    to_find_it: "在日志中查找",
    error: "错误",
    reference: "编号",
    time: "时间",
    from: "来自",
    tries_left: "剩余次数",
    tries_in_a_minute: |n| format!("此地址在这一分钟内还有 {n} 次"),
    wait: "拒绝时长",
    log_in: "登录",
    home: "首页",

    keys_caption: "哪个密钥用在哪里",
    key: "密钥",
    looks_like: "形式",
    opens: "可打开",
    in_this_request: "在此请求中",
    admin_key: "管理员密钥",
    management_key: "CPA 管理密钥",
    api_key: "CPA API 密钥",
    any_text: "任意文本",
    often: "通常为",
    admin_opens: "CPAMP：本页面及",
    management_opens: "仅由 CPAMP 用于访问网关",
    api_opens: "（网关，供客户端使用）",
    needed_here: "此处需要",
    you_sent_this: "您发送的是这个",
    you_sent_its_hash: "您发送的是其哈希值",
    not_this_one: "您发送的是另一个",
};
