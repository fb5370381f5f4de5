//! Prices in the database: events are priced as they are stored, changes of the
//! book are whole, known afterwards and undone whole.

use cpamp::domain::event::Event;
use cpamp::domain::pricing::plan::Plan;
use cpamp::domain::pricing::sources::{self, Source};
use cpamp::domain::pricing::{
    Entry, Factor, Layer, Multiplier, Pattern, Price, Quote, Rate, Rates, Unpriced, Usage, When,
};
use cpamp::domain::units::{At, NanoUsd};
use cpamp::store::prices::{self, Edit, Item, Undone};
use cpamp::store::requests::Detail;
use cpamp::store::{Store, detail};

use diesel::connection::SimpleConnection as _;

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event};

fn entry(model: &str, input: &str) -> Entry {
    Entry {
        model: model.to_owned(),
        seller: String::new(),
        quote: Quote::Price(Price {
            rates: Rates {
                input: Rate::per_million(input).ok(),
                output: Rate::per_million("0").ok(),
                ..Rates::default()
            },
            ..Price::default()
        }),
        source: String::from("manual"),
        as_of: MORNING,
    }
}

fn put(layer: Layer, model: &str, input: &str) -> Edit {
    Edit::Put(Item::Price(layer, Box::new(entry(model, input))))
}

fn override_(model: &str, input: &str) -> Edit {
    put(Layer::Override, model, input)
}

/// An event of a model, with 1,000 input and 200 output tokens.
fn of_model(n: i64, model: &str) -> Event {
    Event {
        model: model.to_owned(),
        ..event(n)
    }
}

async fn load(store: &Store, event: &Event) -> Detail {
    let (names, key) = (store.names(), event.key);
    let detail = store.read(move |c| detail::load(c, &names, key)).await;
    detail.unwrap().unwrap()
}

async fn cost(store: &Store, event: &Event) -> Option<i64> {
    load(store, event).await.cost.map(|nanos| nanos.0)
}

#[tokio::test]
async fn an_event_is_priced_when_it_is_stored() {
    let database = Database::new();
    let db = database.open();
    let known = of_model(1, "gpt-5");
    let unknown = of_model(2, "nobody-knows-me");
    store(&db, vec![known.clone(), unknown.clone()])
        .await
        .unwrap();

    // 360 × 1.25 + 640 × 0.125 + 200 × 10 millionths of a dollar
    let detail = load(&db, &known).await;
    assert_eq!(detail.cost, Some(NanoUsd(2_530_000)));
    let terms = detail.terms.unwrap();
    assert_eq!(terms.rule.to_string(), "built-in:openai/gpt-5");
    let bill = terms.bill(&known.tokens, known.failed);
    assert_eq!(bill.nanos(), detail.cost);
    assert_eq!(bill.lines.len(), 5);

    let detail = load(&db, &unknown).await;
    assert_eq!((detail.cost, detail.terms), (None, None));
    let again = db.prices().cost(&Usage::from(&unknown));
    assert_eq!(again.unpriced, Some(Unpriced::NoPrice));
}

#[tokio::test]
async fn a_change_holds_from_the_next_event_on_and_the_old_bill_stays_explained() {
    let database = Database::new();
    let db = database.open();
    let (before, after) = (of_model(1, "gpt-5"), of_model(2, "gpt-5"));
    store(&db, vec![before.clone()]).await.unwrap();
    let batch = db
        .edit_prices(MORNING, vec![override_("gpt-*", "1000")])
        .await
        .unwrap();
    store(&db, vec![after.clone()]).await.unwrap();

    assert_eq!(cost(&db, &before).await, Some(2_530_000));
    // 1,000 tokens of input, cached or not, at a thousandth of a dollar each
    assert_eq!(cost(&db, &after).await, Some(1_000_000_000));
    let terms = load(&db, &before).await.terms.unwrap();
    assert_eq!(
        terms.bill(&before.tokens, false).nanos(),
        Some(NanoUsd(2_530_000))
    );

    let undone = db.undo_prices(MORNING, batch.unwrap()).await.unwrap();
    assert!(matches!(undone, Undone::Yes(_)));
    let later = of_model(3, "gpt-5");
    store(&db, vec![later.clone()]).await.unwrap();
    assert_eq!(cost(&db, &later).await, Some(2_530_000));
}

#[tokio::test]
async fn prices_survive_a_restart() {
    let database = Database::new();
    let db = database.open();
    let factor = Multiplier {
        model: Pattern::new("*"),
        when: When::Provider(Pattern::new("codex")),
        input: Factor::HALF,
        output: Factor::HALF,
    };
    let edits = vec![
        override_("GPT-5", "1000"),
        put(Layer::Synced, "gpt-6", "7"),
        Edit::Put(Item::Multiplier(factor.clone())),
    ];
    db.edit_prices(MORNING, edits).await.unwrap().unwrap();
    db.close().await;
    drop(db);

    let db = database.open();
    let one = of_model(1, "gpt-5");
    store(&db, vec![one.clone()]).await.unwrap();
    assert_eq!(cost(&db, &one).await, Some(500_000_000));
    assert_eq!(db.prices().layer(Layer::Synced)[0].model, "gpt-6");

    let remove = vec![
        Edit::RemoveMultiplier(factor),
        // Names that differ by case only are one name.
        Edit::RemovePrice(Layer::Override, String::from("gpt-5"), String::new()),
    ];
    db.edit_prices(MORNING, remove).await.unwrap().unwrap();
    assert_eq!(db.prices().layer(Layer::Override), []);
}

