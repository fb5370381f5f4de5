//! The second stage: from the spool into the database. Events are committed in
//! micro-batches, oldest first; a batch that cannot be committed stays on the
//! spool and is tried again for as long as it takes. An item that the database
//! refuses becomes a reject, so that it cannot hold up the others.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::normalize::{Outcome, normalize};
use super::pace::{Backoff, chance};
use super::reject::{Fault, Reject};
use super::split::split_array;
use super::spool::{Reader, Record};
use super::tuning::Tuning;
use crate::clock::Clock;
use crate::domain::collection::{Reason, Transport};
use crate::store::batch::{self, Batch};
use crate::store::counters;
use crate::store::rejects::NewReject;
use crate::store::secret::Keyring;
use crate::store::{Store, StoreError};

/// A batch is read until it holds so much.
const BATCH_ITEMS: usize = 2_000;
const BATCH_BYTES: u64 = 4 << 20;
/// With so many items waiting a batch is not delayed to grow.
const ENOUGH_ITEMS: i64 = 1_000;

pub(super) struct Storer {
    pub(super) store: Store,
    pub(super) spool: Arc<Reader>,
    pub(super) keyring: Keyring,
    pub(super) board: Arc<Board>,
    pub(super) clock: Clock,
    pub(super) tuning: Tuning,
    /// Records of an earlier process at the head of the spool: they may have
    /// been committed just before it died.
    pub(super) replayed: usize,
}

impl Storer {
    /// Stores until `last` says that nothing more comes and all is stored.
    pub(super) async fn run(mut self, last: CancellationToken) {
        let mut backlog = self.spool.backlog();
        let mut due = Instant::now();
        loop {
            let waiting = *backlog.borrow_and_update();
            self.board.update(|facts| facts.backlog = waiting);
            if waiting.records == 0 {
                tokio::select! {
                    _ = backlog.changed() => {}
                    () = last.cancelled() => return,
                }
            } else if waiting.items < ENOUGH_ITEMS && Instant::now() < due && !last.is_cancelled() {
                tokio::select! {
                    _ = backlog.changed() => {}
                    () = tokio::time::sleep_until(due) => {}
                    () = last.cancelled() => {}
                }
            } else {
                if self.step().await.is_err() {
                    return;
                }
                due = Instant::now() + self.tuning.commit_every;
            }
        }
    }

    /// Stores one micro-batch. Returns an error only when the store is closed.
    pub(super) async fn step(&mut self) -> Result<(), StoreError> {
        let spool = Arc::clone(&self.spool);
        let read = move || spool.read(BATCH_ITEMS, BATCH_BYTES);
        let read = match blocking(read).await {
            Ok(read) => read,
            Err(error) => {
                self.board
                    .update(|facts| facts.storing = Some(Reason::StoreFailing));
                log::error!("cannot read the spool: {error}");
                tokio::time::sleep(self.tuning.store_retry_most).await;
                return Ok(());
            }
        };
        if read.damaged > 0 {
            log::error!(records = read.damaged; "spool records are damaged and were skipped");
        }
        let records = Arc::new(self.not_yet_committed(read.records, read.count).await?);
        let batch = self.prepare(&records, true).await;
        match self.ingest(batch).await {
            Ok(()) => {}
            Err(StoreError::Closed) => return Err(StoreError::Closed),
            Err(error) => {
                log::warn!("a batch is refused, storing its events one by one: {error}");
                self.store_singly(&records).await?;
            }
        }
        self.spool.commit(read.count);
        self.report().await;
        Ok(())
    }

    /// Drops records that an earlier process committed.
    async fn not_yet_committed(
        &mut self,
        records: Vec<Record>,
        count: usize,
    ) -> Result<Vec<Record>, StoreError> {
        if self.replayed == 0 {
            return Ok(records);
        }
        self.replayed = self.replayed.saturating_sub(count);
        let ids: Vec<i64> = records.iter().map(|record| record.id).collect();
        let known = self.store.read(move |c| {
            let known = ids.iter().map(|id| batch::is_committed(c, *id));
            known.collect::<Result<Vec<_>, _>>()
        });
        match known.await {
            Ok(known) => Ok(records
                .into_iter()
                .zip(known)
                .filter_map(|(record, known)| (!known).then_some(record))
                .collect()),
            Err(StoreError::Closed) => Err(StoreError::Closed),
            // Then the events themselves are recognised as duplicates.
            Err(error) => {
                log::warn!("cannot tell which spool records are committed: {error}");
                Ok(records)
            }
        }
    }

