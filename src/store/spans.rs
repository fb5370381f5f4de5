//! When each value of a dimension was first and last met, over everything that
//! is stored. Roll-ups tell the day, then the hour; rows are read of these hours
//! only, and only until every value was found.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::rollups::{self, Family, Width};
use super::scan::columns::Column;
use super::scan::keys::KeyRange;
use super::scan::predicate::Predicate;
use super::scan::{self, Order, Rows as _};
use crate::domain::units::{At, Ms};

/// Of a value: its first and its last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub first: At,
    pub last: At,
}

/// Spans of all values, by the id of the value.
pub(in crate::store) fn of(c: &mut SqliteConnection, family: Family) -> Result<HashMap<i64, Span>> {
    let Some(column) = family.column() else {
        return Ok(HashMap::new());
    };
    let hours = hours(c, family)?;
    let mut firsts: BTreeMap<i64, HashSet<i64>> = BTreeMap::new();
    let mut lasts: BTreeMap<i64, HashSet<i64>> = BTreeMap::new();
    for (value, (first, last)) in hours {
        firsts.entry(first).or_default().insert(value);
        lasts.entry(last).or_default().insert(value);
    }
    let mut reader = Reader { c, family, column };
    let first = reader.moments(firsts, Order::OldestFirst)?;
    let last = reader.moments(lasts, Order::NewestFirst)?;
    let span = |(value, first): (i64, At)| {
        let last = last.get(&value).copied().unwrap_or(first);
        (value, Span { first, last })
    };
    Ok(first.into_iter().map(span).collect())
}

/// Smallest and largest bucket of each value.
type Ends = HashMap<i64, (i64, i64)>;

fn note(ends: &mut Ends, value: i64, bucket: i64) {
    let (first, last) = ends.entry(value).or_insert((bucket, bucket));
    *first = bucket.min(*first);
    *last = bucket.max(*last);
}

/// The hours of the first and the last event of each value.
fn hours(c: &mut SqliteConnection, family: Family) -> Result<Ends> {
    let days = days(c, family)?;
    let edges: BTreeSet<i64> = days.values().flat_map(|(a, b)| [*a, *b]).collect();
    let mut ends = Ends::new();
    for day in edges {
        let from = Width::Hour.of(Width::Day.start(day));
        let hours = from..from + Ms::DAY.0 / Ms::HOUR.0;
        rollups::read(c, family, Width::Hour, hours, false, |at, cell| {
            if cell.sums.requests > 0 {
                note(&mut ends, cell.group, Width::Hour.of(at));
            }
            Ok(())
        })?;
    }
    Ok(ends)
}

/// Their days: closed ones in one go, open ones by their hours.
fn days(c: &mut SqliteConnection, family: Family) -> Result<Ends> {
    let days = rollups::days(c)?;
    let closed: HashSet<i64> = days
        .iter()
        .filter(|(_, closed)| *closed)
        .map(|(day, _)| *day)
        .collect();
    let mut ends = Ends::new();
    if let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) {
        let all = *first..*last + 1;
        rollups::read(c, family, Width::Day, all, false, |at, cell| {
            let day = Width::Day.of(at);
            if closed.contains(&day) && cell.sums.requests > 0 {
                note(&mut ends, cell.group, day);
            }
            Ok(())
        })?;
    }
    for (day, _) in days.iter().filter(|(_, closed)| !closed) {
        let from = Width::Hour.of(Width::Day.start(*day));
        let hours = from..from + Ms::DAY.0 / Ms::HOUR.0;
        rollups::read(c, family, Width::Hour, hours, false, |_, cell| {
            if cell.sums.requests > 0 {
                note(&mut ends, cell.group, *day);
            }
            Ok(())
        })?;
    }
    Ok(ends)
}

struct Reader<'a> {
    c: &'a mut SqliteConnection,
    family: Family,
    column: Column,
}

impl Reader<'_> {
    /// The first event in walking order of each value, which is in this hour.
    fn moments(
        &mut self,
        hours: BTreeMap<i64, HashSet<i64>>,
        order: Order,
    ) -> Result<HashMap<i64, At>> {
        let (family, column) = (self.family, self.column);
        let mut found = HashMap::new();
        for (hour, mut wanted) in hours {
            let range = KeyRange::between(Width::Hour.start(hour), Width::Hour.start(hour + 1));
            let all = Predicate::default();
            let (mut values, mut at) = (Vec::new(), Vec::new());
            scan::walk(self.c, range, order, &all, |chunk, picked| {
                chunk.read(column, &picked, &mut values)?;
                chunk.read(Column::At, &picked, &mut at)?;
                let mut meet = |(value, at): (&i64, &i64)| {
                    let value = family.group(*value);
                    if wanted.remove(&value) {
                        found.insert(value, At(*at));
                    }
                };
                match order {
                    Order::OldestFirst => values.iter().zip(&at).for_each(&mut meet),
                    Order::NewestFirst => values.iter().zip(&at).rev().for_each(&mut meet),
                }
                Ok(if wanted.is_empty() {
                    std::ops::ControlFlow::Break(())
                } else {
                    std::ops::ControlFlow::Continue(())
                })
            })?;
        }
        Ok(found)
    }
}
