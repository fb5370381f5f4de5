//! How an account is, and why we say so: a verdict over what the gateway listed,
//! what its `errors` channel said, and how the last requests ended. The newest
//! evidence wins; a success after a failure ends the failure. Pure: time passes
//! by asking again with another `now`.

use super::trouble::{ModelTrouble, Trouble};
use super::{Kind, Known};
use crate::domain::units::At;

/// How the last requests of an account ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lately {
    pub last_ok: Option<At>,
    /// When the last one failed, and its HTTP status.
    pub last_failure: Option<(At, i32)>,
}

/// In the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The provider rejects its log-in (or its key): a person must act.
    NeedsLogin,
    /// Attempts fail, and it is not cooling down.
    Failing,
    /// The gateway does not use it before some moment.
    Cooling,
    /// Some models are cooling down, others work.
    Partly,
    /// The gateway does not say, or says a word we do not know.
    Unclear,
    Active,
    Disabled,
    /// The gateway no longer has it.
    Gone,
}

impl State {
    pub const ALL: [Self; 8] = [
        Self::NeedsLogin,
        Self::Failing,
        Self::Cooling,
        Self::Partly,
        Self::Unclear,
        Self::Active,
        Self::Disabled,
        Self::Gone,
    ];

    /// As addresses write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NeedsLogin => "needs_login",
            Self::Failing => "failing",
            Self::Cooling => "cooling",
            Self::Partly => "partly",
            Self::Unclear => "unclear",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Gone => "gone",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether requests can go there now.
    #[must_use]
    pub fn takes_requests(self) -> bool {
        matches!(self, Self::Active | Self::Partly | Self::Unclear)
    }
}

/// The verdict and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    /// Until when it is cooling down, as far as was said.
    pub until: Option<At>,
    /// Since when, as far as it is known.
    pub since: Option<At>,
    /// The failure behind it, or the last one that was overcome.
    pub failure: Option<Failure>,
    /// What the gateway says of it in its own words, where it has any.
    pub said: String,
    /// Models that are cooling down, the longest first.
    pub models: Vec<ModelTrouble>,
    /// Requests succeeded after `failure`.
    pub recovered: bool,
    /// `failure` was a rejected log-in, and it was renewed after that.
    pub renewed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    pub at: At,
    pub code: i32,
}

/// What is to be said of an account at `now`; `listed_at` is when the gateway
/// was last asked for its list, and gave it.
#[must_use]
pub fn judge(known: &Known, lately: Lately, listed_at: Option<At>, now: At) -> Standing {
    let listed = &known.listed;
    // A list that was asked for after the message knows of it.
    let newer = |trouble: &&Trouble| listed_at.is_none_or(|at| trouble.heard_at >= at);
    let fresh = known.trouble.as_ref().filter(newer);
    let failure = last_failure(known.trouble.as_ref(), lately);
    let recovered = match (failure, lately.last_ok) {
        (Some(failure), Some(ok)) => ok > failure.at,
        _ => false,
    };
    let newer_login = failure
        .zip(listed.refreshed_at)
        .is_some_and(|(failure, renewed)| renewed > failure.at);
    let renewed = newer_login && failure.is_some_and(|failure| failure.code == 401);
    let overcome = recovered || renewed;
    let (disabled, unavailable, retry_at) = match fresh {
        Some(trouble) => (
            trouble.disabled || listed.disabled,
            trouble.unavailable,
            trouble.retry_at,
        ),
        None => (listed.disabled, listed.unavailable, listed.retry_at),
    };
    let status = fresh.map_or(listed.status.as_str(), |trouble| &trouble.status);
    let models = cooling_models(known.trouble.as_ref(), now);
    let said = match fresh {
        Some(trouble) => &trouble.said,
        None => &listed.message,
    };
    let standing = |state| Standing {
        state,
        until: None,
        since: failure.filter(|_| !overcome).map(|failure| failure.at),
        failure,
        said: said.clone(),
        models: models.clone(),
        recovered,
        renewed,
    };
    if let Some(at) = known.gone_at {
        return Standing {
            since: Some(at),
            models: Vec::new(),
            ..standing(State::Gone)
        };
    }
    if disabled || status == "disabled" {
        let told = fresh.filter(|_| !listed.disabled).map(|trouble| trouble.at);
        return Standing {
            since: told.or(known.turned_at),
            models: Vec::new(),
            ..standing(State::Disabled)
        };
    }
    let open = failure.filter(|_| !overcome);
    if open.is_some_and(|failure| failure.code == 401)
        || (!recovered && !newer_login && lost_login(listed.kind, said))
    {
        return standing(State::NeedsLogin);
    }
    // A moment that is over ends the cooling, whoever has not said so yet.
    if unavailable && retry_at.is_none_or(|at| at > now) {
        let told = fresh.map(|trouble| trouble.at);
        return Standing {
            until: retry_at,
            since: told.or(known.turned_at).or(standing(State::Cooling).since),
            ..standing(State::Cooling)
        };
    }
    if let Some(longest) = models.first() {
        return Standing {
            until: longest.retry_at,
            ..standing(State::Partly)
        };
    }
    let works = recovered || (failure.is_none() && lately.last_ok.is_some());
    let state = match status {
        "error" if !works => State::Failing,
        _ if open.is_some_and(|failure| is_its_fault(failure.code)) => State::Failing,
        "active" | "refreshing" | "error" => State::Active,
        // Configured keys have no status of their own.
        "" if listed.kind == Kind::Key => State::Active,
        _ => State::Unclear,
    };
    standing(state)
}

/// The newer of what was said at once and what was counted.
fn last_failure(trouble: Option<&Trouble>, lately: Lately) -> Option<Failure> {
    let told = trouble.map(|trouble| Failure {
        at: trouble.at,
        code: trouble.code,
    });
    let counted = lately.last_failure.map(|(at, code)| Failure { at, code });
    told.into_iter()
        .chain(counted)
        .max_by_key(|failure| failure.at)
}

/// An OAuth error code that only a new log-in ends.
fn lost_login(kind: Kind, said: &str) -> bool {
    kind == Kind::File && (said.contains("invalid_grant") || said.contains("token_revoked"))
}

/// Whether a failure says something of the account: a request that was itself
/// wrong, or a client that went away, does not.
#[must_use]
pub fn is_its_fault(code: i32) -> bool {
    !matches!(code, 400 | 404 | 405 | 413 | 415 | 422 | 499)
}

fn cooling_models(trouble: Option<&Trouble>, now: At) -> Vec<ModelTrouble> {
    let models = trouble
        .map(|trouble| trouble.models.as_slice())
        .unwrap_or_default();
    let cooling =
        |model: &&ModelTrouble| model.unavailable && model.retry_at.is_some_and(|at| at > now);
    let mut models: Vec<_> = models.iter().filter(cooling).cloned().collect();
    models.sort_by_key(|model| std::cmp::Reverse(model.retry_at));
    models
}

#[cfg(test)]
mod tests;
