//! The newest events in the order they were stored, for live pages. A ring in
//! memory: who falls behind is told so and reads the list again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::event::EventKey;

const CAPACITY: usize = 2_000;

/// Every event ever stored has a number, one more than the one before it; the
/// numbers go on after a restart.
#[derive(Clone, Debug)]
pub struct Arrivals {
    ring: Arc<Mutex<VecDeque<(u64, EventKey)>>>,
    last: watch::Sender<u64>,
}

/// More was stored than the ring keeps, or the number is not of this database.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was stored since then is not remembered")]
pub struct Lapsed;

impl Arrivals {
    /// `last`: how many events were ever stored.
    pub(super) fn after(last: u64) -> Self {
        Self {
            ring: Arc::default(),
            last: watch::Sender::new(last),
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
        let last = self.last();
        let oldest = ring.front().map_or(last + 1, |(n, _)| *n);
        if seq > last || seq.saturating_add(1) < oldest {
            return Err(Lapsed);
        }
        Ok(ring.iter().filter(|(n, _)| *n > seq).copied().collect())
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
        // Before the ring is released, so that both always agree.
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
        let arrivals = Arrivals::after(0);
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
        let arrivals = Arrivals::after(0);
        arrivals.push(keys(0..2_001));
        assert_eq!(arrivals.since(0), Err(Lapsed));
        assert_eq!(arrivals.since(1).map(|v| v.len()), Ok(2_000));
    }

    #[test]
    fn numbers_go_on_after_a_restart() {
        let arrivals = Arrivals::after(500);
        assert_eq!(arrivals.since(500), Ok(vec![]));
        assert_eq!(arrivals.since(499), Err(Lapsed));
        assert_eq!(arrivals.since(501), Err(Lapsed));
        arrivals.push(keys(0..1));
        assert_eq!(arrivals.since(500).map(|v| v[0].0), Ok(501));
    }

    #[test]
    fn waiters_wake_only_for_events() {
        let arrivals = Arrivals::after(0);
        let watch = arrivals.watch();
        arrivals.push(keys(0..0));
        assert!(!watch.has_changed().unwrap());
        arrivals.push(keys(0..1));
        assert!(watch.has_changed().unwrap());
    }
}
