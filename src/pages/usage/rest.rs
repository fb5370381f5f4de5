//! What only the summary has: the token mix, how fast everything was, and what
//! no price is known for.

use std::cmp::Reverse;

use super::figures::Pace;
use super::table;
use crate::domain::filter::UsageView;
use crate::pages::tokens::Mix;
use crate::store::requests::{Choice, Dimension, Totals};
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;

pub(super) struct Rest {
    pub mix: Mix,
    pub unknown: String,
    pub pace: Pace,
    pub unpriced: Option<NoPrice>,
}

/// What no price is known for: never shown as free.
pub(super) struct NoPrice {
    /// Share priced, and how many are not.
    pub priced: String,
    pub why: String,
    /// The models, those with most of such requests first, and their rows.
    pub models: Vec<(String, String)>,
    pub more: String,
}

pub(super) fn rest(view: &UsageView, usage: &Usage, ctx: &Ctx) -> Rest {
    let (t, lang) = (ctx.t.usage, ctx.lang);
    let totals = &usage.report.totals;
    Rest {
        mix: Mix::sum(totals, &view.rows(), ctx),
        unknown: match totals.unknown_tokens {
            0 => String::new(),
            n => (t.unknown)(&lang.count(n)),
        },
        pace: Pace::new(view, usage, ctx),
        unpriced: (totals.unpriced > 0).then(|| no_price(view, usage, ctx)),
    }
}

/// Models named as having no price; the table has all.
const NAMED: usize = 6;

fn no_price(view: &UsageView, usage: &Usage, ctx: &Ctx) -> NoPrice {
    let (t, lang) = (ctx.t.usage, ctx.lang);
    let totals = &usage.report.totals;
    let priced = lang.share(totals.requests - totals.unpriced, totals.requests);
    let models = usage.report.by.iter().flatten();
    let mut models: Vec<_> = models.filter(|(_, model)| model.unpriced > 0).collect();
    models.sort_by_key(|(choice, model)| (Reverse(model.unpriced), &choice.value));
    let link = |(choice, model): &&(Choice, Totals)| {
        let own = view.narrowed(|only| table::choose(only, Dimension::Model, &choice.value));
        let name = table::name(Dimension::Model, choice, ctx);
        let name = format!("{name} ({})", lang.count(model.unpriced));
        (name, ctx.url(&own.rows().url("/requests")))
    };
    NoPrice {
        priced: (t.some_unpriced)(&priced.unwrap_or_default()),
        why: (t.unpriced_why)(&lang.count(totals.unpriced)),
        models: models.iter().take(NAMED).map(link).collect(),
        more: match models.len() {
            all if all > NAMED => (t.more_models)(all - NAMED),
            _ => String::new(),
        },
    }
}
