//! The figures that pages show are those of their files.

use std::collections::{BTreeMap, BTreeSet};

use cpamp::domain::units::NanoUsd;
use cpamp::i18n::Lang;
use reqwest::StatusCode;
use serde_json::Value;

use super::fold::nanos;
use super::given::{file, panel, rows_of};
use crate::support::html::decoded;
use crate::support::panel::Browser;

/// The cells of a table after a mark, tags left out.
pub(super) fn table(html: &str, mark: &str) -> Vec<Vec<String>> {
    let start = html.find(mark).unwrap_or_else(|| panic!("no {mark}"));
    let table = html[start..].split("<table").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    let cell = regex::Regex::new(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>").unwrap();
    let row = regex::Regex::new("<tr[^>]*>").unwrap();
    let rows = row.split(table).skip(1);
    rows.map(|row| {
        cell.captures_iter(row)
            .map(|found| text(&found[1]))
            .collect()
    })
    .collect()
}

pub(super) fn text(html: &str) -> String {
    let tag = regex::Regex::new(r"<[^>]*>").unwrap();
    decoded(&tag.replace_all(html, "")).trim().to_owned()
}

/// The figures of the ruled line by their labels.
pub(super) fn sums(html: &str) -> BTreeMap<String, String> {
    let sum = regex::Regex::new(r"(?s)<dt>(.*?)</dt><dd>(.*?)</dd>").unwrap();
    sum.captures_iter(html)
        .map(|found| (text(&found[1]), text(&found[2])))
        .collect()
}

/// A page under whatever its URL is properly written as.
pub(super) async fn page(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    if answer.status == StatusCode::SEE_OTHER {
        return browser.get(answer.header("location")).await.body;
    }
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    answer.body
}

/// How pages write the measures of a line.
pub(super) struct Said<'a>(pub(super) &'a Value);

impl Said<'_> {
    const L: Lang = Lang::En;

    pub(super) fn n(&self, name: &str) -> i64 {
        self.0[name].as_i64().unwrap()
    }

    pub(super) fn input(&self) -> i64 {
        self.n("input_uncached") + self.n("input_cache_read") + self.n("input_cache_write")
    }

    pub(super) fn count(&self, name: &str) -> String {
        Self::L.count(self.n(name))
    }

    pub(super) fn success(&self) -> String {
        let (all, failed) = (self.n("requests"), self.n("failed"));
        Self::L.share(all - failed, all).unwrap_or("–".into())
    }

    pub(super) fn cost(&self) -> String {
        let cost = self.0["cost_usd"].as_str();
        cost.map_or("–".into(), |cost| Self::L.cents(NanoUsd(nanos(cost))))
    }

    fn cost_per_thousand(&self) -> String {
        let cost = self.0["cost_usd"].as_str();
        let priced = self.n("requests") - self.n("unpriced_requests");
        cost.map_or("–".into(), |cost| {
            Self::L.cents(NanoUsd(nanos(cost) * 1_000 / priced))
        })
    }

    pub(super) fn seconds(&self, name: &str) -> String {
        let ms = self.0[name].as_f64();
        ms.map_or("–".into(), |ms| Self::L.quantile_seconds(ms))
    }

    fn speed(&self, name: &str) -> String {
        let speed = self.0[name].as_f64();
        speed.map_or("–".into(), |speed| format!("{speed:.0}"))
    }

    /// A line of a ranking: figures without drawings, change and share, in the
    /// units of their heads.
    fn ranked(&self, heads: &[String], shown: &[String]) -> Vec<String> {
        let tokens = |n, place: usize| in_unit(Some(n), &heads[place], &shown[place]);
        let time = |name, place: usize| {
            let ms = self.0[name].as_f64().map(whole);
            in_unit(ms, &heads[place], &shown[place])
        };
        vec![
            self.count("requests"),
            self.count("failed"),
            self.success(),
            tokens(self.input(), 3),
            Self::L
                .percent(self.n("input_cache_read"), self.input())
                .unwrap_or("–".into()),
            tokens(self.n("output_visible") + self.n("output_reasoning"), 5),
            time("latency_p50_ms", 6),
            time("ttft_p50_ms", 7),
            self.speed("output_tokens_per_second_p50"),
            self.cost(),
        ]
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    reason = "times of tests are small"
)]
pub(super) fn whole(ms: f64) -> i64 {
    ms.round() as i64
}

/// A value as a column shows it whose head ends in its unit, with as many
/// decimals as the cell has.
pub(super) fn in_unit(value: Option<i64>, head: &str, shown: &str) -> String {
    let divisor = match head.rsplit(' ').next().unwrap() {
        "s" | "k" => 1_000,
        "M" => 1_000_000,
        "B" => 1_000_000_000,
        _ => return value.map_or("–".into(), |n| Lang::En.count(n)),
    };
    let decimals = shown.split_once('.').map_or(0, |(_, rest)| rest.len());
    let parts = 10_i64.pow(u32::try_from(decimals).unwrap());
    let said = |n: i64| match decimals {
        0 => Lang::En.count(n),
        _ => format!("{}.{:0decimals$}", Lang::En.count(n / parts), n % parts),
    };
    match value.map(|n| (n, (n * parts + divisor / 2) / divisor)) {
        None => "–".into(),
        Some((0, _)) => "0".into(),
        Some((_, 0)) => format!("<{}", said(1)),
        Some((_, rounded)) => said(rounded),
    }
}

