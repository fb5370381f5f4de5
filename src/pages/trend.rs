//! The course of one metric over a range as bars, with the period before as a
//! dotted line and a table that has the same links for everybody. What is not
//! known has no bar: a gap is no zero.

mod columns;

use chrono::Datelike as _;

use crate::domain::filter::{Metric, Outcome, UsageView};
use crate::domain::time::{Grain, Range, Zone};
use crate::domain::units::{At, Ms, NanoUsd};
use crate::i18n::{Lang, UNKNOWN};
use crate::pages::chart::{self, Bars, FAILED, Stack, WHOLE};
use crate::pages::filters;
use crate::store::lack::Lack;
use crate::store::requests::{Bucket, Totals};
use crate::store::usage::{Before, Usage};
use crate::web::ctx::Ctx;
use columns::{Columns, heads};

/// Rows of the table under the chart; exports have all.
const ROWS: usize = 200;
const SOFT: &str = "fill-soft";

#[derive(Clone, Debug)]
pub struct Trend {
    pub title: String,
    /// What the drawing says, in a sentence.
    pub summary: String,
    pub bars: Bars,
    /// Where each bar begins on local clocks, and the end, as the filter form
    /// writes times.
    pub edges: String,
    /// Before, in and after the bold part of the caption.
    pub finding: [String; 3],
    pub note: &'static str,
    /// The bar with most failures, where no hour is known to be unusual.
    pub worst: Option<Worst>,
    /// Class and name of each part.
    pub legend: Vec<(&'static str, &'static str)>,
    /// What hatched bars are: still filling, or shorter than the others as the
    /// range begins or ends in them. Empty without any.
    pub hatched: &'static str,
    /// What the dotted line is; empty without one.
    pub past: String,
    pub metrics: Vec<Choice>,
    pub heads: Vec<String>,
    pub rows: Vec<Row>,
    /// Said when there are more rows than these.
    pub more: String,
}

/// A bar that failed most: when, its failures in words, and their rows.
#[derive(Clone, Debug)]
pub struct Worst {
    pub at: String,
    pub said: String,
    pub href: String,
}

/// A metric as a link.
#[derive(Clone, Debug)]
pub struct Choice {
    pub name: &'static str,
    pub href: String,
    pub current: bool,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub at: String,
    pub href: String,
    pub cells: Vec<String>,
}

