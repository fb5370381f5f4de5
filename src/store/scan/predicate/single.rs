//! A single test of a predicate: what it says of each row, by the columns it
//! needs. Where a text becomes an id is not known here.

use std::collections::HashSet;

use crate::domain::event::{EventId, EventKey};
use crate::domain::filter::WeekHours;
use crate::domain::time::Grain;
use crate::domain::units::At;
use crate::store::error::Result;
use crate::store::scan::columns::Column;
use crate::store::scan::picked::Picked;

/// Some consecutive events, by column.
pub(in crate::store) trait Rows {
    /// Values of the picked rows into `out`; [`UNKNOWN`] where there is none.
    fn read(&mut self, column: Column, picked: &Picked, out: &mut Vec<i64>) -> Result<()>;

    fn values(&mut self, column: Column, picked: &Picked) -> Result<Vec<i64>> {
        let mut values = Vec::new();
        self.read(column, picked, &mut values)?;
        Ok(values)
    }

    /// What `test` says of each picked row's value.
    fn flags(
        &mut self,
        column: Column,
        picked: &Picked,
        test: impl Fn(i64) -> bool,
    ) -> Result<Vec<bool>> {
        let values = self.values(column, picked)?;
        Ok(values.into_iter().map(test).collect())
    }

    /// Moments, both included, that no row is beyond, where that is known
    /// without looking at the rows.
    fn span(&self) -> Option<(At, At)> {
        None
    }
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    /// The value is one of these ids (or status codes).
    In(Column, Ids),
    /// The value is known and within these bounds, both included.
    Between(Column, i64, i64),
    /// The moment lies in these hours of the week.
    Hours(WeekHours),
    /// The event is one of these.
    Keys(HashSet<EventKey>),
    /// At least one holds.
    Any(Vec<Test>),
}

/// A set of small numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids(Vec<bool>);

impl Ids {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, id: i64) -> bool {
        usize::try_from(id).is_ok_and(|id| self.0.get(id).copied().unwrap_or_default())
    }
}

impl FromIterator<i32> for Ids {
    fn from_iter<I: IntoIterator<Item = i32>>(ids: I) -> Self {
        let mut set = Vec::new();
        for id in ids {
            let Ok(place) = usize::try_from(id) else {
                continue;
            };
            if place >= set.len() {
                set.resize(place + 1, false);
            }
            if let Some(flag) = set.get_mut(place) {
                *flag = true;
            }
        }
        Self(set)
    }
}

impl Test {
    /// One flag a picked row.
    pub(super) fn flags(&self, rows: &mut impl Rows, picked: &Picked) -> Result<Vec<bool>> {
        match self {
            Self::In(column, ids) => rows.flags(*column, picked, |id| ids.contains(id)),
            Self::Between(column, least, most) => {
                rows.flags(*column, picked, |value| (*least..=*most).contains(&value))
            }
            Self::Hours(hours) => Ok(in_hours(*hours, &rows.values(Column::At, picked)?)),
            Self::Keys(keys) if keys.is_empty() => Ok(vec![false; picked.len()]),
            Self::Keys(keys) => {
                let at = rows.values(Column::At, picked)?;
                let id = rows.values(Column::Id, picked)?;
                let key = |(at, id): (&i64, &i64)| EventKey {
                    at: At(*at),
                    id: EventId(*id),
                };
                Ok(at
                    .iter()
                    .zip(&id)
                    .map(|pair| keys.contains(&key(pair)))
                    .collect())
            }
            Self::Any(tests) => {
                let mut any = vec![false; picked.len()];
                for test in tests {
                    let flags = test.flags(rows, picked)?;
                    any.iter_mut()
                        .zip(flags)
                        .for_each(|(any, flag)| *any |= flag);
                }
                Ok(any)
            }
        }
    }
}

/// Rows come in order of time, so a calendar is asked once an hour, not once a
/// row.
fn in_hours(hours: WeekHours, moments: &[i64]) -> Vec<bool> {
    let (mut from, mut to, mut inside) = (At(0), At(0), false);
    let flag = |at: &i64| {
        let at = At(*at);
        if at < from || at >= to {
            (from, to) = (at, Grain::Hour.next(hours.zone, at));
            inside = hours.contain_moment(at);
        }
        inside
    };
    moments.iter().map(flag).collect()
}
