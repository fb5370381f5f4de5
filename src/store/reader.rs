//! Read-only connections, opened when first needed and kept. Each read is one
//! transaction, so what it returns is one consistent state; it must be short,
//! because the log cannot be emptied beneath it. Long work reads page by page.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::Connection as _;
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;
use tokio::sync::Semaphore;

use super::error::{Result, StoreError};
use super::gate::Gate;
use super::open::{self, Readable};

/// Not `r2d2`: that one keeps three threads, opens connections ahead of need
/// and blocks a thread while waiting for one.
#[derive(Clone)]
pub(super) struct Readers(Arc<Pool>);

struct Pool {
    file: Readable,
    busy_timeout: Duration,
    slots: Arc<Semaphore>,
    gate: Gate,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    /// Reads wait while `gate` is closed.
    pub(super) fn new(file: Readable, count: usize, busy_timeout: Duration, gate: Gate) -> Self {
        Self(Arc::new(Pool {
            file,
            busy_timeout,
            slots: Arc::new(Semaphore::new(count)),
            gate,
            idle: Mutex::default(),
        }))
    }

    /// Runs on a blocking thread; goes on even when nobody waits any more. A
    /// panic of `read` is passed on.
    pub(super) async fn run<T, F>(&self, read: F) -> Result<T>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let pool = Arc::clone(&self.0);
        let slot = Arc::clone(&pool.slots).acquire_owned().await;
        let slot = slot.map_err(|_| StoreError::Closed)?;
        let task = tokio::task::spawn_blocking(move || {
            let outcome = pool.read(read);
            drop(slot);
            outcome
        });
        match task.await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(StoreError::Closed),
            },
        }
    }

    /// Refuses further reads and waits for those that run.
    pub(super) async fn close(&self, count: usize) {
        let all = u32::try_from(count).unwrap_or(u32::MAX);
        let running = self.0.slots.acquire_many(all).await;
        self.0.slots.close();
        drop(running);
        self.0.idle().clear();
    }
}

impl Pool {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> Result<T>) -> Result<T> {
        let _inside = self.gate.enter();
        let idle = self.idle().pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => open::reader_connection(&self.file, self.busy_timeout)?,
        };
        let mut cause = None;
        let outcome = conn.transaction(|c| {
            read(c).map_err(|error| {
                cause = Some(error);
                DieselError::RollbackTransaction
            })
        });
        let outcome = outcome.map_err(|error| cause.unwrap_or_else(|| error.into()));
        if !matches!(
            outcome,
            Err(StoreError::Corrupt(_) | StoreError::Io(_) | StoreError::Query(_))
        ) {
            self.idle().push(conn);
        }
        outcome
    }
}
