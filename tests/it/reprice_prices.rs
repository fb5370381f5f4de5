//! Requests are priced anew by the prices that the effect was shown with: edits
//! before the beginning are noticed, edits after it are no concern of the job.

use std::collections::HashMap;

use cpamp::domain::event::{Event, EventId, EventKey};
use cpamp::domain::pricing::{Entry, Layer, Price, PriceBook, Quote, Rate, Rates, Usage};
use cpamp::domain::units::{At, Ms, NanoUsd};
use cpamp::store::prices::{Edit, Item};
use cpamp::store::reprice::{self, Ask, Job, State, Step};
use cpamp::store::{Store, schema};
use diesel::prelude::*;
use reqwest::StatusCode;

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event};
use crate::support::panel::Panel;

/// More than one step changes.
const EVENTS: i64 = 5_000;

fn events() -> Vec<Event> {
    let one = |n: i64| Event {
        key: EventKey {
            at: MORNING + Ms(n * 1_000),
            id: EventId(n),
        },
        ..event(n)
    };
    (0..EVENTS).map(one).collect()
}

fn everything() -> Ask {
    Ask {
        from: MORNING,
        to: MORNING + Ms::DAY,
        models: Vec::new(),
    }
}

fn price(input: &str) -> Edit {
    let rates = Rates {
        input: Rate::per_million(input).ok(),
        output: Rate::per_million("3").ok(),
        ..Rates::default()
    };
    let entry = Entry {
        model: String::from("gpt-5"),
        seller: String::new(),
        quote: Quote::Price(Price {
            rates,
            ..Price::default()
        }),
        source: String::from("manual"),
        as_of: MORNING,
    };
    Edit::Put(Item::Price(Layer::Override, Box::new(entry)))
}

/// What the events cost, oldest first.
async fn costs(db: &Store) -> Vec<Option<NanoUsd>> {
    let costs = db.read(|c| {
        let ordered = schema::event::table.order(schema::event::at_ms);
        Ok(ordered.select(schema::event::cost_nanos).load(c)?)
    });
    costs.await.unwrap()
}

async fn costs_by_key(db: &Store) -> HashMap<EventKey, Option<NanoUsd>> {
    let rows = db.read(|c| {
        let columns = (
            schema::event::at_ms,
            schema::event::id,
            schema::event::cost_nanos,
        );
        Ok(schema::event::table.select(columns).load(c)?)
    });
    let rows: Vec<(At, EventId, Option<NanoUsd>)> = rows.await.unwrap();
    let rows = rows.into_iter();
    rows.map(|(at, id, cost)| (EventKey { at, id }, cost))
        .collect()
}

fn by(book: &PriceBook) -> Vec<Option<NanoUsd>> {
    let cost = |event: &Event| book.cost(&Usage::from(event)).nanos();
    events().iter().map(cost).collect()
}

async fn latest(db: &Store) -> Job {
    db.read(reprice::latest).await.unwrap().unwrap()
}

async fn given(db: &Store) {
    for batch in events().chunks(1_000) {
        store(db, batch.to_vec()).await.unwrap();
    }
}

/// Everything, by the prices in force.
async fn begin(db: &Store) {
    let book = db.prices();
    let begun = db.write(move |c| reprice::start(c, MORNING, &everything(), &book));
    begun.await.unwrap().unwrap();
}

async fn finish(db: &Store) {
    while db.reprice_step().await.unwrap() != Step::Idle {}
}

#[tokio::test]
async fn a_job_ends_as_it_was_shown_whatever_prices_become_meanwhile() {
    let database = Database::new();
    let db = database.open();
    given(&db).await;
    let before = costs(&db).await;
    db.edit_prices(MORNING, vec![price("100")]).await.unwrap();
    let shown = db.prices();
    let (names, book) = (db.names(), db.prices());
    let effect = db.read(move |c| reprice::preview(c, &names, &book, &everything()));
    let effect = effect.await.unwrap();
    begin(&db).await;
    assert!(matches!(db.reprice_step().await.unwrap(), Step::Worked(n) if n > 0));

    db.edit_prices(MORNING, vec![price("7")]).await.unwrap();
    db.close().await;
    drop(db);
    let db = database.open();
    finish(&db).await;

    let after = costs(&db).await;
    assert_eq!(after, by(&shown));
    assert_ne!(after, by(&db.prices()), "the edit holds for new requests");
    let job = latest(&db).await;
    assert_eq!((job.state, job.effect), (State::Done, effect));

    assert!(db.write(reprice::undo).await.unwrap());
    finish(&db).await;
    assert_eq!(costs(&db).await, before);
}

