//! Who plays in the demo: upstream accounts, client programs and the models
//! they ask for, and the gateway's configuration that goes with them. Every
//! name, address and key is invented.

use std::fmt::Write as _;

use crate::fake::config::provider_keys::auth_index;

pub(super) const AUTH_DIR: &str = "/root/.cli-proxy-api";

/// Accounts that can stand in for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Codex,
    Claude,
    Gemini,
    Antigravity,
    Xai,
    Kimi,
    Router,
}

#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) family: Family,
    pub(super) provider: &'static str,
    pub(super) executor: &'static str,
    /// E-mail or upstream key.
    pub(super) source: &'static str,
    pub(super) auth_type: &'static str,
    pub(super) auth_index: String,
    /// The gateway's internal id, as the `errors` channel names it.
    pub(super) auth_id: String,
    /// The more, the more often it is chosen.
    pub(super) weight: u64,
    /// How often, in percent of its days, the account runs out of quota.
    pub(super) exhausted_days: u64,
}

struct OAuth {
    family: Family,
    kind: &'static str,
    executor: &'static str,
    file: &'static str,
    email: &'static str,
    extra: &'static str,
    weight: u64,
    exhausted_days: u64,
}

const OAUTH: &[OAuth] = &[
    codex(
        "codex-maya.lindqvist@example.com-plus.json",
        "maya.lindqvist@example.com",
        "plus",
        4,
        35,
    ),
    codex(
        "codex-jonas.weber@example.com-plus.json",
        "jonas.weber@example.com",
        "plus",
        4,
        30,
    ),
    codex(
        "codex-build@example.org-pro.json",
        "build@example.org",
        "pro",
        8,
        6,
    ),
    codex(
        "codex-team-eu@example.org-team.json",
        "team-eu@example.org",
        "team",
        5,
        15,
    ),
    claude("claude-ops@example.org.json", "ops@example.org", 7, 10),
    claude(
        "claude-aiko.tanaka@example.com.json",
        "aiko.tanaka@example.com",
        4,
        35,
    ),
    claude(
        "claude-priya.nair@example.com.json",
        "priya.nair@example.com",
        4,
        30,
    ),
    OAuth {
        family: Family::Antigravity,
        kind: "antigravity",
        executor: "AntigravityExecutor",
        file: "antigravity-lab@example.net.json",
        email: "lab@example.net",
        extra: r#","project_id":"demo-lab-4711""#,
        weight: 1,
        exhausted_days: 20,
    },
    OAuth {
        family: Family::Xai,
        kind: "xai",
        executor: "XAIExecutor",
        file: "xai-research@example.net.json",
        email: "research@example.net",
        extra: "",
        weight: 1,
        exhausted_days: 8,
    },
    OAuth {
        family: Family::Kimi,
        kind: "kimi",
        executor: "KimiExecutor",
        file: "kimi-1795000000000.json",
        email: "",
        extra: "",
        weight: 1,
        exhausted_days: 8,
    },
];

const fn codex(
    file: &'static str,
    email: &'static str,
    plan: &'static str,
    weight: u64,
    exhausted_days: u64,
) -> OAuth {
    OAuth {
        family: Family::Codex,
        kind: "codex",
        executor: "CodexExecutor",
        file,
        email,
        extra: plan,
        weight,
        exhausted_days,
    }
}

const fn claude(
    file: &'static str,
    email: &'static str,
    weight: u64,
    exhausted_days: u64,
) -> OAuth {
    OAuth {
        family: Family::Claude,
        kind: "claude",
        executor: "ClaudeExecutor",
        file,
        email,
        extra: "",
        weight,
        exhausted_days,
    }
}

struct Key {
    family: Family,
    provider: &'static str,
    executor: &'static str,
    list: &'static str,
    base_url: &'static str,
    secret: &'static str,
    weight: u64,
}

