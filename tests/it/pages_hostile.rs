//! Text that others wrote, in every field of a record and in every parameter:
//! it is shown as text, wherever it is shown.

use cpamp::domain::units::Ms;
use reqwest::StatusCode;

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::hostile::TEXTS;
use crate::support::html::{assert_clean, without_values};
use crate::support::panel::Panel;

fn check(what: &str, html: &str) {
    assert_clean(what, html);
    for raw in [
        "<script>alert",
        "<img src",
        "<svg onload",
        "<iframe",
        "<hx-partial hx-target=\"body\"",
    ] {
        assert!(!html.contains(raw), "{what} shows {raw:?} as it is");
    }
    // A form must repeat a value exactly; a person must not be misled by it.
    let read = without_values(html);
    for bend in ["\u{202e}", "\u{2066}", "\u{2069}"] {
        assert!(
            !read.contains(bend),
            "{what} lets text turn the line around"
        );
    }
}

#[tokio::test]
async fn hostile_records_are_only_text() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut all = Vec::new();
    for (n, evil) in (0_i64..).zip(TEXTS) {
        let mut record = event(n);
        for field in [
            &mut record.request_id,
            &mut record.provider,
            &mut record.executor,
            &mut record.model,
            &mut record.alias,
            &mut record.account.identity,
            &mut record.account.label,
            &mut record.account.auth_type,
            &mut record.client_key.hash,
            &mut record.client_key.mask,
            &mut record.endpoint,
            &mut record.effort,
            &mut record.tier,
            &mut record.served_tier,
            &mut record.client_ip,
            &mut record.forwarded_for,
            &mut record.user_agent,
            &mut record.failure,
        ] {
            *field = evil.to_owned();
        }
        record.failed = true;
        record.status = 500;
        record.headers = vec![(evil.to_owned(), evil.to_owned())];
        all.push(record);
    }
    let keys: Vec<_> = all.iter().map(|record| record.key).collect();
    store(panel.store(), all).await.unwrap();
    let browser = panel.logged_in().await;
    for page in ["/", "/requests", "/requests?sort=-latency", "/doctor"] {
        check(page, &browser.get(page).await.body);
    }
    for (page, region) in [
        ("/", "today"),
        ("/requests", "results"),
        ("/requests", "figures"),
    ] {
        check(region, &browser.region(page, region).await.body);
    }
    for key in keys {
        let page = browser.get(&format!("/requests/{key}")).await;
        assert_eq!(page.status, StatusCode::OK);
        check("a request", &page.body);
        let json = browser.get(&format!("/requests/{key}.json")).await;
        assert!(json.header("content-type").starts_with("application/json"));
        json.json();
    }
}

#[tokio::test]
async fn hostile_parameters_are_only_text() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    store(panel.store(), vec![event(1)]).await.unwrap();
    let browser = panel.logged_in().await;
    for evil in TEXTS {
        let value: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        for name in [
            "q", "trace", "provider", "model", "alias", "account", "key", "endpoint", "tier",
            "http", "from", "range", "tz", "cols", "seen", &value,
        ] {
            let path = format!("/requests?{name}={value}&unknown={value}");
            let page = browser.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            check(&path, &page.body);
            let part = browser.region(&path, "results").await;
            check(&path, &part.body);
            let pushed = part.header("hx-push-url");
            assert!(
                pushed.is_empty() || pushed.starts_with("/requests"),
                "{pushed}"
            );
        }
    }
}
