//! What stands between the panel and a gateway while they are connected.

use super::causes::Cause;

#[derive(Debug)]
pub struct Obstacles {
    /// What went wrong.
    pub no_key: Cause,
    pub admin_key_given: Cause,
    pub hash_given: Cause,
    pub api_key_given: Cause,
    pub refused_before: Cause,
    pub unknown_host: Cause,
    pub refused: Cause,
    pub tls: Cause,
    pub not_tls: Cause,
    pub dropped: Cause,
    pub timed_out: Cause,
    pub not_cpa: Cause,
    pub panel: Cause,
    pub key_rejected: Cause,
    pub tries_left: fn(u32) -> String,
    pub banned: Cause,
    pub banned_for: fn(&str) -> String,
    pub remote_off: Cause,
    pub management_off: Cause,
    pub unsupported: Cause,
    pub other: Cause,
    pub could_not_turn_on: &'static str,
    pub said: &'static str,
}

pub static EN: Obstacles = Obstacles {
    no_key: Cause {
        verdict: "The field is empty.",
        why: "Without the Management Key CPAMP cannot take records.",
        fix: "Enter the Management Key.",
    },
    admin_key_given: Cause {
        verdict: "This is the Admin Key of CPAMP.",
        why: "It begins with cmp_admin_, so it was not sent to the gateway.",
        fix: "This step needs the Management Key of CPA.",
    },
    hash_given: Cause {
        verdict: "This is the hash of a Management Key.",
        why: "CPA replaces the key in its config.yaml by this hash. A hash opens nothing, so it was not sent.",
        fix: "Enter the key as it was before, or write a new one into config.yaml: CPA hashes it again.",
    },
    api_key_given: Cause {
        verdict: "This looks like a CPA API Key.",
        why: "Keys that begin with sk- usually belong to clients and open /v1/… only. It was not sent yet.",
        fix: "If it really is the Management Key, enter it once more.",
    },
    refused_before: Cause {
        verdict: "The gateway refused this very key before.",
        why: "It was not sent again: after five wrong keys CPA bans this address for 30 minutes.",
        fix: "Enter another key.",
    },
    unknown_host: Cause {
        verdict: "The host name is not known.",
        why: "No address was found for it from where CPAMP runs.",
        fix: "Check the spelling. In containers, use the name of the service, and put both into one network.",
    },
    refused: Cause {
        verdict: "Nothing listens at that port.",
        why: "The host is there and refuses the connection.",
        fix: "Start the gateway, or correct the port: CPA listens on 8317 unless its config.yaml says otherwise. In a container, 127.0.0.1 is the container itself.",
    },
    tls: Cause {
        verdict: "The certificate was not accepted.",
        why: "The TLS handshake failed, or the certificate is self-signed, expired or for another name.",
        fix: "Correct the certificate or the address, or accept any certificate if you trust the network between.",
    },
    not_tls: Cause {
        verdict: "This port does not speak https.",
        why: "What answers there is not encrypted.",
        fix: "Write http:// instead of https://, or turn TLS on in the gateway.",
    },
    dropped: Cause {
        verdict: "The connection was closed.",
        why: "Something accepted it and hung up: http spoken to an https port, or a proxy without its upstream.",
        fix: "Try https instead of http or the other way round.",
    },
    timed_out: Cause {
        verdict: "There is no answer in time.",
        why: "The address does not answer: a firewall drops the packets, or the gateway is overloaded.",
        fix: "Check the address and the firewall between CPAMP and the gateway.",
    },
    not_cpa: Cause {
        verdict: "Something else answers there.",
        why: "The answer lacks what every CLIProxyAPI sends. No key was sent.",
        fix: "Check host, port and path; a reverse proxy may answer in its place.",
    },
    panel: Cause {
        verdict: "This is the address of a CPAMP, not of a gateway.",
        why: "A panel like this one answers there. No key was sent.",
        fix: "Enter where CLIProxyAPI itself listens: port 8317 unless its config.yaml says otherwise.",
    },
    key_rejected: Cause {
        verdict: "CPA did not accept this key.",
        why: "CPAMP tried it once and will not try again by itself: after five wrong keys CPA bans an address for 30 minutes.",
        fix: "Enter the Management Key of the gateway.",
    },
    tries_left: |n| match n {
        0 => "The next one may be banned.".to_owned(),
        1 => "At most one try is left.".to_owned(),
        n => format!("At most {n} tries are left."),
    },
    banned: Cause {
        verdict: "The gateway bans this address.",
        why: "Too many wrong keys came from here, so it refuses every key, the right one too. CPAMP sends nothing until it is over.",
        fix: "Wait, or restart the gateway: that lifts the ban at once.",
    },
    banned_for: |span| format!("The ban lasts for another {span}."),
    remote_off: Cause {
        verdict: "The gateway refuses management from other machines.",
        why: "CPAMP and the gateway are on different machines (or containers), and allow-remote is false.",
        fix: "Set remote-management.allow-remote: true in its config.yaml, or MANAGEMENT_PASSWORD in its environment, or run CPAMP on the same machine.",
    },
    management_off: Cause {
        verdict: "Management is switched off at the gateway.",
        why: "It has no Management Key, and without one CPA hides its whole management API.",
        fix: "Set remote-management.secret-key in its config.yaml; CPA reloads it by itself. Then enter the same key here.",
    },
    unsupported: Cause {
        verdict: "This gateway is too old or hidden behind a proxy.",
        why: "It does not know what CPAMP asks for.",
        fix: "CPAMP needs CPA 6.10.8 or later, and a proxy must pass on /v0/management.",
    },
    other: Cause {
        verdict: "The gateway gave an unexpected answer.",
        why: "What it said stands below.",
        fix: "Look into the log of the gateway, then try again.",
    },
    could_not_turn_on: "Usage statistics could not be turned on, and nothing was saved. Untick the box to save without.",
    said: "It said:",
};

