//! Roll-ups of a day are made while others write: they come into force only if
//! nothing happened to the day meanwhile, and answers are right all the time.

use cpamp::domain::event::Event;
use cpamp::domain::filter::Selection;
use cpamp::domain::units::{At, Ms, NanoUsd};
use cpamp::store::Store;
use cpamp::store::maintain::{self, Step};
use cpamp::store::report::{self, Question, Report};
use cpamp::store::requests::{Dimension, Totals};
use cpamp::store::schema::{rollup_day, rollup_span};
use diesel::prelude::*;

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event};
use crate::support::naive;
use crate::support::prices::{each_costs, price_anew};

const NOW: At = At(MORNING.0 + 20 * Ms::DAY.0);

/// Requests of ten days, and what the fold over them knows: no prices.
fn history() -> Vec<Event> {
    let earlier = |n: i64| {
        let mut event = event(n);
        event.key.at = MORNING + Ms(n * 2_000_000);
        event.model = String::from("nobody-prices-this");
        event
    };
    (0..400).map(earlier).collect()
}

async fn report(open: &Store) -> Report {
    let names = open.names();
    let question = Question {
        by: vec![Dimension::Account],
        limit: usize::MAX,
        quantiles: true,
        ..Question::default()
    };
    let all = Selection::between(At(0), NOW);
    let report = open.read(move |c| report::of(c, &names, &all, &question));
    report.await.unwrap()
}

async fn check(open: &Store, events: &[Event]) {
    let report = report(open).await;
    naive::assert_same(&report.totals, &naive::totals(events.iter()), "all");
    let requests = |(_, totals): &(_, Totals)| totals.requests;
    let requests: i64 = report.by.iter().flatten().map(requests).sum();
    assert_eq!(requests, report.totals.requests);
}

/// Closed days, and closed spans of days.
async fn closed(open: &Store) -> (i64, i64) {
    let count = open.read(|c| {
        let days = rollup_day::table.filter(rollup_day::closed.eq(1));
        Ok((
            days.count().get_result(c)?,
            rollup_span::table.count().get_result(c)?,
        ))
    });
    count.await.unwrap()
}

async fn open_days(open: &Store) -> i64 {
    let count = open.read(|c| {
        let days = rollup_day::table.filter(rollup_day::closed.eq(0));
        Ok(days.count().get_result(c)?)
    });
    count.await.unwrap()
}

/// Seals, and closes everything that is over, as the running panel does.
async fn settle(open: &Store) {
    while maintain::close(open, NOW).await.unwrap().is_some() {
        maintain::settle(open, NOW).await.unwrap();
    }
}

#[tokio::test]
async fn a_day_that_gets_another_event_meanwhile_is_counted_again() {
    let database = Database::new();
    let open = database.open();
    let mut events = history();
    store(&open, events.clone()).await.unwrap();
    let made = maintain::close(&open, NOW).await.unwrap().unwrap();
    let mut late = event(1_000);
    late.key.at = MORNING + Ms(7);
    late.model = String::from("nobody-prices-this");
    store(&open, vec![late.clone()]).await.unwrap();
    events.push(late);

    assert_eq!(made.put_in_place(&open).await.unwrap(), Step::Worked(0));
    assert_eq!(closed(&open).await, (0, 0));
    check(&open, &events).await;
    settle(&open).await;
    let (days, spans) = closed(&open).await;
    assert!(days >= 10 && spans >= 1, "{days} days, {spans} spans");
    check(&open, &events).await;

    // With the day, the span it is in holds no longer.
    let mut later = event(1_001);
    later.key.at = MORNING + Ms(11);
    later.model = String::from("nobody-prices-this");
    store(&open, vec![later.clone()]).await.unwrap();
    events.push(later);
    check(&open, &events).await;
}

#[tokio::test]
async fn a_day_of_which_nothing_changed_is_closed() {
    let database = Database::new();
    let open = database.open();
    let mut events = history();
    store(&open, events.clone()).await.unwrap();
    let made = maintain::close(&open, NOW).await.unwrap().unwrap();
    // Of another day.
    let mut later = event(1_000);
    later.key.at = NOW - Ms::DAY;
    later.model = String::from("nobody-prices-this");
    store(&open, vec![later.clone()]).await.unwrap();
    events.push(later);

    let put = made.put_in_place(&open).await.unwrap();
    assert!(matches!(put, Step::Worked(n) if n > 0), "{put:?}");
    assert_eq!(closed(&open).await, (1, 0));
    check(&open, &events).await;
}

/// Days whose requests cost something else meanwhile, before they are closed
/// and before the span is that they are in.
#[tokio::test]
async fn what_costs_something_else_meanwhile_is_counted_again() {
    for spans in [false, true] {
        let database = Database::new();
        let open = database.open();
        store(&open, history()).await.unwrap();
        // The next one to be made is a day, or a span.
        let days = if spans { open_days(&open).await } else { 0 };
        for _ in 0..days {
            let made = maintain::close(&open, NOW).await.unwrap().unwrap();
            made.put_in_place(&open).await.unwrap();
        }
        let made = maintain::close(&open, NOW).await.unwrap().unwrap();
        each_costs(&open, NanoUsd(5)).await;
        price_anew(&open, NOW).await;
        assert_eq!(made.put_in_place(&open).await.unwrap(), Step::Worked(0));
        settle(&open).await;
        let report = report(&open).await;
        assert_eq!(report.totals.cost, NanoUsd(5 * 400), "spans: {spans}");
        let costs = |(_, totals): &(_, Totals)| totals.cost.0;
        let sum: i64 = report.by.iter().flatten().map(costs).sum();
        assert_eq!(sum, 5 * 400, "spans: {spans}");
    }
}
