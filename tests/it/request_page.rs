//! The page of one request: the recorded fields, and what it says beside them.

use cpamp::domain::event::Event;
use cpamp::domain::tokens::Tokens;
use cpamp::domain::units::Ms;
use reqwest::StatusCode;

use crate::support::database::store;
use crate::support::events::{MORNING, event, events};
use crate::support::pages::of_a_request;
use crate::support::panel::Panel;

#[tokio::test]
async fn a_request_page_shows_every_field() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut failed = event(1);
    failed.failed = true;
    failed.status = 429;
    failed.failure = String::from("quota of [redacted] is used up");
    let mut again = event(2);
    again.request_id.clone_from(&failed.request_id);
    again.account.identity = String::from("another-account");
    again.account.label = String::from("bob@example.com");
    store(panel.store(), vec![failed.clone(), again])
        .await
        .unwrap();
    let browser = panel.logged_in().await;
    let html = browser.get(&of_a_request(1)).await.body;
    for text in [
        &failed.request_id,
        "gpt-5",
        "fast",
        "alice@example.com",
        "49edba963014b089",
        "clie…0001",
        "POST /v1/chat/completions",
        "CodexExecutor",
        "127.0.0.1",
        "lab/1.0",
        "x-ratelimit-limit-requests",
        "429 limit",
        "quota of <span class=\"redacted\">replaced</span> is used up",
        "2 of 2",
        "bob@example.com",
        "1,200",
    ] {
        assert!(html.contains(text), "{text} is missing");
    }
    let json = browser
        .get(&format!("{}.json", of_a_request(1)))
        .await
        .json();
    assert_eq!(json["http"], 429);
    assert_eq!(json["tokens"]["input_cache_read"], 640);
    assert_eq!(json["other_attempts"].as_array().unwrap().len(), 1);
    for nobody in [
        "/requests/1-0000000000000000",
        "/requests/nonsense",
        "/requests/nonsense.json",
    ] {
        assert_eq!(
            browser.get(nobody).await.status,
            StatusCode::NOT_FOUND,
            "{nobody}"
        );
    }
}

/// Sixty attempts a second apart, each a tenth of a second slower.
fn minute() -> Vec<Event> {
    let mut all = events(0, 60);
    for (n, event) in (0_i64..).zip(&mut all) {
        event.key.at = MORNING + Ms(n * 1_000);
        event.model = "gpt-5".into();
        event.latency = Some(Ms(100 * (n + 1)));
    }
    all
}

#[tokio::test]
async fn a_request_is_slow_or_fast_for_its_model() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let mut all = minute();
    let mut judged = all.pop().unwrap();
    judged.latency = Some(Ms(5_550));
    let key = judged.key;
    // None of these is its peer: another model, too long ago, later.
    let mut strangers = events(1_000, 3);
    for stranger in &mut strangers {
        stranger.model = "gpt-5".into();
        stranger.latency = Some(Ms(1));
        stranger.key.at = key.at - Ms(3_000);
    }
    strangers[0].model = "gpt-5-mini".into();
    strangers[1].key.at = key.at - Ms(7 * Ms::DAY.0 + 1);
    strangers[2].key.at = key.at + Ms(1);
    let mut failure = events(2_000, 1).remove(0);
    failure.key.at = key.at + Ms(2_000);
    failure.model = "gpt-5".into();
    failure.latency = Some(Ms(1));
    failure.failed = true;
    failure.status = 500;
    failure.failure = String::new();
    failure.tokens = Tokens {
        uncached: Some(0),
        cache_read: Some(0),
        cache_write: Some(0),
        output: Some(0),
        reasoning: Some(0),
        ..failure.tokens
    };
    let failed = failure.key;
    all.push(failure);
    let first = all[0].key;
    let second = strangers[1].key;
    all.push(judged);
    all.extend(strangers);
    store(panel.store(), all).await.unwrap();

    let page = browser.get(&format!("/requests/{key}")).await.body;
    let words = "slower than 93 % of this model’s 59 in the week before";
    assert!(page.contains(words), "{page}");
    // A failure is neither praised nor drawn as a table of zeros.
    assert!(page.contains("class=\"pair even\""), "{page}");
    let page = browser.get(&format!("/requests/{failed}")).await.body;
    assert!(!page.contains("in the week before"), "{page}");
    assert!(!page.contains("class=\"pair even\""), "{page}");
    // Too few came before these to say anything.
    for few in [first, second] {
        let page = browser.get(&format!("/requests/{few}")).await.body;
        assert!(!page.contains("in the week before"), "{page}");
    }
}
