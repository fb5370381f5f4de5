//! The sums of a view and its chart over time.

use crate::domain::filter::{Outcome, View};
use crate::domain::time::{Grain, Range, Zone};
use crate::domain::units::{At, Ms};
use crate::i18n::UNKNOWN;
use crate::pages::chart::{self, Bars, Column};
use crate::pages::sums::Sum;
use crate::store::requests::{Bucket, Quantiles, Totals};
use crate::web::ctx::Ctx;

/// Bars of the chart above the list, at most.
pub(super) const BARS: i64 = 200;

#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub sums: Vec<Sum>,
    /// `None` when nothing happened.
    pub chart: Option<Chart>,
}

#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub bars: Bars,
    pub title: String,
    pub summary: String,
    /// Before, in and after the bold part of the caption.
    pub finding: [String; 3],
    /// How many requests the token sums do not cover; empty when none.
    pub unknown: String,
    pub rows: Vec<ChartRow>,
}

/// The same in a table, newest first.
#[derive(Clone, Debug)]
pub(super) struct ChartRow {
    pub at: String,
    pub href: String,
    pub requests: String,
    pub failed: String,
}

impl Figures {
    #[must_use]
    pub(super) fn new(
        view: &View,
        covered: Ms,
        totals: &Totals,
        timeline: &[Bucket],
        grain: Grain,
        ctx: &Ctx,
    ) -> Self {
        Self {
            sums: sums(view, covered, totals, ctx),
            chart: (totals.requests > 0).then(|| draw(view, timeline, grain, totals, ctx)),
        }
    }
}

fn sums(view: &View, covered: Ms, totals: &Totals, ctx: &Ctx) -> Vec<Sum> {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let count = |label, n: i64| Sum {
        label,
        figure: lang.compact(n),
        exact: if n.abs() >= 1_000_000 {
            lang.count(n)
        } else {
            String::new()
        },
        ..Sum::default()
    };
    let input = totals.uncached + totals.cache_read + totals.cache_write;
    let output = totals.output + totals.reasoning;
    let of = |part, whole, say: fn(&str) -> String| lang.percent(part, whole).map(|p| say(&p));
    let failed = view.narrowed(|only| only.outcome = Some(Outcome::Failed));
    let mut sums = vec![
        Sum {
            note: rate(totals.requests, covered)
                .map_or_else(String::new, |n| (t.a_minute_mean)(&n)),
            ..count(t.title, totals.requests)
        },
        Sum {
            href: if totals.failed > 0 {
                ctx.url(&failed.url("/requests"))
            } else {
                String::new()
            },
            note: lang
                .share(totals.failed, totals.requests)
                .filter(|_| totals.failed > 0)
                .map_or_else(String::new, |share| (t.of_these)(&share)),
            bad: true,
            ..count(t.failed, totals.failed)
        },
        Sum {
            note: of(totals.cache_read, input, t.from_cache).unwrap_or_default(),
            ..count(t.input_tokens, input)
        },
        Sum {
            note: of(totals.reasoning, output, t.reasoning_share).unwrap_or_default(),
            ..count(t.output_tokens, output)
        },
    ];
    // Nothing priced is not "no cost".
    if totals.unpriced < totals.requests {
        sums.push(Sum {
            label: t.cost,
            figure: lang.cents(totals.cost),
            note: of(totals.requests - totals.unpriced, totals.requests, t.priced)
                .unwrap_or_default(),
            ..Sum::default()
        });
    }
    sums.push(seconds(t.latency_p50, &totals.latency, ctx));
    sums.push(seconds(t.ttft_p50, &totals.ttft, ctx));
    sums.push(Sum {
        label: t.speed_p50,
        figure: totals
            .speed
            .p50
            .map_or_else(|| UNKNOWN.into(), |v| format!("{v:.0}")),
        unit: if totals.speed.p50.is_some() {
            t.tokens_a_second
        } else {
            ""
        },
        note: totals
            .speed
            .p5
            .map_or_else(String::new, |v| format!("p5 {v:.0}")),
        ..Sum::default()
    });
    sums
}

fn seconds(label: &'static str, times: &Quantiles, ctx: &Ctx) -> Sum {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let known = times.p50.is_some();
    Sum {
        label,
        figure: times
            .p50
            .map_or_else(|| UNKNOWN.into(), |ms| lang.quantile_seconds(ms)),
        unit: if known { t.second } else { "" },
        note: times.p95.map_or_else(String::new, |ms| {
            format!("p95 {} {}", lang.quantile_seconds(ms), t.second)
        }),
        ..Sum::default()
    }
}

