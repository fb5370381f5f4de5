//! Pricing stored events anew: the preview says what happens, every answer of
//! the store agrees with the events at every step, and undoing leaves no trace.

use std::collections::HashMap;
use std::time::Duration;

use cpamp::clock::Clock;
use cpamp::domain::event::{Event, EventId, EventKey};
use cpamp::domain::filter::Selection;
use cpamp::domain::pricing::{Entry, Layer, Price, Quote, Rate, Rates, Usage};
use cpamp::domain::units::{At, Ms, NanoUsd};
use cpamp::prices::Desk;
use cpamp::prices::fetch::Web;
use cpamp::prices::reprice::Start;
use cpamp::store::prices::{Edit, Item};
use cpamp::store::report::{self, Question};
use cpamp::store::reprice::{self, Ask, Effect, Job, State, Step};
use cpamp::store::requests::{Dimension, Totals};
use cpamp::store::{Store, detail, schema};
use diesel::prelude::*;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::database::{Database, settle, store};
use crate::support::events::{MORNING, event};
use crate::support::gateway::within;

const MODELS: [&str; 4] = ["gpt-5", "claude-sonnet-4-6", "mine", "nobody-knows-me"];
/// More than one step changes, some of them in one millisecond.
const EVENTS: i64 = 12_000;
const LATER: At = At(MORNING.0 + 300 * Ms::DAY.0);

fn events() -> Vec<Event> {
    let one = |n: i64| {
        let mut one = event(n);
        one.key = EventKey {
            at: MORNING + Ms(n / 3 * 7_000),
            id: EventId(n.wrapping_mul(0x9e37_79b9)),
        };
        one.model = MODELS
            .get(usize::try_from(n % 4).unwrap())
            .map(|m| (*m).to_owned())
            .unwrap();
        one.tokens.uncached = (n % 11 != 0).then_some(n * 37 % 400_000);
        one.failed = n % 13 == 0;
        one.tier = String::from(if n % 5 == 0 { "priority" } else { "auto" });
        one.served_tier = String::from(if n % 10 == 0 { "flex" } else { "" });
        one
    };
    (0..EVENTS).map(one).collect()
}

fn everything() -> Ask {
    Ask {
        from: MORNING,
        to: MORNING + Ms(400 * Ms::DAY.0),
        models: Vec::new(),
    }
}

fn price(model: &str, input: &str) -> Edit {
    let entry = Entry {
        model: model.to_owned(),
        seller: String::new(),
        quote: Quote::Price(Price {
            rates: Rates {
                input: Rate::per_million(input).ok(),
                output: Rate::per_million("3").ok(),
                ..Rates::default()
            },
            ..Price::default()
        }),
        source: String::from("manual"),
        as_of: MORNING,
    };
    Edit::Put(Item::Price(Layer::Override, Box::new(entry)))
}

/// Stores the events, and seals most of them into segments.
async fn given(db: &Store) -> Vec<Event> {
    let events = events();
    for batch in events.chunks(1_000) {
        store(db, batch.to_vec()).await.unwrap();
    }
    settle(db, LATER).await;
    events
}

async fn totals(db: &Store) -> Totals {
    let names = db.names();
    let all = Selection::between(MORNING, everything().to);
    let question = Question {
        by: vec![Dimension::Model, Dimension::Account, Dimension::Status],
        limit: 100,
        ..Question::default()
    };
    let report = db
        .read(move |c| report::of(c, &names, &all, &question))
        .await;
    let report = report.unwrap();
    for ranking in report.by {
        let sum = |of: fn(&Totals) -> i64| ranking.iter().map(|(_, t)| of(t)).sum::<i64>();
        let sums = (sum(|t| t.cost.0), sum(|t| t.unpriced));
        assert_eq!(sums, (report.totals.cost.0, report.totals.unpriced));
    }
    report.totals
}

/// What the events themselves say, one by one.
async fn costs(db: &Store, events: &[Event]) -> Vec<Option<NanoUsd>> {
    let rows: Vec<(At, EventId, Option<NanoUsd>)> = db
        .read(|c| {
            let columns = (
                schema::event::at_ms,
                schema::event::id,
                schema::event::cost_nanos,
            );
            Ok(schema::event::table.select(columns).load(c)?)
        })
        .await
        .unwrap();
    let costs: HashMap<_, _> = rows
        .into_iter()
        .map(|(at, id, cost)| ((at, id), cost))
        .collect();
    events
        .iter()
        .map(|e| *costs.get(&(e.key.at, e.key.id)).unwrap())
        .collect()
}

