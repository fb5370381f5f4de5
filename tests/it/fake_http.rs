//! The simulated gateway on HTTP: what the recording leaves unsaid about access,
//! the queue, faults and older releases.

use cpamp::clock::Clock;
use cpamp::domain::units::Ms;
use cpamp::fake::upstream::Answer;
use cpamp::fake::{Gateway, Options, Version, Via};
use serde_json::Value;

use crate::support::gateway::{LAB_TIME, Resp, get, http, laboratory, recorded};

#[tokio::test]
async fn http_and_resp_pop_the_same_queue_in_order() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    for n in 1..=3 {
        gateway.push(&format!("{{\"n\":{n}}}"));
    }
    gateway.push_raw("not \"json\"");
    let queue = "/v0/management/usage-queue";
    assert_eq!(get(&gateway, queue).await.body, r#"[{"n":1}]"#);
    let rest = get(&gateway, &format!("{queue}?count=%2050%20")).await;
    assert_eq!(rest.body, r#"[{"n":2},{"n":3},"not \"json\""]"#);
    assert_eq!(get(&gateway, &format!("{queue}?count=")).await.body, "[]");
    for count in ["0", "1.5", "x"] {
        let answer = get(&gateway, &format!("{queue}?count={count}")).await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.body,
            r#"{"error":"count must be a positive integer"}"#
        );
    }
}

#[tokio::test]
async fn the_ban_is_shared_with_resp_and_each_address_has_its_own() {
    let clock = Clock::fixed(LAB_TIME);
    let options = Options {
        env_password: Some("env-key".into()),
        ..Options::default().clock(clock.clone())
    };
    let gateway = Gateway::start(options).await.unwrap();
    let from = |ip: &'static str, key: &'static str| {
        let gateway = gateway.clone();
        async move {
            let headers = [("X-Forwarded-For", ip), ("X-Management-Key", key)];
            http(&gateway, "GET", "/v0/management/debug", &headers, b"").await
        }
    };
    for _ in 0..5 {
        assert_eq!(from("127.0.0.1", "wrong").await.status, 401);
    }
    clock.set(LAB_TIME + Ms(60_000));
    let banned = from("127.0.0.1", "env-key").await;
    assert_eq!(banned.status, 403);
    assert_eq!(
        banned.body,
        r#"{"error":"IP banned due to too many failed attempts. Try again in 29m0s"}"#
    );
    let mut resp = Resp::open(&gateway).await;
    resp.check(
        &["AUTH", "env-key"],
        "-ERR IP banned due to too many failed attempts. Try again in 29m0s\r\n",
    )
    .await;
    // The environment's key opens the gateway to other addresses.
    assert_eq!(from("203.0.113.9", "env-key").await.status, 200);
    let attempts = gateway.auth_attempts();
    assert_eq!(attempts.len(), 8);
    assert_eq!(attempts[6].via, Via::Resp);
    assert_eq!(attempts[7].refused, None);
}

#[tokio::test]
async fn keys_are_found_where_gin_looks_for_them() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    let key = gateway.key();
    let bearer = format!("bEaReR {key}");
    let basic = format!("Basic {key}");
    for (headers, status) in [
        (vec![("Authorization", key.as_str())], 200),
        (vec![("Authorization", bearer.as_str())], 200),
        (vec![("X-Management-Key", key.as_str())], 200),
        (
            vec![
                ("Authorization", basic.as_str()),
                ("X-Management-Key", &key),
            ],
            401,
        ),
        (vec![], 401),
    ] {
        let answer = http(&gateway, "GET", "/v0/management/debug", &headers, b"").await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
}

