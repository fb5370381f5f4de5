//! Hours unlike the same hour of other weeks, each with the figure that listed
//! it, what is usual, and its rows. Which hours those are is not decided here.

use crate::domain::filter::{Outcome, UsageView};
use crate::domain::time::{Grain, Range};
use crate::domain::units::NanoUsd;
use crate::domain::unusual::{Unusual, What};
use crate::pages::trend;
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;

pub(in crate::pages::usage) struct Odd {
    pub at: String,
    pub href: String,
    pub what: &'static str,
    pub value: String,
    pub usual: String,
    pub why: String,
}

pub(super) fn odd_hour(odd: &Unusual, view: &UsageView, usage: &Usage, ctx: &Ctx) -> Odd {
    let (t, lang) = (ctx.t.usage, ctx.lang);
    let say = |value: f64| match odd.what {
        What::Requests | What::Failures => lang.count(trend::whole(value)),
        What::Tokens => lang.compact(trend::whole(value)),
        What::Cost => lang.cents(NanoUsd(trend::whole(value))),
        What::Latency => format!("{} {}", lang.quantile_seconds(value), ctx.t.requests.second),
    };
    let rows = view.narrowed(|only| {
        if odd.what == What::Failures {
            only.outcome = Some(Outcome::Failed);
        }
    });
    let range = Range::Between(odd.from, odd.to);
    Odd {
        at: trend::moment(odd.from, Grain::Hour, usage.zone, ctx),
        href: ctx.url(&rows.rows().over(range).url("/requests")),
        what: (t.what_name)(odd.what),
        value: say(odd.value),
        usual: say(odd.usual),
        why: (t.deviations)(
            &format!("{:.1}", odd.deviations.abs()),
            odd.deviations > 0.0,
            odd.weeks,
        ),
    }
}

/// The most unusual hour of a summary, in a sentence.
pub(in crate::pages::usage) struct Flagged {
    pub odd: Odd,
    /// How many more there are; empty without.
    pub more: String,
    /// The page of hours, which has the rule and all of them.
    pub all: String,
}

impl Flagged {
    pub(in crate::pages::usage) fn new(view: &UsageView, usage: &Usage, ctx: &Ctx) -> Option<Self> {
        let found = usage.unusual.as_ref()?;
        let worst = found.first()?;
        let rest = found.len() - 1;
        Some(Self {
            odd: odd_hour(worst, view, usage, ctx),
            more: match rest {
                0 => String::new(),
                rest => (ctx.t.usage.and_more_hours)(rest),
            },
            all: ctx.url(&view.url("/usage/hours")),
        })
    }
}
