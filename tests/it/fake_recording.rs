//! The recorded management exchanges, sent to the simulated gateway in order:
//! each must come out as it was recorded.

#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::collections::BTreeMap;

use cpamp::fake::Gateway;
use cpamp::fake::upstream::{Answer, Call};
use regex::Regex;
use serde_json::Value;

use crate::support::gateway::{LAB_KEY, get, http, laboratory, recorded};
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

/// What differs from run to run, by what it was in the recording: ids made from
/// the real place of the auth files, states of log-ins, cursors.
#[derive(Default)]
struct Renamed(BTreeMap<String, String>);

impl Renamed {
    fn apply(&self, text: &str) -> String {
        let rename = |text: String, (was, is): (&String, &String)| text.replace(was, is);
        self.0.iter().fold(text.to_owned(), rename)
    }

    /// The auth files of both, by name.
    fn learn_ids(&mut self, recorded: &Value, ours: &Value) {
        for file in recorded["files"].as_array().unwrap() {
            let same = |other: &&Value| other["name"] == file["name"];
            let other = ours["files"].as_array().unwrap().iter().find(same).unwrap();
            self.learn(&file["auth_index"], &other["auth_index"]);
        }
    }

    fn learn(&mut self, recorded: &Value, ours: &Value) {
        if let (Some(recorded), Some(ours)) = (recorded.as_str(), ours.as_str()) {
            self.0.insert(recorded.to_owned(), ours.to_owned());
        }
    }

    /// Times, and what is drawn by lot, are the same on both sides after this.
    fn settle(&self, answer: &mut Ordered) {
        let log = Regex::new(r"^\[[^]]+\] \[(?:[0-9a-f]{8}|(-+))\]").unwrap();
        let duration = Regex::new(r"\| +[0-9.]+m?s \|").unwrap();
        let challenge = Regex::new("code_challenge=[^&]+").unwrap();
        answer.each("", &mut |key, value| match (key, value) {
            ("created_at" | "updated_at" | "modtime", Ordered::Text(text)) => text.clear(),
            ("latest-timestamp" | "modified", value @ Ordered::Number(_)) => *value = Ordered::Null,
            ("lines", Ordered::Text(text)) => {
                let settled = log.replace(text, "[time] [id$1]");
                *text = self.apply(&duration.replace(&settled, "| 0s |"));
            }
            (_, Ordered::Text(text)) => {
                *text = challenge
                    .replace(&self.apply(text), "code_challenge=…")
                    .into_owned();
            }
            _ => {}
        });
    }
}

/// What the world around the gateway did before a recorded step: two requests
/// for models reached a mock model server, and left events and a log.
fn happened_before(step: u64, gateway: &Gateway, exchanges: &[Exchange]) {
    let line = |step: u64| &exchanges[usize::try_from(step - 1).unwrap()].line;
    if step == 169 {
        let name = line(169)["json"]["files"][0]["name"].as_str().unwrap();
        gateway.put_error_log(name, line(170)["text"].as_str().unwrap());
    }
    if step == 176 {
        for event in line(176)["json"].as_array().unwrap() {
            gateway.push(&event.to_string());
        }
    }
}

/// The laboratory had one reachable host, and a proxy in front of the rest.
fn laboratory_network(exchanges: &[Exchange]) -> impl Fn(&Call) -> Result<Answer, String> + use<> {
    let recorded = exchanges[149].line["json"].clone();
    move |call| {
        if call.url != "http://127.0.0.1:9701/x" {
            return Err("lab proxy".into());
        }
        Ok(Answer {
            status: 200,
            headers: serde_json::from_value(recorded["header"].clone()).unwrap(),
            body: recorded["body"].as_str().unwrap().into(),
        })
    }
}

fn request_headers(line: &Value) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let for_models = line["path"].as_str().unwrap().starts_with("/v1");
    match (line["auth"].as_str().unwrap(), for_models) {
        ("management", _) => headers.push(("Authorization".into(), format!("Bearer {LAB_KEY}"))),
        ("wrong", false) => headers.push(("Authorization".into(), "Bearer wrong".into())),
        ("wrong", true) => headers.push(("X-Api-Key".into(), "client-key-alpha-0001".into())),
        _ => {}
    }
    for (name, value) in line["request_headers"].as_object().into_iter().flatten() {
        headers.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    if let Some(content_type) = line["request_content_type"].as_str() {
        headers.push(("Content-Type".into(), content_type.into()));
    }
    headers
}

/// All but the two requests that only a model server could answer.
#[tokio::test]
async fn recorded_exchanges_come_out_the_same() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let exchanges = exchanges();
    gateway.set_upstream(laboratory_network(&exchanges));
    let mut renamed = Renamed::default();
    let ours = get(&gateway, "/v0/management/auth-files").await.body;
    renamed.learn_ids(
        &exchanges[96].line["json"],
        &serde_json::from_str(&ours).unwrap(),
    );
    let mut compared = 0;
    for Exchange { step, line, answer } in &exchanges {
        if matches!(step, 167 | 168) {
            continue;
        }
        happened_before(*step, &gateway, &exchanges);
        let text = |key: &str| line[key].as_str().unwrap_or_default();
        let body = match &line["request_json"] {
            Value::Null => text("request_raw").to_owned(),
            json => json.to_string(),
        };
        let headers = request_headers(line);
        let headers: Vec<_> = headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let path = renamed.apply(text("path"));

        let got = http(
            &gateway,
            text("method"),
            &path,
            &headers,
            renamed.apply(&body).as_bytes(),
        )
        .await;

        let what = format!("step {step}: {} {path}", text("method"));
        assert_eq!(got.status, line["status"], "{what}: {}", got.body);
        assert_eq!(got.header("content-type"), text("content_type"), "{what}");
        if let Some(expected) = answer {
            let json: Value = serde_json::from_str(&got.body).unwrap();
            for key in ["state", "next-cursor"] {
                renamed.learn(&line["json"][key], &json[key]);
            }
            let (mut got, mut expected) =
                (serde_json::from_str(&got.body).unwrap(), expected.clone());
            renamed.settle(&mut got);
            renamed.settle(&mut expected);
            if path == "/v1/models" {
                (got, expected) = (unordered(got), unordered(expected));
            }
            // Events go through a sorted map on their way into this test.
            if *step == 176 {
                (got, expected) = (sorted(got), sorted(expected));
            }
            assert_eq!(got.difference(&expected), None, "{what}");
        } else {
            assert_eq!(got.body, text("text"), "{what}");
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
    assert_eq!(compared, 205);
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
