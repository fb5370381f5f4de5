//! Hours that are unlike others. The base of an hour are the same weekday and
//! hour of the weeks before, so nights, weekends and nightly jobs are no news;
//! median and median deviation, so one odd week does not hide the next. Says
//! nothing on a handful of requests, and nothing without some weeks to compare.

pub mod cause;

use std::collections::HashMap;

use super::time::{HourOfWeek, Zone};
use super::units::{At, Ms};

/// The rule, as pages print it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Requests an hour must have, or usually have, to be judged.
    pub least_requests: i64,
    /// Deviations from which an hour is listed.
    pub deviations: f64,
    /// Weeks looked back, and how many of them there must be.
    pub weeks: usize,
    pub least_weeks: usize,
}

pub const RULE: Rule = Rule {
    least_requests: 20,
    deviations: 6.0,
    weeks: 8,
    least_weeks: 3,
};

/// How far before a range its base may reach.
pub const HISTORY: Ms = Ms(8 * 7 * Ms::DAY.0 + Ms::DAY.0);

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Requests,
    Failures,
    Tokens,
    /// Nano-dollars.
    Cost,
    /// Milliseconds, p95.
    Latency,
}

/// One finished hour of local clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hour {
    pub from: At,
    pub to: At,
    pub requests: i64,
    pub failed: i64,
    pub tokens: i64,
    pub cost_nanos: i64,
    pub latency_p95: Option<f64>,
}

/// An hour that is listed, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusual {
    pub from: At,
    pub to: At,
    pub what: What,
    pub value: f64,
    /// The median of the base.
    pub usual: f64,
    /// How many deviations from the usual; negative below it.
    pub deviations: f64,
    /// When the hours of the base begin, the oldest first.
    pub base: Vec<At>,
}

/// Unusual hours that begin at `from` or later, the most unusual first. `hours`
/// ascend and reach back before `from` as far as there is history, at most
/// [`HISTORY`]; hours before the first event must not be among them.
#[must_use]
pub fn find(hours: &[Hour], from: At, zone: Zone) -> Vec<Unusual> {
    let mut before: HashMap<HourOfWeek, Vec<&Hour>> = HashMap::new();
    let mut found = Vec::new();
    for hour in hours {
        let same = before.entry(HourOfWeek::of(zone, hour.from)).or_default();
        if hour.from >= from {
            let base = same.get(same.len().saturating_sub(RULE.weeks)..);
            judge(hour, base.unwrap_or_default(), &mut found);
        }
        same.push(hour);
    }
    found.sort_by(|a, b| {
        let far = |unusual: &Unusual| unusual.deviations.abs();
        far(b).total_cmp(&far(a)).then(b.from.cmp(&a.from))
    });
    found
}

/// At most one finding of volume: tokens and cost follow the requests.
fn judge(hour: &Hour, base: &[&Hour], found: &mut Vec<Unusual>) {
    let already = found.len();
    let mut check = |what| found.extend(compare(hour, base, what));
    check(What::Failures);
    check(What::Latency);
    check(What::Requests);
    let volume = |what| !matches!(what, What::Failures | What::Latency);
    for what in [What::Cost, What::Tokens] {
        let mut news = found.iter().skip(already);
        if !news.any(|unusual| volume(unusual.what)) {
            found.extend(compare(hour, base, what));
        }
    }
}

fn compare(hour: &Hour, base: &[&Hour], what: What) -> Option<Unusual> {
    // A percentile of a few requests says nothing.
    let counts = |hour: &Hour| what != What::Latency || hour.requests >= RULE.least_requests;
    let (base, values): (Vec<At>, Vec<f64>) = base
        .iter()
        .filter(|hour| counts(hour))
        .filter_map(|hour| Some((hour.from, value(hour, what)?)))
        .unzip();
    if values.len() < RULE.least_weeks {
        return None;
    }
    let usual = median(values.clone());
    let spread = median(values.iter().map(|value| (value - usual).abs()).collect());
    let value = value(hour, what)?;
    let deviations = (value - usual) / (spread * NORMAL).max(floor(usual, what));
    let enough = if deviations > 0.0 {
        hour.requests >= RULE.least_requests
    } else {
        // What is missing had to be there; only of requests that is bad.
        what == What::Requests && usual >= real(RULE.least_requests)
    };
    (enough && deviations.abs() > RULE.deviations).then_some(Unusual {
        from: hour.from,
        to: hour.to,
        what,
        value,
        usual,
        deviations,
        base,
    })
}

fn value(hour: &Hour, what: What) -> Option<f64> {
    match what {
        What::Requests => Some(real(hour.requests)),
        What::Failures => Some(real(hour.failed)),
        What::Tokens => Some(real(hour.tokens)),
        What::Cost => Some(real(hour.cost_nanos)),
        What::Latency => hour.latency_p95,
    }
}

/// Makes a median deviation comparable with a standard deviation.
const NORMAL: f64 = 1.4826;

