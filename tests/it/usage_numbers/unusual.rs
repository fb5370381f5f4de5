//! Unusual hours, found once more the slow way: the rule as it is printed, over
//! the exported requests, hour by hour of local clocks.

use std::collections::BTreeMap;

use chrono::{Datelike as _, TimeZone as _, Timelike as _};
use chrono_tz::Tz;
use cpamp::domain::event::Event;
use cpamp::domain::units::{At, Ms};

use super::fold::{Row, millis};
use super::given::{file, rows_of};
use crate::support::database::store;
use crate::support::events::event;
use crate::support::panel::{Browser, Panel};

/// Saturday 2026-04-04T12:00:00Z: clocks in Berlin went forward on Sunday.
const NOW: At = At(1_775_304_000_000);
const HOUR: i64 = Ms::HOUR.0;
const WEEK: i64 = 7 * Ms::DAY.0;

/// Ten weeks of five busy hours a week, each of them odd in its own way in the
/// last: many failures, many requests, none at all, slow, dear.
fn history() -> Vec<Event> {
    let mut events = Vec::new();
    for week in 0..10 {
        for (place, back) in [123, 94, 64, 50, 25].into_iter().enumerate() {
            let start = NOW.0 - back * HOUR - week * WEEK;
            let last = week == 0;
            let count = match place {
                1 if last => 120,
                2 if last => 0,
                _ => 40 + (week * 7 + 3) % 5,
            };
            for n in 0..count {
                let mut one = event(week * 1_000 + i64::try_from(place).unwrap() * 200 + n);
                one.key.at = At(start + n * 20_000);
                one.failed = n % 20 == 0 || place == 0 && last && n % 2 == 0;
                one.status = if one.failed { 500 } else { 200 };
                let times = if place == 3 && last { 4 } else { 1 };
                one.latency = Some(Ms((8_000 + n * 100) * times));
                let times = if place == 4 && last { 6 } else { 1 };
                one.tokens.uncached = Some(2_000 * times);
                one.model = ["gpt-5", "gpt-5-mini"][usize::try_from(n % 2).unwrap()].into();
                one.provider = ["codex", "openai"][usize::from(n % 4 > 0)].into();
                events.push(one);
            }
        }
    }
    events
}

/// What is counted of an hour.
#[derive(Clone, Copy, Default)]
struct Hour {
    requests: f64,
    failed: f64,
    tokens: f64,
    cost: f64,
    p95: Option<f64>,
}

fn real(n: i64) -> f64 {
    f64::from(i32::try_from(n).unwrap())
}

fn counted(rows: &[&Row]) -> Hour {
    let mut times: Vec<i64> = rows.iter().filter_map(|row| row.latency).collect();
    times.sort_unstable();
    let rank = (times.len() * 95).div_ceil(100).max(1);
    let failed = rows.iter().filter(|row| row.failed).count();
    let sum = |of: &dyn Fn(&Row) -> i64| real(rows.iter().map(|row| of(row)).sum());
    Hour {
        requests: real(i64::try_from(rows.len()).unwrap()),
        failed: real(i64::try_from(failed).unwrap()),
        tokens: sum(&|row| row.tokens.iter().flatten().sum()),
        // Thousands of nano-dollars, to fit.
        cost: sum(&|row| row.cost.unwrap_or(0) / 1_000) / 1e6,
        p95: times.get(rank - 1).map(|ms| real(*ms)),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 => f64::midpoint(values[half - 1], values[half]),
        _ => values[half],
    }
}

/// Value, usual value and deviations of one metric, if the rule lists it.
fn judged(metric: &str, hour: &Hour, base: &[Hour]) -> Option<(f64, f64, f64)> {
    let value = |hour: &Hour| match metric {
        "requests" => Some(hour.requests),
        "failed" => Some(hour.failed),
        "tokens" => Some(hour.tokens),
        "cost_usd" => Some(hour.cost),
        _ => hour.p95.filter(|_| hour.requests >= 20.0),
    };
    let usual: Vec<f64> = base.iter().filter_map(value).collect();
    if usual.len() < 3 {
        return None;
    }
    let middle = median(usual.clone());
    let spread = median(usual.iter().map(|value| (value - middle).abs()).collect());
    let least = match metric {
        "requests" => middle.sqrt().max(middle / 8.0).max(5.0),
        "failed" => middle.max(1.0).sqrt(),
        _ if middle > 0.0 => middle / 5.0,
        _ => f64::INFINITY,
    };
    let here = match metric {
        "latency_p95_ms" => hour.p95?,
        _ => value(hour)?,
    };
    let deviations = (here - middle) / (spread * 1.4826).max(least);
    let enough = if deviations > 0.0 {
        hour.requests >= 20.0
    } else {
        metric == "requests" && middle >= 20.0
    };
    (enough && deviations.abs() > 6.0).then_some((here, middle, deviations))
}

