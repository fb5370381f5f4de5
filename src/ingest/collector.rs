//! The collector: takes events off the gateway's queue onto the spool, and from
//! there into the database, in two stages, so that a slow database never delays
//! taking. Pages see it only through its [`Status`]; it is told what to do
//! through the [`Settings`] channel.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::board::Board;
use super::memory::Memory;
use super::retries::{Retried, retry_all};
use super::room::Room;
use super::spool::{self, Reader, Writer};
use super::storer::{Storer, blocking};
use super::taker::{Taker, USUAL_RETENTION};
use super::tuning::Tuning;
use crate::clock::Clock;
use crate::domain::collection::{Reason, Settings, State, Status};
use crate::gateway::key_watch::KeyWatch;
use crate::store::secret::Keyring;
use crate::store::{Store, StoreError, counters, gaps};

/// What a collector is made of.
pub struct Parts {
    pub store: Store,
    /// Directory of the spool, made when it is not there.
    pub spool: PathBuf,
    pub clock: Clock,
    pub settings: watch::Receiver<Settings>,
    /// `None` while `data.key` cannot be read: nothing can be sealed, so
    /// nothing is taken.
    pub keyring: watch::Receiver<Option<Keyring>>,
    /// What is known of the Management Key.
    pub key: Arc<KeyWatch>,
    pub tuning: Tuning,
}

/// The actor; [`Collector::run`] is its life.
pub struct Collector {
    parts: Parts,
    board: Arc<Board>,
    nudge: Arc<Notify>,
    refreshes: watch::Sender<u64>,
}

/// What everyone else holds of a collector. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    status: watch::Receiver<Status>,
    board: Arc<Board>,
    nudge: Arc<Notify>,
    refreshes: watch::Sender<u64>,
    store: Store,
    keyring: watch::Receiver<Option<Keyring>>,
    key: Arc<KeyWatch>,
}

