//! Who is logged in, and ending that.

use reqwest::StatusCode;

use crate::support::html::values;
use crate::support::panel::{Browser, Panel};

async fn is_in(browser: &Browser) -> bool {
    browser.get("/settings/about").await.status == StatusCode::OK
}

/// Where each session is ended: the one that looks, and the others.
async fn ends(browser: &Browser) -> (String, Vec<String>) {
    let page = browser.get("/settings/sessions").await.body;
    let mut own = String::new();
    let mut others = Vec::new();
    for row in page.split("<tr").filter(|row| row.contains("rowheader")) {
        let row = row.split("</tr>").next().unwrap();
        for end in values(row, "action") {
            if row.contains("this browser") {
                own = end;
            } else {
                others.push(end);
            }
        }
    }
    assert!(!own.is_empty(), "{page}");
    (own, others)
}

#[tokio::test]
async fn one_session_is_ended_or_all_of_them() {
    let panel = Panel::start().await;
    let here = panel.logged_in().await;
    let (there, third) = (panel.logged_in().await, panel.logged_in().await);
    let (own, others) = ends(&here).await;
    assert_eq!(others.len(), 2);

    for end in others {
        let sent = here.post(&end, &[]).await;
        assert_eq!(sent.header("location"), "/settings/sessions?done=ended");
    }
    assert!(!is_in(&there).await && !is_in(&third).await);
    assert!(is_in(&here).await, "the others were ended, not this one");
    let gone = here.post("/settings/sessions/4711/end", &[]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let sent = here.post(&own, &[]).await;
    assert_eq!(sent.header("location"), "/login");
    assert!(!is_in(&here).await);

    let (one, other) = (panel.logged_in().await, panel.logged_in().await);
    let (again, _) = ends(&one).await;
    assert_ne!(again, own, "a number is used once");
    let sent = one.post("/settings/sessions/end", &[]).await;
    assert_eq!(sent.header("location"), "/login");
    assert!(!is_in(&one).await && !is_in(&other).await);
}
