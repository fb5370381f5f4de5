//! Roll-ups of eight days, made of those of the days when all of these are
//! closed: months over hundreds of accounts are merged from a third of the
//! bytes. A day that is opened again takes its span with it.

use std::collections::BTreeSet;
use std::ops::Range;

use diesel::prelude::*;

use super::family::{Family, Width};
use super::{Groups, read};
use crate::domain::units::{At, Ms};
use crate::store::error::Result;
use crate::store::schema::{rollup_day, rollup_span};

const DAYS: i64 = 8;

fn of_day(day: i64) -> i64 {
    day.div_euclid(DAYS)
}

pub(super) fn days(span: i64) -> Range<i64> {
    span * DAYS..(span + 1) * DAYS
}

/// The spans that have a moment in `[from, to)` and whose roll-ups hold.
pub(in crate::store) fn closed(
    c: &mut SqliteConnection,
    from: At,
    to: At,
) -> Result<BTreeSet<i64>> {
    let closed: Vec<i64> = rollup_span::table
        .filter(rollup_span::span.ge(Width::Span.of(from)))
        .filter(rollup_span::span.le(Width::Span.of(to - Ms(1))))
        .select(rollup_span::span)
        .load(c)?;
    Ok(closed.into_iter().collect())
}

/// A day is open again, or gone.
pub(super) fn open(c: &mut SqliteConnection, days: Range<i64>) -> Result<()> {
    diesel::delete(rollup_span::table)
        .filter(rollup_span::span.ge(of_day(days.start)))
        .filter(rollup_span::span.le(of_day(days.end.saturating_sub(1))))
        .execute(c)?;
    Ok(())
}

/// The oldest span that is over, has no open day and is not closed itself, nor
/// has a day that is `busy`.
pub(super) fn next(c: &mut SqliteConnection, today: i64, busy: Option<i64>) -> Result<Option<i64>> {
    let known: Vec<(i64, i32)> = rollup_day::table
        .filter(rollup_day::day.lt(days(of_day(today)).start))
        .order(rollup_day::day.asc())
        .select((rollup_day::day, rollup_day::closed))
        .load(c)?;
    let done: Vec<i64> = rollup_span::table.select(rollup_span::span).load(c)?;
    let done: BTreeSet<i64> = done.into_iter().collect();
    let mut spans = known.chunk_by(|(a, _), (b, _)| of_day(*a) == of_day(*b));
    Ok(spans.find_map(|days| {
        let span = of_day(days.first()?.0);
        let closed = days.iter().all(|(_, closed)| *closed == 1);
        let busy = busy.is_some_and(|day| of_day(day) == span);
        (closed && !busy && !done.contains(&span)).then_some(span)
    }))
}

/// The roll-ups of a span, from those of its days.
pub(super) fn add_up(c: &mut SqliteConnection, family: Family, span: i64) -> Result<Groups> {
    let mut groups = Groups::new();
    read(c, family, Width::Day, days(span), true, |_, cell| {
        Ok(cell.add_to(groups.entry(cell.group).or_default())?)
    })?;
    Ok(groups)
}

pub(super) fn set_closed(c: &mut SqliteConnection, span: i64) -> Result<()> {
    diesel::replace_into(rollup_span::table)
        .values(rollup_span::span.eq(span))
        .execute(c)?;
    Ok(())
}