/// Requests a minute, where that is a number worth reading.
#[must_use]
pub(super) fn rate(requests: i64, span: Ms) -> Option<String> {
    let tenths = i128::from(requests) * 600_000 / i128::from(span.0.max(1));
    match tenths {
        0 => None,
        1..100 => Some(format!("{}.{}", tenths / 10, tenths % 10)),
        _ => Some((tenths / 10).to_string()),
    }
}

fn draw(view: &View, timeline: &[Bucket], grain: Grain, totals: &Totals, ctx: &Ctx) -> Chart {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let zone = view.zone.unwrap_or(ctx.zone);
    let (from, to) = match (timeline.first(), timeline.last()) {
        (Some(first), Some(last)) => (first.from, last.to),
        _ => (ctx.now, ctx.now),
    };
    let name = |at: At| when(at, grain, to - from, zone, ctx);
    let href = |bucket: &Bucket| {
        let range = Range::Between(bucket.from, bucket.to);
        ctx.url(&view.over(range).url("/requests"))
    };
    let columns = timeline
        .iter()
        .map(|bucket| Column {
            requests: bucket.totals.requests,
            failed: bucket.totals.failed,
            open: bucket.to > ctx.now,
            title: match bucket.totals.failed {
                0 => (t.bar)(&name(bucket.from), &lang.count(bucket.totals.requests)),
                failed => (t.bar_failed)(
                    &name(bucket.from),
                    &lang.count(bucket.totals.requests),
                    &lang.count(failed),
                ),
            },
            href: href(bucket),
        })
        .collect();
    let mut bars = chart::bars(columns, &[], 40.0, 1, lang);
    bars.ticks = chart::ticks(zone, from, to, 9, lang);
    let buckets: Vec<_> = timeline.iter().map(|b| (b.from, b.to)).collect();
    bars.missing = chart::bands(&buckets, &ctx.status.gaps);
    let peak = timeline
        .iter()
        .max_by_key(|bucket| bucket.totals.requests)
        .map(|bucket| (bucket.totals.requests, bucket.from))
        .unwrap_or_default();
    let mut finding = (t.peak)(&lang.count(peak.0), &name(peak.1));
    if let Some(start) = finding.first_mut() {
        start.insert_str(0, &per(grain, ctx));
    }
    Chart {
        bars,
        title: per(grain, ctx),
        summary: format!(
            "{} {}",
            finding.concat(),
            (t.failed_in_all)(&lang.count(totals.failed))
        ),
        finding,
        unknown: match totals.unknown_tokens {
            0 => String::new(),
            n => (t.unknown_for)(&lang.count(n)),
        },
        rows: timeline
            .iter()
            .rev()
            .filter(|bucket| bucket.totals.requests > 0)
            .take(120)
            .map(|bucket| ChartRow {
                at: name(bucket.from),
                href: href(bucket),
                requests: lang.count(bucket.totals.requests),
                failed: lang.count(bucket.totals.failed),
            })
            .collect(),
    }
}

/// A bucket by its start: the time of a day, or the day where there are many.
#[must_use]
pub(super) fn when(at: At, grain: Grain, span: Ms, zone: Zone, ctx: &Ctx) -> String {
    let local = zone.local(at);
    let year = chrono::Datelike::year(&zone.local(ctx.now));
    match grain {
        Grain::Day | Grain::Week => ctx.lang.day(&local, year),
        _ if span.0 > Ms::DAY.0 + Ms::HOUR.0 => {
            format!("{} {}", ctx.lang.day(&local, year), ctx.lang.minute(&local))
        }
        _ => ctx.lang.minute(&local),
    }
}

#[must_use]
pub(super) fn per(grain: Grain, ctx: &Ctx) -> String {
    let place = Grain::ALL.iter().position(|g| *g == grain).unwrap_or(0);
    let t = ctx.t.requests;
    (t.per)(t.grain.get(place).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_too_small_to_read_is_not_printed() {
        assert_eq!(rate(4804, Ms::DAY).as_deref(), Some("3.3"));
        assert_eq!(rate(120_000, Ms::DAY).as_deref(), Some("83"));
        assert_eq!(rate(3, Ms::DAY), None);
    }
}
