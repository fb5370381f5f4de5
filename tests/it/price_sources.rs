//! Price sources as a person uses them: look what they would change, choose,
//! apply, undo, and leave it to a schedule.

use std::time::Duration;

use cpamp::domain::pricing::Rate;
use cpamp::domain::units::Ms;
use cpamp::prices::fetch::Web;

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::lists::Lists;
use crate::support::panel::Panel;

const LISTED: &str = r#"{"models": {"openai/gpt-5": {}}, "providers": {"openai": {"models":
    {"gpt-5": {"cost": {"input": 2, "output": 10, "cache_read": 0.2}}}}}}"#;

const TWO_SHOPS: &str = r#"{"models": {}, "providers": {
    "shop-a": {"models": {"m-1": {"cost": {"input": 1, "output": 3}}}},
    "shop-b": {"models": {"m-1": {"cost": {"input": 2, "output": 4}}}}}}"#;

/// A panel all of whose sources are the one that says this.
async fn panel(lists: &Lists, said: &str) -> Panel {
    lists.say("models-dev", said);
    let address = lists.url("models-dev");
    let web = Web::elsewhere(move |_| address.clone(), Duration::from_secs(10));
    Panel::setup().price_sources(web).start().await
}

#[tokio::test]
async fn the_sources_are_checked_and_what_is_chosen_applied() {
    let lists = Lists::start().await;
    let panel = panel(&lists, LISTED).await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut odd = event(2);
    odd.model = String::from("odd");
    store(panel.store(), vec![event(1), odd]).await.unwrap();
    let browser = panel.logged_in().await;
    let page = browser.get("/usage/prices/sources").await;
    assert!(page.body.contains("No preview"));

    let checked = browser.post("/usage/prices/sources/check", &[]).await;
    let page = browser.follow(&checked).await;
    for text in [
        "<b>2.00</b>",
        "<s>1.25</s>",
        "models.dev: openai/gpt-5",
        "100 %",
        "In no source",
    ] {
        assert!(page.body.contains(text), "{text}\n{}", page.body);
    }
    // The other two do not understand what they got.
    assert!(page.body.contains("not the JSON of a price list"));

    let fields = [("made", page.hidden("made")), ("change", "0")];
    let applied = browser.post("/usage/prices/sources", &fields).await;
    let list = browser.follow(&applied).await;
    assert!(list.body.contains("1 price is applied"), "{}", list.body);
    assert!(list.body.contains("Synced"));
    let again = browser.post("/usage/prices/sources", &fields).await;
    let page = browser.follow(&again).await;
    assert!(page.body.contains("That preview is no longer there"));

    let fields = [("every", "week"), ("apply", "1")];
    browser
        .post("/usage/prices/sources/schedule", &fields)
        .await;
    let page = browser.get("/usage/prices/sources").await;
    assert!(page.body.contains(r#"<option value="week" selected>"#));
}

/// Two shops sell a model of that name: a person says which is meant.
#[tokio::test]
async fn a_match_that_is_not_unique_is_left_to_a_person() {
    let lists = Lists::start().await;
    let panel = panel(&lists, TWO_SHOPS).await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut asked = event(1);
    asked.model = String::from("m-1");
    store(panel.store(), vec![asked]).await.unwrap();
    let browser = panel.logged_in().await;
    let price = || {
        let book = panel.store().prices();
        book.find("m-1", "codex")
            .map(|found| found.price.rates.input)
    };

    let check = async || {
        let checked = browser.post("/usage/prices/sources/check", &[]).await;
        let page = browser.follow(&checked).await;
        for text in [
            "Your choice",
            "shop-a/m-1, 1.00 / 3.00",
            "shop-b/m-1, 2.00 / 4.00",
        ] {
            assert!(page.body.contains(text), "{text}\n{}", page.body);
        }
        page.hidden("made").to_owned()
    };
    // Nothing is chosen for anybody.
    let made = check().await;
    let none = [("made", made.as_str()), ("choice-0", "")];
    let answer = browser.post("/usage/prices/sources", &none).await;
    let page = browser.follow(&answer).await;
    assert_eq!(price(), None);
    // It is said, and the preview that was looked at is still there.
    assert!(page.body.contains("Nothing was chosen"), "{}", page.body);
    assert!(page.body.contains("shop-b/m-1, 2.00 / 4.00"));
    assert_eq!(page.hidden("made"), made);
    let second = [("made", made.as_str()), ("choice-0", "1")];
    let applied = browser.post("/usage/prices/sources", &second).await;
    let list = browser.follow(&applied).await;
    assert_eq!(price(), Some(Rate::per_million("2").ok()));
    let undo = [("batch", list.hidden("batch"))];
    browser.post("/usage/prices/undo", &undo).await;
    assert_eq!(price(), None);
}

/// What only a long request or a tier would feel is shown before it is applied.
#[tokio::test]
async fn a_change_beyond_the_columns_is_shown_with_its_amounts() {
    let lists = Lists::start().await;
    let listed = |over: &str, fast: &str| {
        format!(
            r#"{{"models": {{"openai/gpt-x": {{}}}}, "providers": {{"openai": {{"models": {{"gpt-x": {{
            "cost": {{"input": 2, "output": 10,
                "tiers": [{{"tier": {{"type": "context", "size": 200000}}, "input": {over}, "output": 15}}]}},
            "experimental": {{"modes": {{"fast": {{"cost": {{"input": {fast}, "output": 20}},
                "provider": {{"body": {{"service_tier": "priority"}}}}}}}}}}}}}}}}}}}}"#
        )
    };
    let panel = panel(&lists, &listed("3", "4")).await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut asked = event(1);
    asked.model = String::from("gpt-x");
    store(panel.store(), vec![asked]).await.unwrap();
    let browser = panel.logged_in().await;
    let never = browser.get("/usage/prices/sources").await;
    assert!(!never.body.contains(">fine<"), "nobody was asked yet");

    let checked = browser.post("/usage/prices/sources/check", &[]).await;
    let page = browser.follow(&checked).await;
    for text in [
        "<details><summary>above 200 k tokens, priority ",
        "above 200,000 tokens, Input <b>3.00</b></span>",
        "priority, Output <b>20.00</b></span>",
    ] {
        assert!(page.body.contains(text), "{text}\n{}", page.body);
    }
    let fields = [("made", page.hidden("made")), ("change", "0")];
    browser.post("/usage/prices/sources", &fields).await;

    lists.say("models-dev", listed("3.5", "4"));
    let checked = browser.post("/usage/prices/sources/check", &[]).await;
    let page = browser.follow(&checked).await;
    for text in [
        "<details open>",
        "above 200,000 tokens, Input <b>3.50</b> <span class=\"spoken\">Now </span><s>3.00</s></span>",
        "priority, Input 4.00</span>",
    ] {
        assert!(page.body.contains(text), "{text}\n{}", page.body);
    }
}

/// Nothing is said of sources that could not be read.
#[tokio::test]
async fn sources_that_say_nothing_prove_nothing() {
    let lists = Lists::start().await;
    let panel = panel(&lists, "no list").await;
    panel.clock.set(MORNING + Ms::HOUR);
    store(panel.store(), vec![event(1)]).await.unwrap();
    let browser = panel.logged_in().await;
    let checked = browser.post("/usage/prices/sources/check", &[]).await;
    let page = browser.follow(&checked).await.body;
    assert!(page.contains("No source could be read"), "{page}");
    for claim in ["In no source", "is priced as the sources say", ">fine<"] {
        assert!(!page.contains(claim), "{claim} in {page}");
    }

    lists.say("models-dev", TWO_SHOPS);
    let checked = browser.post("/usage/prices/sources/check", &[]).await;
    let page = browser.follow(&checked).await.body;
    assert!(page.contains("In no source that could be read"), "{page}");
    assert!(!page.contains("is priced as the sources say"), "{page}");
}
