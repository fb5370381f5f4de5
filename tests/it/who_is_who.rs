//! Requests, Usage, Home, the API and the files say of an account what the page
//! of accounts says: plan, state and note as they are now.

use std::sync::atomic::{AtomicUsize, Ordering};

use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Options};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::events::MORNING;
use crate::support::html::assert_clean;
use crate::support::panel::{ADMIN_KEY, Browser, Panel};
use crate::support::rig::usage_of;
use crate::support::wait::until;

const FILE: &str = "codex-dev1@example.com-plus.json";
const DEV: &str =
    include_str!("../fixtures/recorded/initial/auths/codex-dev1@example.com-plus.json");
const NOTE: &str = "dev1@example.com is <b>ours</b>";

struct Stage {
    gateway: Gateway,
    panel: Panel,
    browser: Browser,
    index: String,
}

impl Stage {
    /// One account with a plan and a note, and three requests of it.
    async fn start() -> Self {
        let defaults = Options::default();
        let options = Options {
            auth_files: vec![(
                FILE.into(),
                DEV.replace("\"main\"", &json!(NOTE).to_string()),
            )],
            config_yaml: format!("{}api-keys: [\"client-key-1\"]\n", defaults.config_yaml),
            ..defaults
        };
        let gateway = Gateway::start(options).await.unwrap();
        let panel = Panel::setup()
            .env("CPAMP_CPA_URL", &gateway.url())
            .env("CPAMP_CPA_MANAGEMENT_KEY", &gateway.key())
            .env("CPAMP_COLLECTOR_ENABLED", "true")
            .start()
            .await;
        panel.clock.set(MORNING + Ms::MINUTE);
        let browser = panel.logged_in().await;
        let index = until("the account is listed", async || {
            let all = panel.store().read(cpamp::store::accounts::all).await;
            let all = all.unwrap();
            all.first()
                .map(|known| known.listed.auth_index.clone())
                .ok_or(())
        })
        .await;
        for n in 0..3 {
            gateway.push(&usage_of(n, &index));
        }
        let stage = Self {
            gateway,
            panel,
            browser,
            index,
        };
        stage
            .saying("/requests?range=all", "dev1@example.com")
            .await;
        stage
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.browser.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    async fn saying(&self, path: &str, what: &str) -> String {
        until(what, async || {
            let page = self.get(path).await;
            if page.contains(what) {
                Ok(page)
            } else {
                Err(page)
            }
        })
        .await
    }

    async fn api(&self, path: &str) -> Value {
        let script = self.panel.visitor();
        let script = script.with("authorization", &format!("Bearer {ADMIN_KEY}"));
        let answer = script.get(&format!("/v0/management/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    /// The one row of a table as a file.
    async fn row(&self, path: &str) -> Vec<(String, String)> {
        let file = self.get(path).await;
        let mut reader = csv::Reader::from_reader(file.as_bytes());
        let names = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        let pairs = names.iter().zip(row.iter());
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

fn field<'a>(row: &'a [(String, String)], name: &str) -> &'a str {
    let found = row.iter().find(|(other, _)| other == name);
    &found.unwrap_or_else(|| panic!("{name}: {row:?}")).1
}

/// Every page that shows the account by its name.
async fn pages(stage: &Stage) -> Vec<(&'static str, String)> {
    let requests = stage.get("/requests?range=all").await;
    let id = requests.split("href=\"/requests/").nth(1).unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    vec![
        ("requests", requests),
        ("request", stage.get(&format!("/requests/{id}")).await),
        ("usage", stage.get("/usage/accounts?range=all").await),
    ]
}

#[tokio::test]
async fn an_account_says_everywhere_what_it_is() {
    let stage = Stage::start().await;
    for (name, page) in pages(&stage).await {
        assert_clean(name, &page);
        assert!(page.contains("plus"), "{name}: {page}");
        assert!(page.contains("is &#60;b&#62;ours"), "{name}: {page}");
        for state in ["Disabled", "Cooling", "Deleted"] {
            assert!(!page.contains(&format!("</svg> {state}")), "{name}: {page}");
        }
    }

    // It runs out: known at once, with the moment it is over.
    let until = MORNING + Ms::HOUR;
    let event = json!({
        "timestamp": MORNING.rfc3339(), "provider": "codex", "auth_index": stage.index,
        "status_code": 429, "body": "spent",
        "auth_status": {
            "status": "error", "status_message": "spent", "unavailable": true,
            "next_retry_after": until.rfc3339(),
        },
    });
    let cooling = "Cooling until 11:00";
    crate::support::wait::until("the channel is heard", async || {
        stage.gateway.push_error(&event.to_string());
        let page = stage.get("/requests?range=all").await;
        if page.contains(cooling) {
            Ok(())
        } else {
            Err(page)
        }
    })
    .await;
    for (name, page) in pages(&stage).await {
        assert!(page.contains(cooling), "{name}: {page}");
    }
    let home = stage.get("/").await;
    assert!(home.contains(cooling), "{home}");
    let now = json!({
        "state": "cooling", "until": until.rfc3339(), "plan": "plus", "note": NOTE,
    });
    let requests = stage.api("requests?range=all").await;
    assert_eq!(requests["requests"][0]["account"]["now"], now);
    let usage = stage.api("usage/accounts?range=all").await;
    assert_eq!(usage["rows"][0]["account"], now);
    let row = stage.row("/usage/accounts.csv?range=all").await;
    assert_eq!(field(&row, "plan"), "plus");
    assert_eq!(field(&row, "state"), "cooling");
    assert_eq!(field(&row, "note"), NOTE);
    assert!(field(&row, "state_until").starts_with("2026-03-01T11:00"));

    // A file that is gone leaves an account that says so.
    let url = format!(
        "{}/v0/management/auth-files?name={FILE}",
        stage.gateway.url()
    );
    let client = reqwest::Client::new();
    let deleted = client.delete(url).bearer_auth(stage.gateway.key());
    assert!(deleted.send().await.unwrap().status().is_success());
    stage.browser.post("/accounts/refresh", &[]).await;
    stage.saying("/requests?range=all", "Deleted").await;
    for (name, page) in pages(&stage).await {
        assert!(page.contains("dev1@example.com"), "{name}: {page}");
        assert!(page.contains("Deleted"), "{name}: {page}");
    }
}

#[tokio::test]
async fn hidden_identities_stay_hidden_in_notes() {
    let stage = Stage::start().await;
    stage.browser.set_cookie("cpamp_prefs", "mask=1");
    for (name, page) in pages(&stage).await {
        assert!(page.contains("d…@example.com is"), "{name}: {page}");
        assert!(!page.contains("dev1@example.com"), "{name}: {page}");
    }
    let row = stage.row("/usage/accounts.csv?range=all").await;
    assert!(!format!("{row:?}").contains("dev1@example.com"), "{row:?}");
}

/// A provider says how many of its accounts work, a client's key whether the
/// gateway still has it.
#[tokio::test]
async fn providers_and_keys_have_a_state_too() {
    let stage = Stage::start().await;
    let rows = stage.api("usage/providers?range=all").await;
    // The requests say `claude`, and the gateway has no account of it.
    assert_eq!(rows["rows"][0]["accounts"], Value::Null);
    let event = usage_of(9, &stage.index).replace("\"claude\"", "\"codex\"");
    stage.gateway.push(&event);
    stage
        .saying("/usage/providers?range=all", "1 account<")
        .await;
    let rows = stage.api("usage/providers?range=all&provider=codex").await;
    let whole = json!({ "whole": 1, "ready": 1 });
    assert_eq!(rows["rows"][0]["accounts"], whole);

    let read = async || stage.browser.post("/keys/read", &[]).await;
    assert_eq!(read().await.status, StatusCode::SEE_OTHER);
    let keys = stage.api("usage/keys?range=all").await;
    assert_eq!(keys["rows"][0]["deleted"], false);
    let yaml = stage.gateway.config_yaml();
    let without = yaml.replace("client-key-1", "client-key-2");
    assert_ne!(yaml, without, "{yaml}");
    stage.gateway.set_config_yaml(&without);
    read().await;
    let keys = stage.api("usage/keys?range=all").await;
    assert_eq!(keys["rows"][0]["deleted"], true, "{keys}");
    for path in ["/requests?range=all", "/usage/keys?range=all"] {
        let page = stage.get(path).await;
        assert!(
            page.contains("no longer listed by the gateway"),
            "{path}: {page}"
        );
    }
    let row = stage.row("/usage/keys.csv?range=all").await;
    assert_eq!(field(&row, "deleted"), "true");
}

/// What the panel does itself is written down whole, and names nobody while
/// identities are hidden.
#[tokio::test]
async fn the_audit_tells_what_was_sent_and_hides_who() {
    let stage = Stage::start().await;
    let form = [("disabled", "true"), ("back", "/accounts")];
    let answer = stage.browser.post("/accounts/1/switch", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let entries = until("the outcome is written", async || {
        let read = stage.panel.store();
        let read = read.read(|c| cpamp::store::audit::list(c, None, None, 9));
        let read = read.await.unwrap();
        let done = read.first().is_some_and(|entry| entry.outcome == "done");
        if done { Ok(read) } else { Err(read) }
    })
    .await;
    let body = json!({ "name": FILE, "auth_index": stage.index, "disabled": true });
    let sent = i64::try_from(body.to_string().len()).unwrap();
    let answer = i64::try_from(r#"{"disabled":true,"status":"ok"}"#.len()).unwrap();
    assert_eq!((entries[0].sent, entries[0].received), (sent, answer));
    assert_eq!(entries[0].status, Some(200));
    for path in ["/settings/audit", "/settings/audit.csv"] {
        assert!(stage.get(path).await.contains("dev1@example.com"));
    }
    stage.browser.set_cookie("cpamp_prefs", "mask=1");
    for path in ["/settings/audit", "/settings/audit.csv"] {
        let shown = stage.get(path).await;
        assert!(!shown.contains("dev1@example"), "{path}: {shown}");
        assert!(shown.contains("disabled=true"), "{path}: {shown}");
    }
}

/// Whoever asks for health, however often, gives the writer one thing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_for_health_does_not_load_the_writer() {
    let panel = Panel::start().await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (started, running) = tokio::sync::oneshot::channel();
    let store = panel.store().clone();
    let busy = tokio::spawn(async move {
        let waits = move |_: &mut _| {
            let _ = started.send(());
            let _ = held.recv();
            Ok(())
        };
        store.write(waits).await
    });
    running.await.unwrap();
    let before = panel.store().waiting();
    let asked = AtomicUsize::new(0);
    let ask = async || {
        asked.fetch_add(1, Ordering::Relaxed);
        panel.visitor().send(Method::GET, "/healthz", "", &[]).await
    };
    let asking = futures_util::future::join_all((0..40).map(|_| ask()));
    let watch = async {
        until("everybody waits", async || {
            let waiting = panel.store().waiting();
            let all = asked.load(Ordering::Relaxed) == 40 && waiting > before;
            if all { Ok(()) } else { Err(waiting) }
        })
        .await;
        // One a worker, and what the panel writes of itself meanwhile.
        let waiting = panel.store().waiting() - before;
        release.send(()).unwrap();
        waiting
    };
    let (answers, waiting) = tokio::join!(asking, watch);
    assert!(waiting <= 10, "{waiting} of 40");
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    busy.await.unwrap().unwrap();
}
