//! The page of the clients' keys: its figures are those of the rows, a name is
//! given, refused and taken back.

use cpamp::domain::event::Event;
use cpamp::domain::filter::Selection;
use cpamp::domain::units::Ms;
use cpamp::store::requests::Dimension;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::database::{settle, store};
use crate::support::html::{assert_clean, values};
use crate::support::keys::{NOW, by_hash, hash, used};
use crate::support::naive;
use crate::support::panel::{Browser, Panel};

/// Ten days of four keys; the fourth was used only nine days ago, and some
/// requests came without a key.
fn history() -> Vec<Event> {
    let mut events = Vec::new();
    for n in 0..600_i64 {
        let ago = Ms(n * n * 2_300 + n * 7);
        let mut event = used(n, ago, n % 3);
        if n % 50 == 7 {
            event.client_key.hash.clear();
            event.client_key.mask.clear();
        }
        events.push(event);
    }
    events.push(used(1_000, Ms(9 * Ms::DAY.0), 3));
    events.push(used(1_001, Ms(9 * Ms::DAY.0 + 5), 3));
    events
}

async fn panel() -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    store(panel.store(), history()).await.unwrap();
    let browser = panel.logged_in().await;
    (panel, browser)
}

/// Every figure of the table against a fold over the events themselves.
async fn check(browser: &Browser, zone: &str, events: &[Event]) {
    browser.set_cookie("cpamp_prefs", &format!("tz={zone}"));
    let zone: cpamp::domain::time::Zone = zone.parse().unwrap();
    let answer = browser.get("/keys.json").await;
    let shown = by_hash(&answer);
    let (from, to) = (zone.days_before(NOW, 6), NOW + Ms(1));
    assert_eq!(answer.json().get("from").unwrap(), &from.rfc3339());
    let week = Selection::between(from, to);
    let lately: Vec<&Event> = events.iter().filter(|e| naive::selects(&week, e)).collect();
    let expected = naive::by(&lately, Dimension::Key);
    for (hash, key) in &shown {
        let of_key = || events.iter().filter(|event| event.client_key.hash == *hash);
        let first = of_key().map(|event| event.key.at).min().unwrap();
        let last = of_key().map(|event| event.key.at).max().unwrap();
        assert_eq!(key["known_since"], first.rfc3339(), "{hash}");
        assert_eq!(key["last_used"], last.rfc3339(), "{hash}");
        let totals = expected.get(hash).cloned().unwrap_or_default();
        let figures = [
            ("requests", totals.requests),
            ("failed", totals.failed),
            ("input_uncached", totals.uncached),
            ("input_cache_read", totals.cache_read),
            ("input_cache_write", totals.cache_write),
            ("output_visible", totals.output),
            ("output_reasoning", totals.reasoning),
            ("unclassified", totals.unclassified),
        ];
        for (name, figure) in figures {
            assert_eq!(key[name], figure, "{name} of {hash}");
        }
        if hash.is_empty() {
            continue;
        }
        // The rows behind the count, priced as they were stored.
        let rows = browser
            .get(&format!("/requests.jsonl?range=7d&key={hash}"))
            .await
            .body;
        let rows: Vec<Value> = rows
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(rows.len(), usize::try_from(totals.requests).unwrap());
        let priced = || rows.iter().filter_map(|row| row["cost_usd"].as_str());
        let nanos: i64 = priced()
            .map(|cost| cost.replace('.', "").parse::<i64>().unwrap())
            .sum();
        let cost = key["cost_usd"].as_str().map(|cost| cost.replace('.', ""));
        let cost = cost.map(|cost| cost.parse::<i64>().unwrap());
        assert_eq!(cost.unwrap_or(0), nanos, "cost of {hash}");
        let unpriced = i64::try_from(rows.len() - priced().count()).unwrap();
        assert_eq!(key["unpriced"], unpriced);
    }
    let known: i64 = shown
        .values()
        .map(|key| key["requests"].as_i64().unwrap())
        .sum();
    assert_eq!(known, i64::try_from(lately.len()).unwrap());
    assert!(shown.contains_key(&hash(3)), "a key of last week is known");
}

#[tokio::test]
async fn figures_are_those_of_the_rows_in_every_zone() {
    let (panel, browser) = panel().await;
    let events = history();
    for zone in ["UTC", "Asia/Kolkata", "America/New_York"] {
        check(&browser, zone, &events).await;
    }
    // The same once days are closed, and when an old event opens one again.
    settle(panel.store(), NOW).await;
    check(&browser, "Asia/Kolkata", &events).await;
    let late = used(2_000, Ms(20 * Ms::DAY.0), 0);
    store(panel.store(), vec![late.clone()]).await.unwrap();
    let events: Vec<Event> = events.into_iter().chain([late]).collect();
    check(&browser, "UTC", &events).await;
}

#[tokio::test]
async fn each_count_leads_to_what_it_counts() {
    let (_panel, browser) = panel().await;
    let page = browser.get("/keys").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_clean("/keys", &page.body);
    let links = values(&page.body, "href");
    for link in [
        format!("/requests?range=7d&key={}", hash(0)),
        format!("/requests?range=7d&key={}&status=failed", hash(1)),
        format!("/usage?key={}", hash(2)),
        String::from("/requests?range=today"),
        String::from("/requests?range=7d&status=failed"),
    ] {
        assert!(links.contains(&link), "{link} is not in {links:?}");
    }
    let rows = browser
        .get(&format!(
            "/requests.jsonl?range=7d&key={}&status=failed",
            hash(1)
        ))
        .await;
    let failed = rows.body.lines().count();
    let shown = by_hash(&browser.get("/keys.json").await);
    assert_eq!(shown[&hash(1)]["failed"], failed);

    let csv = browser.get("/keys.csv?sort=key").await;
    assert!(
        csv.header("content-disposition")
            .contains("keys-2026-03-01.csv")
    );
    let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
    let heads = reader.headers().unwrap().clone();
    for (record, n) in reader.records().zip(0..) {
        let record = record.unwrap();
        if n < 4 {
            assert_eq!(record[0], hash(n), "in the order asked for");
        }
        for (head, field) in heads.iter().zip(&record) {
            let value = &shown[&record[0]][head];
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let text = if value.is_null() { String::new() } else { text };
            assert_eq!(field, text, "{head}");
        }
    }
}

