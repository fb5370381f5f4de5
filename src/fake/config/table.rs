//! Every key of `config.yaml` the gateway answers with, in the order of
//! `GET /config`, and the elements of its lists.

use crate::fake::schema::{Field, Kind, field};

const STRINGS: Kind = Kind::List(&Kind::Str);

pub(in crate::fake) const CONFIG: &[Field] = &[
    // Never answered: where the gateway listens and who may manage it.
    field("host", Kind::Str).hidden(),
    field("port", Kind::Int).hidden(),
    field("auth-dir", Kind::Str).hidden(),
    field("remote-management", Kind::Struct(REMOTE_MANAGEMENT)).hidden(),
    field("proxy-url", Kind::Str),
    field("disable-image-generation", Kind::Switch),
    field("gpt-image-2-base-model", Kind::Str).optional(),
    field("video-result-auth-cache-ttl", Kind::Str).optional(),
    field("force-model-prefix", Kind::Bool),
    field("request-log", Kind::Bool),
    field(
        "claude-code",
        Kind::Struct(&[field("disable-cloaking-model-list", Kind::Bool)]),
    ),
    field("api-keys", STRINGS),
    field("passthrough-headers", Kind::Bool),
    field(
        "streaming",
        Kind::Struct(&[
            field("keepalive-seconds", Kind::Int).optional(),
            field("bootstrap-retries", Kind::Int).optional(),
        ]),
    ),
    field("nonstream-keepalive-interval", Kind::Int).optional(),
    field(
        "tls",
        Kind::Struct(&[
            field("enable", Kind::Bool),
            field("cert", Kind::Str),
            field("key", Kind::Str),
        ]),
    ),
    field("credential-concurrency", Kind::Struct(CONCURRENCY)),
    field("credential-in-flight", Kind::Struct(IN_FLIGHT)),
    field("plugins", Kind::Struct(PLUGINS)),
    field("debug", Kind::Bool),
    field(
        "pprof",
        Kind::Struct(&[
            field("enable", Kind::Bool),
            field("addr", Kind::Str).default("\"127.0.0.1:8316\""),
        ]),
    ),
    field("commercial-mode", Kind::Bool),
    field("logging-to-file", Kind::Bool),
    field("logs-max-total-size-mb", Kind::Int),
    field("error-logs-max-files", Kind::Int).default("10"),
    field("usage-statistics-enabled", Kind::Bool),
    field("redis-usage-queue-retention-seconds", Kind::Int).default("60"),
    field("disable-cooling", Kind::Bool),
    field("save-cooldown-status", Kind::Bool),
    field("transient-error-cooldown-seconds", Kind::Int),
    field("auth-auto-refresh-workers", Kind::Int),
    field("request-retry", Kind::Int),
    field("max-retry-credentials", Kind::Int),
    field("max-retry-interval", Kind::Int),
    field(
        "quota-exceeded",
        Kind::Struct(&[
            field("switch-project", Kind::Bool),
            field("switch-preview-model", Kind::Bool),
            field("antigravity-credits", Kind::Bool),
        ]),
    ),
    field(
        "routing",
        Kind::Struct(&[
            field("strategy", Kind::Str).optional(),
            field("session-affinity", Kind::Bool).optional(),
            field("session-affinity-ttl", Kind::Str).optional(),
        ]),
    ),
    field("ws-auth", Kind::Bool).default("true"),
    field("antigravity-signature-cache-enabled", Kind::MaybeBool).optional(),
    field("antigravity-signature-bypass-strict", Kind::MaybeBool).optional(),
    field(
        "antigravity",
        Kind::Struct(&[field("sensitive-words", STRINGS).optional()]),
    ),
    field("gemini-api-key", Kind::List(&Kind::Struct(GEMINI_KEY))),
    field(
        "interactions-api-key",
        Kind::List(&Kind::Struct(GEMINI_KEY)),
    ),
    field("codex-api-key", Kind::List(&Kind::Struct(CODEX_KEY))),
    field("xai-api-key", Kind::List(&Kind::Struct(CODEX_KEY))),
    field("xai", Kind::Struct(&[field("inject-x-search", Kind::Bool)])),
    field("codex", Kind::Struct(CODEX)),
    field(
        "codex-header-defaults",
        Kind::Struct(&[
            field("user-agent", Kind::Str),
            field("beta-features", Kind::Str),
        ]),
    ),
    field("claude-api-key", Kind::List(&Kind::Struct(CLAUDE_KEY))),
    field(
        "claude-header-defaults",
        Kind::Struct(&[
            field("user-agent", Kind::Str),
            field("package-version", Kind::Str),
            field("runtime-version", Kind::Str),
            field("os", Kind::Str),
            field("arch", Kind::Str),
            field("timeout", Kind::Str),
            field("timezone", Kind::Str),
            field("stabilize-device-profile", Kind::MaybeBool).optional(),
        ]),
    ),
    field("disable-claude-cloak-mode", Kind::Bool),
    field(
        "openai-compatibility",
        Kind::List(&Kind::Struct(OPENAI_COMPATIBILITY)),
    ),
    field("vertex-api-key", Kind::List(&Kind::Struct(VERTEX_KEY))),
    field("oauth-excluded-models", Kind::Map(&STRINGS)).optional(),
    field(
        "oauth-model-alias",
        Kind::Map(&Kind::List(&Kind::Struct(MODEL_ALIAS))),
    )
    .optional(),
    field("oauth-request-scoped-errors", Kind::Map(&RULES)).optional(),
    field(
        "payload",
        Kind::Struct(&[
            field("default", Kind::Any),
            field("default-raw", Kind::Any),
            field("override", Kind::Any),
            field("override-raw", Kind::Any),
            field("filter", Kind::Any),
        ]),
    ),
];

