//! The numbers of the API are those of a fold over the events, of the export
//! and of the pages.

use cpamp::domain::event::Event;
use cpamp::domain::filter::UsageView;
use cpamp::domain::time::Zone;
use cpamp::domain::units::{At, Ms};
use cpamp::store::requests::{Dimension, Totals};
use serde_json::Value;

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::naive;
use crate::support::panel::{ADMIN_KEY, Browser, Panel};

const NOW: At = At(MORNING.0 + 7 * Ms::HOUR.0);

const DIMENSIONS: [(&str, Dimension); 8] = [
    ("models", Dimension::Model),
    ("aliases", Dimension::Alias),
    ("keys", Dimension::Key),
    ("accounts", Dimension::Account),
    ("providers", Dimension::Provider),
    ("endpoints", Dimension::Endpoint),
    ("tiers", Dimension::Tier),
    ("statuses", Dimension::Status),
];

/// Sixteen days of requests that differ in everything there is to filter by.
fn history() -> Vec<Event> {
    let different = |n: i64| {
        let mut event = event(n);
        event.key.at = NOW - Ms(n * 1_900_000 + n * n % 77_777);
        let names = [
            "gpt-5",
            "gpt-5-codex",
            "claude-opus-4-5",
            "an-unpriced-model",
        ];
        let pick = |names: &[&str]| {
            let place = usize::try_from(n).unwrap() % names.len();
            String::from(*names.get(place).unwrap())
        };
        event.model = pick(&names);
        event.alias = format!("alias-{}", n % 3);
        event.provider = pick(&["codex", "claude", "gemini"]);
        event.account.identity = format!("account-{}", n % 5);
        event.client_key.hash = format!("{:016x}", n % 4);
        event.endpoint = format!("POST /v1/{}", n % 2);
        event.served_tier = pick(&["default", "priority", "flex"]);
        event.failed = n % 9 == 0;
        event.status = if event.failed { 429 } else { 200 };
        event.latency = (n % 13 != 0).then_some(Ms(400 + n * 37 % 60_000));
        event.ttft = (n % 2 == 0).then_some(Ms(100 + n % 300));
        event.tokens.uncached = (n % 17 != 0).then_some(n * 31 % 5_000);
        event.tokens.cache_read = Some(if n % 3 == 0 { 0 } else { n * 7 % 900 });
        event
    };
    (0..700).map(different).collect()
}

async fn panel() -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    store(panel.store(), history()).await.unwrap();
    let script = panel
        .visitor()
        .with("authorization", &format!("Bearer {ADMIN_KEY}"));
    (panel, script)
}

/// Whether a sum of the API is that fold; its cost is looked at elsewhere.
fn same(found: &Value, expected: &Totals, of: &str) {
    let number = |path: &str| {
        let value = found
            .pointer(path)
            .unwrap_or_else(|| panic!("{of}: {path}"));
        value
            .as_i64()
            .unwrap_or_else(|| panic!("{of}: {path} is {value}"))
    };
    let tokens = expected.uncached
        + expected.cache_read
        + expected.cache_write
        + expected.output
        + expected.reasoning
        + expected.unclassified;
    for (path, expected) in [
        ("/requests", expected.requests),
        ("/failed", expected.failed),
        ("/unknown_tokens", expected.unknown_tokens),
        ("/tokens/input_uncached", expected.uncached),
        ("/tokens/input_cache_read", expected.cache_read),
        ("/tokens/input_cache_write", expected.cache_write),
        ("/tokens/output_visible", expected.output),
        ("/tokens/output_reasoning", expected.reasoning),
        ("/tokens/unclassified", expected.unclassified),
        ("/tokens/total", tokens),
        ("/latency_ms/samples", expected.latency.samples),
        ("/ttft_ms/samples", expected.ttft.samples),
    ] {
        assert_eq!(number(path), expected, "{of}: {path}");
    }
    for (path, expected) in [
        ("/latency_ms/p50", expected.latency.p50),
        ("/latency_ms/p95", expected.latency.p95),
        ("/latency_ms/p99", expected.latency.p99),
        ("/ttft_ms/p95", expected.ttft.p95),
        ("/output_tokens_per_second/p50", expected.speed.p50),
    ] {
        let found = found.pointer(path).unwrap().as_f64();
        let close = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() <= expected * 0.01,
            (found, expected) => found == expected,
        };
        assert!(close, "{of}: {path} is {found:?}, not {expected:?}");
    }
}

fn at(span: &Value, name: &str) -> At {
    let text = span[name].as_str().unwrap();
    let moment = chrono::DateTime::parse_from_rfc3339(text).unwrap();
    At(moment.timestamp_millis())
}

