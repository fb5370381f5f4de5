//! Roll-ups made anew: wrong ones become right, answers are right meanwhile,
//! and it goes on where it stopped.

use std::collections::HashSet;

use cpamp::domain::event::Event;
use cpamp::domain::filter::Selection;
use cpamp::domain::units::{At, Ms, NanoUsd};
use cpamp::store::maintain::{self, Step};
use cpamp::store::rebuild::{self, Rebuild};
use cpamp::store::report::{self, Question};
use cpamp::store::requests::{Dimension, Totals};
use cpamp::store::schema::{rollup_day, segment};
use cpamp::store::{Store, totals};
use diesel::connection::SimpleConnection as _;
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use reqwest::StatusCode;

use crate::support::database::{Database, settle, store};
use crate::support::events::{MORNING, event};
use crate::support::naive;
use crate::support::panel::Panel;
use crate::support::prices::{each_costs, price_anew};

const NOW: At = At(MORNING.0 + 2 * Ms::DAY.0);

/// Four days, an hour apart or less.
fn history() -> Vec<Event> {
    let earlier = |n: i64| {
        let mut event = event(n);
        event.key.at = NOW - Ms(n * 1_700_000);
        event.failed = n % 4 == 0;
        // The fold knows no prices.
        event.model = String::from("nobody-prices-this");
        event
    };
    (0..200).map(earlier).collect()
}

