//! Settings → Collection: saving works whatever the gateway does, what could not
//! be verified is said, and a lost `data.key` costs the Management Key alone.

use std::os::unix::fs::PermissionsExt as _;

use cpamp::clock::Clock;
use cpamp::domain::collection::{Mode, Reason, State};
use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Options, traffic};
use cpamp::store::admin;
use cpamp::web::collection;
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;

use crate::support::events::MORNING;
use crate::support::panel::{ADMIN_KEY, Answer, Browser, Panel, Setup};
use crate::support::wait::until;

const KEY: &str = "the-management-key-marker";
const OTHER_KEY: &str = "another-management-key-marker";

const USUAL: [(&str, &str); 4] = [
    ("enabled", "1"),
    ("mode", "auto"),
    ("poll_ms", "250"),
    ("batch", "500"),
];

async fn gateway() -> Gateway {
    let options = Options::with_key(KEY).clock(Clock::fixed(MORNING));
    Gateway::start(options).await.unwrap()
}

/// Through the set-up, until it collects.
async fn set_up(setup: Setup, gateway: &Gateway) -> (Panel, Browser) {
    let panel = setup.start().await;
    let key = panel.generated.clone();
    let key = key.as_ref().map_or(ADMIN_KEY, |key| key.expose_secret());
    let browser = panel.visitor();
    browser.post("/login", &[("key", key)]).await;
    let steps: [(&str, &[(&str, &str)]); 3] = [
        ("/setup/gateway", &[("url", &gateway.url())]),
        ("/setup/key", &[("management_key", KEY)]),
        ("/setup/collection", &USUAL),
    ];
    for (step, fields) in steps {
        let sent = browser.post(step, fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{step}: {}", sent.body);
    }
    panel
        .until(|status| status.state == State::Collecting)
        .await;
    (panel, browser)
}

async fn fresh(gateway: &Gateway) -> (Panel, Browser) {
    set_up(Panel::setup().not_set_up(), gateway).await
}

/// Saves the usual values, and these.
async fn save(browser: &Browser, url: &str, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("url", url)];
    let given = |name| fields.iter().any(|(given, _)| *given == name);
    all.extend(USUAL.into_iter().filter(|(name, _)| !given(*name)));
    all.extend(fields.iter().filter(|(_, value)| !value.is_empty()));
    browser.post("/settings/collection", &all).await
}

/// What the page says after a form was taken.
async fn told(browser: &Browser, answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    browser.get(answer.header("location")).await.body
}

fn push(gateway: &Gateway, n: usize) {
    let mut events = traffic::events_between(MORNING - Ms::HOUR, MORNING, 7);
    let (_, event) = events.nth(n).unwrap();
    gateway.push(&event);
}

#[tokio::test]
async fn saving_never_needs_the_gateway() {
    let gateway = gateway().await;
    let url = gateway.url();
    let (panel, browser) = fresh(&gateway).await;
    gateway.stop().await;

    let off = save(&browser, &url, &[("enabled", "")]).await;
    assert!(
        told(&browser, &off)
            .await
            .contains("Saved. Collecting is off.")
    );
    panel.until(|status| status.state == State::Off).await;

    let on = save(&browser, &url, &[("mode", "http"), ("batch", "7")]).await;
    assert!(told(&browser, &on).await.contains("Saved."));
    let retrying = |state| matches!(state, State::Retrying | State::Starting);
    panel.until(|status| retrying(status.state)).await;
    let settings = panel.state.settings.borrow().clone();
    assert_eq!((settings.mode, settings.batch), (Mode::Http, 7));

    let key = save(&browser, &url, &[("management_key", OTHER_KEY)]).await;
    let page = told(&browser, &key).await;
    assert!(page.contains("Saved, but not verified."), "{page}");
    let connection = panel.state.settings.borrow().connection.clone().unwrap();
    assert_eq!(connection.key.expose_secret(), OTHER_KEY);

    let check = browser.post("/settings/collection/check", &[]).await;
    assert!(
        told(&browser, &check).await.contains("The check failed") || {
            told(&browser, &check).await.contains("Check failed")
        }
    );
    for key in [KEY, OTHER_KEY] {
        assert!(!panel.disk_holds(key));
        assert!(!browser.get("/settings/collection").await.body.contains(key));
    }
}

