//! The traffic of the demo: the same for the same seed, in the gateway's form,
//! and with something of everything.

use std::collections::{BTreeMap, BTreeSet};

use cpamp::clock::Clock;
use cpamp::domain::units::{At, Ms};
use cpamp::fake::{Gateway, traffic};
use serde_json::Value;

use crate::support::gateway::{get, recorded};

/// Monday 2026-03-02T00:00:00Z.
const MONDAY: At = At(1_772_409_600_000);

fn days(count: i64) -> Vec<(At, String)> {
    traffic::events_between(MONDAY, MONDAY + Ms(count * Ms::DAY.0), 7).collect()
}

#[test]
fn the_same_seed_plays_the_same_days_however_they_are_cut() {
    let whole = days(2);
    assert_eq!(whole, days(2));
    let noon = MONDAY + Ms(13 * Ms::HOUR.0 + 7);
    let cut: Vec<_> = traffic::events_between(MONDAY, noon, 7)
        .chain(traffic::events_between(noon, MONDAY + Ms(2 * Ms::DAY.0), 7))
        .collect();
    assert_eq!(cut, whole);
    assert_ne!(
        traffic::events_between(MONDAY, noon, 8).next(),
        whole.first().cloned()
    );
    assert!(whole.is_sorted_by_key(|(finished, _)| *finished));
}

#[test]
fn days_have_a_rhythm_and_something_of_everything() {
    let week = days(7);
    let per_day = |day: i64| {
        let from = MONDAY + Ms(day * Ms::DAY.0);
        week.iter()
            .filter(|(at, _)| (from..from + Ms::DAY).contains(at))
            .count()
    };
    for day in 0..5 {
        assert!((4_000..=8_000).contains(&per_day(day)), "{}", per_day(day));
    }
    assert!(per_day(6) * 2 < per_day(2) * 2 - per_day(2) / 2);
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut attempts: BTreeMap<String, u32> = BTreeMap::new();
    let mut failed = 0;
    for (finished, text) in &week {
        let event: Value = serde_json::from_str(text).unwrap();
        for key in [
            "provider",
            "model",
            "auth_index",
            "api_key",
            "endpoint",
            "service_tier",
            "reasoning_effort",
            "user_agent",
        ] {
            seen.entry(key)
                .or_default()
                .insert(event[key].as_str().unwrap().to_owned());
        }
        let status = event["fail"]["status_code"].to_string();
        seen.entry("status").or_default().insert(status);
        *attempts.entry(event["request_id"].to_string()).or_default() += 1;
        failed += u32::from(event["failed"].as_bool().unwrap());
        let started =
            chrono::DateTime::parse_from_rfc3339(event["timestamp"].as_str().unwrap()).unwrap();
        let latency = event["latency_ms"].as_i64().unwrap();
        assert_eq!(started.timestamp_millis() + latency, finished.0);
        let (all, input, output) = (
            &event["token_breakdown"],
            &event["token_breakdown"]["input"],
            &event["token_breakdown"]["output"],
        );
        let n = |value: &Value| value.as_u64().unwrap();
        assert_eq!(
            n(&input["total_tokens"]),
            n(&input["uncached_tokens"])
                + n(&input["cache_read_tokens"])
                + n(&input["cache_write_tokens"])
        );
        assert_eq!(
            n(&all["total_tokens"]),
            n(&input["total_tokens"]) + n(&output["total_tokens"])
        );
        assert_eq!(all["total_tokens"], event["tokens"]["total_tokens"]);
    }
    let count = |key: &str| seen[key].len();
    assert!(
        count("provider") >= 7 && count("model") >= 10 && count("auth_index") >= 12,
        "{seen:?}"
    );
    assert!(count("api_key") == 5 && count("endpoint") >= 4 && count("service_tier") == 2);
    for status in ["200", "400", "401", "429", "499", "500", "502", "529"] {
        assert!(seen["status"].contains(status), "{status}");
    }
    assert!(
        attempts.values().any(|count| *count >= 3),
        "fail-over to a third account"
    );
    assert!(
        attempts.values().all(|count| *count <= 4),
        "no request is played twice"
    );
    let share = f64::from(failed) / f64::from(u32::try_from(week.len()).unwrap());
    assert!((0.02..0.15).contains(&share), "{share}");
}

#[test]
fn events_have_the_fields_of_the_recording_in_their_order() {
    // Field names in order, however deep; optional ones may be left out.
    fn keys(text: &str) -> Vec<String> {
        let text = text.split("\"response_headers\":{").next().unwrap();
        text.match_indices("\":")
            .map(|(end, _)| {
                let start = text[..end].rfind('"').unwrap();
                text[start + 1..end].to_owned()
            })
            .collect()
    }
    let recorded = recorded("usage-events.jsonl");
    let expected = keys(recorded.lines().next().unwrap());
    let ours = days(1);
    let (_, success) = ours
        .iter()
        .find(|(_, text)| text.contains("\"failed\":false"))
        .unwrap();
    assert_eq!(keys(success), expected);
}

#[tokio::test]
async fn live_requests_arrive_when_they_are_over_and_pause_in_between() {
    let clock = Clock::fixed(MONDAY);
    let options = traffic::demo_gateway("demo-management-key").clock(clock);
    let gateway = Gateway::start(options).await.unwrap();
    let mut live = traffic::Live::new(gateway.clone(), 7);
    for _ in 0..50 {
        let pause = live.step();
        assert!((3..=10).contains(&pause.as_secs()), "{pause:?}");
    }
    let queue = get(&gateway, "/v0/management/usage-queue?count=1000")
        .await
        .body;
    let events: Vec<Value> = serde_json::from_str(&queue).unwrap();
    assert!((50..70).contains(&events.len()));
    for event in events {
        let started = event["timestamp"].as_str().unwrap();
        let started = chrono::DateTime::parse_from_rfc3339(started).unwrap();
        let finished = started.timestamp_millis() + event["latency_ms"].as_i64().unwrap();
        assert!(finished <= MONDAY.0, "nothing ends in the future");
    }
}

#[tokio::test]
async fn the_demo_gateway_knows_every_account_of_the_traffic() {
    let gateway = Gateway::start(traffic::demo_gateway("demo-management-key"))
        .await
        .unwrap();
    let files = get(&gateway, "/v0/management/auth-files").await.body;
    let keys = get(&gateway, "/v0/management/config").await.body;
    for (_, text) in days(2) {
        let event: Value = serde_json::from_str(&text).unwrap();
        let index = event["auth_index"].as_str().unwrap();
        let source = event["source"].as_str().unwrap();
        assert!(files.contains(index) || keys.contains(source), "{source}");
        assert!(keys.contains(event["api_key"].as_str().unwrap()));
    }
    assert!(files.contains("\"plan_type\":\"pro\""));
}