    /// Normalises on a blocking thread: it is the expensive part.
    async fn prepare(&self, records: &Arc<Vec<Record>>, remember: bool) -> Batch {
        let keyring = self.keyring.clone();
        let records = Arc::clone(records);
        blocking(move || {
            let mut batch = Batch::default();
            for record in records.iter() {
                add(&mut batch, record, &record.items, &keyring);
                if remember {
                    batch.records.push(record.id);
                }
            }
            batch
        })
        .await
    }

    /// Commits a batch, however long it takes. Errors are those that waiting
    /// does not help against.
    async fn ingest(&self, batch: Batch) -> Result<(), StoreError> {
        let mut batch = Arc::new(batch);
        let first = self.tuning.store_retry_first;
        let mut backoff = Backoff::new(first, self.tuning.store_retry_most);
        loop {
            let Err(error) = self.store.ingest(Arc::clone(&batch)).await else {
                return Ok(());
            };
            if !(error.is_passing() || matches!(error, StoreError::Corrupt(_))) {
                return Err(error);
            }
            if let Some(batch) = Arc::get_mut(&mut batch) {
                batch.retried += 1;
            }
            let reason = match error {
                StoreError::DiskFull => Reason::DiskFull,
                _ => Reason::StoreFailing,
            };
            let retried = batch.retried;
            if retried == 1 {
                log::warn!("cannot store events, they stay on the spool: {error}");
            }
            self.board.update(|facts| {
                facts.storing = Some(reason);
                facts.retried = retried;
            });
            tokio::time::sleep(backoff.failed(chance())).await;
        }
    }

    /// Commits item by item; what is refused becomes a reject.
    async fn store_singly(&self, records: &Arc<Vec<Record>>) -> Result<(), StoreError> {
        for record in records.iter() {
            for item in &record.items {
                let mut batch = Batch::default();
                add(
                    &mut batch,
                    record,
                    std::slice::from_ref(item),
                    &self.keyring,
                );
                let refused = match self.ingest(batch).await {
                    Ok(()) => continue,
                    Err(StoreError::Closed) => return Err(StoreError::Closed),
                    Err(refused) => refused,
                };
                log::warn!("an event is refused by the database: {refused}");
                let (at, raw) = (record.taken_at, item.as_slice());
                let reject = NewReject::new(&self.keyring, at, "not_storable", "", raw);
                let batch = Batch {
                    rejects: vec![reject],
                    taken: 1,
                    ..Batch::default()
                };
                self.ingest(batch).await?;
            }
        }
        let done = Batch {
            records: records.iter().map(|record| record.id).collect(),
            ..Batch::default()
        };
        self.ingest(done).await
    }

    /// Says on the board what is stored now.
    async fn report(&self) {
        let counters = self.store.read(counters::all).await;
        let (now, backlog) = (self.clock.now(), *self.spool.backlog().borrow());
        self.board.update(|facts| {
            facts.storing = None;
            facts.retried = 0;
            facts.last_stored_at = Some(now);
            facts.backlog = backlog;
            if let Ok(counters) = counters {
                facts.counters = counters;
            }
        });
    }
}

/// Normalises items of a record into a batch.
fn add(batch: &mut Batch, record: &Record, items: &[Vec<u8>], keyring: &Keyring) {
    let keys = keyring.key_hasher();
    for item in items {
        let outcome = normalize(item, &keys);
        if is_not_json(&outcome) && record.transport == Transport::Http {
            // A broken element may have swallowed its neighbours.
            let array = [b"[", item.as_slice()].concat();
            for part in split_array(&array).unwrap_or_default() {
                put(batch, record, part, normalize(part, &keys), keyring);
            }
        } else {
            put(batch, record, item, outcome, keyring);
        }
    }
}

fn is_not_json(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Reject(reject) if reject.fault == Fault::NotJson)
}

fn put(batch: &mut Batch, record: &Record, item: &[u8], outcome: Outcome, keyring: &Keyring) {
    match outcome {
        Outcome::Event(event) => batch.events.push(*event),
        Outcome::Control(_) | Outcome::Nothing => return,
        Outcome::Reject(Reject { fault, excerpt }) => {
            let at = record.taken_at;
            let reject = NewReject::new(keyring, at, fault.code(), &excerpt, item);
            batch.rejects.push(reject);
        }
    }
    batch.taken += 1;
}

/// Runs what blocks or takes long beside the event loop. A panic in it is a
/// bug and goes on here.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is being shut down; nobody will look at an answer.
            Err(_) => std::future::pending().await,
        },
    }
}
