//! Who made an unusual hour, worked out once more the slow way: the rule as it is
//! printed, over the exported requests of the hour and of the same hour of the
//! weeks before.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use cpamp::domain::event::Event;
use cpamp::domain::units::{At, Ms};
use serde_json::Value;

use super::fold::{Row, millis};
use super::given::{file, rows_of};
use crate::support::database::store;
use crate::support::events::event;
use crate::support::panel::Panel;

/// Saturday 2026-04-04T12:00:00Z: clocks in Berlin went forward on Sunday.
const NOW: At = At(1_775_304_000_000);
const HOUR: i64 = Ms::HOUR.0;
const WEEK: i64 = 7 * Ms::DAY.0;
/// The account that fails, the key that asks too much, and the one that is gone.
const FAILING: &str = "00000000000000a1";
const GREEDY: &str = "00000000000000b1";
const GONE: &str = "00000000000000b2";

/// Six weeks of seven hours a week. In the last, one fails by one account, one
/// has many requests of one key, one lacks those of a key, one is slow by one
/// model, one dear by another, and two are failing and busy all over.
fn history() -> Vec<Event> {
    let mut events = Vec::new();
    for week in 0..6 {
        let last = week == 0;
        for (place, back) in [123, 94, 64, 50, 25, 30, 11].into_iter().enumerate() {
            let start = NOW.0 - back * HOUR - week * WEEK;
            let count = match place {
                1 | 6 if last => 160,
                _ => 48 + (week * 7 + 3) % 5,
            };
            for n in 0..count {
                let turn = usize::try_from(n % 4).unwrap();
                let mut one = event(week * 2_000 + i64::try_from(place).unwrap() * 200 + n);
                one.key.at = At(start + n * 20_000);
                one.account.identity = [FAILING, "00000000000000a2", "00000000000000a3"]
                    [usize::try_from(n % 3).unwrap()]
                .into();
                one.account.label = format!("{}@example.com", &one.account.identity[14..]);
                let other = usize::try_from(n / 4 % 4).unwrap();
                let grown = place == 1 && last && n >= 50;
                let key = [GREEDY, GONE, GONE, "00000000000000b3"][if grown { 0 } else { other }];
                if place == 2 && last && key == GONE {
                    continue;
                }
                one.client_key.hash = key.into();
                one.client_key.mask = format!("key…{}", &key[14..]);
                one.model = ["gpt-5", "gpt-5-mini", "gpt-4.1", "gpt-4.1-mini"][turn].into();
                one.latency = Some(Ms(6_000 + n * 20));
                one.failed = match place {
                    0 if last => one.account.identity == FAILING,
                    5 if last => n % 2 == 0,
                    _ => n == 7,
                };
                one.status = if one.failed { 529 } else { 200 };
                if place == 3 && last && turn == 1 {
                    one.latency = Some(Ms(90_000));
                }
                if place == 4 && last && turn == 0 {
                    one.tokens.uncached = Some(400_000);
                }
                events.push(one);
            }
        }
    }
    events
}

type Filter = (&'static str, fn(&Row) -> bool);

fn real(n: i64) -> f64 {
    f64::from(i32::try_from(n).unwrap())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 => f64::midpoint(values[half - 1], values[half]),
        _ => values[half],
    }
}

/// Requests that count, and what is counted of them.
fn tally(metric: &str, usual: f64, rows: &[&Row]) -> (f64, f64) {
    let counted = rows.iter().filter(|row| match metric {
        "failed" => row.failed,
        "latency_p95_ms" => row.latency.is_some_and(|ms| real(ms) > usual),
        _ => true,
    });
    let value = |row: &&&Row| match metric {
        "tokens" => row.tokens.iter().flatten().sum(),
        "cost_usd" => row.cost.unwrap_or(0) / 1_000,
        _ => 1,
    };
    let many = i64::try_from(counted.clone().count()).unwrap();
    (real(many), real(counted.map(|row| value(&row)).sum()))
}

fn who(by: &str, row: &Row) -> String {
    match by {
        "account" => row.account.clone(),
        "model" => row.model.clone(),
        "provider" => row.provider.clone(),
        "http" => row.http.to_string(),
        _ => row.key.clone(),
    }
}

/// Everybody that the rule names: by what, who, and the share.
fn named(line: &Value, rows: &[&Row], oldest: i64, zone: Tz) -> BTreeMap<(String, String), f64> {
    let (metric, usual) = (line["metric"].as_str().unwrap(), line["usual"].as_f64());
    let at = zone.timestamp_millis_opt(millis(&line["from"])).unwrap();
    let hours = (0..=8).map(|weeks| {
        let naive = at.naive_local() - TimeDelta::weeks(weeks);
        zone.from_local_datetime(&naive).unwrap().timestamp_millis()
    });
    let hours: Vec<Vec<&Row>> = hours
        .filter(|from| *from > oldest)
        .map(|from| {
            let within = |row: &&&Row| from <= row.at && row.at < from + HOUR;
            rows.iter().filter(within).copied().collect()
        })
        .collect();
    let course = |fits: &dyn Fn(&Row) -> bool| {
        let of = |hour: &Vec<&Row>| {
            let own: Vec<&Row> = hour.iter().filter(|row| fits(row)).copied().collect();
            tally(metric, usual.unwrap(), &own)
        };
        let all: Vec<(f64, f64)> = hours.iter().map(of).collect();
        let base = |of: fn(&(f64, f64)) -> f64| median(all[1..].iter().map(of).collect());
        (all[0], base(|hour| hour.0), base(|hour| hour.1))
    };
    let whole = course(&|_| true);
    let above = line["deviations"].as_f64().unwrap() > 0.0;
    let by: &[&str] = match metric {
        "failed" => &["account", "key", "model", "provider", "http"],
        "latency_p95_ms" => &["account", "model", "provider"],
        _ => &["key", "account", "model"],
    };
    let mut named = BTreeMap::new();
    for by in by {
        let everybody: BTreeSet<String> = hours.iter().flatten().map(|row| who(by, row)).collect();
        for one in everybody {
            let own = course(&|row| who(by, row) == one);
            let share = (own.0.1 - own.2) / (whole.0.1 - whole.2);
            let usually = if whole.2 > 0.0 { own.2 / whole.2 } else { 0.0 };
            let requests = if above { own.0.0 } else { own.1 };
            if share >= 0.6 && share - usually >= 0.2 && requests >= 10.0 {
                named.insert(((*by).to_owned(), one), share.min(1.0));
            }
        }
    }
    named
}

