//! What talking to the gateway can end in. One error for HTTP and RESP alike,
//! because the gateway says the same sentences on both.

use std::time::Duration;

use crate::domain::collection::Reason;
use crate::domain::redact;
use crate::domain::units::{At, Ms};

/// Why the gateway did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("cannot reach the gateway: {0}")]
    Unreachable(Cause),
    #[error("the gateway did not answer in time")]
    TimedOut,
    #[error("what answers there is not CPA")]
    NotCpa,
    #[error("a panel like this one answers there, not CPA")]
    Panel,
    #[error("the gateway rejected the Management Key")]
    KeyRejected,
    #[error("the gateway bans this address after too many wrong keys")]
    Banned {
        /// How long the ban lasts from now, as far as it said.
        remaining: Option<Duration>,
    },
    #[error("the gateway refuses management from other machines")]
    RemoteManagementOff,
    #[error("management is switched off at the gateway")]
    ManagementOff,
    /// The endpoint, command or protocol does not exist there: an old version,
    /// or a proxy in between. The text says what was seen.
    #[error("not supported there: {0}")]
    Unsupported(String),
    /// Anything else, in the words of the other side, cut short.
    #[error("unexpected answer: {0}")]
    Protocol(String),
}

/// What kept a connection from being made or kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    #[error("the host name is not known")]
    UnknownHost,
    #[error("nothing listens at that port")]
    Refused,
    #[error("the certificate or the TLS handshake failed: {0}")]
    Tls(String),
    #[error("the connection was closed")]
    Dropped,
    #[error("the address is not allowed")]
    Forbidden,
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// Nothing may be sent again until a person acts or the ban is over.
    #[must_use]
    pub fn forbids_retry(&self) -> bool {
        matches!(self, Self::KeyRejected | Self::Banned { .. })
    }

    /// As the collector's status and the doctor say it.
    #[must_use]
    pub fn reason(&self, now: At) -> Reason {
        match self {
            Self::Unreachable(_) => Reason::Unreachable,
            Self::TimedOut => Reason::TimedOut,
            Self::NotCpa | Self::Panel => Reason::NotCpa,
            Self::KeyRejected => Reason::KeyRejected,
            Self::Banned { remaining } => Reason::Banned {
                until: remaining.map(|left| now + millis(left)),
            },
            Self::RemoteManagementOff => Reason::RemoteManagementOff,
            Self::ManagementOff => Reason::ManagementOff,
            Self::Unsupported(_) => Reason::TransportUnsupported,
            Self::Protocol(text) => Reason::Other(text.clone()),
        }
    }

    /// Reads one of the gateway's own sentences; `None` for any other text.
    #[must_use]
    pub fn from_sentence(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with("IP banned") {
            let remaining = text
                .rsplit_once("Try again in ")
                .and_then(|(_, span)| go_duration(span.trim()));
            return Some(Self::Banned { remaining });
        }
        match text {
            "remote management disabled" => Some(Self::RemoteManagementOff),
            "remote management key not set" => Some(Self::ManagementOff),
            "invalid management key" | "missing management key" => Some(Self::KeyRejected),
            _ if text.contains("RESP AUTH disabled")
                || text.contains("disabled in home mode")
                || text.starts_with("unknown command")
                || text.starts_with("unsupported channel") =>
            {
                Some(Self::Unsupported(short(text)))
            }
            _ => None,
        }
    }

    /// Foreign text, made fit for a status line.
    #[must_use]
    pub fn protocol(text: &str) -> Self {
        Self::Protocol(short(&redact::text(text, &[])))
    }
}

/// What the gateway told of itself in answer to one authenticated request.
/// `None` = it did not say (old versions do not).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Without the leading `v`.
    pub version: Option<String>,
    pub usage_statistics_enabled: Option<bool>,
    /// How long an event waits in the queue before it is dropped.
    pub retention: Option<Ms>,
}

/// One line without control characters, at most 200 of them.
pub(crate) fn short(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect()
}

/// Saturates: a span the clock cannot hold is "for ever".
pub(crate) fn millis(span: Duration) -> Ms {
    Ms(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}

/// Reads what Go prints for a duration: `29m58s`, `1h0m3.5s`, `350ms`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        let span = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        total = total.checked_add(span)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_read() {
        let check = |text: &str, expected: Option<Duration>| {
            assert_eq!(go_duration(text), expected, "{text}");
        };
        check("29m58s", Some(Duration::from_secs(29 * 60 + 58)));
        check("30m0s", Some(Duration::from_mins(30)));
        check("1h0m3.5s", Some(Duration::from_millis(3_603_500)));
        check("350ms", Some(Duration::from_millis(350)));
        check("0s", Some(Duration::ZERO));
        check("", None);
        check("soon", None);
        check("5", None);
        check("5 days", None);
        check("99999999999999999999h", None);
    }

    #[test]
    fn the_gateways_sentences_are_told_apart() {
        let check = |text: &str, expected: Option<Error>| {
            assert_eq!(Error::from_sentence(text), expected, "{text}");
        };
        check("invalid management key", Some(Error::KeyRejected));
        check("missing management key", Some(Error::KeyRejected));
        check(
            "remote management disabled",
            Some(Error::RemoteManagementOff),
        );
        check("remote management key not set", Some(Error::ManagementOff));
        check(
            "IP banned due to too many failed attempts. Try again in 29m58s",
            Some(Error::Banned {
                remaining: Some(Duration::from_secs(29 * 60 + 58)),
            }),
        );
        check(
            "IP banned due to too many failed attempts",
            Some(Error::Banned { remaining: None }),
        );
        check(
            "RESP AUTH disabled; use mTLS",
            Some(Error::Unsupported("RESP AUTH disabled; use mTLS".into())),
        );
        check("database on fire", None);
    }

    #[test]
    fn foreign_text_becomes_one_short_line() {
        let Error::Protocol(text) = Error::protocol(&format!("a\nb{}", "x ".repeat(999))) else {
            panic!("not a protocol error");
        };
        assert!(text.starts_with("a bx x "), "{text}");
        assert_eq!(text.len(), 200);
        let Error::Protocol(text) = Error::protocol("Bearer sk-ant-0123456789abcdef0123") else {
            panic!("not a protocol error");
        };
        assert!(!text.contains("0123456789"), "{text}");
    }
}
