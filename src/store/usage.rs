//! Everything the usage pages show of one view, read at one moment: the sums
//! and their course, the same of the period before, the last half hour, and
//! what the filters offer. What it looks like is not decided here.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::choices;
use super::error::Result;
use super::names::Names;
use super::report::{self, Question, Report};
use super::requests::{Choice, Dimension, Totals};
use super::schema::event;
use crate::domain::filter::{Selection, UsageView};
use crate::domain::time::{Grain, HourOfWeek, Zone};
use crate::domain::units::{At, Ms};
use crate::domain::unusual::{self, Hour};

/// What a page wants of a view.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub view: UsageView,
    /// Of a visitor who asks for none.
    pub zone: Zone,
    pub now: At,
    /// Tables wanted, and rows of each.
    pub by: Vec<Dimension>,
    pub limit: usize,
    /// What the filters are to offer.
    pub choices: Vec<Dimension>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    pub zone: Zone,
    pub span: (At, At),
    /// Width of the bars.
    pub grain: Grain,
    pub report: Report,
    /// The period before, when it is compared: its bars match these one by one.
    pub before: Option<Before>,
    /// The last half hour, of a range that reaches up to now.
    pub lately: Option<Totals>,
    pub choices: Vec<Vec<Choice>>,
    /// The newest event there is; `None` of an empty database.
    pub newest: Option<At>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    pub span: (At, At),
    pub report: Report,
}

/// How long "lately" is.
pub const LATELY: Ms = Ms(30 * Ms::MINUTE.0);

/// The oldest and the newest event.
pub fn ends(c: &mut SqliteConnection) -> Result<(Option<At>, Option<At>)> {
    let at = event::table.select(event::at_ms);
    let oldest = at.order((event::at_ms.asc(), event::id.asc())).first(c);
    let oldest = oldest.optional()?;
    let newest = at.order((event::at_ms.desc(), event::id.desc())).first(c);
    Ok((oldest, newest.optional()?))
}

pub fn read(c: &mut SqliteConnection, names: &Names, wanted: &Wanted) -> Result<Usage> {
    let (view, now) = (&wanted.view, wanted.now);
    let zone = view.zone.unwrap_or(wanted.zone);
    let (oldest, newest) = ends(c)?;
    let rows = view.rows();
    let span = rows.resolve(zone, now, oldest);
    let grain = view.grain_over(span);
    let edges = bars(grain, zone, span, now);
    let back = view.back(zone, span);
    let mut question = Question {
        by: wanted.by.clone(),
        limit: wanted.limit,
        quantiles: true,
        ..Question::default()
    };
    let before = match back {
        Some(back) => {
            let span = (back.from(zone, span.0), back.from(zone, span.1));
            question.edges = back.edges(zone, &edges);
            // Rows that have gone meanwhile are not shown; those of now are.
            let question = Question {
                limit: usize::MAX,
                ..question.clone()
            };
            let report = report::of(c, names, &rows.selection(span), &question)?;
            Some(Before { span, report })
        }
        None => None,
    };
    question.edges = edges;
    let report = report::of(c, names, &rows.selection(span), &question)?;
    let lately = if span.1 > now {
        let selection = rows.selection((now + Ms(1) - LATELY, now + Ms(1)));
        Some(report::of(c, names, &selection, &Question::default())?.totals)
    } else {
        None
    };
    let mut offered = Vec::with_capacity(wanted.choices.len());
    for dimension in &wanted.choices {
        offered.push(choices::of(c, names, *dimension, span.0, span.1)?);
    }
    Ok(Usage {
        zone,
        span,
        grain,
        report,
        before,
        lately,
        choices: offered,
        newest,
    })
}

/// Edges of bars over a range; the last is whole even while it fills, so that
/// all are equally wide.
#[must_use]
pub fn bars(grain: Grain, zone: Zone, (from, to): (At, At), now: At) -> Vec<At> {
    let end = if to > now { grain.next(zone, now) } else { to };
    grain.edges(zone, from, end.max(to))
}

/// A range by weekday and hour of local clocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Week {
    /// Seven days of 24 hours; Monday is 0.
    pub cells: Vec<Totals>,
    /// How many hours of the range each cell is made of.
    pub hours: Vec<i64>,
    /// The hours of the range, and of the weeks before it as far as they judge
    /// it; those that are not finished are left out.
    pub history: Vec<Hour>,
}

impl Week {
    #[must_use]
    pub fn place(cell: HourOfWeek) -> usize {
        usize::try_from(cell.weekday * 24 + cell.hour).unwrap_or_default()
    }

    /// Hours of the range that are unlike others, most unusual first.
    #[must_use]
    pub fn unusual(&self, from: At, zone: Zone) -> Vec<unusual::Unusual> {
        unusual::find(&self.history, from, zone)
    }
}

const CELLS: u16 = 7 * 24;

/// The weekday × hour table of a selection.
pub fn week(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    zone: Zone,
    now: At,
) -> Result<Week> {
    let (oldest, _) = ends(c)?;
    let (from, to) = (selection.from, selection.to);
    // The hour in which collecting began is no base, nor is anything before.
    let begun = oldest.map_or(to, |oldest| Grain::Hour.next(zone, oldest));
    let start = begun.max(from - unusual::HISTORY).min(from);
    let history = Grain::Hour.edges(zone, start, from);
    let range = Grain::Hour.edges(zone, from, to);
    let joined = history.iter().rev().skip(1).rev().chain(&range);
    let edges: Vec<At> = joined.copied().collect();
    let beside = CELLS;
    let place = |at: &At| {
        let cell = Week::place(HourOfWeek::of(zone, *at));
        let place = u16::try_from(cell).unwrap_or(beside);
        if *at < from { beside } else { place }
    };
    let starts = edges.split_last().map_or(&[][..], |(_, starts)| starts);
    let slots: Vec<u16> = starts.iter().map(place).collect();
    let mut hours = vec![0; usize::from(CELLS)];
    for slot in &slots {
        if let Some(hours) = hours.get_mut(usize::from(*slot)) {
            *hours += 1;
        }
    }
    let question = Question {
        edges,
        slots,
        quantiles: true,
        ..Question::default()
    };
    let all = Selection {
        from: start,
        ..selection.clone()
    };
    let report = report::of(c, names, &all, &question)?;
    let mut cells = report.slots;
    cells.resize_with(usize::from(CELLS), Totals::default);
    // Hours cut by the range or by now would look empty.
    let whole = report.timeline.iter().filter(|bucket| {
        bucket.from >= begun && bucket.to <= now && bucket.to - bucket.from == Ms::HOUR
    });
    Ok(Week {
        cells,
        hours,
        history: whole
            .map(|bucket| Hour {
                from: bucket.from,
                to: bucket.to,
                requests: bucket.totals.requests,
                failed: bucket.totals.failed,
                tokens: bucket.totals.tokens(),
                cost_nanos: bucket.totals.cost.0,
                latency_p95: bucket.totals.latency.p95,
            })
            .collect(),
    })
}