fn nanos(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

const QUESTIONS: [&str; 16] = [
    "",
    "range=all",
    "range=24h",
    "range=today&tz=Asia/Kolkata",
    "range=3d&tz=America/New_York",
    "from=2026-02-25T03:17:00Z&to=2026-02-28T01:02:03Z",
    "range=all&model=gpt-5",
    "range=all&model=gpt-5&key=0000000000000000",
    "range=10d&status=failed",
    "range=all&provider=codex&provider=claude&tier=priority",
    "range=all&account=account-3&cache=hit&min_ms=2000&max_ms=40000",
    "range=all&http=429",
    "range=14d&tz=Europe/Berlin&weekday=sat&weekday=sun&hour=9&hour=10",
    "range=all&q=OPUS",
    // Still to come for the most part; the second is compared bar by bar.
    "from=2026-02-27T00:00:00Z&to=2026-03-12T00:00:00Z&tz=Asia/Kolkata",
    "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z",
];

#[tokio::test]
async fn sums_are_those_of_a_fold_whatever_is_asked() {
    let (_panel, script) = panel().await;
    let events = history();
    for query in QUESTIONS {
        let (view, ignored) = UsageView::parse(query, Zone::UTC);
        assert!(ignored.is_empty(), "{query}");
        let zone = view.zone.unwrap_or(Zone::UTC);
        let oldest = events.iter().map(|event| event.key.at).min();
        let span = view.rows().resolve(zone, NOW, oldest);
        let selection = view.rows().selection(span);
        let selected: Vec<&Event> = events
            .iter()
            .filter(|event| naive::selects(&selection, event))
            .collect();
        let ask = async |path: &str| {
            let url = format!("/v0/management/{path}?{query}");
            let answer = script.get(url.trim_end_matches('?')).await;
            assert!(answer.status.is_success(), "{url}: {}", answer.body);
            answer.json()
        };
        let all = naive::totals(selected.iter().copied());

        let summary = ask("usage").await;
        assert_eq!(summary["from"], span.0.rfc3339(), "{query}");
        assert_eq!(summary["to"], span.1.rfc3339(), "{query}");
        assert_eq!(summary["time_zone"], zone.name(), "{query}");
        same(&summary["totals"], &all, query);
        if let Some(before) = summary["previous"].as_object() {
            let back = view.back(zone, span).unwrap();
            let passed = span.1.min(NOW + Ms(1)).max(span.0);
            let earlier = view
                .rows()
                .selection((back.from(zone, span.0), back.from(zone, passed)));
            let fold = events
                .iter()
                .filter(|event| naive::selects(&earlier, event));
            same(
                &before["totals"],
                &naive::totals(fold),
                &format!("before {query}"),
            );
        }

        let timeline = ask("usage/timeline").await;
        let passed = |bar: &Value| at(bar, "from") <= NOW;
        if let Some(past) = timeline["previous"].as_array() {
            let bars = timeline["buckets"].as_array().unwrap();
            assert_eq!(past.len(), bars.len(), "{query}");
            let end = at(&summary["previous"], "to");
            for (past, bar) in past.iter().zip(bars) {
                // What has no counterpart yet is nothing, and not zero.
                assert_eq!(past.is_object(), passed(bar), "{bar} of {query}");
                if past.is_object() {
                    let (from, to) = (at(past, "from"), at(past, "to").min(end));
                    let earlier = view.rows().selection((from, to));
                    let fold = events
                        .iter()
                        .filter(|event| naive::selects(&earlier, event));
                    same(past, &naive::totals(fold), &format!("{past} of {query}"));
                }
            }
        }
        for bar in timeline["buckets"].as_array().unwrap() {
            let fold = naive::between(&selected, at(bar, "from"), at(bar, "to"));
            same(bar, &fold, &format!("{} of {query}", bar["from"]));
        }
        let hours = ask("usage/hours").await;
        let cells = hours["cells"].as_array().unwrap();
        let counted: i64 = cells
            .iter()
            .map(|cell| cell["totals"]["requests"].as_i64().unwrap())
            .sum();
        assert_eq!(counted, all.requests, "{query}");
        for cell in cells {
            let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let place = |event: &&&Event| {
                let local = cpamp::domain::time::HourOfWeek::of(zone, event.key.at);
                day[usize::try_from(local.weekday).unwrap()] == cell["weekday"]
                    && u64::from(local.hour) == cell["hour"].as_u64().unwrap()
            };
            let fold = selected.iter().filter(place).copied();
            same(
                &cell["totals"],
                &naive::totals(fold),
                &format!("{cell} of {query}"),
            );
        }

        for (path, dimension) in DIMENSIONS {
            let ranking = ask(&format!("usage/{path}")).await;
            same(&ranking["totals"], &all, query);
            let expected = naive::by(&selected, dimension);
            let rows = ranking["rows"].as_array().unwrap();
            assert_eq!(rows.len(), expected.len(), "{path} {query}");
            for row in rows {
                let value = row["value"].as_str().unwrap();
                same(
                    &row["totals"],
                    &expected[value],
                    &format!("{path} {value} {query}"),
                );
            }
        }
        costs(&script, query, &summary).await;
    }
}

/// The cost of a sum is that of its rows, through the list and the export.
async fn costs(script: &Browser, query: &str, summary: &Value) {
    // The request list has another range of its own.
    let query = if query.contains("range") || query.contains("from") {
        query.to_owned()
    } else {
        format!("range=7d&{query}")
    };
    let mut known = (0, 0, 0);
    let mut next = None;
    loop {
        let after = next.map_or_else(String::new, |next: String| format!("&after={next}"));
        let url = format!("/v0/management/requests?{query}&n=200{after}");
        let page = script
            .get(url.replace("?&", "?").trim_end_matches('&'))
            .await
            .json();
        for request in page.get("requests").unwrap().as_array().unwrap() {
            known.0 += 1;
            match request.get("cost_usd").unwrap().as_str() {
                Some(cost) => known.1 += nanos(cost),
                None => known.2 += 1,
            }
        }
        next = page.get("next").unwrap().as_str().map(str::to_owned);
        if next.is_none() {
            assert_eq!(page.get("total").unwrap(), known.0, "{query}");
            break;
        }
    }
    let totals = summary.get("totals").unwrap();
    assert_eq!(totals.get("requests").unwrap(), known.0, "{query}");
    assert_eq!(totals.get("unpriced").unwrap(), known.2, "{query}");
    let cost = totals.get("cost_usd").unwrap().as_str().map(nanos);
    let told = known.0 > known.2 && (known.2 == 0 || known.1 > 0);
    assert_eq!(cost, told.then_some(known.1), "{query}");

    let export = script.get(&format!("/requests.jsonl?{query}")).await.body;
    let exported: i64 = export
        .lines()
        .filter_map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            row.get("cost_usd").unwrap().as_str().map(nanos)
        })
        .sum();
    assert_eq!(exported, known.1, "{query}");
}

