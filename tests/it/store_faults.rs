//! When the disk or somebody else gets in the way: nothing is stored by halves,
//! the error says whether to try again, and trying again works.

use std::time::Duration;

use cpamp::store::batch::Batch;
use cpamp::store::counters::{self, Counters};
use cpamp::store::names::Kind;
use cpamp::store::wal::Limits;
use cpamp::store::{Options, Store, StoreError, settings};
use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::database::{Database, store};
use crate::support::events::{event, events};

async fn stored(open: &Store) -> i64 {
    open.read(counters::all).await.unwrap().stored
}

async fn pragma(open: &Store, sql: &'static str) {
    let outcome = open.write(move |c| Ok(c.batch_execute(sql)?)).await;
    outcome.unwrap();
}

#[tokio::test]
async fn a_locked_database_is_busy_and_later_not() {
    let database = Database::new();
    let open = database.open();
    let mut other = database.stranger();
    other.batch_execute("begin immediate").unwrap();
    let outcome = store(&open, events(0, 3)).await;
    assert!(matches!(outcome, Err(StoreError::Busy)), "{outcome:?}");
    assert_eq!(stored(&open).await, 0);

    other.batch_execute("rollback").unwrap();
    assert_eq!(store(&open, events(0, 3)).await.unwrap().stored, 3);
}

#[tokio::test]
async fn a_full_disk_is_told_and_survived() {
    let database = Database::new();
    let open = database.open();
    store(&open, events(0, 1)).await.unwrap();
    pragma(&open, "pragma max_page_count = 1").await;
    let outcome = store(&open, events(1, 2_000)).await;
    assert!(matches!(outcome, Err(StoreError::DiskFull)), "{outcome:?}");
    assert!(outcome.unwrap_err().is_passing());
    assert_eq!(stored(&open).await, 1);

    assert_eq!(store(&open, events(0, 2_000)).await.unwrap().stored, 1_999);
}

#[tokio::test]
async fn a_read_only_database_is_told_and_survived() {
    let database = Database::new();
    let open = database.open();
    pragma(&open, "pragma query_only = on").await;
    let outcome = store(&open, events(0, 1)).await;
    assert!(matches!(outcome, Err(StoreError::ReadOnly)), "{outcome:?}");
    assert_eq!(store(&open, events(0, 1)).await.unwrap().stored, 1);
}

#[tokio::test]
async fn a_failed_batch_leaves_no_name_behind() {
    let database = Database::new();
    let open = database.open();
    store(&open, events(0, 1)).await.unwrap();
    let fresh = || {
        let mut first = event(1);
        first.model = String::from("new-model");
        first.account.label = String::from("new label");
        let mut batch = events(2, 2_000);
        batch.insert(0, first);
        batch
    };
    pragma(&open, "pragma max_page_count = 1").await;
    store(&open, fresh()).await.unwrap_err();

    let names = open.names();
    let account = |names: &cpamp::store::names::Names| {
        let names = names.read();
        names.label(Kind::Account, 1).to_owned()
    };
    assert_eq!(names.read().id(Kind::Model, "new-model"), None);
    assert_eq!(names.read().len(Kind::Model), 1);
    assert_eq!(account(&names), "alice@example.com");

    store(&open, fresh()).await.unwrap();
    assert_eq!(names.read().id(Kind::Model, "new-model"), Some(2));
}

#[tokio::test]
async fn names_published_before_a_commit_that_fails_are_withdrawn() {
    let database = Database::new();
    let open = database.open();
    store(&open, events(0, 1)).await.unwrap();
    // A deferred foreign key that is violated makes the commit itself fail.
    open.write(|c| {
        Ok(c.batch_execute(
            "create table parent (id integer primary key);
             create table child (
                 parent integer references parent (id) deferrable initially deferred
             );
             create temp trigger orphan after insert on main.event
             begin insert into child (parent) values (99); end;",
        )?)
    })
    .await
    .unwrap();
    let mut fresh = event(1);
    fresh.model = String::from("new-model");
    fresh.account.label = String::from("new label");
    let outcome = store(&open, vec![fresh]).await;
    assert!(matches!(outcome, Err(StoreError::Query(_))), "{outcome:?}");

    let names = open.names();
    assert_eq!(names.read().len(Kind::Model), 1);
    assert_eq!(names.read().label(Kind::Account, 1), "alice@example.com");
    assert_eq!(stored(&open).await, 1);
    // The trigger was the old connection's.
    assert_eq!(store(&open, events(1, 1)).await.unwrap().stored, 1);
}

#[tokio::test]
async fn an_error_of_a_job_undoes_it() {
    let database = Database::new();
    let open = database.open();
    let outcome: Result<(), _> = open
        .write(|c| {
            settings::put(c, "x", &1)?;
            Err(StoreError::BadValue(String::from("changed my mind")))
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::BadValue(_))));
    let kept: Option<i32> = open.read(|c| settings::get(c, "x")).await.unwrap();
    assert_eq!(kept, None);
}