#[tokio::test]
async fn a_key_is_sent_to_no_other_address() {
    let (first, second) = (gateway().await, gateway().await);
    let (panel, browser) = fresh(&first).await;
    let moved = save(&browser, &second.url(), &[]).await;
    assert_eq!(moved.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        moved.body.contains("belongs to the address before"),
        "{}",
        moved.body
    );
    assert!(moved.body.contains(&second.url()), "what was typed is kept");
    let chosen = panel.store().read(collection::chosen).await.unwrap();
    assert_eq!(chosen.url, Some(first.url()), "nothing was saved");
    assert!(second.auth_attempts().is_empty());

    let moved = save(&browser, &second.url(), &[("management_key", KEY)]).await;
    assert!(
        told(&browser, &moved)
            .await
            .contains("answers and accepts the key")
    );
    assert_eq!(
        second
            .auth_attempts()
            .iter()
            .filter(|a| a.refused.is_some())
            .count(),
        0
    );
}

#[tokio::test]
async fn a_key_that_is_refused_is_tried_once_and_not_saved() {
    let gateway = gateway().await;
    let (panel, browser) = fresh(&gateway).await;
    let before = gateway.tally().auth_refused;
    let wrong = save(&browser, &gateway.url(), &[("management_key", OTHER_KEY)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("refuses this key"), "{}", wrong.body);
    assert!(!wrong.body.contains(OTHER_KEY));
    assert_eq!(gateway.tally().auth_refused, before + 1);
    let connection = panel.state.settings.borrow().connection.clone().unwrap();
    assert_eq!(connection.key.expose_secret(), KEY);
}

#[tokio::test]
async fn wrong_values_are_named_and_nothing_is_saved() {
    let gateway = gateway().await;
    let (panel, browser) = fresh(&gateway).await;
    let fields = [("batch", "0"), ("poll_ms", "never"), ("mode", "telepathy")];
    let wrong = save(&browser, "ftp://x", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Nothing was saved."));
    assert_eq!(
        wrong.body.matches("aria-invalid").count(),
        3,
        "{}",
        wrong.body
    );
    let settings = panel.state.settings.borrow().clone();
    assert_eq!((settings.mode, settings.batch), (Mode::Auto, 500));
}

#[tokio::test]
async fn what_the_environment_fixes_cannot_be_changed_and_is_not_stored() {
    let gateway = gateway().await;
    let setup = Panel::setup()
        .env("CPAMP_CPA_URL", &gateway.url())
        .env("CPAMP_CPA_MANAGEMENT_KEY", KEY)
        .env("CPAMP_COLLECTOR_MODE", "http")
        .env("CPAMP_COLLECTOR_ENABLED", "");
    let panel = setup.start().await;
    panel
        .until(|status| status.state == State::Collecting)
        .await;
    let browser = panel.logged_in().await;
    let fields = [
        ("management_key", OTHER_KEY),
        ("mode", "resp"),
        ("batch", "9"),
    ];
    let saved = save(&browser, "http://elsewhere.example", &fields).await;
    let page = told(&browser, &saved).await;
    assert!(page.contains("CPAMP_CPA_URL"), "{page}");
    let settings = panel.state.settings.borrow().clone();
    let connection = settings.connection.unwrap();
    assert_eq!(connection.url, gateway.url());
    assert_eq!(connection.key.expose_secret(), KEY);
    assert_eq!((settings.mode, settings.batch), (Mode::Http, 9));
    push(&gateway, 0);
    panel.until(|status| status.stored == 1).await;
    let address = gateway.url();
    let secrets = [KEY, OTHER_KEY, "elsewhere.example", &address];
    let panel = panel.stop();
    for text in secrets {
        assert!(!panel.disk_holds(text), "{text} is on the disk");
    }
}

/// The file is gone, or another one.
#[tokio::test]
async fn without_its_data_key_the_panel_asks_for_the_key_and_keeps_the_rest() {
    for other in [
        None,
        Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"),
        Some("nonsense"),
    ] {
        let gateway = gateway().await;
        let setup = Panel::setup().not_set_up().env("CPAMP_ADMIN_KEY", "");
        let (panel, browser) = set_up(setup, &gateway).await;
        push(&gateway, 0);
        panel
            .until(|status| status.stored == 1 && status.spooled == 0)
            .await;
        until("the Admin Key is kept", async || {
            let kept = panel.store().read(admin::credential).await.unwrap();
            kept.map(drop).ok_or(())
        })
        .await;
        let session = browser.cookie("cpamp_session").unwrap();
        let setup = panel.stop();
        let file = setup.data_dir().join("data.key");
        std::fs::remove_file(&file).unwrap();
        if let Some(text) = other {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }

        let panel = setup.start().await;
        assert!(panel.generated.is_none());
        let browser = panel.visitor();
        browser.set_cookie("cpamp_session", &session);
        panel
            .until(|status| status.reason == Some(Reason::SealedKeyUnreadable))
            .await;
        let page = browser.get("/settings/collection").await;
        assert_eq!(page.status, StatusCode::OK, "the session is kept");
        assert!(
            page.body.contains("stored Management Key cannot be read"),
            "{}",
            page.body
        );
        let doctor = browser.get("/doctor").await.body;
        assert!(doctor.contains("/settings/collection"), "{doctor}");
        let rows = async |browser: &Browser| {
            let export = browser.get("/requests.jsonl?range=all").await;
            assert_eq!(export.status, StatusCode::OK, "{}", export.body);
            export.body.lines().count()
        };
        assert_eq!(rows(&browser).await, 1);
        assert!(gateway.auth_attempts().iter().all(|a| a.refused.is_none()));

        let saved = save(&browser, &gateway.url(), &[("management_key", KEY)]).await;
        told(&browser, &saved).await;
        panel
            .until(|status| status.state == State::Collecting)
            .await;
        push(&gateway, 1);
        panel.until(|status| status.stored == 2).await;
        assert_eq!(rows(&browser).await, 2);

        // The new key holds over the next start.
        let panel = panel.stop().start().await;
        panel
            .until(|status| status.state == State::Collecting)
            .await;
    }
}

/// Also in words where nobody set anything.
#[tokio::test]
async fn where_settings_come_from_is_told_in_the_reader_s_language() {
    let panel = Panel::setup().env("CPAMP_TZ", "UTC").start().await;
    for (language, words, others) in [
        ("en", "read from data-key-path", "未设置"),
        ("zh-CN", "读自 data-key-path", "not set"),
    ] {
        let browser = panel.logged_in().await.with("accept-language", language);
        let page = browser.get("/settings/about").await.body;
        let sources = cells(&page);
        assert!(
            sources.iter().any(|cell| cell.contains(words)),
            "{sources:?}"
        );
        assert!(sources.iter().all(|cell| cell != others), "{sources:?}");
        assert!(sources.iter().any(|cell| cell == "CPAMP_TZ"), "{sources:?}");
    }
}

/// The last cell of each row.
fn cells(page: &str) -> Vec<String> {
    let cell = regex::Regex::new(r#"<td class="a2 soft"[^>]*>([^<]*)</td>"#).unwrap();
    let cells = cell.captures_iter(page).map(|found| found[1].to_owned());
    cells.collect()
}

/// Nothing can be missed that nobody has asked for.
#[tokio::test]
async fn the_doctor_knows_of_other_consumers_only_once_records_are_taken() {
    let gateway = gateway().await;
    for (on, said) in [("false", "Not known yet"), ("true", "none")] {
        let panel = Panel::setup()
            .env("CPAMP_CPA_URL", &gateway.url())
            .env("CPAMP_CPA_MANAGEMENT_KEY", KEY)
            .env("CPAMP_COLLECTOR_ENABLED", on)
            .start()
            .await;
        if on == "true" {
            panel.until(|status| status.transport.is_some()).await;
        }
        let doctor = panel.logged_in().await.get("/doctor").await.body;
        let (_, fact) = doctor.split_once("Other consumers").unwrap();
        let (fact, _) = fact.split_once("</p>").unwrap();
        assert!(fact.ends_with(&format!("<bdi>{said}</bdi>")), "{fact}");
    }
}