#[tokio::test]
async fn edits_are_applied_whole_or_not_at_all() {
    let database = Database::new();
    let db = database.open();
    let mut bad = entry("b", "1");
    bad.quote = Quote::Price(Price::default());
    let edits = vec![
        override_("a", "1"),
        Edit::Put(Item::Price(Layer::Override, Box::new(bad))),
    ];
    db.edit_prices(MORNING, edits).await.unwrap_err();
    let built_in = put(Layer::BuiltIn, "a", "1");
    db.edit_prices(MORNING, vec![built_in]).await.unwrap_err();
    assert_eq!(db.prices().layer(Layer::Override), []);
    assert!(
        db.read(|c| prices::history(c, 10))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn batches_are_undone_and_redone_unless_overtaken() {
    let database = Database::new();
    let db = database.open();
    let first = db.edit_prices(MORNING, vec![override_("a", "1"), override_("b", "1")]);
    let first = first.await.unwrap().unwrap();
    // Nothing different is nothing done.
    assert_eq!(
        db.edit_prices(MORNING, vec![override_("a", "1")])
            .await
            .unwrap(),
        None
    );
    let names = || {
        let book = db.prices();
        let entries = book.layer(Layer::Override).iter();
        entries.map(|entry| entry.model.clone()).collect::<Vec<_>>()
    };

    let Undone::Yes(undo) = db.undo_prices(MORNING, first).await.unwrap() else {
        panic!("nothing came between");
    };
    assert!(names().is_empty());
    let Undone::Yes(_) = db.undo_prices(MORNING, undo).await.unwrap() else {
        panic!("an undo can be undone");
    };
    assert_eq!(names(), ["a", "b"]);

    db.edit_prices(MORNING, vec![override_("b", "2")])
        .await
        .unwrap();
    let undone = db.undo_prices(MORNING, first).await.unwrap();
    assert_eq!(undone, Undone::Overtaken);
    assert_eq!(names(), ["a", "b"], "all of the batch or nothing");
    assert_eq!(db.undo_prices(MORNING, 99).await.unwrap(), Undone::Unknown);

    let history = db.read(|c| prices::history(c, 2)).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].changes.len(), 1);
    assert_eq!(history[1].changes.len(), 2);
}

#[tokio::test]
async fn a_source_keeps_its_last_good_list() {
    let database = Database::new();
    let db = database.open();
    let text = include_bytes!("../fixtures/prices/litellm-excerpt.json");
    let list = sources::parse(Source::LiteLlm, text).unwrap().candidates;
    let expected = list.clone();
    let kept = db
        .write(move |c| {
            prices::sources::put_list(c, Source::LiteLlm, At(1), Some("\"x\""), &list)?;
            prices::sources::put_outcome(c, Source::LiteLlm, At(2), Some("timed out"))?;
            prices::sources::put_outcome(c, Source::OpenRouter, At(3), Some("refused"))?;
            prices::sources::put_plan(c, At(4), &Plan::default())?;
            prices::sources::list(c, Source::LiteLlm)
        })
        .await;
    assert_eq!(kept.unwrap().unwrap(), expected);
    let states = db.read(prices::sources::states).await.unwrap();
    let states: Vec<_> = states
        .iter()
        .map(|s| {
            (
                s.name.as_str(),
                s.tried_at.0,
                s.read_at,
                s.problem.as_deref(),
            )
        })
        .collect();
    let expected = [
        ("LiteLLM", 2, Some(At(1)), Some("timed out")),
        ("OpenRouter", 3, None, Some("refused")),
    ];
    assert_eq!(states, expected);
    let plan = db.read(prices::sources::plan).await.unwrap();
    assert_eq!(plan, Some((At(4), Plan::default())));
    let none = db
        .read(|c| prices::sources::list(c, Source::ModelsDev))
        .await;
    assert_eq!(none.unwrap(), None);
}

#[tokio::test]
async fn terms_of_a_batch_that_was_rolled_back_are_written_again() {
    let database = Database::new();
    let db = database.open();
    db.write(|c| {
        Ok(c.batch_execute(
            "create temp trigger refuse before insert on main.counter
             begin select raise(abort, 'not now'); end;",
        )?)
    })
    .await
    .unwrap();
    let one = of_model(1, "gpt-5");
    store(&db, vec![one.clone()]).await.unwrap_err();
    db.write(|c| Ok(c.batch_execute("drop trigger if exists temp.refuse")?))
        .await
        .unwrap();
    store(&db, vec![one.clone()]).await.unwrap();
    assert!(load(&db, &one).await.terms.is_some());
}
