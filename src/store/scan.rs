//! The one way to look at many events: chunks of rows in key order, from sealed
//! segments where there are any and from the event table where not, with a
//! predicate applied column by column. Answers the same whatever is sealed.
//! Stops when the visitor has enough; never reads a column nobody asked for.

pub(in crate::store) mod columns;
pub(in crate::store) mod keys;
pub(in crate::store) mod loose;
pub(in crate::store) mod picked;
pub(in crate::store) mod predicate;
pub(in crate::store) mod segments;

use std::ops::ControlFlow;

use diesel::sqlite::SqliteConnection;

use self::columns::{Column, Packed, UNKNOWN};
use self::keys::KeyRange;
use self::picked::Picked;
use self::predicate::Predicate;
pub(in crate::store) use self::predicate::Rows;
use self::segments::Segment;
use super::counters::{self, Counter};
use super::error::{Result, StoreError};
use super::events::StoredEvent;
use super::newest::Newest;
use crate::domain::event::{EventId, EventKey};
use crate::domain::units::At;

/// Unsealed events read at a time: enough to be quick, few enough to stop early.
const LOOSE_ROWS: usize = 1_024;
/// Segments that [`share`] looks at.
const SAMPLES: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Order {
    OldestFirst,
    NewestFirst,
}

/// Some consecutive events, ascending by key whatever the order of the walk.
pub(in crate::store) struct Chunk<'a> {
    c: &'a mut SqliteConnection,
    source: Source,
}

enum Source {
    Sealed {
        number: i32,
        /// Between the first and the last moment, both included.
        span: (At, At),
        /// Columns read so far.
        columns: Vec<(Column, Packed)>,
    },
    Loose(Vec<StoredEvent>),
}

impl Source {
    fn sealed(segment: Segment) -> Self {
        Self::Sealed {
            number: segment.number,
            span: (segment.range.from.at, segment.range.to.at),
            columns: Vec::new(),
        }
    }

    fn span(&self) -> Option<(At, At)> {
        match self {
            Self::Sealed { span, .. } => Some(*span),
            Self::Loose(events) => Some((events.first()?.at_ms, events.last()?.at_ms)),
        }
    }

    /// `load` gives a column of a segment that was not read yet.
    fn read(
        &mut self,
        column: Column,
        picked: &Picked,
        out: &mut Vec<i64>,
        load: impl FnOnce(i32) -> Result<Packed>,
    ) -> Result<()> {
        match self {
            Self::Sealed {
                number, columns, ..
            } => {
                packed(*number, columns, column, load)?.read(picked, out)?;
            }
            Self::Loose(events) => {
                let value = |event| column.of(event).unwrap_or(UNKNOWN);
                out.clear();
                match picked {
                    Picked::All(rows) => {
                        let events = events.get(rows.clone()).unwrap_or_default();
                        out.extend(events.iter().map(value));
                    }
                    Picked::Some(rows) => {
                        out.extend(rows.iter().filter_map(|row| events.get(*row)).map(value));
                    }
                }
            }
        }
        Ok(())
    }

    fn flags(
        &mut self,
        column: Column,
        picked: &Picked,
        test: impl Fn(i64) -> bool,
        load: impl FnOnce(i32) -> Result<Packed>,
    ) -> Result<Vec<bool>> {
        if let Self::Sealed {
            number, columns, ..
        } = self
        {
            let column = packed(*number, columns, column, load)?;
            return Ok(column.flags(picked, test)?);
        }
        let mut values = Vec::new();
        self.read(column, picked, &mut values, load)?;
        Ok(values.into_iter().map(test).collect())
    }
}

/// A column of a segment, read when it is first asked for.
fn packed(
    number: i32,
    columns: &mut Vec<(Column, Packed)>,
    wanted: Column,
    load: impl FnOnce(i32) -> Result<Packed>,
) -> Result<&Packed> {
    let known = columns.iter().position(|(known, _)| *known == wanted);
    let place = known.unwrap_or(columns.len());
    if known.is_none() {
        columns.push((wanted, load(number)?));
    }
    let (_, data) = columns.get(place).expect("the column was just added");
    Ok(data)
}

