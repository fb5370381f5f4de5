//! A ranking of more values than a page shows: every one is on some page, the
//! rest is summed up, and files have all of them.

use std::collections::BTreeSet;

use cpamp::domain::units::Ms;
use regex::Regex;

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::panel::{Browser, Panel};

const ACCOUNTS: i64 = 230;

/// The first account has one request, the second two, and so on.
async fn panel() -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events = Vec::new();
    for account in 0..ACCOUNTS {
        for request in 0..=account % 7 {
            let mut one = event(account * 7 + request);
            one.key.at = MORNING - Ms(account * 7 + request);
            one.account.identity = format!("{account:016x}");
            one.account.label = format!("user{account:03}@example.com");
            events.push(one);
        }
    }
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    (panel, browser)
}

/// The names of the lines, and their requests.
fn lines(page: &str) -> Vec<(String, i64)> {
    let line = r#"(?s)<th scope="row" class="pin">(?:<a [^>]*><bdi>)?([^<]+).*?<td class="number[^>]*>(?:<a [^>]*>)?([\d,]+)"#;
    let line = Regex::new(line).unwrap();
    let count = |text: &str| text.replace(',', "").parse().unwrap();
    line.captures_iter(page)
        .map(|found| (found[1].to_owned(), count(&found[2])))
        .collect()
}

fn link(page: &str, rel: &str) -> Option<String> {
    let link = Regex::new(&format!(r#"<a href="([^"]+)" rel="{rel}">"#)).unwrap();
    let found = link.captures(page)?;
    Some(found[1].replace("&#38;", "&"))
}

#[tokio::test]
async fn every_account_is_on_some_page_and_the_rest_is_summed_up() {
    let (_panel, browser) = panel().await;
    let mut at = Some(String::from("/usage/accounts?model=gpt-5&sort=-requests"));
    let (mut seen, mut sizes, mut whole) = (BTreeSet::new(), Vec::new(), 0);
    while let Some(place) = at {
        let page = browser.get(&place).await.body;
        let mut lines = lines(&page);
        let (_, all) = lines.pop().unwrap();
        let (name, others) = lines.pop().unwrap();
        let shown: i64 = lines.iter().map(|(_, requests)| requests).sum();
        assert_eq!(shown + others, all, "{place}");
        assert_eq!(name, format!("The other {}", 230 - lines.len()));
        assert!(lines.is_sorted_by(|(_, a), (_, b)| a >= b), "{place}");
        sizes.push(lines.len());
        seen.extend(lines.into_iter().map(|(name, _)| name));
        whole = all;
        // The way on keeps the question, and files have all pages.
        at = link(&page, "next");
        for kept in ["model=gpt-5", "sort=-requests"] {
            assert!(at.iter().all(|next| next.contains(kept)), "{at:?}");
        }
        assert!(!page.contains("accounts.csv?range=7d&#38;page"), "{place}");
        assert!(!page.contains(r#"name="page""#), "the form begins anew");
    }
    assert_eq!((sizes, seen.len()), (vec![100, 100, 30], 230));
    let csv = browser
        .get("/usage/accounts.csv?model=gpt-5&page=1")
        .await
        .body;
    assert_eq!(csv.lines().count(), 231);
    let events = (0..ACCOUNTS).map(|account| account % 7 + 1);
    assert_eq!(whole, events.sum::<i64>());
}

#[tokio::test]
async fn a_page_beyond_the_last_is_the_last() {
    let (_panel, browser) = panel().await;
    let last = browser.get("/usage/accounts?sort=name&page=2").await.body;
    let beyond = browser.get("/usage/accounts?sort=name&page=40").await.body;
    assert_eq!(lines(&beyond), lines(&last));
    assert!(last.contains("201–230 of 230"), "{last}");
    assert_eq!(link(&last, "next"), None);
    let back = link(&last, "prev").unwrap();
    assert_eq!(back, "/usage/accounts?sort=name&page=1");
    // What all fits on one page needs no second.
    let models = browser.get("/usage/models").await.body;
    assert!(!models.contains("The other"), "{models}");
}
