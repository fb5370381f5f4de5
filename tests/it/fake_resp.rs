//! The simulated gateway on RESP: the rules of the queue that a transcript cannot
//! show, and what can go wrong.

use cpamp::clock::Clock;
use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Options};

use crate::support::gateway::{LAB_TIME, Resp, within};

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
