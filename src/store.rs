//! The only module that speaks SQL: one SQLite file, one writer thread, a pool
//! of read-only connections. Knows nothing of HTTP or of the gateway.
//! Functions take `&mut Connection`, so they test without async; pages
//! call them through [`Store::read`] and [`Store::write`].
//!
//! One row by its key is asked for with `get_result`: `first` adds a limit that
//! is bound, and SQLite plans a statement anew whenever a limit is bound.
//!
//! Where to look:
//! - the file: [`open`], [`lock`], `place`, [`wal`], `soundness`, [`stats`],
//!   [`schema`], [`error`];
//! - connections: `writer`, `reader`, `gate`, and [`counters`] of what was written;
//! - a batch comes in: [`batch`] with [`events`], [`names`], `headers`,
//!   [`rejects`], [`gaps`]; then [`arrivals`] and `newest` tell of it;
//! - derived of events: `scan` (columns), `rollups` (sums), and what makes them:
//!   [`maintain`], [`rebuild`], [`reprice`] with [`prices`];
//! - questions: [`report`] and what asks it ([`totals`], [`usage`], [`week`],
//!   [`strip`], [`oddities`], [`clients`]), counting with `fold` and `measures`;
//!   [`list`], `rows`, [`detail`], [`export`]; [`choices`], [`spans`], [`endings`];
//!   [`requests`] has their words;
//! - beside the events: [`accounts`], [`account_models`], [`key_alias`],
//!   [`audit`], [`settings`], [`sessions`], [`admin`];
//! - secrets: [`data_key`], [`secret`], [`secrets`], [`client_key`].

pub mod account_models;
pub mod accounts;
pub mod admin;
pub mod arrivals;
pub mod audit;
pub mod batch;
pub mod choices;
pub mod client_key;
pub mod clients;
pub mod counters;
pub mod courses;
pub mod data_key;
pub mod detail;
pub mod endings;
pub mod error;
pub mod events;
pub mod export;
mod fold;
pub mod gaps;
mod gate;
mod headers;
pub mod key_alias;
pub mod lack;
pub mod list;
pub mod lock;
pub mod maintain;
mod measures;
pub mod names;
mod newest;
pub mod oddities;
pub mod open;
mod packed;
mod place;
pub mod prices;
mod reader;
pub mod rebuild;
pub mod rejects;
pub mod report;
pub mod reprice;
pub mod requests;
mod rollups;
mod rows;
mod scan;
pub mod schema;
pub mod secret;
pub mod secrets;
pub mod sessions;
pub mod settings;
mod soundness;
pub mod spans;
pub mod stats;
pub mod strip;
pub mod totals;
pub mod usage;
pub mod wal;
pub mod week;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use tokio::sync::{mpsc, oneshot, watch};

use arrivals::Arrivals;
use batch::{Batch, Ingested};
use counters::Counter;
use data_key::KeyError;
/// What jobs are given. Only this module knows what can be asked of it.
pub use diesel::sqlite::SqliteConnection as Connection;
pub use error::{OpenError, Result, StoreError};
use gate::Gate;
use lock::Lock;
use names::Names;
pub use open::Options;
use open::Readable;
use prices::pricer::{Pricer, Prices};
use reader::Readers;
use secret::Keyring;
use stats::Stats;
use wal::Wal;
use writer::{Job, Writer};

use crate::domain::soundness::Soundness;

/// Jobs that may wait for the writer; who comes later waits to be let in.
const WAITING_JOBS: usize = 16;

/// An open database. Cheap to clone; the lock is held until the last clone is
/// gone or [`Store::close`] was called.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    reader_count: usize,
    readers: Readers,
    jobs: mpsc::Sender<Job>,
    names: Names,
    oddities: oddities::Memory,
    prices: Prices,
    arrivals: Arrivals,
    version: watch::Receiver<u64>,
    abandoned: bool,
    read_only: bool,
    soundness: watch::Sender<Soundness>,
}