impl Trend {
    #[must_use]
    pub fn new(view: &UsageView, usage: &Usage, path: &str, ctx: &Ctx) -> Self {
        let (t, lang, metric) = (ctx.t.usage, ctx.lang, view.metric);
        let timeline = &usage.report.timeline;
        let name = |at| moment(at, usage.grain, usage.zone, ctx);
        let href = |bucket: &Bucket| {
            let range = Range::Between(bucket.from, bucket.to);
            ctx.url(&view.rows().over(range).url("/requests"))
        };
        // Of a bar that the range cuts less is counted than of its neighbours.
        let cut = |bucket: &Bucket| !usage.is_whole(bucket);
        let stacks = timeline.iter().map(|bucket| Stack {
            parts: parts(metric, &bucket.totals),
            open: bucket.to > ctx.now || cut(bucket),
            title: {
                let bar = (t.bar)(&name(bucket.from), &shown(metric, &bucket.totals, ctx));
                if cut(bucket) {
                    let counted = days((bucket.from, bucket.to), usage.zone, ctx);
                    format!("{bar} {}", (t.cut_bar)(&counted))
                } else {
                    bar
                }
            },
            href: href(bucket),
        });
        let before = usage.before.as_ref();
        let before = before.filter(|before| before.report.totals.requests > 0);
        let past: Vec<Option<i64>> = before.map_or_else(Vec::new, |before| {
            let bars = before.bars();
            bars.map(|bucket| value(metric, &bucket?.totals)).collect()
        });
        let mut bars = chart::stacks(stacks.collect(), &past, 160.0, 5, &|n| {
            scale(metric, n, lang)
        });
        let buckets: Vec<_> = timeline.iter().map(|b| (b.from, b.to)).collect();
        bars.missing = chart::bands(&buckets, &ctx.status.gaps);
        if let (Some(first), Some(last)) = (timeline.first(), timeline.last()) {
            bars.ticks = chart::ticks(usage.zone, first.from, last.to, 9, lang);
        }
        let peak = timeline
            .iter()
            .filter_map(|bucket| Some((value(metric, &bucket.totals)?, bucket)))
            .filter(|(value, _)| *value > 0)
            .max_by_key(|(value, bucket)| (*value, bucket.from));
        let finding = peak.map_or_else(
            || [t.nothing_known.to_owned(), String::new(), String::new()],
            |(_, bucket)| {
                let value = shown(metric, &bucket.totals, ctx);
                (t.peak)(metric, &value, &name(bucket.from))
            },
        );
        let columns = Columns::of(timeline, ctx);
        let title = (t.per)((t.metric_name)(metric), grain_name(usage.grain, ctx));
        let begins = timeline.iter().map(|bucket| bucket.from);
        let edges = begins.chain(timeline.last().map(|bucket| bucket.to));
        let edges: Vec<String> = edges.map(|at| filters::local(at, usage.zone)).collect();
        Self {
            edges: edges.join(" "),
            summary: format!("{} {}", finding.concat(), t_drawn(metric, ctx)),
            title,
            finding,
            note: t_drawn(metric, ctx),
            worst: worst(view, usage, ctx).filter(|_| metric != Metric::Failed),
            legend: legend(metric, &usage.report.totals, ctx),
            hatched: {
                let open = timeline.last().is_some_and(|bucket| bucket.to > ctx.now);
                match (open, timeline.iter().any(cut)) {
                    (true, false) => t.open,
                    (true, true) => t.open_or_cut,
                    (false, true) => t.cut_by_range,
                    (false, false) => "",
                }
            },
            past: before.map_or_else(String::new, |before| past_name(before, usage.zone, ctx)),
            metrics: metrics(view, path, ctx),
            heads: heads(metric, !past.is_empty(), ctx),
            rows: timeline
                .iter()
                .enumerate()
                .rev()
                .take(ROWS)
                .map(|(i, bucket)| Row {
                    at: name(bucket.from),
                    href: href(bucket),
                    cells: {
                        let own = columns.cells(metric, &bucket.totals).into_iter();
                        let past = past.get(i).map(|past| columns.past(metric, *past));
                        own.chain(past).collect()
                    },
                })
                .collect(),
            more: if timeline.len() > ROWS {
                (t.latest_rows)(ROWS)
            } else {
                String::new()
            },
            bars,
        }
    }
}

/// The metrics as links to the same page.
#[must_use]
pub fn metrics(view: &UsageView, path: &str, ctx: &Ctx) -> Vec<Choice> {
    Metric::ALL
        .into_iter()
        .map(|metric| Choice {
            name: (ctx.t.usage.metric_name)(metric),
            href: ctx.url(&view.showing(metric).url(path)),
            current: view.metric == metric,
        })
        .collect()
}

fn t_drawn(metric: Metric, ctx: &Ctx) -> &'static str {
    (ctx.t.usage.drawn)(metric)
}

/// What a metric comes to; `None` where it is not known. Cost in nano-dollars,
/// times in milliseconds, speed in thousandths.
#[must_use]
pub fn value(metric: Metric, totals: &Totals) -> Option<i64> {
    match metric {
        Metric::Requests => Some(totals.requests),
        Metric::Tokens => Some(totals.tokens()),
        Metric::Cost => totals.known_cost().map(|cost| cost.0),
        Metric::Latency => totals.latency.p50.map(whole),
        Metric::Ttft => totals.ttft.p50.map(whole),
        Metric::Speed => totals.speed.p50.map(|speed| whole(speed * 1_000.0)),
        Metric::Failed => Some(totals.failed),
    }
}

