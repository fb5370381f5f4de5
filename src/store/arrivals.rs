//! The newest events in the order they were stored, for live pages. A ring in
//! memory: who falls behind is told so and reads the list again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::event::EventKey;

const CAPACITY: usize = 2_000;

/// Events since this process started, numbered from 1.
#[derive(Clone, Debug)]
pub struct Arrivals {
    ring: Arc<Mutex<VecDeque<(u64, EventKey)>>>,
    last: watch::Sender<u64>,
}

/// More was stored than the ring keeps.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("more events were stored than are remembered")]
pub struct Lapsed;

impl Arrivals {
    pub(super) fn new() -> Self {
        Self {
            ring: Arc::default(),
            last: watch::Sender::new(0),
        }
    }

    /// Number of the last event stored; wait on it for more.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// Number of the last event stored.
    #[must_use]
    pub fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// Everything stored after `seq`, oldest first.
    pub fn since(&self, seq: u64) -> Result<Vec<(u64, EventKey)>, Lapsed> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        match ring.front() {
            Some(&(oldest, _)) if oldest > seq.saturating_add(1) => Err(Lapsed),
            _ => Ok(ring.iter().filter(|(n, _)| *n > seq).copied().collect()),
        }
    }

    pub(super) fn push(&self, keys: impl Iterator<Item = EventKey>) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seq = self.last();
        for key in keys {
            seq += 1;
            if ring.len() == CAPACITY {
                ring.pop_front();
            }
            ring.push_back((seq, key));
        }
        drop(ring);
        self.last
            .send_if_modified(|last| std::mem::replace(last, seq) != seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventId;
    use crate::domain::units::At;

    fn keys(n: std::ops::Range<i64>) -> impl Iterator<Item = EventKey> {
        n.map(|n| EventKey {
            at: At(n),
            id: EventId(n),
        })
    }

    #[test]
    fn tells_what_came_after_a_number() {
        let arrivals = Arrivals::new();
        arrivals.push(keys(0..3));
        let seqs = |since| {
            arrivals
                .since(since)
                .map(|v| v.iter().map(|e| e.0).collect())
        };
        assert_eq!(seqs(1), Ok(vec![2, 3]));
        assert_eq!(seqs(3), Ok(vec![]));
        assert_eq!(arrivals.last(), 3);
    }

    #[test]
    fn who_falls_behind_is_told() {
        let arrivals = Arrivals::new();
        arrivals.push(keys(0..2_001));
        assert_eq!(arrivals.since(0), Err(Lapsed));
        assert_eq!(arrivals.since(1).map(|v| v.len()), Ok(2_000));
    }

    #[test]
    fn waiters_wake_only_for_events() {
        let arrivals = Arrivals::new();
        let watch = arrivals.watch();
        arrivals.push(keys(0..0));
        assert!(!watch.has_changed().unwrap());
        arrivals.push(keys(0..1));
        assert!(watch.has_changed().unwrap());
    }
}
