//! What was said of an account and what it did, when that is over or its file
//! gets another account.

use cpamp::domain::units::Ms;
use cpamp::fake::Gateway;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::accounts::{OPS, address_of, index_of, options, page_saying, panel};
use crate::support::events::MORNING;
use crate::support::panel::{ADMIN_KEY, Browser};
use crate::support::rig::usage_of;
use crate::support::wait::until;

/// Through the relay, as the official panel does it.
#[tokio::test]
async fn resetting_a_quota_ends_the_rest_of_its_models() {
    let gateway = Gateway::start(options()).await.unwrap();
    let panel = panel(&gateway).await;
    let browser = panel.logged_in().await;
    page_saying(&browser, "/accounts", "ops@example.com").await;
    page_saying(&browser, "/accounts/1", "as they happen").await;
    let index = index_of(&panel, "ops@example.com").await;
    let rests = MORNING + Ms::HOUR;
    let event = json!({
        "timestamp": MORNING.rfc3339(), "auth_index": index, "status_code": 429,
        "auth_status": {"status": "active", "model": {
            "name": "claude-opus-5", "unavailable": true, "next_retry_after": rests.rfc3339(),
        }},
    });
    gateway.push_error(&event.to_string());
    page_saying(&browser, "/accounts", "claude-opus-5 until").await;
    let answer = reqwest::Client::new()
        .post(format!("{}/v0/management/reset-quota", panel.origin))
        .bearer_auth(ADMIN_KEY)
        .json(&json!({"auth_index": index}))
        .send()
        .await
        .unwrap();
    let said: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(said["auth_index"], index);
    until("the rest is over", async || {
        let page = browser.get("/accounts").await.body;
        if page.contains("claude-opus-5 until") {
            Err(page)
        } else {
            Ok(())
        }
    })
    .await;
}

/// The requests on the list of requests.
async fn listed_requests(browser: &Browser, path: &str) -> usize {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    let ids = page.body.split("href=\"/requests/").skip(1);
    let ids = ids.map(|rest| rest.split(['"', '?']).next().unwrap());
    let ids = ids.filter(|id| id.starts_with(|first: char| first.is_ascii_digit()));
    ids.collect::<std::collections::BTreeSet<_>>().len()
}

/// Where its requests are, as its page says.
fn requests_of(page: &str) -> String {
    let mut links = page.split("<a class=\"button\" href=\"").skip(1);
    let link = links.find(|rest| rest.split("</a>").next().unwrap().contains("Its requests"));
    let href = link
        .expect("a link to its requests")
        .split('"')
        .next()
        .unwrap();
    href.replace("&#38;", "&").replace("&amp;", "&")
}

/// The file keeps its name, and so its index; who it is of is another.
#[tokio::test]
async fn an_account_keeps_its_past_when_its_file_gets_another() {
    let gateway = Gateway::start(options()).await.unwrap();
    let panel = panel(&gateway).await;
    let browser = panel.logged_in().await;
    let page = page_saying(&browser, "/accounts", "ops@example.com").await;
    let old = address_of(&page, "ops@example.com");
    let index = index_of(&panel, "ops@example.com").await;
    for n in 0..3 {
        gateway.push(&usage_of(n, &index));
    }
    page_saying(&browser, &old, "All of the last 3 succeeded").await;

    panel.clock.set(MORNING + Ms::MINUTE);
    let url = format!(
        "{}/v0/management/auth-files?name=claude-ops@example.com.json",
        gateway.url()
    );
    let another = OPS.replace("ops@example.com", "eve@example.com");
    let upload = reqwest::Client::new()
        .post(url)
        .bearer_auth(gateway.key())
        .body(another);
    assert!(upload.send().await.unwrap().status().is_success());
    browser.post("/accounts/refresh", &[("back", "")]).await;
    let page = page_saying(&browser, "/accounts", "eve@example.com").await;
    let new = address_of(&page, "eve@example.com");
    assert_ne!(old, new);
    // Nothing of the past is hers.
    let hers = browser.get(&new).await.body;
    assert!(hers.contains("No requests in the last week"), "{hers}");
    panel.clock.set(MORNING + Ms(3 * Ms::MINUTE.0));
    gateway.push(&usage_of(20_000, &index));
    let hers = page_saying(&browser, &new, "All of the last 1 succeeded").await;
    assert_eq!(listed_requests(&browser, &requests_of(&hers)).await, 1);
    let his = browser.get(&old).await.body;
    assert!(his.contains("Not listed since"), "{his}");
    assert!(his.contains("All of the last 3 succeeded"), "{his}");
    assert_eq!(listed_requests(&browser, &requests_of(&his)).await, 3);
    let counted = async |file: &str, who: &str| {
        let csv = browser.get(file).await.body;
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let heads = rows.headers().unwrap().clone();
        let place = heads.iter().position(|name| name == "requests").unwrap();
        let mut rows = rows.records().map(Result::unwrap);
        let row = rows.find(|row| row.iter().any(|cell| cell == who));
        row.unwrap_or_else(|| panic!("no {who} in {csv}"))[place].to_owned()
    };
    let gone = "/accounts.csv?state=gone";
    assert_eq!(counted(gone, "ops@example.com").await, "3");
    assert_eq!(counted("/accounts.csv", "eve@example.com").await, "1");

    // Long after, there is nothing of his to link to: not everybody's either.
    panel.clock.set(MORNING + Ms(9 * Ms::DAY.0));
    let browser = panel.logged_in().await;
    let his = browser.get(&old).await.body;
    assert!(
        his.contains("Not listed since") && !his.contains("Its requests"),
        "{his}"
    );
    assert!(!his.contains("href=\"/requests?"), "{his}");
}
