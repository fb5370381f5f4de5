//! Sums and sketches of stretches of time by one dimension each, so that months
//! are answered from a few blobs. Marginals, not a cube: over several
//! dimensions together a cube would have a row for nearly every event.
//!
//! Fine roll-ups (hours; quarters of an hour for the total) are brought up to
//! date in the transaction that stores the events and keep sums only, the total
//! also sketches. Days, and hours of the total, are made when the day is over,
//! with sketches for every group; spans of days follow; an event that comes later opens its day again, and until it
//! is closed nobody reads its day roll-ups.

mod anew;
mod block;
mod close;
mod family;
mod recost;
pub(in crate::store) mod span;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use diesel::prelude::*;

pub(in crate::store) use self::anew::step as rebuild_step;
pub(in crate::store) use self::block::Cell;
pub(in crate::store) use self::close::{Made, close_step, make, put_in_place};
pub(in crate::store) use self::family::{Family, HIT, MISS, Width};
pub(in crate::store) use self::recost::recost;
use super::error::Result;
use super::events::StoredEvent;
use super::measures::{Measures, Sums};
use super::schema::{rollup, rollup_day};
use crate::domain::units::{At, Ms};

type Groups = BTreeMap<i64, Measures>;

/// Counts new events, in the transaction that stores them.
pub(in crate::store) fn add(c: &mut SqliteConnection, new: &[StoredEvent]) -> Result<()> {
    merge(c, new, 0)?;
    anew::also(c, new)?;
    let days: BTreeSet<i64> = new.iter().map(|event| Width::Day.of(event.at_ms)).collect();
    days.into_iter().try_for_each(|day| reopen(c, day))
}

/// Adds events to their fine roll-ups, whose keys are `shift` further on.
fn merge(c: &mut SqliteConnection, new: &[StoredEvent], shift: i64) -> Result<()> {
    for ((family, bucket), mut groups) in fine(new) {
        let place = family::place(family, family.finest(), bucket) + shift;
        let stored: Option<(Vec<u8>, Option<Vec<u8>>)> = rollup::table
            .find(place)
            .select((rollup::sums, rollup::sketches))
            .get_result(c)
            .optional()?;
        if let Some((sums, sketches)) = stored {
            block::merge(&sums, sketches.as_deref(), &mut groups)?;
        }
        put(c, place, &groups, family == Family::Total)?;
    }
    Ok(())
}

/// Until it is closed again, nobody reads what is made of the whole day.
fn reopen(c: &mut SqliteConnection, day: i64) -> Result<()> {
    set_closed(c, day, false)?;
    span::open(c, day..day + 1)
}

/// The fine roll-ups of some events alone.
fn fine(events: &[StoredEvent]) -> HashMap<(Family, i64), Groups> {
    let mut blocks: HashMap<(Family, i64), Groups> = HashMap::new();
    for event in events {
        let sums = Sums::of(event);
        for family in Family::ALL {
            let bucket = family.finest().of(event.at_ms);
            let groups = blocks.entry((family, bucket)).or_default();
            let measures = groups.entry(family.group_of(event)).or_default();
            measures.sums.add(&sums);
            if family == Family::Total {
                measures.sketches.add(event);
            }
        }
    }
    blocks
}

fn put(c: &mut SqliteConnection, place: i64, groups: &Groups, sketches: bool) -> Result<()> {
    let sums = block::encode_sums(groups.iter().map(|(group, m)| (*group, &m.sums)));
    let sketches = sketches.then(|| block::encode_sketches(groups.values().map(|m| &m.sketches)));
    diesel::replace_into(rollup::table)
        .values((
            rollup::place.eq(place),
            rollup::sums.eq(sums),
            rollup::sketches.eq(sketches),
        ))
        .execute(c)?;
    Ok(())
}

fn set_closed(c: &mut SqliteConnection, day: i64, closed: bool) -> Result<()> {
    diesel::replace_into(rollup_day::table)
        .values((
            rollup_day::day.eq(day),
            rollup_day::closed.eq(i32::from(closed)),
        ))
        .execute(c)?;
    Ok(())
}

/// Shows every group of a dimension in these stretches, oldest first.
pub(in crate::store) fn read(
    c: &mut SqliteConnection,
    family: Family,
    width: Width,
    buckets: Range<i64>,
    sketches: bool,
    mut visit: impl FnMut(At, Cell<'_>) -> Result<()>,
) -> Result<()> {
    let from = family::place(family, width, buckets.start);
    let to = family::place(family, width, buckets.end);
    let within = rollup::table
        .filter(rollup::place.ge(from))
        .filter(rollup::place.lt(to))
        .order(rollup::place.asc());
    let mut show = |place, sums: &[u8], sketches: Option<&[u8]>| {
        let at = width.start(family::bucket(place));
        let mut outcome = Ok(());
        block::for_each(sums, sketches, |cell| {
            if outcome.is_ok() {
                outcome = visit(at, cell);
            }
            Ok(())
        })?;
        outcome
    };
    if sketches {
        for row in within.load_iter::<(i64, Vec<u8>, Option<Vec<u8>>), _>(c)? {
            let (place, sums, sketches) = row?;
            show(place, &sums, sketches.as_deref())?;
        }
    } else {
        let sums = within.select((rollup::place, rollup::sums));
        for row in sums.load_iter::<(i64, Vec<u8>), _>(c)? {
            let (place, sums) = row?;
            show(place, &sums, None)?;
        }
    }
    Ok(())
}

/// The days that have a moment in `[from, to)` and whose roll-ups hold.
pub(in crate::store) fn closed_days(
    c: &mut SqliteConnection,
    from: At,
    to: At,
) -> Result<BTreeSet<i64>> {
    let days = Width::Day.of(from)..Width::Day.of(to - Ms(1)) + 1;
    let closed: Vec<i64> = rollup_day::table
        .filter(rollup_day::day.ge(days.start))
        .filter(rollup_day::day.lt(days.end))
        .filter(rollup_day::closed.eq(1))
        .select(rollup_day::day)
        .load(c)?;
    Ok(closed.into_iter().collect())
}

/// Every day that has events, oldest first, and whether its roll-ups hold.
pub(in crate::store) fn days(c: &mut SqliteConnection) -> Result<Vec<(i64, bool)>> {
    let days: Vec<(i64, i32)> = rollup_day::table
        .order(rollup_day::day.asc())
        .select((rollup_day::day, rollup_day::closed))
        .load(c)?;
    Ok(days
        .into_iter()
        .map(|(day, closed)| (day, closed == 1))
        .collect())
}

/// Deletes the fine roll-ups of whole hours, and those of days among them.
fn forget(c: &mut SqliteConnection, from: At, to: At) -> Result<()> {
    let days = Width::Day.within(from, to);
    for family in Family::ALL {
        // What spans are left holds no longer.
        let widths = family.widths().iter();
        for width in widths.filter(|width| **width != Width::Span) {
            let buckets = match width {
                Width::Day => days.clone(),
                width => width.of(from)..width.of(to),
            };
            let place = |bucket| family::place(family, *width, bucket);
            diesel::delete(rollup::table)
                .filter(rollup::place.ge(place(buckets.start)))
                .filter(rollup::place.lt(place(buckets.end)))
                .execute(c)?;
        }
    }
    diesel::delete(rollup_day::table)
        .filter(rollup_day::day.ge(days.start))
        .filter(rollup_day::day.lt(days.end))
        .execute(c)?;
    span::open(c, days)
}
