//! Sealed stretches of the event table as column blobs: a cache, nothing else.
//! A segment covers the key range `[first, end)` and holds every event in it;
//! storing an event inside such a range deletes the segment in the same
//! transaction, and whatever no segment covers is read from the events. Small
//! segments are cut from the newest events as soon as these have been quiet for
//! a minute; after a day they are merged into large ones, which scan faster.

use diesel::prelude::*;

use super::columns::{Column, Packed};
use super::keys::{self, KeyRange};
use super::loose;
use super::picked::Picked;
use crate::domain::event::{EventId, EventKey};
use crate::domain::units::{At, Ms};
use crate::store::error::Result;
use crate::store::events::StoredEvent;
use crate::store::schema::{segment, segment_column};

/// Rows of a segment cut from the newest events: few, because every scan reads
/// the events that are not sealed yet, and because a late event undoes it.
const SMALL: usize = 4_096;
/// Rows of a segment that lasts.
const LARGE: usize = 32_768;
/// Events this young may still have company coming: a request is reported when
/// it ends and filed under when it began.
const QUIET: Ms = Ms(60_000);
/// When late events have become rare.
const SETTLED: Ms = Ms::DAY;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Segment {
    pub(in crate::store) number: i32,
    pub(in crate::store) range: KeyRange,
    pub(in crate::store) rows: usize,
}

/// What a step of background work did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is nothing to do for now.
    Idle,
    /// This many rows were worked on; there may be more.
    Worked(usize),
}

type Stored = (At, EventId, At, EventId, i32, i32);

impl From<Stored> for Segment {
    fn from((first_at, first_id, end_at, end_id, number, rows): Stored) -> Self {
        Self {
            number,
            range: KeyRange {
                from: EventKey {
                    at: first_at,
                    id: first_id,
                },
                to: EventKey {
                    at: end_at,
                    id: end_id,
                },
            },
            rows: usize::try_from(rows).unwrap_or_default(),
        }
    }
}

/// Segments that share a key with `range`, oldest first.
pub(in crate::store) fn overlapping(
    c: &mut SqliteConnection,
    range: KeyRange,
) -> Result<Vec<Segment>> {
    let stored: Vec<Stored> = segment::table
        .filter(segment::first_at.le(range.to.at))
        .filter(segment::end_at.ge(range.from.at))
        .order((segment::first_at.asc(), segment::first_id.asc()))
        .select((
            segment::first_at,
            segment::first_id,
            segment::end_at,
            segment::end_id,
            segment::number,
            segment::rows,
        ))
        .load(c)?;
    let segments = stored.into_iter().map(Segment::from);
    Ok(segments
        .filter(|segment| segment.range.overlaps(range))
        .collect())
}

pub(in crate::store) fn column(
    c: &mut SqliteConnection,
    number: i32,
    column: Column,
) -> Result<Packed> {
    let bytes: Vec<u8> = segment_column::table
        .find(place(column, number))
        .select(segment_column::data)
        .get_result(c)?;
    Ok(Packed::parse(bytes)?)
}

/// Forgets the segments that no longer hold every event of their range. Call it
/// in the transaction that stored these events.
pub(in crate::store) fn invalidate(c: &mut SqliteConnection, new: &[StoredEvent]) -> Result<()> {
    let keys = || new.iter().map(StoredEvent::key);
    let (Some(first), Some(last)) = (keys().min(), keys().max()) else {
        return Ok(());
    };
    // Nearly always there is none: events arrive at the end.
    for segment in overlapping(
        c,
        KeyRange {
            from: first,
            to: keys::after(last),
        },
    )? {
        if keys().any(|key| segment.range.contains(key)) {
            forget(c, segment)?;
        }
    }
    Ok(())
}

/// Sets one column of some events, ascending by key, in the segments that hold
/// them. Call it in the transaction that changed the events.
pub(in crate::store) fn rewrite(
    c: &mut SqliteConnection,
    what: Column,
    values: &[(EventKey, Option<i64>)],
) -> Result<()> {
    let (Some((first, _)), Some((last, _))) = (values.first(), values.last()) else {
        return Ok(());
    };
    let range = KeyRange {
        from: *first,
        to: keys::after(*last),
    };
    for segment in overlapping(c, range)? {
        let from = values.partition_point(|(key, _)| *key < segment.range.from);
        let to = values.partition_point(|(key, _)| *key < segment.range.to);
        let inside = values.get(from..to).unwrap_or_default();
        if !inside.is_empty() {
            rewrite_one(c, segment, what, inside)?;
        }
    }
    Ok(())
}

