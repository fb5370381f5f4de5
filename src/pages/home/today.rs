//! Today's figures beside yesterday's up to the same time, and today's course.

use chrono::Datelike;

use super::{Read, Traffic, TrafficRow, half_hour};
use crate::domain::filter::{Outcome, SortBy, UsageView, View};
use crate::domain::time::{Grain, Range};
use crate::i18n::UNKNOWN;
use crate::pages::chart::{self, Column, N, Spark};
use crate::pages::sheet;
use crate::pages::sums::{self, Sum};
use crate::pages::trend;
use crate::store::lack::Lack;
use crate::store::requests::{Bucket, Quantiles, Totals};
use crate::web::ctx::Ctx;

pub(super) fn sums(read: &Read, ctx: &Ctx) -> Vec<Sum> {
    let yesterday = ctx.local(read.yesterday).weekday().num_days_from_monday();
    let day = ctx.lang.short_weekday(yesterday);
    let base = Base {
        day,
        totals: &read.past_so_far,
        lack: read.lack,
        ctx,
    };
    let mut sums = counts(read, &base, ctx);
    sums.extend(cost(read, &base, ctx));
    let t = ctx.t.home;
    let (now, past) = (&read.today.totals, &read.past_so_far);
    sums.push(Sum {
        label: t.latency_p50,
        href: slowest(now.latency.samples, SortBy::Latency, ctx),
        spark: known(read, ctx, |totals| totals.latency.p50),
        spark_title: t.spark_latency.to_owned(),
        ..timed(&now.latency, &past.latency, &base, ctx)
    });
    sums.push(Sum {
        label: t.ttft_p50,
        href: slowest(now.ttft.samples, SortBy::Ttft, ctx),
        spark: known(read, ctx, |totals| totals.ttft.p50),
        spark_title: t.spark_ttft.to_owned(),
        ..timed(&now.ttft, &past.ttft, &base, ctx)
    });
    sums
}

/// Requests, successes, tokens, and what of the input came from a cache.
fn counts(read: &Read, base: &Base<'_>, ctx: &Ctx) -> Vec<Sum> {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let (now, past) = (&read.today.totals, &read.past_so_far);
    let today = View::default().over(Range::Today);
    let failed = today.narrowed(|only| only.outcome = Some(Outcome::Failed));
    let (requests, most_requests) = trend(read, ctx, |totals| totals.requests);
    let (failures, most_failures) = trend(read, ctx, |totals| totals.failed);
    let (tokens, most_tokens) = trend(read, ctx, all_tokens);
    let share = |part, whole| lang.share(part, whole);
    let or_none = |share: Option<String>| share.unwrap_or_else(|| UNKNOWN.to_owned());
    vec![
        Sum {
            label: t.requests,
            figure: lang.count(now.requests),
            href: link(now.requests, &today, ctx),
            spark: requests,
            spark_title: (t.spark_requests)(&lang.count(most_requests)),
            note: base.change(now.requests, past.requests, &lang.count(past.requests)),
            ..Sum::default()
        },
        Sum {
            label: t.succeeded_label,
            figure: or_none(share(now.requests - now.failed, now.requests)),
            href: link(now.failed, &failed, ctx),
            spark: failures,
            spark_class: "down",
            spark_title: (t.spark_failed)(&lang.count(most_failures)),
            note: join([
                (now.failed > 0).then(|| (t.failed_note)(&lang.count(now.failed))),
                share(past.requests - past.failed, past.requests).map(|share| base.said(&share)),
            ]),
            ..Sum::default()
        },
        Sum {
            label: t.tokens,
            figure: lang.compact(all_tokens(now)),
            exact: lang.count(all_tokens(now)),
            href: usage(now.requests, ctx),
            spark: tokens,
            spark_title: (t.spark_tokens)(&lang.compact(most_tokens)),
            note: base.change(
                all_tokens(now),
                all_tokens(past),
                &lang.compact(all_tokens(past)),
            ),
            ..Sum::default()
        },
        Sum {
            label: t.from_cache,
            figure: or_none(share(now.cache_read, input(now))),
            href: usage(now.requests, ctx),
            spark: known(read, ctx, |totals| {
                (input(totals) > 0).then(|| chart::per_mille(totals.cache_read, input(totals)))
            }),
            spark_title: t.spark_cache.to_owned(),
            note: share(past.cache_read, input(past))
                .map_or_else(String::new, |share| base.said(&share)),
            ..Sum::default()
        },
    ]
}

