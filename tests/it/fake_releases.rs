//! Releases of the gateway differ as the contract lists them, and so does the
//! simulated one.

use cpamp::fake::{Gateway, Options, Version};

use crate::support::gateway::{Resp, within};

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

#[test]
fn versions_are_read_and_ordered() {
    assert_eq!("v7.2.140".parse::<Version>().unwrap(), Version::CURRENT);
    assert!("6.9.38".parse::<Version>().unwrap() < Version(6, 10, 0));
    assert!("7.2".parse::<Version>().is_err());
}
