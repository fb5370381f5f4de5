//! The accounts that play in the demo. Every name, address and key is invented.

pub(super) mod clients;
pub(super) mod cues;
pub(super) mod gateway;

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
    /// More of the file's JSON; of a Codex account, its plan.
    extra: &'static str,
    /// What the operator wrote into the file, as JSON.
    settings: &'static str,
    disabled: bool,
    weight: u64,
    exhausted_days: u64,
}

impl OAuth {
    const fn set(self, settings: &'static str) -> Self {
        Self { settings, ..self }
    }

    const fn off(self) -> Self {
        Self {
            disabled: true,
            ..self
        }
    }
}

const OAUTH: &[OAuth] = &[
    codex(cues::EXHAUSTED, "maya.lindqvist@example.com", "plus", 4, 35),
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
    )
    .set(r#","note":"build server, first choice","priority":10"#),
    codex(
        "codex-team-eu@example.org-team.json",
        "team-eu@example.org",
        "team",
        5,
        15,
    )
    .set(r#","note":"shared by the EU team","weight":3"#),
    codex(cues::AWAY, "finn.olsen@example.com", "plus", 2, 8)
        .set(r#","note":"on leave until spring""#)
        .off(),
    claude("claude-ops@example.org.json", "ops@example.org", 7, 10).set(r#","priority":5"#),
    claude(cues::PARTLY, "aiko.tanaka@example.com", 4, 35),
    claude(cues::REVOKED, "priya.nair@example.com", 4, 30),
    OAuth {
        family: Family::Antigravity,
        kind: "antigravity",
        executor: "AntigravityExecutor",
        file: "antigravity-lab@example.net.json",
        email: "lab@example.net",
        extra: r#","project_id":"demo-lab-4711""#,
        settings: r#","note":"experiments only""#,
        disabled: false,
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
        settings: "",
        disabled: false,
        weight: 1,
        exhausted_days: 8,
    },
    OAuth {
        family: Family::Kimi,
        kind: "kimi",
        executor: "KimiExecutor",
        file: "kimi-coding-plan.json",
        email: "",
        extra: "",
        settings: "",
        disabled: false,
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
        settings: "",
        disabled: false,
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
        settings: "",
        disabled: false,
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
