//! The dimensions that roll-ups are kept by, and the stretches of time.

use std::ops::Range;

use crate::domain::units::{At, Ms};
use crate::store::events::StoredEvent;
use crate::store::scan::columns::{Column, UNKNOWN};

/// What events are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) enum Family {
    /// All events together.
    Total,
    Provider,
    Model,
    Alias,
    Account,
    ClientKey,
    Endpoint,
    Tier,
    Status,
    /// 1 = failed.
    Outcome,
    /// Whether input was read from the cache: [`HIT`], [`MISS`] or not known.
    Cache,
}

pub(in crate::store) const HIT: i32 = 1;
pub(in crate::store) const MISS: i32 = 2;

impl Family {
    pub(in crate::store) const ALL: [Self; 11] = [
        Self::Total,
        Self::Provider,
        Self::Model,
        Self::Alias,
        Self::Account,
        Self::ClientKey,
        Self::Endpoint,
        Self::Tier,
        Self::Status,
        Self::Outcome,
        Self::Cache,
    ];

    /// Stored: never renumber.
    fn code(self) -> i64 {
        match self {
            Self::Total => 1,
            Self::Provider => 2,
            Self::Model => 3,
            Self::Alias => 4,
            Self::Account => 5,
            Self::ClientKey => 6,
            Self::Endpoint => 7,
            Self::Tier => 8,
            Self::Status => 9,
            Self::Outcome => 10,
            Self::Cache => 11,
        }
    }

    /// The column that decides; `None` = none does.
    pub(in crate::store) fn column(self) -> Option<Column> {
        match self {
            Self::Total => None,
            Self::Provider => Some(Column::Provider),
            Self::Model => Some(Column::Model),
            Self::Alias => Some(Column::Alias),
            Self::Account => Some(Column::Account),
            Self::ClientKey => Some(Column::ClientKey),
            Self::Endpoint => Some(Column::Endpoint),
            Self::Tier => Some(Column::Tier),
            Self::Status => Some(Column::Status),
            Self::Outcome => Some(Column::Failed),
            Self::Cache => Some(Column::CacheRead),
        }
    }

    /// The group of a value of that column.
    pub(in crate::store) fn group(self, value: i64) -> i64 {
        match (self, value) {
            (Self::Cache, UNKNOWN) => 0,
            (Self::Cache, 0) => MISS.into(),
            (Self::Cache, _) => HIT.into(),
            _ => value,
        }
    }

    pub(super) fn group_of(self, event: &StoredEvent) -> i64 {
        let Some(column) = self.column() else {
            return 0;
        };
        self.group(column.of(event).unwrap_or(UNKNOWN))
    }

    /// The finest stretch it is kept by. The total is kept by the quarter of an
    /// hour, because that is where hours begin somewhere on earth.
    pub(in crate::store) fn finest(self) -> Width {
        match self {
            Self::Total => Width::Quarter,
            _ => Width::Hour,
        }
    }

    /// Every stretch it is kept by.
    pub(in crate::store) fn widths(self) -> &'static [Width] {
        match self {
            Self::Total => &[Width::Quarter, Width::Hour, Width::Day, Width::Span],
            _ => &[Width::Hour, Width::Day, Width::Span],
        }
    }
}

/// A stretch of time in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) enum Width {
    Quarter,
    Hour,
    Day,
    /// Eight days.
    Span,
}

impl Width {
    fn code(self) -> i64 {
        match self {
            Self::Quarter => 1,
            Self::Hour => 2,
            Self::Day => 3,
            Self::Span => 4,
        }
    }

    pub(in crate::store) fn ms(self) -> i64 {
        match self {
            Self::Quarter => 15 * Ms::MINUTE.0,
            Self::Hour => Ms::HOUR.0,
            Self::Day => Ms::DAY.0,
            Self::Span => 8 * Ms::DAY.0,
        }
    }

    /// The stretch that contains a moment, counted from 1970.
    pub(in crate::store) fn of(self, at: At) -> i64 {
        at.0.div_euclid(self.ms())
    }

    pub(in crate::store) fn start(self, bucket: i64) -> At {
        At(bucket.saturating_mul(self.ms()))
    }

    /// The stretches that lie wholly in `[from, to)`.
    pub(in crate::store) fn within(self, from: At, to: At) -> Range<i64> {
        let inside = i64::from(self.start(self.of(from)) < from);
        let first = self.of(from) + inside;
        first..self.of(to).max(first)
    }
}

/// Room for the number of a bucket, negative ones included.
const BUCKET_BITS: u32 = 40;
const ZERO: i64 = 1 << (BUCKET_BITS - 1);

/// The key of a roll-up. Moments beyond any calendar share the outermost ones.
pub(super) fn place(family: Family, width: Width, bucket: i64) -> i64 {
    let bucket = bucket.clamp(-ZERO, ZERO - 1) + ZERO;
    (family.code() << 8 | width.code()) << BUCKET_BITS | bucket
}

/// What is added to the key of a roll-up that is made beside the one in force:
/// beyond the keys of all families.
pub(super) const BESIDE: i64 = 64 << 8 << BUCKET_BITS;

pub(super) fn bucket(place: i64) -> i64 {
    (place & ((1 << BUCKET_BITS) - 1)) - ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_stretches_are_found() {
        let day = Ms::DAY.0;
        assert_eq!(Width::Day.within(At(0), At(2 * day)), 0..2);
        assert_eq!(Width::Day.within(At(1), At(2 * day + 5)), 1..2);
        assert_eq!(Width::Day.within(At(-day), At(1)), -1..0);
        assert!(Width::Day.within(At(1), At(day - 1)).is_empty());
    }

    #[test]
    fn what_is_made_beside_lies_beyond_everything_in_force() {
        for family in Family::ALL {
            for width in family.widths() {
                assert!(place(family, *width, i64::MAX) < BESIDE);
                let beside = place(family, *width, i64::MIN).checked_add(BESIDE);
                assert!(beside >= Some(BESIDE));
            }
        }
    }

    #[test]
    fn places_lie_in_the_order_of_time() {
        let places = [-5, 0, 7].map(|n| place(Family::Model, Width::Day, n));
        assert!(places.is_sorted());
        assert_eq!(places.map(bucket), [-5, 0, 7]);
        assert!(
            place(Family::Model, Width::Day, 9_000_000) < place(Family::Alias, Width::Hour, -9)
        );
    }
}
