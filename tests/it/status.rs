//! `GET /status`, health, and what the API says to whom.

use cpamp::domain::units::Ms;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::support::database;
use crate::support::events::events;
use crate::support::panel::{ADMIN_KEY, Panel};

#[tokio::test]
async fn the_shape_of_the_status_is_fixed() {
    let panel = Panel::start().await;
    panel.clock.set(panel.clock.now() + Ms(61_500));
    let status = panel.logged_in().await.get("/status").await;
    assert_eq!(status.status, StatusCode::OK);
    assert_eq!(status.header("content-type"), "application/json");
    let mut status = status.json();
    let bytes = &mut status["database"]["bytes"];
    assert!(bytes.take().as_u64().unwrap() > 0);
    let wal = &mut status["database"]["wal_bytes"];
    assert!(wal.take().is_u64());
    let schema = &mut status["database"]["schema"];
    assert!(schema.take().as_i64().unwrap() > 0);
    for field in ["state", "mode"] {
        assert!(status["collector"][field].take().is_string(), "{field}");
    }
    status["gateway"]["url"].take();
    let expected = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_s": 61,
        "events": { "stored": 0, "rejected": 0, "duplicates": 0 },
        "collector": {
            "state": null, "reason": null, "mode": null, "transport": null,
            "last_taken_at": null, "last_stored_at": null, "lag_ms": null,
            "taken": 0, "batches_retried": 0, "spooled": 0, "gaps": [],
            "competing_consumer": false,
        },
        "gateway": {
            "url": null, "version": null, "reachable": null,
            "usage_statistics_enabled": null, "retention_s": null,
        },
        "database": { "bytes": null, "wal_bytes": null, "schema": null },
    });
    assert_eq!(status, expected);
}

#[tokio::test]
async fn the_admin_key_opens_the_status_too() {
    let panel = Panel::setup().env("CPAMP_ADMIN_KEY", "").start().await;
    let key = panel.generated.as_ref().unwrap().expose_secret().to_owned();
    let script = panel
        .visitor()
        .with("authorization", &format!("Bearer {key}"));
    assert_eq!(script.get("/status").await.status, StatusCode::OK);
    let wrong = panel
        .visitor()
        .with("authorization", &format!("Bearer {key}x"));
    let refused = wrong.get("/status").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.json()["code"], "wrong_admin_key");
}

#[tokio::test]
async fn the_api_says_which_key_belongs_there() {
    let panel = Panel::start().await;
    let path = "/v0/management/config";
    for (key, code, words) in [
        (None, "missing_admin_key", "takes the Admin Key"),
        (
            Some("Bearer sk-secret-marker"),
            "wrong_key_kind",
            "a CPA API Key was sent",
        ),
        (
            Some("Bearer $2a$10$secret-marker"),
            "wrong_key_kind",
            "the hash of a CPA Management Key",
        ),
        (
            Some("Bearer secret-marker"),
            "wrong_admin_key",
            "another key was sent",
        ),
        (
            Some("Basic secret-marker"),
            "missing_admin_key",
            "takes the Admin Key",
        ),
    ] {
        let mut script = panel.visitor();
        if let Some(key) = key {
            script = script.with("authorization", key);
        }
        let refused = script.get(path).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(refused.json()["code"], code, "{key:?}");
        assert!(error.contains(words) && error.contains(path), "{error}");
        assert!(!refused.body.contains("secret-marker"));
    }
    let script = panel
        .visitor()
        .with("authorization", &format!("Bearer {ADMIN_KEY}"));
    let nothing = script.get("/v0/nothing").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert_eq!(nothing.json()["code"], "not_found");
    // A browser that was given an API address gets a page about it.
    let person = panel.visitor().with("authorization", "Bearer sk-x");
    let page = person.with("accept", "text/html").get("/requests").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("You sent this one"), "{}", page.body);
}

#[tokio::test]
async fn health_is_open_and_says_nothing_else() {
    let panel = Panel::start().await;
    database::store(panel.store(), events(0, 3)).await.unwrap();
    for path in ["/healthz", "/readyz"] {
        let answer = panel.visitor().get(path).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "ok")
        );
        let head = panel.visitor().send(Method::HEAD, path, "", &[]).await;
        assert_eq!(head.status, StatusCode::OK);
    }
}
