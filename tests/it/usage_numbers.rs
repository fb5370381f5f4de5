//! Every number of every usage page, worked out once more the slow way: a fold
//! over the exported requests, sharing no code with the store. The files are
//! compared with the fold, the pages with the files.
#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

mod causes;
mod courses;
mod fold;
mod given;
mod home;
mod pages;
mod rest;
mod unusual;
mod zones;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Days, NaiveTime, TimeZone as _, Timelike as _};
use chrono_tz::Tz;
use cpamp::domain::units::Ms;
use serde_json::Value;

use fold::{Row, check, millis};
use given::{NOW, file, panel, rows_of};

const ZONES: [&str; 5] = [
    "UTC",
    "Europe/Berlin",
    "Asia/Kolkata",
    "America/St_Johns",
    "Asia/Kathmandu",
];

/// One day has no hour between two and three in Berlin; one range ends in the
/// middle of an hour; one is still to come for the most part.
const RANGES: [&str; 8] = [
    "range=7d",
    "range=today",
    "range=24h",
    "range=30d",
    "range=all",
    "from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z",
    "from=2026-03-07T10:17:00Z&to=2026-03-09T01:44:31Z",
    "from=2026-03-31T00:00:00Z&to=2026-04-20T00:00:00Z",
];

type Filter = (&'static str, fn(&Row, Tz) -> bool);

const FILTERS: [Filter; 11] = [
    ("", |_, _| true),
    ("&provider=codex", |row, _| row.provider == "codex"),
    ("&model=gpt-5&model=nobody-s-model", |row, _| {
        ["gpt-5", "nobody-s-model"].contains(&row.model.as_str())
    }),
    ("&status=failed", |row, _| row.failed),
    ("&account=000000000000000a", |row, _| {
        row.account == "000000000000000a"
    }),
    ("&min_ms=20000&status=ok", |row, _| {
        !row.failed && row.latency.is_some_and(|ms| ms >= 20_000)
    }),
    ("&cache=hit", |row, _| row.tokens[1].is_some_and(|n| n > 0)),
    ("&http=429&http=500", |row, _| {
        [429, 500].contains(&row.http)
    }),
    (
        "&weekday=sun&weekday=mon&hour=2&hour=3&hour=10",
        |row, zone| {
            let local = row.local(zone);
            local.weekday().num_days_from_monday().is_multiple_of(6)
                && [2, 3, 10].contains(&local.hour())
        },
    ),
    ("&q=CLAUDE", |row, _| {
        row.model.contains("claude") || row.provider.contains("claude")
    }),
    ("&model=no-such-model", |_, _| false),
];

/// Both ends of a range by the calendar; `first` is the oldest request.
fn span(range: &str, zone: Tz, first: i64) -> (i64, i64) {
    let now = zone.timestamp_millis_opt(NOW.0).unwrap();
    let midnight = |days: u64| {
        let date = now.date_naive() - Days::new(days);
        let midnight = date.and_time(NaiveTime::MIN);
        let local = zone.from_local_datetime(&midnight).earliest().unwrap();
        local.timestamp_millis()
    };
    let end = NOW.0 + 1;
    match range {
        "range=today" => (midnight(0), end),
        "range=24h" => (end - Ms::DAY.0, end),
        "range=7d" => (midnight(6), end),
        "range=30d" => (midnight(29), end),
        "range=all" => (first, end),
        between => {
            let ends = between.split(['=', '&']).collect::<Vec<_>>();
            let at = |place: usize| millis(&Value::from(ends[place]));
            (at(1), at(3))
        }
    }
}

#[tokio::test]
async fn files_are_the_fold_over_the_exported_requests() {
    let (_panel, browser, rows) = panel().await;
    let first = rows.iter().map(|row| row.at).min().unwrap();
    for n in 0..88 {
        let (range, zone) = (RANGES[n % 8], ZONES[n % 5]);
        let (filter, wanted) = FILTERS[n % 11];
        let grain = ["", "&by=hour", "&by=day", "&by=week"][n % 4];
        let query = format!("{range}&tz={zone}{filter}{grain}");
        let zone: Tz = zone.parse().unwrap();
        let (from, to) = span(range, zone, first);
        let fits = |row: &&Row| wanted(row, zone);
        let selected: Vec<&Row> = rows.iter().filter(fits).collect();
        let between = |from: i64, to: i64| {
            let within = move |row: &&Row| from <= row.at && row.at < to;
            selected.iter().copied().filter(within)
        };

        let summary = file(&browser, "summary", &query).await;
        for line in rows_of(&summary) {
            let span = (millis(&line["from"]), millis(&line["to"]));
            check(line, "", between(span.0, span.1), &query);
            match line["period"].as_str().unwrap() {
                "current" => assert_eq!(span, (from, to), "{query}"),
                "previous" => check_before(range, (from, to), span, zone, &query),
                _ => assert_eq!(span, (NOW.0 + 1 - 30 * Ms::MINUTE.0, NOW.0 + 1)),
            }
        }
        let compared = summary["previous"].is_object();
        assert_eq!(compared, range != "range=all", "{query}");

        let trend = file(&browser, "trend", &query).await;
        check_edges(rows_of(&trend), (from, to), grain, zone, &query);
        for line in rows_of(&trend) {
            let (start, end) = (millis(&line["from"]), millis(&line["to"]));
            check(line, "", between(start, end.min(to)), &query);
            assert_eq!(line["finished"].as_bool(), Some(end <= NOW.0), "{query}");
        }
        if compared {
            let sum = |name: &str| -> i64 {
                let lines = rows_of(&trend).iter();
                lines.map(|line| line[name].as_i64().unwrap_or(0)).sum()
            };
            let before = &rows_of(&summary)[1];
            for name in ["requests", "failed", "tokens", "unpriced_requests"] {
                let found = sum(&format!("previous_{name}"));
                assert_eq!(Some(found), before[name].as_i64(), "{name} {query}");
            }
        }

        let back = summary["previous"].as_object();
        let back = back.map(|span| (millis(&span["from"]), millis(&span["to"])));
        let model: fn(&Row) -> &String = |row| &row.model;
        for (name, by, value) in [
            ("models", "id", model),
            ("providers", "id", |row| &row.provider),
            ("accounts", "id", |row| &row.account),
            ("keys", "name", |row| &row.key),
        ] {
            let ranking = file(&browser, name, &query).await;
            let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
            for row in between(from, to) {
                groups.entry(value(row)).or_default().push(row);
            }
            let of = format!("{name} {query}");
            assert_eq!(rows_of(&ranking).len(), groups.len(), "{of}");
            for line in rows_of(&ranking) {
                let who = line[by].as_str().unwrap();
                let group = groups.remove(who).unwrap_or_else(|| panic!("{who} {of}"));
                check(line, "", group.into_iter(), &of);
                if let Some((from, to)) = back {
                    let same = |row: &&Row| value(row) == who;
                    let past: Vec<&Row> = between(from, to).filter(same).collect();
                    if past.is_empty() {
                        assert!(line["previous_requests"].is_null(), "{of}");
                    } else {
                        check(line, "previous_", past.into_iter(), &of);
                    }
                }
            }
        }

        let hours = file(&browser, "hours", &query).await;
        check_hours(
            rows_of(&hours),
            &between(from, to).collect::<Vec<_>>(),
            (from, to),
            zone,
            &query,
        );
    }
}

/// The period before is as long, by the calendar where the range is of days.
fn check_before(range: &str, now: (i64, i64), back: (i64, i64), zone: Tz, of: &str) {
    let days = match range {
        "range=today" => Some(1),
        "range=7d" => Some(7),
        "range=30d" => Some(30),
        _ => None,
    };
    let naive = |at: i64| zone.timestamp_millis_opt(at).unwrap().naive_local();
    match days {
        Some(days) => {
            assert_eq!(naive(back.0) + Days::new(days), naive(now.0), "{of}");
            assert_eq!(naive(back.1) + Days::new(days), naive(now.1), "{of}");
        }
        // Whole local days of one that has 23 hours are compared with 24.
        None if range.contains("03-28T23") && zone == chrono_tz::Europe::Berlin => {
            assert_eq!(naive(back.0) + Days::new(1), naive(now.0), "{of}");
        }
        // What is still to come is compared with nothing yet.
        None => {
            let (whole, passed) = (now.1 - now.0, now.1.min(NOW.0 + 1) - now.0);
            assert_eq!(back.0 + whole, now.0, "{of}");
            assert_eq!(back.1 - back.0, passed, "{of}");
        }
    }
}

/// Bars cover the range without a gap and begin where local clocks are round.
fn check_edges(bars: &[Value], (from, to): (i64, i64), grain: &str, zone: Tz, of: &str) {
    assert_eq!(millis(&bars[0]["from"]), from, "{of}");
    let end = millis(&bars.last().unwrap()["to"]);
    assert!(end >= to.min(NOW.0), "{of}");
    for pair in bars.windows(2) {
        let edge = millis(&pair[0]["to"]);
        assert_eq!(edge, millis(&pair[1]["from"]), "{of}");
        let local = zone.timestamp_millis_opt(edge).unwrap();
        let round = match grain {
            "&by=week" => local.weekday().num_days_from_monday() == 0 && local.hour() == 0,
            "&by=day" => local.hour() == 0 && local.minute() == 0,
            "&by=hour" if bars.len() > 60 => local.minute() == 0,
            _ => local.minute().is_multiple_of(5),
        };
        assert!(round && local.second() == 0, "{local} of {of}");
    }
}

/// All zones are that far from UTC, or a multiple of it.
const QUARTER: i64 = 15 * Ms::MINUTE.0;

fn check_hours(cells: &[Value], rows: &[&Row], (from, to): (i64, i64), zone: Tz, of: &str) {
    assert_eq!(cells.len(), 168, "{of}");
    // Every hour of the clock that has begun, found quarter by quarter.
    let mut begun: BTreeMap<(u32, u32), BTreeSet<String>> = BTreeMap::new();
    let mut at = from;
    while at < to.min(NOW.0 + 1) {
        let local = zone.timestamp_millis_opt(at).unwrap();
        let cell = (local.weekday().num_days_from_monday(), local.hour());
        let hour = local.format("%F %H %z").to_string();
        begun.entry(cell).or_default().insert(hour);
        at = (at / QUARTER + 1) * QUARTER;
    }
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    for cell in cells {
        let name = cell["weekday"].as_str().unwrap();
        let day = names.iter().position(|other| *other == name).unwrap();
        let place = (
            u32::try_from(day).unwrap(),
            u32::try_from(cell["hour"].as_i64().unwrap()).unwrap(),
        );
        let of = format!("{place:?} {of}");
        let hours = begun.get(&place).map_or(0, BTreeSet::len);
        assert_eq!(cell["hours"].as_u64(), u64::try_from(hours).ok(), "{of}");
        let here = rows.iter().copied().filter(|row| {
            let local = row.local(zone);
            (local.weekday().num_days_from_monday(), local.hour()) == place
        });
        check(cell, "", here, &of);
    }
}
