//! Ranges of event keys: the order everything is stored and walked in.

use crate::domain::event::{EventId, EventKey};
use crate::domain::units::{At, Ms};

/// Includes `from`, excludes `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct KeyRange {
    pub(in crate::store) from: EventKey,
    pub(in crate::store) to: EventKey,
}

impl KeyRange {
    pub(in crate::store) const EVERYTHING: Self = Self {
        from: first_at(At(i64::MIN)),
        to: first_at(At(i64::MAX)),
    };

    /// Every event of `[from, to)`.
    pub(in crate::store) fn between(from: At, to: At) -> Self {
        Self {
            from: first_at(from),
            to: first_at(to),
        }
    }

    pub(in crate::store) fn is_empty(self) -> bool {
        self.from >= self.to
    }

    pub(in crate::store) fn contains(self, key: EventKey) -> bool {
        self.from <= key && key < self.to
    }

    pub(in crate::store) fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Whether all of `other` is inside.
    pub(in crate::store) fn covers(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// The part before a moment.
    pub(in crate::store) fn until(self, at: At) -> Self {
        Self {
            from: self.from,
            to: self.to.min(first_at(at)),
        }
    }
}

/// The smallest key of a moment.
const fn first_at(at: At) -> EventKey {
    EventKey {
        at,
        id: EventId(i64::MIN),
    }
}

/// The key right after this one.
pub(in crate::store) fn after(key: EventKey) -> EventKey {
    match key.id.0.checked_add(1) {
        Some(id) => EventKey {
            at: key.at,
            id: EventId(id),
        },
        None => first_at(key.at + Ms(1)),
    }
}