#[tokio::test]
async fn what_is_stored_while_a_job_runs_keeps_the_prices_of_its_moment() {
    let database = Database::new();
    let db = database.open();
    given(&db).await;
    db.edit_prices(MORNING, vec![price("100")]).await.unwrap();
    let shown = db.prices();
    let (names, book) = (db.names(), db.prices());
    let effect = db.read(move |c| reprice::preview(c, &names, &book, &everything()));
    let effect = effect.await.unwrap();
    begin(&db).await;
    assert!(matches!(db.reprice_step().await.unwrap(), Step::Worked(n) if n > 0));

    // Behind the job and ahead of it, the last one in the same moment as another.
    db.edit_prices(MORNING, vec![price("7")]).await.unwrap();
    let late = [500, (EVENTS - 10) * 1_000 + 500, (EVENTS - 5) * 1_000].map(|ms| Event {
        key: EventKey {
            at: MORNING + Ms(ms),
            id: EventId(-ms),
        },
        ..event(1)
    });
    store(&db, late.to_vec()).await.unwrap();
    db.close().await;
    drop(db);
    let db = database.open();
    finish(&db).await;

    let job = latest(&db).await;
    assert_eq!((job.state, job.effect), (State::Done, effect));
    let book = db.prices();
    let by = |book: &PriceBook, event: &Event| (event.key, book.cost(&Usage::from(event)).nanos());
    let earlier = events();
    let earlier = earlier.iter().map(|event| by(&shown, event));
    let late = late.iter().map(|event| by(&book, event));
    let expected: HashMap<_, _> = earlier.chain(late).collect();
    assert_eq!(costs_by_key(&db).await, expected);

    // The next job has all of them in it.
    db.edit_prices(MORNING, vec![price("9")]).await.unwrap();
    let before = costs_by_key(&db).await;
    begin(&db).await;
    finish(&db).await;
    let after = costs_by_key(&db).await;
    assert!(after.iter().all(|(key, cost)| before[key] != *cost));
}

/// In the place of the prices that the job keeps with it.
async fn keep_instead(db: &Store, book: Option<&'static [u8]>) {
    let put = db.write(move |c| {
        let put = schema::reprice::book.eq(book);
        diesel::update(schema::reprice::table).set(put).execute(c)?;
        Ok(())
    });
    put.await.unwrap();
}

/// A job of a version that kept none, or that another version cannot read.
#[tokio::test]
async fn a_job_without_readable_prices_stops_instead_of_guessing() {
    for book in [None, Some(b"of another time".as_slice())] {
        let database = Database::new();
        let db = database.open();
        store(&db, events().split_off(4_990)).await.unwrap();
        let before = costs(&db).await;
        db.edit_prices(MORNING, vec![price("100")]).await.unwrap();
        begin(&db).await;
        keep_instead(&db, book).await;
        finish(&db).await;
        assert_eq!(latest(&db).await.state, State::Stopped);
        assert_eq!(costs(&db).await, before);
        begin(&db).await;
        finish(&db).await;
        assert_eq!(
            latest(&db).await.state,
            State::Done,
            "another one may begin"
        );
    }
}

/// Thousands of prices are not unpacked at every step.
#[tokio::test]
async fn a_job_reads_its_prices_once() {
    let database = Database::new();
    let db = database.open();
    given(&db).await;
    db.edit_prices(MORNING, vec![price("100")]).await.unwrap();
    begin(&db).await;
    assert!(matches!(db.reprice_step().await.unwrap(), Step::Worked(n) if n > 0));
    keep_instead(&db, None).await;
    finish(&db).await;
    assert_eq!(latest(&db).await.state, State::Done);
    assert_eq!(costs(&db).await, by(&db.prices()));

    // The next job has its own.
    db.edit_prices(MORNING, vec![price("7")]).await.unwrap();
    begin(&db).await;
    finish(&db).await;
    assert_eq!(costs(&db).await, by(&db.prices()));
}

#[tokio::test]
async fn what_was_shown_by_other_prices_is_not_begun_but_shown_again() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let db = panel.store().clone();
    store(&db, vec![event(1)]).await.unwrap();
    db.edit_prices(MORNING, vec![price("1000")]).await.unwrap();
    let browser = panel.logged_in().await;
    let page = browser.get("/usage/prices/anew?model=gpt-5&range=1h").await;
    let fields = ["model", "range", "shown_at", "shown_by"];
    let shown = fields.map(|name| (name, page.hidden(name)));
    assert!(page.body.contains("$1.0"), "{}", page.body);

    db.edit_prices(MORNING, vec![price("2000")]).await.unwrap();
    let refused = browser.post("/usage/prices/anew", &shown).await;
    let again = browser.follow(&refused).await;
    assert_eq!(again.status, StatusCode::OK);
    let said = "Not begun: prices have changed since";
    assert!(again.body.contains(said), "{}", again.body);
    assert!(again.body.contains("$2.0"), "{}", again.body);
    assert_eq!(db.read(reprice::latest).await.unwrap(), None);

    let shown = fields.map(|name| (name, again.hidden(name)));
    assert_eq!((shown[0].1, shown[1].1), ("gpt-5", "1h"));
    // The range ends when it was shown, not when the button was pressed.
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let begun = browser.post("/usage/prices/anew", &shown).await;
    assert!(
        !begun.header("location").contains("done="),
        "{}",
        begun.body
    );
    assert_eq!(latest(&db).await.ask.from, event(1).key.at);
}
