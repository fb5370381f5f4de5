//! The API and its description say the same: every path of the document is
//! served and answers in its shape, every path that is served is described, and
//! what is not described is refused.

use std::collections::{BTreeMap, BTreeSet};

use cpamp::domain::units::Ms;
use cpamp::store::clients::Listed;
use regex::Regex;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::database::store;
use crate::support::events::{MORNING, event, events};
use crate::support::panel::{ADMIN_KEY, Browser, Panel};
use crate::support::schema::{faults, resolve};

const MANAGEMENT: &str = "/v0/management/";

/// A panel with requests of two days: some failed, unpriced, or with counts
/// that are not known.
pub(crate) async fn busy() -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut all = events(0, 200);
    for (n, event) in (0_i64..).zip(&mut all) {
        if n % 7 == 0 {
            event.failed = true;
            event.status = 429;
            event.failure = String::from(r#"{"error":{"message":"too much"}}"#);
        }
        if n % 11 == 0 {
            event.tokens.output = None;
        }
        if n % 5 == 0 {
            event.model = String::from("nobody-prices-this");
            event.client_key.hash.clear();
            event.client_key.mask.clear();
        }
        if n % 3 == 0 {
            event.key.at = event.key.at - Ms::DAY;
        }
        event.ttft = event.ttft.filter(|_| n % 2 == 0);
    }
    store(panel.store(), all).await.unwrap();
    let key = Listed {
        hash: String::from("00000000000000ff"),
        mask: String::from("sk-n…used"),
    };
    let list = move |c: &mut _| cpamp::store::clients::keep_list(c, &[key], MORNING);
    panel.store().write(list).await.unwrap();
    let script = panel
        .visitor()
        .with("authorization", &format!("Bearer {ADMIN_KEY}"));
    (panel, script)
}

async fn document(script: &Browser) -> Value {
    let answer = script.get("/v0/management/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

/// Paths and their operations.
fn operations(document: &Value) -> BTreeMap<(String, String), Value> {
    let mut all = BTreeMap::new();
    for (path, item) in document.get("paths").unwrap().as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method != "parameters" {
                all.insert((path.clone(), method.to_uppercase()), operation.clone());
            }
        }
    }
    all
}

/// A path with the id of something that exists.
fn filled(path: &str) -> String {
    let id = if path.contains("requests/") {
        event(8).key.to_string()
    } else {
        event(8).client_key.hash
    };
    path.replace("{id}", &id)
}

/// What a parameter may be.
fn example(name: &str) -> &'static str {
    match name {
        "range" => "30d",
        "from" => "2026-02-01",
        "to" => "2026-03-02T00:00:00%2B02:00",
        "tz" => "Asia/Kolkata",
        "provider" => "codex",
        "model" => "gpt-5",
        "alias" => "fast",
        "account" => "49edba963014b089",
        "key" => "0123456789abcdef",
        "endpoint" => "POST+/v1/chat/completions",
        "tier" => "default",
        "status" => "failed",
        "http" => "429",
        "min_ms" | "n" | "hour" => "10",
        "max_ms" => "90000",
        "cache" => "hit",
        "cost" => "no_price",
        "weekday" => "sun",
        "trace" => "66fbaaaf",
        "q" => "GPT",
        "vs" => "none",
        "by" => "day",
        "sort" => "-cost",
        "after" | "before" => "19ca82cd680-0123456789abcdef",
        "layer" => "synced",
        other => panic!("no example of {other}"),
    }
}

fn parameters(document: &Value, operation: &Value) -> Vec<Value> {
    let all = operation.get("parameters").and_then(Value::as_array);
    let all = all.into_iter().flatten();
    all.map(|parameter| resolve(document, parameter).clone())
        .collect()
}

fn answer_schema(operation: &Value) -> Option<Value> {
    let content = operation.pointer("/responses/200/content").unwrap();
    Some(content.get("application/json")?.get("schema")?.clone())
}

fn name(parameter: &Value) -> &str {
    parameter.get("name").unwrap().as_str().unwrap()
}

