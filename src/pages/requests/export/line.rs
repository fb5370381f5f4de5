//! One row of an export as text. There may be millions: names are lent and
//! numbers go straight into the output. CSV and JSON have the same fields, but
//! only in CSV is text kept from being taken for a formula.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::Format;
use crate::domain::tokens::Quality;
use crate::domain::units::At;
use crate::pages::cell;
use crate::pages::sheet::csv_writer;
use crate::store::export;

/// The fields of a [`Line`], for the head of a CSV file.
pub(super) const NAMES: [&str; 28] = [
    "time",
    "id",
    "request_id",
    "status",
    "http",
    "provider",
    "model",
    "alias",
    "account",
    "account_id",
    "auth_type",
    "key",
    "key_id",
    "key_alias",
    "endpoint",
    "effort",
    "tier",
    "served_tier",
    "latency_ms",
    "ttft_ms",
    "input_uncached",
    "input_cache_read",
    "input_cache_write",
    "output_visible",
    "output_reasoning",
    "unclassified",
    "token_quality",
    "cost_usd",
];

#[derive(Serialize)]
struct Line<'a> {
    time: &'a str,
    id: &'a str,
    request_id: Cow<'a, str>,
    status: &'static str,
    http: i64,
    provider: Cow<'a, str>,
    model: Cow<'a, str>,
    alias: Cow<'a, str>,
    account: Cow<'a, str>,
    account_id: Cow<'a, str>,
    auth_type: Cow<'a, str>,
    key: Cow<'a, str>,
    key_id: &'a str,
    key_alias: Cow<'a, str>,
    endpoint: Cow<'a, str>,
    effort: Cow<'a, str>,
    tier: Cow<'a, str>,
    served_tier: Cow<'a, str>,
    latency_ms: Option<i64>,
    ttft_ms: Option<i64>,
    input_uncached: Option<i64>,
    input_cache_read: Option<i64>,
    input_cache_write: Option<i64>,
    output_visible: Option<i64>,
    output_reasoning: Option<i64>,
    unclassified: i64,
    token_quality: &'static str,
    cost_usd: Option<&'a str>,
}

/// Writes lines one after the other into one buffer.
pub(super) struct Writer<'a> {
    /// An account as this visitor may see it.
    account: &'a dyn Fn(&str) -> String,
    /// Those that were met.
    accounts: HashMap<String, String>,
    /// Whether aliases of keys are shown: not where identities are hidden.
    aliases: bool,
    out: Output,
    time: Time,
    id: String,
    cost: String,
}

enum Output {
    Csv(Box<csv::Writer<Vec<u8>>>),
    JsonLines(Vec<u8>),
}

impl<'a> Writer<'a> {
    pub(super) fn new(format: Format, account: &'a dyn Fn(&str) -> String, aliases: bool) -> Self {
        let out = match format {
            Format::Csv => Output::Csv(Box::new(csv_writer(0))),
            Format::JsonLines => Output::JsonLines(Vec::new()),
        };
        Self {
            account,
            accounts: HashMap::new(),
            aliases,
            out,
            time: Time::default(),
            id: String::new(),
            cost: String::new(),
        }
    }

    pub(super) fn write(&mut self, row: &export::Line<'_>) {
        if !self.accounts.contains_key(row.account) {
            let shown = (self.account)(row.account);
            self.accounts.insert(row.account.to_owned(), shown);
        }
        let account = self.accounts.get(row.account).map_or("", String::as_str);
        // Writing to memory does not fail, here and below.
        self.id.clear();
        let _ = write!(self.id, "{}", row.key);
        self.cost.clear();
        if let Some(cost) = row.cost {
            cell::write_dollars(&mut self.cost, cost);
        }
        let text = match self.out {
            Output::Csv(_) => inert,
            Output::JsonLines(_) => as_it_is,
        };
        let tokens = &row.tokens;
        let line = Line {
            time: self.time.rfc3339(row.key.at),
            id: &self.id,
            request_id: text(row.request_id),
            status: if row.failed { "failed" } else { "ok" },
            http: row.status,
            provider: text(row.provider),
            model: text(row.model),
            alias: text(row.alias),
            account: text(account),
            account_id: text(row.account_id),
            auth_type: text(row.auth_type),
            key: text(row.key_mask),
            key_id: row.key_hash,
            key_alias: text(if self.aliases { row.key_alias } else { "" }),
            endpoint: text(row.endpoint),
            effort: text(row.effort),
            tier: text(row.tier),
            served_tier: text(row.served_tier),
            latency_ms: row.latency.map(|ms| ms.0),
            ttft_ms: row.ttft.map(|ms| ms.0),
            input_uncached: tokens.uncached,
            input_cache_read: tokens.cache_read,
            input_cache_write: tokens.cache_write,
            output_visible: tokens.output,
            output_reasoning: tokens.reasoning,
            unclassified: tokens.unclassified,
            token_quality: quality(tokens.quality),
            cost_usd: row.cost.is_some().then_some(&self.cost),
        };
        match &mut self.out {
            Output::Csv(out) => {
                let _ = out.serialize(line);
            }
            Output::JsonLines(out) => {
                let _ = serde_json::to_writer(&mut *out, &line);
                out.push(b'\n');
            }
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        match self.out {
            Output::Csv(out) => out.into_inner().unwrap_or_default(),
            Output::JsonLines(out) => out,
        }
    }
}

/// Text that no spreadsheet takes for a formula.
fn inert(text: &str) -> Cow<'_, str> {
    if cell::is_formula(text) {
        Cow::Owned(cell::inert(text))
    } else {
        Cow::Borrowed(text)
    }
}

