//! The weekday × hour table while it is written: what a cell shows, how dark it
//! is, and the rows behind each cell, day and hour.

use super::{Cell, Day, Part};
use crate::domain::filter::{Metric, Outcome, UsageView, WeekHours};
use crate::domain::time::HourOfWeek;
use crate::domain::units::{Ms, NanoUsd};
use crate::domain::unusual::Unusual;
use crate::i18n::UNKNOWN;
use crate::pages::chart::{self, N};
use crate::pages::scale::Unit;
use crate::pages::sums::FAIR_BASE;
use crate::pages::trend;
use crate::store::requests::{Quantiles, Totals};
use crate::store::usage::Usage;
use crate::store::week::Week;
use crate::web::ctx::Ctx;

/// Whether cells show the mean of their hours: only of what adds up.
pub(super) fn mean(view: &UsageView) -> bool {
    view.mean && adds_up(view.metric)
}

pub(super) fn adds_up(metric: Metric) -> bool {
    matches!(metric, Metric::Requests | Metric::Tokens | Metric::Cost)
}

/// What a cell shows; `None` where it is not known. Shares in thousandths, and
/// only on a fair base.
fn value(view: &UsageView, totals: &Totals, time: Ms) -> Option<i64> {
    let p95 = |times: &Quantiles| times.p95.map(trend::whole);
    let value = match view.metric {
        Metric::Latency => p95(&totals.latency),
        Metric::Ttft => p95(&totals.ttft),
        Metric::Failed => (totals.requests >= FAIR_BASE)
            .then(|| (totals.failed * 1_000 + totals.requests / 2) / totals.requests),
        metric => trend::value(metric, totals),
    };
    match value {
        Some(value) if mean(view) => Some(an_hour(value, time)),
        value => value,
    }
}

/// So much an hour. A short piece of an hour counts as a quarter of one: a few
/// requests in its seconds are no thousands.
fn an_hour(value: i64, time: Ms) -> i64 {
    let time = i128::from(time.0.max(15 * Ms::MINUTE.0));
    let mean = (i128::from(value) * i128::from(Ms::HOUR.0) + time / 2) / time;
    i64::try_from(mean).unwrap_or(i64::MAX)
}

pub(super) fn most(view: &UsageView, week: &Week) -> i64 {
    let cells = week.cells.iter().zip(&week.time);
    let values = cells.filter_map(|(totals, time)| value(view, totals, *time));
    values.max().unwrap_or(0)
}

/// The table while it is being written.
pub(super) struct Map<'a> {
    pub view: &'a UsageView,
    pub usage: &'a Usage,
    pub week: &'a Week,
    pub unit: Unit,
    pub top: i64,
    pub ctx: &'a Ctx,
}

