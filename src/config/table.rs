//! Every setting once: its flag, its environment names, its default, its help.
//! Flags, `--help`, `--print-config` and look-ups are all made from this table,
//! so a setting cannot exist in one of them only. Values are checked elsewhere.

/// A line of the table. Secrets have no flag that carries them (it would show
/// in the process list) but `--<name>-file`, and `<ENV>_FILE` beside each name.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The name in `--print-config`.
    pub(crate) name: &'static str,
    /// The long flag: the name, with `-file` for secrets.
    pub(crate) flag: &'static str,
    /// Our own name first; then the reference product's, so that an existing
    /// compose file keeps working.
    pub(crate) env: &'static [&'static str],
    /// How the value is written in `--help`.
    pub(crate) value: &'static str,
    pub(crate) default: Option<&'static str>,
    pub(crate) secret: bool,
    pub(crate) help: &'static str,
}

impl Setting {
    const fn new(
        name: &'static str,
        env: &'static [&'static str],
        value: &'static str,
        default: Option<&'static str>,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            flag: name,
            env,
            value,
            default,
            secret: false,
            help,
        }
    }

    const fn secret(
        name: &'static str,
        flag: &'static str,
        env: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            flag,
            env,
            value: "PATH",
            default: None,
            secret: true,
            help,
        }
    }
}