#[tokio::test]
async fn keys_are_found_and_ordered() {
    let (panel, browser) = panel().await;
    let order = async |query: &str| {
        let answer = browser.get(&format!("/keys.csv{query}")).await.body;
        let masks = answer
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(1).unwrap());
        masks
            .filter(|mask| !mask.is_empty())
            .map(|mask| mask[3..4].to_owned())
            .collect::<String>()
    };
    assert_eq!(order("?sort=key").await, "0123");
    assert_eq!(order("?sort=-key").await, "3210");
    assert_eq!(order("?sort=-last").await, "0123");
    assert_eq!(order("?sort=-since").await, "3012");
    assert_eq!(order("?q=SK-2").await, "2");
    assert_eq!(order("?q=nothing").await, "");
    let alias = cpamp::domain::key_alias::KeyAlias::parse("Night shift").ok();
    panel.store().name_key(hash(3), alias, NOW).await.unwrap();
    assert_eq!(order("?q=night").await, "3");
    assert!(
        order("?sort=alias").await.starts_with('3'),
        "those without come last"
    );
    browser.set_cookie("cpamp_prefs", "mask=1");
    assert_eq!(order("?q=night").await, "", "what is hidden is not found");
    let page = browser.get("/keys?sort=alias").await.body;
    assert!(page.contains(r#"name="alias""#) && !page.contains(r#"maxlength="100""#));
    assert!(!page.contains("Night shift"), "{page}");

    let none = browser.get("/keys?q=nothing").await.body;
    assert!(none.contains("No key matches"), "{none}");
    let region = browser.region("/keys?q=sk-1", "results").await;
    assert_eq!(region.status, StatusCode::OK);
    assert!(region.body.contains("sk-1…0001") && !region.body.contains("sk-2…0002"));
}

#[tokio::test]
async fn many_keys_are_paged() {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    let events = (0..250).map(|n| used(n, Ms(n * 1_000), n)).collect();
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let page = browser.get("/keys?sort=key").await.body;
    assert!(page.contains("1 to 100 of 250"), "{page}");
    assert!(page.contains("page=1"));
    let last = browser.get("/keys?sort=key&page=2").await.body;
    assert!(last.contains("201 to 250 of 250"));
    assert_eq!(last.matches("row-menu").count(), 50);
    let beyond = browser.get("/keys?page=9").await;
    assert_eq!(beyond.status, StatusCode::OK);
    let all = browser.get("/keys.json").await.json();
    assert_eq!(all["rows"].as_array().unwrap().len(), 250);
}

#[tokio::test]
async fn a_key_is_named_everywhere_and_the_name_taken_back() {
    let (panel, browser) = panel().await;
    let name = async |key: i64, alias: &str| {
        let path = format!("/keys/{}/alias", hash(key));
        browser
            .post(&path, &[("alias", alias), ("view", "sort=key")])
            .await
    };
    let saved = name(0, "  Team   web ").await;
    assert!(
        saved
            .header("location")
            .starts_with("/keys?sort=key&done=named")
    );
    let page = browser.follow(&saved).await.body;
    assert!(page.contains("sk-0…0000 is now called Team web"), "{page}");
    let undo = {
        let (_, rest) = page.split_once(r#"name="changed" value=""#).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };

    let requests = browser.get("/requests?range=all").await.body;
    assert!(requests.contains("Team web"), "{requests}");
    let id = history()[0].key;
    let detail = browser.get(&format!("/requests/{id}")).await.body;
    assert!(detail.contains("Team web"), "{detail}");
    let export = browser
        .get("/requests.jsonl?range=all&q=team+WEB")
        .await
        .body;
    let first: Value = serde_json::from_str(export.lines().next().unwrap()).unwrap();
    assert_eq!(first["key_alias"], "Team web");
    assert_eq!(first["key_id"], hash(0));
    assert_eq!(first["key"], "sk-0…0000");

    for (alias, why) in [
        ("TEAM web", "The key sk-0…0000 has this alias"),
        ("sk-proj-0123456789abcdef0123", "It looks like a key"),
        (" ", "It is empty"),
        ("a\u{202e}b", "cannot be seen"),
    ] {
        let refused = name(1, alias).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{alias}");
        assert!(refused.body.contains(why), "{alias}: {}", refused.body);
        assert!(refused.body.contains(r#"aria-invalid="true""#));
        assert_clean(alias, &refused.body);
    }
    let nobody = browser
        .post("/keys/ffffffffffffffff/alias", &[("alias", "x")])
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);

    let path = format!("/keys/{}/undo", hash(0));
    let early = browser.post(&path, &[("changed", "1")]).await;
    assert!(browser.follow(&early).await.body.contains("Not undone"));
    let undone = browser.post(&path, &[("changed", &undo)]).await;
    let page = browser.follow(&undone).await.body;
    assert!(page.contains("sk-0…0000 has no alias now"), "{page}");
    assert_eq!(panel.store().names().read().key_alias(&hash(0)), None);
}
