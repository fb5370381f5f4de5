//! The usage pages as a person sees them, without script: every number is the
//! fold over the events, every sum leads to its rows, every region renders.

use cpamp::domain::units::{At, Ms};
use reqwest::StatusCode;

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::panel::{Browser, Panel};

/// The pages that have sums; hours are a page of their own.
const TABS: [&str; 5] = [
    "/usage",
    "/usage/models",
    "/usage/keys",
    "/usage/accounts",
    "/usage/providers",
];

/// What each page offers to take away.
const FILES: [&str; 8] = [
    "summary",
    "trend",
    "models",
    "keys",
    "accounts",
    "providers",
    "hours",
    "unusual",
];

/// Sunday noon, with requests of two models today and one of a week ago.
pub(crate) async fn panel() -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events: Vec<_> = (0..30).map(event).collect();
    for failing in events.iter_mut().take(5) {
        failing.failed = true;
        failing.status = 429;
        failing.model = String::from("<b>slow</b>");
    }
    let mut older = event(40);
    older.key.at = At(MORNING.0 - 8 * Ms::DAY.0);
    events.push(older);
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    (panel, browser)
}

#[tokio::test]
async fn every_page_shows_the_sums_and_leads_to_their_rows() {
    let (_panel, browser) = panel().await;
    for tab in TABS {
        let page = browser.get(tab).await;
        assert_eq!(page.status, StatusCode::OK, "{tab}");
        // The head of the summary, and the last line of every table.
        let sums: &[&str] = match tab {
            "/usage" => &[r#"<dd><a href="/requests?range=7d">30</a></dd>"#, "36,000"],
            _ => &[r#"<td class="number"><a href="/requests?range=7d">30</a></td>"#],
        };
        let failed = r#"<a href="/requests?range=7d&#38;status=failed">83.3 %</a>"#;
        for text in sums.iter().chain(&[failed]) {
            assert!(
                page.body.contains(text),
                "{tab} lacks {text}\n{}",
                page.body
            );
        }
        let region = browser.region(tab, "results").await;
        assert!(region.body.contains("id=\"results\""), "{tab}");
        assert!(!region.body.contains("<html"), "{tab}");
        assert_eq!(
            browser.region(tab, "nonsense").await.status,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn links_are_canonical_and_carry_everything() {
    let (_panel, browser) = panel().await;
    let answer = browser
        .get("/usage/models?model=gpt-5&range=7d&vs=previous")
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/usage/models?model=gpt-5");
    let page = browser.get("/usage/models?model=gpt-5").await;
    assert!(
        page.body
            .contains(r#"<a href="/requests?range=7d&#38;model=gpt-5">25</a>"#)
    );
    for tab in TABS {
        assert!(
            page.body.contains(&format!(r#"href="{tab}?model=gpt-5""#)),
            "{tab}"
        );
    }
}

#[tokio::test]
async fn foreign_text_stays_text_in_every_metric_and_language() {
    let (panel, _) = panel().await;
    let chinese = panel.logged_in().await.with("accept-language", "zh-CN");
    for metric in [
        "requests", "tokens", "cost", "latency", "ttft", "speed", "failed",
    ] {
        let query = if metric == "requests" {
            String::new()
        } else {
            format!("?metric={metric}")
        };
        let page = chinese.get(&format!("/usage{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{metric}");
        assert!(!page.body.contains("<b>slow"), "{metric}");
        assert!(page.body.contains("概览"), "{metric}");
    }
}

#[tokio::test]
async fn an_empty_panel_says_why_and_an_empty_range_says_where_to_look() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let page = browser.get("/usage").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("id=\"sums\""));

    store(panel.store(), vec![event(1)]).await.unwrap();
    panel.clock.set(MORNING + Ms(60 * Ms::DAY.0));
    // The session did not live that long.
    let page = panel.logged_in().await.get("/usage").await;
    assert!(
        page.body.contains(r#"href="/usage?range=all""#),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn hours_lead_to_the_rows_of_their_cell() {
    let (_panel, browser) = panel().await;
    let page = browser.get("/usage/hours").await;
    assert_eq!(page.status, StatusCode::OK);
    // Thirty requests on Sunday from 10:00 on, five of them failed.
    let cell = r#"href="/requests?range=7d&#38;weekday=sun&#38;hour=10""#;
    assert!(page.body.contains(cell), "{}", page.body);
    let rows = browser
        .get("/requests.jsonl?range=7d&weekday=sun&hour=10")
        .await;
    assert_eq!(rows.body.lines().count(), 30);
    for metric in ["tokens", "cost", "latency", "ttft", "speed", "failed"] {
        for scale in ["", "&scale=mean"] {
            let page = browser
                .get(&format!("/usage/hours?metric={metric}{scale}"))
                .await;
            assert_eq!(page.status, StatusCode::OK, "{metric}");
            assert!(page.body.contains("<table class=\"heat\">"), "{metric}");
            assert!(!page.body.contains("<b>slow"), "{metric}");
        }
    }
    let region = browser.region("/usage/hours", "results").await;
    assert!(region.body.contains("id=\"results\""));
}

#[tokio::test]
async fn every_table_is_a_file_and_no_text_a_formula() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut formula = event(1);
    formula.model = String::from("=cmd|'/c calc'!A1");
    store(panel.store(), vec![formula]).await.unwrap();
    let browser = panel.logged_in().await;
    for name in FILES {
        let csv = browser.get(&format!("/usage/{name}.csv?range=7d")).await;
        assert_eq!(csv.status, StatusCode::OK, "{name}");
        let file = format!("attachment; filename=\"{name}-2026-03-01.csv\"");
        assert_eq!(csv.header("content-disposition"), file);
        let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
        let columns = reader.headers().unwrap().clone();
        let csv: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let json = browser.get(&format!("/usage/{name}.json?range=7d")).await;
        let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
        let rows = json["rows"].as_array().unwrap();
        assert_eq!(csv.len(), rows.len(), "{name}");
        for (record, row) in csv.iter().zip(rows) {
            for (column, text) in columns.iter().zip(record) {
                let value = match &row[column] {
                    serde_json::Value::Null => String::new(),
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let same = value.trim_end_matches(".0") == text || text == format!("'{value}");
                assert!(same, "{name} {column}: {text} is not {value}");
            }
        }
    }
    let models = browser.get("/usage/models.csv").await.body;
    assert!(models.contains("'=cmd|"), "{models}");
}

#[tokio::test]
async fn an_hour_unlike_the_weeks_before_is_named_with_its_reason() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events = vec![];
    for week in 0..5 {
        for n in 0..40 {
            let mut one = event(week * 100 + n);
            one.key.at = At(MORNING.0 + n * 1_000 - week * 7 * Ms::DAY.0);
            one.failed = week == 0 && n < 25;
            one.status = if one.failed { 529 } else { 200 };
            events.push(one);
        }
    }
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let rows = "/requests?from=2026-03-01T10:00:00Z&#38;to=2026-03-01T11:00:00Z&#38;status=failed";
    for page in ["/usage", "/usage/hours"] {
        let page = browser.get(page).await.body;
        assert!(page.contains(rows), "{page}");
        assert!(
            page.contains("deviations above the median of 3 weeks"),
            "{page}"
        );
    }
    // Under a filter on one thing it is named as well, under several at least
    // where most failed.
    let page = browser.get("/usage?model=gpt-5").await.body;
    let named = format!("{rows}&#38;model=gpt-5").replace(
        "&#38;status=failed&#38;model=gpt-5",
        "&#38;model=gpt-5&#38;status=failed",
    );
    assert!(page.contains(&named), "{page}");
    assert!(page.contains("deviations above the median"), "{page}");
    let page = browser
        .get("/usage?model=gpt-5&endpoint=POST+/v1/chat/completions")
        .await
        .body;
    assert!(page.contains("Most failures"), "{page}");
    assert!(page.contains("<b>25 of 40 failed</b>"), "{page}");
    let elsewhere = "Under this filter unusual hours are looked for only on";
    assert!(page.contains(elsewhere), "{page}");
    let page = browser.get("/usage?min_ms=1").await.body;
    assert!(page.contains(elsewhere), "{page}");
    assert!(!browser.get("/usage").await.body.contains(elsewhere));

    let file = browser.get("/usage/unusual.json").await.body;
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    let odd = &file["rows"][0];
    assert_eq!(odd["metric"], "failed");
    assert_eq!(
        (odd["value"].as_f64(), odd["usual"].as_f64()),
        (Some(25.0), Some(0.0))
    );

    // What is remembered of it does not outlive what it was made of.
    let late: Vec<_> = (0..5)
        .map(|n| {
            let mut one = event(900 + n);
            one.key.at = At(MORNING.0 + 50 * 60_000 + n);
            one.failed = true;
            one.status = 529;
            one
        })
        .collect();
    let said = "Failures 25, usually 0";
    assert!(browser.get("/usage").await.body.contains(said));
    store(panel.store(), late).await.unwrap();
    let page = browser.get("/usage").await.body;
    assert!(page.contains("Failures 30, usually 0"), "{page}");
}