#[tokio::test]
async fn pages_show_the_same_numbers() {
    let (panel, script) = panel().await;
    let browser = panel.logged_in().await;
    let dashboard = script.get("/v0/management/dashboard/summary").await.json();
    let today = &dashboard["today"]["totals"];
    let home = browser.get("/").await.body;
    let requests = today["requests"].as_i64().unwrap();
    assert!(
        home.contains(&format!("{requests} requests")),
        "{requests}: {home}"
    );
    let cents = {
        let nanos = nanos(today["cost_usd"].as_str().unwrap());
        let cents = (nanos + 5_000_000) / 10_000_000;
        format!("${}.{:02}", cents / 100, cents % 100)
    };
    assert!(home.contains(&cents), "{cents}: {home}");
    let week = script.get("/v0/management/usage").await.json();
    let count = week["totals"]["requests"].to_string();
    let usage = browser.get("/usage").await.body;
    assert!(usage.contains(&format!(">{count}<")), "{count}: {usage}");
    let list = browser.get("/requests?range=7d").await.body;
    assert!(list.contains(&format!(">{count}<")), "{count}: {list}");

    let day = script
        .get("/v0/management/usage?range=24h&vs=none")
        .await
        .json();
    let monitoring = script.get("/v0/management/monitoring/summary").await.json();
    assert_eq!(monitoring["totals"], day["totals"]);
    let failed = monitoring["recent_failures"].as_array().unwrap();
    assert!(failed.iter().all(|request| request["failed"] == true));
}

#[tokio::test]
async fn one_request_is_told_with_a_bill_that_adds_up() {
    let (_panel, script) = panel().await;
    let page = script
        .get("/v0/management/requests?range=all&sort=cost&n=500")
        .await
        .json();
    let mut priced = 0;
    for request in page["requests"].as_array().unwrap() {
        let id = request["id"].as_str().unwrap();
        let one = script
            .get(&format!("/v0/management/requests/{id}"))
            .await
            .json();
        for (name, value) in request.as_object().unwrap() {
            assert_eq!(&one[name], value, "{name} of {id}");
        }
        let Some(cost) = one["cost_usd"].as_str() else {
            assert!(one["bill"].is_null() || !one["bill"]["unpriced"].is_null());
            continue;
        };
        let lines = one["bill"]["lines"].as_array().unwrap();
        let sum: i64 = lines
            .iter()
            .map(|line| nanos(line["cost_usd"].as_str().unwrap()))
            .sum();
        assert_eq!(sum, nanos(cost), "{id}");
        priced += 1;
        if priced > 40 {
            break;
        }
    }
    assert!(priced > 40, "only {priced} requests had a price");
    let back = script
        .get("/v0/management/requests?range=all&n=100")
        .await
        .json();
    let next = back["next"].as_str().unwrap();
    let second = format!("/v0/management/requests?range=all&n=100&after={next}");
    let second = script.get(&second).await.json();
    let before = second["previous"].as_str().unwrap();
    let first = format!("/v0/management/requests?range=all&n=100&before={before}");
    assert_eq!(
        script.get(&first).await.json()["requests"],
        back["requests"]
    );
}
