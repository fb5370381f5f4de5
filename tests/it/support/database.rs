//! A database in a directory of its own, which goes when the test ends.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cpamp::domain::event::Event;
use cpamp::domain::units::At;
use cpamp::store::batch::{Batch, Ingested};
use cpamp::store::maintain::{self, Step};
use cpamp::store::{Options, Store, StoreError};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use tempfile::TempDir;

pub(crate) struct Database {
    directory: TempDir,
}

impl Database {
    pub(crate) fn new() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("cpamp.db")
    }

    /// Options that do not wait long for a lock.
    pub(crate) fn options(&self) -> Options {
        Options {
            busy_timeout: Duration::from_millis(20),
            ..Options::at(self.path())
        }
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.options()).unwrap()
    }

    /// Size of the write-ahead log.
    pub(crate) fn log_bytes(&self) -> u64 {
        let log = self.directory.path().join("cpamp.db-wal");
        log.metadata().map_or(0, |file| file.len())
    }

    /// A connection as another program would have it.
    pub(crate) fn stranger(&self) -> SqliteConnection {
        let mut c = SqliteConnection::establish(self.path().to_str().unwrap()).unwrap();
        // The panel may be writing at this very moment.
        c.batch_execute("pragma busy_timeout = 5000").unwrap();
        c
    }
}

/// Stores events as the collector does.
pub(crate) async fn store(store: &Store, events: Vec<Event>) -> Result<Ingested, StoreError> {
    let taken = i64::try_from(events.len()).unwrap();
    let batch = Batch {
        events,
        taken,
        ..Batch::default()
    };
    store.ingest(batch).await
}

/// Background work until there is none left.
pub(crate) async fn settle(store: &Store, now: At) {
    while store.write(move |c| maintain::step(c, now)).await.unwrap() != Step::Idle {}
}
