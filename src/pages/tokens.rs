//! Token buckets as one bar and one table: they do not overlap, so they add up.

use crate::domain::filter::{Metric, SortBy, View};
use crate::domain::tokens::Tokens;
use crate::pages::cell::Cell;
use crate::pages::chart::{self, Part};
use crate::pages::scale::Unit;
use crate::store::requests::Totals;
use crate::web::ctx::Ctx;

#[derive(Clone, Debug)]
pub struct Mix {
    pub parts: Vec<Part>,
    pub rows: Vec<BucketRow>,
    pub total: Cell,
    /// Of all counts, said once; empty where they are exact.
    pub unit: &'static str,
    /// The sum of the shares; empty where there are none.
    pub whole: &'static str,
    /// The shares in words, for those who do not see the bar.
    pub summary: String,
}

#[derive(Clone, Debug)]
pub struct BucketRow {
    pub class: &'static str,
    pub name: &'static str,
    pub tokens: Cell,
    /// The rows behind it, those with most of it first; empty without any.
    pub href: String,
    pub share: String,
}

impl Mix {
    /// Of one attempt: exact, unknown where the upstream was silent.
    #[must_use]
    pub fn of(tokens: &Tokens, ctx: &Ctx) -> Self {
        let counts = [
            tokens.uncached,
            tokens.cache_read,
            tokens.cache_write,
            tokens.output,
            tokens.reasoning,
            Some(tokens.unclassified),
        ];
        Self::new(counts, None, ctx)
    }

    /// Of a selection: the known counts, shortened, with the rows behind them.
    #[must_use]
    pub fn sum(totals: &Totals, rows: &View, ctx: &Ctx) -> Self {
        let counts = [
            totals.uncached,
            totals.cache_read,
            totals.cache_write,
            totals.output,
            totals.reasoning,
            totals.unclassified,
        ];
        Self::new(counts.map(Some), Some(rows), ctx)
    }

    fn new(counts: [Option<i64>; 6], rows: Option<&View>, ctx: &Ctx) -> Self {
        let (t, lang) = (ctx.t.home, ctx.lang);
        let names = [
            ("fill-in", t.uncached, SortBy::Input),
            ("fill-in-read", t.cache_read, SortBy::Cached),
            ("fill-in-write", t.cache_write, SortBy::Input),
            ("fill-out", t.output, SortBy::Output),
            ("fill-out-think", t.reasoning, SortBy::Reasoning),
            ("fill-unsure", t.unclassified, SortBy::Time),
        ];
        let known: i64 = counts.iter().flatten().sum();
        let unit = rows.map(|_| Unit::of(Metric::Tokens, known, ctx).finer());
        let unit = unit.filter(|unit| !unit.name.is_empty());
        let cell = |n: Option<i64>| match (n, unit) {
            (Some(n), Some(unit)) => Cell {
                text: unit.say(Some(n)),
                ..Cell::count(Some(n), lang, ctx.t.requests)
            },
            _ => Cell::count(n, lang, ctx.t.requests),
        };
        let rows: Vec<BucketRow> = names
            .into_iter()
            .zip(counts)
            .filter(|((class, ..), n)| *class != "fill-unsure" || n.unwrap_or(0) > 0)
            .map(|((class, name, by), n)| BucketRow {
                class,
                name,
                tokens: cell(n),
                href: match rows {
                    Some(rows) if n > Some(0) => ctx.url(&rows.sorted(by).url("/requests")),
                    _ => String::new(),
                },
                share: n.and_then(|n| lang.share(n, known)).unwrap_or_default(),
            })
            .collect();
        let said = rows.iter().filter(|row| !row.share.is_empty());
        let said: Vec<String> = said
            .map(|row| format!("{} {}", row.name, row.share))
            .collect();
        let weights: Vec<(&'static str, i64)> = names
            .iter()
            .zip(counts)
            .map(|((class, ..), n)| (*class, n.unwrap_or(0)))
            .collect();
        Self {
            parts: chart::shares(&weights),
            total: cell((known > 0 || counts.iter().all(Option::is_some)).then_some(known)),
            unit: unit.map_or("", |unit| unit.name),
            whole: if known > 0 { "100 %" } else { "" },
            summary: said.join(", "),
            rows,
        }
    }
}
