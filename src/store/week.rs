//! A selection by weekday and hour of local clocks. Exact in every zone; an hour
//! that has not begun is no hour without requests. Which hours are unlike those
//! of other weeks is not asked here.

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::measures::Measures;
use super::names::Names;
use super::report::{self, Question};
use super::requests::Totals;
use crate::domain::filter::Selection;
use crate::domain::time::{Grain, HourOfWeek, Zone};
use crate::domain::units::{At, Ms};

const DAYS: u16 = 7;
const HOURS: u16 = 24;
const CELLS: u16 = DAYS * HOURS;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Week {
    /// Of the whole range, quantiles included.
    pub total: Totals,
    /// Seven days of 24 hours; Monday is 0.
    pub cells: Vec<Totals>,
    /// Begun hours of the range that each cell is made of.
    pub hours: Vec<i64>,
    /// How much of them is over and in the range.
    pub time: Vec<Ms>,
    /// Monday to Sunday, and midnight to 23:00.
    pub days: Vec<Totals>,
    pub clock: Vec<Totals>,
}

impl Week {
    #[must_use]
    pub fn place(cell: HourOfWeek) -> usize {
        usize::try_from(cell.weekday * 24 + cell.hour).unwrap_or_default()
    }
}

/// The weekday × hour table of a selection; without `quantiles` only the total
/// has any.
pub fn of(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    zone: Zone,
    now: At,
    quantiles: bool,
) -> Result<Week> {
    let edges = Grain::Hour.edges(zone, selection.from, selection.to);
    let starts = edges.split_last().map_or(&[][..], |(_, starts)| starts);
    let slots: Vec<u16> = starts.iter().map(|at| cell(zone, *at)).collect();
    let mut hours = vec![0; usize::from(CELLS)];
    let mut time = vec![Ms(0); usize::from(CELLS)];
    let ends = edges.iter().skip(1);
    for ((at, end), slot) in edges.iter().zip(ends).zip(&slots) {
        let cell = hours.get_mut(usize::from(*slot));
        let cell = cell.zip(time.get_mut(usize::from(*slot)));
        if let Some((hours, time)) = cell.filter(|_| *at <= now) {
            *hours += 1;
            time.0 += ((*end).min(now + Ms(1)) - *at).0;
        }
    }
    let question = Question {
        edges,
        quantiles: true,
        plain_bars: !quantiles,
        ..Question::default()
    };
    let (total, mut cells) = report::slots(c, names, selection, &question, &slots)?;
    cells.resize_with(usize::from(CELLS), Measures::default);
    let totals = |measures: &[Measures]| measures.iter().map(Measures::totals).collect();
    Ok(Week {
        total,
        days: totals(&folded(&cells, DAYS, |cell| cell / HOURS)),
        clock: totals(&folded(&cells, HOURS, |cell| cell % HOURS)),
        cells: totals(&cells),
        hours,
        time,
    })
}

fn cell(zone: Zone, at: At) -> u16 {
    let cell = HourOfWeek::of(zone, at);
    u16::try_from(Week::place(cell)).unwrap_or(CELLS)
}

/// The cells of each place together.
fn folded(cells: &[Measures], places: u16, place: fn(u16) -> u16) -> Vec<Measures> {
    let mut sums = vec![Measures::default(); usize::from(places)];
    for (cell, measures) in (0..).zip(cells) {
        if let Some(sum) = sums.get_mut(usize::from(place(cell))) {
            sum.merge(measures);
        }
    }
    sums
}