/// The least deviation believed, however equal the weeks were: counts vary by
/// their root, the work of people by an eighth, sizes by a fifth. Infinite where
/// nothing is usual: a first use of something is no anomaly of its cost.
fn floor(usual: f64, what: What) -> f64 {
    match what {
        What::Requests => usual.sqrt().max(usual / 8.0).max(5.0),
        What::Failures => usual.max(1.0).sqrt(),
        What::Tokens | What::Cost | What::Latency if usual > 0.0 => usual / 5.0,
        _ => f64::INFINITY,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let at = |place: usize| values.get(place).copied().unwrap_or_default();
    if values.len().is_multiple_of(2) {
        f64::midpoint(at(half.saturating_sub(1)), at(half))
    } else {
        at(half)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "an hour holds fewer than 2^53 of anything"
)]
fn real(n: i64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Grain;

    /// Monday 2026-03-02, 00:00 UTC.
    const MONDAY: At = At(1_772_409_600_000);
    const WEEK: i64 = 7 * Ms::DAY.0;

    fn hour(from: At, requests: i64, failed: i64) -> Hour {
        Hour {
            from,
            to: from + Ms::HOUR,
            requests,
            failed,
            tokens: requests * 1_000,
            cost_nanos: requests * 1_000_000,
            latency_p95: (requests > 0).then_some(10_000.0),
        }
    }

    /// Mondays at midnight, one a week, the last of them under test.
    fn mondays(counts: &[(i64, i64)]) -> Vec<Hour> {
        (0..)
            .zip(counts)
            .map(|(week, (requests, failed))| hour(MONDAY + Ms(week * WEEK), *requests, *failed))
            .collect()
    }

    fn last(hours: &[Hour]) -> Vec<What> {
        let from = hours.last().map(|hour| hour.from).unwrap();
        let found = find(hours, from, Zone::UTC);
        found.iter().map(|unusual| unusual.what).collect()
    }

    #[test]
    fn failures_far_above_the_usual_are_listed_with_their_base() {
        let hours = mondays(&[(400, 4), (410, 3), (390, 3), (433, 46)]);
        let found = find(&hours, hours[3].from, Zone::UTC);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, What::Failures);
        assert_eq!(
            (found[0].value, found[0].usual, found[0].base.len()),
            (46.0, 3.0, 3)
        );
        assert!(found[0].deviations > 20.0);
    }

    #[test]
    fn what_every_week_brings_is_not_unusual() {
        assert_eq!(
            last(&mondays(&[(900, 0), (880, 0), (910, 0), (905, 0)])),
            []
        );
    }

    #[test]
    fn one_odd_week_neither_hides_nor_makes_the_next() {
        let hours = [(100, 0), (102, 0), (5_000, 0), (98, 0), (101, 0)];
        assert_eq!(last(&mondays(&[&hours[..], &[(99, 0)]].concat())), []);
        assert_eq!(
            last(&mondays(&[&hours[..], &[(900, 0)]].concat())),
            [What::Requests]
        );
    }

    #[test]
    fn a_handful_of_requests_says_nothing() {
        assert_eq!(last(&mondays(&[(0, 0), (0, 0), (0, 0), (19, 19)])), []);
        let found = last(&mondays(&[(0, 0), (0, 0), (0, 0), (20, 20)]));
        assert_eq!(found, [What::Failures]);
        assert_eq!(last(&mondays(&[(0, 0), (0, 0), (0, 0), (30, 0)])), []);
        assert_eq!(
            last(&mondays(&[(0, 0), (0, 0), (0, 0), (31, 0)])),
            [What::Requests]
        );
    }

    #[test]
    fn without_three_weeks_there_is_no_base() {
        assert_eq!(last(&mondays(&[(10, 0), (10, 0), (9_000, 99)])), []);
    }

    #[test]
    fn silence_is_unusual_where_there_is_noise() {
        assert_eq!(
            last(&mondays(&[(400, 0), (390, 0), (410, 0), (0, 0)])),
            [What::Requests]
        );
        assert_eq!(last(&mondays(&[(15, 0), (14, 0), (15, 0), (0, 0)])), []);
    }

    #[test]
    fn tokens_and_cost_are_told_only_beyond_the_requests() {
        let mut hours = mondays(&[(100, 0), (100, 0), (100, 0), (100, 0)]);
        hours[3].cost_nanos *= 4;
        hours[3].tokens *= 4;
        assert_eq!(last(&hours), [What::Cost]);
        hours[3].cost_nanos /= 4;
        assert_eq!(last(&hours), [What::Tokens]);
    }

    #[test]
    fn latency_is_compared_among_hours_with_requests() {
        let mut hours = mondays(&[(100, 0), (100, 0), (100, 0), (100, 0)]);
        hours[3].latency_p95 = Some(30_000.0);
        assert_eq!(last(&hours), [What::Latency]);
        hours[1].requests = 3;
        assert_eq!(last(&hours), []);
    }

    #[test]
    fn the_same_hour_is_the_same_by_local_clocks() {
        // Clocks in Berlin go forward on 29 March: 08:00 local moves in UTC.
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let edges = Grain::Hour.edges(berlin, MONDAY, MONDAY + Ms(6 * WEEK));
        let hours: Vec<Hour> = edges
            .iter()
            .map(|at| {
                hour(
                    *at,
                    if HourOfWeek::of(berlin, *at).hour == 8 {
                        500
                    } else {
                        0
                    },
                    0,
                )
            })
            .collect();
        assert_eq!(find(&hours, MONDAY, berlin), []);
        assert!(!find(&hours, MONDAY, Zone::UTC).is_empty());
    }
}
