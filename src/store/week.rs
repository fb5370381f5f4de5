//! A selection by weekday and hour of local clocks. Exact in every zone; an hour
//! that has not begun is no hour without requests. Which hours are unlike those
//! of other weeks is not asked here.

use diesel::sqlite::SqliteConnection;

use super::error::Result;
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
    /// Seven days of 24 hours; Monday is 0.
    pub cells: Vec<Totals>,
    /// Begun hours of the range that each cell is made of.
    pub hours: Vec<i64>,
    /// How much of them is over and in the range.
    pub time: Vec<Ms>,
    /// Monday to Sunday, and midnight to 23:00. Their quantiles are empty
    /// unless times were asked for.
    pub days: Vec<Totals>,
    pub clock: Vec<Totals>,
}

impl Week {
    #[must_use]
    pub fn place(cell: HourOfWeek) -> usize {
        usize::try_from(cell.weekday * 24 + cell.hour).unwrap_or_default()
    }
}

/// The weekday × hour table of a selection. Sums of days and of hours add up
/// from the cells; their quantiles do not, and are read only with `times`.
pub fn of(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    zone: Zone,
    now: At,
    times: bool,
) -> Result<Week> {
    let range = Grain::Hour.edges(zone, selection.from, selection.to);
    let slots = starts(&range).iter();
    let slots = slots.map(|at| cell(zone, *at, |cell| cell.weekday * 24 + cell.hour));
    let slots: Vec<u16> = slots.collect();
    let mut hours = vec![0; usize::from(CELLS)];
    let mut time = vec![Ms(0); usize::from(CELLS)];
    let ends = range.iter().skip(1);
    for ((at, end), slot) in range.iter().zip(ends).zip(&slots) {
        let cell = hours.get_mut(usize::from(*slot));
        let cell = cell.zip(time.get_mut(usize::from(*slot)));
        if let Some((hours, time)) = cell.filter(|_| *at <= now) {
            *hours += 1;
            time.0 += ((*end).min(now + Ms(1)) - *at).0;
        }
    }
    let question = Question {
        edges: range.clone(),
        slots,
        quantiles: true,
        ..Question::default()
    };
    let report = report::of(c, names, selection, &question)?;
    let cells = filled(report.slots, CELLS);
    let mut margin = |slots: u16, place: fn(HourOfWeek) -> u32| -> Result<Vec<Totals>> {
        if !times {
            return Ok(folded(&cells, slots, place));
        }
        let question = Question {
            slots: starts(&range)
                .iter()
                .map(|at| cell(zone, *at, place))
                .collect(),
            edges: range.clone(),
            quantiles: true,
            ..Question::default()
        };
        let slotted = report::of(c, names, selection, &question)?.slots;
        Ok(filled(slotted, slots))
    };
    Ok(Week {
        days: margin(DAYS, |cell| cell.weekday)?,
        clock: margin(HOURS, |cell| cell.hour)?,
        cells,
        hours,
        time,
    })
}

fn starts(edges: &[At]) -> &[At] {
    edges.split_last().map_or(&[], |(_, starts)| starts)
}

fn cell(zone: Zone, at: At, place: fn(HourOfWeek) -> u32) -> u16 {
    u16::try_from(place(HourOfWeek::of(zone, at))).unwrap_or(CELLS)
}

fn filled(mut slots: Vec<Totals>, many: u16) -> Vec<Totals> {
    slots.resize_with(usize::from(many), Totals::default);
    slots
}

fn folded(cells: &[Totals], many: u16, place: fn(HourOfWeek) -> u32) -> Vec<Totals> {
    let mut sums = filled(Vec::new(), many);
    for (at, totals) in (0_u32..).zip(cells) {
        let place = place(HourOfWeek {
            weekday: at / 24,
            hour: at % 24,
        });
        let sum = usize::try_from(place).ok().and_then(|at| sums.get_mut(at));
        if let Some(sum) = sum {
            sum.add(totals);
        }
    }
    sums
}
