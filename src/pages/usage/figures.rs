//! The ruled line of sums beside those of the period before, and how fast
//! everything was.

use crate::domain::filter::{Cache, Outcome, SortBy, UsageView};
use crate::domain::time::Range;
use crate::domain::units::{Ms, NanoUsd};
use crate::i18n::{Lang, UNKNOWN};
use crate::pages::sums::{self, FAIR_BASE, Sum};
use crate::store::lack::Lack;
use crate::store::requests::{Bucket, Quantiles, Totals};
use crate::store::usage::{Before, LATELY, Usage, lately};
use crate::web::ctx::Ctx;

pub(super) fn sums(view: &UsageView, usage: &Usage, ctx: &Ctx) -> Vec<Sum> {
    let (t, lang) = (ctx.t.usage, ctx.lang);
    let now = &usage.report.totals;
    let before = usage.before.as_ref().and_then(Base::of);
    let base = |of: fn(&Totals) -> i64, say: &dyn Fn(i64) -> String| {
        before.map_or_else(String::new, |before| {
            before.changed(of(now), of(before.totals), say, ctx)
        })
    };
    let share_base = |part: fn(&Totals) -> i64, whole: fn(&Totals) -> i64| {
        let fair = before.filter(|before| before.totals.requests >= FAIR_BASE);
        fair.and_then(|before| {
            let share = lang.share(part(before.totals), whole(before.totals))?;
            Some(before.said(&share, ctx))
        })
    };
    let failed = view.narrowed(|only| only.outcome = Some(Outcome::Failed));
    let link = |view: &UsageView, n: i64| match n {
        0 => String::new(),
        _ => ctx.url(&view.rows().url("/requests")),
    };
    let ranked = |by: SortBy, n: i64| match n {
        0 => String::new(),
        _ => ranked(view, by, ctx),
    };
    let hits = view.narrowed(|only| only.cache = Some(Cache::Hit));
    let or_none = |text: Option<String>| text.unwrap_or_else(|| UNKNOWN.to_owned());
    let mut sums = vec![
        Sum {
            label: t.requests,
            figure: lang.count(now.requests),
            href: link(view, now.requests),
            note: base(|t| t.requests, &|n| lang.count(n)),
            ..Sum::default()
        },
        Sum {
            label: t.success,
            figure: or_none(lang.share(now.succeeded(), now.requests)),
            href: link(&failed, now.failed),
            note: share_base(Totals::succeeded, |t| t.requests).unwrap_or_default(),
            ..Sum::default()
        },
        Sum {
            label: t.tokens,
            figure: lang.compact(now.tokens()),
            exact: lang.count(now.tokens()),
            href: ranked(SortBy::Input, now.tokens()),
            note: base(Totals::tokens, &|n| lang.compact(n)),
            ..Sum::default()
        },
        Sum {
            label: t.from_cache,
            figure: or_none(lang.share(now.cache_read, now.input())),
            href: link(&hits, now.cache_read),
            note: match share_base(|t| t.cache_read, Totals::input) {
                Some(base) => format!("{}; {base}", t.of_input),
                None => t.of_input.to_owned(),
            },
            ..Sum::default()
        },
    ];
    let costs = cost(now, before, ctx).into_iter();
    let times = [
        (t.latency_p50, &now.latency, SortBy::Latency),
        (t.ttft_p50, &now.ttft, SortBy::Ttft),
    ];
    sums.extend(costs.map(|sum| Sum {
        href: ranked(SortBy::Cost, now.requests - now.unpriced),
        ..sum
    }));
    sums.extend(times.map(|(label, times, by)| Sum {
        href: ranked(by, times.samples),
        ..timed(label, times, ctx)
    }));
    sums
}

/// The rows, those with most of it first.
fn ranked(view: &UsageView, by: SortBy, ctx: &Ctx) -> String {
    ctx.url(&view.rows().sorted(by).url("/requests"))
}

/// What the figures of the period before are good for.
#[derive(Clone, Copy)]
struct Base<'a> {
    totals: &'a Totals,
    lack: Option<Lack>,
}

