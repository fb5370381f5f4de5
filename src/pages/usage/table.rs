//! A ranking of models, keys, accounts or providers: sums, the change of their
//! requests, percentiles and cost. Every figure leads to the rows behind it,
//! every name to its own sums; one column has one unit and one number of
//! decimals.

mod line;
mod page;

use std::collections::HashMap;

use super::download::{self, Part};
use super::order::{sort, sorted};
use super::tab::Tab;
use crate::accounts::Mentions;
use crate::domain::filter::{Selection, SumBy, SumSort, UsageView};
use crate::i18n::plain;
use crate::pages::sheet::Link;
use crate::pages::trend;
use crate::pages::who::{self, Card};
use crate::store::lack::Lack;
use crate::store::requests::{Choice, Dimension, Totals};
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;
use line::{Aside, Line, Scale};
use page::{Page, counted};

pub(super) struct Table {
    pub title: &'static str,
    /// Against what the change is, or why there is none.
    pub note: String,
    pub compared: bool,
    pub heads: Vec<Head>,
    pub lines: Vec<Line>,
    /// What the lines leave out, together.
    pub others: Option<Line>,
    pub total: Line,
    /// Said when there are more than these; empty otherwise.
    pub more: String,
    pub previous: Option<String>,
    pub next: Option<String>,
    pub files: Vec<Link>,
}

#[derive(Clone, Debug)]
pub(super) struct Head {
    pub name: String,
    pub unit: &'static str,
    /// What it counts, where that could be doubted; empty otherwise.
    pub why: &'static str,
    pub class: &'static str,
    /// Nothing for columns that do not sort, and for drawings.
    pub href: Option<String>,
    pub sorted: &'static str,
    pub spoken: bool,
}

impl Table {
    pub(super) fn new(
        tab: Tab,
        view: &UsageView,
        usage: &Usage,
        mentions: &Mentions,
        ctx: &Ctx,
    ) -> Self {
        let t = ctx.t.usage;
        let (dimension, path) = (tab.dimension(), tab.path());
        let (found, before) = (sorted(view, usage), self::before(usage));
        let order = sort(view, usage);
        let page = Page::of(tab, view, found.len());
        let (shown, hidden) = page.split(&found);
        // Of all pages, so that bars and units are the same on each.
        let scale = Scale::of(&found, usage, ctx);
        let lines = shown.iter().map(|(choice, totals)| {
            let narrowed = view.narrowed(|only| choose(only, dimension, &choice.value));
            let before = before.get(choice.value.as_str()).copied();
            Line {
                name: name(dimension, choice, ctx),
                aside: aside(dimension, &choice.value, mentions, ctx),
                ..Line::new(&narrowed, totals, before, &scale, ctx)
            }
        });
        let lines: Vec<Line> = lines.collect();
        let before = usage.before.as_ref();
        let past = before.map(|before| &before.report.totals);
        let total = Line {
            name: t.all.to_owned(),
            ..Line::new(view, &usage.report.totals, past, &scale, ctx)
        };
        Self {
            title: title(dimension, ctx),
            note: before.map_or_else(String::new, |before| {
                let days = trend::days(before.span, usage.zone, ctx);
                match before.lack {
                    None => (t.change_note)(&days),
                    Some(Lack::Begun(begun)) => {
                        (t.change_cut)(&days, &trend::begun(begun, usage.zone, ctx))
                    }
                    Some(Lack::GapBefore(from, to) | Lack::GapWithin(from, to)) => {
                        (t.change_gap)(&trend::days((from, to), usage.zone, ctx))
                    }
                }
            }),
            compared: scale.compared,
            heads: heads(dimension, view, order, &scale, path, ctx),
            others: (!hidden.is_empty()).then(|| Line {
                name: (t.others)(&ctx.lang.count(counted(hidden.len()))),
                ..Line::new(view, &together(&hidden), None, &scale, ctx).unlinked()
            }),
            more: page.said(ctx),
            previous: page.before().map(|page| ctx.url(&view.at(page).url(path))),
            next: page.after().map(|page| ctx.url(&view.at(page).url(path))),
            files: download::links(Part::of(dimension), title(dimension, ctx), view, ctx),
            lines,
            total,
        }
    }
}

/// The quantiles of several values do not follow from theirs and stay unknown.
fn together(hidden: &[&(Choice, Totals)]) -> Totals {
    let mut sum = Totals::default();
    for (_, totals) in hidden {
        sum.add(totals);
    }
    sum
}

/// Of each value what it was in the period before.
pub(super) fn before(usage: &Usage) -> HashMap<&str, &Totals> {
    let before = usage.before.iter();
    let before = before.flat_map(|before| before.report.by.iter().flatten());
    before
        .map(|(choice, totals)| (choice.value.as_str(), totals))
        .collect()
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
        Dimension::Status => {
            only.http = value.parse().into_iter().collect();
            return;
        }
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

/// What is known of whoever it is, besides the name.
fn aside(dimension: Dimension, value: &str, mentions: &Mentions, ctx: &Ctx) -> Aside {
    let words = match dimension {
        Dimension::Account => {
            return Aside {
                card: Card::of(value, mentions, ctx),
                ..Aside::default()
            };
        }
        Dimension::Provider => who::provider(value, mentions, ctx),
        Dimension::Key if mentions.key_is_gone(value) => ctx.t.keys.no_longer.to_owned(),
        _ => String::new(),
    };
    Aside {
        words,
        ..Aside::default()
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

fn heads(
    dimension: Dimension,
    view: &UsageView,
    now: SumSort,
    scale: &Scale,
    path: &str,
    ctx: &Ctx,
) -> Vec<Head> {
    let (t, r) = (ctx.t.usage, ctx.t.requests);
    let head = |name: &str, unit, class, by: Option<SumBy>| Head {
        name: name.to_owned(),
        unit,
        why: match by {
            Some(SumBy::Input) => t.input_why,
            Some(SumBy::Cached) => t.cached_why,
            Some(SumBy::Output) => t.output_why,
            Some(SumBy::Speed) => t.speed_why,
            _ => "",
        },
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
    if scale.compared {
        heads.push(head(t.change, "", "number", None));
    }
    heads.extend([
        number(t.failed, "", SumBy::Failed),
        number(t.success, "", SumBy::Success),
        number(t.input, scale.input.name, SumBy::Input),
        number(t.cached, "", SumBy::Cached),
        number(t.output, scale.output.name, SumBy::Output),
        number(t.p50, r.second, SumBy::Latency),
        number(t.ttft, r.second, SumBy::Ttft),
        number(t.speed, "", SumBy::Speed),
        number(t.cost, "", SumBy::Cost),
        graph(t.cost),
        head(t.share, "", "number", None),
    ]);
    heads
}