/// Why rejects could not be tried again.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error("the data key is missing")]
    NoKey,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Collector {
    #[must_use]
    pub fn new(parts: Parts) -> (Self, Handle) {
        let (board, status) = Board::new(parts.clock.clone());
        let (board, nudge) = (Arc::new(board), Arc::new(Notify::new()));
        let refreshes = watch::Sender::new(0);
        let handle = Handle {
            refreshes: refreshes.clone(),
            status,
            board: Arc::clone(&board),
            nudge: Arc::clone(&nudge),
            store: parts.store.clone(),
            keyring: parts.keyring.clone(),
            key: Arc::clone(&parts.key),
        };
        let collector = Self {
            parts,
            board,
            nudge,
            refreshes,
        };
        (collector, handle)
    }

    /// Collects until `stop`: then it stops taking, commits what is on the
    /// spool (for a few seconds; the rest stays there) and returns.
    pub async fn run(mut self, stop: CancellationToken) {
        self.recall().await;
        if self.parts.store.is_read_only() {
            self.say_stopped(Reason::ReadOnly);
            return stop.cancelled().await;
        }
        while !stop.is_cancelled() {
            let keyring = self.parts.keyring.borrow_and_update().clone();
            let Some(keyring) = keyring else {
                self.say_stopped(Reason::SealedKeyUnreadable);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = changed(&mut self.parts.keyring) => {}
                }
                continue;
            };
            let (dir, key) = (self.parts.spool.clone(), keyring.spool_key());
            match blocking(move || spool::open(&dir, key)).await {
                Ok((writer, reader, found)) => {
                    report(&found);
                    self.collect(keyring, writer, reader, &stop).await;
                }
                Err(error) => {
                    log::error!("cannot open the spool: {error}");
                    self.say_stopped(Reason::StoreFailing);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(self.parts.tuning.store_retry_most) => {}
                    }
                }
            }
        }
    }

    /// Runs both stages under one keyring.
    async fn collect(
        &mut self,
        keyring: Keyring,
        writer: Writer,
        reader: Reader,
        stop: &CancellationToken,
    ) {
        let (taking, storing) = (stop.child_token(), CancellationToken::new());
        let tuning = self.parts.tuning;
        let backlog = reader.backlog();
        let storer = Storer {
            store: self.parts.store.clone(),
            replayed: backlog.borrow().records,
            spool: Arc::new(reader),
            keyring,
            board: Arc::clone(&self.board),
            clock: self.parts.clock.clone(),
            tuning,
        };
        let taker = Taker {
            settings: self.parts.settings.clone(),
            nudge: Arc::clone(&self.nudge),
            refreshes: self.refreshes.clone(),
            store: self.parts.store.clone(),
            key: Arc::clone(&self.parts.key),
            writer: Arc::new(Mutex::new(writer)),
            backlog,
            room: Room::new(&self.parts.spool, tuning.spool_bytes),
            board: Arc::clone(&self.board),
            clock: self.parts.clock.clone(),
            tuning,
            stop: taking.clone(),
            memory: Memory::load(&self.parts.store).await,
            outage: None,
            answered: None,
            remembered: None,
            restart_noted: None,
            taken: 0,
            retention: USUAL_RETENTION,
        };
        let mut taker = AbortOnDropHandle::new(tokio::spawn(taker.run()));
        let mut storer = AbortOnDropHandle::new(tokio::spawn(storer.run(storing.clone())));
        loop {
            tokio::select! {
                ended = &mut taker => break carry_panic(ended),
                ended = &mut storer => {
                    // The store is closed: what is taken stays on the spool.
                    carry_panic(ended);
                    taking.cancel();
                    return carry_panic(taker.await);
                }
                () = changed(&mut self.parts.keyring) => taking.cancel(),
                // The lag grows while nothing else happens.
                () = tokio::time::sleep(Duration::from_secs(1)) => self.board.update(|_| {}),
            }
        }
        storing.cancel();
        if let Ok(ended) = tokio::time::timeout(tuning.drain, &mut storer).await {
            return carry_panic(ended);
        }
        log::warn!("not everything could be stored in time, the rest stays on the spool");
        storer.abort();
        let _ = storer.await;
    }

    /// Puts on the board what the database remembers.
    async fn recall(&self) {
        let known = self
            .parts
            .store
            .read(|c| Ok((counters::all(c)?, gaps::newest(c, 50)?)));
        let memory = Memory::load(&self.parts.store).await;
        match known.await {
            Ok((counters, gaps)) => self.board.update(|facts| {
                facts.counters = counters;
                facts.gaps = gaps;
                facts.last_taken_at = memory.last_taken_at;
            }),
            Err(error) => log::error!("cannot read the collector's totals: {error}"),
        }
    }

    fn say_stopped(&self, reason: Reason) {
        self.board.update(|facts| {
            facts.taking.state = State::Stopped;
            facts.taking.reason = Some(reason);
        });
    }
}

impl Handle {
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Moves whenever the gateway says that its configuration or accounts
    /// changed; only a subscription hears that.
    #[must_use]
    pub fn refreshes(&self) -> watch::Receiver<u64> {
        self.refreshes.subscribe()
    }

    /// Tries again at once instead of waiting, also after a rejected key. Does
    /// nothing during a ban.
    pub fn try_again(&self) {
        self.key.forget();
        self.nudge.notify_one();
    }

    /// Tries all rejected items again.
    pub async fn retry_rejects(&self) -> Result<Retried, RetryError> {
        let keyring = self.keyring.borrow().clone();
        let keyring = keyring.ok_or(RetryError::NoKey)?;
        let retried = retry_all(&self.store, &keyring).await?;
        let counters = self.store.read(counters::all).await?;
        self.board.update(|facts| facts.counters = counters);
        Ok(retried)
    }
}

/// Resolves when a new value was sent; never, when nobody can send any more.
async fn changed<T>(channel: &mut watch::Receiver<T>) {
    if channel.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn report(found: &spool::Found) {
    if found.torn > 0 {
        log::warn!(bytes = found.torn; "cut a record that was being written when the process died");
    }
    for path in &found.other_key {
        log::error!(
            "{} is sealed under another data key and was left as it is",
            path.display()
        );
    }
}

/// A stage that panicked is a bug, which the process should not outlive.
fn carry_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}
