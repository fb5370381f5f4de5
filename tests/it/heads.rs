//! HEAD is answered as GET is, without the body: by pages, files, the API and
//! the door in front of them, for those who look before they fetch.

use reqwest::{Method, StatusCode};

use crate::support::database;
use crate::support::events::events;
use crate::support::html::values;
use crate::support::panel::{ADMIN_KEY, Browser, Panel};
use crate::support::routes::{filled, registered};

/// What does not depend on the moment.
async fn head_of(browser: &Browser, method: Method, path: &str) -> (StatusCode, Vec<String>) {
    let response = browser.open(method, path, "", &[]).await;
    let said = |name| {
        let value = response.headers().get(name);
        let value = value.and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let names = ["content-type", "location", "cache-control", "vary"];
    (response.status(), names.map(said).to_vec())
}

#[tokio::test]
async fn whoever_answers_get_answers_head() {
    let panel = Panel::start().await;
    database::store(panel.store(), events(0, 3)).await.unwrap();
    let inside = panel.logged_in().await;
    let script = panel.visitor();
    let script = script.with("authorization", &format!("Bearer {ADMIN_KEY}"));
    let mut paths: Vec<_> = registered()
        .into_iter()
        .filter(|(method, path)| *method == Method::GET && !path.contains(".*"))
        .map(|(_, path)| filled(&path))
        .collect();
    paths.push(String::from("/requests.csv?range=all"));
    paths.push(String::from("/v0/management/requests?range=all"));
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        for (who, browser) in [
            ("inside", &inside),
            ("a script", &script),
            ("a stranger", &panel.visitor()),
        ] {
            let get = head_of(browser, Method::GET, &path).await;
            let head = browser.send(Method::HEAD, &path, "", &[]).await;
            assert_eq!(head.body, "", "{who}: {path}");
            let head = head_of(browser, Method::HEAD, &path).await;
            assert_eq!(head, get, "{who}: {path}");
        }
    }
}

/// A whole answer also says how long it would have been.
#[tokio::test]
async fn a_head_tells_the_length() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let page = browser.get("/").await;
    let style = values(&page.body, "href");
    let style = style
        .iter()
        .find(|path| path.ends_with("/app.css"))
        .unwrap();
    for coding in ["gzip", "identity"] {
        let accept = [("accept-encoding", coding)];
        let length = async |method| {
            let answer = browser.open(method, style, "", &accept).await;
            answer.headers().get("content-length").unwrap().clone()
        };
        let whole = length(Method::GET).await;
        assert!(whole.to_str().unwrap().parse::<u32>().unwrap() > 5_000);
        assert_eq!(length(Method::HEAD).await, whole, "{coding}");
    }
}