pub(crate) static LISTEN: Setting = Setting::new(
    "listen",
    &["CPAMP_LISTEN", "HTTP_ADDR"],
    "ADDRESS:PORT",
    Some("127.0.0.1:18317"),
    "Where the panel listens",
);
pub(crate) static DATA_DIR: Setting = Setting::new(
    "data-dir",
    &["CPAMP_DATA_DIR", "USAGE_DATA_DIR"],
    "PATH",
    Some("./data"),
    "Directory of the database, the spool and data.key",
);
pub(crate) static DB_PATH: Setting = Setting::new(
    "db-path",
    &["CPAMP_DB_PATH", "USAGE_DB_PATH"],
    "PATH",
    None,
    "Database file, when it is not <data-dir>/cpamp.sqlite",
);
pub(crate) static ALLOW_NETWORK_DISK: Setting = Setting::new(
    "allow-network-disk",
    &["CPAMP_ALLOW_NETWORK_DISK"],
    "BOOL",
    Some("false"),
    "Keep the data on a network file system, which may damage the database",
);
pub(crate) static BASE_PATH: Setting = Setting::new(
    "base-path",
    &["CPAMP_BASE_PATH"],
    "PATH",
    None,
    "Prefix of every address, say /cpamp, when a proxy serves the panel below a path",
);
pub(crate) static PUBLIC_URL: Setting = Setting::new(
    "public-url",
    &["CPAMP_PUBLIC_URL"],
    "URL",
    None,
    "How browsers reach the panel; https here makes cookies Secure",
);
pub(crate) static TRUSTED_PROXIES: Setting = Setting::new(
    "trusted-proxies",
    &["CPAMP_TRUSTED_PROXIES"],
    "LIST",
    None,
    "Addresses or networks, comma-separated, whose X-Forwarded-* headers are believed",
);
pub(crate) static ADMIN_KEY: Setting = Setting::secret(
    "admin-key",
    "admin-key-file",
    &["CPAMP_ADMIN_KEY", "CPA_MANAGER_ADMIN_KEY"],
    "File that holds the Admin Key (at least 16 characters); else one is generated",
);
pub(crate) static DATA_KEY: Setting = Setting::secret(
    "data-key",
    "data-key-file",
    &["CPAMP_DATA_KEY", "CPA_MANAGER_DATA_KEY"],
    "File that holds the key which seals secrets; else data.key is created",
);
pub(crate) static DATA_KEY_PATH: Setting = Setting::new(
    "data-key-path",
    &["CPAMP_DATA_KEY_PATH", "CPA_MANAGER_DATA_KEY_PATH"],
    "PATH",
    None,
    "Where data.key is kept, when it is not <data-dir>/data.key",
);
pub(crate) static CPA_URL: Setting = Setting::new(
    "cpa-url",
    &["CPAMP_CPA_URL", "CPA_UPSTREAM_URL"],
    "URL",
    None,
    "Address of the gateway; locks the field in the panel",
);
pub(crate) static CPA_MANAGEMENT_KEY: Setting = Setting::secret(
    "cpa-management-key",
    "cpa-management-key-file",
    &["CPAMP_CPA_MANAGEMENT_KEY", "CPA_MANAGEMENT_KEY"],
    "File that holds the gateway's Management Key; locks the field in the panel",
);
pub(crate) static CPA_INSECURE_TLS: Setting = Setting::new(
    "cpa-insecure-tls",
    &["CPAMP_CPA_INSECURE_TLS", "USAGE_RESP_TLS_SKIP_VERIFY"],
    "BOOL",
    None,
    "Accept any certificate from the gateway (self-signed)",
);
pub(crate) static COLLECTOR_ENABLED: Setting = Setting::new(
    "collector-enabled",
    &["CPAMP_COLLECTOR_ENABLED"],
    "BOOL",
    None,
    "Collect usage events at all",
);
pub(crate) static COLLECTOR_MODE: Setting = Setting::new(
    "collector-mode",
    &["CPAMP_COLLECTOR_MODE", "USAGE_COLLECTOR_MODE"],
    "MODE",
    None,
    "auto, resp, subscribe or http",
);
pub(crate) static BATCH_SIZE: Setting = Setting::new(
    "batch-size",
    &["CPAMP_BATCH_SIZE", "USAGE_BATCH_SIZE"],
    "EVENTS",
    None,
    "Events taken at once, 1 to 5000",
);
pub(crate) static POLL_INTERVAL_MS: Setting = Setting::new(
    "poll-interval-ms",
    &["CPAMP_POLL_INTERVAL_MS", "USAGE_POLL_INTERVAL_MS"],
    "MS",
    None,
    "Longest pause between two polls of an idle queue, 50 to 1200000",
);
pub(crate) static RESP_QUEUE: Setting = Setting::new(
    "resp-queue",
    &["CPAMP_RESP_QUEUE", "USAGE_RESP_QUEUE"],
    "NAME",
    Some("usage"),
    "Name of the queue; gateways since 7.1.44 know only usage",
);
pub(crate) static RESP_POP_SIDE: Setting = Setting::new(
    "resp-pop-side",
    &["CPAMP_RESP_POP_SIDE", "USAGE_RESP_POP_SIDE"],
    "SIDE",
    Some("right"),
    "left or right; CPA answers both alike",
);
pub(crate) static CORS_ORIGINS: Setting = Setting::new(
    "cors-origins",
    &["CPAMP_CORS_ORIGINS"],
    "LIST",
    None,
    "Origins, comma-separated, whose pages may call the API with the Admin Key",
);
pub(crate) static RELAY_RATE: Setting = Setting::new(
    "relay-rate",
    &["CPAMP_RELAY_RATE"],
    "NUMBER",
    Some("500"),
    "Requests a second that one address may pass on to the gateway; 0 = any number",
);
pub(crate) static TZ: Setting = Setting::new(
    "tz",
    &["CPAMP_TZ"],
    "ZONE",
    Some("UTC"),
    "Time zone of pages until a visitor chooses one, say Europe/Berlin",
);
pub(crate) static LOG: Setting = Setting::new(
    "log",
    &["CPAMP_LOG"],
    "LEVEL",
    Some("info"),
    "error, warn, info, debug or trace",
);

pub(crate) static ALL: [&Setting; 23] = [
    &LISTEN,
    &DATA_DIR,
    &DB_PATH,
    &ALLOW_NETWORK_DISK,
    &BASE_PATH,
    &PUBLIC_URL,
    &TRUSTED_PROXIES,
    &ADMIN_KEY,
    &DATA_KEY,
    &DATA_KEY_PATH,
    &CPA_URL,
    &CPA_MANAGEMENT_KEY,
    &CPA_INSECURE_TLS,
    &COLLECTOR_ENABLED,
    &COLLECTOR_MODE,
    &BATCH_SIZE,
    &POLL_INTERVAL_MS,
    &RESP_QUEUE,
    &RESP_POP_SIDE,
    &CORS_ORIGINS,
    &RELAY_RATE,
    &TZ,
    &LOG,
];
