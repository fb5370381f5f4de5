//! One line of a ranking: figures in the units of their columns, each with the
//! rows behind it, those that weigh most first.

use crate::domain::filter::{Cache, Metric, Outcome, SortBy, UsageView};
use crate::domain::time::Range;
use crate::domain::units::{At, NanoUsd};
use crate::i18n::UNKNOWN;
use crate::pages::chart::{self, N};
use crate::pages::scale::Unit;
use crate::pages::who::Card;
use crate::pages::{sums, trend};
use crate::store::requests::{Choice, Totals};
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;

#[derive(Clone, Debug)]
pub(in crate::pages::usage) struct Line {
    pub name: String,
    /// What stands beside it.
    pub aside: Aside,
    /// Its own sums.
    pub href: String,
    pub requests: Figure,
    pub width: N,
    pub change: Figure,
    /// From failures to speed, in the order of the heads.
    pub figures: [Figure; 8],
    pub cost: Figure,
    pub cost_width: N,
    pub share: Figure,
}

/// What is known of whoever a line is about.
#[derive(Clone, Debug, Default)]
pub(in crate::pages::usage) struct Aside {
    pub card: Card,
    /// Of a provider or a client's key.
    pub words: String,
}

/// A figure and what is behind it.
#[derive(Clone, Debug, Default)]
pub(in crate::pages::usage) struct Figure {
    pub text: String,
    /// The exact value of a shortened one; empty otherwise.
    pub exact: String,
    /// `zero`, `soft` or nothing.
    pub class: &'static str,
    /// Empty where there is nothing behind it.
    pub href: String,
}

/// What the figures of a table have in common.
pub(super) struct Scale {
    requests: i64,
    cost: i64,
    whole_cost: i64,
    pub input: Unit,
    pub output: Unit,
    p50: Unit,
    ttft: Unit,
    /// The period before, if changes are measured against it.
    before: Option<(At, At)>,
    pub compared: bool,
}

impl Scale {
    pub(super) fn of(found: &[&(Choice, Totals)], usage: &Usage, ctx: &Ctx) -> Self {
        let whole = &usage.report.totals;
        let most = |of: fn(&Totals) -> i64| found.iter().map(|(_, t)| of(t)).max().unwrap_or(0);
        // All lines and the sum below them.
        let unit = |metric, of: fn(&Totals) -> i64| Unit::of(metric, most(of).max(of(whole)), ctx);
        let before = usage.before.as_ref().filter(|before| before.lack.is_none());
        Self {
            requests: most(|totals| totals.requests),
            cost: most(|totals| totals.cost.0),
            whole_cost: whole.cost.0,
            input: unit(Metric::Tokens, Totals::input).finer(),
            output: unit(Metric::Tokens, Totals::generated).finer(),
            p50: unit(Metric::Latency, |totals| {
                totals.latency.p50.map_or(0, trend::whole)
            }),
            ttft: unit(Metric::Ttft, |totals| {
                totals.ttft.p50.map_or(0, trend::whole)
            }),
            before: before.map(|before| before.span),
            compared: before.is_some(),
        }
    }
}

