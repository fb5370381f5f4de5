//! The real binary collecting from the simulated gateway. The gateway knows
//! what it handed out, the export says what became of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use cpamp::fake::{Gateway, Options};
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

use super::binary::{self, Binary};
use super::traffic::{self, Numbers};
use super::wait::{until, within};

/// A gateway, a place for data, and how many events were made so far.
pub(crate) struct Lab {
    pub(crate) gateway: Gateway,
    pub(crate) data: TempDir,
    pub(crate) made: u32,
}

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self {
            gateway: Gateway::start(options).await.unwrap(),
            data: TempDir::new().unwrap(),
            made: 0,
        }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.data.path().join("data")
    }

    pub(crate) fn command(&self) -> Command {
        binary::connected(&self.folder(), &self.gateway)
    }

    pub(crate) async fn start(&self) -> Binary {
        Binary::start(self.command()).await
    }

    /// Finished requests, all different.
    pub(crate) fn push(&mut self, count: u32) {
        for _ in 0..count {
            self.gateway.push(&traffic::numbered(self.made).to_string());
            self.made += 1;
        }
    }

    /// Waits until the gateway has handed out so many more.
    pub(crate) async fn popped(&self, since: u64, count: u64) {
        let enough = self.gateway.wait(|tally| tally.popped >= since + count);
        within("events are taken", enough).await;
    }

    /// Everything that came through, once all that was made is taken and stored:
    /// what is taken in order is stored in order, so the last one ends it.
    pub(crate) async fn settled(&mut self, panel: &Binary) -> Numbers {
        self.push(1);
        let last = traffic::request_id(self.made - 1);
        let path = format!("/requests.jsonl?range=all&trace={last}");
        let script = panel.script();
        until("the last event is stored", async || {
            let found = script.get(&path).await;
            assert_eq!(found.status, StatusCode::OK, "{}", found.body);
            found.body.contains(&last).then_some(()).ok_or(found.body)
        })
        .await;
        let numbers = panel.exported().await;
        let rows = Some(numbers.rows());
        let agree =
            |status: &Value| status.pointer("/events/stored").and_then(Value::as_u64) == rows;
        panel
            .status_with(&format!("the counter says {rows:?}"), agree)
            .await;
        numbers
    }

    /// Nothing lost and nothing twice.
    pub(crate) async fn complete(&mut self, panel: &Binary) {
        let numbers = self.settled(panel).await;
        numbers.check(self.made, 0);
    }
}

/// A field of the collector's part of the status.
pub(crate) fn word<'a>(status: &'a Value, field: &str) -> &'a str {
    let collector = status.get("collector").unwrap();
    collector
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The files below that hold these bytes. Another process looks: closing a
/// file of SQLite here would give up the locks this one holds.
pub(crate) fn anywhere(folder: &Path, marker: &str) -> String {
    let found = Command::new("grep")
        .args(["-rlaF", marker])
        .arg(folder)
        .output()
        .unwrap();
    String::from_utf8(found.stdout).unwrap()
}
