//! The relay when something is wrong: with the Management Key, with the pace,
//! with who asks from where; and what is written down of it all.

use cpamp::domain::collection::State;
use cpamp::domain::units::Ms;
use cpamp::fake::Options;
use cpamp::store::audit::{self, KEPT};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::binary::script;
use crate::support::door::Door;
use crate::support::panel::ADMIN_KEY;
use crate::support::rig::usage_of;
use crate::support::wait::until;

#[tokio::test]
async fn a_rejected_key_is_sent_once_and_never_again() {
    let wrong = |setup: crate::support::panel::Setup| {
        setup.env("CPAMP_CPA_MANAGEMENT_KEY", "not-the-management-key")
    };
    let door = Door::with(Options::default(), wrong).await;
    let script = door.script();
    let all = (0..20).map(|_| script.get("/v0/management/config"));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
        let said = answer.json();
        assert_eq!(said["code"], "management_key_rejected");
        let text = said["error"].as_str().unwrap();
        assert!(
            text.contains("/v0/management/") && text.contains("/v1/"),
            "{text}"
        );
    }
    assert_eq!(door.gateway.tally().auth_refused, 1);
    (door.panel.state.try_again)();
    script.get("/v0/management/config").await;
    assert_eq!(door.gateway.tally().auth_refused, 2);
}

#[tokio::test]
async fn a_ban_is_waited_for() {
    let door = Door::open().await;
    let guesser = script(&door.gateway.url(), "wrong");
    for _ in 0..5 {
        guesser.get("/v0/management/config").await;
    }
    let requests = door.gateway.tally().http_requests;
    for _ in 0..3 {
        let answer = door.get("/v0/management/config").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.json()["code"], "gateway_ban");
        let wait: i64 = answer.header("retry-after").parse().unwrap();
        assert!((1_700..=1_801).contains(&wait), "{wait}");
    }
    assert_eq!(door.gateway.tally().http_requests, requests + 1);
}

#[tokio::test]
async fn a_script_that_runs_wild_is_slowed_down_and_pages_are_not() {
    let slow = |setup: crate::support::panel::Setup| setup.env("CPAMP_RELAY_RATE", "5");
    let door = Door::with(Options::default(), slow).await;
    let person = door.panel.logged_in().await;
    let mut seen = Vec::new();
    for _ in 0..15 {
        seen.push(door.get("/v0/management/debug").await);
    }
    let refused = seen.last().unwrap();
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["code"], "rate_limited");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(door.gateway.tally().http_requests, 11);
    assert_eq!(person.get("/settings/audit").await.status, StatusCode::OK);
    let clock = &door.panel.clock;
    clock.set(clock.now() + Ms(1_000));
    assert_eq!(
        door.get("/v0/management/debug").await.status,
        StatusCode::OK
    );
}

/// More requests at once than there are places and seats: some are sent away,
/// and neither the pages nor the collector notice.
#[tokio::test]
async fn a_crowd_of_requests_starves_nobody() {
    const CROWD: usize = 300;
    let collecting = |setup: crate::support::panel::Setup| {
        setup
            .env("CPAMP_COLLECTOR_ENABLED", "true")
            .env("CPAMP_RELAY_RATE", "0")
    };
    let door = Door::with(Options::default(), collecting).await;
    door.panel
        .until(|status| status.state == State::Collecting)
        .await;
    let person = door.panel.logged_in().await;
    let delay = std::time::Duration::from_millis(50);
    door.gateway.set_faults(|faults| faults.delay = delay);
    let script = door.script();
    let crowd = (0..CROWD).map(|_| script.get("/v0/management/api-keys"));
    let crowd = futures_util::future::join_all(crowd);
    let others = async {
        let relayed = |line: &String| line == "GET /v0/management/api-keys";
        until("the crowd is there", async || {
            let seen = door.gateway.requests();
            seen.iter().any(relayed).then_some(()).ok_or(seen.len())
        })
        .await;
        door.gateway.push(&usage_of(1, "an-index"));
        door.panel.until(|status| status.stored >= 1).await;
        let so_far = door.gateway.requests();
        let so_far = so_far.iter().filter(|line| relayed(line)).count();
        for path in ["/", "/requests", "/accounts", "/settings/audit"] {
            assert_eq!(person.get(path).await.status, StatusCode::OK, "{path}");
        }
        let here = [("sec-fetch-site", "same-origin")];
        let path = "/v0/management/debug";
        let answer = person.send(Method::GET, path, "", &here).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        so_far
    };
    let (answers, so_far) = tokio::join!(crowd, others);
    let (served, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::OK);
    for answer in &refused {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.json()["code"], "relay_busy");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert!(!refused.is_empty(), "everybody found a seat");
    assert!(served.len() >= 32, "{} were served", served.len());
    assert!(
        so_far < served.len(),
        "the others did not wait for the crowd"
    );
}

