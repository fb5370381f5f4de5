//! Every number of every usage page, worked out once more the slow way: a fold
//! over the exported requests, sharing no code with the store. The files are
//! compared with the fold, the pages with the files.
#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Days, NaiveTime, TimeZone as _, Timelike as _};
use chrono_tz::Tz;
use cpamp::domain::event::{Event, EventId, EventKey};
use cpamp::domain::tokens::Quality;
use cpamp::domain::units::{At, Ms, NanoUsd};
use cpamp::i18n::Lang;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::database::store;
use crate::support::events::event;
use crate::support::html::decoded;
use crate::support::panel::{Browser, Panel};

/// 2026-04-01T10:17:23.500Z: clocks in Berlin and St. John's went forward in
/// the weeks before.
const NOW: At = At(1_775_038_643_500);
const EVENTS: i64 = 900;
const DAYS: i64 = 40;

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

struct Row {
    at: i64,
    provider: String,
    model: String,
    account: String,
    key: String,
    failed: bool,
    http: i64,
    latency: Option<i64>,
    ttft: Option<i64>,
    /// Uncached, cache read, cache write, output, reasoning, of no bucket.
    tokens: [Option<i64>; 6],
    cost: Option<i64>,
}

impl Row {
    fn read(line: &str) -> Self {
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
                "output",
                "reasoning",
                "unclassified",
            ]
            .map(count),
            cost: row["cost_usd"].as_str().map(nanos),
        }
    }

    fn local(&self, zone: Tz) -> DateTime<Tz> {
        zone.timestamp_millis_opt(self.at).unwrap()
    }

    /// Thousandths of a token a second after the first byte.
    fn speed(&self) -> Option<i64> {
        let (generated, ms) = (
            self.tokens[3]? + self.tokens[4]?,
            self.latency? - self.ttft?,
        );
        (generated > 0 && ms > 0).then(|| generated * 1_000_000 / ms)
    }
}

fn millis(value: &Value) -> i64 {
    let text = value.as_str().unwrap();
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

fn nanos(dollars: &str) -> i64 {
    dollars.replace('.', "").parse().unwrap()
}

/// A small generator: the same events in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 16).unwrap() % sides
    }

    fn maybe(&mut self, sides: i64) -> Option<i64> {
        (self.roll(9) > 0).then(|| self.roll(sides))
    }
}

fn random(n: i64, dice: &mut Dice) -> Event {
    let mut event = event(n);
    let back = dice.roll(DAYS * Ms::DAY.0 / 1_000) * 1_000;
    // Some on the very edges of hours, some in the last minutes.
    let at = match n % 10 {
        0 => (NOW.0 - back) / Ms::HOUR.0 * Ms::HOUR.0,
        1 => NOW.0 - back % (40 * Ms::MINUTE.0),
        _ => NOW.0 - back,
    };
    event.key = EventKey {
        at: At(at),
        id: EventId(n),
    };
    // Models with a price, one that is free, and one that nobody knows.
    let (provider, model) = [
        ("codex", "gpt-5"),
        ("codex", "gpt-5-mini"),
        ("claude", "claude-sonnet-4-5"),
        ("openrouter", "nobody-s-model"),
    ][usize::try_from(dice.roll(4)).unwrap()];
    provider.clone_into(&mut event.provider);
    model.clone_into(&mut event.model);
    event.account.identity = format!("{:016x}", 8 + dice.roll(4));
    event.account.label = format!("user-{}@example.com", dice.roll(1) + 1);
    let key = dice.roll(3);
    event.client_key.hash = format!("{:016x}", 0xabc0 + key);
    event.client_key.mask = format!("key…{key:04}");
    event.status = [200, 200, 200, 429, 500][usize::try_from(dice.roll(5)).unwrap()];
    event.failed = event.status != 200;
    event.latency = dice.maybe(90_000).map(Ms);
    event.ttft = dice.maybe(3_000).map(Ms);
    event.tokens.uncached = dice.maybe(200_000);
    event.tokens.cache_read = dice.maybe(3).map(|n| n * 40_000);
    event.tokens.cache_write = dice.maybe(2).map(|n| n * 900);
    event.tokens.output = dice.maybe(4_000);
    event.tokens.reasoning = dice.maybe(300);
    event.tokens.unclassified = if dice.roll(9) == 0 { dice.roll(50) } else { 0 };
    event.tokens.quality = Quality::Partial;
    event
}

async fn panel() -> (Panel, Browser, Vec<Row>) {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    let mut dice = Dice(0x5eed_cafe);
    let events = (0..EVENTS).map(|n| random(n, &mut dice)).collect();
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let export = browser.get("/requests.jsonl?range=all").await.body;
    let rows: Vec<Row> = export.lines().map(Row::read).collect();
    assert_eq!(i64::try_from(rows.len()).unwrap(), EVENTS);
    let unpriced = rows.iter().filter(|row| row.cost.is_none()).count();
    assert!(unpriced > 100 && unpriced < 700, "{unpriced} have no price");
    (panel, browser, rows)
}