/// The same in words, with its unit.
fn shown(metric: Metric, totals: &Totals, ctx: &Ctx) -> String {
    let (t, lang) = (ctx.t.usage, ctx.lang);
    let (requests, failed) = (lang.count(totals.requests), lang.count(totals.failed));
    match (metric, value(metric, totals)) {
        (_, None) => UNKNOWN.to_owned(),
        (Metric::Requests, _) if totals.failed > 0 => (t.requests_failed)(&requests, &failed),
        (Metric::Requests, _) => (t.some_requests)(&requests),
        (Metric::Failed, _) => (t.some_failed)(&failed, &requests),
        (Metric::Tokens, Some(n)) => (t.some_tokens)(&lang.compact(n)),
        (Metric::Cost, Some(n)) => lang.cents(NanoUsd(n)),
        (Metric::Latency | Metric::Ttft, Some(n)) => (t.median)(&lang.span(Ms(n))),
        (Metric::Speed, Some(n)) => (t.median)(&format!(
            "{} {}",
            lang.count((n + 500) / 1_000),
            ctx.t.requests.tokens_a_second
        )),
    }
}

fn worst(view: &UsageView, usage: &Usage, ctx: &Ctx) -> Option<Worst> {
    if usage
        .unusual
        .as_ref()
        .is_some_and(|found| !found.is_empty())
    {
        return None;
    }
    let bars = usage.report.timeline.iter();
    let failed = bars.filter(|bucket| bucket.totals.failed > 0);
    let bucket = failed.max_by_key(|bucket| (bucket.totals.failed, bucket.from))?;
    let (lang, totals) = (ctx.lang, &bucket.totals);
    let failed = view.narrowed(|only| only.outcome = Some(Outcome::Failed));
    let range = Range::Between(bucket.from, bucket.to);
    Some(Worst {
        at: moment(bucket.from, usage.grain, usage.zone, ctx),
        said: (ctx.t.usage.some_failed)(&lang.count(totals.failed), &lang.count(totals.requests)),
        href: ctx.url(&failed.rows().over(range).url("/requests")),
    })
}

/// What the dotted line is, and from where on it is a record.
fn past_name(before: &Before, zone: Zone, ctx: &Ctx) -> String {
    let days = days(before.span, zone, ctx);
    match before.lack {
        Some(Lack::Begun(begun)) => (ctx.t.usage.cut)(&days, &self::begun(begun, zone, ctx)),
        Some(Lack::GapBefore(from, to)) => {
            (ctx.t.usage.past_gap)(&days, &self::days((from, to), zone, ctx))
        }
        Some(Lack::GapWithin(..)) | None => days,
    }
}

/// Twenty dollars, in nano-dollars.
const FAR: i64 = 20_000_000_000;

/// A value on the scale of a chart.
#[must_use]
pub fn scale(metric: Metric, n: i64, lang: Lang) -> String {
    match metric {
        Metric::Requests | Metric::Failed | Metric::Tokens => lang.compact(n),
        Metric::Cost => {
            let text = lang.cents(NanoUsd(n));
            // A scale that goes so far up has steps of whole dollars.
            let plain = text.strip_suffix(".00");
            plain
                .filter(|_| n == 0 || n >= FAR)
                .unwrap_or(&text)
                .to_owned()
        }
        Metric::Latency | Metric::Ttft => lang.span(Ms(n)),
        Metric::Speed if n % 1_000 == 0 => lang.count(n / 1_000),
        Metric::Speed => format!("{}.{}", n / 1_000, n % 1_000 / 100),
    }
}

