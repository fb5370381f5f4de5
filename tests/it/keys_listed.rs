//! The keys that the gateway lists are told apart from those it does not, without
//! a key ever being shown or kept.

use std::collections::BTreeMap;

use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Options};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::database::store;
use crate::support::keys::{NOW, by_hash, hash, used};
use crate::support::panel::{Browser, Panel};

/// A gateway with these keys, and a panel that knows it and does not collect.
async fn beside(keys: &[&str]) -> (Gateway, Panel, Browser) {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    list(&gateway, keys).await;
    let panel = Panel::setup()
        .env("CPAMP_CPA_URL", &gateway.url())
        .env("CPAMP_CPA_MANAGEMENT_KEY", "fake-management-key")
        .start()
        .await;
    panel.clock.set(NOW);
    let browser = panel.logged_in().await;
    (gateway, panel, browser)
}

async fn list(gateway: &Gateway, keys: &[&str]) {
    let scripts = Browser::new(&gateway.url()).with("authorization", "Bearer fake-management-key");
    let body = json!(keys).to_string();
    let put = scripts
        .send(Method::PUT, "/v0/management/api-keys", &body, &[])
        .await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.body);
}

#[tokio::test]
async fn what_the_gateway_lists_is_told_from_what_it_does_not() {
    let keys = ["client-key-number-one", "client-key-number-two"];
    let (gateway, panel, browser) = beside(&keys).await;
    let hasher = panel.state.keyring.borrow().clone().unwrap().key_hasher();
    let (one, two) = (hasher.client_key(keys[0]), hasher.client_key(keys[1]));
    let mut events = vec![used(1, Ms(60_000), 9), used(2, Ms(120_000), 9)];
    events[0].client_key.hash.clone_from(&one);
    store(panel.store(), events).await.unwrap();

    let page = browser.get("/keys").await.body;
    assert!(page.contains("was not read yet"), "{page}");
    assert!(page.contains("List not read"));
    let read = browser.post("/keys/read", &[]).await;
    let page = browser.follow(&read).await.body;
    assert!(page.contains("The gateway lists 2 keys"), "{page}");
    assert!(
        page.contains("clie…-two"),
        "a key never used is listed: {page}"
    );
    assert!(page.contains("is used but not in the gateway"));
    let state = |keys: &BTreeMap<String, Value>, hash: &str| keys[hash]["state"].clone();
    let shown = by_hash(&browser.get("/keys.json").await);
    assert_eq!(state(&shown, &one), "listed");
    assert_eq!(state(&shown, &two), "listed");
    assert_eq!(state(&shown, &hash(9)), "not_listed");
    assert_eq!(shown[&two]["requests"], 0);
    let named = browser
        .post(&format!("/keys/{two}/alias"), &[("alias", "Spare")])
        .await;
    assert_eq!(named.status, StatusCode::SEE_OTHER, "before its first use");

    list(&gateway, &keys[1..]).await;
    panel.clock.set(NOW + Ms::HOUR);
    browser.post("/keys/read", &[]).await;
    let shown = by_hash(&browser.get("/keys.json").await);
    assert_eq!(state(&shown, &one), "deleted");
    assert_eq!(shown[&one]["deleted_at"], (NOW + Ms::HOUR).rfc3339());
    assert_eq!(shown[&one]["requests"], 1, "its history stays");
    list(&gateway, &keys).await;
    browser.post("/keys/read", &[]).await;
    let shown = by_hash(&browser.get("/keys.json").await);
    assert_eq!(state(&shown, &one), "listed", "it is back");

    let everything = browser.get("/keys").await.body + &browser.get("/keys.json").await.body;
    for key in keys {
        assert!(!everything.contains(key), "{key} is shown");
        assert!(!panel.disk_holds(key), "{key} is on the disk");
    }
}

#[tokio::test]
async fn a_gateway_that_cannot_be_asked_is_said_and_forgets_nothing() {
    let (gateway, _panel, browser) = beside(&["client-key-number-one"]).await;
    browser.post("/keys/read", &[]).await;
    gateway.stop().await;
    let read = browser.post("/keys/read", &[]).await;
    let page = browser.follow(&read).await.body;
    assert!(page.contains("cannot be read"), "{page}");
    let shown = by_hash(&browser.get("/keys.json").await);
    assert!(shown.values().all(|key| key["state"] == "listed"));
    assert_eq!(shown.len(), 1);
}

#[tokio::test]
async fn a_key_that_is_listed_twice_is_one_key() {
    let key = "client-key-number-one";
    let (_gateway, _panel, browser) = beside(&[key, "client-key-number-two", key]).await;
    browser.post("/keys/read", &[]).await;
    let shown = by_hash(&browser.get("/keys.json").await);
    assert_eq!(shown.len(), 2, "{shown:?}");
}
