//! The relay against the simulated gateway: who gets through, what comes out,
//! and what the gateway never sees.

use cpamp::fake::Options;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::door::Door;
use crate::support::panel::{ADMIN_KEY, Setup};

#[tokio::test]
async fn a_script_reaches_the_gateway_with_the_admin_key() {
    let door = Door::open().await;
    let direct = reqwest_get(&door).await;
    for (name, value) in [
        ("authorization", format!("Bearer {ADMIN_KEY}")),
        ("authorization", format!("bearer {ADMIN_KEY}")),
        ("authorization", String::from(ADMIN_KEY)),
        ("x-management-key", String::from(ADMIN_KEY)),
    ] {
        let script = door.panel.visitor().with(name, &value);
        let answer = script.get("/v0/management/config").await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
        assert_eq!(answer.body, direct);
        assert_eq!(answer.header("x-cpa-version"), "7.2.140");
        assert_eq!(answer.header("content-security-policy"), "sandbox");
    }
}

async fn reqwest_get(door: &Door) -> String {
    let script = crate::support::binary::script(&door.gateway.url(), &door.gateway.key());
    script.get("/v0/management/config").await.body
}

#[tokio::test]
async fn writes_are_passed_on_and_announced() {
    let door = Door::open().await;
    let mut changed = door.panel.state.gateway_changed.subscribe();
    let answer = door
        .put("/v0/management/debug", &json!({"value": true}))
        .await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "{\"status\":\"ok\"}")
    );
    assert!(changed.has_changed().unwrap());
    changed.mark_unchanged();
    let read = door.get("/v0/management/debug").await;
    assert_eq!(read.json(), json!({"debug": true}));
    let refused = door.put("/v0/management/debug", &json!("nonsense")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json(), json!({"error": "invalid body"}));
    assert!(!changed.has_changed().unwrap());
}

#[tokio::test]
async fn a_person_may_read_from_a_page_of_the_panel_only() {
    let door = Door::open().await;
    let person = door.panel.logged_in().await;
    let path = "/v0/management/debug";
    let here = [("sec-fetch-site", "same-origin")];
    let seen = person.send(Method::GET, path, "", &here).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    let origin = door.panel.origin.clone();
    let older = [("referer", origin.as_str())];
    let seen = person.send(Method::GET, path, "", &older).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    let before = door.bytes_seen();
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("referer", "https://evil.example/")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("referer", origin.as_str()),
        ],
    ] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE] {
            let answer = person.send(method, path, "", headers).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        }
    }
    assert_eq!(door.bytes_seen(), before);
}

#[tokio::test]
async fn the_queue_belongs_to_the_collector() {
    let door = Door::open().await;
    door.gateway.push_raw("{}");
    for path in [
        "/v0/management/usage-queue?count=9",
        "/v0/management/usage-queue/",
        "/v0/management/%75sage-queue",
        "/v0/management/Usage-Queue",
    ] {
        let answer = door.get(path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.json()["code"], "usage_queue_refused");
    }
    assert_eq!(door.gateway.queue_len(), 1);
    assert_eq!(door.gateway.tally().http_requests, 0);
}

#[tokio::test]
async fn without_a_gateway_it_says_so() {
    let door = Door::with(Options::default(), Setup::not_set_up).await;
    let answer = door.get("/v0/management/config").await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(answer.json()["code"], "not_set_up");
}

#[tokio::test]
async fn a_gateway_that_is_away_is_named() {
    let door = Door::open().await;
    door.gateway.stop().await;
    let answer = door.get("/v0/management/config").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer.json()["code"], "gateway_unreachable");
    door.gateway.restart().await.unwrap();
    let answer = door.get("/v0/management/config").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// A gateway with one client key.
fn with_client_key() -> Options {
    let mut options = Options::default();
    options
        .config_yaml
        .push_str("api-keys:\n  - sk-client-key-0001\n");
    options
}

#[tokio::test]
async fn models_are_listed_with_the_callers_own_key() {
    let door = Door::with(with_client_key(), |setup| setup).await;
    let visitor = || door.panel.visitor();
    let path = "/v1/models";
    for (name, value) in [
        ("authorization", "Bearer sk-client-key-0001"),
        ("x-api-key", "sk-client-key-0001"),
        ("x-goog-api-key", "sk-client-key-0001"),
    ] {
        let answer = visitor().with(name, value).get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
        assert_eq!(answer.json()["object"], "list");
    }
    let in_query = visitor().get("/v1/models?key=sk-client-key-0001").await;
    assert_eq!(in_query.status, StatusCode::OK, "{}", in_query.body);

    let before = door.bytes_seen();
    let none = visitor().get(path).await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    assert_eq!(none.json()["code"], "missing_api_key");
    let person = door.panel.logged_in().await;
    let here = [("sec-fetch-site", "same-origin")];
    let logged_in = person.send(Method::GET, path, "", &here).await;
    assert_eq!(logged_in.status, StatusCode::UNAUTHORIZED);
    let admin = door.get(path).await;
    assert_eq!(admin.json()["code"], "wrong_key_kind");
    assert_eq!(door.bytes_seen(), before);

    for value in [
        format!("Token {ADMIN_KEY}"),
        format!("Bearer\t{ADMIN_KEY}"),
        format!("Bearer x {ADMIN_KEY}"),
    ] {
        let odd = visitor().with("authorization", &value).get(path).await;
        assert!(odd.status.is_client_error(), "{value}: {}", odd.status);
    }
    let several = visitor()
        .get(&format!("/v1/models?key=sk-1&key={ADMIN_KEY}"))
        .await;
    assert_eq!(several.json()["code"], "several_api_keys");
    assert_eq!(door.bytes_seen(), before);

    let mut seen = Vec::new();
    for n in 0..9 {
        let wrong = visitor().with("x-api-key", &format!("sk-guess-{n}"));
        seen.push(wrong.get(path).await.status.as_u16());
    }
    assert_eq!(seen[0], 401);
    assert!(seen.ends_with(&[429, 429, 429, 429]), "{seen:?}");
}

/// Trying keys at the list of models is as slow as at the log-in, and an API key
/// of one's own buys no tries at the Admin Key.
#[tokio::test]
async fn a_right_api_key_buys_no_guesses() {
    let door = Door::with(with_client_key(), |setup| setup).await;
    let with = |key: &str| door.panel.visitor().with("x-api-key", key);
    let mut judged = 0;
    for n in 0..40 {
        let guess = with(&format!("guess-{n}")).get("/v1/models").await;
        if guess.status != StatusCode::TOO_MANY_REQUESTS {
            judged += 1;
        }
        with("sk-client-key-0001").get("/v1/models").await;
    }
    assert_eq!(judged, 5);
    let guess = door.get("/status").await;
    assert_eq!(guess.status, StatusCode::TOO_MANY_REQUESTS);
    // Whose key was right before is not held up by it.
    let right = with("sk-client-key-0001").get("/v1/models").await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.body);
}

#[tokio::test]
async fn many_right_api_keys_may_come_at_once() {
    let mut options = Options::default();
    options.config_yaml.push_str("api-keys:\n");
    for n in 0..20 {
        let line = format!("  - sk-client-key-{n:04}\n");
        options.config_yaml.push_str(&line);
    }
    let door = Door::with(options, |setup| setup).await;
    let all = (0..60).map(async |n| {
        let key = format!("sk-client-key-{:04}", n % 20);
        let client = door.panel.visitor().with("x-api-key", &key);
        client.get("/v1/models").await.status
    });
    for status in futures_util::future::join_all(all).await {
        assert_eq!(status, StatusCode::OK);
    }
}