const KEYS: &[Key] = &[
    Key {
        family: Family::Codex,
        provider: "codex",
        executor: "CodexExecutor",
        list: "codex-api-key",
        base_url: "https://api.example.org/v1",
        secret: "sk-demo-codex-reserve-9d21",
        weight: 1,
    },
    Key {
        family: Family::Claude,
        provider: "claude",
        executor: "ClaudeExecutor",
        list: "claude-api-key",
        base_url: "https://api.example.org",
        secret: "sk-ant-demo-reserve-77c0",
        weight: 1,
    },
    Key {
        family: Family::Gemini,
        provider: "gemini",
        executor: "GeminiExecutor",
        list: "gemini-api-key",
        base_url: "https://generativelanguage.example.org",
        secret: "AIzaDemoFirst00000000000000000000000001",
        weight: 3,
    },
    Key {
        family: Family::Gemini,
        provider: "gemini",
        executor: "GeminiExecutor",
        list: "gemini-api-key",
        base_url: "https://generativelanguage.example.org",
        secret: "AIzaDemoSecond0000000000000000000000002",
        weight: 1,
    },
    Key {
        family: Family::Router,
        provider: "openai-compatible-openrouter",
        executor: "OpenAICompatExecutor",
        list: "openai-compatibility",
        base_url: "https://openrouter.example.org/api/v1",
        secret: "sk-or-v1-demo-3f6b",
        weight: 1,
    },
];

pub(super) fn accounts() -> Vec<Account> {
    let oauth = OAUTH.iter().map(|account| Account {
        family: account.family,
        provider: account.kind,
        executor: account.executor,
        source: account.email,
        auth_type: "oauth",
        auth_index: auth_index(&format!("{}:{AUTH_DIR}/{}", account.kind, account.file)),
        auth_id: account.file.to_owned(),
        weight: account.weight,
        exhausted_days: account.exhausted_days,
    });
    let keys = KEYS.iter().map(|key| {
        let auth_index = auth_index(&format!("{}:{}+{}", key.list, key.base_url, key.secret));
        Account {
            family: key.family,
            provider: key.provider,
            executor: key.executor,
            source: key.secret,
            auth_type: "apikey",
            auth_id: format!(
                "{}:apikey:{}",
                key.provider,
                auth_index.get(..12).unwrap_or_default()
            ),
            auth_index,
            weight: key.weight,
            exhausted_days: 4,
        }
    });
    oauth.chain(keys).collect()
}

/// A program with a key, and what it asks for.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) key: &'static str,
    pub(super) agents: &'static [(&'static str, u64)],
    pub(super) ips: &'static [(&'static str, u64)],
    pub(super) forwarded_for: &'static str,
    pub(super) endpoint: &'static str,
    pub(super) families: &'static [(Family, u64)],
    /// Long conversations that upstream caches, or single questions.
    pub(super) is_agent: bool,
}

