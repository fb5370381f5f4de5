//! Home says what a fold over the exported requests of the day says, beside the
//! same of yesterday up to this time of day.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDateTime, NaiveTime, TimeZone as _};
use chrono_tz::Tz;
use cpamp::domain::units::{Ms, NanoUsd};
use cpamp::i18n::Lang;
use serde_json::Value;

use super::ZONES;
use super::fold::Row;
use super::given::{NOW, file, panel, rows_of};
use super::pages::{in_unit, page, sums, table};
use crate::support::panel::Browser;

const L: Lang = Lang::En;

/// What is counted of some rows, the slow way.
struct Fold<'a>(Vec<&'a Row>);

impl<'a> Fold<'a> {
    fn of(rows: &'a [Row], (from, to): (i64, i64)) -> Self {
        let within = |row: &&Row| from <= row.at && row.at < to;
        Self(rows.iter().filter(within).collect())
    }

    fn requests(&self) -> i64 {
        i64::try_from(self.0.len()).unwrap()
    }

    fn failed(&self) -> i64 {
        let failed = self.0.iter().filter(|row| row.failed).count();
        i64::try_from(failed).unwrap()
    }

    fn bucket(&self, place: usize) -> i64 {
        self.0.iter().filter_map(|row| row.tokens[place]).sum()
    }

    fn tokens(&self) -> i64 {
        (0..6).map(|place| self.bucket(place)).sum()
    }

    fn cost(&self) -> i64 {
        self.0.iter().filter_map(|row| row.cost).sum()
    }

    fn success(&self) -> Option<String> {
        L.share(self.requests() - self.failed(), self.requests())
    }

    fn cached(&self) -> Option<String> {
        let input = (0..3).map(|place| self.bucket(place)).sum();
        L.share(self.bucket(1), input)
    }

    /// Requests by the value of a dimension.
    fn by(&self, of: fn(&Row) -> &String) -> BTreeMap<&str, i64> {
        let mut groups = BTreeMap::new();
        for row in &self.0 {
            *groups.entry(of(row).as_str()).or_default() += 1;
        }
        groups
    }
}

