//! The first stage: from the gateway onto the spool. Decides whether to take at
//! all, keeps one session with the gateway at a time, and waits between failed
//! ones. It never looks into an item.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::board::{Board, Taking};
use super::intent::{same, wanted};
use super::ladder::Ladder;
use super::memory::Memory;
use super::outage::Outage;
use super::pace::{Backoff, Pace, chance};
use super::rivals::Rivals;
use super::room::Room;
use super::spool::{Backlog, Writer};
use super::tuning::Tuning;
use crate::clock::Clock;
use crate::domain::collection::{Connection, Gateway, Reason, Settings, State, Transport};
use crate::domain::units::{At, Ms};
use crate::gateway::key_watch::KeyWatch;
use crate::gateway::queue::resp;
use crate::gateway::types::{Cause, Error, millis};
use crate::store::Store;

/// Used until the gateway says otherwise, and for versions that cannot.
pub(super) const USUAL_RETENTION: Ms = Ms(60_000);
/// A ban whose end was not told; CPA's are that long.
const USUAL_BAN: Duration = Duration::from_mins(30);

pub(super) struct Taker {
    pub(super) settings: watch::Receiver<Settings>,
    pub(super) nudge: Arc<Notify>,
    /// Moves when the gateway says that its configuration or accounts changed.
    pub(super) refreshes: watch::Sender<u64>,
    pub(super) store: Store,
    pub(super) key: Arc<KeyWatch>,
    pub(super) writer: Arc<Mutex<Writer>>,
    pub(super) backlog: watch::Receiver<Backlog>,
    pub(super) room: Room,
    pub(super) board: Arc<Board>,
    pub(super) clock: Clock,
    pub(super) tuning: Tuning,
    pub(super) stop: CancellationToken,
    pub(super) memory: Memory,
    /// Time without answers that has not been accounted for.
    pub(super) outage: Option<Outage>,
    /// The last answer, on the clock that cannot be set.
    pub(super) answered: Option<(At, Instant)>,
    pub(super) remembered: Option<Instant>,
    /// When a restart of the gateway was last recorded.
    pub(super) restart_noted: Option<At>,
    /// Items taken by this process.
    pub(super) taken: i64,
    pub(super) retention: Ms,
}

/// Why a session is over.
pub(super) enum End {
    /// Shut down, or other settings.
    Interrupted,
    /// Another transport is to be tried, now.
    Again,
}

/// One period of unchanged settings.
pub(super) struct Life {
    pub(super) settings: Settings,
    pub(super) connection: Connection,
    pub(super) ladder: Ladder,
    pub(super) rivals: Rivals,
    pub(super) backoff: Backoff,
    pub(super) pace: Pace,
    /// Something like CPA answered there, so it may see the key.
    pub(super) identified: bool,
    /// The transport of the session that ended, if it came so far.
    pub(super) tried: Option<Transport>,
    /// Since when another subscriber seems to take all events.
    pub(super) quiet_since: Option<At>,
    /// That suspicion turned out wrong.
    pub(super) rival_refuted: bool,
    pub(super) looked_at: Option<At>,
    /// The failure that was logged last; it is not repeated.
    pub(super) told: Option<Error>,
}

impl Life {
    pub(super) fn resp_key(&self) -> resp::Key {
        resp::Key {
            name: self.settings.queue.clone(),
            side: self.settings.pop_side,
        }
    }

    /// A transport answered.
    pub(super) fn worked(&mut self, transport: Transport) {
        self.ladder.worked(transport);
        self.backoff.succeeded();
        if self.told.take().is_some() {
            log::info!("collecting again");
        }
    }
}

impl Taker {
    /// Takes until told to stop.
    pub(super) async fn run(mut self) {
        while !self.stop.is_cancelled() {
            let settings = self.settings.borrow_and_update().clone();
            let (mode, url) = (settings.mode, settings.connection.as_ref());
            let url = url.map(|connection| connection.url.clone());
            self.board.update(|facts| {
                facts.mode = mode;
                if facts.gateway.url != url {
                    facts.competing_consumer = false;
                    facts.gateway = Gateway {
                        url,
                        ..Gateway::default()
                    };
                }
            });
            match wanted(&settings) {
                Ok(connection) => self.collect(settings, connection).await,
                Err((state, reason)) => {
                    self.say(state, reason, None);
                    self.interrupted(&settings).await;
                }
            }
        }
        self.leave_word().await;
        self.remember(true).await;
    }

    /// Session after session, until the settings change or it is stopped.
    async fn collect(&mut self, settings: Settings, connection: Connection) {
        let poll = u64::try_from(settings.poll_interval.0).unwrap_or_default();
        let poll = Duration::from_millis(poll.max(10));
        let mut life = Life {
            ladder: Ladder::new(settings.mode, self.tuning.ladder_rest),
            rivals: Rivals::default(),
            backoff: Backoff::new(self.tuning.backoff_first, self.tuning.backoff_most),
            pace: Pace::new(poll, settings.batch),
            identified: false,
            tried: None,
            quiet_since: None,
            rival_refuted: false,
            looked_at: None,
            told: None,
            settings,
            connection,
        };
        self.begin(&mut life);
        self.say(State::Starting, None, None);
        loop {
            let error = match self.session(&mut life).await {
                Ok(End::Interrupted) => return,
                Ok(End::Again) => continue,
                Err(error) => error,
            };
            self.note_failure(&error);
            if error.forbids_retry() {
                self.key.learn(&life.connection, Err(&error));
            }
            if self.wait_after(&error, &mut life).await.is_err() {
                return;
            }
        }
    }