/// Down a column all figures have as many decimals.
fn assert_even(lines: &[Vec<String>], of: &str) {
    for place in 0..lines[0].len() {
        let figures = lines.iter().map(|line| line[place].trim_end_matches(" %"));
        let figures = figures.filter(|text| !["", "–", "0", "100"].contains(text));
        let decimals = figures.map(|text| text.split_once('.').map_or(0, |(_, rest)| rest.len()));
        let found: BTreeSet<usize> = decimals.collect();
        assert!(found.len() <= 1, "column {place} of {of}: {found:?}");
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
            if tab.is_empty() {
                check_head(&now, &sums(&html), &path);
            }
            let ranking = file(&browser, name, query).await;
            if !tab.is_empty() {
                check_ranking_head(rows_of(&ranking), &now, &sums(&html), &path);
            }
            let lines = table(&html, "id=\"table-h\"");
            let heads = figures(&lines[0]);
            let shown: Vec<_> = lines[1..].iter().map(|line| figures(line)).collect();
            assert_even(&shown, &path);
            let (lines, whole) = lines[1..].split_at(lines.len() - 2);
            assert_eq!(lines.len(), rows_of(&ranking).len(), "{path}");
            for (line, row) in lines.iter().zip(rows_of(&ranking)) {
                let name = row["name"].as_str().unwrap();
                assert_eq!(line[0], name, "{path}");
                let figures = figures(line);
                let expected = Said(row).ranked(&heads, &figures);
                assert_eq!(figures, expected, "{name} of {path}");
            }
            let whole = figures(&whole[0]);
            assert_eq!(whole, now.ranked(&heads, &whole), "{path}");
        }
        check_trends(&browser, query).await;
        check_week(&browser, query).await;
    }
}

fn check_head(now: &Said, shown: &BTreeMap<String, String>, of: &str) {
    let cached = Lang::En.share(now.n("input_cache_read"), now.input());
    for (label, expected) in [
        ("Requests", now.count("requests")),
        ("Success", now.success()),
        ("Tokens", Lang::En.compact(now.n("tokens"))),
        ("Read from cache", cached.unwrap_or("–".into())),
        ("Cost", now.cost()),
        ("Cost per 1,000", now.cost_per_thousand()),
    ] {
        assert_eq!(shown[label], expected, "{label} of {of}");
    }
    for (label, name) in [
        ("Latency p50", "latency_p50_ms"),
        ("TTFT p50", "ttft_p50_ms"),
    ] {
        let figure = shown[label].trim_end_matches(" s");
        assert_eq!(figure, now.seconds(name), "{label} of {of}");
    }
}

/// Above a ranking: how many there are, and which of them leads in what.
fn check_ranking_head(lines: &[Value], now: &Said, shown: &BTreeMap<String, String>, of: &str) {
    let lines: Vec<Said> = lines.iter().map(Said).collect();
    let many = i64::try_from(lines.len()).unwrap();
    let (_, in_use) = shown
        .iter()
        .find(|(name, _)| name.ends_with("in use"))
        .unwrap();
    assert_eq!(*in_use, Lang::En.count(many), "{of}");
    let said = |figure: Option<String>| figure.unwrap_or("–".into());
    let most = lines.iter().map(|line| line.n("requests")).max();
    let share = most.and_then(|n| Lang::En.share(n, now.n("requests")));
    assert_eq!(shown["Most requests"], said(share), "{of}");
    let cost = |line: &Said| line.0["cost_usd"].as_str().map_or(0, nanos);
    let dearest = lines.iter().map(cost).max().filter(|cost| *cost > 0);
    let share = dearest.and_then(|n| Lang::En.share(n, cost(now)));
    assert_eq!(shown["Highest cost"], said(share), "{of}");
    let rate =
        |line: &&Said| (line.n("requests") - line.n("failed")) * 1_000_000 / line.n("requests");
    let fair = lines.iter().filter(|line| line.n("requests") >= 20);
    let worst = fair.filter(|line| line.n("failed") > 0).min_by_key(rate);
    assert_eq!(
        shown["Lowest success"],
        said(worst.map(Said::success)),
        "{of}"
    );
    let time = |line: &Said| line.0["latency_p50_ms"].as_f64();
    // Few requests say nothing of how fast it is; how many had a time, the file
    // does not say.
    let times: Vec<f64> = lines
        .iter()
        .filter(|line| line.n("requests") >= 40)
        .filter_map(time)
        .collect();
    let slowest = times.into_iter().reduce(f64::max);
    if let Some(slowest) = slowest {
        let figure = shown["Slowest, p50"]
            .trim_end_matches(" s")
            .parse::<f64>()
            .unwrap();
        assert!(figure >= slowest / 1_000.0 - 0.06, "{figure} of {of}");
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
        assert_even(&lines[1..], query);
        for (line, bar) in lines[1..].iter().zip(&bars) {
            for (place, quantile) in ["p50", "p95", "p99"].into_iter().enumerate() {
                let ms = bar[format!("{name}_{quantile}_ms")].as_f64().map(whole);
                let expected = in_unit(ms, "s", &line[place + 2]);
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
