//! The real binary while the gateway fails it: away, slow, silent, resetting,
//! handing out garbage, refusing the key.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::timeout;

use crate::support::binary::Binary;
use crate::support::lab::{Lab, anywhere, word};
use crate::support::traffic;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_restarts_is_found_again() {
    let mut lab = Lab::new().await;
    let panel = lab.start().await;
    for _ in 0..3 {
        lab.push(50);
        panel.stored(u64::from(lab.made)).await;
        lab.gateway.stop().await;
        let away = |status: &Value| word(status, "state") == "retrying";
        let status = panel.status_with("it is missed", away).await;
        assert_eq!(word(&status, "reason"), "unreachable", "{status}");
        lab.gateway.restart().await.unwrap();
    }
    lab.complete(&panel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_gateway_delays_nothing_but_its_events() {
    let mut lab = Lab::new().await;
    lab.gateway
        .set_faults(|faults| faults.delay = Duration::from_millis(1_500));
    let panel = lab.start().await;
    lab.push(30);
    let start = Instant::now();
    assert_eq!(panel.script().get("/requests").await.status, StatusCode::OK);
    println!("a page beside a slow gateway took {:?}", start.elapsed());
    panel.stored(30).await;
    lab.gateway
        .set_faults(|faults| faults.delay = Duration::ZERO);
    lab.complete(&panel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_went_silent_is_given_up() {
    let mut lab = Lab::new().await;
    let panel = lab.start().await;
    lab.push(5);
    panel.stored(5).await;
    lab.gateway.set_faults(|faults| faults.half_open = true);
    let silent = |status: &Value| word(status, "reason") == "timed_out";
    panel.status_with("the silence is noticed", silent).await;
    assert_eq!(panel.script().get("/requests").await.status, StatusCode::OK);
    lab.gateway.set_faults(|faults| faults.half_open = false);
    lab.complete(&panel).await;
    assert!(panel.stop().await.success());
}

/// The gateway took them out of its queue and the answer never came: that is
/// what cannot be kept, and it is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_one_batch_and_shown_as_a_gap() {
    let mut lab = Lab::new().await;
    let mut command = lab.command();
    command.env("CPAMP_BATCH_SIZE", "50");
    let panel = Binary::start(command).await;
    lab.push(10);
    panel.stored(10).await;
    lab.gateway.set_faults(|faults| faults.reset_after_pop = 1);
    lab.push(200);
    let numbers = lab.settled(&panel).await;
    let lost = numbers.check(lab.made, 50);
    assert!(lost > 0, "the fault did not happen");
    let gaps = panel.status().await["collector"]["gaps"].clone();
    assert_eq!(gaps.as_array().map(Vec::len), Some(1), "{gaps}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_costs_none_of_its_neighbours() {
    const MARKER: &str = "sk-proj-marker0123456789abcdefghijkl";
    let mut lab = Lab::new().await;
    let panel = lab.start().await;
    let garbage = garbage(MARKER);
    let bad = u64::try_from(garbage.len()).unwrap();
    for item in garbage {
        lab.push(1);
        lab.gateway.push_raw(item);
    }
    for nothing in [
        "",
        "null",
        "{\"refresh\":true}",
        "{\"support_refresh\":true}",
    ] {
        lab.gateway.push_raw(nothing);
    }
    let status = panel.stored(u64::from(lab.made)).await;
    lab.complete(&panel).await;
    let rejected = |status: &Value| status["events"]["rejected"].as_u64() == Some(bad);
    panel
        .status_with("garbage is kept as rejects", rejected)
        .await;
    assert_eq!(word(&status, "state"), "collecting", "{status}");
    assert!(panel.stop().await.success());
    assert_eq!(anywhere(&lab.folder(), MARKER), "");
}

/// Items that are no usage event, each in another way.
fn garbage(marker: &str) -> Vec<Vec<u8>> {
    let good = traffic::numbered(u32::MAX).to_string();
    let half = good.len() / 2;
    let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
    vec![
        b"\xff\xfe\x00garbage".to_vec(),
        good.bytes().take(half).collect(),
        b"[1,2,3]".to_vec(),
        b"\"a text\"".to_vec(),
        b"{}".to_vec(),
        deep,
        format!("{{\"timestamp\":\"yesterday\",\"note\":\"Bearer {marker}\"}}").into_bytes(),
        format!("not json at all, but {marker}").into_bytes(),
        vec![b'x'; 6 << 20],
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_event_is_stored_and_its_neighbours_too() {
    let mut lab = Lab::new().await;
    let panel = lab.start().await;
    lab.push(1);
    let mut huge = traffic::numbered(lab.made);
    huge["failed"] = true.into();
    huge["fail"] = serde_json::json!({"status_code": 500, "body": "x".repeat(5 << 20)});
    lab.gateway.push(&huge.to_string());
    lab.made += 1;
    lab.push(1);
    lab.complete(&panel).await;
    let size = |file: &str| {
        lab.folder()
            .join(file)
            .metadata()
            .map_or(0, |file| file.len())
    };
    assert!(size("cpamp.sqlite") + size("cpamp.sqlite-wal") < 4 << 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_tried_exactly_once() {
    let lab = Lab::new().await;
    let mut command = lab.command();
    command.env("CPAMP_CPA_MANAGEMENT_KEY", "not-the-key-of-this-gateway");
    let panel = Binary::start(command).await;
    let stopped = |status: &Value| word(status, "state") == "stopped";
    let status = panel.status_with("the key is rejected", stopped).await;
    assert_eq!(word(&status, "reason"), "key_rejected", "{status}");
    // That nothing follows can only be waited for.
    let again = lab.gateway.wait(|tally| tally.auth_refused > 1);
    assert!(timeout(Duration::from_secs(4), again).await.is_err());
    assert_eq!(lab.gateway.auth_attempts().len(), 1);
    assert_eq!(panel.script().get("/requests").await.status, StatusCode::OK);
}
