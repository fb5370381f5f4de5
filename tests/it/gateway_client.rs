//! Setting up: what answers there, and is the key right. The key goes out once,
//! and only to something that looks like CPA.

use std::time::Duration;

use cpamp::domain::collection::Connection;
use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Options, Version};
use cpamp::gateway::client::{Client, Probe};
use cpamp::gateway::types::{Cause, Error, Overview};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::gateway::{LAB_KEY, laboratory, within};
use crate::support::rig::usage_of;

fn connection(url: &str, key: &str) -> Connection {
    Connection {
        url: url.to_owned(),
        key: key.to_owned().into(),
        insecure_tls: false,
    }
}

async fn probe(url: &str, key: &str) -> Probe {
    let client = Client::new(&connection(url, key)).unwrap();
    within(client.probe()).await
}

async fn gateway(options: Options) -> Gateway {
    Gateway::start(options).await.unwrap()
}

#[tokio::test]
async fn a_gateway_tells_version_statistics_and_retention() {
    let gateway = gateway(Options::default()).await;
    let expected = Overview {
        version: Some(String::from("7.2.140")),
        usage_statistics_enabled: Some(true),
        retention: Some(Ms(60_000)),
    };
    assert_eq!(probe(&gateway.url(), &gateway.key()).await, Ok(expected));
    assert_eq!(gateway.auth_attempts().len(), 1, "one request with the key");
}

#[tokio::test]
async fn a_retention_is_what_the_gateway_makes_of_it() {
    for (written, kept) in [
        ("0", 60_000),
        ("-5", 60_000),
        ("600", 600_000),
        ("86400", 3_600_000),
    ] {
        let mut options = Options::default();
        let line = format!("redis-usage-queue-retention-seconds: {written}\n");
        options.config_yaml.push_str(&line);
        let gateway = gateway(options).await;
        let overview = probe(&gateway.url(), &gateway.key()).await.unwrap();
        assert_eq!(overview.retention, Some(Ms(kept)), "{written}");
    }
}

#[tokio::test]
async fn every_supported_version_is_recognised() {
    for version in [
        Version(6, 10, 8),
        Version(7, 0, 0),
        Version(7, 1, 17),
        Version(7, 1, 44),
    ] {
        let gateway = gateway(Options::default().version(version)).await;
        let overview = probe(&gateway.url(), &gateway.key()).await.unwrap();
        assert_eq!(overview.version, Some(version.to_string()));
        assert_eq!(overview.usage_statistics_enabled, Some(true));
    }
}

#[tokio::test]
async fn template_keys_do_not_hide_the_gateway() {
    let mut options = Options::default();
    options
        .config_yaml
        .push_str("api-keys:\n  - your-api-key-1\n");
    let gateway = gateway(options).await;
    assert!(probe(&gateway.url(), &gateway.key()).await.is_ok());
}

#[tokio::test]
async fn a_wrong_key_is_tried_once() {
    let gateway = gateway(Options::default()).await;
    assert_eq!(
        probe(&gateway.url(), "wrong").await,
        Err(Error::KeyRejected)
    );
    assert_eq!(gateway.auth_attempts().len(), 1);
}

#[tokio::test]
async fn a_ban_is_told_with_its_end() {
    let gateway = gateway(Options::default()).await;
    for _ in 0..5 {
        probe(&gateway.url(), "wrong").await.unwrap_err();
    }
    let Err(Error::Banned { remaining }) = probe(&gateway.url(), &gateway.key()).await else {
        panic!("not banned");
    };
    let remaining = remaining.unwrap();
    assert!(remaining > Duration::from_mins(29) && remaining <= Duration::from_mins(30));
}

#[tokio::test]
async fn management_that_is_off_is_told() {
    let gateway = gateway(Options {
        config_yaml: String::from("host: \"127.0.0.1\"\n"),
        ..Options::default()
    })
    .await;
    assert_eq!(
        probe(&gateway.url(), "any").await,
        Err(Error::ManagementOff)
    );
}

#[tokio::test]
async fn nothing_there_is_told_apart_from_something_else_there() {
    let gateway = gateway(Options::default()).await;
    gateway.stop().await;
    assert_eq!(
        probe(&gateway.url(), "key").await,
        Err(Error::Unreachable(Cause::Refused))
    );
    assert_eq!(
        probe("http://no-such-host.invalid", "key").await,
        Err(Error::Unreachable(Cause::UnknownHost))
    );

    // A web server that answers everything with a page, and notes the heads.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heads, mut seen) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let heads = heads.clone();
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                while let Ok(size @ 1..) = stream.read(&mut head).await {
                    heads
                        .send(String::from_utf8_lossy(&head[..size]).into_owned())
                        .unwrap();
                    let page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>hi</p>";
                    stream.write_all(page.as_bytes()).await.unwrap();
                }
            });
        }
    });
    assert_eq!(probe(&url, "secret-key").await, Err(Error::NotCpa));
    while let Ok(head) = seen.try_recv() {
        assert!(!head.contains("secret-key"), "the key went to a stranger");
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_times_out() {
    let gateway = gateway(Options::default()).await;
    gateway.set_faults(|faults| faults.half_open = true);
    let client = Client::new(&connection(&gateway.url(), &gateway.key())).unwrap();
    let client = client.patient(Duration::from_millis(50));
    assert_eq!(within(client.probe()).await, Err(Error::TimedOut));
}

#[tokio::test]
async fn statistics_are_turned_on_through_the_api() {
    let gateway = gateway(Options::default()).await;
    gateway.set_statistics(false);
    let client = Client::new(&connection(&gateway.url(), &gateway.key())).unwrap();
    let on = async || client.overview().await.unwrap().usage_statistics_enabled;
    assert_eq!(on().await, Some(false));
    client.set_usage_statistics(true).await.unwrap();
    assert_eq!(on().await, Some(true));
}

#[tokio::test]
async fn attempts_are_summed_over_all_credentials() {
    let gateway = gateway(laboratory()).await;
    let client = Client::new(&connection(&gateway.url(), LAB_KEY)).unwrap();
    assert_eq!(client.attempts().await, Ok(Some(0)));
    for n in 0..3 {
        gateway.push(&usage_of(n, "751bf35cfe606fa1"));
    }
    assert_eq!(client.attempts().await, Ok(Some(3)));
}

#[tokio::test]
async fn certificates_are_checked_unless_told_otherwise() {
    let gateway = gateway(crate::support::rig::with_tls(Options::default())).await;
    let mut to = connection(&gateway.url(), &gateway.key());
    let refused = Client::new(&to).unwrap().probe().await;
    assert!(
        matches!(refused, Err(Error::Unreachable(Cause::Tls(_)))),
        "{refused:?}"
    );
    to.insecure_tls = true;
    let accepted = Client::new(&to).unwrap().probe().await;
    assert!(accepted.is_ok(), "{accepted:?}");
}