impl Chunk<'_> {
    pub(in crate::store) fn connection(&mut self) -> &mut SqliteConnection {
        self.c
    }

    pub(in crate::store) fn keys(&mut self, picked: &Picked) -> Result<Vec<EventKey>> {
        let (mut at, mut id) = (Vec::new(), Vec::new());
        self.read(Column::At, picked, &mut at)?;
        self.read(Column::Id, picked, &mut id)?;
        let key = |(at, id)| EventKey {
            at: At(at),
            id: EventId(id),
        };
        Ok(at.into_iter().zip(id).map(key).collect())
    }

    /// Takes the rows away with these columns, for another thread to read. What
    /// is left of the chunk is empty.
    pub(in crate::store) fn take(&mut self, wanted: &[Column]) -> Result<Taken> {
        if let Source::Sealed {
            number, columns, ..
        } = &mut self.source
        {
            for column in wanted {
                if columns.iter().all(|(known, _)| known != column) {
                    columns.push((*column, segments::column(self.c, *number, *column)?));
                }
            }
        }
        let empty = Source::Loose(Vec::new());
        Ok(Taken(std::mem::replace(&mut self.source, empty)))
    }
}

impl Rows for Chunk<'_> {
    fn read(&mut self, column: Column, picked: &Picked, out: &mut Vec<i64>) -> Result<()> {
        let load = |number| segments::column(self.c, number, column);
        self.source.read(column, picked, out, load)
    }

    fn flags(
        &mut self,
        column: Column,
        picked: &Picked,
        test: impl Fn(i64) -> bool,
    ) -> Result<Vec<bool>> {
        let load = |number| segments::column(self.c, number, column);
        self.source.flags(column, picked, test, load)
    }

    fn span(&self) -> Option<(At, At)> {
        self.source.span()
    }
}

/// Some columns of a chunk, without a connection.
pub(in crate::store) struct Taken(Source);

impl Rows for Taken {
    fn read(&mut self, column: Column, picked: &Picked, out: &mut Vec<i64>) -> Result<()> {
        let load = |_| Err(StoreError::BadValue(format!("{column:?} was not taken")));
        self.0.read(column, picked, out, load)
    }

    fn span(&self) -> Option<(At, At)> {
        self.0.span()
    }
}

