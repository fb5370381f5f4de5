//! What was taken is stored, once, whatever happens in between: a database that
//! is locked or full, a crash, a shut-down, a lost data key.

use std::fs;
use std::path::Path;

use cpamp::clock::Clock;
use cpamp::domain::collection::{Mode, Reason, Settings, State, Status};
use cpamp::fake::{Gateway, Options};
use cpamp::ingest::retries::Retried;
use cpamp::store::rejects;
use diesel::connection::SimpleConnection as _;

use crate::support::database::Database;
use crate::support::rig::{Rig, settings, tuning, usage};

async fn gateway() -> (Gateway, Settings) {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    let settings = settings(&gateway.url(), &gateway.key(), Mode::Auto);
    (gateway, settings)
}

fn push(gateway: &Gateway, range: std::ops::Range<i64>) {
    range.for_each(|n| gateway.push(&usage(n)));
}

async fn again(database: Database, settings: &Settings) -> Rig {
    Rig::start_with(database, settings.clone(), tuning(), Clock::System).await
}

fn failing(status: &Status) -> bool {
    status.reason == Some(Reason::StoreFailing) && status.batches_retried > 0
}

fn spool_files(database: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(database.join("spool")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

#[tokio::test]
async fn a_locked_database_delays_storing_and_not_taking() {
    let (gateway, settings) = gateway().await;
    let rig = Rig::start(settings).await;
    rig.until("collecting", |s| s.state == State::Collecting)
        .await;
    let mut other = rig.database.stranger();
    other.batch_execute("begin immediate").unwrap();
    for n in 0..5 {
        push(&gateway, n * 100..(n + 1) * 100);
        gateway
            .wait(|tally| tally.popped == u64::try_from(n + 1).unwrap() * 100)
            .await;
    }
    let status = rig.until("failing", failing).await;
    assert_eq!((status.state, status.stored), (State::Retrying, 0));
    assert!(status.lag.is_some());
    rig.until("all on the spool", |s| s.taken == 500).await;

    other.batch_execute("rollback").unwrap();
    let status = rig.until_stored(500).await;
    assert_eq!((status.stored, status.duplicates), (500, 0));
    assert!(status.batches_retried > 0, "{status:?}");
    assert_eq!((status.reason, status.lag), (None, None));
    assert_eq!(rig.counters().await.batches_retried, status.batches_retried);
}

#[tokio::test]
async fn a_full_disk_is_told_and_survived() {
    let (gateway, settings) = gateway().await;
    let rig = Rig::start(settings).await;
    rig.until("collecting", |s| s.state == State::Collecting)
        .await;
    let limit = |pages: &'static str| {
        rig.store.write(move |c| {
            c.batch_execute(pages)?;
            Ok(())
        })
    };
    // Holds until the store opens its connection anew after the failure.
    limit("pragma max_page_count = 1").await.unwrap();
    push(&gateway, 0..3_000);
    let status = rig.until_stored(3_000).await;
    assert_eq!((status.stored, status.duplicates), (3_000, 0));
    assert!(status.batches_retried > 0);
}

#[tokio::test]
async fn a_crash_with_a_full_spool_loses_nothing_and_counts_nothing_twice() {
    let (gateway, settings) = gateway().await;
    let rig = Rig::start(settings.clone()).await;
    push(&gateway, 0..10);
    rig.until_stored(10).await;
    let mut other = rig.database.stranger();
    other.batch_execute("begin immediate").unwrap();
    push(&gateway, 10..500);
    rig.until("all on the spool", |s| s.taken == 500 && failing(s))
        .await;
    let database = rig.crash().await;
    other.batch_execute("rollback").unwrap();
    drop(other);

    let rig = again(database, &settings).await;
    let status = rig.until_stored(500).await;
    assert_eq!((status.stored, status.duplicates), (500, 0));
    assert_eq!((status.taken, status.gaps.len()), (500, 0));
}

#[tokio::test]
async fn records_that_were_committed_before_a_crash_are_skipped() {
    let (gateway, settings) = gateway().await;
    let rig = Rig::start(settings.clone()).await;
    rig.until("collecting", |s| s.state == State::Collecting)
        .await;
    let mut other = rig.database.stranger();
    other.batch_execute("begin immediate").unwrap();
    push(&gateway, 0..300);
    gateway.push_raw("no event");
    rig.until("all on the spool", |s| s.taken == 301 && failing(s))
        .await;
    let copies: Vec<_> = spool_files(rig.database.directory())
        .into_iter()
        .map(|path| (fs::read(&path).unwrap(), path))
        .collect();
    other.batch_execute("rollback").unwrap();
    rig.until_stored(300).await;
    let counters = rig.counters().await;
    let database = rig.stop().await;

    // As if the process had died between the commit and the deletion.
    for (bytes, path) in copies {
        fs::write(path, bytes).unwrap();
    }
    let rig = again(database, &settings).await;
    rig.until("replayed", |s| {
        s.state == State::Collecting && s.spooled == 0
    })
    .await;
    push(&gateway, 300..301);
    rig.until_stored(301).await;
    let after = rig.counters().await;
    assert_eq!(
        (after.stored, after.taken, after.duplicates, after.rejected),
        (301, counters.taken + 1, 0, 1)
    );
}

#[tokio::test]
async fn an_orderly_stop_loses_nothing() {
    for mode in [Mode::Resp, Mode::Http, Mode::Subscribe] {
        let (gateway, mut settings) = gateway().await;
        settings.mode = mode;
        settings.batch = 100;
        let rig = Rig::start(settings.clone()).await;
        rig.until("collecting", |s| s.state == State::Collecting)
            .await;
        // Fewer than the gateway holds for one subscriber.
        push(&gateway, 0..250);
        rig.until("some taken", |s| s.taken > 0).await;
        let database = rig.stop().await;
        push(&gateway, 250..300);
        let rig = again(database, &settings).await;
        let status = rig.until_stored(300).await;
        assert_eq!((status.stored, status.duplicates), (300, 0), "{mode:?}");
        assert_eq!((status.taken, status.gaps.len()), (300, 0), "{mode:?}");
        assert_eq!(spool_files(rig.database.directory()).len(), 1);
    }
}

#[tokio::test]
async fn a_full_spool_stops_taking_until_there_is_room() {
    let (gateway, settings) = gateway().await;
    let mut tuning = tuning();
    tuning.spool_bytes = 200_000;
    let rig = Rig::start_with(Database::new(), settings, tuning, Clock::System).await;
    rig.until("collecting", |s| s.state == State::Collecting)
        .await;
    let mut other = rig.database.stranger();
    other.batch_execute("begin immediate").unwrap();
    push(&gateway, 0..2_000);
    rig.until("full", |s| s.reason == Some(Reason::SpoolFull))
        .await;
    assert!(gateway.queue_len() > 500, "the rest waits at the gateway");
    other.batch_execute("rollback").unwrap();
    let status = rig.until_stored(2_000).await;
    assert_eq!(status.gaps, []);
}

#[tokio::test]
async fn a_spool_of_another_data_key_is_kept_for_when_it_is_back() {
    let (gateway, settings) = gateway().await;
    let rig = Rig::start(settings.clone()).await;
    rig.until("collecting", |s| s.state == State::Collecting)
        .await;
    let mut other = rig.database.stranger();
    other.batch_execute("begin immediate").unwrap();
    push(&gateway, 0..50);
    rig.until("all on the spool", |s| s.taken == 50 && failing(s))
        .await;
    let database = rig.crash().await;
    drop(other);
    let (key, aside) = (
        database.directory().join("data.key"),
        database.directory().join("aside"),
    );
    fs::rename(&key, &aside).unwrap();

    let rig = again(database, &settings).await;
    push(&gateway, 50..60);
    let status = rig.until_stored(10).await;
    assert_eq!(status.stored, 10);
    let database = rig.stop().await;

    fs::rename(&aside, &key).unwrap();
    let rig = again(database, &settings).await;
    rig.until_stored(60).await;
}

#[tokio::test]
async fn nothing_taken_lies_on_the_disk_in_clear() {
    let (gateway, settings) = gateway().await;
    let rig = Rig::start(settings).await;
    rig.until("collecting", |s| s.state == State::Collecting)
        .await;
    let mut other = rig.database.stranger();
    other.batch_execute("begin immediate").unwrap();
    push(&gateway, 0..5);
    rig.until("on the spool", |s| s.taken == 5).await;
    for file in spool_files(rig.database.directory()) {
        let bytes = fs::read(file).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"client"));
    }
}

#[tokio::test]
async fn rejects_are_tried_again_on_request() {
    let (gateway, settings) = gateway().await;
    let rig = Rig::start(settings).await;
    let without_time = usage(1).replace("timestamp", "moment");
    gateway.push_raw(without_time);
    gateway.push_raw("not an event");
    rig.until("rejected", |s| s.rejected == 2).await;
    let retried = rig.handle.retry_rejects().await.unwrap();
    let expected = Retried {
        recovered: 1,
        remaining: 1,
    };
    assert_eq!(retried, expected);
    let left = rig.store.read(|c| rejects::list(c, 10)).await.unwrap();
    assert_eq!((left.len(), left[0].tries), (1, 1));
    rig.until("counted", |s| s.stored == 1 && s.rejected == 1)
        .await;
}