async fn sums(open: &Store) -> Totals {
    let names = open.names();
    let all = Selection::between(At(0), NOW + Ms::DAY);
    open.read(move |c| totals::of(c, &names, &all))
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_wrong_becomes_right_over_a_restart() {
    let database = Database::new();
    let open = database.open();
    store(&open, history()).await.unwrap();
    settle(&open, NOW).await;
    let events = history();
    let expected = naive::totals(events.iter());
    naive::assert_same(&sums(&open).await, &expected, "as stored");

    // Half of the roll-ups vanish behind the panel's back.
    let mut other = database.stranger();
    other
        .batch_execute("delete from rollup where rowid % 2 = 0")
        .unwrap();
    assert_ne!(sums(&open).await.requests, expected.requests);
    open.write(|c| rebuild::order(c, NOW)).await.unwrap();
    for _ in 0..5 {
        open.write(|c| maintain::step(c, NOW)).await.unwrap();
    }
    let state = open.read(rebuild::state).await.unwrap().unwrap();
    assert!((1..999).contains(&state.per_mille()), "{state:?}");
    open.close().await;

    let open = database.open();
    settle(&open, NOW).await;
    naive::assert_same(&sums(&open).await, &expected, "made anew");
    let state = open.read(rebuild::state).await.unwrap().unwrap();
    assert_eq!((state.per_mille(), state.finished_at), (1_000, Some(NOW)));
}

#[tokio::test]
async fn answers_are_right_at_every_step() {
    let database = Database::new();
    let open = database.open();
    store(&open, history()).await.unwrap();
    settle(&open, NOW).await;
    let mut events = history();
    open.write(|c| rebuild::order(c, NOW)).await.unwrap();
    let mut steps = 0;
    while open.write(|c| maintain::step(c, NOW)).await.unwrap() != Step::Idle {
        let expected = naive::totals(events.iter());
        naive::assert_same(&sums(&open).await, &expected, &format!("step {steps}"));
        steps += 1;
        if steps % 20 == 0 && events.len() < 203 {
            // Requests arrive meanwhile, of hours done and of hours to come.
            let mut late = event(1_000 + steps);
            late.key.at = NOW - Ms(steps * 3_000_000);
            late.model = String::from("nobody-prices-this");
            store(&open, vec![late.clone()]).await.unwrap();
            events.push(late);
        }
    }
    assert!(steps > 60, "one step would pin the writer");
}

/// And only once: not after every hour of it, nor a span after every day.
/// And only once: not after every hour of it, nor a span after every day.
#[tokio::test]
async fn a_day_is_closed_before_the_next_is_made_anew() {
    const LATER: At = At(NOW.0 + 20 * Ms::DAY.0);
    let database = Database::new();
    let open = database.open();
    store(&open, history()).await.unwrap();
    settle(&open, LATER).await;
    open.write(|c| rebuild::order(c, LATER)).await.unwrap();
    let mut steps = 0;
    while open.write(|c| maintain::step(c, LATER)).await.unwrap() != Step::Idle {
        let open_days = open.read(|c| {
            let open = rollup_day::table.filter(rollup_day::closed.eq(0));
            Ok(open.count().get_result::<i64>(c)?)
        });
        assert!(
            open_days.await.unwrap() <= 1,
            "pages read them hour by hour"
        );
        steps += 1;
    }
    let stretches = |long: i64| {
        let all = history().into_iter().map(|event| event.key.at.0 / long);
        all.collect::<HashSet<_>>().len()
    };
    let hours = stretches(Ms::HOUR.0);
    let (days, spans) = (stretches(Ms::DAY.0), stretches(8 * Ms::DAY.0));
    // The last one finds that there is no more.
    assert_eq!(steps, hours + days + spans + 1);
}

/// However much there is to seal, and however much to make anew.
#[tokio::test]
async fn sealing_is_not_put_off() {
    let database = Database::new();
    let open = database.open();
    store(&open, vec![event(0)]).await.unwrap();
    crowd(&mut database.stranger());
    store(&open, history()).await.unwrap();
    open.write(|c| rebuild::order(c, NOW)).await.unwrap();
    maintain::settle(&open, NOW).await.unwrap();
    let ((_, sealed), at) = progress(&open).await;
    assert!(sealed.unwrap() > DENSE - 4_096, "{sealed:?}");
    assert_eq!(at.unwrap().finished_at, None, "it was enough for one time");
}

/// Events of one hour, more than a few steps count.
const DENSE: i64 = 45_000;

/// The hour is over, its day is not.
const NOON: At = At(MORNING.0 + 2 * Ms::HOUR.0);

/// What is sealed, and where the rebuild is.
async fn progress(open: &Store) -> ((i64, Option<i64>), Option<Rebuild>) {
    let read = open.read(|c| {
        let sealed = (count_star(), sum(segment::rows));
        let sealed = segment::table.select(sealed).get_result(c)?;
        Ok((sealed, rebuild::state(c)?))
    });
    read.await.unwrap()
}

/// Seals what there is to seal, then does one step of other work: nothing else
/// comes before sealing, for that is what pages wait for.
async fn step(open: &Store, now: At) {
    loop {
        let (sealed, at) = progress(open).await;
        let worked = open.write(move |c| maintain::step(c, now)).await.unwrap();
        if let Step::Worked(rows) = worked {
            assert!(rows <= 32_768, "{rows} at once pin the writer");
        }
        let (more, then) = progress(open).await;
        if more == sealed {
            return;
        }
        assert_eq!(then, at, "made anew before everything is sealed");
    }
}

/// Puts copies of the only event there is into its hour behind the panel's
/// back, so that no roll-up knows them.
fn crowd(database: &mut SqliteConnection) {
    let copies = format!(
        "create temp table many as
             with recursive n(i) as (select 1 union all select i + 1 from n where i < {DENSE})
             select n.i, event.* from event, n;
         update many set at_ms = at_ms + i * 50, id = i;
         alter table many drop column i;
         insert into event select * from many;
         update counter set value = value + {DENSE} where name = 'stored';"
    );
    database.batch_execute(&copies).unwrap();
}

/// All of it by roll-ups, the same by every dimension.
async fn counted(open: &Store) -> Totals {
    let names = open.names();
    let all = Selection::between(At(0), NOW + Ms::DAY);
    let question = Question {
        by: vec![Dimension::Model, Dimension::Account, Dimension::Status],
        limit: 9,
        ..Question::default()
    };
    let report = open.read(move |c| report::of(c, &names, &all, &question));
    let report = report.await.unwrap();
    for ranking in &report.by {
        let sum = |of: fn(&Totals) -> i64| ranking.iter().map(|(_, t)| of(t)).sum::<i64>();
        let sums = (sum(|t| t.requests), sum(|t| t.cost.0));
        assert_eq!(sums, (report.totals.requests, report.totals.cost.0));
    }
    report.totals
}

async fn working(open: &Store) -> bool {
    let state = open.read(rebuild::state).await.unwrap().unwrap();
    state.finished_at.is_none()
}

#[tokio::test]
async fn a_dense_hour_takes_several_steps_and_misses_nothing_that_arrives_meanwhile() {
    let database = Database::new();
    let open = database.open();
    store(&open, vec![event(0)]).await.unwrap();
    crowd(&mut database.stranger());
    assert_eq!(counted(&open).await.requests, 1);
    open.write(|c| rebuild::order(c, NOON)).await.unwrap();
    let mut steps = 0;
    while working(&open).await {
        if steps == 1 {
            // Of what is counted already, and of what is not.
            let mut late = [event(3), event(4)];
            late[1].key.at = MORNING + Ms(59 * Ms::MINUTE.0);
            store(&open, late.to_vec()).await.unwrap();
        }
        step(&open, NOON).await;
        steps += 1;
        let expected = match steps {
            1 => 1,
            // Answers are what they were until the hour is through.
            2 => 3,
            _ => DENSE + 3,
        };
        assert_eq!(counted(&open).await.requests, expected, "step {steps}");
    }
    assert_eq!(steps, 4, "three parts of the hour, and nothing after it");
    let (totals, whole) = (counted(&open).await, sums(&open).await);
    assert_eq!(whole.latency.samples, DENSE + 3);
    settle(&open, NOW).await;
    assert_eq!(counted(&open).await, totals);
    assert_eq!(sums(&open).await, whole);
}

#[tokio::test]
async fn a_dense_hour_is_begun_again_when_its_costs_change() {
    let database = Database::new();
    let open = database.open();
    store(&open, vec![event(0)]).await.unwrap();
    open.close().await;
    crowd(&mut database.stranger());
    let open = database.open();
    let before = counted(&open).await.cost.0;
    open.write(|c| rebuild::order(c, NOON)).await.unwrap();
    step(&open, NOON).await;

    each_costs(&open, NanoUsd(5)).await;
    price_anew(&open, NOW).await;

    while working(&open).await {
        step(&open, NOON).await;
    }
    assert!(before > 5);
    assert_eq!(counted(&open).await.cost.0, 5 * (DENSE + 1));
}

#[tokio::test]
async fn it_is_ordered_and_watched_in_the_settings() {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    store(panel.store(), history()).await.unwrap();
    let browser = panel.logged_in().await;
    let page = browser.get("/settings/about").await.body;
    assert!(page.contains("Make them anew"), "{page}");
    let ordered = browser.post("/settings/about/rebuild", &[]).await;
    assert_eq!(ordered.status, StatusCode::SEE_OTHER);
    panel
        .store()
        .write(|c| maintain::step(c, NOW))
        .await
        .unwrap();
    let region = browser.region("/settings/about", "rebuild").await;
    assert_eq!(region.status, StatusCode::OK);
    assert!(region.body.contains("made anew"), "{}", region.body);
    settle(panel.store(), NOW).await;
    let page = browser.get("/settings/about").await.body;
    assert!(page.contains("Made anew on"), "{page}");
}

#[tokio::test]
async fn the_settings_tell_how_much_is_sealed() {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    store(panel.store(), vec![event(0)]).await.unwrap();
    let mut other = diesel::SqliteConnection::establish(panel.store().path().to_str().unwrap());
    crowd(other.as_mut().unwrap());
    let browser = panel.logged_in().await;
    let region = async || browser.region("/settings/about", "rebuild").await.body;
    let said = region().await;
    assert!(said.contains("quick answers: 0 %"), "{said}");
    assert!(said.contains("every 2s"), "{said}");
    settle(panel.store(), NOW).await;
    let said = region().await;
    assert!(!said.contains("quick answers"), "{said}");
    assert!(!said.contains("every 2s"), "{said}");
}