/// Shows `visit` every chunk of `range` that has rows that pass, with these rows.
pub(in crate::store) fn walk(
    c: &mut SqliteConnection,
    range: KeyRange,
    order: Order,
    predicate: &Predicate,
    mut visit: impl FnMut(&mut Chunk<'_>, Picked) -> Result<ControlFlow<()>>,
) -> Result<()> {
    if predicate.is_nothing() {
        return Ok(());
    }
    let mut visit = |c: &mut SqliteConnection, source, mut picked| {
        let mut chunk = Chunk { c, source };
        predicate.apply(&mut chunk, &mut picked)?;
        if picked.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        visit(&mut chunk, picked)
    };
    for stretch in stretches(c, range, order)? {
        let flow = match stretch {
            Stretch::Sealed(segment) => {
                let picked = rows_within(c, segment, range)?;
                visit(c, Source::sealed(segment), picked)?
            }
            Stretch::Loose(range) => walk_loose(c, range, order, predicate.newest(), &mut visit)?,
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

/// Shows `visit` all of `range`, oldest first.
pub(in crate::store) fn all(
    c: &mut SqliteConnection,
    range: KeyRange,
    predicate: &Predicate,
    mut visit: impl FnMut(&mut Chunk<'_>, &Picked) -> Result<()>,
) -> Result<()> {
    walk(c, range, Order::OldestFirst, predicate, |chunk, picked| {
        visit(chunk, &picked)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// Hundredths of the events of `range` that pass, judged by a few segments;
/// `None` when there are so few that it does not matter.
pub(in crate::store) fn share(
    c: &mut SqliteConnection,
    range: KeyRange,
    predicate: &Predicate,
) -> Result<Option<usize>> {
    let segments = segments::overlapping(c, range)?;
    if segments.len() < SAMPLES {
        return Ok(None);
    }
    let (mut rows, mut passing) = (0, 0);
    for segment in segments.iter().step_by(segments.len() / SAMPLES) {
        let mut picked = Picked::All(0..segment.rows);
        rows += picked.len();
        let source = Source::sealed(*segment);
        predicate.apply(&mut Chunk { c, source }, &mut picked)?;
        passing += picked.len();
    }
    Ok(Some(passing * 100 / rows.max(1)))
}

enum Stretch {
    Sealed(Segment),
    Loose(KeyRange),
}

/// The segments of a range and what lies between them, in walking order.
fn stretches(c: &mut SqliteConnection, range: KeyRange, order: Order) -> Result<Vec<Stretch>> {
    let mut stretches = Vec::new();
    let mut from = range.from;
    for segment in segments::overlapping(c, range)? {
        if from < segment.range.from {
            let to = segment.range.from;
            stretches.push(Stretch::Loose(KeyRange { from, to }));
        }
        from = segment.range.to;
        stretches.push(Stretch::Sealed(segment));
    }
    if from < range.to {
        stretches.push(Stretch::Loose(KeyRange { from, to: range.to }));
    }
    if order == Order::NewestFirst {
        stretches.reverse();
    }
    Ok(stretches)
}

fn rows_within(c: &mut SqliteConnection, segment: Segment, range: KeyRange) -> Result<Picked> {
    let all = Picked::All(0..segment.rows);
    if range.covers(segment.range) {
        return Ok(all);
    }
    let source = Source::sealed(segment);
    let keys = Chunk { c, source }.keys(&all)?;
    let place = |key| keys.partition_point(|other| *other < key);
    Ok(Picked::All(place(range.from)..place(range.to)))
}

/// What no segment holds, from memory as far as that goes.
fn walk_loose(
    c: &mut SqliteConnection,
    mut range: KeyRange,
    order: Order,
    newest: Option<&Newest>,
    visit: &mut impl FnMut(&mut SqliteConnection, Source, Picked) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    let version = match newest {
        Some(_) => counters::get(c, Counter::Version)?.unsigned_abs(),
        None => 0,
    };
    while !range.is_empty() {
        let known = newest.and_then(|newest| newest.from(version));
        let from = known.map_or(range.to, |from| from.clamp(range.from, range.to));
        let in_memory = match order {
            Order::OldestFirst => from == range.from,
            Order::NewestFirst => from < range.to,
        };
        let part = if in_memory {
            KeyRange { from, ..range }
        } else {
            KeyRange { to: from, ..range }
        };
        let known = newest.filter(|_| in_memory);
        let known = known.and_then(|newest| match order {
            Order::OldestFirst => newest.oldest(version, part, LOOSE_ROWS),
            Order::NewestFirst => newest.newest(version, part, LOOSE_ROWS),
        });
        let mut events = match (known, order) {
            (Some(events), _) => events,
            (None, Order::OldestFirst) => loose::oldest(c, part, LOOSE_ROWS)?,
            (None, Order::NewestFirst) => loose::newest(c, part, LOOSE_ROWS)?,
        };
        // Where a part goes on that has more.
        let last = events.last().filter(|_| events.len() == LOOSE_ROWS);
        let last = last.map(StoredEvent::key);
        match order {
            Order::OldestFirst => range.from = last.map_or(part.to, keys::after),
            Order::NewestFirst => {
                range.to = last.unwrap_or(part.from);
                events.reverse();
            }
        }
        let rows = Picked::All(0..events.len());
        if !events.is_empty() && visit(c, Source::Loose(events), rows)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
