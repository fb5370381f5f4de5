//! The newest events in memory. No segment holds them yet, nearly every answer
//! reaches up to now, and reading them from their rows costs more than all the
//! segments of a month. A shortcut, no truth: it answers for states of the
//! database that it has followed commit by commit, and for no other.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::events::StoredEvent;
use super::scan::keys::{self, KeyRange};
use crate::domain::event::EventKey;

/// Events kept: what is unsealed at three hundred a second, in 6 MiB.
const MOST: usize = 20_480;

#[derive(Clone, Debug, Default)]
pub(super) struct Newest(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The states of the database that can be answered for: those of these
    /// versions, both included.
    versions: Option<(u64, u64)>,
    /// Every event from here on is known.
    from: Option<EventKey>,
    /// With the version that brought it.
    events: BTreeMap<EventKey, (u64, StoredEvent)>,
}

impl Newest {
    /// Begins to follow a database of this version, whose newest event is given.
    pub(super) fn begin(&self, version: u64, newest: Option<EventKey>) {
        let from = newest.map_or(KeyRange::EVERYTHING.from, keys::after);
        *self.write() = Known {
            versions: Some((version, version)),
            from: Some(from),
            events: BTreeMap::new(),
        };
    }

    /// After a commit that brought new events and this version.
    pub(super) fn push(&self, version: u64, new: &[StoredEvent]) {
        let mut known = self.write();
        match &mut known.versions {
            Some((_, last)) if version == *last + 1 => *last = version,
            _ => {
                *known = Known::default();
                return;
            }
        }
        for event in new {
            if Some(event.key()) >= known.from {
                known.events.insert(event.key(), (version, *event));
            }
        }
        while known.events.len() > MOST {
            let oldest = known.events.pop_first();
            known.from = oldest.map(|(key, _)| keys::after(key)).or(known.from);
        }
    }

    /// After a commit that changed events, or may have: it has to begin anew.
    pub(super) fn lose(&self) {
        *self.write() = Known::default();
    }

    pub(super) fn is_lost(&self) -> bool {
        self.read().versions.is_none()
    }

    /// From which key on every event of a database of this version is known.
    pub(super) fn from(&self, version: u64) -> Option<EventKey> {
        self.read().known_from(version)
    }

    /// The oldest events of a range, oldest first; `None` when not all of its
    /// events are known.
    pub(super) fn oldest(
        &self,
        version: u64,
        range: KeyRange,
        limit: usize,
    ) -> Option<Vec<StoredEvent>> {
        let known = self.read();
        Some(known.within(version, range)?.take(limit).collect())
    }

    /// The newest events of a range, newest first.
    pub(super) fn newest(
        &self,
        version: u64,
        range: KeyRange,
        limit: usize,
    ) -> Option<Vec<StoredEvent>> {
        let known = self.read();
        Some(known.within(version, range)?.rev().take(limit).collect())
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn known_from(&self, version: u64) -> Option<EventKey> {
        let (first, last) = self.versions?;
        self.from.filter(|_| first <= version && version <= last)
    }

    fn within(
        &self,
        version: u64,
        range: KeyRange,
    ) -> Option<impl DoubleEndedIterator<Item = StoredEvent> + '_> {
        let from = self.known_from(version)?;
        if range.from < from {
            return None;
        }
        let to = range.to.max(range.from);
        let there = self.events.range(range.from..to);
        let there = there.filter(move |(_, (brought, _))| *brought <= version);
        Some(there.map(|(_, (_, event))| *event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventId;
    use crate::domain::tokens::Quality;
    use crate::domain::units::At;
    use crate::store::events::Flags;

    fn event(at: i64) -> StoredEvent {
        StoredEvent {
            at_ms: At(at),
            id: EventId(at),
            request_id: None,
            provider: 0,
            executor: 0,
            model: 0,
            alias: 0,
            account: 0,
            auth_type: 0,
            client_key: 0,
            endpoint: 0,
            effort: 0,
            tier: 0,
            served_tier: 0,
            client_ip: 0,
            forwarded: 0,
            agent: 0,
            status: 200,
            flags: Flags::new(false, true, Quality::Complete),
            latency_ms: None,
            ttft_ms: None,
            uncached: None,
            cache_read: None,
            cache_write: None,
            output: None,
            reasoning: None,
            unclassified: 0,
            cost_nanos: None,
            price_rule: None,
        }
    }

    fn moments(newest: &Newest, version: u64, from: i64) -> Option<Vec<i64>> {
        let range = KeyRange::between(At(from), At(i64::MAX));
        let found = newest.oldest(version, range, 1_000_000)?;
        let mut back = newest.newest(version, range, 1_000_000)?;
        back.reverse();
        assert_eq!(found, back);
        Some(found.iter().map(|event| event.at_ms.0).collect())
    }

    #[test]
    fn a_reader_sees_what_its_state_of_the_database_has() {
        let newest = Newest::default();
        assert_eq!(moments(&newest, 0, 0), None);
        newest.begin(5, Some(event(10).key()));
        newest.push(6, &[event(30), event(20)]);
        newest.push(7, &[event(25)]);
        assert_eq!(moments(&newest, 5, 11), Some(vec![]));
        assert_eq!(moments(&newest, 6, 11), Some(vec![20, 30]));
        assert_eq!(moments(&newest, 7, 21), Some(vec![25, 30]));
        assert_eq!(moments(&newest, 8, 11), None, "not heard of yet");
        assert_eq!(moments(&newest, 4, 11), None, "before it began");
        assert_eq!(moments(&newest, 7, 10), None, "some are not known");
    }

    #[test]
    fn late_events_are_left_to_the_database() {
        let newest = Newest::default();
        newest.begin(1, Some(event(10).key()));
        newest.push(2, &[event(7), event(12)]);
        assert_eq!(moments(&newest, 2, 7), None);
        assert_eq!(moments(&newest, 2, 11), Some(vec![12]));
    }

    #[test]
    fn a_change_or_a_gap_ends_it_until_it_begins_anew() {
        let newest = Newest::default();
        newest.begin(1, None);
        newest.push(2, &[event(50)]);
        newest.lose();
        assert!(newest.is_lost());
        assert_eq!(moments(&newest, 2, 50), None);
        newest.begin(3, Some(event(50).key()));
        newest.push(4, &[event(60), event(40)]);
        assert_eq!(moments(&newest, 2, 51), None);
        assert_eq!(moments(&newest, 4, 51), Some(vec![60]));
        newest.push(9, &[event(70)]);
        assert!(newest.is_lost());
    }

    #[test]
    fn only_so_many_are_kept() {
        let newest = Newest::default();
        newest.begin(0, None);
        let most = i64::try_from(MOST).unwrap();
        let events: Vec<_> = (0..most + 10).map(event).collect();
        newest.push(1, &events);
        assert_eq!(moments(&newest, 1, 9), None);
        assert_eq!(moments(&newest, 1, 10).map(|all| all.len()), Some(MOST));
    }
}