const REMOTE_MANAGEMENT: &[Field] = &[
    field("allow-remote", Kind::Bool),
    field("secret-key", Kind::Str),
    field("disable-control-panel", Kind::Bool),
    field("disable-auto-update-panel", Kind::Bool),
    field("panel-github-repository", Kind::Str)
        .default("\"https://github.com/router-for-me/Cli-Proxy-API-Management-Center\""),
];

const CONCURRENCY: &[Field] = &[
    field("lifecycle-config-revision", Kind::Int),
    field("observation-barrier-revision", Kind::Int),
    field("cpa-heartbeat-timeout", Kind::Duration).default("3000000000"),
    field("cpa-cancel-bound", Kind::Duration).default("5000000000"),
    field("reclaim-grace", Kind::Duration).default("5000000000"),
    field("cleanup-interval", Kind::Duration).default("5000000000"),
    field("release-flush-interval", Kind::Duration).default("250000000"),
    field("release-max-backoff", Kind::Duration).default("2000000000"),
    field("busy-retry-min", Kind::Duration).default("250000000"),
    field("busy-retry-max", Kind::Duration).default("1000000000"),
    field("max-limit", Kind::Int).default("1000000"),
];

const IN_FLIGHT: &[Field] = &[
    field("snapshot-interval", Kind::Str).default("\"2s\""),
    field("stale-after", Kind::Str).default("\"10s\""),
    field("max-part-bytes", Kind::Int).default("262144"),
    field("max-part-count", Kind::Int).default("64"),
    field("max-revision-bytes", Kind::Int).default("16777216"),
    field("max-aggregate-groups", Kind::Int).default("100000"),
    field("max-details", Kind::Int).default("10000"),
    field("max-string-bytes", Kind::Int).default("256"),
    field("staging-retention", Kind::Str).default("\"1m\""),
];

/// `configs` holds whatever each plugin wants; `GET /config` shows little of it.
const PLUGINS: &[Field] = &[
    field("enabled", Kind::Bool),
    field("dir", Kind::Str).default("\"plugins\""),
    field("store-sources", STRINGS).optional(),
    field("store-auth", Kind::Any).optional(),
    field("configs", Kind::Map(&Kind::Any)).default("{}"),
];

const CODEX: &[Field] = &[
    field("identity-confuse", Kind::Bool),
    field("disable-codex-cloaking", Kind::Bool),
    field("stream-bootstrap-buffering", Kind::Bool),
    field("optimize-multi-agent-v2", Kind::Bool),
    field(
        "live-media-relay",
        Kind::Struct(&[
            field("enabled", Kind::Bool),
            field("max-sessions", Kind::Int),
            field("disable-private-remote-ips", Kind::Bool),
            field("public-ip", Kind::Str),
            field("udp-port-min", Kind::Int),
            field("udp-port-max", Kind::Int),
            field(
                "ice-servers",
                Kind::List(&Kind::Struct(&[field("urls", STRINGS)])),
            ),
        ]),
    ),
];

const THINKING: Kind = Kind::MaybeStruct(&[
    field("min", Kind::Int).optional(),
    field("max", Kind::Int).optional(),
    field("zero-allowed", Kind::Bool)
        .json("zero_allowed")
        .optional(),
    field("dynamic-allowed", Kind::Bool)
        .json("dynamic_allowed")
        .optional(),
    field("levels", STRINGS).optional(),
]);

const MODELS: Kind = Kind::List(&Kind::Struct(&[
    field("name", Kind::Str),
    field("alias", Kind::Str),
    field("display-name", Kind::Str).optional(),
    field("max-context-length", Kind::Int).optional(),
    field("force-mapping", Kind::Bool).optional(),
    field("is-compat", Kind::Bool).optional(),
    field("image", Kind::Bool).optional(),
    field("input-modalities", STRINGS).optional(),
    field("output-modalities", STRINGS).optional(),
    field("thinking", THINKING).optional(),
]));

