//! Hours unlike the same hour of other weeks, each with the figure that listed
//! it, what is usual, and its rows. Which hours those are is not decided here.

use crate::domain::filter::{Outcome, UsageView};
use crate::domain::time::{Grain, Range};
use crate::domain::units::NanoUsd;
use crate::domain::unusual::{Unusual, What};
use crate::pages::trend;
use crate::pages::usage::table;
use crate::store::oddities::{self, Cause};
use crate::store::requests::Dimension;
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;

pub(in crate::pages::usage) struct Odd {
    pub at: String,
    pub href: String,
    pub what: &'static str,
    pub value: String,
    pub usual: String,
    pub why: String,
    /// Who made most of it; without anybody, that nobody stands out.
    pub causes: Vec<Made>,
}

/// How much of the difference somebody made, whoever that is, and the rows.
pub(in crate::pages::usage) struct Made {
    pub said: String,
    pub name: String,
    pub href: String,
}

/// The hour at this place of the list.
pub(super) fn odd_hour(
    odd: &Unusual,
    place: usize,
    view: &UsageView,
    usage: &Usage,
    ctx: &Ctx,
) -> Odd {
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
            odd.base.len(),
        ),
        causes: {
            let causes = usage.causes.get(place).into_iter().flatten();
            causes.map(|cause| made(cause, odd, view, ctx)).collect()
        },
    }
}

fn made(cause: &Cause, odd: &Unusual, view: &UsageView, ctx: &Ctx) -> Made {
    let t = ctx.t.usage;
    let own = view.narrowed(|only| {
        let judged = oddities::judged(only, odd);
        only.min_latency = judged.min_latency;
        table::choose(only, cause.dimension, &cause.choice.value);
        if odd.what == What::Failures {
            only.outcome = Some(Outcome::Failed);
        }
    });
    let kind = match cause.dimension {
        Dimension::Key => t.one_key,
        Dimension::Account => t.one_account,
        Dimension::Provider => t.one_provider,
        Dimension::Status => "HTTP",
        _ => t.one_model,
    };
    let share = format!("{:.0} %", cause.share * 100.0);
    Made {
        said: (t.made_by)(&share, odd.deviations > 0.0, kind),
        name: table::name(cause.dimension, &cause.choice, ctx),
        // Of who is missing there are no rows, but a course.
        href: if cause.choice.requests == 0 {
            ctx.url(&own.url("/usage"))
        } else {
            let range = Range::Between(odd.from, odd.to);
            ctx.url(&own.rows().over(range).url("/requests"))
        },
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
            odd: odd_hour(worst, 0, view, usage, ctx),
            more: match rest {
                0 => String::new(),
                rest => (ctx.t.usage.and_more_hours)(rest),
            },
            all: ctx.url(&view.url("/usage/hours")),
        })
    }
}