type Found = BTreeMap<(i64, String), (f64, f64, f64)>;

/// Every hour from `from` on that the rule lists, judged by up to eight of the
/// same weekday and hour before it.
fn found(rows: &[&Row], oldest: i64, from: i64, zone: Tz) -> Found {
    let start = |at: i64| {
        let local = zone.timestamp_millis_opt(at).unwrap();
        let into = i64::from(local.minute() * 60 + local.second()) * 1_000;
        at - into - i64::from(local.timestamp_subsec_millis())
    };
    let mut hours: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        hours.entry(start(row.at)).or_default().push(row);
    }
    let mut bases: BTreeMap<(u32, u32), Vec<Hour>> = BTreeMap::new();
    let mut found = Found::new();
    let mut at = start(oldest) + HOUR;
    while at + HOUR <= NOW.0 {
        let local = zone.timestamp_millis_opt(at).unwrap();
        let same = (local.weekday().num_days_from_monday(), local.hour());
        let hour = counted(hours.get(&at).map_or(&[][..], Vec::as_slice));
        let base = bases.entry(same).or_default();
        if at >= from {
            let lately = &base[base.len().saturating_sub(8)..];
            let mut volume = false;
            for metric in ["failed", "latency_p95_ms", "requests", "cost_usd", "tokens"] {
                let of_volume = !["failed", "latency_p95_ms"].contains(&metric);
                let judged = judged(metric, &hour, lately).filter(|_| !(of_volume && volume));
                volume |= of_volume && judged.is_some();
                if let Some(judged) = judged {
                    found.insert((at, metric.to_owned()), judged);
                }
            }
        }
        base.push(hour);
        at += HOUR;
    }
    found
}

async fn check(browser: &Browser, rows: &[Row], zone: Tz, filter: &str, wanted: fn(&Row) -> bool) {
    let oldest = rows.iter().map(|row| row.at).min().unwrap();
    let query = format!("range=7d&tz={zone}{filter}");
    let answer = file(browser, "unusual", &query).await;
    let from = millis(&answer["range"]["from"]);
    let selected: Vec<&Row> = rows.iter().filter(|row| wanted(row)).collect();
    let mut expected = found(&selected, oldest, from, zone);
    for line in rows_of(&answer) {
        let metric = line["metric"].as_str().unwrap().to_owned();
        let place = (millis(&line["from"]), metric);
        let (value, usual, deviations) = expected
            .remove(&place)
            .unwrap_or_else(|| panic!("{line} of {query} breaks no rule"));
        for (name, expected) in [
            ("value", value),
            ("usual", usual),
            ("deviations", deviations),
        ] {
            let told = line[name].as_f64().unwrap();
            // Percentiles are within 1 %, and deviations within what becomes of it.
            let fault = if place.1.starts_with("latency") {
                0.05
            } else {
                0.001
            };
            let close = (told - expected).abs() <= expected.abs() * fault + 0.011;
            assert!(
                close,
                "{name} of {place:?} of {query}: {told}, not {expected}"
            );
        }
    }
    assert!(
        expected.is_empty(),
        "{query} does not list {:?}",
        expected.keys()
    );
}

#[tokio::test]
async fn unusual_hours_are_those_that_break_the_rule() {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    store(panel.store(), history()).await.unwrap();
    let browser = panel.logged_in().await;
    let export = browser.get("/requests.jsonl?range=all").await.body;
    let rows: Vec<Row> = export.lines().map(Row::read).collect();
    let utc = rows_of(&file(&browser, "unusual", "range=7d").await).clone();
    let metrics: Vec<_> = utc
        .iter()
        .map(|line| line["metric"].as_str().unwrap())
        .collect();
    for metric in ["failed", "requests", "latency_p95_ms", "cost_usd"] {
        assert!(metrics.contains(&metric), "no {metric} in {metrics:?}");
    }
    for zone in ["UTC", "Europe/Berlin", "Asia/Kolkata"] {
        let zone: Tz = zone.parse().unwrap();
        check(&browser, &rows, zone, "", |_| true).await;
        check(&browser, &rows, zone, "&model=gpt-5", |row| {
            row.model == "gpt-5"
        })
        .await;
        check(
            &browser,
            &rows,
            zone,
            "&model=gpt-5&provider=codex",
            |row| row.model == "gpt-5" && row.provider == "codex",
        )
        .await;
        check(&browser, &rows, zone, "&status=ok", |row| !row.failed).await;
    }
    // The page outlines these hours, and says the rule.
    let page = browser.get("/usage/hours").await.body;
    let outlined = page.matches(" odd\"").count();
    let mut cells: Vec<_> = utc
        .iter()
        .map(|line| line["from"].as_str().unwrap())
        .collect();
    cells.sort_unstable();
    cells.dedup();
    assert_eq!(outlined, cells.len(), "{cells:?}");
    assert!(page.contains("At least 20 requests, and more than 6 robust deviations"));
}