/// The note under each figure of the ruled line, by label.
fn notes(html: &str) -> BTreeMap<String, String> {
    let block = regex::Regex::new(r"(?s)<dt>([^<]*)</dt>(.*?)</div>").unwrap();
    let note = regex::Regex::new(r#"(?s)<dd class="note[^"]*">(.*?)</dd>"#).unwrap();
    block
        .captures_iter(html)
        .filter_map(|found| Some((found[1].to_owned(), note.captures(&found[2])?[1].to_owned())))
        .collect()
}

/// `+12.5 % on 25`, or on a small base only what that day was.
fn change(now: i64, past: i64, requests: i64, day: &str, said: &str) -> String {
    if past == 0 {
        return String::new();
    }
    if requests < 20 || now >= 11 * past {
        return format!("{day} {said}");
    }
    let tenths = ((now - past).abs() * 1_000 + past / 2) / past;
    let percent = match tenths {
        1_000.. => L.count(tenths / 10),
        _ => format!("{}.{}", tenths / 10, tenths % 10),
    };
    let sign = if now < past { "−" } else { "+" };
    format!("{sign}{percent} % on {said}")
}

#[tokio::test]
async fn home_shows_the_fold_over_the_requests_of_the_day() {
    let (_panel, browser, rows) = panel().await;
    for zone in ZONES {
        browser.set_cookie("cpamp_prefs", &format!("tz={zone}"));
        let zone: Tz = zone.parse().unwrap();
        let now = zone.timestamp_millis_opt(NOW.0 + 1).unwrap().naive_local();
        let at = |local: NaiveDateTime| {
            let moment = zone.from_local_datetime(&local).earliest().unwrap();
            moment.timestamp_millis()
        };
        let midnight = now.date().and_time(NaiveTime::MIN);
        let back = |local: NaiveDateTime| at(local - Days::new(1));
        let today = Fold::of(&rows, (at(midnight), NOW.0 + 1));
        let past = Fold::of(&rows, (back(midnight), back(now)));
        let html = page(&browser, "/").await;

        let shown = sums(&html);
        let or_none = |text: Option<String>| text.unwrap_or("–".into());
        for (label, expected) in [
            ("Requests", L.count(today.requests())),
            ("Succeeded", or_none(today.success())),
            ("Tokens", L.compact(today.tokens())),
            ("Read from cache", or_none(today.cached())),
            ("Cost", L.cents(NanoUsd(today.cost()))),
        ] {
            assert_eq!(shown[label], expected, "{label} in {zone}");
        }
        let summary = file(&browser, "summary", &format!("range=today&tz={zone}")).await;
        let summary = &rows_of(&summary)[0];
        for (label, name) in [
            ("Latency p50", "latency_p50_ms"),
            ("TTFT p50", "ttft_p50_ms"),
        ] {
            let expected = L.quantile_seconds(summary[name].as_f64().unwrap());
            assert_eq!(
                shown[label].trim_end_matches(" s"),
                expected,
                "{label} in {zone}"
            );
        }

        let said = notes(&html);
        let day = (midnight - Days::new(1)).format("%a").to_string();
        let requests = past.requests();
        for (label, now, past) in [
            ("Requests", today.requests(), (requests, L.count(requests))),
            (
                "Tokens",
                today.tokens(),
                (past.tokens(), L.compact(past.tokens())),
            ),
            (
                "Cost",
                today.cost(),
                (past.cost(), L.cents(NanoUsd(past.cost()))),
            ),
        ] {
            let (base, text) = past;
            let expected = change(now, base, requests, &day, &text);
            let unpriced = today.0.iter().filter(|row| row.cost.is_none()).count();
            let mut expected = vec![expected];
            if label == "Cost" {
                expected.push(format!("{unpriced} have no price"));
            }
            expected.retain(|part| !part.is_empty());
            let found = said.get(label).map_or("", String::as_str);
            assert_eq!(found, expected.join("; "), "{label} in {zone}");
        }
        let success = past.success().unwrap();
        assert!(
            said["Succeeded"].ends_with(&format!("{day} {success}")),
            "{zone}: {said:?}"
        );

        check_rankings(&html, &today, &browser).await;
        check_mix(&html, &today);
        check_traffic(&html, &rows, at(midnight), zone);
        check_health(&html, &rows, zone);
    }
}

/// The account or the key of a request.
type Who = fn(&Row) -> &String;

async fn check_rankings(html: &str, today: &Fold<'_>, browser: &Browser) {
    // What costs most, with what has no price left out.
    let mut costs: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &today.0 {
        *costs.entry(row.model.as_str()).or_default() += row.cost.unwrap_or(0);
    }
    costs.retain(|_, cost| *cost > 0);
    let whole: i64 = costs.values().sum();
    let lines = table(html, "aria-label=\"Cost by model\"");
    assert_eq!(lines.len() - 1, costs.len());
    for line in &lines[1..] {
        let cost = costs[line[0].as_str()];
        assert_eq!(line[2], L.cents(NanoUsd(cost)), "{line:?}");
        assert_eq!(Some(&line[3]), L.percent(cost, whole).as_ref(), "{line:?}");
    }
    // Names of accounts and keys are not their values; the counts are theirs.
    let link = regex::Regex::new(r#"<td class="number"><a href="([^"]*)">([^<]*)</a>"#).unwrap();
    let by: [(&str, Who); 2] = [
        ("Busiest accounts", |row| &row.account),
        ("Busiest keys", |row| &row.key),
    ];
    for (title, of) in by {
        let mut expected: Vec<i64> = today.by(of).into_values().collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let lines = table(html, &format!("aria-label=\"{title}\""));
        let figures: Vec<_> = lines[1..].iter().map(|line| line[2].clone()).collect();
        let said: Vec<_> = expected.iter().map(|n| L.count(*n)).collect();
        assert_eq!(figures, said, "{title}");
        // Each count is that of the rows that its link opens.
        let part = html
            .split(&format!("aria-label=\"{title}\""))
            .nth(1)
            .unwrap();
        let part = part.split("</table>").next().unwrap();
        for found in link.captures_iter(part) {
            let rows = found[1]
                .replace("&#38;", "&")
                .replace("/requests?", "/requests.jsonl?");
            let rows = browser.get(&rows).await.body;
            assert_eq!(rows.lines().count().to_string(), found[2], "{}", &found[1]);
        }
    }
}

fn check_mix(html: &str, today: &Fold<'_>) {
    let lines = table(html, "aria-label=\"Tokens today\"");
    let head = &lines[0][1];
    let names = [
        "Input, uncached",
        "Input, cache read",
        "Input, cache write",
        "Output, visible",
        "Output, reasoning",
    ];
    let whole = today.tokens();
    for (place, name) in names.into_iter().enumerate() {
        let line = &lines[place + 1];
        let n = today.bucket(place);
        assert_eq!(line[0], name);
        assert_eq!(line[1], in_unit(Some(n), head, &line[1]), "{name}");
        assert_eq!(Some(&line[2]), L.share(n, whole).as_ref(), "{name}");
    }
    let total = lines.last().unwrap();
    assert_eq!(total[1], in_unit(Some(whole), head, &total[1]));
}

/// Half hours of today that had requests, newest first, beside yesterday's.
fn check_traffic(html: &str, rows: &[Row], midnight: i64, zone: Tz) {
    let lines = table(html, "<figure class=\"chart\" id=\"traffic\">");
    let mut expected: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let half = 30 * Ms::MINUTE.0;
    let offset = |at: i64| {
        let local = zone.timestamp_millis_opt(at).unwrap().naive_local();
        local.and_utc().timestamp_millis() - at
    };
    for row in rows
        .iter()
        .filter(|row| row.at >= midnight && row.at <= NOW.0)
    {
        let into = (row.at + offset(row.at)).rem_euclid(half);
        let bar = expected.entry(row.at - into).or_default();
        bar.0 += 1;
        bar.1 += i64::from(row.failed);
    }
    assert_eq!(lines.len() - 1, expected.len(), "{zone}");
    for (line, (at, (requests, failed))) in lines[1..].iter().zip(expected.iter().rev()) {
        let local = zone.timestamp_millis_opt(*at).unwrap();
        assert_eq!(line[0], local.format("%H:%M").to_string(), "{zone}");
        assert_eq!(line[1], L.count(*requests), "{line:?} {zone}");
        assert_eq!(line[2], L.count(*failed), "{line:?} {zone}");
    }
}

/// A day up to the end of these ten minutes, by provider.
fn check_health(html: &str, rows: &[Row], zone: Tz) {
    let ten = 10 * Ms::MINUTE.0;
    let end = (NOW.0 / ten + 1) * ten;
    // Every zone is a multiple of a quarter of an hour from UTC.
    let end = match zone {
        chrono_tz::Asia::Kathmandu => {
            (NOW.0 + 5 * Ms::MINUTE.0) / ten * ten + ten - 5 * Ms::MINUTE.0
        }
        _ => end,
    };
    let lines = table(html, "<section class=\"section\" id=\"health\">");
    let day = Fold::of(rows, (end - Ms::DAY.0, end));
    let by = day.by(|row| &row.provider);
    assert_eq!(lines.len() - 1, by.len(), "{zone}");
    for line in &lines[1..] {
        let own = Fold(
            day.0
                .iter()
                .copied()
                .filter(|row| row.provider == line[0])
                .collect(),
        );
        assert_eq!(line[2], L.count(own.requests()), "{line:?} {zone}");
        assert_eq!(line[3], L.count(own.failed()), "{line:?} {zone}");
        assert_eq!(Some(&line[4]), own.success().as_ref(), "{line:?} {zone}");
    }
}

/// Every file of the usage pages says the same as CSV and as JSON.
#[tokio::test]
async fn a_file_says_the_same_in_both_formats() {
    let (_panel, browser, _) = panel().await;
    for query in [
        "range=7d",
        "range=30d&status=failed&tz=Asia/Kolkata&vs=none",
    ] {
        for name in [
            "summary",
            "trend",
            "models",
            "keys",
            "accounts",
            "providers",
            "hours",
            "unusual",
        ] {
            let csv = browser
                .get(&format!("/usage/{name}.csv?{query}"))
                .await
                .body;
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let columns = reader.headers().unwrap().clone();
            let records: Vec<_> = reader.records().map(Result::unwrap).collect();
            let json = file(&browser, name, query).await;
            assert_eq!(records.len(), rows_of(&json).len(), "{name} {query}");
            for (record, row) in records.iter().zip(rows_of(&json)) {
                for (column, text) in columns.iter().zip(record) {
                    let said = match &row[column] {
                        Value::Null => String::new(),
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    assert_eq!(said.trim_end_matches(".0"), text, "{column} {name} {query}");
                }
            }
        }
    }
}
