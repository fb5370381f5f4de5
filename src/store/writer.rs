//! The only connection that writes, on its own thread. Jobs run one at a time
//! in the order they were sent, each in its own transaction. A job that panics
//! ends the thread and with it the store: a half-known state is worse than none.

use std::path::PathBuf;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot, watch};

use super::arrivals::Arrivals;
use super::batch::{self, Batch, Ingested};
use super::counters::{self, Counter};
use super::error::{Result, StoreError};
use super::events::StoredEvent;
use super::lock::Lock;
use super::names::{Interner, Names};
use super::open;
use super::prices::pricer::Pricer;
use super::reprice::AtWork;
use super::scan::keys::KeyRange;
use super::scan::loose;
use super::wal::Wal;

type Work = Box<dyn FnOnce(Result<&mut Writer>) + Send>;

/// What is sent to the thread.
pub(super) enum Job {
    /// Runs in the thread; is given an error when there is no connection.
    Run(Work),
    /// Finish, then say so.
    Stop(oneshot::Sender<()>),
}

pub(super) struct Writer {
    /// `None` after a failure that may have left it unusable.
    pub(super) conn: Option<SqliteConnection>,
    pub(super) path: PathBuf,
    pub(super) busy_timeout: Duration,
    pub(super) wal: Wal,
    pub(super) names: Names,
    pub(super) pricer: Pricer,
    pub(super) repricing: AtWork,
    pub(super) arrivals: Arrivals,
    pub(super) version: watch::Sender<u64>,
    /// Released last, when nothing writes any more. `None` where nothing can be
    /// written.
    pub(super) lock: Option<Lock>,
}

impl Writer {
    /// Runs until it is told to stop or every sender is gone. `jobs` outlives
    /// the writer, also in a panic: when senders see it gone, the lock is free.
    pub(super) fn run(mut jobs: mpsc::Receiver<Job>, mut writer: Self) {
        let mut stopped = None;
        while let Some(job) = jobs.blocking_recv() {
            match job {
                Job::Run(work) => writer.work(work),
                Job::Stop(done) => {
                    stopped = Some(done);
                    break;
                }
            }
        }
        writer.finish();
        if let Some(done) = stopped {
            let _ = done.send(());
        }
    }

    fn work(&mut self, work: Work) {
        match self.ready() {
            Ok(()) => work(Ok(self)),
            Err(error) => work(Err(error)),
        }
        if let Some(conn) = &mut self.conn {
            self.wal.tend(conn);
        }
    }

    /// Makes sure there is a usable connection and room in the log.
    fn ready(&mut self) -> Result<()> {
        if self.lock.is_none() {
            return Err(StoreError::ReadOnly);
        }
        if self.conn.is_none() {
            self.conn = Some(open::writer_connection(&self.path, self.busy_timeout)?);
        }
        let conn = self.conn.as_mut().ok_or(StoreError::Closed)?;
        self.wal.admit(conn)
    }

    /// One job, one transaction.
    pub(super) fn transaction<T>(
        &mut self,
        job: impl FnOnce(&mut SqliteConnection) -> Result<T>,
    ) -> Result<T> {
        transaction(&mut self.conn, job)
    }

    pub(super) fn ingest(&mut self, batch: &Batch) -> Result<Ingested> {
        self.follow();
        let names = self.names.clone();
        let mut published = None;
        let pricer = &mut self.pricer;
        let outcome = transaction(&mut self.conn, |c| {
            let mut interner = Interner::new(&names);
            let stored = batch::store(c, &mut interner, pricer, batch)?;
            published = Some(names.publish(interner.into_changes()));
            Ok(stored)
        });
        if let (Err(_), Some(undo)) = (&outcome, published) {
            names.withdraw(undo);
        }
        if outcome.is_err() {
            self.pricer.forget();
            // It may be stored all the same.
            self.names.newest().lose();
        }
        let (ingested, new) = outcome?;
        if !new.is_empty() {
            self.arrivals.push(new.iter().map(StoredEvent::key));
            match self.stored_version() {
                Ok(version) => self.names.newest().push(version, &new),
                Err(_) => self.names.newest().lose(),
            }
            self.version.send_modify(|version| *version += 1);
        }
        Ok(ingested)
    }

    /// After a job that changed events, or failed to.
    pub(super) fn changed(&mut self) {
        self.names.newest().lose();
        self.version.send_modify(|version| *version += 1);
    }

    /// Keeps the newest events in memory from here on, if that is not done.
    fn follow(&mut self) {
        if self.names.newest().is_lost()
            && let Ok(version) = self.stored_version()
            && let Some(conn) = &mut self.conn
            && let Ok(newest) = loose::newest(conn, KeyRange::EVERYTHING, 1)
        {
            let newest = newest.first().map(StoredEvent::key);
            self.names.newest().begin(version, newest);
        }
    }

    fn stored_version(&mut self) -> Result<u64> {
        let conn = self.conn.as_mut().ok_or(StoreError::Closed)?;
        Ok(counters::get(conn, Counter::Version)?.unsigned_abs())
    }

    /// Leaves a tidy database: log empty, lock released.
    fn finish(self) {
        let Some(mut conn) = self.conn else { return };
        if let Err(error) = conn.batch_execute("pragma wal_checkpoint(truncate)") {
            log::warn!("cannot empty the write-ahead log: {error}");
        }
        drop(conn);
        if let Some(lock) = self.lock {
            lock.release();
        }
    }
}

/// One job, one transaction, on a connection that is given up if it is spoilt.
fn transaction<T>(
    conn: &mut Option<SqliteConnection>,
    job: impl FnOnce(&mut SqliteConnection) -> Result<T>,
) -> Result<T> {
    let mut cause = None;
    let outcome = conn
        .as_mut()
        .ok_or(StoreError::Closed)?
        .immediate_transaction(|c| {
            job(c).map_err(|error| {
                cause = Some(error);
                DieselError::RollbackTransaction
            })
        });
    let outcome = outcome.map_err(|error| cause.unwrap_or_else(|| error.into()));
    if outcome.as_ref().is_err_and(spoils_connection) {
        // On a full disk SQLite has rolled back by itself, which Diesel does
        // not expect: a fresh connection knows no transaction.
        *conn = None;
    }
    outcome
}

/// Whether a connection is not to be trusted after this error.
fn spoils_connection(error: &StoreError) -> bool {
    !matches!(
        error,
        StoreError::Busy | StoreError::BadValue(_) | StoreError::Query(DieselError::NotFound)
    )
}