fn rewrite_one(
    c: &mut SqliteConnection,
    segment: Segment,
    what: Column,
    values: &[(EventKey, Option<i64>)],
) -> Result<()> {
    let all = Picked::All(0..segment.rows);
    let mut read = |column_of: Column| -> Result<Vec<i64>> {
        let mut out = Vec::new();
        column(c, segment.number, column_of)?.read(&all, &mut out)?;
        Ok(out)
    };
    let (at, id, stored) = (read(Column::At)?, read(Column::Id)?, read(what)?);
    let known = |value| what.known(value);
    let mut stored: Vec<Option<i64>> = stored.into_iter().map(known).collect();
    let held: Vec<(i64, i64)> = at.into_iter().zip(id).collect();
    for (key, value) in values {
        let found = held.binary_search(&(key.at.0, key.id.0));
        if let Some(cell) = found.ok().and_then(|row| stored.get_mut(row)) {
            *cell = *value;
        }
    }
    diesel::update(segment_column::table.find(place(what, segment.number)))
        .set(segment_column::data.eq(Packed::pack(&stored)))
        .execute(c)?;
    Ok(())
}

/// Forgets everything; [`seal_step`] builds it anew.
pub(in crate::store) fn forget_all(c: &mut SqliteConnection) -> Result<()> {
    diesel::delete(segment_column::table).execute(c)?;
    diesel::delete(segment::table).execute(c)?;
    Ok(())
}

/// How many of `stored` events are sealed, in thousandths, while many old ones
/// are not: after an upgrade that cuts them anew. `None` when scans are as fast
/// as they get.
pub(in crate::store) fn sealing(
    c: &mut SqliteConnection,
    stored: i64,
    now: At,
) -> Result<Option<i64>> {
    let segments = overlapping(c, KeyRange::EVERYTHING)?;
    let sealed: usize = segments.iter().map(|segment| segment.rows).sum();
    let stored = usize::try_from(stored).unwrap_or_default();
    if stored.saturating_sub(sealed) <= LARGE {
        return Ok(None);
    }
    for hole in holes(&segments) {
        if loose::nth(c, hole.until(now - SETTLED), LARGE)?.is_some() {
            return Ok(i64::try_from(sealed * 1_000 / stored).ok());
        }
    }
    Ok(None)
}

/// One bounded piece of sealing or merging, in a write transaction.
pub(in crate::store) fn seal_step(c: &mut SqliteConnection, now: At) -> Result<Step> {
    let segments = overlapping(c, KeyRange::EVERYTHING)?;
    for hole in holes(&segments) {
        if let Step::Worked(rows) = seal_hole(c, hole, now)? {
            return Ok(Step::Worked(rows));
        }
    }
    let Some(run) = mergeable(&segments, now) else {
        return Ok(Step::Idle);
    };
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return Ok(Step::Idle);
    };
    let range = KeyRange {
        from: first.range.from,
        to: last.range.to,
    };
    let run = run.to_vec();
    let rows = run.iter().map(|segment| segment.rows).sum();
    let columns = pack(|column| joined(c, &run, column))?;
    for segment in run {
        forget(c, segment)?;
    }
    insert(c, range, rows, columns)?;
    Ok(Step::Worked(rows))
}

/// A column of neighbours, one after the other: a tenth of the work of reading
/// their events again.
fn joined(c: &mut SqliteConnection, run: &[Segment], what: Column) -> Result<Vec<Option<i64>>> {
    let (mut all, mut values) = (Vec::new(), Vec::new());
    for segment in run {
        column(c, segment.number, what)?.read(&Picked::All(0..segment.rows), &mut values)?;
        all.extend(values.iter().map(|value| what.known(*value)));
    }
    Ok(all)
}

/// The key ranges that no segment covers, oldest first; the last one is open.
fn holes(segments: &[Segment]) -> Vec<KeyRange> {
    let mut holes = Vec::new();
    let mut from = KeyRange::EVERYTHING.from;
    for segment in segments {
        if from < segment.range.from {
            holes.push(KeyRange {
                from,
                to: segment.range.from,
            });
        }
        from = segment.range.to;
    }
    holes.push(KeyRange {
        from,
        to: KeyRange::EVERYTHING.to,
    });
    holes
}