impl<'a> Base<'a> {
    fn of(before: &'a Before) -> Option<Self> {
        let totals = &before.report.totals;
        (totals.requests > 0).then_some(Self {
            totals,
            lack: before.lack,
        })
    }

    fn said(self, figure: &str, ctx: &Ctx) -> String {
        let t = ctx.t.usage;
        if self.lack.is_some_and(Lack::is_before) {
            (t.from_part)(figure)
        } else {
            (t.from)(figure)
        }
    }

    /// How far a figure is from its base; only the base where that is too small
    /// or one of both was not recorded as a whole.
    fn changed(self, now: i64, base: i64, say: &dyn Fn(i64) -> String, ctx: &Ctx) -> String {
        let change = sums::change(now, base, self.totals.requests, ctx.lang);
        match change.filter(|_| self.lack.is_none()) {
            Some(change) => (ctx.t.usage.changed)(&change, &say(base)),
            None => self.said(&say(base), ctx),
        }
    }
}

/// Cost, and cost of a thousand priced requests; a dash while nothing is priced.
fn cost(now: &Totals, before: Option<Base<'_>>, ctx: &Ctx) -> [Sum; 2] {
    let (t, lang) = (ctx.t.usage, ctx.lang);
    let priced = |totals: &Totals| totals.requests - totals.unpriced;
    let thousand = |totals: &Totals| {
        let nanos = i128::from(totals.known_cost()?.0) * 1_000 / i128::from(priced(totals));
        Some(NanoUsd(i64::try_from(nanos).unwrap_or(i64::MAX)))
    };
    let all = Sum {
        label: t.cost,
        figure: now
            .known_cost()
            .map_or_else(|| UNKNOWN.to_owned(), |cost| lang.cents(cost)),
        exact: now
            .known_cost()
            .map_or_else(String::new, |cost| lang.money(cost)),
        note: match (
            now.known_cost(),
            before.filter(|past| past.totals.known_cost().is_some()),
        ) {
            (None, _) => t.unpriced.to_owned(),
            (_, Some(past)) => {
                let about = |n| lang.about(NanoUsd(n));
                let changed = past.changed(now.cost.0, past.totals.cost.0, &about, ctx);
                match now.unpriced {
                    0 => changed,
                    n => format!(
                        "{changed}; {}",
                        (ctx.t.requests.no_price_of)(&lang.count(n))
                    ),
                }
            }
            // Not rounded up: one request without a price is not all of them.
            _ => lang
                .share(priced(now), now.requests)
                .map_or_else(String::new, |share| (t.priced)(&share)),
        },
        ..Sum::default()
    };
    let each = Sum {
        label: t.per_thousand,
        figure: thousand(now).map_or_else(|| UNKNOWN.to_owned(), |cost| lang.cents(cost)),
        note: before
            .filter(|before| before.totals.requests >= FAIR_BASE)
            .and_then(|before| Some(before.said(&lang.cents(thousand(before.totals)?), ctx)))
            .unwrap_or_default(),
        ..Sum::default()
    };
    [all, each]
}

fn timed(label: &'static str, times: &Quantiles, ctx: &Ctx) -> Sum {
    let lang = ctx.lang;
    let seconds = |ms: f64| lang.quantile_seconds(ms);
    Sum {
        label,
        figure: times.p50.map_or_else(|| UNKNOWN.to_owned(), seconds),
        unit: times.p50.map_or("", |_| ctx.t.requests.second),
        note: match (times.p95, times.p99) {
            (Some(p95), Some(p99)) => (ctx.t.usage.p95_p99)(&seconds(p95), &seconds(p99)),
            _ => String::new(),
        },
        ..Sum::default()
    }
}

