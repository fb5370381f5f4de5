//! Lists, sums, timelines and rankings equal a plain fold over the events, for
//! random events, ranges, filters and zones, whatever is sealed or rolled up.

use cpamp::domain::event::Event;
use cpamp::domain::filter::{Cache, Outcome, Selection};
use cpamp::domain::units::{At, Ms};
use cpamp::store::Store;
use cpamp::store::maintain;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::answers::check;
use crate::support::database::{Database, settle, store};
use crate::support::events::MORNING;
use crate::support::random::{DAYS, Dice, random_events, random_selection};

/// Makes everything derived anew.
async fn rebuild(open: &Store) {
    open.write(maintain::forget_segments).await.unwrap();
    let mut from = Some(At(i64::MIN));
    while let Some(day) = from {
        from = open
            .write(move |c| maintain::rebuild_step(c, day))
            .await
            .unwrap();
    }
}

fn check_all(events: i64, rounds: u32, questions: i64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: rounds,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&any::<u64>(), |seed| {
            runtime.block_on(check_round(seed, events, questions));
            Ok(())
        })
        .unwrap();
}

/// Stores in three pieces, with background work of some extent between them, so
/// that late events meet what was sealed.
async fn check_round(seed: u64, count: i64, questions: i64) {
    let database = Database::new();
    let open = database.open();
    let mut dice = Dice(seed | 1);
    let events = random_events(seed, count);
    let mut stored = Vec::new();
    let (mut early, late): (Vec<Event>, Vec<Event>) =
        events.into_iter().partition(|_| !dice.one_in(50));
    let end = early.split_off(early.len() * 3 / 4);
    for piece in [early, late, end] {
        for batch in piece.chunks(700) {
            store(&open, batch.to_vec()).await.unwrap();
        }
        stored.extend(piece);
        stored.sort_by_key(|event| event.key);
        for _ in 0..questions {
            let selection = random_selection(&mut dice);
            check(&open, &stored, &selection, &mut dice).await;
        }
        let now = MORNING + Ms(dice.roll((DAYS + 3) * Ms::DAY.0));
        if dice.one_in(2) {
            settle(&open, now).await;
        } else {
            let _ = open.write(move |c| maintain::step(c, now)).await.unwrap();
        }
        for _ in 0..questions {
            let selection = random_selection(&mut dice);
            check(&open, &stored, &selection, &mut dice).await;
        }
    }
    rebuild(&open).await;
    settle(&open, MORNING + Ms(100 * Ms::DAY.0)).await;
    for _ in 0..questions {
        let selection = random_selection(&mut dice);
        check(&open, &stored, &selection, &mut dice).await;
    }
    open.close().await;
}

#[test]
fn answers_equal_a_plain_fold() {
    check_all(1_000, 5, 6);
}

#[test]
fn answers_over_many_segments_equal_a_plain_fold() {
    check_all(7_000, 1, 1);
}

/// Four sealed segments and some events beside them.
async fn several_segments(open: &Store) -> Vec<Event> {
    let events = random_events(78, 17_000);
    for batch in events.chunks(2_000) {
        store(open, batch.to_vec()).await.unwrap();
    }
    settle(open, MORNING + Ms(100 * Ms::DAY.0)).await;
    events
}

/// Many rows are counted by two threads.
#[tokio::test]
async fn answers_that_two_threads_count_equal_a_plain_fold() {
    let database = Database::new();
    let open = database.open();
    let mut dice = Dice(79);
    let events = several_segments(&open).await;
    let whole = Selection::between(At(0), MORNING + Ms(100 * Ms::DAY.0));
    let selections = [
        Selection {
            min_latency: Some(Ms(45_000)),
            ..whole.clone()
        },
        Selection {
            cache: Some(Cache::Hit),
            outcome: Some(Outcome::Ok),
            ..whole.clone()
        },
        // Roll-ups know the total, and rows the groups of other dimensions.
        Selection {
            cache: Some(Cache::Miss),
            ..whole.clone()
        },
        Selection {
            models: vec![events[0].model.clone(), events[1].model.clone()],
            min_latency: Some(Ms(1)),
            ..whole
        },
    ];
    for selection in selections.iter().chain(&selections) {
        check(&open, &events, selection, &mut dice).await;
    }
    open.close().await;
}

/// Selections of nearly everything are answered by what they leave out.
#[tokio::test]
async fn answers_about_nearly_everything_equal_a_plain_fold() {
    let database = Database::new();
    let open = database.open();
    let mut dice = Dice(77);
    let events = several_segments(&open).await;
    let whole = Selection::between(At(0), MORNING + Ms(100 * Ms::DAY.0));
    let most = Selection {
        outcome: Some(Outcome::Ok),
        ..whole.clone()
    };
    let selections = [
        most.clone(),
        Selection {
            from: MORNING + Ms(5 * Ms::HOUR.0 + 1),
            max_latency: Some(Ms(89_000)),
            ..most
        },
        Selection {
            min_latency: Some(Ms(1_000)),
            ..whole.clone()
        },
        Selection {
            search: Some("model_".to_owned()),
            ..whole
        },
    ];
    for selection in selections {
        check(&open, &events, &selection, &mut dice).await;
    }
    open.close().await;
}