fn seal_hole(c: &mut SqliteConnection, hole: KeyRange, now: At) -> Result<Step> {
    let settled = hole.until(now - SETTLED);
    let quiet = hole.until(now - QUIET);
    let whole_is_quiet = quiet == hole && hole.to != KeyRange::EVERYTHING.to;
    let cut = match loose::nth(c, settled, LARGE)? {
        Some(next) => Some(next),
        None => loose::nth(c, quiet, SMALL)?,
    };
    let end = match cut {
        Some(next) => next,
        None if whole_is_quiet => hole.to,
        // Too few yet, and more will come.
        None => return Ok(Step::Idle),
    };
    let rows = loose::oldest(c, KeyRange { to: end, ..hole }, LARGE)?;
    let Some(first) = rows.first() else {
        return close_empty(c, hole);
    };
    insert(
        c,
        KeyRange {
            from: first.key(),
            to: end,
        },
        rows.len(),
        pack(|column| Ok(rows.iter().map(|row| column.of(row)).collect()))?,
    )?;
    Ok(Step::Worked(rows.len()))
}

/// A hole without events is joined to the segment before it, so that nobody
/// looks into it again.
fn close_empty(c: &mut SqliteConnection, hole: KeyRange) -> Result<Step> {
    if hole.from == KeyRange::EVERYTHING.from {
        return Ok(Step::Idle);
    }
    diesel::update(segment::table)
        .filter(segment::end_at.eq(hole.from.at))
        .filter(segment::end_id.eq(hole.from.id))
        .set((
            segment::end_at.eq(hole.to.at),
            segment::end_id.eq(hole.to.id),
        ))
        .execute(c)?;
    Ok(Step::Worked(0))
}

/// Neighbours, all settled, that together make a large segment.
fn mergeable(segments: &[Segment], now: At) -> Option<&[Segment]> {
    let mut start = 0;
    let mut rows = 0;
    let mut last: Option<&Segment> = None;
    for (place, segment) in segments.iter().enumerate() {
        if segment.range.to.at > now - SETTLED {
            return None;
        }
        let adjacent = last.is_some_and(|last| last.range.to == segment.range.from);
        if !adjacent || rows + segment.rows > LARGE {
            start = place;
            rows = 0;
        }
        rows += segment.rows;
        last = Some(segment);
        if rows > LARGE - SMALL && place > start {
            return segments.get(start..=place);
        }
    }
    None
}

/// All columns as they are stored.
fn pack(
    mut values: impl FnMut(Column) -> Result<Vec<Option<i64>>>,
) -> Result<Vec<(Column, Vec<u8>)>> {
    let columns = Column::ALL.into_iter();
    columns
        .map(|column| Ok((column, Packed::pack(&values(column)?))))
        .collect()
}

fn insert(
    c: &mut SqliteConnection,
    range: KeyRange,
    rows: usize,
    columns: Vec<(Column, Vec<u8>)>,
) -> Result<()> {
    let newest: Option<i32> = segment::table
        .select(diesel::dsl::max(segment::number))
        .get_result(c)?;
    let number = newest.unwrap_or_default() + 1;
    diesel::insert_into(segment::table)
        .values((
            segment::first_at.eq(range.from.at),
            segment::first_id.eq(range.from.id),
            segment::end_at.eq(range.to.at),
            segment::end_id.eq(range.to.id),
            segment::number.eq(number),
            segment::rows.eq(i32::try_from(rows).unwrap_or(i32::MAX)),
        ))
        .execute(c)?;
    for (column, data) in columns {
        diesel::insert_into(segment_column::table)
            .values((
                segment_column::place.eq(place(column, number)),
                segment_column::data.eq(data),
            ))
            .execute(c)?;
    }
    Ok(())
}

fn forget(c: &mut SqliteConnection, segment: Segment) -> Result<()> {
    diesel::delete(segment::table.find((segment.range.from.at, segment.range.from.id)))
        .execute(c)?;
    for column in Column::ALL {
        diesel::delete(segment_column::table.find(place(column, segment.number))).execute(c)?;
    }
    Ok(())
}

fn place(column: Column, number: i32) -> i64 {
    i64::from(column.code()) << 32 | i64::from(number)
}
