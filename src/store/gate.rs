//! Lets the writer keep new reads out for a moment. SQLite starts its log over
//! only while nobody reads; where one read follows another without a gap that
//! moment never comes by itself. Reads that run are never disturbed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub(super) struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    inside: usize,
}

/// A read that runs.
pub(super) struct Inside<'a>(&'a Gate);

/// Opens the gate again when it goes.
pub(super) struct Closed<'a>(&'a Gate);

impl Gate {
    /// Waits while the gate is closed.
    pub(super) fn enter(&self) -> Inside<'_> {
        let waited = self
            .0
            .changed
            .wait_while(self.state(), |state| state.closed);
        waited.unwrap_or_else(PoisonError::into_inner).inside += 1;
        Inside(self)
    }

    /// Keeps new reads out and waits until those that run have ended, but no
    /// longer than `patience`: then some may still run.
    pub(super) fn close(&self, patience: Duration) -> Closed<'_> {
        let mut state = self.state();
        state.closed = true;
        let ended = (self.0.changed).wait_timeout_while(state, patience, |state| state.inside > 0);
        drop(ended.unwrap_or_else(PoisonError::into_inner));
        Closed(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.0.changed.notify_all();
    }
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.state().closed = false;
        self.0.0.changed.notify_all();
    }
}