pub(super) const CLIENTS: &[(Client, u64)] = &[
    (
        Client {
            key: "cpa-demo-developers-5e1f",
            agents: &[
                (
                    "codex_cli_rs/0.130.0 (Mac OS 15.5.0; arm64) iTerm.app/3.5.14",
                    5,
                ),
                (
                    "codex_cli_rs/0.131.2 (Debian 13.0.0; x86_64) vscode/1.104.1",
                    3,
                ),
            ],
            ips: &[("10.0.4.21", 4), ("10.0.4.22", 3), ("10.0.4.37", 1)],
            forwarded_for: "",
            endpoint: "POST /v1/responses",
            families: &[(Family::Codex, 1)],
            is_agent: true,
        },
        30,
    ),
    (
        Client {
            key: "cpa-demo-developers-5e1f",
            agents: &[
                ("claude-cli/2.1.220 (external, cli)", 6),
                ("claude-cli/2.1.214 (external, sdk-ts)", 1),
            ],
            ips: &[("10.0.4.9", 3), ("10.0.4.21", 2), ("10.0.4.40", 2)],
            forwarded_for: "",
            endpoint: "POST /v1/messages",
            families: &[(Family::Claude, 12), (Family::Kimi, 1), (Family::Codex, 1)],
            is_agent: true,
        },
        28,
    ),
    (
        Client {
            key: "cpa-demo-webshop-c3a8",
            agents: &[
                ("OpenAI/Python 1.99.0", 9),
                ("AsyncOpenAI/Python 1.99.0", 4),
            ],
            ips: &[("172.18.0.5", 1)],
            forwarded_for: "",
            endpoint: "POST /v1/chat/completions",
            families: &[(Family::Codex, 4), (Family::Gemini, 5), (Family::Router, 2)],
            is_agent: false,
        },
        18,
    ),
    (
        Client {
            key: "cpa-demo-translations-91bd",
            agents: &[("GeminiCLI/0.8.2 (linux; x64)", 1)],
            ips: &[("10.0.7.3", 1)],
            forwarded_for: "",
            endpoint: "POST /v1beta/models/*action",
            families: &[(Family::Gemini, 5), (Family::Antigravity, 1)],
            is_agent: false,
        },
        9,
    ),
    (
        Client {
            key: "cpa-demo-automation-0b7e",
            agents: &[("n8n", 3), ("axios/1.7.9", 2)],
            ips: &[("172.18.0.1", 1)],
            forwarded_for: "203.0.113.40",
            endpoint: "POST /v1/chat/completions",
            families: &[(Family::Router, 3), (Family::Xai, 2), (Family::Kimi, 2)],
            is_agent: false,
        },
        9,
    ),
    (
        Client {
            key: "cpa-demo-agency-44d6",
            agents: &[("Cline/3.32.6", 3), ("Kilo-Code/4.99.1", 1)],
            ips: &[("198.51.100.17", 3), ("198.51.100.23", 1)],
            forwarded_for: "198.51.100.17, 10.0.0.2",
            endpoint: "POST /v1/chat/completions",
            families: &[
                (Family::Claude, 5),
                (Family::Xai, 1),
                (Family::Antigravity, 1),
            ],
            is_agent: true,
        },
        6,
    ),
];

/// Models of a family: name upstream, name the client uses, efforts in use.
pub(super) const MODELS: &[(Family, &[(Model, u64)])] = &[
    (
        Family::Codex,
        &[
            (
                Model(
                    "gpt-5.5",
                    "gpt-5.5",
                    &[("high", 3), ("medium", 5), ("xhigh", 1)],
                ),
                9,
            ),
            (Model("gpt-5.6-sol", "gpt-5.6-sol(high)", &[("high", 1)]), 4),
            (
                Model("gpt-5.4-mini", "fast", &[("low", 3), ("minimal", 2)]),
                5,
            ),
            (
                Model(
                    "gpt-5.3-codex-spark",
                    "gpt-5.3-codex-spark",
                    &[("medium", 1)],
                ),
                1,
            ),
        ],
    ),
    (
        Family::Claude,
        &[
            (
                Model(
                    "claude-opus-5",
                    "claude-opus-5",
                    &[("high", 2), ("medium", 3)],
                ),
                5,
            ),
            (
                Model(
                    "claude-sonnet-5",
                    "claude-sonnet-5",
                    &[("medium", 3), ("", 2)],
                ),
                8,
            ),
            (
                Model(
                    "claude-haiku-4-5-20251001",
                    "claude-haiku-4-5-20251001",
                    &[("", 1)],
                ),
                4,
            ),
        ],
    ),
    (
        Family::Gemini,
        &[
            (
                Model(
                    "gemini-2.5-pro",
                    "gemini-2.5-pro",
                    &[("auto", 3), ("low", 1)],
                ),
                3,
            ),
            (
                Model(
                    "gemini-3.5-flash",
                    "gemini-3.5-flash",
                    &[("none", 1), ("auto", 2)],
                ),
                6,
            ),
        ],
    ),
    (
        Family::Antigravity,
        &[
            (
                Model(
                    "gemini-3-flash-agent",
                    "gemini-3-flash-agent",
                    &[("auto", 1)],
                ),
                3,
            ),
            (
                Model("claude-sonnet-4-6", "claude-sonnet-4-6", &[("medium", 1)]),
                1,
            ),
        ],
    ),
    (
        Family::Xai,
        &[(Model("grok-4.5", "grok-4.5", &[("high", 1), ("", 2)]), 1)],
    ),
    (
        Family::Kimi,
        &[(Model("kimi-k3", "kimi-k3", &[("", 1)]), 1)],
    ),
    (
        Family::Router,
        &[
            (Model("deepseek/deepseek-v3.2", "deepseek", &[("", 1)]), 3),
            (Model("qwen/qwen3-coder:free", "qwen3-coder", &[("", 1)]), 2),
        ],
    ),
];