#[tokio::test]
async fn jobs_run_in_the_order_they_were_sent() {
    let database = Database::new();
    let open = database.open();
    let jobs = (0..50).map(|n| {
        open.write(move |c| {
            let mut seen: Vec<i32> = settings::get(c, "seen")?.unwrap_or_default();
            seen.push(n);
            settings::put(c, "seen", &seen)
        })
    });
    futures_util::future::try_join_all(jobs).await.unwrap();
    let seen: Option<Vec<i32>> = open.read(|c| settings::get(c, "seen")).await.unwrap();
    assert_eq!(seen, Some((0..50).collect()));
}

#[tokio::test]
async fn a_panic_in_a_job_stops_the_store() {
    let database = Database::new();
    let open = database.open();
    let outcome: Result<(), _> = open.write(|_| panic!("as the test wants")).await;
    assert!(matches!(outcome, Err(StoreError::Closed)));
    open.stopped().await;
    assert!(matches!(
        open.write(|_| Ok(())).await,
        Err(StoreError::Closed)
    ));
    open.close().await;
    assert_eq!(stored(&database.open()).await, 0);
}

/// Enough to fill a small log several times over.
fn filler(n: i64) -> Batch {
    let mut events = events(n * 500, 500);
    for event in &mut events {
        event.failure = "x".repeat(1_000);
    }
    Batch {
        events,
        ..Batch::default()
    }
}

fn small_log(database: &Database) -> Options {
    Options {
        wal: Limits {
            soft: 2 << 20,
            hard: 6 << 20,
        },
        ..database.options()
    }
}

#[tokio::test]
async fn a_log_that_grew_is_emptied_when_nobody_reads() {
    let database = Database::new();
    let open = Store::open(&small_log(&database)).unwrap();
    let mut large = filler(0);
    for n in 1..10 {
        large.events.extend(filler(n).events);
    }
    open.ingest(large).await.unwrap();
    // The next job runs after the log was seen to.
    open.write(|_| Ok(())).await.unwrap();
    assert!(database.log_bytes() <= 2 << 20, "{}", database.log_bytes());
}

/// A page of an export that is being read until it is told to end.
struct SlowPage {
    end: oneshot::Sender<()>,
    read: JoinHandle<Result<Counters, StoreError>>,
}

impl SlowPage {
    async fn start(open: &Store) -> Self {
        let (started, running) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let open = open.clone();
        let read = tokio::spawn(async move {
            let read = open.read(move |c| {
                let counted = counters::all(c)?;
                let _ = started.send(());
                let _ = ended.blocking_recv();
                Ok(counted)
            });
            read.await
        });
        running.await.unwrap();
        Self { end, read }
    }

    async fn end(self) {
        self.end.send(()).unwrap();
        self.read.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_log_stays_small_while_an_export_runs() {
    let database = Database::new();
    let open = Store::open(&small_log(&database)).unwrap();
    let mut page = SlowPage::start(&open).await;
    let mut largest = 0;
    for n in 0..60 {
        // At every moment some page is being read.
        let next = SlowPage::start(&open).await;
        page.end().await;
        page = next;
        while let Err(error) = open.ingest(filler(n)).await {
            assert!(matches!(error, StoreError::Busy), "{error:?}");
            page.end().await;
            page = SlowPage::start(&open).await;
        }
        largest = largest.max(database.log_bytes());
    }
    page.end().await;
    assert_eq!(stored(&open).await, 30_000);
    assert!(largest < 8 << 20, "the log grew to {largest} bytes");
}

#[tokio::test]
async fn a_reader_that_never_ends_stops_writing_before_the_log_is_too_large() {
    let database = Database::new();
    let open = Store::open(&small_log(&database)).unwrap();
    open.ingest(filler(0)).await.unwrap();
    let mut reader: SqliteConnection = database.stranger();
    reader
        .batch_execute("begin; select count(*) from event")
        .unwrap();

    let mut n = 0;
    let refused = loop {
        n += 1;
        assert!(n < 100, "nothing stopped the log from growing");
        if let Err(error) = open.ingest(filler(n)).await {
            break error;
        }
    };
    assert!(matches!(refused, StoreError::Busy), "{refused:?}");
    let log = database.log_bytes();
    assert!(log < 8 << 20, "the log grew to {log} bytes");

    reader.batch_execute("commit").unwrap();
    open.ingest(filler(n)).await.unwrap();
    open.write(|_| Ok(())).await.unwrap();
    assert!(database.log_bytes() <= 6 << 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_overlap_without_end_never_stop_writing() {
    let database = Database::new();
    let options = Options {
        busy_timeout: Duration::from_secs(5),
        ..small_log(&database)
    };
    let open = Store::open(&options).unwrap();
    let done = CancellationToken::new();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (open, done) = (open.clone(), done.clone());
            tokio::spawn(async move {
                let mut reads = 0;
                while !done.is_cancelled() {
                    let read = open.read(|c| {
                        // Long enough that another one begins meanwhile.
                        for _ in 0..20 {
                            counters::all(c)?;
                        }
                        Ok(())
                    });
                    read.await.unwrap();
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for n in 0..40 {
        open.ingest(filler(n)).await.unwrap();
        assert!(database.log_bytes() < 8 << 20);
    }
    done.cancel();
    for reader in readers {
        assert!(reader.await.unwrap() > 0);
    }
}
