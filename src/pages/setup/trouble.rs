//! Why a step could not be left, in words: the cause, the fix, and what the
//! other side said.

use crate::gateway::types::{Cause as Obstacle, Error};
use crate::i18n::causes::Cause;
use crate::i18n::obstacles::Obstacles as Texts;
use crate::web::trail::Step;

/// How rustls calls an answer that is none of TLS.
const PLAIN_TEXT: &str = "InvalidContentType";

pub(super) struct Trouble {
    pub(super) cause: &'static Cause,
    /// More figures, a sentence each.
    pub(super) details: Vec<String>,
    /// Words of the other side.
    pub(super) said: Option<String>,
    /// It may be left unchecked: the gateway may only be down.
    pub(super) may_go_on: bool,
}

impl Trouble {
    pub(super) fn of(cause: &'static Cause) -> Self {
        Self {
            cause,
            details: Vec::new(),
            said: None,
            may_go_on: false,
        }
    }

    pub(super) fn from_gateway(error: &Error, t: &'static Texts) -> Self {
        let (cause, said) = match error {
            Error::Unreachable(obstacle) => match obstacle {
                Obstacle::UnknownHost | Obstacle::Forbidden => (&t.unknown_host, None),
                Obstacle::Refused => (&t.refused, None),
                Obstacle::Tls(said) if said.contains(PLAIN_TEXT) => (&t.not_tls, None),
                Obstacle::Tls(said) => (&t.tls, Some(said)),
                Obstacle::Dropped => (&t.dropped, None),
                Obstacle::Other(said) => (&t.other, Some(said)),
            },
            Error::TimedOut => (&t.timed_out, None),
            Error::NotCpa => (&t.not_cpa, None),
            Error::Panel => (&t.panel, None),
            Error::KeyRejected => (&t.key_rejected, None),
            Error::Banned { .. } => (&t.banned, None),
            Error::RemoteManagementOff => (&t.remote_off, None),
            Error::ManagementOff => (&t.management_off, None),
            Error::Unsupported(said) => (&t.unsupported, Some(said)),
            Error::Protocol(said) => (&t.other, Some(said)),
        };
        let down = matches!(error, Error::Unreachable(_) | Error::TimedOut);
        Self {
            said: said.map(|said| crate::i18n::plain(said).into_owned()),
            may_go_on: down,
            ..Self::of(cause)
        }
    }

    pub(super) fn with(mut self, detail: String) -> Self {
        self.details.push(detail);
        self
    }
}

/// Which step an error belongs to.
pub(super) fn joint(error: &Error) -> Step {
    match error {
        Error::Unreachable(_) | Error::TimedOut | Error::NotCpa | Error::Panel => Step::Gateway,
        _ => Step::Key,
    }
}
