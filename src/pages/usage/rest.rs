//! What only the summary has: the token mix, how fast everything was, and what
//! no price is known for.

use std::cmp::Reverse;

use super::figures::Pace;
use super::table;
use crate::domain::filter::{Cost, UsageView};
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

/// What is in no cost: never shown as free.
pub(super) struct NoPrice {
    /// Share priced.
    pub priced: String,
    pub causes: Vec<Cause>,
}

/// Why requests have no cost, and how many.
pub(super) struct Cause {
    pub why: String,
    /// The models, those with most of such requests first, and their rows.
    pub models: Vec<(String, String)>,
    pub more: String,
    /// Whether a price would help.
    pub to_price: bool,
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

/// Models named with a cause; the table has all.
const NAMED: usize = 6;

/// A count in words.
type Say = fn(&str) -> String;
/// How many of the requests of a model.
type Count = fn(&Totals) -> i64;

fn no_price(view: &UsageView, usage: &Usage, ctx: &Ctx) -> NoPrice {
    let (t, lang) = (ctx.t.usage, ctx.lang);
    let totals = &usage.report.totals;
    let priced = lang.share(totals.requests - totals.unpriced, totals.requests);
    let causes: [(Say, Count, Cost, bool); 3] = [
        (t.unpriced_why, without_price, Cost::NoPrice, true),
        (t.unassigned_why, maybe_without_price, Cost::NoPrice, true),
        (t.uncounted_why, without_counts, Cost::NoCount, false),
    ];
    let causes = causes.into_iter().filter_map(|(why, of, cost, to_price)| {
        let models = usage.report.by.iter().flatten();
        let models = models.map(|model| (of(&model.1), &model.0));
        let mut models: Vec<_> = models.filter(|(n, _)| *n > 0).collect();
        models.sort_by_key(|(n, choice)| (Reverse(*n), &choice.value));
        let all = models.iter().map(|(n, _)| n).sum();
        let link = |(n, choice): &(i64, &Choice)| {
            let own = view.narrowed(|only| {
                table::choose(only, Dimension::Model, &choice.value);
                only.cost = Some(cost);
            });
            let name = table::name(Dimension::Model, choice, ctx);
            let name = format!("{name} ({})", lang.count(*n));
            (name, ctx.url(&own.rows().url("/requests")))
        };
        (all > 0).then(|| Cause {
            why: why(&lang.count(all)),
            models: models.iter().take(NAMED).map(link).collect(),
            more: match models.len() {
                all if all > NAMED => (t.more_models)(all - NAMED),
                _ => String::new(),
            },
            to_price,
        })
    });
    NoPrice {
        priced: (t.some_unpriced)(&priced.unwrap_or_default()),
        causes: causes.collect(),
    }
}

/// Those of which a bucket was not counted: no price helps them.
fn without_counts(model: &Totals) -> i64 {
    model.unpriced.min(model.unknown_tokens)
}

/// Those that no price was found for, of a model whose tokens all have a kind.
fn without_price(model: &Totals) -> i64 {
    match model.unclassified {
        0 => model.unpriced - without_counts(model),
        _ => 0,
    }
}

/// The same of a model that has tokens of no kind: they may be the reason, too.
fn maybe_without_price(model: &Totals) -> i64 {
    model.unpriced - without_counts(model) - without_price(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_without_a_cost_has_one_reason() {
        let of = |unpriced, unknown_tokens, unclassified| {
            let model = Totals {
                requests: 100,
                unpriced,
                unknown_tokens,
                unclassified,
                ..Totals::default()
            };
            (
                without_price(&model),
                maybe_without_price(&model),
                without_counts(&model),
            )
        };
        assert_eq!(of(43, 43, 0), (0, 0, 43), "some not counted");
        assert_eq!(of(43, 0, 7), (0, 43, 0), "some of no kind");
        assert_eq!(of(100, 0, 0), (100, 0, 0), "no price");
        assert_eq!(of(90, 30, 0), (60, 0, 30), "both");
        assert_eq!(of(90, 30, 7), (0, 60, 30), "all");
        assert_eq!(of(0, 0, 0), (0, 0, 0));
    }
}
