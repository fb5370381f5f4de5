//! The simulated gateway on HTTP: the recorded exchanges, and what they leave
//! unsaid about access, the queue and older releases.

#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::collections::BTreeMap;

use cpamp::clock::Clock;
use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Options, Version, Via};
use serde_json::Value;

use crate::support::gateway::{LAB_KEY, LAB_TIME, get, http, laboratory, recorded};
use crate::support::ordered::Ordered;

/// One recorded line.
struct Exchange {
    step: u64,
    line: Value,
    /// The answer with its keys in the order they came.
    answer: Option<Ordered>,
}

fn exchanges() -> Vec<Exchange> {
    #[derive(serde::Deserialize)]
    struct Line {
        json: Option<Ordered>,
    }
    recorded("management-exchanges.jsonl")
        .lines()
        .map(|text| {
            let line: Value = serde_json::from_str(text).unwrap();
            Exchange {
                step: line["step"].as_u64().unwrap(),
                answer: serde_json::from_str::<Line>(text).unwrap().json,
                line,
            }
        })
        .collect()
}

/// Model requests reached a mock model server: not the gateway's own answers.
/// What they left behind is pushed by hand before step 176.
fn reached_the_model_server(step: u64) -> bool {
    matches!(step, 160 | 162 | 167 | 168)
}

/// Routes the simulated gateway does not answer yet.
fn is_left_for_later(step: u64) -> bool {
    matches!(step,
        101..=129 | 133..=175 | 181..=201
    )
}

/// Times of the auth files and ids made from their real place vary from run to
/// run; everything else has to be the same.
fn settled(answer: &mut Ordered, ids: &BTreeMap<String, String>) {
    answer.map_texts("", &|key, text| {
        if matches!(key, "created_at" | "updated_at" | "modtime") {
            "<time>".clone_into(text);
        }
        if let Some(id) = ids.get(text.as_str()) {
            id.clone_into(text);
        }
    });
}

/// Which auth file's id of the recording is which of ours, by file name.
fn ids(recorded: &Value, ours: &Value) -> BTreeMap<String, String> {
    let by_name = |files: &Value| -> BTreeMap<String, String> {
        let files = files["files"].as_array().unwrap().iter();
        files
            .map(|file| {
                let text = |key: &str| file[key].as_str().unwrap().to_owned();
                (text("name"), text("auth_index"))
            })
            .collect()
    };
    let ours = by_name(ours);
    by_name(recorded)
        .into_iter()
        .map(|(name, id)| (id, ours[&name].clone()))
        .collect()
}

#[tokio::test]
async fn recorded_exchanges_come_out_the_same() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let exchanges = exchanges();
    let ours: Value =
        serde_json::from_str(&get(&gateway, "/v0/management/auth-files").await.body).unwrap();
    let ids = ids(&exchanges[96].line["json"], &ours);
    let mut compared = 0;
    for Exchange { step, line, answer } in exchanges {
        if reached_the_model_server(step) || is_left_for_later(step) {
            continue;
        }
        if step == 176 {
            for event in line["json"].as_array().unwrap() {
                gateway.push(&event.to_string());
            }
        }
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let mut headers: Vec<(String, String)> = Vec::new();
        match (
            line["auth"].as_str().unwrap(),
            text("path").starts_with("/v1"),
        ) {
            ("management", _) => {
                headers.push(("Authorization".into(), format!("Bearer {LAB_KEY}")));
            }
            ("wrong", false) => headers.push(("Authorization".into(), "Bearer wrong".into())),
            ("wrong", true) => headers.push((
                "Authorization".into(),
                "Bearer client-key-alpha-0001".into(),
            )),
            _ => {}
        }
        for (name, value) in line["request_headers"].as_object().into_iter().flatten() {
            headers.push((name.clone(), value.as_str().unwrap().to_owned()));
        }
        let mut body = match &line["request_json"] {
            Value::Null => text("request_raw"),
            json => json.to_string(),
        };
        for (recorded, ours) in &ids {
            body = body.replace(recorded, ours);
        }
        let content_type = match text("request_content_type").as_str() {
            "" if body.is_empty() => String::new(),
            "" => "application/json".to_owned(),
            given => given.to_owned(),
        };
        headers.push(("Content-Type".to_owned(), content_type));
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();

        let got = http(
            &gateway,
            &text("method"),
            &text("path"),
            &headers,
            body.as_bytes(),
        )
        .await;

        let what = format!("step {step}: {} {}", text("method"), text("path"));
        assert_eq!(got.status, line["status"], "{what}: {}", got.body);
        assert_eq!(got.header("content-type"), text("content_type"), "{what}");
        match answer {
            Some(mut expected) => {
                let mut got: Ordered = serde_json::from_str(&got.body).unwrap();
                settled(&mut expected, &ids);
                settled(&mut got, &BTreeMap::new());
                if text("path") == "/v1/models" {
                    (got, expected) = (unordered(got), unordered(expected));
                }
                // Events go through a sorted map on their way into this test.
                if step == 176 {
                    (got, expected) = (sorted(got), sorted(expected));
                }
                assert_eq!(got.difference(&expected), None, "{what}");
            }
            None => assert_eq!(got.body, text("text"), "{what}"),
        }
        for (name, value) in line["headers"].as_object().into_iter().flatten() {
            assert_eq!(got.header(&name.to_lowercase()), value, "{what}: {name}");
        }
        let versioned = line["headers"]["X-Cpa-Version"].is_string();
        assert_eq!(
            got.headers.contains_key("x-cpa-version"),
            versioned,
            "{what}"
        );
        compared += 1;
    }
    assert_eq!(compared, 207 - 4 - 89);
}

/// Models come in the order of a Go map, those of a compatible provider with
/// the time of the start.
fn unordered(mut models: Ordered) -> Ordered {
    if let Ordered::Map(entries) = &mut models
        && let Ordered::List(list) = &mut entries[0].1
    {
        for model in list.iter_mut() {
            if let Ordered::Map(fields) = model
                && fields
                    .iter()
                    .any(|(_, value)| *value == Ordered::Text("mockrouter".into()))
            {
                fields.retain(|(key, _)| key != "created");
            }
        }
        list.sort_by_key(|model| format!("{model:?}"));
    }
    models
}

fn sorted(value: Ordered) -> Ordered {
    match value {
        Ordered::List(items) => Ordered::List(items.into_iter().map(sorted).collect()),
        Ordered::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Ordered::Map(entries)
        }
        other => other,
    }
}

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
    let mut resp = crate::support::gateway::Resp::open(&gateway).await;
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
