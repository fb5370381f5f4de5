//! Why no data comes, and what mends it.

/// One cause: the finding, what it means, and what to do.
#[derive(Debug)]
pub struct Cause {
    pub verdict: &'static str,
    pub why: &'static str,
    pub fix: &'static str,
}

#[derive(Debug)]
pub struct Causes {
    pub fine: Cause,
    pub no_traffic: Cause,
    pub unconfigured: Cause,
    pub off: Cause,
    pub starting: Cause,
    pub unreachable: Cause,
    pub timed_out: Cause,
    pub not_cpa: Cause,
    pub key_rejected: Cause,
    pub banned: Cause,
    pub remote_management_off: Cause,
    pub management_off: Cause,
    pub statistics_off: Cause,
    pub transport_unsupported: Cause,
    pub competing_consumer: Cause,
    pub sealed_key_unreadable: Cause,
    pub store_failing: Cause,
    pub spool_full: Cause,
    pub read_only: Cause,
    pub disk_full: Cause,
    pub damaged: Cause,
    pub other: Cause,

    pub banned_until: fn(&str) -> String,
    pub next_try: fn(&str) -> String,
}

pub static EN: Causes = Causes {
    fine: Cause {
        verdict: "Requests arrive.",
        why: "The gateway answers, keeps usage records, and CPAMP takes and stores them.",
        fix: "",
    },
    no_traffic: Cause {
        verdict: "Everything is ready; no request has come yet.",
        why: "The gateway answers and keeps usage records, and CPAMP is taking them. The first request \
              through the gateway appears here within a second.",
        fix: "Send a request through the gateway, with any of its client keys.",
    },
    unconfigured: Cause {
        verdict: "No gateway is connected yet.",
        why: "CPAMP takes its records from a CLIProxyAPI gateway. It needs the gateway’s address and \
              its Management Key.",
        fix: "Setting it up takes a minute, and each step is checked at once.",
    },
    off: Cause {
        verdict: "Collecting is switched off.",
        why: "Somebody turned it off in the settings. What is stored stays; what the gateway serves \
              meanwhile is lost once its queue forgets it.",
        fix: "Switch it on again in the collection settings.",
    },
    starting: Cause {
        verdict: "Collecting is starting.",
        why: "CPAMP is connecting to the gateway. This takes a few seconds.",
        fix: "",
    },
    unreachable: Cause {
        verdict: "The gateway cannot be reached.",
        why: "Nothing answers at its address: it is down, the address is wrong, or a firewall is \
              between.",
        fix: "Start the gateway or correct the address. CPAMP keeps trying by itself.",
    },
    timed_out: Cause {
        verdict: "The gateway does not answer in time.",
        why: "Something accepts the connection and then stays silent: an overloaded gateway, or a \
              proxy whose upstream is gone.",
        fix: "CPAMP keeps trying by itself.",
    },
    not_cpa: Cause {
        verdict: "What answers is not a CPA gateway.",
        why: "The address leads to some other web server: the answer lacks what every CPA sends.",
        fix: "Check host, port and path of the address; a reverse proxy may answer in its place.",
    },
    key_rejected: Cause {
        verdict: "The gateway rejects the Management Key.",
        why: "CPAMP stopped after one attempt, because CPA bans an address after five wrong keys. The \
              Management Key is the one under remote-management in the gateway’s configuration, not \
              one of its client keys and not the Admin Key of this panel.",
        fix: "Enter the right key; CPAMP tries it once.",
    },
    banned: Cause {
        verdict: "The gateway has banned this address.",
        why: "Too many wrong keys came from here, so CPA refuses every key for half an hour. CPAMP \
              waits until it is over.",
        fix: "Restarting the gateway lifts the ban at once.",
    },
    remote_management_off: Cause {
        verdict: "The gateway refuses management from other machines.",
        why: "CPAMP and the gateway are on different machines, and allow-remote is false.",
        fix: "Allow it in the gateway’s configuration, or run CPAMP on the same machine.",
    },
    management_off: Cause {
        verdict: "The gateway has no Management Key.",
        why: "Without secret-key in its configuration CPA switches its whole management API off.",
        fix: "Set a key in the gateway’s configuration, then enter the same key here.",
    },
    statistics_off: Cause {
        verdict: "The gateway throws its usage records away.",
        why: "CPA answers and accepts the key, but usage-statistics-enabled is false, so it queues \
              nothing for CPAMP to take. Requests served meanwhile cannot be recovered.",
        fix: "Changes one line of the gateway’s configuration through its API. New requests appear \
              within a second; no restart.",
    },
    transport_unsupported: Cause {
        verdict: "The gateway does not offer the chosen transport.",
        why: "The collection mode asks for a way that this version of CPA lacks, or that a proxy in \
              between cannot carry: RESP needs the bare port, HTTP needs CPA 6.10.8 or later.",
        fix: "Choose “auto” in the collection settings; it finds the best way by itself.",
    },
    competing_consumer: Cause {
        verdict: "Another program takes the records first.",
        why: "Each record of CPA’s queue goes to one taker only, and to subscribers before all \
              others. Somebody else, perhaps a second panel, is reading the same queue.",
        fix: "Stop the other program, or let both subscribe: then each gets every record.",
    },
    sealed_key_unreadable: Cause {
        verdict: "The stored Management Key cannot be read.",
        why: "It is sealed with data.key, and that file is missing or another one. Nothing else is \
              lost.",
        fix: "Put the old data.key back, or enter the Management Key again.",
    },
    store_failing: Cause {
        verdict: "The database cannot be written.",
        why: "Records are safe on the spool and are stored as soon as it works again.",
        fix: "Check the rights and the health of the data directory.",
    },
    spool_full: Cause {
        verdict: "The spool is full.",
        why: "Records wait there for a database that does not take them, and there is no more room. \
              CPAMP stopped taking, so that the gateway keeps what it can.",
        fix: "Make the database writable again; the spool empties by itself.",
    },
    read_only: Cause {
        verdict: "The database can only be read.",
        why: "When CPAMP started, it could not write there: the disk is full or mounted read-only, or \
              the files belong to somebody else. What was stored is shown; nothing is taken, nothing \
              can be saved, and log-ins last until it goes on.",
        fix: "Free space, or make the data directory belong to the user who runs CPAMP. It looks \
              every few seconds and goes on by itself.",
    },
    disk_full: Cause {
        verdict: "The disk is full.",
        why: "CPAMP stopped taking, so that no record is taken that cannot be kept.",
        fix: "Free some space; CPAMP goes on by itself.",
    },
    damaged: Cause {
        verdict: "The database is damaged.",
        why: "The file is not what CPAMP wrote: the disk, its memory or another program changed it. \
              Figures may be wrong, and what comes may not be stored.",
        fix: "Stop CPAMP, keep a copy of the files, and restore a backup of the database; data.key \
              stays as it is. Then look through it again.",
    },
    other: Cause {
        verdict: "Collecting fails for a reason CPAMP does not know.",
        why: "What the other side said is shown below.",
        fix: "CPAMP keeps trying by itself.",
    },

    banned_until: |when| format!("The ban ends at {when}."),
    next_try: |when| format!("Next try at {when}."),
};