/// Nothing priced is not "no cost".
fn cost(read: &Read, base: &Base<'_>, ctx: &Ctx) -> Option<Sum> {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let (now, past) = (&read.today.totals, &read.past_so_far);
    let (spark, _) = trend(read, ctx, |totals| totals.cost.0);
    now.known_cost().map(|cost| Sum {
        label: t.cost,
        figure: lang.cents(cost),
        href: usage(now.requests, ctx),
        spark,
        spark_title: t.spark_cost.to_owned(),
        note: join([
            Some(base.change(now.cost.0, past.cost.0, &lang.cents(past.cost)))
                .filter(|change| !change.is_empty()),
            (now.unpriced > 0).then(|| (ctx.t.requests.no_price_of)(&lang.count(now.unpriced))),
        ]),
        ..Sum::default()
    })
}

fn timed(now: &Quantiles, past: &Quantiles, base: &Base<'_>, ctx: &Ctx) -> Sum {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let seconds = |ms| lang.quantile_seconds(ms);
    Sum {
        figure: now.p50.map_or_else(|| UNKNOWN.to_owned(), seconds),
        unit: now.p50.map_or("", |_| ctx.t.requests.second),
        note: join([
            now.p95.map(|ms| (t.p95)(&seconds(ms))),
            past.p95.map(|ms| base.said(&seconds(ms))),
        ]),
        ..Sum::default()
    }
}

/// The half hours that have begun: a trend ends where the day is.
fn begun<'a>(read: &'a Read, ctx: &Ctx) -> impl Iterator<Item = &'a Totals> {
    let now = ctx.now;
    let buckets = read.today.timeline.iter();
    buckets
        .filter(move |bucket| bucket.from <= now)
        .map(|bucket| &bucket.totals)
}

/// The course of a count today, and its highest value.
fn trend(read: &Read, ctx: &Ctx, of: fn(&Totals) -> i64) -> (Spark, i64) {
    let values: Vec<i64> = begun(read, ctx).map(of).collect();
    let most = values.iter().copied().max().unwrap_or(0);
    let shares: Vec<_> = values
        .iter()
        .map(|n| Some(chart::per_mille(*n, most)))
        .collect();
    (chart::spark(&shares), most)
}

/// The course of something measured, with gaps where nothing was.
fn known(read: &Read, ctx: &Ctx, of: fn(&Totals) -> Option<f64>) -> Spark {
    let values: Vec<Option<f64>> = begun(read, ctx).map(of).collect();
    chart::spark(&values)
}

