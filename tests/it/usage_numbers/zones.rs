//! Every file of the usage pages on the days that are no whole number of hours
//! away from others: clocks that go back or forward, by half an hour as well,
//! zones half an hour from the next, and a day with a gap of collecting.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use cpamp::domain::collection::Gap;
use cpamp::domain::event::EventId;
use cpamp::domain::units::{At, Ms};

use super::fold::{Row, check, millis};
use super::given::{Dice, NOW, file, random, rows_of};
use super::{check_edges, check_hours};
use crate::support::database::store;
use crate::support::panel::{Browser, Panel};

type Of = fn(&Row) -> &String;

/// A local day or two, and the hours they have.
const DAYS: [(&str, &str, &str, i64); 8] = [
    (
        "Europe/Berlin",
        "2025-10-25T22:00:00Z",
        "2025-10-26T23:00:00Z",
        50,
    ),
    (
        "Europe/Berlin",
        "2026-03-28T23:00:00Z",
        "2026-03-29T22:00:00Z",
        46,
    ),
    (
        "Australia/Lord_Howe",
        "2025-10-04T13:30:00Z",
        "2025-10-05T13:00:00Z",
        47,
    ),
    (
        "Australia/Lord_Howe",
        "2025-10-25T13:00:00Z",
        "2025-10-27T13:00:00Z",
        96,
    ),
    (
        "Asia/Kolkata",
        "2025-10-25T18:30:00Z",
        "2025-10-26T18:30:00Z",
        48,
    ),
    (
        "Asia/Kolkata",
        "2026-03-28T18:30:00Z",
        "2026-03-30T18:30:00Z",
        96,
    ),
    (
        "America/New_York",
        "2026-03-08T05:00:00Z",
        "2026-03-09T04:00:00Z",
        46,
    ),
    (
        "Asia/Kathmandu",
        "2025-10-25T18:15:00Z",
        "2025-10-26T18:15:00Z",
        48,
    ),
];

/// When nothing was collected.
const LOST: (&str, &str) = ("2025-10-26T01:00:00Z", "2025-10-26T02:30:00Z");

/// Requests around the days on which clocks change, one on each edge.
async fn given() -> (Panel, Browser, Vec<Row>) {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    let mut dice = Dice(0x00c1_0c4b);
    let edge = |text: &str| millis(&text.into());
    let mut events = Vec::new();
    for (place, (_, from, to, _)) in (0_i64..).zip(DAYS) {
        let (from, to) = (edge(from), edge(to));
        for n in 0..90 {
            let mut one = random(place * 100 + n, &mut dice);
            let at = match n {
                0 => from,
                1 => to - 1,
                2 => to,
                3 => from - 1,
                // The period before it, and the day itself.
                _ => from - Ms::DAY.0 + dice.roll(to - from + Ms::DAY.0),
            };
            one.key.at = At(at);
            one.key.id = EventId(place * 1_000 + n);
            events.push(one);
        }
    }
    store(panel.store(), events).await.unwrap();
    let lost = Gap {
        from: At(edge(LOST.0)),
        to: At(edge(LOST.1)),
        why: String::from("gateway_restarted"),
    };
    let record = move |c: &mut _| cpamp::store::gaps::record(c, &lost);
    panel.store().write(record).await.unwrap();
    let browser = panel.logged_in().await;
    let export = browser.get("/requests.jsonl?range=all").await.body;
    let rows = export.lines().map(Row::read).collect();
    (panel, browser, rows)
}

#[tokio::test]
async fn every_tab_is_right_on_days_of_other_lengths() {
    let (_panel, browser, rows) = given().await;
    for (name, begin, end, halves) in DAYS {
        let zone: Tz = name.parse().unwrap();
        let (from, to) = (millis(&begin.into()), millis(&end.into()));
        assert_eq!(to - from, halves * 30 * Ms::MINUTE.0, "{name}");
        let within = |row: &&Row| from <= row.at && row.at < to;
        let selected: Vec<&Row> = rows.iter().filter(within).collect();
        assert!(selected.len() > 30, "{name} {begin}");
        for grain in ["", "&by=hour", "&by=day"] {
            let query = format!("from={begin}&to={end}&tz={name}{grain}");
            let summary = file(&browser, "summary", &query).await;
            for line in rows_of(&summary) {
                let (start, end) = (millis(&line["from"]), millis(&line["to"]));
                let inside = |row: &&Row| start <= row.at && row.at < end;
                check(line, "", rows.iter().filter(inside), &query);
            }
            let trend = file(&browser, "trend", &query).await;
            check_edges(rows_of(&trend), (from, to), grain, zone, &query);
            for line in rows_of(&trend) {
                let (start, end) = (millis(&line["from"]), millis(&line["to"]));
                let inside = |row: &&Row| start <= row.at && row.at < end;
                check(line, "", selected.iter().copied().filter(inside), &query);
            }
            let dimensions: [(&str, &str, Of); 4] = [
                ("models", "id", |row| &row.model),
                ("providers", "id", |row| &row.provider),
                ("accounts", "id", |row| &row.account),
                ("keys", "name", |row| &row.key),
            ];
            for (tab, by, who) in dimensions {
                let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
                for row in &selected {
                    groups.entry(who(row)).or_default().push(row);
                }
                let ranking = file(&browser, tab, &query).await;
                assert_eq!(rows_of(&ranking).len(), groups.len(), "{tab} {query}");
                for line in rows_of(&ranking) {
                    let group = groups.remove(line[by].as_str().unwrap()).unwrap();
                    check(line, "", group.into_iter(), &format!("{tab} {query}"));
                }
            }
            let hours = file(&browser, "hours", &query).await;
            check_hours(rows_of(&hours), &selected, (from, to), zone, &query);
        }

        // The pages say how many, and measure nothing over the gap.
        let at = |text: &str| millis(&text.into());
        let touched = at(LOST.0) < to && at(LOST.1) > from;
        for tab in ["", "/models", "/keys", "/accounts", "/providers", "/hours"] {
            let path = format!("/usage{tab}?from={begin}&to={end}&tz={name}");
            let page = browser.get(&path).await.body;
            if tab != "/hours" {
                let said = page.contains("No change is shown: requests of");
                assert_eq!(said, touched, "{path}: {page}");
            }
            let count = format!(">{}<", selected.len());
            assert!(page.contains(&count), "no {count} in {path}: {page}");
        }
    }
}
