//! The recorded transcript of RESP connections, replayed byte for byte.

#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use cpamp::fake::Gateway;
use serde_json::Value;

use crate::support::gateway::{Resp, laboratory, recorded, within};

fn transcript() -> Vec<Value> {
    recorded("resp-transcript.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The events and error events inside a received text.
fn payloads(line: &Value) -> Vec<&str> {
    line["receive"]
        .as_str()
        .unwrap_or_default()
        .split("\r\n")
        .filter(|part| part.starts_with("{\"timestamp\""))
        .collect()
}

fn is_message(line: &Value) -> bool {
    line["receive"]
        .as_str()
        .unwrap_or_default()
        .contains("$7\r\nmessage\r\n")
}

fn is_subscription(line: &Value, channel: &str) -> bool {
    let send = line["send"].as_str().unwrap_or_default();
    send.starts_with("*2\r\n") && send.contains("SUBSCRIBE") && send.contains(channel)
}

/// What the gateway had to do before a line: popped events were queued before
/// the pop was sent, and before anyone subscribed.
fn queued_before(lines: &[Value]) -> BTreeMap<usize, Vec<&str>> {
    let mut queued: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (at, line) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !is_message(line))
    {
        let found = payloads(line);
        if found.is_empty() {
            continue;
        }
        let sent = lines[..at]
            .iter()
            .rposition(|l| l["connection"] == line["connection"] && l["send"].is_string())
            .unwrap();
        let subscribed = lines[..sent]
            .iter()
            .position(|l| is_subscription(l, "usage"));
        queued
            .entry(subscribed.unwrap_or(sent))
            .or_default()
            .extend(found);
    }
    queued
}

#[tokio::test]
async fn recorded_transcript_replays_byte_for_byte() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let lines = transcript();
    let queued = queued_before(&lines);
    let mut connections: BTreeMap<u64, Resp> = BTreeMap::new();
    let mut published = BTreeSet::new();
    let mut subscriptions = 0;
    for (at, line) in lines.iter().enumerate() {
        for event in queued.get(&at).into_iter().flatten() {
            gateway.push(event);
        }
        let number = line["connection"].as_u64().unwrap();
        if line["open"] == true {
            connections.insert(number, Resp::open(&gateway).await);
            continue;
        }
        let connection = connections.get_mut(&number).unwrap();
        if let Some(bytes) = line["send"].as_str() {
            connection.send(bytes.as_bytes()).await;
            let known = ["usage", "errors"]
                .iter()
                .any(|name| is_subscription(line, name));
            subscriptions += u64::from(known);
        }
        if let Some(bytes) = line["receive"].as_str() {
            if is_message(line) {
                within(gateway.wait(|tally| tally.subscribed == subscriptions)).await;
                for event in payloads(line).into_iter().filter(|e| published.insert(*e)) {
                    if event.contains("\"auth_id\"") {
                        gateway.push_error(event);
                    } else {
                        gateway.push(event);
                    }
                }
            }
            connection.expect(bytes).await;
        }
        if line["closed"] == true {
            assert_eq!(connection.rest().await, "", "line {}", at + 1);
        }
    }
    assert_eq!(connections.len(), 13);
}
