//! A ranking of models, keys, accounts or providers: sums, the change of their
//! requests, percentiles and cost. Every count leads to its rows, every name to
//! its own sums.

use std::collections::HashMap;

use super::download::{self, Part};
use super::order::{sort, sorted};
use crate::domain::filter::{Outcome, Selection, SumBy, SumSort, UsageView};
use crate::i18n::plain;
use crate::pages::cell::Cell;
use crate::pages::chart::{self, N};
use crate::pages::sums;
use crate::pages::trend;
use crate::store::requests::{Choice, Dimension, Totals};
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;

pub(super) struct Table {
    pub title: &'static str,
    pub note: String,
    pub heads: Vec<Head>,
    pub lines: Vec<Line>,
    pub total: Line,
    /// Said when there are more than these; empty otherwise.
    pub more: String,
    pub files: Vec<download::Link>,
}

#[derive(Clone, Debug)]
pub(super) struct Head {
    pub name: String,
    pub unit: &'static str,
    pub class: &'static str,
    /// Nothing for columns that do not sort, and for drawings.
    pub href: Option<String>,
    pub sorted: &'static str,
    pub spoken: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub name: String,
    /// Its own sums; `None` where nothing can be chosen.
    pub href: Option<String>,
    pub requests: Link,
    pub width: N,
    pub change: String,
    pub failed: Link,
    pub success: Cell,
    pub input: Cell,
    pub cached: Cell,
    pub output: Cell,
    pub p50: Cell,
    pub ttft: Cell,
    pub speed: Cell,
    pub cost: Cell,
    pub cost_width: N,
    pub share: String,
}

/// A count and the rows behind it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub text: String,
    pub zero: bool,
    pub href: Option<String>,
}

impl Table {
    pub(super) fn new(
        dimension: Dimension,
        view: &UsageView,
        usage: &Usage,
        limit: usize,
        path: &str,
        ctx: &Ctx,
    ) -> Self {
        let t = ctx.t.usage;
        let (mut found, before) = (sorted(view, usage), self::before(usage));
        let all = found.len();
        found.truncate(limit);
        let (whole, sort) = (&usage.report.totals, sort(view, usage));
        let most = |of: fn(&Totals) -> i64| found.iter().map(|(_, t)| of(t)).max().unwrap_or(0);
        let most = Most {
            requests: most(|totals| totals.requests),
            cost: most(|totals| totals.cost.0),
        };
        let compared = usage.before.is_some();
        let lines = found.iter().map(|(choice, totals)| {
            let before = before.get(choice.value.as_str()).copied();
            let narrowed = (!choice.value.is_empty())
                .then(|| view.narrowed(|only| choose(only, dimension, &choice.value)));
            let mut line = line(narrowed.as_ref(), totals, before, whole, &most, ctx);
            line.name = name(dimension, choice, ctx);
            line.href = narrowed.map(|narrowed| {
                let own = UsageView {
                    sort: None,
                    ..narrowed
                };
                ctx.url(&own.url("/usage"))
            });
            line
        });
        let lines: Vec<Line> = lines.collect();
        let before = usage.before.as_ref();
        let mut total = line(
            Some(view),
            whole,
            before.map(|before| &before.report.totals),
            whole,
            &most,
            ctx,
        );
        t.all.clone_into(&mut total.name);
        Self {
            title: title(dimension, ctx),
            note: before.map_or_else(String::new, |before| {
                (t.change_note)(&trend::days(before.span, usage.zone, ctx))
            }),
            heads: heads(dimension, view, sort, compared, path, ctx),
            more: if all <= limit {
                String::new()
            } else {
                (t.first_rows)(limit, all)
            },
            files: download::links(Part::of(dimension), title(dimension, ctx), view, ctx),
            lines,
            total,
        }
    }
}

/// Of each value what it was in the period before.
pub(super) fn before(usage: &Usage) -> HashMap<&str, &Totals> {
    let before = usage.before.iter();
    let before = before.flat_map(|before| before.report.by.iter().flatten());
    before
        .map(|(choice, totals)| (choice.value.as_str(), totals))
        .collect()
}

/// What the bars are measured against.
struct Most {
    requests: i64,
    cost: i64,
}

/// The condition that leaves only this value.
pub(super) fn choose(only: &mut Selection, dimension: Dimension, value: &str) {
    let list = match dimension {
        Dimension::Provider => &mut only.providers,
        Dimension::Model => &mut only.models,
        Dimension::Alias => &mut only.aliases,
        Dimension::Account => &mut only.accounts,
        Dimension::Key => &mut only.keys,
        Dimension::Endpoint => &mut only.endpoints,
        Dimension::Tier => &mut only.tiers,
        Dimension::Status => return,
    };
    *list = vec![value.to_owned()];
}

