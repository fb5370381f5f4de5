//! Collecting, as everyone speaks of it: what is configured, what state the
//! collector is in and why. The collector obeys [`Settings`] and writes
//! [`Status`]; pages and `GET /status` read it.

use secrecy::SecretString;

use super::units::{At, Ms};

/// An item of the queue of more bytes is not read. One byte more of it is kept,
/// so that it is still seen to be too long, and its neighbours are not lost.
pub const LONGEST_ITEM: usize = 16 << 20;

/// What the collector is to do. A new value on its watch channel is obeyed at
/// once; equal values change nothing.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `None` until set up, or while the sealed key cannot be read.
    pub connection: Option<Connection>,
    /// `data.key` is lost or wrong: a Management Key is stored but unreadable.
    pub key_unreadable: bool,
    pub enabled: bool,
    pub mode: Mode,
    /// Events taken at once, 1 to 5000.
    pub batch: u32,
    /// Longest pause between two polls of an idle queue.
    pub poll_interval: Ms,
    /// RESP key to pop; current gateways know only `usage`.
    pub queue: String,
    pub pop_side: PopSide,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connection: None,
            key_unreadable: false,
            enabled: true,
            mode: Mode::Auto,
            batch: 500,
            poll_interval: Ms(250),
            queue: String::from("usage"),
            pop_side: PopSide::Right,
        }
    }
}

/// The way to the gateway. The key is the CPA Management Key in clear.
#[derive(Clone, Debug)]
pub struct Connection {
    /// `http(s)://host[:port][/prefix]`, without a trailing slash, checked.
    pub url: String,
    pub key: SecretString,
    /// Certificates are not verified (https and RESP over TLS).
    pub insecure_tls: bool,
}

/// Which end of the RESP list is popped. CPA answers both alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PopSide {
    Left,
    #[default]
    Right,
}

/// How events are taken from the gateway.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Auto,
    Resp,
    Subscribe,
    Http,
}

impl std::str::FromStr for Mode {
    type Err = UnknownMode;
    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "auto" => Ok(Self::Auto),
            "resp" => Ok(Self::Resp),
            "subscribe" => Ok(Self::Subscribe),
            "http" => Ok(Self::Http),
            _ => Err(UnknownMode),
        }
    }
}

impl Mode {
    /// As forms, the environment and JSON write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Resp => "resp",
            Self::Subscribe => "subscribe",
            Self::Http => "http",
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not a mode of collecting")]
pub struct UnknownMode;

/// The way in use at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Resp,
    Subscribe,
    Http,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No connection to a gateway is configured yet.
    #[default]
    Unconfigured,
    /// Switched off by the operator.
    Off,
    Starting,
    Collecting,
    /// An expected failure; it retries by itself.
    Retrying,
    /// Stopped for good until a person acts (key rejected, banned).
    Stopped,
}

/// Why the collector is not simply collecting; each has a page text and a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Unreachable,
    TimedOut,
    /// It answers, but it is not CPA.
    NotCpa,
    KeyRejected,
    /// Banned by the gateway; until when, as far as it said.
    Banned {
        until: Option<At>,
    },
    RemoteManagementOff,
    ManagementOff,
    StatisticsOff,
    /// The transport asked for does not exist there (old CPA, proxy in between).
    TransportUnsupported,
    CompetingConsumer,
    /// `data.key` is lost or wrong: the Management Key must be entered again.
    SealedKeyUnreadable,
    StoreFailing,
    SpoolFull,
    DiskFull,
    /// The database can only be read, as it was at the start.
    ReadOnly,
    /// Anything else, in the words of the other side, secrets removed.
    Other(String),
}

impl Reason {
    /// Stable code for JSON and for the catalogue.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::NotCpa => "not_cpa",
            Self::KeyRejected => "key_rejected",
            Self::Banned { .. } => "banned",
            Self::RemoteManagementOff => "remote_management_off",
            Self::ManagementOff => "management_off",
            Self::StatisticsOff => "statistics_off",
            Self::TransportUnsupported => "transport_unsupported",
            Self::CompetingConsumer => "competing_consumer",
            Self::SealedKeyUnreadable => "sealed_key_unreadable",
            Self::StoreFailing => "store_failing",
            Self::SpoolFull => "spool_full",
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::Other(_) => "other",
        }
    }
}

impl Reason {
    /// The reason behind a code that [`Reason::code`] made, without details.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let known = [
            Self::Unreachable,
            Self::TimedOut,
            Self::NotCpa,
            Self::KeyRejected,
            Self::Banned { until: None },
            Self::RemoteManagementOff,
            Self::ManagementOff,
            Self::StatisticsOff,
            Self::TransportUnsupported,
            Self::CompetingConsumer,
            Self::SealedKeyUnreadable,
            Self::StoreFailing,
            Self::SpoolFull,
            Self::DiskFull,
            Self::ReadOnly,
            Self::Other(String::new()),
        ];
        known.into_iter().find(|reason| reason.code() == code)
    }
}

/// A span in which events were probably lost.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Gap {
    pub from: At,
    pub to: At,
    /// Code: `away_longer_than_retention`, `gateway_restarted`,
    /// `answer_lost`, `subscription_lost`, `competing_consumer`.
    pub why: String,
}

/// What the collector says of itself. Totals are since installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub state: State,
    pub reason: Option<Reason>,
    pub mode: Mode,
    pub transport: Option<Transport>,
    pub last_taken_at: Option<At>,
    pub last_stored_at: Option<At>,
    /// How long the oldest event taken but not stored has waited.
    pub lag: Option<Ms>,
    pub taken: i64,
    pub stored: i64,
    pub duplicates: i64,
    pub rejected: i64,
    pub batches_retried: i64,
    /// Batches on the spool, not yet committed.
    pub spooled: i64,
    /// Newest first, at most 50.
    pub gaps: Vec<Gap>,
    pub competing_consumer: bool,
    pub next_try_at: Option<At>,
    pub gateway: Gateway,
}

impl Status {
    /// When the gateway was last found to have been started anew.
    #[must_use]
    pub fn gateway_started(&self) -> Option<At> {
        let gaps = self.gaps.iter();
        let restarts = gaps.filter(|gap| gap.why == "gateway_restarted");
        restarts.map(|gap| gap.to).max()
    }
}

/// What is known of the gateway; `None` = not asked yet or not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gateway {
    pub url: Option<String>,
    pub version: Option<String>,
    pub reachable: Option<bool>,
    pub usage_statistics_enabled: Option<bool>,
    pub retention: Option<Ms>,
}
