//! After a change of prices a person may have earlier requests priced anew:
//! exactly those that the change touches are offered, under whatever name.

use cpamp::domain::pricing::PriceBook;
use cpamp::domain::units::{Ms, NanoUsd};
use cpamp::store::reprice::{self, State};
use cpamp::store::schema;
use diesel::prelude::*;

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::gateway::within;
use crate::support::panel::{Answer, Browser, Panel};

/// A panel that met one model with its release and one nobody lists.
async fn panel() -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut dated = event(1);
    dated.model = String::from("claude-sonnet-4-5-20250929");
    let mut odd = event(2);
    odd.model = String::from("nobody-lists-this");
    store(panel.store(), vec![dated, odd]).await.unwrap();
    let browser = panel.logged_in().await;
    (panel, browser)
}

/// The address behind "price earlier requests anew", if it is offered.
fn earlier(page: &Answer) -> Option<String> {
    let (before, _) = page.body.split_once(">Price earlier requests")?;
    let (_, href) = before.rsplit_once("href=\"")?;
    Some(href.trim_end_matches('"').replace("&#38;", "&"))
}

fn price<'a>(model: &'a str, dollars: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("model", model),
        ("lines", "1"),
        ("input-0", dollars),
        ("output-0", "0"),
    ]
}

async fn posted(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = browser.post(path, fields).await;
    browser.follow(&answer).await
}

#[tokio::test]
async fn requests_under_another_spelling_of_the_name_are_offered() {
    let (_panel, browser) = panel().await;
    let saved = posted(
        &browser,
        "/usage/prices/save",
        &price("Claude-Sonnet-4.5", "1000"),
    )
    .await;
    let link = earlier(&saved).expect("offered");
    assert!(link.contains("model=claude-sonnet-4-5-20250929"), "{link}");
    assert!(!link.contains("nobody"), "{link}");
    let page = browser.get(&link).await;
    assert_eq!(page.hidden("model"), "claude-sonnet-4-5-20250929");
    assert!(page.body.contains("$1.0000"), "{}", page.body);

    // Taken away again, the same requests are offered, though no rule names them.
    let which = [("layer", "override"), ("model", "Claude-Sonnet-4.5")];
    let removed = posted(&browser, "/usage/prices/remove", &which).await;
    assert_eq!(earlier(&removed).as_ref(), Some(&link));
    let batch = removed.hidden("batch").to_owned();
    let undone = posted(&browser, "/usage/prices/undo", &[("batch", &batch)]).await;
    assert_eq!(earlier(&undone), Some(link));
}

#[tokio::test]
async fn a_pattern_and_a_multiplier_offer_what_they_touch() {
    let (_panel, browser) = panel().await;
    let saved = posted(&browser, "/usage/prices/save", &price("nobody-*", "2")).await;
    let link = earlier(&saved).expect("offered");
    assert!(link.contains("model=nobody-lists-this"), "{link}");
    assert!(!link.contains("claude"), "{link}");
    let fields = [
        ("models", "claude-*"),
        ("kind", "tier"),
        ("subject", "priority"),
        ("input", "2"),
        ("output", ""),
    ];
    let added = posted(&browser, "/usage/prices/multipliers", &fields).await;
    let link = earlier(&added).expect("offered");
    assert!(link.contains("model=claude-sonnet-4-5-20250929"), "{link}");
    assert!(!link.contains("nobody"), "{link}");
}

#[tokio::test]
async fn a_name_that_nobody_uses_offers_nothing() {
    let (_panel, browser) = panel().await;
    let saved = posted(&browser, "/usage/prices/save", &price("never-met", "1")).await;
    assert!(saved.body.contains("never-met"), "{}", saved.body);
    assert_eq!(earlier(&saved), None);
    let mut fields = price("never-met", "2");
    fields.push(("then", "anew"));
    let saved = browser.post("/usage/prices/save", &fields).await;
    assert!(
        !saved.header("location").contains("/anew"),
        "{}",
        saved.body
    );
    assert_eq!(earlier(&browser.follow(&saved).await), None);
}

/// The gateway may not know what it executed: then the alias has the price.
#[tokio::test]
async fn requests_known_by_an_alias_alone_are_priced_anew() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let known_as = |n: i64, model: &str, alias: &str| {
        let mut one = event(n);
        one.model = String::from(model);
        one.alias = String::from(alias);
        one
    };
    let events = vec![
        known_as(1, "", "my-model"),
        known_as(2, "unknown", "my-model"),
        known_as(3, "gpt-5", "my-model"),
        known_as(4, "unknown", "another"),
    ];
    store(panel.store(), events.clone()).await.unwrap();
    let browser = panel.logged_in().await;
    let mut fields = price("my-model", "1000");
    fields.push(("then", "anew"));
    let saved = browser.post("/usage/prices/save", &fields).await;
    let page = browser.follow(&saved).await;
    assert_eq!(page.hidden("model"), "my-model");
    assert!(page.body.contains("Requests 2, Changed 2"), "{}", page.body);

    let shown = ["model", "range", "shown_at", "shown_by"].map(|name| (name, page.hidden(name)));
    browser.post("/usage/prices/anew", &shown).await;
    let done = async || {
        let job = panel.store().read(reprice::latest).await.unwrap();
        job.is_some_and(|job| job.state == State::Done)
    };
    within(async {
        while !done().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let costs = panel.store().read(|c| {
        let ordered = schema::event::table.order(schema::event::at_ms);
        let costs: Vec<Option<NanoUsd>> = ordered.select(schema::event::cost_nanos).load(c)?;
        Ok(costs)
    });
    // A thousand tokens of input, cached or not, are a dollar.
    let dollar = Some(NanoUsd(1_000_000_000));
    let built_in = PriceBook::built_in().cost(&(&events[2]).into()).nanos();
    assert_eq!(costs.await.unwrap(), [dollar, dollar, built_in, None]);
}