async fn file(browser: &Browser, name: &str, query: &str) -> Value {
    let answer = browser.get(&format!("/usage/{name}.json?{query}")).await;
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{name} {query}"))
}

fn rows_of(file: &Value) -> &Vec<Value> {
    file["rows"].as_array().unwrap()
}

/// Compares the measures of a line with the fold over these rows.
fn check<'a>(line: &Value, prefix: &str, rows: impl Iterator<Item = &'a Row>, of: &str) {
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
        "output",
        "reasoning",
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
    assert_eq!(found, (unpriced < count).then_some(cost), "cost of {of}");

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
    for (hundredths, name) in [(5, "p5"), (50, "p50"), (95, "p95")] {
        let name = format!("tokens_per_second_{name}");
        near(&name, hundredths, 1_000.0, Row::speed);
    }
}

fn real(n: i64) -> f64 {
    f64::from(i32::try_from(n).unwrap())
}

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
        None => {
            assert_eq!(back.1, now.0, "{of}");
            assert_eq!(back.1 - back.0, now.1 - now.0, "{of}");
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

/// The cells of a table after a mark, tags left out.
fn table(html: &str, mark: &str) -> Vec<Vec<String>> {
    let start = html.find(mark).unwrap_or_else(|| panic!("no {mark}"));
    let table = html[start..].split("<table").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    let cell = regex::Regex::new(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>").unwrap();
    let rows = table.split("<tr>").skip(1);
    rows.map(|row| {
        cell.captures_iter(row)
            .map(|found| text(&found[1]))
            .collect()
    })
    .collect()
}

fn text(html: &str) -> String {
    let tag = regex::Regex::new(r"<[^>]*>").unwrap();
    decoded(&tag.replace_all(html, "")).trim().to_owned()
}

/// The figures of the ruled line by their labels.
fn sums(html: &str) -> BTreeMap<String, String> {
    let sum = regex::Regex::new(r"(?s)<dt>(.*?)</dt><dd>(.*?)</dd>").unwrap();
    sum.captures_iter(html)
        .map(|found| (text(&found[1]), text(&found[2])))
        .collect()
}

/// A page under whatever its URL is properly written as.
async fn page(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    if answer.status == StatusCode::SEE_OTHER {
        return browser.get(answer.header("location")).await.body;
    }
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    answer.body
}

/// How pages write the measures of a line.
struct Said<'a>(&'a Value);

impl Said<'_> {
    const L: Lang = Lang::En;

    fn n(&self, name: &str) -> i64 {
        self.0[name].as_i64().unwrap()
    }

    fn input(&self) -> i64 {
        self.n("input_uncached") + self.n("input_cache_read") + self.n("input_cache_write")
    }

    fn count(&self, name: &str) -> String {
        Self::L.count(self.n(name))
    }

    fn success(&self) -> String {
        let (all, failed) = (self.n("requests"), self.n("failed"));
        Self::L.share(all - failed, all).unwrap_or("–".into())
    }

    fn cost(&self) -> String {
        let cost = self.0["cost_usd"].as_str();
        cost.map_or("–".into(), |cost| Self::L.cents(NanoUsd(nanos(cost))))
    }

    fn seconds(&self, name: &str) -> String {
        let ms = self.0[name].as_f64();
        ms.map_or("–".into(), |ms| Self::L.quantile_seconds(ms))
    }

    fn speed(&self, name: &str) -> String {
        let speed = self.0[name].as_f64();
        speed.map_or("–".into(), |speed| format!("{speed:.0}"))
    }

    /// A line of a ranking: figures without drawings, change and share.
    fn ranked(&self) -> Vec<String> {
        vec![
            self.count("requests"),
            self.count("failed"),
            self.success(),
            Self::L.compact(self.input()),
            Self::L
                .percent(self.n("input_cache_read"), self.input())
                .unwrap_or("–".into()),
            Self::L.compact(self.n("output") + self.n("reasoning")),
            self.seconds("latency_p50_ms"),
            self.seconds("ttft_p50_ms"),
            self.speed("tokens_per_second_p50"),
            self.cost(),
        ]
    }
}

