//! The figures of the usage pages beside head and ranking: pace, token mix, the
//! course of every metric with the period before, and the heat map of each.

use std::collections::BTreeMap;

use cpamp::domain::units::{Ms, NanoUsd};
use cpamp::i18n::Lang;
use serde_json::Value;

use super::fold::{Row, millis, nanos};
use super::given::{NOW, file, panel, rows_of};
use super::pages::{Said, in_unit, page, table, text, whole};
use crate::support::panel::Browser;

const L: Lang = Lang::En;

const QUERIES: [&str; 5] = [
    "",
    "range=30d&tz=Asia/Kolkata",
    "range=today&tz=Europe/Berlin",
    "range=30d&provider=codex&vs=none",
    "from=2026-03-31T00:10:00Z&to=2026-04-02T05:00:00Z&by=hour",
];

#[tokio::test]
async fn pace_mix_course_and_week_are_those_of_the_files() {
    let (_panel, browser, rows) = panel().await;
    let first = rows.iter().map(|row: &Row| row.at).min().unwrap();
    for query in QUERIES {
        let html = page(&browser, &format!("/usage?{query}")).await;
        let summary = file(&browser, "summary", query).await;
        let trend = file(&browser, "trend", query).await;
        check_pace(&html, rows_of(&summary), rows_of(&trend), first, query);
        check_mix(&html, &Said(&rows_of(&summary)[0]), query);
        check_course(&browser, rows_of(&trend), query).await;
        check_weeks(&browser, query).await;
    }
}

fn by_name(lines: &[Vec<String>]) -> BTreeMap<&str, &[String]> {
    let lines = lines.iter().skip(1);
    lines.map(|line| (line[0].as_str(), &line[1..])).collect()
}

/// `0.33`, `3.3`, `117,434`: so many a minute.
fn a_minute(n: i64, span: i64) -> String {
    let hundredths = n * 6_000_000 / span.max(1);
    match hundredths {
        0 => "0".to_owned(),
        1..100 => format!("0.{hundredths:02}"),
        100..10_000 => format!("{}.{}", hundredths / 100, hundredths % 100 / 10),
        _ => L.compact(hundredths / 100),
    }
}

fn check_pace(html: &str, periods: &[Value], bars: &[Value], first: i64, of: &str) {
    let now = Said(&periods[0]);
    let lines = table(html, "aria-label=\"Time and pace\"");
    let lines = by_name(&lines);
    for (name, prefix) in [("Latency", "latency"), ("TTFT", "ttft")] {
        for (place, quantile) in ["p50", "p95", "p99"].into_iter().enumerate() {
            let expected = now.seconds(&format!("{prefix}_{quantile}_ms"));
            let shown = lines[name][place].trim_end_matches(" s");
            assert_eq!(shown, expected, "{name} {quantile} of {of}");
        }
    }
    for (place, quantile) in ["p50", "p95", "p99"].into_iter().enumerate() {
        let speed = periods[0][format!("output_tokens_per_second_{quantile}")].as_f64();
        let expected = speed.map_or("–".to_owned(), |speed| format!("{speed:.0} tok/s"));
        assert_eq!(lines["Output speed"][place], expected, "{quantile} of {of}");
    }

    let lines = table(html, "aria-label=\"Rate\"");
    let lines = by_name(&lines);
    let lately = periods
        .iter()
        .find(|row| row["period"] == "last_30_minutes");
    let (from, to) = (millis(&periods[0]["from"]), millis(&periods[0]["to"]));
    let recorded = to.min(NOW.0) - from.max(first);
    for (name, measure) in [
        ("Requests a minute", "requests"),
        ("Tokens a minute", "tokens"),
    ] {
        let recent = lately.map(|row| a_minute(row[measure].as_i64().unwrap(), 30 * Ms::MINUTE.0));
        assert_eq!(
            lines[name][0],
            recent.unwrap_or("–".into()),
            "{name} of {of}"
        );
        let mean = a_minute(now.n(measure), recorded);
        assert_eq!(lines[name][1], mean, "{name} of {of}");
        let over = bars
            .iter()
            .filter(|bar| bar["finished"] == true && bar["whole"] == true);
        let rate = |bar: &Value| {
            let span = millis(&bar["to"]) - millis(&bar["from"]);
            (bar[measure].as_i64().unwrap(), span)
        };
        let fastest = over.map(rate).max_by_key(|(n, span)| n * 1_000_000 / span);
        let said = fastest.map_or("–".to_owned(), |(n, span)| a_minute(n, span));
        assert_eq!(lines[name][2], said, "busiest {name} of {of}");
    }
}

fn check_mix(html: &str, now: &Said, of: &str) {
    let lines = table(html, "aria-label=\"Where the tokens went\"");
    let head = lines[0][1].clone();
    let whole = now.n("tokens");
    let mut seen = 0;
    for (name, column) in [
        ("Input, uncached", "input_uncached"),
        ("Input, cache read", "input_cache_read"),
        ("Input, cache write", "input_cache_write"),
        ("Output, visible", "output_visible"),
        ("Output, reasoning", "output_reasoning"),
        ("Not classified", "unclassified"),
    ] {
        let n = now.n(column);
        let Some(line) = lines.iter().find(|line| line[0] == name) else {
            assert_eq!(n, 0, "{name} of {of}");
            continue;
        };
        assert_eq!(line[1], in_unit(Some(n), &head, &line[1]), "{name} of {of}");
        assert_eq!(Some(&line[2]), L.share(n, whole).as_ref(), "{name} of {of}");
        seen += n;
    }
    assert_eq!(seen, whole, "the buckets add up to the total of {of}");
}

