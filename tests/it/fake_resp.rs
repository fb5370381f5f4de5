//! The simulated gateway on RESP: the recorded transcript byte for byte, and
//! the rules of the queue that a transcript cannot show.

#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use cpamp::clock::Clock;
use cpamp::domain::units::{At, Ms};
use cpamp::fake::{Gateway, Options, Version};
use serde_json::Value;

use crate::support::gateway::{LAB_TIME, Resp, laboratory, recorded, within};

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

fn clocked() -> (Clock, Options) {
    let clock = Clock::fixed(LAB_TIME);
    (clock.clone(), Options::default().clock(clock))
}

#[tokio::test]
async fn waiting_items_expire_by_the_time_they_were_enqueued() {
    let (clock, options) = clocked();
    let gateway = Gateway::start(options).await.unwrap();
    gateway.push(r#"{"n":1}"#);
    clock.set(LAB_TIME + Ms(60_000));
    gateway.push(r#"{"n":2}"#);
    clock.set(LAB_TIME + Ms(60_001));
    assert_eq!(gateway.queue_len(), 1);
    let mut resp = Resp::authenticated(&gateway).await;
    resp.check(&["LPOP", "usage", "9"], "*1\r\n$7\r\n{\"n\":2}\r\n")
        .await;
    assert_eq!(gateway.tally().expired, 1);
}

#[tokio::test]
async fn a_subscriber_starves_poppers_until_it_leaves() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    let mut popper = Resp::authenticated(&gateway).await;
    let mut subscriber = Resp::subscribed(&gateway, "usage").await;
    subscriber
        .expect_message("usage", r#"{"support_refresh":true}"#)
        .await;
    gateway.push(r#"{"n":1}"#);
    subscriber.expect_message("usage", r#"{"n":1}"#).await;
    popper.check(&["LPOP", "usage", "9"], "*0\r\n").await;
    subscriber.command(&["QUIT"]).await;
    assert_eq!(subscriber.rest().await, "+OK\r\n");
    within(async {
        while gateway.subscribers() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    gateway.push(r#"{"n":2}"#);
    popper
        .check(&["LPOP", "usage"], "$7\r\n{\"n\":2}\r\n")
        .await;
}

#[tokio::test]
async fn control_messages_are_pushed_and_never_queued() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    gateway.publish_refresh();
    assert_eq!(gateway.queue_len(), 0);
    let mut subscriber = Resp::subscribed(&gateway, "usage").await;
    subscriber
        .expect_message("usage", r#"{"support_refresh":true}"#)
        .await;
    gateway.set_statistics(false);
    subscriber
        .expect_message("usage", r#"{"refresh":true}"#)
        .await;
    gateway.push(r#"{"n":1}"#);
    gateway.publish_refresh();
    subscriber
        .expect_message("usage", r#"{"refresh":true}"#)
        .await;
    assert_eq!(gateway.tally().discarded, 1);
}

#[tokio::test]
async fn a_subscriber_that_stops_reading_is_cut_off() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    let mut subscriber = Resp::subscribed(&gateway, "usage").await;
    let mut other = Resp::subscribed(&gateway, "usage").await;
    let big = format!("{{\"x\":\"{}\"}}", "x".repeat(64 * 1024));
    let reader = tokio::spawn(async move {
        other
            .expect_message("usage", r#"{"support_refresh":true}"#)
            .await;
        other
    });
    let mut other = reader.await.unwrap();
    // Sockets hold some megabytes before the buffer of 256 messages fills.
    let mut sent = 0;
    while gateway.tally().dropped_subscribers == 0 {
        gateway.push(&big);
        sent += 1;
        other.expect_message("usage", &big).await;
        assert!(sent < 5_000, "never dropped");
    }
    assert!(sent > 256);
    let tail = subscriber.rest().await;
    assert!(
        tail.matches("$7\r\nmessage").count() >= 256,
        "what was buffered still comes"
    );
    assert!(tail.matches("$7\r\nmessage").count() < sent + 1);
    assert_eq!(gateway.subscribers(), 1);
    assert_eq!(gateway.queue_len(), 0, "the message counted as delivered");
}

#[tokio::test]
async fn switching_management_off_drops_subscribers_and_items() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    gateway.push(r#"{"n":1}"#);
    let mut subscriber = Resp::subscribed(&gateway, "usage").await;
    let mut idle = Resp::authenticated(&gateway).await;
    gateway.set_config_yaml("usage-statistics-enabled: true\n");
    subscriber.rest().await;
    // The switch is looked at before each read: one more command is answered.
    idle.check(&["LPOP", "usage"], "$-1\r\n").await;
    assert_eq!(idle.rest().await, "");
    let mut late = Resp::open(&gateway).await;
    late.send(b"*1\r\n$4\r\nPING\r\n").await;
    assert!(late.rest_bytes().await.unwrap_or_default().is_empty());
}

#[tokio::test]
async fn every_unauthenticated_command_counts_towards_the_ban() {
    let (clock, options) = clocked();
    let gateway = Gateway::start(options).await.unwrap();
    let mut resp = Resp::open(&gateway).await;
    resp.check(&["PING"], "-NOAUTH Authentication required.\r\n")
        .await;
    resp.check(
        &["AUTH"],
        "-ERR wrong number of arguments for 'auth' command\r\n",
    )
    .await;
    resp.check(&["AUTH", ""], "-ERR missing management key\r\n")
        .await;
    resp.check(&["AUTH", "x"], "-ERR invalid management key\r\n")
        .await;
    resp.check(&["auth", "me", "x"], "-ERR invalid management key\r\n")
        .await;
    clock.set(LAB_TIME + Ms(1_600));
    let banned = "-ERR IP banned due to too many failed attempts. Try again in 29m58s\r\n";
    resp.check(&["AUTH", &gateway.key()], banned).await;
    resp.check(&["LPOP", "usage"], banned).await;
    clock.set(LAB_TIME + Ms(30 * 60_000));
    resp.check(&["AUTH", &gateway.key()], "+OK\r\n").await;
    assert_eq!(gateway.tally().auth_refused, 7);
}

#[tokio::test]
async fn other_machines_need_remote_management_and_are_not_counted_without_it() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    let mut resp = Resp::open_from_elsewhere(&gateway).await;
    for _ in 0..6 {
        resp.check(&["LPOP", "usage"], "-NOAUTH Authentication required.\r\n")
            .await;
        resp.check(&["AUTH", "x"], "-ERR remote management disabled\r\n")
            .await;
    }
    let options = Options {
        env_password: Some(String::from("env")),
        ..Options::default()
    };
    let gateway = Gateway::start(options).await.unwrap();
    let mut resp = Resp::open_from_elsewhere(&gateway).await;
    resp.check(&["AUTH", "env"], "+OK\r\n").await;
}

#[tokio::test]
async fn silent_peers_are_closed_without_a_word() {
    let options = Options {
        sniff_deadline: std::time::Duration::from_millis(30),
        ..Options::default()
    };
    let gateway = Gateway::start(options).await.unwrap();
    let mut silent = Resp::open(&gateway).await;
    assert_eq!(silent.rest().await, "");
    // Once it has spoken, a peer may be silent for as long as it likes.
    let mut idle = Resp::authenticated(&gateway).await;
    let mut later = Resp::open(&gateway).await;
    assert_eq!(later.rest().await, "");
    idle.check(&["LPOP", "usage"], "$-1\r\n").await;
}

#[tokio::test]
async fn releases_differ_as_the_contract_lists_them() {
    async fn authenticated(version: Version) -> (Gateway, Resp) {
        let gateway = Gateway::start(Options::default().version(version))
            .await
            .unwrap();
        gateway.push(r#"{"timestamp":"t","auth_index":"a","alias":"b","fail":{"status_code":200,"body":""},"failed":false}"#);
        let resp = Resp::authenticated(&gateway).await;
        (gateway, resp)
    }
    // Any key names the queue, old events lack fields, nobody can subscribe.
    let (_gateway, mut resp) = authenticated(Version(6, 9, 38)).await;
    let oldest = r#"{"timestamp":"t","auth_index":"a","failed":false}"#;
    resp.check(
        &["LPOP", "queue"],
        &format!("${}\r\n{oldest}\r\n", oldest.len()),
    )
    .await;
    resp.check(
        &["SUBSCRIBE", "usage"],
        "-ERR unknown command 'subscribe'\r\n",
    )
    .await;

    let (_gateway, mut resp) = authenticated(Version(6, 10, 8)).await;
    let older = r#"{"timestamp":"t","auth_index":"a","failed":false,"alias":"b"}"#;
    resp.check(
        &["RPOP", "whatever", "5"],
        &format!("*1\r\n${}\r\n{older}\r\n", older.len()),
    )
    .await;

    // Subscriptions without control messages or an errors channel.
    let (gateway, mut resp) = authenticated(Version(7, 0, 7)).await;
    resp.check(
        &["SUBSCRIBE", "errors"],
        "-ERR unsupported channel 'errors'\r\n",
    )
    .await;
    let mut subscriber = Resp::subscribed(&gateway, "usage").await;
    gateway.publish_refresh();
    gateway.push_raw("raw");
    subscriber.expect_message("usage", "raw").await;

    let gateway = Gateway::start(Options::default().version(Version(7, 1, 17)))
        .await
        .unwrap();
    let mut resp = Resp::open(&gateway).await;
    resp.send(b"*").await;
    assert_eq!(resp.rest().await, "-ERR RESP AUTH disabled; use mTLS\r\n");

    let gateway = Gateway::start(Options::default().version(Version(6, 9, 37)))
        .await
        .unwrap();
    let mut resp = Resp::open(&gateway).await;
    resp.command(&["AUTH", "x"]).await;
    assert!(
        resp.rest()
            .await
            .starts_with("HTTP/1.1 400 Bad Request\r\n")
    );

    let home = Options {
        home: true,
        ..Options::default()
    };
    let gateway = Gateway::start(home).await.unwrap();
    let mut resp = Resp::open(&gateway).await;
    resp.send(b"*").await;
    assert_eq!(
        resp.rest().await,
        "-ERR redis usage output disabled in home mode\r\n"
    );
}

#[tokio::test]
async fn a_silent_peer_blocks_releases_that_sniff_while_accepting() {
    let gateway = Gateway::start(Options::default().version(Version(7, 0, 2)))
        .await
        .unwrap();
    let silent = Resp::open(&gateway).await;
    within(gateway.wait(|tally| tally.connections == 1)).await;
    let mut next = Resp::open(&gateway).await;
    next.command(&["AUTH", &gateway.key()]).await;
    assert_eq!(gateway.tally().resp_connections, 0);
    drop(silent);
    next.expect("+OK\r\n").await;
}

#[tokio::test]
async fn faults_strike_and_restarts_forget() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    gateway.push_raw(&b"\xff garbage"[..]);
    gateway.push(r#"{"n":1}"#);
    let mut resp = Resp::authenticated(&gateway).await;
    resp.command(&["LPOP", "usage"]).await;
    resp.expect_bytes(b"$9\r\n\xff garbage\r\n").await;

    gateway.set_faults(|faults| faults.reset_after_pop = 1);
    let mut resp = Resp::authenticated(&gateway).await;
    resp.command(&["LPOP", "usage", "5"]).await;
    let error = resp.rest_bytes().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!((gateway.queue_len(), gateway.tally().popped), (0, 2));

    gateway.push(r#"{"n":2}"#);
    let mut before = Resp::authenticated(&gateway).await;
    gateway.restart().await.unwrap();
    assert!(before.rest_bytes().await.unwrap_or_default().is_empty());
    assert_eq!(gateway.queue_len(), 0);
    Resp::authenticated(&gateway).await;

    gateway.set_faults(|faults| faults.http_only = true);
    let mut resp = Resp::open(&gateway).await;
    resp.command(&["AUTH", "x"]).await;
    let page = resp.rest_bytes().await.unwrap_or_default();
    assert!(page.starts_with(b"HTTP/1.1 400 Bad Request\r\nServer: nginx"));
}

#[tokio::test]
async fn a_half_open_gateway_takes_and_never_gives() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    gateway.set_faults(|faults| faults.half_open = true);
    let mut resp = Resp::open(&gateway).await;
    resp.command(&["AUTH", &gateway.key()]).await;
    within(gateway.wait(|tally| tally.auth_ok == 1)).await;
    let answered = tokio::time::timeout(std::time::Duration::from_millis(50), resp.rest_bytes());
    assert!(answered.await.is_err());
}

#[test]
fn versions_are_read_and_ordered() {
    assert_eq!("v7.2.140".parse::<Version>().unwrap(), Version::CURRENT);
    assert!("6.9.38".parse::<Version>().unwrap() < Version(6, 10, 0));
    assert!("7.2".parse::<Version>().is_err());
    assert_eq!(At(0), At::default());
}
