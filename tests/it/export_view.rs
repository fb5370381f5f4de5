//! A list is complete and each row is in it once, however it is read: page by
//! page in any order, forwards and back, and as a file of the same view.

use std::collections::BTreeSet;

use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::cookie::Cookie;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use cpamp::domain::time::Zone;
use cpamp::domain::units::Ms;
use cpamp::pages::requests;
use cpamp::web::ctx::Frame;
use cpamp::web::{guard, session};
use reqwest::StatusCode;

use crate::support::database::store;
use crate::support::events::{MORNING, events};
use crate::support::html::{link, rows};
use crate::support::panel::{Browser, Panel};

const EVENTS: i64 = 230;

async fn panel() -> Panel {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut all = events(0, EVENTS);
    for (i, event) in (0_i64..).zip(all.iter_mut()) {
        // Many equal values, some unknown, and times that repeat.
        event.latency = (i % 10 != 3).then_some(Ms(i % 4 * 1_000));
        event.key.at = MORNING + Ms(i / 3 * 1_000);
        event.provider = String::from(if i % 2 == 0 { "codex" } else { "claude" });
        event.failed = i % 5 == 0;
        event.status = if event.failed { 503 } else { 200 };
    }
    all.get_mut(7).unwrap().model = String::from("=cmd|'/c calc'!A1");
    all.get_mut(8).unwrap().model = String::from("a \"quoted\", name\nof two lines");
    store(panel.store(), all).await.unwrap();
    panel
}

/// Follows the pages to the end, or back to the start.
async fn pages(browser: &Browser, mut path: String, rel: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    loop {
        let page = browser.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        pages.push(rows(&page.body));
        match link(&page.body, rel) {
            Some(next) => path = next,
            None => return pages,
        }
        assert!(pages.len() < 50, "the pages do not end");
    }
}

#[tokio::test]
async fn paging_visits_each_row_once_in_any_order() {
    let panel = panel().await;
    let browser = panel.logged_in().await;
    for query in [
        "n=25",
        "sort=time&n=25",
        "sort=-latency&n=25",
        "sort=latency&n=25",
        "sort=-speed&n=60",
        "provider=claude&status=ok&n=10",
    ] {
        let found = pages(&browser, format!("/requests?{query}&live=0"), "next").await;
        let all: Vec<&String> = found.iter().flatten().collect();
        let unique: BTreeSet<&&String> = all.iter().collect();
        let expected = if query.starts_with("provider") {
            92
        } else {
            230
        };
        assert_eq!(all.len(), expected, "{query}");
        assert_eq!(unique.len(), expected, "{query}: a row came twice");
    }
}