    /// Takes up what is remembered of this gateway, or forgets another one.
    fn begin(&mut self, life: &mut Life) {
        let fresh = Memory::of(&life.connection.url);
        if self.memory.gateway != fresh.gateway {
            self.memory = fresh;
            self.answered = None;
            self.outage = None;
        }
        if self.outage.is_none() {
            self.outage = self.memory.last_answer_at.map(Outage::since);
        }
        let now = self.clock.now();
        if self.memory.rival_until.is_some_and(|until| now < until) {
            life.ladder.starved(std::time::Instant::now());
            self.board.update(|facts| facts.competing_consumer = true);
        }
    }

    fn note_failure(&mut self, error: &Error) {
        if let Some((since, _)) = self.answered {
            self.outage.get_or_insert(Outage::since(since));
        }
        if let (Some(outage), Error::Unreachable(Cause::Refused)) = (&mut self.outage, error) {
            outage.restarted = true;
        }
        let answers = !matches!(error, Error::Unreachable(_) | Error::TimedOut);
        self.board
            .update(|facts| facts.gateway.reachable = Some(answers));
    }

    /// Says what is wrong and waits until the next attempt is due. An error
    /// means that the settings changed or it is to stop.
    async fn wait_after(&mut self, error: &Error, life: &mut Life) -> Result<(), ()> {
        let now = self.clock.now();
        let reason = error.reason(now);
        let transport = life.ladder.choose(std::time::Instant::now());
        let wait = match error {
            Error::KeyRejected => None,
            // A second more, because the time told is rounded down.
            Error::Banned { remaining } => {
                let remaining = remaining.unwrap_or(USUAL_BAN);
                Some(remaining.saturating_add(Duration::from_secs(1)))
            }
            // The ladder has another rung.
            _ if life.tried.is_some_and(|tried| tried != transport) => Some(Duration::ZERO),
            Error::RemoteManagementOff
            | Error::ManagementOff
            | Error::NotCpa
            | Error::Panel
            | Error::Unsupported(_) => Some(self.tuning.slow_retry),
            _ => Some(self.patience().min(life.backoff.failed(chance()))),
        };
        if life.told.as_ref() != Some(error) {
            log::warn!(retry_ms = wait.map(|w| millis(w).0); "not collecting: {error}");
            life.told = Some(error.clone());
        }
        let state = match error {
            Error::KeyRejected | Error::Banned { .. } => State::Stopped,
            _ => State::Retrying,
        };
        let nudge = Arc::clone(&self.nudge);
        // Only a nudge that knows of this failure counts.
        let _ = nudge.notified().now_or_never();
        self.say(state, Some(reason), wait.map(|wait| now + millis(wait)));
        let due = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        let nudged = async {
            match error {
                // Every attempt during a ban is in vain.
                Error::Banned { .. } => std::future::pending().await,
                _ => nudge.notified().await,
            }
        };
        tokio::select! {
            () = due => Ok(()),
            () = nudged => Ok(()),
            () = self.interrupted(&life.settings) => Err(()),
        }
    }

    /// Waiting longer between attempts would let events expire in the queue.
    fn patience(&self) -> Duration {
        let retention = u64::try_from(self.retention.0).unwrap_or_default();
        Duration::from_millis(retention / 3).max(self.tuning.backoff_first)
    }

    /// Resolves on shut-down and when the settings are other ones.
    pub(super) async fn interrupted(&self, current: &Settings) {
        let mut settings = self.settings.clone();
        let changed = settings.wait_for(|new| !same(new, current));
        tokio::select! {
            () = self.stop.cancelled() => {}
            // Nobody can change the settings any more when this fails.
            () = async { if changed.await.is_err() { std::future::pending().await } } => {}
        }
    }

    pub(super) fn is_interrupted(&self, current: &Settings) -> bool {
        self.stop.is_cancelled() || !same(&self.settings.borrow(), current)
    }

    /// Publishes the state of taking; the transport stays.
    pub(super) fn say(&self, state: State, reason: Option<Reason>, next_try_at: Option<At>) {
        self.board.update(|facts| {
            let transport = match state {
                State::Collecting | State::Retrying => facts.taking.transport,
                _ => None,
            };
            facts.taking = Taking {
                state,
                reason,
                transport,
                next_try_at,
            };
        });
    }

    pub(super) fn collecting(&self, transport: Transport) {
        self.board.update(|facts| {
            facts.taking = Taking {
                state: State::Collecting,
                reason: None,
                transport: Some(transport),
                next_try_at: None,
            };
        });
    }
}