/// Percentiles, and rates.
pub(super) struct Pace {
    /// Name, what it is where that could be doubted, its rows if there are any,
    /// and p50, p95, p99.
    pub times: Vec<(&'static str, &'static str, String, [String; 3])>,
    /// Name and the last half hour, the mean, the busiest bar, each with its
    /// rows; empty where there are none.
    pub rates: Vec<(&'static str, [(String, String); 3])>,
}

impl Pace {
    pub(super) fn new(view: &UsageView, usage: &Usage, ctx: &Ctx) -> Self {
        let (t, lang) = (ctx.t.usage, ctx.lang);
        let totals = &usage.report.totals;
        let three = |of: &Quantiles, say: &dyn Fn(f64) -> String| {
            [of.p50, of.p95, of.p99].map(|value| value.map_or_else(|| UNKNOWN.to_owned(), say))
        };
        let seconds = |ms: f64| format!("{} {}", lang.quantile_seconds(ms), ctx.t.requests.second);
        let speed = |speed: f64| format!("{speed:.0} {}", ctx.t.requests.tokens_a_second);
        let rows = |by: SortBy, of: &Quantiles| match of.samples {
            0 => String::new(),
            _ => ranked(view, by, ctx),
        };
        Self {
            times: vec![
                (
                    t.latency,
                    "",
                    rows(SortBy::Latency, &totals.latency),
                    three(&totals.latency, &seconds),
                ),
                (
                    t.ttft,
                    "",
                    rows(SortBy::Ttft, &totals.ttft),
                    three(&totals.ttft, &seconds),
                ),
                (
                    t.output_speed,
                    t.speed_why,
                    rows(SortBy::Speed, &totals.speed),
                    three(&totals.speed, &speed),
                ),
            ],
            rates: vec![
                (t.requests_a_minute, rates(view, usage, |t| t.requests, ctx)),
                (t.tokens_a_minute, rates(view, usage, Totals::tokens, ctx)),
            ],
        }
    }
}

fn rates(
    view: &UsageView,
    usage: &Usage,
    of: fn(&Totals) -> i64,
    ctx: &Ctx,
) -> [(String, String); 3] {
    let (from, to) = usage.span;
    // What is still to come has had no requests yet, and of what was before the
    // records nobody knows.
    let to = to.min(ctx.now).max(from);
    let from = usage.oldest.map_or(from, |oldest| oldest.clamp(from, to));
    let recent = usage.lately.as_ref().map(|recent| {
        let (from, to) = lately(ctx.now);
        (of(recent), LATELY, Some(Range::Between(from, to)))
    });
    let mean = Some((of(&usage.report.totals), to - from, None));
    // A bar that still fills, or that the range cuts, has not had all its time.
    let bars = usage.report.timeline.iter();
    let over = bars.filter(|bucket| bucket.to <= ctx.now && usage.is_whole(bucket));
    let rate = |bucket: &&Bucket| {
        i128::from(of(&bucket.totals)) * 1_000_000 / i128::from((bucket.to - bucket.from).0.max(1))
    };
    let busiest = over.max_by_key(rate).map(|bucket| {
        let range = Range::Between(bucket.from, bucket.to);
        (of(&bucket.totals), bucket.to - bucket.from, Some(range))
    });
    [recent, mean, busiest].map(|rate| {
        let Some((n, span, range)) = rate else {
            return (UNKNOWN.to_owned(), String::new());
        };
        let rows = range.map_or_else(|| view.rows(), |range| view.rows().over(range));
        let href = match n {
            0 => String::new(),
            _ => ctx.url(&rows.url("/requests")),
        };
        (a_minute(n, span, ctx.lang), href)
    })
}

/// `3.3`; whole numbers from a hundred on, hundredths below one.
pub(super) fn a_minute(n: i64, span: Ms, lang: Lang) -> String {
    let hundredths = i128::from(n) * 6_000_000 / i128::from(span.0.max(1));
    let hundredths = i64::try_from(hundredths).unwrap_or(i64::MAX);
    match hundredths {
        0 => "0".to_owned(),
        1..100 => format!("0.{hundredths:02}"),
        100..10_000 => format!("{}.{}", hundredths / 100, hundredths % 100 / 10),
        _ => lang.compact(hundredths / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_keep_what_can_be_read() {
        let check = |n, span, said| assert_eq!(a_minute(n, span, Lang::En), said);
        check(0, Ms::DAY, "0");
        check(31_534, Ms(7 * Ms::DAY.0), "3.1");
        check(999, Ms::DAY, "0.69");
        check(600_000, Ms::HOUR, "10,000");
        check(1_000_000_000, Ms::HOUR, "16.7 M");
    }
}
