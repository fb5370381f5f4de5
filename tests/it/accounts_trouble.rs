//! Accounts of a gateway that is old, slow, away, or does not take the key.

use std::time::Duration;

use cpamp::accounts::{Switched, Tuning};
use cpamp::domain::collection::{State, Status};
use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Version};
use cpamp::gateway::client::Meter;
use cpamp::gateway::types::Error;

use crate::support::database::Database;
use crate::support::desk::{Rig, collecting, connected, titles, tuning};
use crate::support::events::MORNING;
use crate::support::gateway::laboratory;

#[tokio::test]
async fn an_old_gateway_is_not_asked_for_the_channel() {
    let old = Version(7, 1, 43);
    let gateway = Gateway::start(laboratory().version(old)).await.unwrap();
    let settings = connected(&gateway, &gateway.key());
    let status = collecting(Some("7.1.43"));
    let rig = Rig::with(Database::new(), settings, status, tuning()).await;
    rig.listed().await;
    rig.until_lists(&gateway, 1).await;
    assert_eq!(gateway.tally().subscribed, 0);
    assert!(!rig.desk.roster().listening);
    // Nor is one that does not say its number: it may be as old.
    rig.status.send_replace(collecting(None));
    rig.refreshes.send_modify(|count| *count += 1);
    rig.until_lists(&gateway, 2).await;
    assert_eq!(gateway.tally().subscribed, 0);
}

#[tokio::test]
async fn a_gateway_that_lists_less_is_read_as_far_as_it_goes() {
    let oldest = Version(6, 9, 38);
    let gateway = Gateway::start(laboratory().version(oldest)).await.unwrap();
    let settings = connected(&gateway, &gateway.key());
    let rig = Rig::with(
        Database::new(),
        settings,
        collecting(Some("6.9.38")),
        tuning(),
    )
    .await;
    let roster = rig.listed().await;
    assert!(titles(&roster).contains(&"dev1@example.com"));
    assert!(roster.problem.is_none());
}

#[tokio::test]
async fn a_gateway_that_is_away_leaves_the_last_list() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    rig.listed().await;
    gateway.stop().await;
    rig.clock.set(MORNING + Ms(90_000));
    rig.desk.stir();
    let roster = rig
        .until("it fails", |roster| roster.problem.is_some())
        .await;
    assert_eq!(
        (roster.accounts.len(), roster.listed_at),
        (10, Some(MORNING))
    );
    // It comes back by itself.
    gateway.restart().await.unwrap();
    let later = MORNING + Ms(90_000);
    rig.until("it is listed again", |roster| {
        roster.listed_at == Some(later)
    })
    .await;
    assert!(rig.desk.roster().problem.is_none());
}

#[tokio::test]
async fn a_slow_gateway_is_waited_for_and_then_left_alone() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let quick = Tuning {
        patience: Duration::from_millis(50),
        ..tuning()
    };
    gateway.set_faults(|faults| faults.delay = Duration::from_secs(10));
    let settings = connected(&gateway, &gateway.key());
    let rig = Rig::with(Database::new(), settings, collecting(None), quick).await;
    let roster = rig
        .until("it gives up", |roster| roster.problem.is_some())
        .await;
    assert_eq!(roster.problem, Some(Error::TimedOut));
    gateway.set_faults(|faults| faults.delay = Duration::ZERO);
    rig.listed().await;
}

#[tokio::test]
async fn a_rejected_key_is_sent_once() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    // The collector is off, so nobody has proven the key.
    let off = Status {
        state: State::Off,
        ..Status::default()
    };
    let settings = connected(&gateway, "not-the-key");
    let rig = Rig::with(Database::new(), settings, off, tuning()).await;
    rig.until("it is rejected", |roster| {
        roster.problem == Some(Error::KeyRejected)
    })
    .await;
    for _ in 0..3 {
        rig.desk.stir();
        rig.refreshes.send_modify(|count| *count += 1);
        tokio::task::yield_now().await;
    }
    let again = gateway.wait(|tally| tally.auth_refused > 1);
    let again = tokio::time::timeout(10 * tuning().retry_first, again).await;
    assert!(again.is_err(), "it was sent again");
    let switched = rig.desk.switch(1, true, &Meter::default()).await.unwrap();
    assert_eq!(switched, Switched::Unknown);
    assert_eq!(gateway.tally().auth_refused, 1);
    // Another key is another attempt.
    rig.settings
        .send_replace(connected(&gateway, &gateway.key()));
    rig.listed().await;
    assert_eq!(gateway.tally().auth_refused, 1);
}

#[tokio::test]
async fn nothing_is_asked_before_the_collector_has_proven_the_key() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let settings = connected(&gateway, &gateway.key());
    let starting = Status {
        state: State::Starting,
        ..Status::default()
    };
    let rig = Rig::with(Database::new(), settings, starting, tuning()).await;
    rig.desk.stir();
    tokio::task::yield_now().await;
    assert_eq!(gateway.tally().auth_ok, 0);
    rig.status.send_replace(collecting(None));
    rig.listed().await;
}
