//! Whose a row is, as it is now: plan, state and note beside the name of an
//! account, a word on a provider. What is well is not mentioned where rows are
//! many; shape and word say what is not, never colour alone.

use crate::accounts::{Fleet, Mentions};
use crate::domain::account::standing::{Standing, State};
use crate::domain::account::{Kind, Known};
use crate::domain::units::At;
use crate::i18n::plain;
use crate::web::ctx::Ctx;
use crate::web::reader::{BAD, FINE, OFF, Tone, WAIT, WARN};

/// What stands beside the name of an account. Empty for one that the gateway
/// never listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    pub plan: String,
    /// Shape and colour of a state worth a look.
    pub mark: Option<Tone>,
    /// `Cooling until 14:20`
    pub state: String,
    pub note: String,
}

impl Card {
    /// Of the account that events call by this index.
    #[must_use]
    pub fn of(index: &str, mentions: &Mentions, ctx: &Ctx) -> Self {
        let Some((known, standing)) = mentions.of(index) else {
            return Self::default();
        };
        let quiet = matches!(standing.state, State::Active | State::Unclear);
        Self {
            plan: match known.listed.kind {
                Kind::File => plain(&known.listed.plan).into_owned(),
                Kind::Key => String::new(),
            },
            mark: (!quiet).then(|| tone(standing.state)),
            state: state(ctx, known, &standing),
            note: masked(ctx, known, &known.listed.note),
        }
    }

    /// Nothing is known beside the name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    /// All of it in one line.
    #[must_use]
    pub fn line(&self) -> String {
        joined([&self.plan, &self.state, &self.note])
    }

    /// The same without a state that is as it should be.
    #[must_use]
    pub fn second(&self) -> String {
        let state = if self.mark.is_some() { &self.state } else { "" };
        joined([&self.plan, state, &self.note])
    }
}

fn joined(parts: [&str; 3]) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}

/// `4 of 5 accounts can take requests`; empty for a provider that the gateway
/// lists no account of.
#[must_use]
pub fn provider(name: &str, mentions: &Mentions, ctx: &Ctx) -> String {
    let Some(Fleet { ready, whole }) = mentions.of_provider(name) else {
        return String::new();
    };
    let count = |n: usize| ctx.lang.count(i64::try_from(n).unwrap_or(i64::MAX));
    (ctx.t.accounts.of_provider)(&count(ready), &count(whole))
}

/// A state in words, with its end where that is known.
#[must_use]
pub fn state(ctx: &Ctx, known: &Known, standing: &Standing) -> String {
    let t = ctx.t.accounts;
    match (standing.state, standing.until) {
        (State::Cooling, Some(until)) => (t.cooling_until)(&when(ctx, until)),
        (State::NeedsLogin, _) if known.listed.kind == Kind::Key => t.key_rejected.to_owned(),
        (state, _) => (t.state_of)(state).to_owned(),
    }
}

#[must_use]
pub fn tone(state: State) -> Tone {
    match state {
        State::NeedsLogin | State::Failing => BAD,
        State::Cooling | State::Partly => WARN,
        State::Unclear => WAIT,
        State::Active => FINE,
        State::Disabled | State::Gone => OFF,
    }
}

/// `14:06`, with the day where it is another one.
#[must_use]
pub fn when(ctx: &Ctx, at: At) -> String {
    let (local, now) = (ctx.local(at), ctx.local(ctx.now));
    let clock = ctx.lang.minute(&local);
    if local.date_naive() == now.date_naive() {
        clock
    } else {
        let year = chrono::Datelike::year(&now);
        format!("{} {clock}", ctx.lang.day(&local, year))
    }
}

/// Foreign text about an account, without its name where that is to be hidden.
#[must_use]
pub fn masked(ctx: &Ctx, known: &Known, text: &str) -> String {
    ctx.without_name(text, &known.listed.title)
}
