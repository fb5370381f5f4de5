//! The collector as the rail shows it: one word with its shape, two or three
//! short lines. The whole story is on the Doctor page and in the settings.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::collection::{Reason, State, Status, Transport};
use crate::domain::units::Ms;
use crate::i18n::settings::Settings;
use crate::i18n::shell::Shell;
use crate::i18n::{Lang, messages};

/// Tone and shape of a state: a class of `.state` and an icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tone {
    pub class: &'static str,
    pub icon: &'static str,
}

pub const FINE: Tone = Tone {
    class: "ok",
    icon: "dot",
};
pub const GOOD: Tone = Tone {
    class: "ok",
    icon: "ok",
};
pub const WARN: Tone = Tone {
    class: "warn",
    icon: "warn",
};
pub const BAD: Tone = Tone {
    class: "bad",
    icon: "bad",
};
pub const INFO: Tone = Tone {
    class: "info",
    icon: "info",
};
pub const WAIT: Tone = Tone {
    class: "off",
    icon: "wait",
};
pub const OFF: Tone = Tone {
    class: "off",
    icon: "off",
};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reader {
    pub tone: Tone,
    pub word: &'static str,
    pub lines: Vec<String>,
}

impl Reader {
    #[must_use]
    pub fn new(status: &Status, lang: Lang) -> Self {
        let t = messages(lang).shell;
        let (tone, word) = state(status, t);
        let mut lines = Vec::with_capacity(3);
        match (&status.reason, status.state) {
            (Some(reason), _) => lines.push(self::reason(reason, t).to_owned()),
            (None, State::Collecting) => lines.push(match status.lag {
                // A moving figure would make every poll an update.
                Some(wait) if wait >= Ms::SECOND => {
                    (t.behind)(&lang.span(Ms(wait.0 / 1000 * 1000)))
                }
                _ => t.up_to_date.to_owned(),
            }),
            (None, State::Unconfigured) => lines.push(t.set_up.to_owned()),
            _ => {}
        }
        if let Some(version) = &status.gateway.version {
            lines.push(format!("CPA {}", version.trim_start_matches('v')));
        }
        if let Some(host) = status.gateway.url.as_deref().and_then(host) {
            lines.push(host);
        }
        Self { tone, word, lines }
    }

    /// Changes when anything shown changes: the poll sends it back.
    #[must_use]
    pub fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        format!("{:x}", hasher.finish())
    }
}

/// The state in one word, as everywhere in the panel.
#[must_use]
pub fn state(status: &Status, t: &'static Shell) -> (Tone, &'static str) {
    match (status.state, &status.reason) {
        (State::Unconfigured, _) => (WAIT, t.unconfigured),
        (State::Off, _) => (OFF, t.off),
        (_, Some(Reason::StatisticsOff)) => (WARN, t.nothing_to_take),
        (State::Starting, _) => (WAIT, t.starting),
        (State::Collecting, None) => (FINE, t.collecting),
        (State::Collecting, Some(_)) => (WARN, t.collecting),
        (State::Retrying, _) => (WARN, t.retrying),
        (State::Stopped, _) => (BAD, t.stopped),
    }
}

/// A reason in a few words.
#[must_use]
pub fn reason(reason: &Reason, t: &Shell) -> &'static str {
    match reason {
        Reason::Unreachable => t.unreachable,
        Reason::TimedOut => t.timed_out,
        Reason::NotCpa => t.not_cpa,
        Reason::KeyRejected => t.key_rejected,
        Reason::Banned { .. } => t.banned,
        Reason::RemoteManagementOff => t.remote_management_off,
        Reason::ManagementOff => t.management_off,
        Reason::StatisticsOff => t.statistics_off,
        Reason::TransportUnsupported => t.transport_unsupported,
        Reason::CompetingConsumer => t.competing_consumer,
        Reason::SealedKeyUnreadable => t.sealed_key_unreadable,
        Reason::StoreFailing => t.store_failing,
        Reason::SpoolFull => t.spool_full,
        Reason::DiskFull => t.disk_full,
        Reason::ReadOnly => t.read_only,
        Reason::Other(_) => t.other_reason,
    }
}

/// How records are taken.
#[must_use]
pub fn transport(transport: Transport, t: &Settings) -> &'static str {
    match transport {
        Transport::Resp => t.resp,
        Transport::Subscribe => t.subscribe,
        Transport::Http => t.http,
    }
}

/// Host and, where it is not the scheme's own, port.
#[must_use]
pub fn host(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::collection::Gateway;

    #[test]
    fn lag_below_a_second_does_not_flicker() {
        let mut status = Status {
            state: State::Collecting,
            gateway: Gateway {
                url: Some("https://cpa.example.com:8317/".into()),
                version: Some("v7.2.140".into()),
                ..Gateway::default()
            },
            ..Status::default()
        };
        let quiet = Reader::new(&status, Lang::En);
        assert_eq!(
            quiet.lines,
            ["up to date", "CPA 7.2.140", "cpa.example.com:8317"]
        );
        status.lag = Some(Ms(320));
        assert_eq!(Reader::new(&status, Lang::En).tag(), quiet.tag());
        status.lag = Some(Ms(3_700));
        assert_eq!(Reader::new(&status, Lang::En).lines[0], "3 s behind");
    }
}