fn parts(metric: Metric, totals: &Totals) -> Vec<(&'static str, i64)> {
    let upper = |low: Option<f64>, high: Option<f64>| {
        let (low, high) = (low.map_or(0, whole), high.map_or(0, whole));
        vec![(WHOLE, low), (SOFT, (high - low).max(0))]
    };
    match metric {
        Metric::Requests => vec![(FAILED, totals.failed), (WHOLE, totals.succeeded())],
        Metric::Tokens => vec![
            ("fill-in", totals.uncached),
            ("fill-in-read", totals.cache_read),
            ("fill-in-write", totals.cache_write),
            ("fill-out", totals.output),
            ("fill-out-think", totals.reasoning),
            ("fill-unsure", totals.unclassified),
        ],
        Metric::Cost => vec![(WHOLE, totals.known_cost().map_or(0, |cost| cost.0))],
        Metric::Latency => upper(totals.latency.p50, totals.latency.p95),
        Metric::Ttft => upper(totals.ttft.p50, totals.ttft.p95),
        Metric::Speed => {
            let milli = |speed: Option<f64>| speed.map(|speed| speed * 1_000.0);
            upper(milli(totals.speed.p5), milli(totals.speed.p50))
        }
        Metric::Failed => vec![(FAILED, totals.failed)],
    }
}

fn legend(metric: Metric, totals: &Totals, ctx: &Ctx) -> Vec<(&'static str, &'static str)> {
    let (t, home) = (ctx.t.usage, ctx.t.home);
    match metric {
        Metric::Requests => vec![(WHOLE, t.succeeded), (FAILED, t.failed)],
        Metric::Tokens => {
            let mut legend = vec![
                ("fill-in", home.uncached),
                ("fill-in-read", home.cache_read),
                ("fill-in-write", home.cache_write),
                ("fill-out", home.output),
                ("fill-out-think", home.reasoning),
            ];
            if totals.unclassified > 0 {
                legend.push(("fill-unsure", home.unclassified));
            }
            legend
        }
        Metric::Cost => vec![(WHOLE, t.cost)],
        Metric::Latency | Metric::Ttft => vec![(WHOLE, "p50"), (SOFT, "p95")],
        Metric::Speed => vec![(WHOLE, "p5"), (SOFT, "p50")],
        Metric::Failed => vec![(FAILED, t.failed)],
    }
}

/// A moment on which something began: `18 Nov, 14:05`.
#[must_use]
pub fn begun(at: At, zone: Zone, ctx: &Ctx) -> String {
    let (local, year) = (zone.local(at), zone.local(ctx.now).year());
    let (day, minute) = (ctx.lang.day(&local, year), ctx.lang.minute(&local));
    format!("{day}, {minute}")
}

/// Both ends of a range as people say them: `18 Nov to 24 Nov`, with the time
/// where a day is cut.
#[must_use]
pub fn days((from, to): (At, At), zone: Zone, ctx: &Ctx) -> String {
    let last = At(to.0 - 1).max(from);
    let whole = zone.day_start(from) == from && zone.day_start(to) == to;
    let year = zone.local(ctx.now).year();
    let day = |at: At| ctx.lang.day(&zone.local(at), year);
    let timed = |at: At| format!("{}, {}", day(at), ctx.lang.minute(&zone.local(at)));
    if !whole {
        return (ctx.t.usage.span)(&timed(from), &timed(to));
    }
    match (day(from), day(last)) {
        (from, last) if from == last => from,
        (from, last) => (ctx.t.usage.span)(&from, &last),
    }
}

/// The begin of a bar: `Thu 19 Nov, 10:00`.
#[must_use]
pub fn moment(at: At, grain: Grain, zone: Zone, ctx: &Ctx) -> String {
    let local = zone.local(at);
    let weekday = ctx
        .lang
        .short_weekday(local.weekday().num_days_from_monday());
    let day = ctx.lang.day(&local, zone.local(ctx.now).year());
    match grain {
        Grain::Day | Grain::Week => format!("{weekday} {day}"),
        _ => format!("{weekday} {day}, {}", ctx.lang.minute(&local)),
    }
}

/// A width in words: `hour`.
#[must_use]
pub fn grain_name(grain: Grain, ctx: &Ctx) -> &'static str {
    let place = Grain::ALL.iter().position(|g| *g == grain).unwrap_or(0);
    let names = ctx.t.requests.grain;
    names.get(place).copied().unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    reason = "quantiles are times and speeds; `as` saturates"
)]
pub(super) fn whole(value: f64) -> i64 {
    value.round() as i64
}