#[tokio::test]
async fn unknown_values_come_last_in_both_directions() {
    let panel = panel().await;
    let browser = panel.logged_in().await;
    let lines = browser.get("/requests.jsonl").await.body;
    let lines = lines.lines().map(str::parse::<serde_json::Value>);
    let unknown: BTreeSet<String> = lines
        .map(Result::unwrap)
        .filter(|line| line["latency_ms"].is_null())
        .map(|line| line["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(unknown.len(), 23);
    for sort in ["latency", "-latency"] {
        let path = format!("/requests?sort={sort}&n=100&live=0");
        let shown = pages(&browser, path, "next").await.concat();
        let (known, last) = shown.split_at(shown.len() - unknown.len());
        assert!(last.iter().all(|id| unknown.contains(id)), "{sort}");
        assert!(!known.iter().any(|id| unknown.contains(id)), "{sort}");
    }
}

#[tokio::test]
async fn the_way_back_shows_the_same_pages() {
    let panel = panel().await;
    let browser = panel.logged_in().await;
    let there = pages(&browser, "/requests?n=100&live=0".into(), "next").await;
    assert_eq!(
        there.iter().map(Vec::len).collect::<Vec<_>>(),
        [100, 100, 30]
    );
    let mut path = String::from("/requests?n=100&live=0");
    let mut last = String::new();
    while !path.is_empty() {
        last.clone_from(&path);
        path = link(&browser.get(&path).await.body, "next").unwrap_or_default();
    }
    let mut back = pages(&browser, last, "prev").await;
    back.reverse();
    assert_eq!(back, there);
}

#[tokio::test]
async fn a_file_is_refused_when_its_question_is_not_understood() {
    let panel = panel().await;
    let browser = panel.logged_in().await;
    for (path, said) in [
        ("/requests.csv?range=foo&status=ok", "range"),
        ("/requests.jsonl?range=7d&status=bogus", "bogus"),
        ("/usage/models.csv?range=7d&modle=gpt", "modle"),
        ("/usage/trend.json?by=colour", "colour"),
        (
            "/usage/keys.csv?from=2026-03-02&to=2026-03-01",
            "from is after to",
        ),
        (
            "/v0/management/usage?from=2026-03-02&to=2026-03-01",
            "from is after to",
        ),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.body.contains(said), "{path}: {}", answer.body);
    }
    // A page leaves it out and says so.
    let page = browser.get("/requests?range=foo&status=bogus").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("range=foo, status=bogus"));
    for path in ["/requests", "/usage", "/usage/hours"] {
        let page = browser
            .get(&format!("{path}?from=2026-03-02&to=2026-03-01"))
            .await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let said = "“From” was later than “To”";
        assert!(page.body.contains(said), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn a_file_holds_exactly_the_view() {
    let panel = panel().await;
    let browser = panel.logged_in().await;
    for query in [
        "",
        "provider=claude&status=ok",
        "http=503",
        "min_ms=2000",
        "q=gpt",
    ] {
        let join = if query.is_empty() { "" } else { "&" };
        let path = format!("/requests?{query}{join}n=500&live=0");
        let mut shown: Vec<String> = pages(&browser, path, "next").await.concat();
        // A file is read from its beginning, a page from the newest.
        shown.reverse();
        let csv = browser.get(&format!("/requests.csv?{query}")).await;
        assert!(csv.header("content-type").starts_with("text/csv"));
        assert!(
            csv.header("content-disposition")
                .contains("requests-2026-03-01.csv")
        );
        let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
        let place = reader
            .headers()
            .unwrap()
            .iter()
            .position(|name| name == "id")
            .unwrap();
        let written: Vec<String> = reader
            .records()
            .map(|record| record.unwrap()[place].to_owned())
            .collect();
        assert_eq!(written, shown, "{query}");
        let lines = browser.get(&format!("/requests.jsonl?{query}")).await.body;
        let lines: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let ids: Vec<&str> = lines
            .iter()
            .map(|line| line["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, shown, "{query}");
    }
}

/// Half a file must not look like a whole one.
#[tokio::test]
async fn a_file_breaks_off_when_its_session_ends() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    // A second piece that takes longer than to look a session up, and a third.
    store(panel.store(), events(0, 9_000)).await.unwrap();
    let state = panel.state.clone();
    let frame = Frame {
        base: String::new(),
        zone: Zone::UTC,
        demo: false,
        secure: false,
        clock: state.clock.clone(),
        status: state.status.clone(),
        soundness: panel.store().soundness(),
    };
    let routes = App::new()
        .app_data(state.clone())
        .app_data(Data::new(frame))
        .wrap(from_fn(guard::guard))
        .configure(requests::routes);
    let server = init_service(routes).await;
    for (path, revoked) in [("/requests.csv", false), ("/requests.jsonl", true)] {
        let token = browser.cookie("cpamp_session").unwrap();
        let request = TestRequest::get()
            .uri(path)
            .cookie(Cookie::new("cpamp_session", token))
            .to_request();
        let answer = call_service(&server, request).await;
        assert_eq!(answer.status().as_u16(), 200);
        if revoked {
            session::revoke_all(&state).await.unwrap();
        }
        let read = to_bytes(answer.into_body()).await;
        assert_eq!(read.is_err(), revoked, "{path}");
    }
}

#[tokio::test]
async fn unknown_is_empty_and_a_formula_is_text() {
    let panel = panel().await;
    let browser = panel.logged_in().await;
    let csv = browser.get("/requests.csv").await.body;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    let place = |name: &str| names.iter().position(|n| n == name).unwrap();
    let (model, latency) = (place("model"), place("latency_ms"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let models: BTreeSet<&str> = rows.iter().map(|row| &row[model]).collect();
    assert!(models.contains("'=cmd|'/c calc'!A1"));
    assert!(models.contains("a \"quoted\", name\nof two lines"));
    assert_eq!(
        rows.iter().filter(|row| row[latency].is_empty()).count(),
        23
    );
    let lines = browser.get("/requests.jsonl").await.body;
    let unknown = lines
        .lines()
        .filter(|line| line.contains("\"latency_ms\":null"));
    assert_eq!(unknown.count(), 23);
}