fn by_book(db: &Store, events: &[Event]) -> Vec<Option<NanoUsd>> {
    let book = db.prices();
    events
        .iter()
        .map(|e| book.cost(&Usage::from(e)).nanos())
        .collect()
}

fn sum(costs: &[Option<NanoUsd>]) -> (i64, i64) {
    let priced = costs.iter().flatten().map(|nanos| nanos.0).sum();
    let unpriced = costs.iter().filter(|cost| cost.is_none()).count();
    (priced, i64::try_from(unpriced).unwrap())
}

async fn agree(db: &Store, costs: &[Option<NanoUsd>]) {
    let totals = totals(db).await;
    assert_eq!((totals.cost.0, totals.unpriced), sum(costs));
}

async fn start(db: &Store, ask: Ask) -> Job {
    let book = db.prices();
    db.write(move |c| reprice::start(c, MORNING, &ask, &book))
        .await
        .unwrap()
        .unwrap()
}

async fn latest(db: &Store) -> Job {
    db.read(reprice::latest).await.unwrap().unwrap()
}

async fn finish(db: &Store) -> usize {
    let mut steps = 0;
    while db.reprice_step().await.unwrap() != Step::Idle {
        steps += 1;
    }
    steps
}

#[tokio::test]
async fn events_cost_afterwards_what_they_would_cost_if_stored_now() {
    let database = Database::new();
    let db = database.open();
    let events = given(&db).await;
    let before = by_book(&db, &events);
    assert_eq!(costs(&db, &events).await, before);

    db.edit_prices(MORNING, vec![price("mine", "7"), price("gpt-5", "100")])
        .await
        .unwrap();
    let expected = by_book(&db, &events);
    let (names, book) = (db.names(), db.prices());
    let effect = db.read(move |c| reprice::preview(c, &names, &book, &everything()));
    let effect = effect.await.unwrap();
    let ((old, old_unpriced), (new, new_unpriced)) = (sum(&before), sum(&expected));
    let changed = before.iter().zip(&expected).filter(|(a, b)| a != b).count();
    let promised = Effect {
        requests: EVENTS,
        changed: i64::try_from(changed).unwrap(),
        old: NanoUsd(old),
        new: NanoUsd(new),
        old_unpriced,
        new_unpriced,
    };
    assert_eq!(effect, promised);
    agree(&db, &before).await;

    let version = *db.version().borrow();
    start(&db, everything()).await;
    // Half way every answer agrees with the events, too.
    assert!(matches!(
        db.reprice_step().await.unwrap(),
        Step::Worked(4_096)
    ));
    let half = costs(&db, &events).await;
    assert_ne!(half, before);
    assert_ne!(half, expected);
    agree(&db, &half).await;
    let job = latest(&db).await;
    assert!(
        job.state == State::Running && (1..100).contains(&job.percent()),
        "{job:?}"
    );

    finish(&db).await;
    assert_eq!(costs(&db, &events).await, expected);
    agree(&db, &expected).await;
    assert!(*db.version().borrow() > version, "pages hear of it");
    let job = latest(&db).await;
    assert_eq!(
        (job.state, job.percent(), job.effect.changed),
        (State::Done, 100, effect.changed)
    );
    let grown = job.effect.new.0 - job.effect.old.0;
    assert_eq!(grown, new - old);

    // The bill of an event is explained by its new terms.
    let (names, key) = (db.names(), events[4].key);
    let detail = db
        .read(move |c| detail::load(c, &names, key))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(detail.terms.unwrap().rule.to_string(), "override:gpt-5");
}

#[tokio::test]
async fn undoing_puts_costs_and_terms_back() {
    let database = Database::new();
    let db = database.open();
    let events = given(&db).await;
    let before = costs(&db, &events).await;
    db.edit_prices(MORNING, vec![price("*", "1000")])
        .await
        .unwrap();
    start(&db, everything()).await;
    assert!(finish(&db).await > 2);
    // What was stored and sealed since does not matter.
    let mut late = event(1);
    late.key.at = MORNING + Ms(1);
    store(&db, vec![late.clone()]).await.unwrap();
    let late_cost = costs(&db, std::slice::from_ref(&late)).await[0];

    assert!(db.write(reprice::undo).await.unwrap());
    let half = db.reprice_step().await.unwrap();
    assert!(matches!(half, Step::Worked(n) if n > 0));
    settle(&db, LATER).await;
    finish(&db).await;
    assert_eq!(costs(&db, &events).await, before);
    let mut all = before.clone();
    all.push(late_cost);
    agree(&db, &all).await;
    assert_eq!(latest(&db).await.state, State::Undone);
    assert!(!db.write(reprice::undo).await.unwrap(), "only once");
    let (names, key) = (db.names(), events[4].key);
    let detail = db
        .read(move |c| detail::load(c, &names, key))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        detail.terms.unwrap().rule.to_string(),
        "built-in:openai/gpt-5"
    );
}

