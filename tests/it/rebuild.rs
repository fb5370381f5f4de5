//! Roll-ups made anew: wrong ones become right, answers are right meanwhile,
//! and it goes on where it stopped.

use cpamp::domain::event::Event;
use cpamp::domain::filter::Selection;
use cpamp::domain::units::{At, Ms};
use cpamp::store::maintain::{self, Step};
use cpamp::store::requests::Totals;
use cpamp::store::{Store, rebuild, totals};
use diesel::connection::SimpleConnection as _;
use reqwest::StatusCode;

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event};
use crate::support::naive;
use crate::support::panel::Panel;

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

async fn settle(open: &Store) {
    while open.write(|c| maintain::step(c, NOW)).await.unwrap() != Step::Idle {}
}

#[tokio::test]
async fn what_is_wrong_becomes_right_over_a_restart() {
    let database = Database::new();
    let open = database.open();
    store(&open, history()).await.unwrap();
    settle(&open).await;
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
    settle(&open).await;
    naive::assert_same(&sums(&open).await, &expected, "made anew");
    let state = open.read(rebuild::state).await.unwrap().unwrap();
    assert_eq!((state.per_mille(), state.finished_at), (1_000, Some(NOW)));
}

#[tokio::test]
async fn answers_are_right_at_every_step() {
    let database = Database::new();
    let open = database.open();
    store(&open, history()).await.unwrap();
    settle(&open).await;
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
    settle(panel.store()).await;
    let page = browser.get("/settings/about").await.body;
    assert!(page.contains("Made anew on"), "{page}");
}