impl Map<'_> {
    /// What a cell counts, and in how much time; none of an hour that is not in
    /// the range.
    fn totals(&self, day: u32, hour: u32) -> (&Totals, Ms) {
        static NONE: std::sync::LazyLock<Totals> = std::sync::LazyLock::new(Totals::default);
        let place = Week::place(HourOfWeek { weekday: day, hour });
        let time = self.week.time.get(place).copied().unwrap_or(Ms(0));
        (self.week.cells.get(place).unwrap_or(&NONE), time)
    }

    pub(super) fn day(&self, day: u32) -> Day {
        let none = Totals::default();
        let place = usize::try_from(day).unwrap_or_default();
        let totals = self.week.days.get(place).unwrap_or(&none);
        let name = self.ctx.lang.short_weekday(day);
        Day {
            name,
            cells: (0..24).map(|hour| self.cell(day, hour)).collect(),
            total: self.total(totals, Some(day), None, name),
        }
    }

    fn cell(&self, day: u32, hour: u32) -> Cell {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        let (totals, time) = self.totals(day, hour);
        if time == Ms(0) {
            return Cell {
                title: t.no_hour.to_owned(),
                ..Cell::default()
            };
        }
        let value = value(self.view, totals, time);
        let text = self.unit.say(value);
        let clock = format!("{hour:02}:00");
        let title = (t.cell)(
            lang.short_weekday(day),
            &clock,
            &self.unit.with_name(value),
            &lang.count(totals.requests),
            &lang.count(totals.failed),
        );
        let zone = self.usage.zone;
        let odd =
            |odd: &Unusual| HourOfWeek::of(zone, odd.from) == HourOfWeek { weekday: day, hour };
        Cell {
            class: level(value.unwrap_or(0), self.top),
            odd: self.usage.unusual.iter().flatten().any(odd),
            text,
            title,
            href: self.rows(totals, &[day], &[hour]),
        }
    }

    /// A whole day, hour or everything.
    pub(super) fn total(
        &self,
        totals: &Totals,
        day: Option<u32>,
        hour: Option<u32>,
        name: &str,
    ) -> Cell {
        let lang = self.ctx.lang;
        let time: i64 = (0..7)
            .filter(|other| day.is_none_or(|day| day == *other))
            .flat_map(|day| (0..24).map(move |hour| (day, hour)))
            .filter(|(_, other)| hour.is_none_or(|hour| hour == *other))
            .map(|(day, hour)| self.totals(day, hour).1.0)
            .sum();
        let value = (time > 0)
            .then(|| value(self.view, totals, Ms(time)))
            .flatten();
        let one = |only: Option<u32>, all: std::ops::Range<u32>| match only {
            Some(only) => vec![only],
            None => all.collect(),
        };
        let text = match (self.view.metric, value) {
            _ if time == 0 => String::new(),
            // Days have room for more than hours have.
            (Metric::Requests, Some(n)) if hour.is_none() => lang.count(n),
            (Metric::Tokens, Some(n)) if hour.is_none() => lang.compact(n),
            (Metric::Cost, Some(n)) if hour.is_none() => lang.cents(NanoUsd(n)),
            (metric, value) => Unit::of(metric, value.unwrap_or(0), self.ctx).with_name(value),
        };
        Cell {
            title: (self.ctx.t.usage.cell)(
                name,
                "",
                &text,
                &lang.count(totals.requests),
                &lang.count(totals.failed),
            ),
            href: self.rows(totals, &one(day, 0..7), &one(hour, 0..24)),
            text,
            ..Cell::default()
        }
    }

    pub(super) fn hour(&self, hour: u32) -> (Cell, N) {
        let none = Totals::default();
        let place = usize::try_from(hour).unwrap_or_default();
        let totals = self.week.clock.get(place).unwrap_or(&none);
        let name = format!("{hour:02}:00");
        let cell = self.total(totals, None, Some(hour), &name);
        let of = |totals: &Totals| value(self.view, totals, Ms::HOUR).unwrap_or(0);
        let most = self.week.clock.iter().map(of).max().unwrap_or(0);
        (cell, N(chart::per_mille(of(totals), most) * 0.03))
    }

    /// The rows behind: of these days and hours, as far as the view has them.
    fn rows(&self, totals: &Totals, days: &[u32], hours: &[u32]) -> String {
        let failed = self.view.metric == Metric::Failed;
        if totals.requests == 0 || (failed && totals.failed == 0) {
            return String::new();
        }
        let narrowed = self.view.narrowed(|only| {
            let had = only.hours;
            let zone = self.usage.zone;
            let wanted = |day: u32, hour: u32| {
                had.is_none_or(|had| had.contain(HourOfWeek { weekday: day, hour }))
            };
            let days = days.iter().copied();
            let days = days.filter(|day| hours.iter().any(|hour| wanted(*day, *hour)));
            let days: Vec<u32> = days.collect();
            let hours = hours.iter().copied();
            let hours = hours.filter(|hour| days.iter().any(|day| wanted(*day, *hour)));
            only.hours = WeekHours::new(zone, days.clone(), hours);
            if failed {
                only.outcome = Some(Outcome::Failed);
            }
        });
        self.ctx.url(&narrowed.rows().url("/requests"))
    }

    pub(super) fn finding(&self) -> [String; 3] {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        let cells = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
        let values = cells.filter_map(|(day, hour)| {
            let (totals, time) = self.totals(day, hour);
            Some((value(self.view, totals, time)?, day, hour))
        });
        match values
            .filter(|(value, ..)| *value > 0)
            .max_by_key(|(value, ..)| *value)
        {
            Some((value, day, hour)) => {
                let at = format!("{} {hour:02}:00", lang.short_weekday(day));
                (t.busiest_cell)(&at, &self.unit.with_name(Some(value)))
            }
            None => [t.nothing_known.to_owned(), String::new(), String::new()],
        }
    }

    pub(super) fn ramp(&self) -> Vec<(&'static str, String)> {
        let steps = LEVELS.iter().zip(["h2", "h3", "h4", "h5", "h6", "h7"]);
        let steps = steps.map(|(share, class)| {
            let least = self.top * share / 20;
            (class, format!("{}+", self.unit.say(Some(least))))
        });
        let ends = [("h0", String::from("0")), ("h1", String::from(">0"))];
        ends.into_iter().chain(steps).collect()
    }

    pub(super) fn parts(&self) -> Vec<Part> {
        let t = self.ctx.t.usage;
        let lang = self.ctx.lang;
        let whole = self.usage.report.totals.requests;
        let parts = [
            (t.work_day, 0..5, 8..18),
            (t.work_evening, 0..5, 18..24),
            (t.work_night, 0..5, 0..8),
            (t.weekend, 5..7, 0..24),
        ];
        let or_none = |text: Option<String>| text.unwrap_or_else(|| UNKNOWN.to_owned());
        parts
            .into_iter()
            .map(|(name, days, hours)| {
                let (days, hours): (Vec<u32>, Vec<u32>) = (days.collect(), hours.collect());
                let mut sum = Totals::default();
                for day in &days {
                    for hour in &hours {
                        sum.add(self.totals(*day, *hour).0);
                    }
                }
                Part {
                    name,
                    requests: lang.count(sum.requests),
                    share: lang.share(sum.requests, whole).unwrap_or_default(),
                    cost: or_none(sum.known_cost().map(|cost| lang.cents(cost))),
                    success: or_none(lang.share(sum.succeeded(), sum.requests)),
                    href: self.rows(&sum, &days, &hours),
                }
            })
            .collect()
    }
}

/// From which twentieth of the top a cell is one step darker.
const LEVELS: [i64; 6] = [1, 2, 4, 8, 12, 16];

fn level(value: i64, top: i64) -> &'static str {
    let passed = LEVELS.iter().filter(|share| value >= top * **share / 20);
    match (value, passed.count()) {
        (..=0, _) => "h0",
        (_, 0) => "h1",
        (_, 1) => "h2",
        (_, 2) => "h3",
        (_, 3) => "h4",
        (_, 4) => "h5",
        (_, 5) => "h6",
        _ => "h7",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_begin_at_shares_of_the_top() {
        let check = |value, class| assert_eq!(level(value, 600), class, "{value}");
        check(0, "h0");
        check(1, "h1");
        check(29, "h1");
        check(30, "h2");
        check(239, "h4");
        check(240, "h5");
        check(600, "h7");
    }
}