#[tokio::test]
async fn pages_show_what_their_files_say() {
    let (_panel, browser, _) = panel().await;
    for query in [
        "",
        "range=30d&tz=Asia/Kolkata",
        "range=today&tz=Europe/Berlin",
        "range=30d&model=nobody-s-model",
        "range=30d&status=failed&vs=none",
        "from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z&tz=Europe/Berlin&by=hour",
    ] {
        let summary = file(&browser, "summary", query).await;
        let now = Said(&rows_of(&summary)[0]);
        for (tab, name) in [
            ("", "models"),
            ("/models", "models"),
            ("/keys", "keys"),
            ("/accounts", "accounts"),
            ("/providers", "providers"),
        ] {
            let path = format!("/usage{tab}?{query}");
            let html = page(&browser, &path).await;
            let shown = sums(&html);
            for (label, expected) in [
                ("Requests", now.count("requests")),
                ("Success", now.success()),
                ("Tokens", Lang::En.compact(now.n("tokens"))),
                ("Cost", now.cost()),
            ] {
                assert_eq!(shown[label], expected, "{label} of {path}");
            }
            for (label, name) in [
                ("Latency p50", "latency_p50_ms"),
                ("TTFT p50", "ttft_p50_ms"),
            ] {
                let figure = shown[label].trim_end_matches(" s");
                assert_eq!(figure, now.seconds(name), "{label} of {path}");
            }
            let ranking = file(&browser, name, query).await;
            let lines = table(&html, "id=\"table-h\"");
            let (lines, whole) = lines[1..].split_at(lines.len() - 2);
            assert_eq!(lines.len(), rows_of(&ranking).len(), "{path}");
            for (line, row) in lines.iter().zip(rows_of(&ranking)) {
                let name = row["name"].as_str().unwrap();
                assert_eq!(line[0], name, "{path}");
                assert_eq!(figures(line), Said(row).ranked(), "{name} of {path}");
            }
            assert_eq!(figures(&whole[0]), now.ranked(), "{path}");
        }
        check_trends(&browser, query).await;
        check_week(&browser, query).await;
    }
}

/// The figures of a line of a ranking: without name, drawings, change, share.
fn figures(line: &[String]) -> Vec<String> {
    let compared = line.len() == 15;
    let change = if compared { 3 } else { usize::MAX };
    let last = line.len() - 1;
    let figures = line.iter().enumerate();
    figures
        .filter(|(place, _)| ![0, 2, change, last - 1, last].contains(place))
        .map(|(_, text)| text.clone())
        .collect()
}

async fn check_trends(browser: &Browser, query: &str) {
    let trend = file(browser, "trend", query).await;
    // The page has the latest bar first.
    let bars: Vec<&Value> = rows_of(&trend).iter().rev().collect();
    for (metric, names) in [
        ("requests", vec!["requests", "failed"]),
        ("tokens", vec!["", "input_cache_read", "", "tokens"]),
        ("failed", vec!["requests", "failed"]),
    ] {
        let html = page(browser, &format!("/usage?{query}&metric={metric}")).await;
        let lines = table(&html, "class=\"data\"");
        assert_eq!(lines.len() - 1, bars.len().min(200), "{query}");
        for (line, bar) in lines[1..].iter().zip(&bars) {
            for (place, name) in names
                .iter()
                .enumerate()
                .filter(|(_, name)| !name.is_empty())
            {
                assert_eq!(line[place + 1], Said(bar).count(name), "{name} {query}");
            }
        }
    }
    for (metric, name) in [("latency", "latency"), ("ttft", "ttft")] {
        let html = page(browser, &format!("/usage?{query}&metric={metric}")).await;
        let lines = table(&html, "class=\"data\"");
        for (line, bar) in lines[1..].iter().zip(&bars) {
            for (place, quantile) in ["p50", "p95", "p99"].into_iter().enumerate() {
                let expected = Said(bar).seconds(&format!("{name}_{quantile}_ms"));
                assert_eq!(line[place + 2], expected, "{name} {quantile} {query}");
            }
        }
    }
}

async fn check_week(browser: &Browser, query: &str) {
    let cells = file(browser, "hours", query).await;
    let cells = rows_of(&cells);
    let html = page(browser, &format!("/usage/hours?{query}")).await;
    let lines = table(&html, "aria-labelledby=\"heat-h\"");
    let mut whole = 0;
    for (day, line) in lines[1..8].iter().enumerate() {
        let of_day = &cells[day * 24..][..24];
        for (cell, row) in line[1..25].iter().zip(of_day) {
            let expected = match row["hours"].as_i64() {
                Some(0) => String::new(),
                _ => row["requests"].to_string(),
            };
            assert_eq!(*cell, expected, "{row} {query}");
        }
        let sum: i64 = of_day
            .iter()
            .map(|row| row["requests"].as_i64().unwrap())
            .sum();
        whole += sum;
        if !line[25].is_empty() {
            assert_eq!(line[25], Lang::En.count(sum), "{query}");
        }
    }
    assert_eq!(lines[8][25], Lang::En.count(whole), "{query}");
}