fn as_it_is(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Moments of ascending rows: the calendar is asked once a minute of theirs.
#[derive(Default)]
struct Time {
    minute: Option<i64>,
    /// Of the text, what rows of this minute share.
    shared: usize,
    text: String,
}

impl Time {
    fn rfc3339(&mut self, at: At) -> &str {
        let (minute, rest) = (at.0.div_euclid(60_000), at.0.rem_euclid(60_000));
        if self.minute != Some(minute) {
            self.text = At(minute * 60_000).rfc3339();
            self.shared = self.text.rfind(':').map_or(0, |colon| colon + 1);
            self.minute = Some(minute);
        }
        self.text.truncate(self.shared);
        let _ = write!(self.text, "{:02}.{:03}Z", rest / 1_000, rest % 1_000);
        &self.text
    }
}

fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Complete => "complete",
        Quality::Derived => "derived",
        Quality::Partial => "partial",
        Quality::Inconsistent => "inconsistent",
        Quality::Missing => "missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{EventId, EventKey};
    use crate::domain::tokens::Tokens;
    use crate::domain::units::{Ms, NanoUsd};
    use proptest::prelude::*;

    fn written(format: Format) -> String {
        let row = export::Line {
            key: EventKey {
                at: At(1_772_359_200_007),
                id: EventId(10),
            },
            request_id: "66fbaaaf",
            provider: "codex",
            model: "=gpt, \"5\"",
            alias: "",
            account: "alice@example.com",
            account_id: "49edba963014b089",
            auth_type: "oauth",
            key_mask: "clie…0001",
            key_hash: "0123456789abcdef",
            key_alias: "@home",
            endpoint: "POST /v1/responses",
            effort: "high",
            tier: "auto",
            served_tier: "default",
            failed: true,
            status: 429,
            latency: Some(Ms(1_200)),
            ttft: None,
            tokens: Tokens {
                uncached: Some(360),
                cache_read: Some(640),
                cache_write: Some(0),
                output: Some(80),
                reasoning: None,
                unclassified: 0,
                quality: Quality::Partial,
            },
            cost: Some(NanoUsd(1_500_000_000)),
        };
        let mut writer = Writer::new(format, &|name| name.replace("alice", "a…"), true);
        writer.write(&row);
        String::from_utf8(writer.finish()).unwrap()
    }

    #[test]
    fn csv_is_quoted_and_inert() {
        assert_eq!(
            written(Format::Csv),
            "2026-03-01T10:00:00.007Z,19ca8d72d07-000000000000000a,66fbaaaf,failed,429,codex,\
             \"'=gpt, \"\"5\"\"\",,a…@example.com,49edba963014b089,oauth,clie…0001,\
             0123456789abcdef,'@home,\
             POST /v1/responses,high,auto,default,1200,,360,640,0,80,,0,partial,1.500000000\r\n"
        );
    }

    #[test]
    fn json_says_what_is_unknown_and_names_fields_as_csv_does() {
        let line = written(Format::JsonLines);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["model"], "=gpt, \"5\"");
        assert_eq!(value["ttft_ms"], serde_json::Value::Null);
        assert_eq!(value["output_reasoning"], serde_json::Value::Null);
        assert_eq!(value["latency_ms"], 1_200);
        assert_eq!(value["cost_usd"], "1.500000000");
        let mut rest = line.as_str();
        for name in NAMES {
            let (_, after) = rest.split_once(&format!("\"{name}\":")).unwrap();
            rest = after;
        }
        assert_eq!(value.as_object().unwrap().len(), NAMES.len());
    }

    proptest! {
        #[test]
        fn moments_read_as_ever(
            start in 0..4_000_000_000_000_i64,
            steps in proptest::collection::vec(0..70_000_i64, 1..50),
        ) {
            let (mut time, mut at) = (Time::default(), start);
            for step in steps {
                at += step;
                prop_assert_eq!(time.rfc3339(At(at)), At(at).rfc3339());
            }
        }
    }
}
