//! The busiest of a ranking over time, folded once more: who they are, what each
//! bar of theirs holds, and all others together.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use cpamp::domain::units::{At, Ms};

use super::fold::{Row, check, millis};
use super::given::{NOW, file, panel, rows_of};
use super::{FILTERS, RANGES, ZONES};
use crate::support::database::store;
use crate::support::events::event;
use crate::support::panel::{Browser, Panel};

type Of = fn(&Row) -> &String;

/// More of everything than can be drawn, some often and some seldom.
async fn many() -> (Panel, Browser, Vec<Row>) {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    let events = (0..600).map(|n| {
        let mut one = event(n);
        let turn = n * n % 97 % 11;
        one.key.at = At(NOW.0 - n * 29 * Ms::MINUTE.0);
        one.account.identity = format!("{:016x}", 0xa0 + turn);
        one.account.label = format!("user-{turn}@example.com");
        one.client_key.hash = format!("{:016x}", 0xb0 + (turn + n) % 9);
        one.client_key.mask = format!("key…{:04}", (turn + n) % 9);
        one.model = format!("model-{}", (turn * 3 + n) % 8);
        one.provider = format!("provider-{}", turn % 10);
        one.failed = n % (turn + 2) == 0;
        one.status = if one.failed { 500 } else { 200 };
        one
    });
    store(panel.store(), events.collect()).await.unwrap();
    let browser = panel.logged_in().await;
    let export = browser.get("/requests.jsonl?range=all").await.body;
    let rows = export.lines().map(Row::read).collect();
    (panel, browser, rows)
}

#[tokio::test]
async fn the_busiest_are_drawn_as_the_fold_has_them() {
    let (_panel, browser, rows) = panel().await;
    compare(&browser, &rows, 44).await;
}

#[tokio::test]
async fn all_others_are_drawn_together() {
    let (_panel, browser, rows) = many().await;
    compare(&browser, &rows, 20).await;
}

async fn compare(browser: &Browser, rows: &[Row], rounds: usize) {
    let dimensions: [(&str, Of); 4] = [
        ("models", |row| &row.model),
        ("accounts", |row| &row.account),
        ("providers", |row| &row.provider),
        ("keys", |row| &row.key),
    ];
    for n in 0..rounds {
        let (range, zone) = (RANGES[n % 8], ZONES[n % 5]);
        let (filter, wanted) = FILTERS[n % 11];
        let metric = ["requests", "tokens", "cost", "failed", "latency"][n % 5];
        let grain = ["", "&by=day", "&by=hour"][n % 3];
        let (name, who) = dimensions[n % 4];
        let query = format!("{range}&tz={zone}{filter}{grain}&metric={metric}");
        let zone: Tz = zone.parse().unwrap();
        let ranking = file(browser, name, &query).await;
        let trend = file(browser, "trend", &query).await;
        let answer = file(browser, &format!("{name}-trend"), &query).await;
        let lines = rows_of(&answer);
        let (from, to) = (
            millis(&answer["range"]["from"]),
            millis(&answer["range"]["to"]),
        );
        let within = |row: &&Row| wanted(row, zone) && from <= row.at && row.at < to;
        let selected: Vec<&Row> = rows.iter().filter(within).collect();

        // Who is drawn: those with most of it.
        let by = if name == "keys" { "name" } else { "id" };
        let mut most: BTreeMap<&str, i64> = BTreeMap::new();
        for row in &selected {
            *most.entry(who(row)).or_default() += match metric {
                "tokens" => row.tokens.iter().flatten().sum(),
                "cost" => row.cost.unwrap_or(0),
                "failed" => i64::from(row.failed),
                _ => 1,
            };
        }
        let drawn: Vec<&str> = {
            let first = lines.first().map(|line| &line["from"]);
            let bars = lines.iter().filter(|line| Some(&line["from"]) == first);
            let bars = bars.filter(|line| line["others"] == false);
            bars.map(|line| line[by].as_str().unwrap()).collect()
        };
        assert_eq!(drawn.len(), most.len().min(6), "{name} {query}");
        let least = drawn.iter().map(|one| most[one]).min();
        for (one, value) in &most {
            let is = drawn.contains(one);
            assert!(is || Some(*value) <= least, "{one} is not drawn: {query}");
        }
        let others = most.len() > drawn.len();
        let courses = drawn.len() + usize::from(others);
        let bars = rows_of(&trend);
        assert_eq!(lines.len(), bars.len() * courses, "{name} {query}");
        assert_eq!(rows_of(&ranking).len(), most.len(), "{name} {query}");

        for (place, line) in lines.iter().enumerate() {
            let bar = &bars[place / courses];
            for field in ["from", "to", "finished", "whole"] {
                assert_eq!(line[field], bar[field], "{field} {name} {query}");
            }
            let (start, end) = (millis(&line["from"]), millis(&line["to"]));
            let own = line[by].as_str().unwrap();
            let here = selected.iter().copied().filter(|row| {
                let its = if line["others"].as_bool().unwrap() {
                    !drawn.contains(&who(row).as_str())
                } else {
                    who(row) == own
                };
                its && start <= row.at && row.at < end
            });
            check(
                line,
                "",
                here,
                &format!("{own} at {start} of {name} {query}"),
            );
        }
    }
}

#[tokio::test]
async fn a_ranking_is_drawn_one_by_one_when_asked() {
    let (_panel, browser, _) = panel().await;
    for tab in ["models", "accounts", "keys", "providers"] {
        let page = browser.get(&format!("/usage/{tab}")).await.body;
        let link = format!("/usage/{tab}?lines=each");
        assert!(page.contains(&link), "{page}");
        assert!(!page.contains("class=\"course"), "{page}");
        for metric in [
            "requests", "tokens", "cost", "latency", "ttft", "speed", "failed",
        ] {
            let query = match metric {
                "requests" => String::from("lines=each"),
                metric => format!("metric={metric}&lines=each"),
            };
            let page = browser.get(&format!("/usage/{tab}?{query}")).await.body;
            let ranked = page.matches("<path class=\"course line-").count();
            assert!(ranked >= 3, "{tab} {metric}: {page}");
            assert_eq!(page.matches("Not finished").count(), 1, "{tab} {metric}");
            assert!(page.contains(&format!("/usage/{tab}-trend.csv")), "{page}");
        }
    }
    // The summary has no ranking of its own to draw.
    let page = browser.get("/usage?lines=each").await.body;
    assert!(!page.contains("class=\"course"), "{page}");
}