/// Upstream name, client's name, reasoning efforts with weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static [(&'static str, u64)],
);

/// `config.yaml` of a gateway with these accounts and keys.
pub(super) fn config_yaml(management_key: &str) -> String {
    let mut yaml = format!(
        "# The gateway of the demo: everything here is invented\nhost: \"127.0.0.1\"\n\
         auth-dir: \"{AUTH_DIR}\"\nremote-management:\n  secret-key: \"{management_key}\"\n\
         usage-statistics-enabled: true\nredis-usage-queue-retention-seconds: 3600\n\
         request-retry: 3\napi-keys:\n"
    );
    let mut client_keys: Vec<&str> = CLIENTS.iter().map(|(client, _)| client.key).collect();
    client_keys.dedup();
    for key in client_keys {
        let _infallible = writeln!(yaml, "  - \"{key}\"");
    }
    for list in ["codex-api-key", "claude-api-key", "gemini-api-key"] {
        let _infallible = writeln!(yaml, "{list}:");
        for key in KEYS.iter().filter(|key| key.list == list) {
            let _infallible = writeln!(
                yaml,
                "  - api-key: \"{}\"\n    base-url: \"{}\"",
                key.secret, key.base_url
            );
        }
    }
    for key in KEYS.iter().filter(|key| key.family == Family::Router) {
        let _infallible = writeln!(
            yaml,
            "openai-compatibility:\n  - name: \"openrouter\"\n    base-url: \"{}\"\n    \
             api-key-entries:\n      - api-key: \"{}\"\n    models:\n      \
             - name: \"deepseek/deepseek-v3.2\"\n        alias: \"deepseek\"\n      \
             - name: \"qwen/qwen3-coder:free\"\n        alias: \"qwen3-coder\"",
            key.base_url, key.secret
        );
    }
    yaml
}

/// Their auth files: name and content. The tokens are no tokens.
pub(super) fn auth_files() -> Vec<(String, String)> {
    OAUTH
        .iter()
        .map(|account| {
            let (kind, email) = (account.kind, account.email);
            let email = if email.is_empty() {
                String::new()
            } else {
                format!(",\"email\":\"{email}\"")
            };
            let extra = if account.family == Family::Codex {
                format!(",\"id_token\":\"{}\"", id_token(account.extra))
            } else {
                account.extra.to_owned()
            };
            let text = format!(
                "{{\"access_token\":\"demo\",\"disabled\":false{email},\
                 \"expired\":\"2099-01-01T00:00:00Z\"{extra},\"refresh_token\":\"demo\",\"type\":\"{kind}\"}}"
            );
            (account.file.to_owned(), text)
        })
        .collect()
}

/// An unsigned token that names the plan.
fn id_token(plan: &str) -> String {
    let claims = format!(
        "{{\"https://api.openai.com/auth\":{{\"chatgpt_account_id\":\"acct-demo-{plan}\",\"chatgpt_plan_type\":\"{plan}\"}}}}"
    );
    format!("e30.{}.sig", base64url(claims.as_bytes()))
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for sextet in 0..=chunk.len() {
            let value = usize::try_from((bits >> (18 - 6 * sextet)) & 63).unwrap_or(0);
            text.extend(ALPHABET.get(value).map(|letter| char::from(*letter)));
        }
    }
    text
}