#[tokio::test]
async fn whoever_made_an_hour_unusual_is_named() {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    store(panel.store(), history()).await.unwrap();
    let browser = panel.logged_in().await;
    let export = browser.get("/requests.jsonl?range=all").await.body;
    let rows: Vec<Row> = export.lines().map(Row::read).collect();
    let oldest = rows.iter().map(|row| row.at).min().unwrap();
    let filters: [Filter; 3] = [
        ("", |_| true),
        ("&model=gpt-5-mini&model=gpt-5", |row| {
            row.model.starts_with("gpt-5")
        }),
        ("&account=00000000000000a1", |row| row.account == FAILING),
    ];
    for (filter, wanted) in filters {
        let selected: Vec<&Row> = rows.iter().filter(|row| wanted(row)).collect();
        for zone in [Tz::UTC, Tz::Europe__Berlin, Tz::Asia__Kolkata] {
            let query = format!("range=7d&tz={}{filter}", zone.name());
            // Asked twice: the second answer is remembered.
            let answer = file(&browser, "unusual", &query).await;
            assert_eq!(
                rows_of(&answer),
                rows_of(&file(&browser, "unusual", &query).await)
            );
            let told = browser
                .get(&format!("/v0/management/usage/unusual?{query}"))
                .await;
            let told: Value = serde_json::from_str(&told.body).unwrap();
            let mut most = 0;
            for (place, line) in rows_of(&answer).iter().enumerate() {
                let of = format!("{line} of {query}");
                let mut expected = named(line, &selected, oldest, zone);
                // There is nobody else than whom the filter leaves.
                expected.retain(|(by, _), _| !filter.contains(&format!("&{by}=0")));
                if expected.keys().any(|(by, _)| by == "account") {
                    expected.retain(|(by, _), _| by != "provider");
                }
                let least = expected.len().min(2);
                let hour = &told["hours"][place];
                let mut before = 1.0;
                for n in 1..=2 {
                    let field = |name: &str| line[format!("cause_{n}_{name}")].clone();
                    let cause = &hour["causes"][n - 1];
                    let Some(by) = field("by").as_str().map(str::to_owned) else {
                        assert!(n > least, "{expected:?} missing: {of}");
                        assert!(cause.is_null(), "{of}");
                        continue;
                    };
                    // The export names a key as people see it.
                    let who = field(if by == "key" { "name" } else { "id" });
                    let who = who.as_str().unwrap().to_owned();
                    let share = expected.remove(&(by.clone(), who.clone()));
                    let share = share.unwrap_or_else(|| panic!("{by} {who}: {of}"));
                    let found = field("share").as_f64().unwrap();
                    assert!((share - found).abs() < 0.002, "{share} of {by} {who}: {of}");
                    assert!(found <= before, "{found} after {before}: {of}");
                    before = found;
                    assert!(
                        expected
                            .values()
                            .all(|other| *other <= share + 0.001 || n == 1),
                        "{of}"
                    );
                    assert_eq!(
                        (&cause["by"], &cause["value"]),
                        (&field("by"), &field("id"))
                    );
                    most = most.max(n);
                }
            }
            assert!(
                most > 0 || filter.contains("account"),
                "nobody is named: {query}"
            );
        }
    }

    // What was made is found, and what everybody made is nobody's.
    let lines = rows_of(&file(&browser, "unusual", "range=7d&tz=UTC").await).clone();
    let cause = |metric: &str, back: i64| {
        let hour = At(NOW.0 - back * HOUR).rfc3339();
        let line = lines
            .iter()
            .find(|line| line["metric"] == metric && line["from"] == hour.as_str());
        let line = line.unwrap_or_else(|| panic!("no {metric} at {hour} in {lines:?}"));
        let of = |name: &str| line[name].as_str().map(str::to_owned);
        of("cause_1_by").zip(of("cause_1_id"))
    };
    let is = |by: &str, id: &str| Some((by.to_owned(), id.to_owned()));
    assert_eq!(cause("failed", 123), is("account", FAILING));
    assert_eq!(cause("requests", 94), is("key", GREEDY));
    assert_eq!(cause("latency_p95_ms", 50), is("model", "gpt-5-mini"));
    assert_eq!(cause("cost_usd", 25), is("model", "gpt-5"));
    assert_eq!(cause("requests", 11), None);

    // The page says it, and leads to the rows.
    let page = browser.get("/usage/hours?tz=UTC").await.body;
    assert!(page.contains("% of the excess from key"), "{page}");
    assert!(page.contains("nobody stands out"), "{page}");
    assert!(page.contains("Named is who made at least 60 % of the difference"));
    assert!(
        page.contains(&format!("key={GREEDY}&amp;")) || page.contains(&format!("key={GREEDY}\""))
    );
    let summary = browser.get("/usage?tz=UTC").await.body;
    assert!(summary.contains("% of the excess from"), "{summary}");
}