#[tokio::test]
async fn management_without_a_key_does_not_exist() {
    let options = Options {
        config_yaml: "usage-statistics-enabled: true\n".into(),
        ..Options::default()
    };
    let gateway = Gateway::start(options).await.unwrap();
    let answer = get(&gateway, "/v0/management/config").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    assert!(!answer.headers.contains_key("x-cpa-version"));
    assert_eq!(get(&gateway, "/healthz").await.body, r#"{"status":"ok"}"#);
    gateway.set_config_yaml("remote-management: {secret-key: later}\n");
    let headers = [("Authorization", "Bearer later")];
    let answer = http(&gateway, "GET", "/v0/management/debug", &headers, b"").await;
    assert_eq!(answer.status, 200);
    assert!(gateway.config_yaml().contains("secret-key: $2a$10$"));
}

#[tokio::test]
async fn request_counters_move_also_when_nobody_gets_the_events() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let events = recorded("usage-events.jsonl");
    gateway.set_statistics(false);
    for event in events.lines() {
        gateway.push(event);
    }
    gateway.push(r#"{"auth_index":"of nobody","failed":true}"#);
    let usage = get(&gateway, "/v0/management/api-key-usage").await;
    let usage: Value = serde_json::from_str(&usage.body).unwrap();
    let router = &usage["mockrouter"]["http://127.0.0.1:9701/v1|sk-mock-upstream-0001"];
    assert_eq!(
        (router["success"].as_u64(), router["failed"].as_u64()),
        (Some(7), Some(7))
    );
    let total: u64 = usage
        .as_object()
        .unwrap()
        .values()
        .flat_map(|keys| keys.as_object().unwrap().values())
        .map(|key| key["success"].as_u64().unwrap() + key["failed"].as_u64().unwrap())
        .sum();
    assert_eq!(total, 39, "what is not configured counts for the first key");
    assert_eq!(gateway.queue_len(), 0);
}

#[tokio::test]
async fn older_releases_lack_routes_headers_and_the_early_key_check() {
    let old = |version| Gateway::start(Options::default().version(version));
    let gateway = old(Version(6, 10, 7)).await.unwrap();
    let answer = get(&gateway, "/v0/management/usage-queue").await;
    assert_eq!(
        (answer.status, answer.headers.contains_key("x-cpa-version")),
        (404, false)
    );
    assert!(gateway.auth_attempts().is_empty());
    let gateway = old(Version(6, 10, 8)).await.unwrap();
    let answer = get(&gateway, "/v0/management/usage-queue").await;
    assert_eq!(
        (answer.status, answer.header("x-cpa-version")),
        (200, "6.10.8")
    );
    assert!(!answer.headers.contains_key("x-cpa-support-plugin"));
    let config = get(&gateway, "/v0/management/config").await;
    assert!(
        config
            .body
            .contains("\"redis-usage-queue-retention-seconds\":60")
    );
    assert!(!config.body.contains("credential-in-flight"));
}

#[tokio::test]
async fn a_lost_answer_takes_its_events_along() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    gateway.push(r#"{"n":1}"#);
    gateway.set_faults(|faults| faults.reset_after_pop = 1);
    let url = format!("{}/v0/management/usage-queue?count=9", gateway.url());
    let mut stream = tokio::net::TcpStream::connect(gateway.addr())
        .await
        .unwrap();
    let request = format!(
        "GET {url} HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n\r\n",
        gateway.key()
    );
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    let lost = crate::support::gateway::within(tokio::io::AsyncReadExt::read_to_end(
        &mut stream,
        &mut answer,
    ))
    .await;
    assert_eq!(
        lost.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    assert_eq!((answer.len(), gateway.queue_len()), (0, 0));
}

#[tokio::test]
async fn a_log_in_ends_in_an_auth_file_and_a_refresh() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    gateway.set_upstream(|call| {
        assert_eq!(
            (call.method.as_str(), call.url.as_str()),
            ("POST", "https://auth.openai.com/oauth/token")
        );
        Ok(Answer {
            status: 200,
            body: r#"{"email":"new@example.com","access_token":"t"}"#.into(),
            ..Answer::default()
        })
    });
    let started = get(&gateway, "/v0/management/codex-auth-url").await;
    let started: Value = serde_json::from_str(&started.body).unwrap();
    let state = started["state"].as_str().unwrap();
    let status = format!("/v0/management/get-auth-status?state={state}");
    assert_eq!(get(&gateway, &status).await.body, r#"{"status":"wait"}"#);
    let mut subscriber = Resp::subscribed(&gateway, "usage").await;
    let back = format!("/v0/management/oauth-callback?code=c&state={state}");
    assert_eq!(
        http(&gateway, "GET", &back, &[], b"").await.body,
        r#"{"status":"ok"}"#
    );
    assert_eq!(get(&gateway, &status).await.body, r#"{"status":"ok"}"#);
    subscriber
        .expect_message("usage", r#"{"support_refresh":true}"#)
        .await;
    subscriber
        .expect_message("usage", r#"{"refresh":true}"#)
        .await;
    let files = get(
        &gateway,
        "/v0/management/auth-files?name=codex-new@example.com.json",
    )
    .await;
    assert!(files.body.contains("new@example.com"));
}

#[tokio::test]
async fn api_calls_carry_the_token_of_the_account_in_headers_only() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let files: Value =
        serde_json::from_str(&get(&gateway, "/v0/management/auth-files").await.body).unwrap();
    let index = files["files"][1]["auth_index"].as_str().unwrap();
    gateway.set_upstream(|call| {
        assert_eq!(call.headers["Authorization"], "Bearer sk-ant-oat-fake");
        assert_eq!(call.body, "$TOKEN$");
        Ok(Answer {
            status: 429,
            ..Answer::default()
        })
    });
    let key = gateway.key();
    let body = format!(
        r#"{{"method":"get","url":"https://api.example.com/u","auth_index":"{index}","header":{{"Authorization":"Bearer $TOKEN$"}},"data":"$TOKEN$"}}"#
    );
    let headers = [("X-Management-Key", key.as_str())];
    let answer = http(
        &gateway,
        "POST",
        "/v0/management/api-call",
        &headers,
        body.as_bytes(),
    )
    .await;
    assert_eq!(answer.body, r#"{"status_code":429,"header":{},"body":""}"#);
}

#[tokio::test]
async fn the_panel_is_a_file_that_needs_no_key() {
    let options = Options {
        panel_html: Some("<!doctype html>".into()),
        ..Options::default()
    };
    let gateway = Gateway::start(options).await.unwrap();
    let page = http(&gateway, "GET", "/management.html", &[], b"").await;
    assert_eq!((page.status, page.body.as_str()), (200, "<!doctype html>"));
    let page = http(&gateway, "HEAD", "/management.html", &[], b"").await;
    assert_eq!(page.status, 404);
}