/// What people read of a value.
pub(super) fn name(dimension: Dimension, choice: &Choice, ctx: &Ctx) -> String {
    if choice.value.is_empty() {
        return ctx.t.usage.no_name.to_owned();
    }
    let label = if choice.label.is_empty() {
        &choice.value
    } else {
        &choice.label
    };
    match dimension {
        Dimension::Account | Dimension::Key => ctx.identity(label),
        _ => plain(label).into_owned(),
    }
}

fn title(dimension: Dimension, ctx: &Ctx) -> &'static str {
    let t = ctx.t.usage;
    match dimension {
        Dimension::Key => t.by_key,
        Dimension::Account => t.by_account,
        Dimension::Provider => t.by_provider,
        _ => t.by_model,
    }
}

fn line(
    view: Option<&UsageView>,
    totals: &Totals,
    before: Option<&Totals>,
    whole: &Totals,
    most: &Most,
    ctx: &Ctx,
) -> Line {
    let (lang, r) = (ctx.lang, ctx.t.requests);
    let compact = |n: i64| Cell {
        text: lang.compact(n),
        ..Cell::count(Some(n), lang, r)
    };
    let maybe = |text: Option<String>| text.map_or_else(Cell::none, Cell::new);
    let seconds = |ms: Option<f64>| maybe(ms.map(|ms| lang.quantile_seconds(ms)));
    let link = |n: i64, failed: bool| Link {
        text: lang.count(n),
        zero: n == 0,
        href: view.filter(|_| n > 0).map(|view| {
            let failures = |only: &mut Selection| only.outcome = Some(Outcome::Failed);
            let rows = if failed {
                view.narrowed(failures).rows()
            } else {
                view.rows()
            };
            ctx.url(&rows.url("/requests"))
        }),
    };
    let width = |n: i64, most: i64| match n {
        0 => N(0.0),
        _ => N((chart::per_mille(n, most) / 10.0).max(0.6)),
    };
    Line {
        name: String::new(),
        href: None,
        requests: link(totals.requests, false),
        width: width(totals.requests, most.requests),
        change: before
            .and_then(|past| sums::change(totals.requests, past.requests, past.requests, lang))
            .unwrap_or_default(),
        failed: link(totals.failed, true),
        success: maybe(lang.share(totals.succeeded(), totals.requests)),
        input: compact(totals.input()),
        cached: maybe(lang.percent(totals.cache_read, totals.input())),
        output: compact(totals.generated()),
        p50: seconds(totals.latency.p50),
        ttft: seconds(totals.ttft.p50),
        speed: maybe(totals.speed.p50.map(|speed| format!("{speed:.0}"))),
        cost: maybe(totals.known_cost().map(|cost| lang.cents(cost))),
        cost_width: width(totals.cost.0, most.cost),
        share: totals
            .known_cost()
            .and_then(|cost| lang.share(cost.0, whole.cost.0))
            .unwrap_or_default(),
    }
}

fn heads(
    dimension: Dimension,
    view: &UsageView,
    now: SumSort,
    compared: bool,
    path: &str,
    ctx: &Ctx,
) -> Vec<Head> {
    let (t, r) = (ctx.t.usage, ctx.t.requests);
    let head = |name: &str, unit, class, by: Option<SumBy>| Head {
        name: name.to_owned(),
        unit,
        class,
        href: by.map(|by| ctx.url(&view.sorted(by, now).url(path))),
        sorted: match by {
            Some(by) if by == now.by && now.descending => "descending",
            Some(by) if by == now.by => "ascending",
            _ => "",
        },
        spoken: class == "graph",
    };
    let number = |name, unit, by| head(name, unit, "number", Some(by));
    let graph = |name: &str| head(&(t.drawing)(name), "", "graph", None);
    let what = match dimension {
        Dimension::Key => t.key,
        Dimension::Account => t.account,
        Dimension::Provider => t.provider,
        _ => t.model,
    };
    let mut heads = vec![
        head(what, "", "pin", Some(SumBy::Name)),
        number(t.requests, "", SumBy::Requests),
        graph(t.requests),
    ];
    if compared {
        heads.push(head(t.change, "", "number", None));
    }
    heads.extend([
        number(t.failed, "", SumBy::Failed),
        number(t.success, "", SumBy::Success),
        number(t.input, "", SumBy::Input),
        number(t.cached, "", SumBy::Cached),
        number(t.output, "", SumBy::Output),
        number(t.p50, r.second, SumBy::Latency),
        number(t.ttft, r.second, SumBy::Ttft),
        number(t.speed, "", SumBy::Speed),
        number(t.cost, "", SumBy::Cost),
        graph(t.cost),
        head(t.share, "", "number", None),
    ]);
    heads
}