/// The table under the chart, latest bar first, with the period before.
async fn check_course(browser: &Browser, bars: &[Value], of: &str) {
    let costs = bars.iter().filter_map(|bar| bar["cost_usd"].as_str());
    let dear = costs.map(nanos).max().unwrap_or(0) >= 10_000_000_000;
    let money = |cost: &Value| match cost.as_str().map(nanos) {
        None => "–".to_owned(),
        Some(cost) if dear => L.cents(NanoUsd(cost)),
        Some(cost) => format!("${}", L.dollars(NanoUsd(cost))),
    };
    let compared = bars[0].get("previous_requests").is_some();
    for metric in ["requests", "failed", "tokens", "cost", "speed"] {
        let html = page(browser, &format!("/usage?{of}&metric={metric}")).await;
        let lines = table(&html, "class=\"data\"");
        for (line, bar) in lines[1..].iter().zip(bars.iter().rev()) {
            let own = match metric {
                "cost" => vec![Said(bar).count("requests"), money(&bar["cost_usd"])],
                "speed" => ["p5", "p50", "p95"]
                    .map(|name| bar[format!("output_tokens_per_second_{name}")].as_f64())
                    .map(|speed| speed.map_or("–".to_owned(), |speed| format!("{speed:.0}")))
                    .to_vec(),
                _ => Vec::new(),
            };
            let skipped = if metric == "speed" { 2 } else { 1 };
            if !own.is_empty() {
                assert_eq!(
                    line[skipped..][..own.len()],
                    own,
                    "{metric} of {bar} of {of}"
                );
            }
            // Small bases of a dotted line are not drawn, and have no column.
            let has_past = lines[0].last().unwrap().starts_with("Before");
            if !compared || !has_past {
                continue;
            }
            let past = line.last().unwrap();
            let expected = match metric {
                "cost" if bar["previous_cost_usd"].is_null() => "–".to_owned(),
                "requests" | "failed" | "tokens" => bar[format!("previous_{metric}")]
                    .as_i64()
                    .map_or("–".to_owned(), |n| L.count(n)),
                _ => continue,
            };
            assert_eq!(*past, expected, "before {metric} of {bar} of {of}");
        }
    }
}

/// A cell shows its value in the unit that is said once, with as many decimals
/// as it has.
fn in_parts(value: Option<i64>, divisor: i64, shown: &str) -> String {
    let decimals = shown.split_once('.').map_or(0, |(_, rest)| rest.len());
    let parts = 10_i64.pow(u32::try_from(decimals).unwrap());
    let figure = |n: i64| match decimals {
        0 => L.count(n),
        _ => format!("{}.{:0decimals$}", L.count(n / parts), n % parts),
    };
    match value.map(|n| (n, (n * parts + divisor / 2) / divisor)) {
        None => "–".to_owned(),
        Some((0, _)) => "0".to_owned(),
        Some((_, 0)) => format!("<{}", figure(1)),
        Some((_, rounded)) => figure(rounded),
    }
}

async fn check_weeks(browser: &Browser, of: &str) {
    let cells = file(browser, "hours", of).await;
    for metric in ["tokens", "cost", "latency", "ttft", "speed", "failed"] {
        let html = page(browser, &format!("/usage/hours?{of}&metric={metric}")).await;
        let ramp = html.split("<div class=\"ramp\"").nth(1).unwrap();
        let ramp = ramp.split("<span>").nth(1).unwrap();
        let ramp = text(ramp.split("</span>").next().unwrap());
        let unit = ramp.rsplit(' ').next().unwrap();
        let divisor = match (metric, unit) {
            ("tokens", "k") | ("latency" | "ttft" | "speed", _) => 1_000,
            ("tokens", "M") => 1_000_000,
            ("cost", "$") => 1_000_000_000,
            ("cost", "¢") => 10_000_000,
            ("failed", _) => 10,
            _ => 1,
        };
        let lines = table(&html, "aria-labelledby=\"heat-h\"");
        for (day, line) in lines[1..8].iter().enumerate() {
            let of_day = &rows_of(&cells)[day * 24..][..24];
            for (shown, cell) in line[1..25].iter().zip(of_day) {
                if cell["hours"] == 0 {
                    assert_eq!(shown, "", "{cell} of {of}");
                    continue;
                }
                let said = Said(cell);
                let all = said.n("requests");
                let real = |name: &str| cell[name].as_f64();
                let value = match metric {
                    "tokens" => Some(said.n("tokens")),
                    "cost" => cell["cost_usd"].as_str().map(nanos),
                    "latency" => real("latency_p95_ms").map(whole),
                    "ttft" => real("ttft_p95_ms").map(whole),
                    "speed" => real("output_tokens_per_second_p50").map(|n| whole(n * 1_000.0)),
                    _ => (all >= 20).then(|| (said.n("failed") * 1_000 + all / 2) / all),
                };
                let expected = in_parts(value, divisor, shown);
                assert_eq!(*shown, expected, "{metric} in {unit} of {cell} of {of}");
            }
        }
    }
}
