//! The roll-ups of days and spans, made when these are over. A day may have
//! millions of events, and whoever writes waits for whoever writes: so they are
//! made in a read, and put in place in a short write, if what they were made
//! from is still what is stored. If not, they are made again.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::family::{self, Family, Width};
use super::{Groups, block, days, read, set_closed, span};
use crate::domain::units::{At, Ms};
use crate::store::error::Result;
use crate::store::fold::{Fold, Keep};
use crate::store::measures::Measures;
use crate::store::scan;
use crate::store::scan::keys::KeyRange;
use crate::store::scan::predicate::Predicate;
use crate::store::scan::segments::Step;
use crate::store::schema::{rollup, rollup_day};

/// How long after its end a day is left open for requests that began in it.
const OPEN: Ms = Ms::HOUR;

/// Place, sums, sketches.
type Stored = (i64, Vec<u8>, Option<Vec<u8>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stretch {
    Day(i64),
    Span(i64),
}

/// What is to be put in place.
#[derive(Debug)]
pub(in crate::store) struct Made {
    stretch: Stretch,
    /// What it was made from.
    sources: Sources,
    roll_ups: Vec<Stored>,
    /// Events, or groups, that went into it.
    counted: usize,
}

/// Finer roll-ups count every event and sum up every cost, so that nothing can
/// happen to the events of a stretch that these do not show.
#[derive(Debug, PartialEq, Eq)]
struct Sources {
    open: Vec<(i64, bool)>,
    finer: Vec<Stored>,
}

/// Makes the roll-ups of the oldest open day that is over, or of the oldest
/// span; `None` when there is none. The day and the span that somebody is at
/// work on would be opened again at once: these wait.
pub(in crate::store) fn make(
    c: &mut SqliteConnection,
    now: At,
    at_work: Option<At>,
) -> Result<Option<Made>> {
    let today = Width::Day.of(now - OPEN);
    let busy = at_work.map(|at| Width::Day.of(at));
    let day: Option<i64> = rollup_day::table
        .filter(rollup_day::closed.eq(0))
        .filter(rollup_day::day.lt(today))
        .filter(rollup_day::day.ne(busy.unwrap_or(today)))
        .select(diesel::dsl::min(rollup_day::day))
        .get_result(c)?;
    let stretch = match day {
        Some(day) => Some(Stretch::Day(day)),
        None => span::next(c, today, busy)?.map(Stretch::Span),
    };
    stretch.map(|stretch| stretch.make(c)).transpose()
}

/// In a write transaction.
pub(in crate::store) fn put_in_place(c: &mut SqliteConnection, made: &Made) -> Result<Step> {
    if made.stretch.sources(c)? != made.sources {
        return Ok(Step::Worked(0));
    }
    for (place, sums, sketches) in &made.roll_ups {
        diesel::replace_into(rollup::table)
            .values((
                rollup::place.eq(place),
                rollup::sums.eq(sums),
                rollup::sketches.eq(sketches),
            ))
            .execute(c)?;
    }
    match made.stretch {
        Stretch::Day(day) => set_closed(c, day, true)?,
        Stretch::Span(span) => span::set_closed(c, span)?,
    }
    Ok(Step::Worked(made.counted))
}

/// Both at once, in a write transaction: for those who write alone.
pub(in crate::store) fn close_step(
    c: &mut SqliteConnection,
    now: At,
    at_work: Option<At>,
) -> Result<Step> {
    match make(c, now, at_work)? {
        Some(made) => put_in_place(c, &made),
        None => Ok(Step::Idle),
    }
}

impl Stretch {
    fn make(self, c: &mut SqliteConnection) -> Result<Made> {
        let mut roll_ups = Vec::new();
        let counted = match self {
            Self::Day(day) => {
                let rows = count_day(c, day, &mut roll_ups)?;
                sum_hours_up(c, day, &mut roll_ups)?;
                rows
            }
            Self::Span(span) => {
                let mut merged = 0;
                for family in Family::ALL {
                    let groups = span::add_up(c, family, span)?;
                    merged += groups.len();
                    let place = family::place(family, Width::Span, span);
                    roll_ups.push(stored(place, &groups));
                }
                merged
            }
        };
        Ok(Made {
            stretch: self,
            sources: self.sources(c)?,
            roll_ups,
            counted,
        })
    }

    fn sources(self, c: &mut SqliteConnection) -> Result<Sources> {
        let of_days = match self {
            Self::Day(day) => day..day + 1,
            Self::Span(span) => span::days(span),
        };
        let (from, to) = (
            Width::Day.start(of_days.start),
            Width::Day.start(of_days.end),
        );
        let mut finer = Vec::new();
        for family in Family::ALL {
            let width = match self {
                Self::Day(_) => family.finest(),
                Self::Span(_) => Width::Day,
            };
            let place = |at| family::place(family, width, width.of(at));
            let stored: Vec<Stored> = rollup::table
                .filter(rollup::place.ge(place(from)))
                .filter(rollup::place.lt(place(to)))
                .order(rollup::place.asc())
                .load(c)?;
            finer.extend(stored);
        }
        let open = days(c)?.into_iter();
        Ok(Sources {
            open: open.filter(|(day, _)| of_days.contains(day)).collect(),
            finer,
        })
    }
}

fn stored(place: i64, groups: &Groups) -> Stored {
    (
        place,
        block::encode_sums(groups.iter().map(|(group, m)| (*group, &m.sums))),
        Some(block::encode_sketches(groups.values().map(|m| &m.sketches))),
    )
}

fn count_day(c: &mut SqliteConnection, day: i64, roll_ups: &mut Vec<Stored>) -> Result<usize> {
    let range = KeyRange::between(Width::Day.start(day), Width::Day.start(day + 1));
    let families: Vec<Family> = Family::ALL
        .into_iter()
        .filter(|family| *family != Family::Total)
        .collect();
    let mut fold = Fold::new(&[], &[], &families, true, Keep::Nothing);
    scan::all(c, range, &Predicate::default(), |chunk, picked| {
        fold.rows(chunk, picked)
    })?;
    let counted = fold.finish();
    let rows = usize::try_from(counted.total.sums.requests).unwrap_or(usize::MAX);
    let place = |family| family::place(family, Width::Day, day);
    let total = Groups::from([(0, counted.total)]);
    roll_ups.push(stored(place(Family::Total), &total));
    for (family, groups) in families.into_iter().zip(counted.groups) {
        roll_ups.push(stored(place(family), &groups.into_iter().collect()));
    }
    Ok(rows)
}

/// The hours of the total, from its quarters. They save charts of many days
/// three blobs out of four.
fn sum_hours_up(c: &mut SqliteConnection, day: i64, roll_ups: &mut Vec<Stored>) -> Result<()> {
    let mut hours: BTreeMap<i64, Measures> = BTreeMap::new();
    let quarters = day * 96..(day + 1) * 96;
    read(
        c,
        Family::Total,
        Width::Quarter,
        quarters,
        true,
        |at, cell| {
            let hour = hours.entry(Width::Hour.of(at)).or_default();
            Ok(cell.add_to(hour)?)
        },
    )?;
    for (hour, measures) in hours {
        let place = family::place(Family::Total, Width::Hour, hour);
        roll_ups.push(stored(place, &Groups::from([(0, measures)])));
    }
    Ok(())
}
