//! Guessing the Admin Key is slow whatever the guesser says of itself, and costs
//! others nothing.

use cpamp::domain::units::Ms;
use cpamp::store::admin;
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;

use crate::support::binary::script;
use crate::support::panel::{ADMIN_KEY, Panel};
use crate::support::wait::until;

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// One wrong key at the log-in, with this `X-Forwarded-For`.
async fn guess(panel: &Panel, forwarded: &str) -> StatusCode {
    let visitor = panel.visitor().with("x-forwarded-for", forwarded);
    visitor
        .post("/login", &[("key", "a-wrong-admin-key")])
        .await
        .status
}

async fn log_in(panel: &Panel, forwarded: &str) -> StatusCode {
    let visitor = panel.visitor().with("x-forwarded-for", forwarded);
    visitor.post("/login", &[("key", ADMIN_KEY)]).await.status
}

#[tokio::test]
async fn a_forged_address_does_not_give_more_guesses() {
    let panel = Panel::start().await;
    for n in 0..5 {
        assert_eq!(guess(&panel, &format!("203.0.113.{n}")).await, WRONG);
    }
    for n in 5..100 {
        let forwarded = format!("203.0.113.{n}");
        assert_eq!(
            guess(&panel, &forwarded).await,
            StatusCode::TOO_MANY_REQUESTS
        );
    }
    // The right key has to wait too: an answer would tell that it is right.
    let told = panel.visitor().post("/login", &[("key", ADMIN_KEY)]).await;
    assert_eq!(told.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(told.header("retry-after").parse::<u32>().unwrap() <= 60);
    panel.clock.set(panel.clock.now() + Ms::MINUTE);
    assert_eq!(log_in(&panel, "").await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_guesses() {
    let panel = Panel::setup().env("CPAMP_TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.1");
    let panel = panel.start().await;
    for n in 0..5 {
        // What stands left of the proxy's entry is the client's invention.
        let forwarded = format!("198.51.100.{n}, 203.0.113.7, 10.0.0.1");
        assert_eq!(guess(&panel, &forwarded).await, WRONG);
    }
    let blocked = StatusCode::TOO_MANY_REQUESTS;
    assert_eq!(guess(&panel, "203.0.113.7").await, blocked);
    assert_eq!(guess(&panel, "192.0.2.1, 203.0.113.7").await, blocked);
    assert_eq!(log_in(&panel, "203.0.113.7").await, blocked);
    assert_eq!(guess(&panel, "203.0.113.8").await, WRONG);
    assert_eq!(log_in(&panel, "203.0.113.9").await, StatusCode::SEE_OTHER);
    // An IPv6 customer owns a whole network.
    for n in 0..5 {
        assert_eq!(guess(&panel, &format!("2001:db8::{n:x}")).await, WRONG);
    }
    assert_eq!(guess(&panel, "2001:db8::ffff:1").await, blocked);
    assert_eq!(guess(&panel, "2001:db8:0:1::1").await, WRONG);
}

/// The log-in and the API count together.
#[tokio::test]
async fn no_door_gives_more_guesses_than_another() {
    let panel = Panel::start().await;
    for n in 0..5 {
        let key = format!("Bearer a-wrong-admin-key-{n}");
        let stranger = panel.visitor().with("authorization", &key);
        let path = ["/status", "/requests", "/v0/management/config"][n % 3];
        assert_eq!(stranger.get(path).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(guess(&panel, "").await, StatusCode::TOO_MANY_REQUESTS);
    let script = crate::support::binary::script(&panel.origin, ADMIN_KEY);
    let answer = script.get("/status").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.json()["code"], "too_many_attempts");
    // Who is inside goes on.
    panel.clock.set(panel.clock.now() + Ms::MINUTE);
    let inside = panel.logged_in().await;
    for _ in 0..6 {
        guess(&panel, "").await;
    }
    assert_eq!(inside.get("/status").await.status, StatusCode::OK);
}

/// After a start the first check of a stored key takes long; those who bring the
/// same key meanwhile wait for it and are not taken for guessers.
#[tokio::test]
async fn the_right_key_may_come_many_times_at_once() {
    let first = Panel::setup().env("CPAMP_ADMIN_KEY", "").start().await;
    let key = first.generated.clone().unwrap();
    until("the Admin Key is kept", async || {
        let kept = first.store().read(admin::credential).await.unwrap();
        kept.map(drop).ok_or(())
    })
    .await;
    let panel = first.stop().start().await;
    assert!(panel.generated.is_none());
    let right = script(&panel.origin, key.expose_secret());
    let wrong = script(&panel.origin, "cmp_admin_another");
    let all = (0..12).map(async |_| right.get("/status").await.status);
    for status in futures_util::future::join_all(all).await {
        assert_eq!(status, StatusCode::OK);
    }
    let all = (0..12).map(async |_| wrong.get("/status").await.status);
    for status in futures_util::future::join_all(all).await {
        assert_ne!(status, StatusCode::OK);
    }
}
