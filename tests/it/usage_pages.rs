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
    let elsewhere = "unusual hours are looked for only on";
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

/// Every figure of a ranking is a link, and the rows it opens are those that
/// were counted, under the filter of the page.
#[tokio::test]
async fn every_figure_of_a_ranking_opens_the_rows_behind_it() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events: Vec<_> = (0..40).map(event).collect();
    for (n, event) in events.iter_mut().enumerate() {
        event.failed = n % 5 == 0;
        event.status = if event.failed { 500 } else { 200 };
        if n % 4 == 0 {
            event.client_key.hash.clear();
            event.client_key.mask.clear();
        }
    }
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let cell = regex::Regex::new(r#"(?s)<td class="number[^>]*>(.*?)</td>"#).unwrap();
    let link = regex::Regex::new(r#"^<a href="([^"]+)">"#).unwrap();
    for tab in &TABS[1..] {
        let page = browser.get(&format!("{tab}?model=gpt-5")).await.body;
        let body = page.split("table class=\"table models\"").nth(1).unwrap();
        let body = body.split("<tbody>").nth(1).unwrap();
        let body = body.split("</table>").next().unwrap();
        let mut seen = 0;
        for row in body.split("<tr>").skip(1) {
            let requests = cell.captures(row).unwrap()[1].to_owned();
            for found in cell.captures_iter(row) {
                let figure = &found[1];
                // A zero, and what is not known, has no rows.
                if ["", "–", "0"].contains(&figure) {
                    continue;
                }
                let href = link
                    .captures(figure)
                    .unwrap_or_else(|| panic!("{figure} in {tab}"));
                let href = href[1].replace("&#38;", "&");
                assert!(href.contains("model=gpt-5"), "{href} lost the filter");
                seen += 1;
            }
            // The first figure counts the rows that its link opens.
            let href = link.captures(&requests).unwrap()[1].replace("&#38;", "&");
            let rows = href.replace("/requests?", "/requests.jsonl?");
            let rows = browser.get(&rows).await.body;
            let count = requests.split_once('>').unwrap().1.trim_end_matches("</a>");
            assert_eq!(rows.lines().count().to_string(), count, "{href}");
        }
        assert!(seen >= 20, "{seen} figures in {tab}");
    }
    let keys = browser.get("/usage/keys").await.body;
    assert!(keys.contains("/requests?range=7d&#38;key=-"), "{keys}");
}

/// Requests without a cost are counted, named with their cause, and open
/// exactly their rows; a model may have more than one cause.
#[tokio::test]
async fn what_is_in_no_cost_opens_its_rows() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events: Vec<_> = (0..30).map(event).collect();
    for uncounted in events.iter_mut().take(7) {
        uncounted.tokens.output = None;
    }
    for nobodys in events.iter_mut().skip(5).take(6) {
        nobodys.model = String::from("nobody-s-model");
    }
    for odd in events.iter_mut().skip(11).take(3) {
        odd.model = String::from("claude-opus-5");
    }
    events[11].tokens.unclassified = 9;
    events[12].tokens.cache_read = None;
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let page = browser.get("/usage").await.body;
    let no_price = "have no price and count as unknown, not as free.";
    let no_kind = "have no price or tokens of no known kind, and count as unknown.";
    let no_count = "not all tokens are known, so their cost is unknown, not zero.";
    for (why, cost, model, count) in [
        (no_price, "no_price", "nobody-s-model", 4),
        (no_kind, "no_price", "claude-opus-5", 1),
        (no_count, "no_count", "gpt-5", 5),
        (no_count, "no_count", "nobody-s-model", 2),
        (no_count, "no_count", "claude-opus-5", 1),
    ] {
        let (_, cause) = page.split_once(why).expect(why);
        let (cause, _) = cause.split_once("</span>").unwrap();
        let query = format!("range=7d&#38;model={model}&#38;cost={cost}");
        let link = format!("/requests?{query}\"><bdi>{model} ({count})</bdi>");
        assert!(cause.contains(&link), "no {link} in {cause}");
        let rows = format!("/requests.jsonl?{}", query.replace("&#38;", "&"));
        assert_eq!(browser.get(&rows).await.body.lines().count(), count);
    }
    for (cost, count) in [("none", 13), ("no_price", 5), ("no_count", 8)] {
        let rows = format!("/requests.jsonl?range=7d&cost={cost}");
        assert_eq!(browser.get(&rows).await.body.lines().count(), count);
    }
    let known = browser
        .get("/requests.jsonl?range=7d&cost=known")
        .await
        .body;
    assert_eq!(known.lines().count(), 17);
    let rows = browser.get("/requests?range=7d&cost=none").await.body;
    assert!(
        rows.contains("not known"),
        "the condition is a chip: {rows}"
    );
}

/// A provider has one name, whichever way the gateway writes it.
#[tokio::test]
async fn a_provider_has_one_name_and_is_found_by_both() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events: Vec<_> = (0..10).map(event).collect();
    for event in &mut events {
        event.provider = String::from("openai-compatible-openrouter");
    }
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    for path in ["/", "/usage/providers", "/requests?range=7d", "/requests"] {
        let page = browser.get(path).await.body;
        let read = crate::support::html::without_values(&page);
        assert!(read.contains("openrouter"), "{path}: {read}");
        assert!(!read.contains("openai-compatible-"), "{path}: {read}");
    }
    for name in ["openrouter", "openai-compatible-openrouter"] {
        let rows = format!("/requests.jsonl?range=7d&provider={name}");
        assert_eq!(browser.get(&rows).await.body.lines().count(), 10, "{name}");
    }
    let other = browser
        .get("/requests.jsonl?range=7d&provider=router")
        .await;
    assert_eq!(other.body, "");
}