pub static ZH_CN: Obstacles = Obstacles {
    no_key: Cause {
        verdict: "此字段为空。",
        why: "没有管理密钥，CPAMP 无法取得记录。",
        fix: "请输入管理密钥。",
    },
    admin_key_given: Cause {
        verdict: "这是 CPAMP 的管理员密钥。",
        why: "它以 cmp_admin_ 开头，因此没有发送给网关。",
        fix: "此步骤需要 CPA 的管理密钥。",
    },
    hash_given: Cause {
        verdict: "这是管理密钥的哈希值。",
        why: "CPA 会把 config.yaml 中的密钥替换为此哈希值。哈希值打不开任何东西，因此没有发送。",
        fix: "请输入原来的密钥，或在 config.yaml 中写入新密钥：CPA 会再次将其哈希。",
    },
    api_key_given: Cause {
        verdict: "这看起来是 CPA API 密钥。",
        why: "以 sk- 开头的密钥通常属于客户端，只能打开 /v1/…。尚未发送。",
        fix: "如果它确实是管理密钥，请再输入一次。",
    },
    refused_before: Cause {
        verdict: "网关之前拒绝过这个密钥。",
        why: "没有再次发送：五次错误密钥后，CPA 会封禁此地址 30 分钟。",
        fix: "请输入另一个密钥。",
    },
    unknown_host: Cause {
        verdict: "主机名未知。",
        why: "从 CPAMP 所在处找不到它的地址。",
        fix: "检查拼写。在容器中请使用服务名，并将两者放入同一网络。",
    },
    refused: Cause {
        verdict: "该端口上没有服务监听。",
        why: "主机存在，但拒绝连接。",
        fix: "启动网关，或更正端口：除非 config.yaml 另有说明，CPA 监听 8317。在容器中，127.0.0.1 是容器自身。",
    },
    tls: Cause {
        verdict: "证书未被接受。",
        why: "TLS 握手失败，或证书为自签名、已过期或属于其他名称。",
        fix: "更正证书或地址；若信任中间网络，可接受任何证书。",
    },
    not_tls: Cause {
        verdict: "该端口不使用 https。",
        why: "那里的应答没有加密。",
        fix: "将 https:// 改为 http://，或在网关中启用 TLS。",
    },
    dropped: Cause {
        verdict: "连接被关闭。",
        why: "对方接受后挂断：用 http 访问 https 端口，或代理没有上游。",
        fix: "尝试将 http 换成 https，或反之。",
    },
    timed_out: Cause {
        verdict: "没有及时应答。",
        why: "该地址没有应答：防火墙丢弃了数据包，或网关过载。",
        fix: "检查地址以及 CPAMP 与网关之间的防火墙。",
    },
    not_cpa: Cause {
        verdict: "那里应答的是别的服务。",
        why: "应答中缺少每个 CLIProxyAPI 都会发送的内容。没有发送任何密钥。",
        fix: "检查主机、端口和路径；可能是反向代理在代为应答。",
    },
    panel: Cause {
        verdict: "这是 CPAMP 的地址，不是网关的地址。",
        why: "那里应答的是与此相同的面板。没有发送任何密钥。",
        fix: "请输入 CLIProxyAPI 自身监听的地址：除非其 config.yaml 另有说明，端口为 8317。",
    },
    key_rejected: Cause {
        verdict: "CPA 不接受此密钥。",
        why: "CPAMP 试用了一次，不会自行重试：五次错误密钥后，CPA 会封禁该地址 30 分钟。",
        fix: "请输入网关的管理密钥。",
    },
    tries_left: |n| match n {
        0 => "下一次可能会被封禁。".to_owned(),
        n => format!("最多还剩 {n} 次。"),
    },
    banned: Cause {
        verdict: "网关封禁了此地址。",
        why: "来自这里的错误密钥过多，它会拒绝所有密钥，正确的也不例外。封禁结束前 CPAMP 不发送任何内容。",
        fix: "等待，或重启网关：封禁会立即解除。",
    },
    banned_for: |span| format!("封禁还将持续 {span}。"),
    remote_off: Cause {
        verdict: "网关拒绝来自其他机器的管理。",
        why: "CPAMP 与网关位于不同的机器（或容器），而 allow-remote 为 false。",
        fix: "在其 config.yaml 中设置 remote-management.allow-remote: true，或在其环境中设置 MANAGEMENT_PASSWORD，或在同一台机器上运行 CPAMP。",
    },
    management_off: Cause {
        verdict: "网关的管理功能已关闭。",
        why: "它没有管理密钥；没有密钥时 CPA 会隐藏整个管理 API。",
        fix: "在其 config.yaml 中设置 remote-management.secret-key；CPA 会自行重新加载。然后在此输入同一密钥。",
    },
    unsupported: Cause {
        verdict: "此网关过旧，或隐藏在代理之后。",
        why: "它不认识 CPAMP 的请求。",
        fix: "CPAMP 需要 CPA 6.10.8 或更高版本，代理必须转发 /v0/management。",
    },
    other: Cause {
        verdict: "网关给出了意外的应答。",
        why: "它所说的内容见下方。",
        fix: "查看网关日志后重试。",
    },
    could_not_turn_on: "无法开启使用统计，没有保存任何内容。取消勾选即可在不开启的情况下保存。",
    said: "它说：",
};