const RULES: Kind = Kind::List(&Kind::Struct(&[
    field("status", Kind::Int).optional(),
    field("match", STRINGS).optional(),
    field("match-regexr", STRINGS).optional(),
    field("action", Kind::Str).optional(),
]));

pub(in crate::fake) const MODEL_ALIAS: &[Field] = &[
    field("name", Kind::Str),
    field("alias", Kind::Str),
    field("fork", Kind::Bool).optional(),
    field("display-name", Kind::Str).optional(),
    field("force-mapping", Kind::Bool).optional(),
];

const HEADERS: Kind = Kind::Map(&Kind::Str);

pub(in crate::fake) const GEMINI_KEY: &[Field] = &[
    field("api-key", Kind::Str),
    field("priority", Kind::Int).optional(),
    field("weight", Kind::MaybeInt).optional(),
    field("prefix", Kind::Str).optional(),
    field("base-url", Kind::Str).optional(),
    field("proxy-url", Kind::Str).optional(),
    field("models", MODELS).optional(),
    field("headers", HEADERS).optional(),
    field("excluded-models", STRINGS).optional(),
    field("disable-cooling", Kind::MaybeBool).optional(),
    field("request-retry", Kind::MaybeInt).optional(),
    field("request-scoped-errors", RULES).optional(),
];

pub(in crate::fake) const CLAUDE_KEY: &[Field] = &[
    field("api-key", Kind::Str),
    field("priority", Kind::Int).optional(),
    field("weight", Kind::MaybeInt).optional(),
    field("prefix", Kind::Str).optional(),
    field("base-url", Kind::Str),
    field("proxy-url", Kind::Str),
    field("models", MODELS),
    field("headers", HEADERS).optional(),
    field("excluded-models", STRINGS).optional(),
    field("disable-cooling", Kind::MaybeBool).optional(),
    field("request-retry", Kind::MaybeInt).optional(),
    field("request-scoped-errors", RULES).optional(),
    field("rebuild-mid-system-message", Kind::Bool).optional(),
    field("cloak", Kind::Any).optional(),
    field("fingerprint-profile", Kind::Str).optional(),
    field("experimental-cch-signing", Kind::Bool).optional(),
];

pub(in crate::fake) const CODEX_KEY: &[Field] = &[
    field("api-key", Kind::Str),
    field("priority", Kind::Int).optional(),
    field("weight", Kind::MaybeInt).optional(),
    field("prefix", Kind::Str).optional(),
    field("base-url", Kind::Str),
    field("websockets", Kind::Bool).optional(),
    field("alpha-search", Kind::Bool).optional(),
    field("proxy-url", Kind::Str),
    field("models", MODELS),
    field("headers", HEADERS).optional(),
    field("excluded-models", STRINGS).optional(),
    field("disable-cooling", Kind::MaybeBool).optional(),
    field("request-retry", Kind::MaybeInt).optional(),
    field("request-scoped-errors", RULES).optional(),
];

pub(in crate::fake) const VERTEX_KEY: &[Field] = &[
    field("api-key", Kind::Str),
    field("priority", Kind::Int).optional(),
    field("weight", Kind::MaybeInt).optional(),
    field("prefix", Kind::Str).optional(),
    field("base-url", Kind::Str).optional(),
    field("proxy-url", Kind::Str).optional(),
    field("headers", HEADERS).optional(),
    field("models", MODELS).optional(),
    field("excluded-models", STRINGS).optional(),
    field("disable-cooling", Kind::MaybeBool).optional(),
    field("request-retry", Kind::MaybeInt).optional(),
];

pub(in crate::fake) const OPENAI_COMPATIBILITY: &[Field] = &[
    field("name", Kind::Str),
    field("priority", Kind::Int).optional(),
    field("disabled", Kind::Bool).optional(),
    field("prefix", Kind::Str).optional(),
    field("base-url", Kind::Str),
    field(
        "api-key-entries",
        Kind::List(&Kind::Struct(&[
            field("api-key", Kind::Str),
            field("weight", Kind::MaybeInt).optional(),
            field("proxy-url", Kind::Str).optional(),
        ])),
    )
    .optional(),
    field("models", MODELS).optional(),
    field("headers", HEADERS).optional(),
    field("support-prompt-cache-key", Kind::Bool).optional(),
    field("disable-cooling", Kind::MaybeBool).optional(),
    field("request-retry", Kind::MaybeInt).optional(),
    field("request-scoped-errors", RULES).optional(),
];
