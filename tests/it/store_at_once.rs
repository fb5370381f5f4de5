//! An upgrade throws the segments away and orders all roll-ups anew, a person
//! prices everything anew and undoes it, requests arrive late, the panel starts
//! again: all at once. Every answer equals a fold over the events at every stage.

use std::collections::HashMap;

use cpamp::domain::event::{Event, EventKey};
use cpamp::domain::filter::{Cache, Outcome, Selection};
use cpamp::domain::pricing::Usage;
use cpamp::domain::units::{At, Ms, NanoUsd};
use cpamp::store::maintain::{self, Step};
use cpamp::store::report::{self, Question};
use cpamp::store::reprice::{self, State};
use cpamp::store::requests::{Dimension, Totals};
use cpamp::store::schema::event;
use cpamp::store::{Store, rebuild};
use diesel::prelude::*;

use crate::support::database::{Database, settle, store};
use crate::support::events::MORNING;
use crate::support::naive;
use crate::support::prices::{each_costs, order_anew};
use crate::support::random::{DAYS, Dice, random_events};

/// Segments of each size, and a step of pricing anew more than five times.
const EVENTS: i64 = 24_000;
const NOW: At = At(MORNING.0 + (DAYS + 9) * Ms::DAY.0);

type Costs = HashMap<EventKey, Option<NanoUsd>>;

/// What the events themselves say.
async fn costs(open: &Store) -> Costs {
    let rows = open.read(|c| {
        let columns = (event::at_ms, event::id, event::cost_nanos);
        Ok(event::table.select(columns).load(c)?)
    });
    let rows: Vec<(At, _, Option<NanoUsd>)> = rows.await.unwrap();
    let rows = rows.into_iter();
    rows.map(|(at, id, cost)| (EventKey { at, id }, cost))
        .collect()
}

fn fold<'a>(events: impl Iterator<Item = &'a Event> + Clone, costs: &Costs) -> Totals {
    let of = events.clone().map(|event| costs[&event.key]);
    Totals {
        cost: NanoUsd(of.clone().flatten().map(|nanos| nanos.0).sum()),
        unpriced: i64::try_from(of.filter(Option::is_none).count()).unwrap(),
        ..naive::totals(events)
    }
}

/// All by roll-ups, a cut of it with rows at its edges, and what only scans tell.
fn selections() -> [Selection; 3] {
    let whole = Selection::between(At(0), NOW + Ms::DAY);
    let cut = Selection {
        from: MORNING + Ms(5 * Ms::HOUR.0 + 1_234_567),
        to: MORNING + Ms(3 * Ms::DAY.0 + 7_654_321),
        ..whole.clone()
    };
    let scanned = Selection {
        cache: Some(Cache::Hit),
        outcome: Some(Outcome::Ok),
        min_latency: Some(Ms(20_000)),
        ..whole.clone()
    };
    [whole, cut, scanned]
}

/// Gives what the events cost.
async fn check(open: &Store, events: &[Event]) -> Costs {
    let costs = costs(open).await;
    assert_eq!(costs.len(), events.len());
    for selection in selections() {
        let of = format!("{selection:?}");
        let selected: Vec<&Event> = events
            .iter()
            .filter(|event| naive::selects(&selection, event))
            .collect();
        let question = Question {
            by: vec![Dimension::Model],
            limit: usize::MAX,
            quantiles: true,
            ..Question::default()
        };
        let names = open.names();
        let report = open.read(move |c| report::of(c, &names, &selection, &question));
        let report = report.await.unwrap();
        let expected = fold(selected.iter().copied(), &costs);
        naive::assert_same(&report.totals, &expected, &of);
        for (model, totals) in report.by.iter().flatten() {
            let of_model = selected.iter().copied();
            let of_model = of_model.filter(|event| event.model == model.value);
            naive::assert_same(totals, &fold(of_model, &costs), &of);
        }
    }
    costs
}

/// A little of everything there is to do, until there is nothing left.
async fn round(open: &Store, dice: &mut Dice) -> bool {
    let mut busy = false;
    for _ in 0..=dice.roll(24) {
        busy |= open.write(|c| maintain::step(c, NOW)).await.unwrap() != Step::Idle;
    }
    busy | (open.reprice_step().await.unwrap() != reprice::Step::Idle)
}

fn by_book(open: &Store, events: &[Event]) -> Costs {
    let book = open.prices();
    let cost = |event: &Event| (event.key, book.cost(&Usage::from(event)).nanos());
    events.iter().map(cost).collect()
}

#[tokio::test]
async fn everything_at_once_leaves_every_answer_right() {
    let database = Database::new();
    let mut open = database.open();
    let mut dice = Dice(2_718);
    each_costs(&open, NanoUsd(5)).await;
    let mut events = random_events(31, EVENTS);
    for batch in events.chunks(3_000) {
        store(&open, batch.to_vec()).await.unwrap();
    }
    settle(&open, NOW).await;
    let before = check(&open, &events).await;
    assert_eq!(before, by_book(&open, &events));

    open.write(maintain::forget_segments).await.unwrap();
    open.write(|c| rebuild::order(c, NOW)).await.unwrap();
    each_costs(&open, NanoUsd(7_000)).await;
    order_anew(&open, NOW).await;
    let mut late = random_events(32, 400).into_iter();
    let mut rounds = 0;
    while round(&open, &mut dice).await {
        let arrived: Vec<Event> = late.by_ref().take(50).collect();
        events.extend(arrived.iter().cloned());
        store(&open, arrived).await.unwrap();
        check(&open, &events).await;
        rounds += 1;
        if rounds == 3 {
            open.close().await;
            open = database.open();
        }
    }
    assert!(rounds > 6, "{rounds}");
    let after = check(&open, &events).await;
    assert_eq!(after, by_book(&open, &events));

    // Back again, while all is made anew once more.
    open.write(|c| rebuild::order(c, NOW)).await.unwrap();
    for _ in 0..5 {
        open.write(|c| maintain::step(c, NOW)).await.unwrap();
    }
    assert!(open.write(reprice::undo).await.unwrap());
    assert!(round(&open, &mut dice).await);
    check(&open, &events).await;
    open.close().await;
    open = database.open();
    while round(&open, &mut dice).await {
        check(&open, &events).await;
    }
    let undone = check(&open, &events).await;
    assert_eq!(undone.len(), after.len());
    for (key, cost) in undone {
        // What arrived late never cost anything else.
        let first = before.get(&key).or(after.get(&key));
        assert_eq!(Some(&cost), first, "{key:?}");
    }
    let job = open.read(reprice::latest).await.unwrap().unwrap();
    assert_eq!(job.state, State::Undone);
    open.close().await;
}
