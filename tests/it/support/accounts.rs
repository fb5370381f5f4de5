//! A panel with a real collector and two accounts at the simulated gateway.

use cpamp::fake::{Gateway, Options};
use reqwest::StatusCode;

use super::panel::{Browser, Panel};
use super::wait::until;

pub(crate) const OPS: &str =
    include_str!("../../fixtures/recorded/initial/auths/claude-ops@example.com.json");
pub(crate) const DEV: &str =
    include_str!("../../fixtures/recorded/initial/auths/codex-dev1@example.com-plus.json");

pub(crate) fn options() -> Options {
    Options {
        auth_files: vec![
            ("claude-ops@example.com.json".into(), OPS.into()),
            ("codex-dev1@example.com-plus.json".into(), DEV.into()),
        ],
        ..Options::default()
    }
}

pub(crate) async fn panel(gateway: &Gateway) -> Panel {
    Panel::setup()
        .env("CPAMP_CPA_URL", &gateway.url())
        .env("CPAMP_CPA_MANAGEMENT_KEY", &gateway.key())
        .env("CPAMP_COLLECTOR_ENABLED", "true")
        .start()
        .await
}

/// The page once it says so.
pub(crate) async fn page_saying(browser: &Browser, path: &str, what: &str) -> String {
    until(what, async || {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        if page.body.contains(what) {
            Ok(page.body)
        } else {
            Err(())
        }
    })
    .await
}

/// Where the page of an account is, by the name on it.
pub(crate) fn address_of(page: &str, name: &str) -> String {
    let end = page.find(&format!("<bdi>{name}</bdi></a>")).unwrap();
    let start = page[..end].rfind("href=\"").unwrap() + 6;
    page[start..].split('"').next().unwrap().to_owned()
}

/// By which events name an account.
pub(crate) async fn index_of(panel: &Panel, title: &str) -> String {
    let all = panel.store().read(cpamp::store::accounts::all).await;
    let all = all.unwrap();
    let known = all.iter().find(|known| known.listed.title == title);
    known.unwrap().listed.auth_index.clone()
}
