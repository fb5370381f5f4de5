//! An exported request as a test reads it, and what is counted of many of them:
//! once more the slow way, sharing no code with the store.

use chrono::{DateTime, TimeZone as _};
use chrono_tz::Tz;
use serde_json::Value;

pub(super) struct Row {
    pub(super) at: i64,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) account: String,
    pub(super) key: String,
    pub(super) failed: bool,
    pub(super) http: i64,
    pub(super) latency: Option<i64>,
    ttft: Option<i64>,
    /// Uncached, cache read, cache write, output, reasoning, of no bucket.
    pub(super) tokens: [Option<i64>; 6],
    pub(super) cost: Option<i64>,
}

impl Row {
    pub(super) fn read(line: &str) -> Self {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        let count = |name: &str| row[name].as_i64();
        Self {
            at: millis(&row["time"]),
            provider: text("provider"),
            model: text("model"),
            account: text("account_id"),
            key: text("key"),
            failed: text("status") == "failed",
            http: row["http"].as_i64().unwrap(),
            latency: count("latency_ms"),
            ttft: count("ttft_ms"),
            tokens: [
                "input_uncached",
                "input_cache_read",
                "input_cache_write",
                "output_visible",
                "output_reasoning",
                "unclassified",
            ]
            .map(count),
            cost: row["cost_usd"].as_str().map(nanos),
        }
    }

    pub(super) fn local(&self, zone: Tz) -> DateTime<Tz> {
        zone.timestamp_millis_opt(self.at).unwrap()
    }

    /// Thousandths of a token a second: all output over the whole time.
    fn speed(&self) -> Option<i64> {
        let (generated, ms) = (self.tokens[3]? + self.tokens[4]?, self.latency?);
        (generated > 0 && ms > 0).then(|| generated * 1_000_000 / ms)
    }
}

pub(super) fn millis(value: &Value) -> i64 {
    let text = value.as_str().unwrap();
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

pub(super) fn nanos(dollars: &str) -> i64 {
    dollars.replace('.', "").parse().unwrap()
}

/// Compares the measures of a line with the fold over these rows.
pub(super) fn check<'a>(line: &Value, prefix: &str, rows: impl Iterator<Item = &'a Row>, of: &str) {
    let rows: Vec<&Row> = rows.collect();
    let is = |name: &str, expected: i64| {
        let found = &line[format!("{prefix}{name}")];
        assert_eq!(found.as_i64(), Some(expected), "{prefix}{name} of {of}");
    };
    let many = |wanted: &dyn Fn(&Row) -> bool| {
        let found = rows.iter().filter(|row| wanted(row)).count();
        i64::try_from(found).unwrap()
    };
    let count = many(&|_| true);
    is("requests", count);
    is("failed", many(&|row| row.failed));
    let known = |place: usize| -> i64 { rows.iter().filter_map(|row| row.tokens[place]).sum() };
    let buckets = [
        "input_uncached",
        "input_cache_read",
        "input_cache_write",
        "output_visible",
        "output_reasoning",
        "unclassified",
    ];
    for (place, name) in buckets.into_iter().enumerate() {
        is(name, known(place));
    }
    is("tokens", (0..6).map(known).sum());
    is(
        "unknown_token_requests",
        many(&|row| row.tokens.contains(&None)),
    );
    let unpriced = many(&|row| row.cost.is_none());
    is("unpriced_requests", unpriced);
    let cost: i64 = rows.iter().filter_map(|row| row.cost).sum();
    let found = line[format!("{prefix}cost_usd")].as_str().map(nanos);
    // No cost at all beside requests without a price is not "free".
    let told = unpriced < count && (unpriced == 0 || cost > 0);
    assert_eq!(found, told.then_some(cost), "cost of {of}");

    let near = |name: &str, hundredths: usize, unit: f64, value: fn(&Row) -> Option<i64>| {
        let mut values: Vec<i64> = rows.iter().filter_map(|row| value(row)).collect();
        values.sort_unstable();
        let rank = (values.len() * hundredths).div_ceil(100).max(1);
        let expected = values.get(rank - 1).map(|n| real(*n) / unit);
        let found = line[format!("{prefix}{name}")].as_f64();
        let close = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() <= expected * 0.01 + 0.001,
            (found, expected) => found == expected,
        };
        assert!(close, "{name} of {of}: {found:?} for {expected:?}");
    };
    for (hundredths, name) in [(50, "p50"), (95, "p95"), (99, "p99")] {
        near(&format!("latency_{name}_ms"), hundredths, 1.0, |row| {
            row.latency
        });
        near(&format!("ttft_{name}_ms"), hundredths, 1.0, |row| row.ttft);
    }
    for (hundredths, name) in [(5, "p5"), (50, "p50"), (95, "p95"), (99, "p99")] {
        let name = format!("output_tokens_per_second_{name}");
        near(&name, hundredths, 1_000.0, Row::speed);
    }
}

fn real(n: i64) -> f64 {
    f64::from(i32::try_from(n).unwrap())
}
