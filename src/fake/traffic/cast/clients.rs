//! The programs that play in the demo, and the models they ask for.

use super::Family;

/// A program with a key, and what it asks for.
#[derive(Debug)]
pub(in crate::fake::traffic) struct Client {
    pub(in crate::fake::traffic) key: &'static str,
    pub(in crate::fake::traffic) agents: &'static [(&'static str, u64)],
    pub(in crate::fake::traffic) ips: &'static [(&'static str, u64)],
    pub(in crate::fake::traffic) forwarded_for: &'static str,
    pub(in crate::fake::traffic) endpoint: &'static str,
    pub(in crate::fake::traffic) families: &'static [(Family, u64)],
    /// Long conversations that upstream caches, or single questions.
    pub(in crate::fake::traffic) is_agent: bool,
}

pub(in crate::fake::traffic) const CLIENTS: &[(Client, u64)] = &[
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

/// What the operator of the demo calls some of them.
pub(in crate::fake::traffic) const NAMES: &[(&str, &str)] = &[
    ("cpa-demo-developers-5e1f", "Developers"),
    ("cpa-demo-webshop-c3a8", "Webshop"),
    ("cpa-demo-agency-44d6", "Agency (external)"),
];

/// Models of a family: name upstream, name the client uses, efforts in use.
pub(in crate::fake::traffic) const MODELS: &[(Family, &[(Model, u64)])] = &[
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
pub(in crate::fake::traffic) struct Model(
    pub(in crate::fake::traffic) &'static str,
    pub(in crate::fake::traffic) &'static str,
    pub(in crate::fake::traffic) &'static [(&'static str, u64)],
);
