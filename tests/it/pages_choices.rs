//! What a person chooses holds on every page: masks, language, theme, columns,
//! and the view that a link names.

use reqwest::{Method, StatusCode};

use crate::support::pages::{busy, of_a_request};

#[tokio::test]
async fn identities_are_masked_on_request() {
    let panel = busy().await;
    let browser = panel.logged_in().await;
    let pages = [
        "/",
        "/requests",
        &of_a_request(1),
        "/requests.csv?range=all",
    ];
    for page in pages {
        assert!(
            browser.get(page).await.body.contains("alice@example.com"),
            "{page}"
        );
    }
    browser.set_cookie("cpamp_prefs", "mask=1");
    for page in pages {
        let body = browser.get(page).await.body;
        assert!(!body.contains("alice@"), "{page}");
        assert!(body.contains("a…@example.com"), "{page}");
    }
}

#[tokio::test]
async fn preferences_come_back_to_where_they_were_set() {
    let panel = busy().await;
    let browser = panel.logged_in().await;
    let form = [
        ("to", "/requests?range=7d"),
        ("theme", "dark"),
        ("lang", "zh-CN"),
        ("tz", "Asia/Kolkata"),
        ("compact", "1"),
    ];
    let saved = browser.post("/prefs", &form).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert_eq!(saved.header("location"), "/requests?range=7d");
    let html = browser.get("/requests?range=7d").await.body;
    assert!(html.contains("<html lang=\"zh-CN\" data-theme=\"dark\" data-density=\"compact\">"));
    assert!(html.contains("Asia/Kolkata"));

    let form = [("to", "//evil.example"), ("cols", "model"), ("cols", "key")];
    let saved = browser.post("/prefs/columns", &form).await;
    assert_eq!(saved.header("location"), "/");
    let html = browser.get("/requests").await.body;
    assert_eq!(html.matches("role=\"columnheader\"").count(), 3);
    assert!(html.contains("data-theme=\"dark\""), "other choices stay");
}

#[tokio::test]
async fn a_view_leads_to_its_canonical_link() {
    let panel = busy().await;
    let browser = panel.logged_in().await;
    let moved = browser
        .get("/requests?provider=&q=+gpt+&range=24h&live=1")
        .await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    assert_eq!(moved.header("location"), "/requests?q=gpt");
    let odd = browser.get("/requests?q=gpt&colour=blue").await;
    assert_eq!(odd.status, StatusCode::OK);
    assert!(odd.body.contains("colour=blue"), "what is ignored is said");

    let headers = [
        ("hx-request", "true"),
        ("hx-target", "div#results"),
        ("hx-source", "form#filters"),
    ];
    let url = "/requests?provider=codex&q=&http=&min_ms=";
    let swapped = browser.send(Method::GET, url, "", &headers).await;
    assert_eq!(swapped.header("hx-push-url"), "/requests?provider=codex");
    for part in ["#head", "#filters"] {
        assert!(
            swapped
                .body
                .contains(&format!("<hx-partial hx-target=\"{part}\""))
        );
    }
}