#[tokio::test]
async fn pages_of_other_origins_call_only_when_they_are_named() {
    let named = |setup: crate::support::panel::Setup| {
        setup.env("CPAMP_CORS_ORIGINS", "https://panel.example.com")
    };
    let door = Door::with(Options::default(), named).await;
    let visitor = door.panel.visitor();
    let path = "/v0/management/config";
    for (origin, allowed) in [
        ("https://panel.example.com", true),
        ("https://panel.example.com.evil.example", false),
        ("http://panel.example.com", false),
        ("null", false),
    ] {
        let ask = [
            ("origin", origin),
            ("access-control-request-method", "DELETE"),
            ("access-control-request-headers", "authorization"),
        ];
        let preflight = visitor.send(Method::OPTIONS, path, "", &ask).await;
        assert_eq!(preflight.status, StatusCode::NO_CONTENT);
        let key = format!("Bearer {ADMIN_KEY}");
        let with_key = [("origin", origin), ("authorization", key.as_str())];
        let answer = visitor.send(Method::GET, path, "", &with_key).await;
        assert_eq!(answer.status, StatusCode::OK);
        let refused = visitor
            .send(Method::DELETE, path, "", &[("origin", origin)])
            .await;
        assert!(refused.status.is_client_error());
        let expected = if allowed { origin } else { "" };
        for answer in [&preflight, &answer, &refused] {
            assert_eq!(answer.header("access-control-allow-origin"), expected);
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
        let headers = preflight.header("access-control-allow-headers");
        assert_eq!(headers.contains("Authorization"), allowed);
        let exposed = answer.header("access-control-expose-headers");
        assert_eq!(exposed.contains("X-CPA-SUPPORT-PLUGIN"), allowed);
    }
    let page = visitor.send(Method::OPTIONS, "/requests", "", &[]).await;
    assert_ne!(page.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn changes_and_secrets_leave_a_trace_without_secrets() {
    let door = Door::open().await;
    door.put("/v0/management/debug", &json!({"value": true}))
        .await;
    door.get("/v0/management/debug").await;
    door.get("/v0/management/config.yaml").await;
    let script = door.script();
    let path = "/v0/management/gemini-api-key?api-key=sk-a-secret-in-a-query";
    script.send(Method::DELETE, path, "", &[]).await;
    door.gateway.stop().await;
    let call = json!({"method": "GET", "url": "http://x/", "header": {"a": "body-secret"}});
    let body = call.to_string();
    script
        .send(Method::POST, "/v0/management/api-call", &body, &[])
        .await;

    let entries = until("the outcomes are written", async || {
        let read = door
            .panel
            .store()
            .read(|c| audit::list(c, None, None, 9))
            .await
            .unwrap();
        let done = read.len() == 4 && read.iter().all(|entry| !entry.outcome.is_empty());
        if done { Ok(read) } else { Err(read) }
    })
    .await;
    let lines: Vec<_> = entries
        .iter()
        .map(|e| {
            format!(
                "{} {} {} {:?} {}",
                e.kind, e.method, e.path, e.status, e.outcome
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "secret POST /v0/management/api-call None gateway_unreachable",
            "change DELETE /v0/management/gemini-api-key?api-key=… Some(404) done",
            "secret GET /v0/management/config.yaml Some(200) done",
            "change PUT /v0/management/debug Some(200) done",
        ]
    );
    assert_eq!((entries[3].sent, entries[3].received), (14, 15));
    assert_eq!(entries[0].who, "key");
    assert!(!door.panel.disk_holds("sk-a-secret-in-a-query"));
    assert!(!door.panel.disk_holds("body-secret"));

    let person = door.panel.logged_in().await;
    let page = person.get("/settings/audit").await.body;
    assert!(page.contains("PUT /v0/management/debug"), "{page}");
    let changes = person.get("/settings/audit?kind=change").await.body;
    assert!(!changes.contains("config.yaml"), "{changes}");
    let csv = person.get("/settings/audit.csv").await;
    assert!(csv.header("content-disposition").starts_with("attachment"));
    assert_eq!(csv.body.lines().count(), 5);
    assert!(
        csv.body
            .contains(",change,key,127.0.0.1,PUT,/v0/management/debug,200,done,14,15,")
    );

    let refused = person.get("/settings/audit.csv?kind=bogus").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("kind"), "{}", refused.body);

    let later = door.panel.clock.now() + KEPT + Ms(1);
    audit::prune(door.panel.store(), later).await.unwrap();
    let left = door
        .panel
        .store()
        .read(|c| audit::list(c, None, None, 9))
        .await
        .unwrap();
    assert!(left.is_empty());
}
