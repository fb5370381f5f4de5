//! Roll-ups of eight days, made of those of the days when all of these are
//! closed: months over hundreds of accounts are merged from a third of the
//! bytes. A day that is opened again takes its span with it.

use std::collections::BTreeSet;
use std::ops::Range;

use diesel::prelude::*;

use super::family::{self, Family, Width};
use super::{Groups, put, read};
use crate::domain::units::{At, Ms};
use crate::store::error::Result;
use crate::store::scan::segments::Step;
use crate::store::schema::{rollup_day, rollup_span};

const DAYS: i64 = 8;

fn of_day(day: i64) -> i64 {
    day.div_euclid(DAYS)
}

fn days(span: i64) -> Range<i64> {
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

/// Closes the oldest span that is over and has no open day.
pub(super) fn close_step(c: &mut SqliteConnection, today: i64) -> Result<Step> {
    let known: Vec<(i64, i32)> = rollup_day::table
        .filter(rollup_day::day.lt(days(of_day(today)).start))
        .order(rollup_day::day.asc())
        .select((rollup_day::day, rollup_day::closed))
        .load(c)?;
    let done: Vec<i64> = rollup_span::table.select(rollup_span::span).load(c)?;
    let done: BTreeSet<i64> = done.into_iter().collect();
    let mut spans = known.chunk_by(|(a, _), (b, _)| of_day(*a) == of_day(*b));
    let next = spans.find_map(|days| {
        let span = of_day(days.first()?.0);
        let closed = days.iter().all(|(_, closed)| *closed == 1);
        (closed && !done.contains(&span)).then_some(span)
    });
    match next {
        Some(span) => Ok(Step::Worked(close(c, span)?)),
        None => Ok(Step::Idle),
    }
}

fn close(c: &mut SqliteConnection, span: i64) -> Result<usize> {
    let mut merged = 0;
    for family in Family::ALL {
        let mut groups = Groups::new();
        read(c, family, Width::Day, days(span), true, |_, cell| {
            merged += 1;
            Ok(cell.add_to(groups.entry(cell.group).or_default())?)
        })?;
        put(c, family::place(family, Width::Span, span), &groups, true)?;
    }
    diesel::replace_into(rollup_span::table)
        .values(rollup_span::span.eq(span))
        .execute(c)?;
    Ok(merged)
}
