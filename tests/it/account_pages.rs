//! The pages of accounts in the running panel, with a real collector and the
//! simulated gateway behind it.

use std::time::Instant;

use cpamp::domain::account::Listed;
use cpamp::domain::account::diff::Change;
use cpamp::domain::units::Ms;
use cpamp::fake::Gateway;
use cpamp::store::accounts::Round;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::accounts::{address_of, index_of, options, page_saying, panel};
use crate::support::events::MORNING;
use crate::support::hostile;
use crate::support::html::assert_clean;
use crate::support::panel::Panel;
use crate::support::rig::usage_of;

#[tokio::test]
async fn an_account_is_named_counted_switched_and_undone() {
    let gateway = Gateway::start(options()).await.unwrap();
    let panel = panel(&gateway).await;
    let browser = panel.logged_in().await;
    let page = page_saying(&browser, "/accounts", "ops@example.com").await;
    assert!(page.contains("2 of 2 can take requests."), "{page}");
    assert!(page.contains("codex, plus"));
    let address = address_of(&page, "ops@example.com");

    // Its requests are counted for it.
    let roster_index = index_of(&panel, "ops@example.com").await;
    for n in 0..3 {
        gateway.push(&usage_of(n, &roster_index));
    }
    let page = page_saying(&browser, &address, "All of the last 3 succeeded").await;
    assert!(page.contains("claude-opus"), "{page}");
    assert!(
        page.contains("id_token") || page.contains("auth_index"),
        "raw fields"
    );
    assert!(!page.contains("fake-management-key") && !page.contains("sk-ant-oat"));

    // Requests and the request name the account by what the gateway calls it.
    let requests = browser.get("/requests?range=all").await;
    assert!(requests.body.contains("ops@example.com"));

    let first = requests.body.split("href=\"/requests/").nth(1).unwrap();
    let request = first.split('"').next().unwrap();
    let request = browser.get(&format!("/requests/{request}")).await.body;
    assert!(request.contains("This account"), "{request}");

    // Off, on again by the undo of the notice.
    let form = [("disabled", "true"), ("back", "/accounts?state=active")];
    let answer = browser.post(&format!("{address}/switch"), &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let location = answer.header("location").to_owned();
    assert!(
        location.starts_with("/accounts?state=active&switched="),
        "{location}"
    );
    let page = browser.get(&location).await.body;
    assert!(page.contains("ops@example.com is disabled."), "{page}");
    assert!(page.contains("Read back from the gateway after the switch."));
    let audit = browser.get("/settings/audit").await.body;
    let line = "auth-files/status?name=claude-ops@example.com.json&#38;disabled=true";
    assert!(audit.contains(line), "{audit}");
    let list = browser.get("/accounts?state=disabled").await.body;
    assert!(list.contains("<bdi>ops@example.com</bdi>"));
    let undo = [("disabled", "false"), ("back", "/accounts")];
    let answer = browser.post(&format!("{address}/switch"), &undo).await;
    let page = browser.get(answer.header("location")).await.body;
    assert!(page.contains("ops@example.com is enabled."), "{page}");
    let audit = browser.get("/settings/audit").await.body;
    assert!(
        audit.contains("ops@example.com.json&#38;disabled=false"),
        "{audit}"
    );

    // An address outside is no way back.
    let form = [("disabled", "false"), ("back", "//elsewhere.example")];
    let answer = browser.post(&format!("{address}/switch"), &form).await;
    assert!(answer.header("location").starts_with("/accounts?switched="));
}

/// From the gateway's mouth to the page, without waiting for a list.
#[tokio::test]
async fn a_failure_is_on_the_page_as_it_happens() {
    let gateway = Gateway::start(options()).await.unwrap();
    let panel = panel(&gateway).await;
    let browser = panel.logged_in().await;
    page_saying(&browser, "/accounts", "ops@example.com").await;
    let page = page_saying(&browser, "/accounts/1", "as they happen").await;
    assert!(page.contains("Active"));
    let all = panel
        .store()
        .read(cpamp::store::accounts::all)
        .await
        .unwrap();
    let index = all.first().unwrap().listed.auth_index.clone();
    let body = hostile::TEXTS.join(" ");
    let until = MORNING + Ms::HOUR;
    let event = json!({
        "timestamp": MORNING.rfc3339(), "provider": "claude", "auth_index": index,
        "status_code": 429, "body": body,
        "auth_status": {
            "status": "error", "status_message": body, "unavailable": true,
            "next_retry_after": until.rfc3339(),
            "model": {"name": body, "unavailable": true, "next_retry_after": until.rfc3339()},
        },
    });
    gateway.push_error(&event.to_string());
    let page = page_saying(&browser, "/accounts", "Cooling until").await;
    assert_clean("accounts", &page);
    assert!(page.contains("1 of 2 can take requests."), "{page}");
    let page = page_saying(&browser, "/accounts/1", "Cooling until").await;
    assert_clean("accounts", &page);
    assert!(page.contains("PWN"));
}

#[tokio::test]
async fn identities_hide_on_demand() {
    let gateway = Gateway::start(options()).await.unwrap();
    let panel = panel(&gateway).await;
    let browser = panel.logged_in().await;
    let page = page_saying(&browser, "/accounts", "ops@example.com").await;
    let address = address_of(&page, "ops@example.com");
    browser.set_cookie("cpamp_prefs", "mask=1");
    for path in ["/accounts", address.as_str()] {
        let page = browser.get(path).await.body;
        assert!(page.contains("o…@example.com"), "{page}");
        assert!(!page.contains("ops@example.com"), "{path}: {page}");
    }
}

#[tokio::test]
async fn without_a_gateway_the_page_says_so_and_works() {
    let panel = Panel::setup().silent().start().await;
    let browser = panel.logged_in().await;
    let page = browser.get("/accounts").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("The gateway has not been asked yet."),
        "{}",
        page.body
    );
    assert!(!page.body.contains("The gateway has no accounts."));
    for path in [
        "/accounts/1",
        "/accounts/x",
        "/accounts/99999999999999999999",
    ] {
        assert_eq!(
            browser.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let form = [("disabled", "true"), ("back", "/accounts")];
    let answer = browser.post("/accounts/7/switch", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let region = browser.region("/accounts", "results").await;
    assert!(
        region.body.starts_with("\n<div id=\"results\"") || region.body.contains("id=\"results\"")
    );
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_not_one_without_accounts() {
    let panel = Panel::setup()
        .env("CPAMP_CPA_URL", "http://127.0.0.1:9")
        .env("CPAMP_CPA_MANAGEMENT_KEY", "fake-management-key")
        .env("CPAMP_COLLECTOR_ENABLED", "true")
        .start()
        .await;
    let browser = panel.logged_in().await;
    let tried = "The gateway cannot be asked at the moment.";
    let page = page_saying(&browser, "/accounts", tried).await;
    let said = "Reason: gateway unreachable. Its accounts appear here as soon as it answers.";
    assert!(page.contains(said), "{page}");
    assert!(page.contains("No accounts are known yet."), "{page}");
    for wrong in ["has not been asked yet", "The gateway has no accounts"] {
        assert!(!page.contains(wrong), "{wrong}: {page}");
    }
}

#[tokio::test]
async fn visitors_see_no_account() {
    let panel = Panel::start().await;
    let visitor = panel.visitor();
    for path in ["/accounts", "/accounts/1"] {
        assert_eq!(
            visitor.get(path).await.status,
            StatusCode::SEE_OTHER,
            "{path}"
        );
    }
    let answer = visitor
        .post("/accounts/1/switch", &[("disabled", "true")])
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

/// The file has what the page has, all pages of it, in the order of the page;
/// what a provider said is no formula in it.
#[tokio::test]
async fn the_list_is_a_file_too() {
    let panel = Panel::start().await;
    let listed = |n: usize, title: &str| Listed {
        auth_index: format!("{n:016x}"),
        provider: if n.is_multiple_of(2) {
            "codex"
        } else {
            "claude"
        }
        .into(),
        title: title.into(),
        name: format!("file{n}.json"),
        note: hostile::TEXTS[n % hostile::TEXTS.len()].into(),
        message: "=HYPERLINK(\"http://evil.example\")".into(),
        status: "active".into(),
        ..Listed::default()
    };
    let mut changes: Vec<_> = (0..70)
        .map(|n| Change::New(listed(n, &format!("person{n:02}@example.com"))))
        .collect();
    changes.push(Change::New(listed(70, "=1+1")));
    let round = Round { at: MORNING };
    panel.store().keep_accounts(changes, round).await.unwrap();
    let panel = panel
        .stop()
        .env("CPAMP_ADMIN_KEY", crate::support::panel::ADMIN_KEY)
        .env("CPAMP_CPA_URL", "http://127.0.0.1:9")
        .env("CPAMP_CPA_MANAGEMENT_KEY", "a-management-key-for-tests")
        .env("CPAMP_COLLECTOR_ENABLED", "false")
        .start()
        .await;
    let browser = panel.logged_in().await;
    let file = async |path: &str| {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        let name = answer.header("content-disposition");
        assert!(
            name.starts_with("attachment; filename=\"accounts-"),
            "{name}"
        );
        let mut reader = csv::Reader::from_reader(answer.body.as_bytes());
        let names = reader.headers().unwrap().clone();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        (names, rows)
    };
    let (names, rows) = file("/accounts.csv?sort=-account").await;
    assert_eq!(rows.len(), 71);
    let column = |name: &str| names.iter().position(|other| other == name).unwrap();
    assert_eq!(&rows[0][column("identity")], "person69@example.com");
    assert_eq!(&rows[70][column("identity")], "'=1+1");
    for row in &rows {
        for cell in row {
            let starts = cell.chars().next().unwrap_or('x');
            assert!(!"=+-@\t\r".contains(starts), "{cell}");
        }
    }
    let (_, rows) = file("/accounts.csv?provider=claude&q=person1&after=3").await;
    let mut people: Vec<_> = rows
        .iter()
        .map(|row| row[column("identity")].to_owned())
        .collect();
    people.sort();
    let expected = ["person11", "person13", "person15", "person17", "person19"];
    assert_eq!(people, expected.map(|name| format!("{name}@example.com")));

    // Hidden, nobody is in the file, or found by name.
    browser.set_cookie("cpamp_prefs", "mask=1");
    let (_, rows) = file("/accounts.csv").await;
    assert!(
        rows.iter()
            .all(|row| !row[column("identity")].starts_with("person"))
    );
    let (_, rows) = file("/accounts.csv?q=person11").await;
    assert_eq!(rows.len(), 0);
    for (question, name) in [("state=bogus&range=7d", "state"), ("range=foo", "range")] {
        let refused = browser.get(&format!("/accounts.csv?{question}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{question}");
        assert!(refused.body.contains(name), "{}", refused.body);
    }
    let visitor = panel.visitor().get("/accounts.csv").await;
    assert_ne!(visitor.status, StatusCode::OK);
}

/// Five thousand accounts are a page like any other. Measured here as well, in
/// an unoptimised build; the bound is far beyond what an optimised one takes.
#[tokio::test]
async fn five_thousand_accounts_are_listed_in_pages() {
    let setup = Panel::start().await;
    let listed = |n: usize| Listed {
        auth_index: format!("{n:016x}"),
        provider: if n.is_multiple_of(3) {
            "claude"
        } else {
            "codex"
        }
        .into(),
        title: format!("person{n:04}@example.com"),
        name: format!("file{n}.json"),
        status: "active".into(),
        ..Listed::default()
    };
    let changes = (0..5_000).map(|n| Change::New(listed(n))).collect();
    let round = Round { at: MORNING };
    setup.store().keep_accounts(changes, round).await.unwrap();
    let again = setup.stop();
    let panel = again
        .env("CPAMP_ADMIN_KEY", crate::support::panel::ADMIN_KEY)
        .env("CPAMP_CPA_URL", "http://127.0.0.1:9")
        .env("CPAMP_CPA_MANAGEMENT_KEY", "a-management-key-for-tests")
        .env("CPAMP_COLLECTOR_ENABLED", "false")
        .start()
        .await;
    let browser = panel.logged_in().await;
    let mut path = String::from("/accounts?sort=-account");
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let start = Instant::now();
        let page = browser.get(&path).await.body;
        println!("a page of 5,000 accounts took {:?}", start.elapsed());
        let ids = page.split("id=\"account-").skip(1);
        let ids: Vec<_> = ids
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect();
        assert_eq!(ids.len(), 50);
        assert!(ids.into_iter().all(|id| seen.insert(id)));
        let next = page.split("rel=\"next\"").next().unwrap();
        let href = next.rsplit("href=\"").next().unwrap();
        path = href
            .split('"')
            .next()
            .unwrap()
            .replace("&amp;", "&")
            .replace("&#38;", "&");
    }
    let found = browser.get("/accounts?q=person4321").await.body;
    assert!(found.contains("person4321@example.com") && !found.contains("person4322"));
}