#[tokio::test]
async fn every_described_path_answers_in_its_shape() {
    let (panel, script) = busy().await;
    let document = document(&script).await;
    assert_eq!(document.get("openapi").unwrap(), "3.1.0");
    for ((path, method), operation) in operations(&document) {
        if method != "GET" {
            continue;
        }
        let path = filled(&path);
        let needed: Vec<String> = parameters(&document, &operation)
            .iter()
            .filter(|p| p.get("required") == Some(&Value::Bool(true)))
            .map(|p| format!("{}={}", name(p), example(name(p))))
            .collect();
        let mut queries = vec![needed.join("&")];
        for parameter in parameters(&document, &operation) {
            let one = format!("{}={}", name(&parameter), example(name(&parameter)));
            queries.push([needed.as_slice(), &[one]].concat().join("&"));
        }
        for (n, query) in queries.iter().enumerate() {
            // What is needed must not be said twice.
            if n > 0 && needed.iter().any(|said| query.matches(said).count() > 1) {
                continue;
            }
            let url = format!("{path}?{query}");
            let answer = script.get(url.trim_end_matches('?')).await;
            assert_eq!(answer.status, StatusCode::OK, "{url}: {}", answer.body);
            if let Some(schema) = answer_schema(&operation) {
                let found = faults(&document, &schema, &answer.json());
                assert!(found.is_empty(), "{url}: {found:#?}");
            }
        }
    }
    // Nothing stored, nothing to divide by.
    let empty = Panel::start().await;
    let script = empty
        .visitor()
        .with("authorization", &format!("Bearer {ADMIN_KEY}"));
    for ((path, method), operation) in operations(&document) {
        if method == "GET" && !path.contains('{') && !path.contains("lookup") {
            let answer = script.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            if let Some(schema) = answer_schema(&operation) {
                let found = faults(&document, &schema, &answer.json());
                assert!(found.is_empty(), "{path} of nothing: {found:#?}");
            }
        }
    }
    drop(panel);
}

#[tokio::test]
async fn every_served_path_is_described_and_no_other_method_is_served() {
    let (_panel, script) = busy().await;
    let document = document(&script).await;
    let described: BTreeSet<(String, String)> = operations(&document)
        .into_keys()
        .filter(|(path, _)| path.starts_with(MANAGEMENT))
        .collect();
    let source = include_str!("../../src/api.rs");
    let mut served = BTreeSet::new();
    let places = Regex::new(r#"at\(\s*"([^"]+)"\s*\)"#).unwrap();
    let methods = Regex::new(r"route\(\s*(get|put|post|delete)\(\)").unwrap();
    let found: Vec<_> = places.captures_iter(source).collect();
    for (n, place) in found.iter().enumerate() {
        let to = found
            .get(n + 1)
            .map_or(source.len(), |next| next.get(0).unwrap().start());
        let block = &source[place.get(0).unwrap().end()..to];
        // The rankings share a line of their own at the end.
        let block = block.split("for (name").next().unwrap();
        for method in methods.captures_iter(block) {
            let path = format!("{MANAGEMENT}{}", &place[1]);
            served.insert((path, method[1].to_uppercase()));
        }
    }
    for by in [
        "models",
        "aliases",
        "keys",
        "accounts",
        "providers",
        "endpoints",
        "tiers",
        "statuses",
    ] {
        served.insert((format!("{MANAGEMENT}usage/{by}"), String::from("GET")));
    }
    assert_eq!(described, served);
    for path in described
        .iter()
        .map(|(path, _)| path)
        .collect::<BTreeSet<_>>()
    {
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE"] {
            if described.contains(&(path.clone(), method.to_owned())) {
                continue;
            }
            let verb = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = script.send(verb, &filled(path), "{}", &[]).await;
            let refused = StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(answer.status, refused, "{method} {path}: {}", answer.body);
            assert_eq!(answer.json()["code"], "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn what_is_not_understood_is_an_error_in_json() {
    let (panel, script) = busy().await;
    let document = document(&script).await;
    let error = resolve(&document, &document["components"]["schemas"]["Error"]).clone();
    let anonymous = panel.visitor();
    for ((path, method), operation) in operations(&document) {
        if !path.starts_with(MANAGEMENT) {
            continue;
        }
        let verb = Method::from_bytes(method.as_bytes()).unwrap();
        let path = filled(&path);
        let same_site = [("sec-fetch-site", "same-origin")];
        let answer = anonymous.send(verb.clone(), &path, "{}", &same_site).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(faults(&document, &error, &answer.json()), [""; 0]);
        if path.ends_with("openapi.json") {
            continue;
        }
        let odd = format!("{path}?modle=gpt-5");
        let answer = script.send(verb, &odd, "{}", &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {odd}");
        assert_eq!(answer.json()["code"], "unknown_parameter", "{method} {odd}");
        assert_eq!(faults(&document, &error, &answer.json()), [""; 0]);
        for parameter in parameters(&document, &operation) {
            if method != "GET" || matches!(name(&parameter), "model" | "provider") {
                continue;
            }
            let empty = format!("{path}?{}=", name(&parameter));
            let answer = script.get(&empty).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{empty}");
            assert_eq!(answer.json()["code"], "bad_parameter", "{empty}");
        }
    }
    let answer = script.get("/v0/management/usage?sort=-cost").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "sums have no order");
    let answer = script.get("/v0/management/requests/no-such-request").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["code"], "not_found");
}
