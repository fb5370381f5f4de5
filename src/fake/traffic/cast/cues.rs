//! What is the matter when the demo begins: one account needs a log-in, one is
//! out of quota, one is out of quota for one model, one was switched off some
//! days ago. The days before have failures to match.

use super::Account;
use crate::domain::units::{At, Ms};
use crate::fake::traffic::failures::Failure;

/// Auth files by their names.
pub(super) const AWAY: &str = "codex-finn.olsen@example.com-plus.json";
pub(super) const EXHAUSTED: &str = "codex-maya.lindqvist@example.com-plus.json";
pub(super) const PARTLY: &str = "claude-aiko.tanaka@example.com.json";
pub(super) const REVOKED: &str = "claude-priya.nair@example.com.json";

/// Something that holds for an account for a while.
#[derive(Clone, Copy, Debug)]
pub(in crate::fake::traffic) struct Cue {
    file: &'static str,
    from: At,
    until: At,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// It is not used at all.
    Away,
    Revoked,
    Exhausted,
    /// Of one model.
    ExhaustedFor(&'static str),
}

/// Those of a demo that begins `now`.
pub(in crate::fake::traffic) fn cues(now: At) -> Vec<Cue> {
    let (hour, minute) = (Ms::HOUR.0, Ms::MINUTE.0);
    let cue = |file, from: i64, until: i64, what| Cue {
        file,
        from: now - Ms(from),
        until: now + Ms(until),
        what,
    };
    vec![
        cue(AWAY, 6 * 24 * hour, 365 * 24 * hour, What::Away),
        cue(
            REVOKED,
            3 * hour + 20 * minute,
            365 * 24 * hour,
            What::Revoked,
        ),
        cue(
            EXHAUSTED,
            50 * minute,
            2 * hour + 10 * minute,
            What::Exhausted,
        ),
        cue(
            PARTLY,
            35 * minute,
            95 * minute,
            What::ExhaustedFor("claude-opus-5"),
        ),
    ]
}

impl Cue {
    fn holds(&self, account: &Account, at: At) -> bool {
        self.file == account.auth_id && (self.from..self.until).contains(&at)
    }

    /// Whether the gateway does not use the account.
    pub(in crate::fake::traffic) fn keeps_away(&self, account: &Account, at: At) -> bool {
        self.what == What::Away && self.holds(account, at)
    }

    /// How requests for a model fail.
    pub(in crate::fake::traffic) fn trouble(
        &self,
        account: &Account,
        model: &str,
        at: At,
    ) -> Option<Failure> {
        if !self.holds(account, at) {
            return None;
        }
        let family = account.family;
        let seconds = (self.until - at).0 / 1_000;
        match self.what {
            What::Away => None,
            What::Revoked => Some(Failure::Revoked(family)),
            What::ExhaustedFor(name) if name != model => None,
            What::Exhausted => Some(Failure::Exhausted { family, seconds }),
            What::ExhaustedFor(_) => Some(Failure::ExhaustedModel { family, seconds }),
        }
    }

    /// A model whose requests fail.
    pub(in crate::fake::traffic) fn model(&self) -> Option<&'static str> {
        match self.what {
            What::ExhaustedFor(model) => Some(model),
            _ => None,
        }
    }
}
