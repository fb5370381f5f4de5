//! The recorded management exchanges as something that can be played again:
//! what was asked, what came out, and what differs from run to run.

#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::collections::BTreeMap;

use cpamp::fake::Gateway;
use cpamp::fake::upstream::{Answer as WorldAnswer, Call};
use regex::Regex;
use serde_json::Value;

use super::gateway::{Answer, LAB_KEY, recorded};
use super::ordered::Ordered;

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

/// The laboratory had one reachable host with a model server on it, and a proxy
/// in front of the rest.
fn laboratory_network(
    exchanges: &[Exchange],
) -> impl Fn(&Call) -> Result<WorldAnswer, String> + use<> {
    let page = exchanges[149].line["json"].clone();
    let models = [("mock-500", 167), ("mock-1", 168)]
        .map(|(model, step)| (model, exchanges[step - 1].line.clone()));
    move |call| match call.url.as_str() {
        "http://127.0.0.1:9701/x" => Ok(WorldAnswer {
            status: 200,
            headers: serde_json::from_value(page["header"].clone()).unwrap(),
            body: page["body"].as_str().unwrap().into(),
        }),
        "http://127.0.0.1:9701/v1/chat/completions" => {
            let named = |(model, _): &&(&str, Value)| call.body.contains(&format!("{model:?}"));
            let (_, line) = models.iter().find(named).expect("a model of the server");
            Ok(WorldAnswer {
                status: u16::try_from(line["status"].as_u64().unwrap()).unwrap(),
                headers: BTreeMap::new(),
                body: line["json"].to_string(),
            })
        }
        _ => Err("lab proxy".into()),
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

/// The gateway and what was learnt of this run so far.
pub(crate) struct Replay<'g> {
    gateway: &'g Gateway,
    exchanges: Vec<Exchange>,
    renamed: Renamed,
}

/// What to send for a recorded step.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl<'g> Replay<'g> {
    /// `listed`: the auth files as this gateway lists them at its start.
    pub(crate) fn new(gateway: &'g Gateway, listed: &str) -> Self {
        let exchanges = exchanges();
        gateway.set_upstream(laboratory_network(&exchanges));
        let mut renamed = Renamed::default();
        let ours = serde_json::from_str(listed).unwrap();
        renamed.learn_ids(&exchanges[96].line["json"], &ours);
        Self {
            gateway,
            exchanges,
            renamed,
        }
    }

    pub(crate) fn steps(&self) -> usize {
        self.exchanges.len()
    }

    /// Makes the world what it was before this step, counted from 1.
    pub(crate) fn ask(&self, step: usize) -> Asked {
        let Exchange { step, line, .. } = &self.exchanges[step - 1];
        happened_before(*step, self.gateway, &self.exchanges);
        let text = |key: &str| line[key].as_str().unwrap_or_default();
        let body = match &line["request_json"] {
            Value::Null => text("request_raw").to_owned(),
            json => json.to_string(),
        };
        Asked {
            method: text("method").to_owned(),
            path: self.renamed.apply(text("path")),
            headers: request_headers(line),
            body: self.renamed.apply(&body),
        }
    }

    /// Status, headers and body must be those of the recording.
    pub(crate) fn compare(&mut self, step: usize, got: &Answer) {
        let Exchange { step, line, answer } = &self.exchanges[step - 1];
        let text = |key: &str| line[key].as_str().unwrap_or_default();
        let what = format!("step {step}: {} {}", text("method"), text("path"));
        assert_eq!(got.status, line["status"], "{what}: {}", got.body);
        assert_eq!(got.header("content-type"), text("content_type"), "{what}");
        if let Some(expected) = answer {
            let json: Value = serde_json::from_str(&got.body).unwrap();
            for key in ["state", "next-cursor"] {
                self.renamed.learn(&line["json"][key], &json[key]);
            }
            let (mut got, mut expected) =
                (serde_json::from_str(&got.body).unwrap(), expected.clone());
            self.renamed.settle(&mut got);
            self.renamed.settle(&mut expected);
            if text("path") == "/v1/models" {
                (got, expected) = (unordered(got), unordered(expected));
            }
            // These went through a sorted map on their way into this test.
            if matches!(*step, 167 | 168 | 176) {
                (got, expected) = (sorted(got), sorted(expected));
            }
            assert_eq!(got.difference(&expected), None, "{what}");
        } else {
            assert_eq!(got.body, text("text"), "{what}");
        }
        for (name, value) in line["headers"].as_object().into_iter().flatten() {
            let ours = got.header(&name.to_lowercase());
            if name == "X-Cpa-Trace-Id" {
                assert_eq!(ours.len(), value.as_str().unwrap().len(), "{what}: {ours}");
            } else {
                assert_eq!(ours, value, "{what}: {name}");
            }
        }
        let versioned = line["headers"]["X-Cpa-Version"].is_string();
        assert_eq!(
            got.headers.contains_key("x-cpa-version"),
            versioned,
            "{what}"
        );
    }
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