impl Line {
    /// `view` leaves what the line counts.
    pub(super) fn new(
        view: &UsageView,
        totals: &Totals,
        before: Option<&Totals>,
        scale: &Scale,
        ctx: &Ctx,
    ) -> Self {
        let lang = ctx.lang;
        let behind = Behind { view, ctx };
        let ms = |ms: Option<f64>| ms.map(trend::whole);
        let cost = totals.known_cost();
        let width = |n: i64, most: i64| match n {
            0 => N(0.0),
            _ => N((chart::per_mille(n, most) / 10.0).max(0.6)),
        };
        Self {
            name: String::new(),
            aside: Aside::default(),
            href: behind.sums(view.metric),
            requests: count(totals.requests, lang.count(totals.requests), behind.rows()),
            width: width(totals.requests, scale.requests),
            change: known(
                before.and_then(|past| {
                    sums::change(totals.requests, past.requests, past.requests, lang)
                }),
                || {
                    scale
                        .before
                        .map_or_else(String::new, |span| behind.over(span))
                },
            )
            .or_empty(),
            figures: [
                count(totals.failed, lang.count(totals.failed), behind.failed()),
                known(lang.share(totals.succeeded(), totals.requests), || {
                    if totals.failed > 0 {
                        behind.failed()
                    } else {
                        behind.rows()
                    }
                }),
                tokens(
                    totals.input(),
                    scale.input,
                    behind.ranked(SortBy::Input),
                    ctx,
                ),
                known(
                    lang.percent(totals.cache_read, totals.input()),
                    || match totals.cache_read {
                        0 => String::new(),
                        _ => behind.cached(),
                    },
                ),
                tokens(
                    totals.generated(),
                    scale.output,
                    behind.ranked(SortBy::Output),
                    ctx,
                ),
                measured(ms(totals.latency.p50), scale.p50, || {
                    behind.ranked(SortBy::Latency)
                }),
                measured(ms(totals.ttft.p50), scale.ttft, || {
                    behind.ranked(SortBy::Ttft)
                }),
                known(totals.speed.p50.map(|speed| format!("{speed:.0}")), || {
                    behind.ranked(SortBy::Speed)
                }),
            ],
            cost: Figure {
                exact: cost.map_or_else(String::new, |cost| {
                    let cost = format!("${}", NanoUsd::decimal(cost));
                    match totals.unpriced {
                        0 => cost,
                        n => format!("{cost}; {}", (ctx.t.requests.no_price_of)(&lang.count(n))),
                    }
                }),
                ..known(cost.map(|cost| lang.cents(cost)), || {
                    behind.ranked(SortBy::Cost)
                })
            },
            cost_width: width(totals.cost.0, scale.cost),
            share: known(
                cost.and_then(|cost| lang.share(cost.0, scale.whole_cost)),
                || behind.sums(Metric::Cost),
            )
            .or_empty(),
        }
    }
}

impl Line {
    /// The same where nothing leads to the rows that are counted.
    pub(super) fn unlinked(mut self) -> Self {
        let own = [
            &mut self.requests,
            &mut self.change,
            &mut self.cost,
            &mut self.share,
        ];
        for figure in own.into_iter().chain(&mut self.figures) {
            figure.href.clear();
        }
        self.href.clear();
        self
    }
}

impl Figure {
    /// Nothing in place of a dash.
    fn or_empty(mut self) -> Self {
        if self.href.is_empty() {
            self.text.clear();
        }
        self.class = "soft";
        self
    }
}

/// A count that is known; nothing is behind none.
fn count(n: i64, text: String, href: String) -> Figure {
    match n {
        0 => Figure {
            text,
            class: "zero",
            ..Figure::default()
        },
        _ => Figure {
            text,
            href,
            ..Figure::default()
        },
    }
}

fn tokens(n: i64, unit: Unit, href: String, ctx: &Ctx) -> Figure {
    let exact = ctx.lang.count(n);
    let text = match unit.name {
        "" => exact.clone(),
        _ => unit.say(Some(n)),
    };
    Figure {
        exact,
        ..count(n, text, href)
    }
}

fn measured(ms: Option<i64>, unit: Unit, href: impl Fn() -> String) -> Figure {
    known(ms.map(|ms| unit.say(Some(ms))), href)
}

/// A dash where it is not known.
fn known(text: Option<String>, href: impl Fn() -> String) -> Figure {
    match text {
        Some(text) => Figure {
            text,
            href: href(),
            ..Figure::default()
        },
        None => Figure {
            text: UNKNOWN.to_owned(),
            class: "soft",
            ..Figure::default()
        },
    }
}

/// The rows behind the figures of a line; each link carries the whole filter.
struct Behind<'a> {
    view: &'a UsageView,
    ctx: &'a Ctx,
}

impl Behind<'_> {
    fn rows(&self) -> String {
        self.ctx.url(&self.view.rows().url("/requests"))
    }

    /// Those with most of it first.
    fn ranked(&self, by: SortBy) -> String {
        self.ctx.url(&self.view.rows().sorted(by).url("/requests"))
    }

    fn failed(&self) -> String {
        let failed = self
            .view
            .narrowed(|only| only.outcome = Some(Outcome::Failed));
        self.ctx.url(&failed.rows().url("/requests"))
    }

    fn cached(&self) -> String {
        let hits = self.view.narrowed(|only| only.cache = Some(Cache::Hit));
        self.ctx.url(&hits.rows().url("/requests"))
    }

    fn over(&self, (from, to): (At, At)) -> String {
        let range = Range::Between(from, to);
        self.ctx.url(&self.view.rows().over(range).url("/requests"))
    }

    /// Its own page, drawn by this metric.
    fn sums(&self, metric: Metric) -> String {
        let own = UsageView {
            sort: None,
            page: 0,
            ..self.view.showing(metric)
        };
        self.ctx.url(&own.url("/usage"))
    }
}
