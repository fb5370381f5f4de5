//! What the collector says of itself, put together from what its two stages
//! know. Both write here, pages read the watch channel; nobody is notified
//! unless something changed.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::spool::Backlog;
use crate::clock::Clock;
use crate::domain::collection::{Gap, Gateway, Mode, Reason, State, Status, Transport};
use crate::domain::units::At;
use crate::store::counters::Counters;

/// Gaps shown.
const GAPS: usize = 50;

pub(super) struct Board {
    clock: Clock,
    facts: Mutex<Facts>,
    status: watch::Sender<Status>,
}

/// Everything the status is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) mode: Mode,
    pub(super) taking: Taking,
    /// Why nothing can be stored at the moment.
    pub(super) storing: Option<Reason>,
    pub(super) gateway: Gateway,
    pub(super) competing_consumer: bool,
    pub(super) last_taken_at: Option<At>,
    pub(super) last_stored_at: Option<At>,
    pub(super) backlog: Backlog,
    /// What is committed.
    pub(super) counters: Counters,
    /// Failures to commit the present batch.
    pub(super) retried: i64,
    pub(super) gaps: Vec<Gap>,
}

/// How the taking stage is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taking {
    pub(super) state: State,
    pub(super) reason: Option<Reason>,
    pub(super) transport: Option<Transport>,
    pub(super) next_try_at: Option<At>,
}

impl Board {
    pub(super) fn new(clock: Clock) -> (Self, watch::Receiver<Status>) {
        let (status, seen) = watch::channel(Status::default());
        let board = Self {
            clock,
            facts: Mutex::default(),
            status,
        };
        (board, seen)
    }

    /// Changes the facts and publishes what follows from them.
    pub(super) fn update(&self, change: impl FnOnce(&mut Facts)) {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut facts);
        let new = facts.status(self.clock.now());
        self.status.send_if_modified(|status| {
            let changed = *status != new;
            *status = new;
            changed
        });
    }
}

impl Facts {
    /// What the taking stage has to say counts more than that storing fails:
    /// a rejected key needs a person, a full disk may pass.
    fn state(&self) -> (State, Option<Reason>) {
        let taking = (self.taking.state, self.taking.reason.clone());
        match (&self.storing, self.taking.state) {
            (Some(reason), State::Collecting) => (State::Retrying, Some(reason.clone())),
            (_, State::Collecting) => (State::Collecting, self.remark()),
            _ => taking,
        }
    }

    /// Collecting works, but a person should know something.
    fn remark(&self) -> Option<Reason> {
        if self.gateway.usage_statistics_enabled == Some(false) {
            Some(Reason::StatisticsOff)
        } else if self.competing_consumer {
            Some(Reason::CompetingConsumer)
        } else {
            self.taking.reason.clone()
        }
    }

    /// Newest first; a gap that began at the same moment is prolonged.
    pub(super) fn add_gap(&mut self, gap: Gap) {
        let known = |old: &Gap| old.from == gap.from && old.why == gap.why;
        self.gaps.retain(|old| !known(old));
        let later = self.gaps.partition_point(|old| old.from > gap.from);
        self.gaps.insert(later, gap);
        self.gaps.truncate(GAPS);
    }

    fn status(&self, now: At) -> Status {
        let (state, reason) = self.state();
        Status {
            state,
            reason,
            mode: self.mode,
            transport: self.taking.transport,
            last_taken_at: self.last_taken_at,
            last_stored_at: self.last_stored_at,
            lag: self
                .backlog
                .oldest
                .map(|at| (now - at).max(crate::domain::units::Ms(0))),
            taken: self.counters.taken + self.backlog.items,
            stored: self.counters.stored,
            duplicates: self.counters.duplicates,
            rejected: self.counters.rejected,
            batches_retried: self.counters.batches_retried + self.retried,
            spooled: i64::try_from(self.backlog.records).unwrap_or(i64::MAX),
            gaps: self.gaps.clone(),
            competing_consumer: self.competing_consumer,
            next_try_at: self.taking.next_try_at,
            gateway: self.gateway.clone(),
        }
    }
}