#[tokio::test]
async fn only_what_was_asked_for_is_touched() {
    let database = Database::new();
    let db = database.open();
    let events = given(&db).await;
    let before = costs(&db, &events).await;
    db.edit_prices(MORNING, vec![price("*", "1000")])
        .await
        .unwrap();
    let by_book = by_book(&db, &events);
    let (from, to) = (events[100].key.at, events[5_000].key.at);
    let ask = Ask {
        from,
        to,
        models: vec![String::from("gpt-5"), String::from("never-met")],
    };
    start(&db, ask).await;
    finish(&db).await;
    let inside = |e: &Event| from <= e.key.at && e.key.at < to && e.model == "gpt-5";
    let expected: Vec<_> = events
        .iter()
        .zip(before.iter().zip(&by_book))
        .map(|(event, (old, new))| if inside(event) { *new } else { *old })
        .collect();
    assert_ne!(expected, before);
    assert_eq!(costs(&db, &events).await, expected);
    agree(&db, &expected).await;
}

#[tokio::test]
async fn a_job_goes_on_after_a_restart_and_can_be_stopped() {
    let database = Database::new();
    let db = database.open();
    let events = given(&db).await;
    let before = costs(&db, &events).await;
    db.edit_prices(MORNING, vec![price("*", "1000")])
        .await
        .unwrap();
    start(&db, everything()).await;
    let book = db.prices();
    let second = db
        .write(move |c| reprice::start(c, MORNING, &everything(), &book))
        .await;
    assert_eq!(second.unwrap(), None, "one at a time");
    db.reprice_step().await.unwrap();
    db.close().await;
    drop(db);

    let db = database.open();
    assert!(matches!(db.reprice_step().await.unwrap(), Step::Worked(n) if n > 0));
    assert!(db.write(reprice::stop).await.unwrap());
    assert_eq!(db.reprice_step().await.unwrap(), Step::Idle);
    let half = costs(&db, &events).await;
    agree(&db, &half).await;
    assert!(db.write(reprice::undo).await.unwrap());
    finish(&db).await;
    assert_eq!(costs(&db, &events).await, before);
}

#[tokio::test]
async fn nothing_to_change_is_done_at_once() {
    let database = Database::new();
    let db = database.open();
    given(&db).await;
    start(&db, everything()).await;
    finish(&db).await;
    let job = latest(&db).await;
    assert_eq!((job.state, job.effect), (State::Done, Effect::default()));
    assert_eq!(job.percent(), 100);
}

#[tokio::test]
async fn the_desk_works_through_what_is_begun() {
    let database = Database::new();
    let db = database.open();
    let events = given(&db).await;
    let clock = Clock::fixed(MORNING);
    let nowhere = Web::elsewhere(|_| String::new(), Duration::from_secs(1));
    let (settings, status) = (watch::Sender::default(), watch::Sender::default());
    let desk = Desk::new(
        db.clone(),
        clock,
        nowhere,
        settings.subscribe(),
        status.subscribe(),
    );
    let stop = CancellationToken::new();
    let (working, token) = (desk.clone(), stop.clone());
    let work = tokio::spawn(async move { working.work(token).await });

    db.edit_prices(MORNING, vec![price("*", "1000")])
        .await
        .unwrap();
    let (effect, mark) = desk.preview_reprice(everything()).await.unwrap();
    let begun = desk.start_reprice(everything(), &mark).await.unwrap();
    assert!(matches!(begun, Start::Begun(_)), "{begun:?}");
    let mut version = db.version();
    within(async {
        while latest(&db).await.state != State::Done {
            version.changed().await.unwrap();
        }
    })
    .await;
    let expected = by_book(&db, &events);
    assert_eq!(costs(&db, &events).await, expected);
    assert_eq!(latest(&db).await.effect.changed, effect.changed);
    stop.cancel();
    within(work).await.unwrap();
}
