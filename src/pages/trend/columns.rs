//! The table under a chart: what its columns are for each metric, and its cells.
//! A column has one unit and one number of decimals.

use super::whole;
use crate::domain::filter::Metric;
use crate::domain::units::NanoUsd;
use crate::i18n::{Lang, UNKNOWN};
use crate::pages::scale::Unit;
use crate::store::requests::{Bucket, Quantiles, Totals};
use crate::web::ctx::Ctx;

pub(super) fn heads(metric: Metric, compared: bool, ctx: &Ctx) -> Vec<String> {
    let (t, r) = (ctx.t.usage, ctx.t.requests);
    let seconds = |name: &str| format!("{name} {}", r.second);
    let mut heads: Vec<String> = match metric {
        Metric::Requests => vec![t.requests.into(), t.failed.into(), t.success.into()],
        Metric::Tokens => vec![
            t.input.into(),
            t.cached.into(),
            t.output.into(),
            t.tokens.into(),
        ],
        Metric::Cost => vec![t.requests.into(), t.cost.into()],
        Metric::Latency | Metric::Ttft => vec![
            t.requests.into(),
            seconds("p50"),
            seconds("p95"),
            seconds("p99"),
        ],
        Metric::Speed => vec![t.requests.into(), "p5".into(), "p50".into(), "p95".into()],
        Metric::Failed => vec![t.requests.into(), t.failed.into(), t.share.into()],
    };
    if compared {
        heads.push((t.before)((t.metric_name)(metric)));
    }
    heads
}

/// What the cells of a column have in common: unit and decimals.
pub(super) struct Columns<'a> {
    /// p50, p95 and p99 of latency, and of the time to the first byte.
    latency: [Unit; 3],
    ttft: [Unit; 3],
    /// The dearest of all bars.
    cost: NanoUsd,
    ctx: &'a Ctx,
}

impl<'a> Columns<'a> {
    pub(super) fn of(timeline: &[Bucket], ctx: &'a Ctx) -> Self {
        let units = |metric, of: fn(&Totals) -> &Quantiles| {
            [0, 1, 2].map(|place| {
                let all = timeline.iter().map(|bucket| three(of(&bucket.totals)));
                let most = all.filter_map(|times| times.get(place).copied().flatten());
                Unit::of(metric, most.max().unwrap_or(0), ctx)
            })
        };
        let costs = timeline.iter().map(|bucket| bucket.totals.cost);
        Self {
            latency: units(Metric::Latency, |totals| &totals.latency),
            ttft: units(Metric::Ttft, |totals| &totals.ttft),
            cost: costs.max().unwrap_or_default(),
            ctx,
        }
    }

    pub(super) fn cells(&self, metric: Metric, totals: &Totals) -> Vec<String> {
        let lang = self.ctx.lang;
        let or_none = |text: Option<String>| text.unwrap_or_else(|| UNKNOWN.to_owned());
        let count = |n| lang.count(n);
        match metric {
            Metric::Requests => vec![
                count(totals.requests),
                count(totals.failed),
                or_none(lang.share(totals.succeeded(), totals.requests)),
            ],
            Metric::Tokens => vec![
                count(totals.input()),
                count(totals.cache_read),
                count(totals.generated()),
                count(totals.tokens()),
            ],
            Metric::Cost => vec![
                count(totals.requests),
                or_none(totals.known_cost().map(|cost| self.money(cost))),
            ],
            Metric::Latency => times(totals, &totals.latency, &self.latency, lang),
            Metric::Ttft => times(totals, &totals.ttft, &self.ttft, lang),
            Metric::Speed => {
                let speed = |speed: Option<f64>| or_none(speed.map(|speed| format!("{speed:.0}")));
                vec![
                    count(totals.requests),
                    speed(totals.speed.p5),
                    speed(totals.speed.p50),
                    speed(totals.speed.p95),
                ]
            }
            Metric::Failed => vec![
                count(totals.requests),
                count(totals.failed),
                or_none(lang.share(totals.failed, totals.requests)),
            ],
        }
    }

    /// Fractions of a cent only where no bar is dear.
    fn money(&self, cost: NanoUsd) -> String {
        if self.cost.0 < 10_000_000_000 {
            format!("${}", self.ctx.lang.dollars(cost))
        } else {
            self.ctx.lang.cents(cost)
        }
    }

    /// The value of the period before.
    pub(super) fn past(&self, metric: Metric, n: Option<i64>) -> String {
        let Some(n) = n else {
            return UNKNOWN.to_owned();
        };
        let lang = self.ctx.lang;
        let [latency, ..] = self.latency;
        let [ttft, ..] = self.ttft;
        match metric {
            Metric::Requests | Metric::Failed | Metric::Tokens => lang.count(n),
            Metric::Cost => self.money(NanoUsd(n)),
            Metric::Latency => latency.say(Some(n)),
            Metric::Ttft => ttft.say(Some(n)),
            Metric::Speed => lang.count((n + 500) / 1_000),
        }
    }
}

fn three(times: &Quantiles) -> [Option<i64>; 3] {
    [times.p50, times.p95, times.p99].map(|ms| ms.map(whole))
}

fn times(totals: &Totals, times: &Quantiles, units: &[Unit; 3], lang: Lang) -> Vec<String> {
    let figures = three(times).into_iter().zip(units);
    std::iter::once(lang.count(totals.requests))
        .chain(figures.map(|(ms, unit)| unit.say(ms)))
        .collect()
}