pub static ZH_CN: Causes = Causes {
    fine: Cause {
        verdict: "请求正在到达。",
        why: "网关有响应并保留用量记录，CPAMP 正在取走并存储它们。",
        fix: "",
    },
    no_traffic: Cause {
        verdict: "一切就绪，尚无请求到来。",
        why: "网关有响应并保留用量记录，CPAMP 正在采集。经过网关的第一条请求会在一秒内出现在这里。",
        fix: "使用网关的任意客户端密钥发送一条请求。",
    },
    unconfigured: Cause {
        verdict: "尚未连接网关。",
        why: "CPAMP 从 CLIProxyAPI 网关获取记录，需要网关地址及其管理密钥。",
        fix: "设置只需一分钟，每一步都会立即检查。",
    },
    off: Cause {
        verdict: "采集已关闭。",
        why: "有人在设置中将其关闭。已存储的数据仍然保留；在此期间网关处理的请求，一旦其队列过期就会丢失。",
        fix: "请在采集设置中重新打开。",
    },
    starting: Cause {
        verdict: "采集正在启动。",
        why: "CPAMP 正在连接网关，需要几秒钟。",
        fix: "",
    },
    unreachable: Cause {
        verdict: "无法连接网关。",
        why: "该地址没有任何响应：网关未运行、地址错误，或中间有防火墙。",
        fix: "请启动网关或更正地址。CPAMP 会自动继续尝试。",
    },
    timed_out: Cause {
        verdict: "网关没有及时响应。",
        why: "连接被接受后没有回应：网关过载，或代理的上游已失效。",
        fix: "CPAMP 会自动继续尝试。",
    },
    not_cpa: Cause {
        verdict: "响应方不是 CPA 网关。",
        why: "该地址指向其他 Web 服务器：响应中缺少 CPA 必有的内容。",
        fix: "请检查地址的主机、端口和路径；可能是反向代理代为响应。",
    },
    key_rejected: Cause {
        verdict: "网关拒绝了管理密钥。",
        why: "CPAMP 在一次尝试后即停止，因为 CPA 在五次错误密钥后会封禁该地址。管理密钥是网关配置中 remote-management 下的密钥，既不是客户端密钥，也不是本面板的管理员密钥。",
        fix: "请输入正确的密钥；CPAMP 只会尝试一次。",
    },
    banned: Cause {
        verdict: "网关已封禁此地址。",
        why: "来自此处的错误密钥过多，CPA 在半小时内拒绝一切密钥。CPAMP 会等到封禁结束。",
        fix: "重启网关可立即解除封禁。",
    },
    remote_management_off: Cause {
        verdict: "网关拒绝来自其他机器的管理请求。",
        why: "CPAMP 与网关不在同一台机器上，而 allow-remote 为 false。",
        fix: "请在网关配置中允许远程管理，或在同一台机器上运行 CPAMP。",
    },
    management_off: Cause {
        verdict: "网关没有设置管理密钥。",
        why: "配置中没有 secret-key 时，CPA 会关闭整个管理接口。",
        fix: "请在网关配置中设置密钥，然后在此输入相同的密钥。",
    },
    statistics_off: Cause {
        verdict: "网关丢弃了用量记录。",
        why: "CPA 有响应并接受了密钥，但 usage-statistics-enabled 为 false，因此队列中没有可供 CPAMP 采集的内容。在此期间处理的请求无法恢复。",
        fix: "通过网关接口修改一行配置。新请求会在一秒内出现，无需重启。",
    },
    transport_unsupported: Cause {
        verdict: "网关不提供所选的传输方式。",
        why: "所选采集模式在此版本的 CPA 中不存在，或中间的代理无法承载：RESP 需要直连端口，HTTP 需要 CPA 6.10.8 及以上。",
        fix: "请在采集设置中选择“auto”，它会自动找到最佳方式。",
    },
    competing_consumer: Cause {
        verdict: "另一个程序抢先取走了记录。",
        why: "CPA 队列中的每条记录只交给一个取用者，并优先交给订阅者。可能有另一个面板在读取同一个队列。",
        fix: "请停止另一个程序，或让两者都使用订阅：这样各自都能得到全部记录。",
    },
    sealed_key_unreadable: Cause {
        verdict: "无法读取已存储的管理密钥。",
        why: "它由 data.key 加密，而该文件丢失或已更换。其他数据均未丢失。",
        fix: "请恢复原来的 data.key，或重新输入管理密钥。",
    },
    store_failing: Cause {
        verdict: "数据库无法写入。",
        why: "记录安全地保存在暂存区，恢复后会立即写入。",
        fix: "请检查数据目录的权限和状态。",
    },
    spool_full: Cause {
        verdict: "暂存区已满。",
        why: "记录在等待写入数据库，已没有更多空间。CPAMP 已停止取用，以便网关尽可能保留。",
        fix: "请恢复数据库写入；暂存区会自动清空。",
    },
    read_only: Cause {
        verdict: "数据库只能读取。",
        why: "CPAMP 启动时无法写入：磁盘已满、以只读方式挂载，或文件属于其他用户。已存储的内容照常显示；不会取得记录，无法保存任何更改，登录状态只保留到恢复为止。",
        fix: "释放空间，或将数据目录的所有者改为运行 CPAMP 的用户。它每隔几秒检查一次，并会自行恢复。",
    },
    disk_full: Cause {
        verdict: "磁盘已满。",
        why: "CPAMP 已停止取用，以免取走无法保存的记录。",
        fix: "请释放一些空间；CPAMP 会自动继续。",
    },
    damaged: Cause {
        verdict: "数据库已损坏。",
        why: "文件与 CPAMP 写入的内容不符：磁盘、内存或其他程序改动了它。数字可能有误，新的记录可能无法存储。",
        fix: "停止 CPAMP，保留文件副本，然后恢复数据库备份；data.key 保持不变。之后再次检查。",
    },
    other: Cause {
        verdict: "采集因未知原因失败。",
        why: "对方的回应显示在下方。",
        fix: "CPAMP 会自动继续尝试。",
    },

    banned_until: |when| format!("封禁将于 {when} 结束。"),
    next_try: |when| format!("下次尝试：{when}。"),
};