impl Store {
    /// Opens or makes the database. Quick: nothing is scanned.
    pub fn open(options: &Options) -> std::result::Result<Self, OpenError> {
        match open::open(options) {
            Ok(opened) => {
                let file = Readable::Ours(options.path.clone());
                Self::start(options, file, Some(opened))
            }
            Err(error) if options.or_read_only && error.is_unwritable() => {
                let Some(file) = open::open_frozen(options)? else {
                    return Err(error);
                };
                let cause = std::error::Error::source(&error);
                let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
                log::error!("what is stored is shown, nothing more is stored: {error}{cause}");
                Self::start(options, file, None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the database could be opened for writing now: what a process that
    /// only reads waits for.
    #[must_use]
    pub fn is_writable(options: &Options) -> bool {
        open::is_writable(&options.path)
    }

    fn start(
        options: &Options,
        file: Readable,
        opened: Option<open::Opened>,
    ) -> std::result::Result<Self, OpenError> {
        let prepare = |source| OpenError::Prepare {
            path: options.path.clone(),
            source,
        };
        let (lock, mut conn) = match opened {
            Some(opened) => (Some(opened.lock), opened.conn),
            None => (
                None,
                open::reader_connection(&file, options.busy_timeout).map_err(prepare)?,
            ),
        };
        let read_only = lock.is_none();
        let abandoned = lock.as_ref().is_some_and(Lock::was_abandoned);
        let names = Names::load(&mut conn).map_err(prepare)?;
        let prices = Prices::new(prices::load(&mut conn).map_err(prepare)?);
        let version = counters::get(&mut conn, Counter::Version).map_err(prepare)?;
        let stored = counters::get(&mut conn, Counter::Stored).map_err(prepare)?;
        let arrivals = Arrivals::after(stored.unsigned_abs());
        let gate = Gate::default();
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS);
        let (version_out, version) = watch::channel(version.unsigned_abs());
        let writer = Writer {
            conn: (!read_only).then_some(conn),
            path: options.path.clone(),
            busy_timeout: options.busy_timeout,
            wal: Wal::of(
                &options.path,
                options.wal,
                options.busy_timeout,
                gate.clone(),
            ),
            names: names.clone(),
            pricer: Pricer::new(prices.clone()),
            repricing: reprice::AtWork::default(),
            arrivals: arrivals.clone(),
            version: version_out,
            lock,
        };
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || Writer::run(waiting, writer))
            .map_err(|source| OpenError::File {
                what: "start the writer of",
                path: options.path.clone(),
                source,
            })?;
        Ok(Self {
            inner: Arc::new(Inner {
                readers: Readers::new(file, options.readers, options.busy_timeout, gate),
                reader_count: options.readers,
                path: options.path.clone(),
                jobs,
                names,
                oddities: oddities::Memory::default(),
                prices,
                arrivals,
                version,
                abandoned,
                read_only,
                soundness: watch::Sender::default(),
            }),
        })
    }

    /// Reads one consistent state. Keep it short; long work reads in pages.
    pub async fn read<T, F>(&self, read: F) -> Result<T>
    where
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.noted(self.inner.readers.run(read).await)
    }

    /// Runs one transaction after those sent before it; an error of the job
    /// undoes it. Once sent it happens even when nobody waits any more. Waits
    /// while many jobs are queued.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.run(|writer| writer.transaction(job)).await
    }

    /// Jobs that wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let jobs = &self.inner.jobs;
        jobs.max_capacity() - jobs.capacity()
    }

    /// Stores a batch, all or nothing. Replaying a batch changes no total but
    /// `taken` and `duplicates`.
    pub async fn ingest(&self, batch: impl Into<Arc<Batch>>) -> Result<Ingested> {
        let batch = batch.into();
        self.run(move |writer| writer.ingest(&batch)).await
    }

    async fn run<T, F>(&self, job: F) -> Result<T>
    where
        F: FnOnce(&mut Writer) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let work = Job::Run(Box::new(move |writer| {
            let _ = reply.send(writer.and_then(job));
        }));
        let sent = self.inner.jobs.send(work).await;
        sent.map_err(|_| StoreError::Closed)?;
        self.noted(outcome.await.map_err(|_| StoreError::Closed)?)
    }

    /// Texts of events by id, and ids by text.
    #[must_use]
    pub fn names(&self) -> Names {
        self.inner.names.clone()
    }

    /// Unusual hours found lately.
    #[must_use]
    pub fn oddities(&self) -> oddities::Memory {
        self.inner.oddities.clone()
    }

    /// Grows with every commit that changed events, over restarts too.
    #[must_use]
    pub fn version(&self) -> watch::Receiver<u64> {
        self.inner.version.clone()
    }

    /// The newest events as they are stored.
    #[must_use]
    pub fn arrivals(&self) -> Arrivals {
        self.inner.arrivals.clone()
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Whether the database could not be opened for writing: every write is
    /// refused for as long as this process lives.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.inner.read_only
    }

    /// The keyring of this database; see [`data_key::unlock`].
    pub async fn unlock(&self, source: data_key::Source) -> std::result::Result<Keyring, KeyError> {
        let job = move |c: &mut _| store_errors_undo(data_key::unlock(c, &source));
        if self.is_read_only() {
            return self.read(job).await?;
        }
        self.write(job).await?
    }

    /// Gives up what was sealed under a lost key; see [`data_key::start_over`].
    pub async fn start_over(
        &self,
        source: data_key::Source,
    ) -> std::result::Result<Keyring, KeyError> {
        let job = move |c: &mut _| store_errors_undo(data_key::start_over(c, &source));
        self.write(job).await?
    }

    pub async fn stats(&self) -> Result<Stats> {
        let path = self.inner.path.clone();
        self.read(move |c| stats::read(c, &path)).await
    }

    /// Housekeeping for a quiet moment: gives free pages back, a
    /// mebibyte at a time.
    pub async fn tidy(&self) -> Result<()> {
        self.write(|c| Ok(c.batch_execute("pragma incremental_vacuum(64)")?))
            .await
    }

    /// Whether the process before this one did not close the database.
    #[must_use]
    pub fn was_abandoned(&self) -> bool {
        self.inner.abandoned
    }

    /// Resolves when the writer has ended: after [`Store::close`], or because
    /// a job panicked, which the process should not outlive.
    pub async fn stopped(&self) {
        self.inner.jobs.closed().await;
    }

    /// Finishes what was sent, empties the log and releases the lock. Reads and
    /// writes that come later are refused.
    pub async fn close(&self) {
        self.inner.readers.close(self.inner.reader_count).await;
        let (done, finished) = oneshot::channel();
        if self.inner.jobs.send(Job::Stop(done)).await.is_ok() {
            let _ = finished.await;
        }
    }
}

/// An error of the store undoes the transaction; a key that is missing or
/// wrong is an answer.
fn store_errors_undo<T>(
    outcome: std::result::Result<T, KeyError>,
) -> Result<std::result::Result<T, KeyError>> {
    match outcome {
        Err(KeyError::Store(error)) => Err(error),
        outcome => Ok(outcome),
    }
}
