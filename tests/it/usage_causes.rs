//! Who made an unusual hour: what is remembered of it follows late requests, and
//! of very many hours only the first have causes.

use cpamp::domain::event::Event;
use cpamp::domain::units::{At, Ms};
use serde_json::Value;

use crate::support::database::store;
use crate::support::events::event;
use crate::support::panel::{Browser, Panel};

/// Saturday 2026-04-04T12:00:00Z.
const NOW: At = At(1_775_304_000_000);
const HOUR: i64 = Ms::HOUR.0;
const WEEK: i64 = 7 * Ms::DAY.0;
const GREEDY: &str = "00000000000000b1";

/// The first of all requests: its hour and those before are no base.
fn begun(at: i64) -> Event {
    let mut first = event(900_000);
    first.key.at = At(at);
    first
}

/// Requests of one hour, the first `greedy` of one key, numbered from `id` on.
fn hour(from: i64, id: i64, count: i64, greedy: i64) -> Vec<Event> {
    let one = |n| {
        let mut one = event(id + n);
        one.key.at = At(from + n * 10_000);
        let key = if n < greedy {
            GREEDY
        } else {
            "00000000000000b2"
        };
        one.client_key.hash = key.into();
        one.account.identity = format!("00000000000000a{}", n % 3);
        one.model = format!("model-{}", n % 4);
        one
    };
    (0..count).map(one).collect()
}

async fn unusual(browser: &Browser, query: &str) -> Value {
    let path = format!("/v0/management/usage/unusual?tz=UTC&{query}");
    serde_json::from_str(&browser.get(&path).await.body).unwrap()
}

fn busy(answer: &Value) -> Value {
    let hours = answer["hours"].as_array().unwrap();
    let busy = hours.iter().find(|hour| hour["metric"] == "requests");
    busy.unwrap_or_else(|| panic!("{answer}")).clone()
}

/// Late requests in the busiest hour of a base leave its median and spread as
/// they are, and yet somebody may usually have more of it.
#[tokio::test]
async fn late_requests_of_the_base_move_the_shares() {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    let start = NOW.0 - 5 * HOUR;
    let weeks = [(150, 100), (48, 5), (49, 5), (50, 20), (51, 20), (60, 0)];
    let mut events = vec![begun(start - 5 * WEEK - HOUR)];
    for (week, (count, greedy)) in (0..).zip(weeks) {
        events.extend(hour(start - week * WEEK, week * 1_000, count, greedy));
    }
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let before = busy(&unusual(&browser, "range=24h").await);
    assert_eq!(before["causes"][0]["value"], GREEDY, "{before}");
    assert_eq!(before["causes"][0]["share"], 0.95, "{before}");

    let late = hour(start - 5 * WEEK + HOUR / 2, 50_000, 20, 20);
    store(panel.store(), late).await.unwrap();
    let after = busy(&unusual(&browser, "range=24h").await);
    for field in ["from", "value", "usual", "deviations", "weeks"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["causes"][0]["share"], 0.8, "{after}");
}

/// Causes are worked out for so many hours at once; the rest is listed without.
#[tokio::test]
async fn of_very_many_hours_only_the_first_have_causes() {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    let mut events = vec![begun(NOW.0 - 3 * WEEK - 73 * HOUR)];
    for place in 0..70 {
        for week in 0..4 {
            let start = NOW.0 - (2 + place) * HOUR - week * WEEK;
            let count = if week == 0 { 80 } else { 24 };
            let mut of = hour(start, (place * 4 + week) * 100, count, count);
            for one in &mut of {
                one.failed = week == 0;
                one.latency = Some(Ms(if week == 0 { 90_000 } else { 6_000 }));
            }
            events.extend(of);
        }
    }
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let answer = unusual(&browser, "range=7d&n=1000").await;
    let hours = answer["hours"].as_array().unwrap();
    assert_eq!(hours.len(), 3 * 70);
    for (place, hour) in hours.iter().enumerate() {
        assert_eq!(hour["causes"].is_array(), place < 200, "{place}: {hour}");
    }
    let file = browser.get("/usage/unusual.json?range=7d&tz=UTC").await;
    let file: Value = serde_json::from_str(&file.body).unwrap();
    let rows = file["rows"].as_array().unwrap();
    assert_eq!(rows.len(), hours.len());
    assert!(
        rows.iter()
            .take(200)
            .any(|row| !row["cause_1_by"].is_null())
    );
    assert!(rows.iter().skip(200).all(|row| row["cause_1_by"].is_null()));
}