/// Half hours of the whole day; yesterday as a dotted line over it.
pub(super) fn traffic(read: &Read, ctx: &Ctx) -> Option<Traffic> {
    let (t, r, lang) = (ctx.t.home, ctx.t.requests, ctx.lang);
    let totals = &read.today.totals;
    if totals.requests == 0 && read.past.totals.requests == 0 {
        return None;
    }
    let name = |bucket: &Bucket| half_hour(bucket.from, ctx.zone, ctx);
    let href = |bucket: &Bucket| {
        let range = Range::Between(bucket.from, bucket.to);
        ctx.url(&View::default().over(range).url("/requests"))
    };
    let columns = read
        .today
        .timeline
        .iter()
        .map(|bucket| {
            let requests = lang.count(bucket.totals.requests);
            Column {
                requests: bucket.totals.requests,
                failed: bucket.totals.failed,
                open: bucket.to > ctx.now,
                title: match bucket.totals.failed {
                    0 => (r.bar)(&name(bucket), &requests),
                    failed => (r.bar_failed)(&name(bucket), &requests, &lang.count(failed)),
                },
                href: href(bucket),
            }
        })
        .collect();
    let past: Vec<i64> = match read.past.totals.requests {
        0 => Vec::new(),
        _ => read
            .past
            .timeline
            .iter()
            .map(|bucket| bucket.totals.requests)
            .collect(),
    };
    let mut bars = chart::bars(columns, &past, 160.0, 5, lang);
    bars.ticks = chart::ticks(ctx.zone, read.start, read.end, 9, lang);
    let buckets = read.today.timeline.iter();
    let buckets: Vec<_> = buckets.map(|b| (b.from, b.to)).collect();
    bars.missing = chart::bands(&buckets, &ctx.status.gaps);
    if let Some(midnight) = bars.ticks.last_mut().filter(|tick| tick.x == "100.00%") {
        "24:00".clone_into(&mut midnight.label);
    }
    let busiest = read
        .today
        .timeline
        .iter()
        .max_by_key(|bucket| bucket.totals.requests)
        .filter(|bucket| bucket.totals.requests > 0);
    let past_day = if past.is_empty() {
        String::new()
    } else {
        lang.weekday(&ctx.local(read.yesterday))
    };
    let whole = UsageView {
        grain: Some(Grain::HalfHour),
        ..UsageView::default().over(Range::Between(read.start, read.end))
    };
    Some(Traffic {
        bars,
        files: sheet::links(t.traffic, ctx, |format| {
            ctx.url(&whole.url(&format!("/usage/trend.{}", format.suffix())))
        }),
        title: (t.chart_title)(&lang.weekday(&ctx.local(read.yesterday))),
        summary: (t.chart_summary)(&lang.count(totals.failed), &lang.count(totals.requests)),
        finding: busiest.map_or_else(
            || [t.none_today.to_owned(), String::new(), String::new()],
            |bucket| (t.busiest)(&lang.count(bucket.totals.requests), &name(bucket)),
        ),
        past: match read.lack {
            _ if past_day.is_empty() => t.no_past.to_owned(),
            None => (t.dotted)(&past_day),
            Some(Lack::Begun(begun)) => (t.dotted_from)(&past_day, &lang.minute(&ctx.local(begun))),
            Some(Lack::GapBefore(from, to) | Lack::GapWithin(from, to)) => {
                let gap = trend::days((from, to), ctx.zone, ctx);
                (t.dotted_gap)(&past_day, &gap)
            }
        },
        rows: read
            .today
            .timeline
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, bucket)| bucket.totals.requests > 0)
            .map(|(i, bucket)| TrafficRow {
                at: name(bucket),
                href: href(bucket),
                requests: lang.count(bucket.totals.requests),
                failed: lang.count(bucket.totals.failed),
                past: past
                    .get(i)
                    .map_or_else(|| UNKNOWN.to_owned(), |n| lang.count(*n)),
            })
            .collect(),
        past_day,
    })
}

/// Width of a bar of at most 100.
pub(super) fn width(n: i64, most: i64) -> N {
    N((chart::per_mille(n, most) / 10.0).max(0.5))
}

fn all_tokens(totals: &Totals) -> i64 {
    input(totals) + totals.output + totals.reasoning + totals.unclassified
}

fn input(totals: &Totals) -> i64 {
    totals.uncached + totals.cache_read + totals.cache_write
}

fn link(n: i64, view: &View, ctx: &Ctx) -> String {
    if n == 0 {
        String::new()
    } else {
        ctx.url(&view.url("/requests"))
    }
}

/// The sums of today in full.
fn usage(requests: i64, ctx: &Ctx) -> String {
    match requests {
        0 => String::new(),
        _ => ctx.url(&UsageView::default().over(Range::Today).url("/usage")),
    }
}

/// The rows behind a quantile, the longest first.
fn slowest(samples: i64, by: SortBy, ctx: &Ctx) -> String {
    link(samples, &View::default().over(Range::Today).sorted(by), ctx)
}

/// Yesterday up to this time of day, as a base.
struct Base<'a> {
    day: &'a str,
    totals: &'a Totals,
    lack: Option<Lack>,
    ctx: &'a Ctx,
}

impl Base<'_> {
    /// `−1 % on 3,353`: never without its base. On a small base, one recorded
    /// only in part, or where the day is another order of magnitude, only what
    /// that day was.
    fn change(&self, now: i64, past: i64, base: &str) -> String {
        if past == 0 {
            return String::new();
        }
        let far = i128::from(now) >= 11 * i128::from(past);
        let change = sums::change(now, past, self.totals.requests, self.ctx.lang);
        match change.filter(|_| self.lack.is_none() && !far) {
            Some(change) => (self.ctx.t.home.on_base)(&change, base),
            None => self.said(base),
        }
    }

    /// What that day was.
    fn said(&self, value: &str) -> String {
        let t = self.ctx.t.home;
        if self.lack.is_some_and(Lack::is_before) {
            (t.day_part)(self.day, value)
        } else {
            (t.day_value)(self.day, value)
        }
    }
}

fn join(parts: [Option<String>; 2]) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join("; ")
}
