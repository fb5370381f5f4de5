//! Everything the usage pages show of one view, read at one moment: the sums
//! and their course, the same of the period before, the last half hour, and
//! what the filters offer. What it looks like is not decided here.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::choices;
use super::courses::{self, Course};
use super::error::Result;
use super::lack::{self, Lack};
use super::names::Names;
use super::oddities::{Cause, Memory};
use super::report::{self, Question, Report};
use super::requests::{Bucket, Choice, Dimension, Totals};
use super::schema::event;
use super::totals;
use super::week::{self, Week};
use crate::domain::filter::UsageView;
use crate::domain::time::{Grain, Zone};
use crate::domain::units::{At, Ms};
use crate::domain::unusual::Unusual;

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
    /// Whether bars do without quantiles.
    pub plain_bars: bool,
    /// Whether the busiest of the first table are drawn one by one, and with
    /// quantiles.
    pub courses: Option<bool>,
    /// The weekday × hour table instead of course and comparison, and whether it
    /// has quantiles.
    pub week: Option<bool>,
    /// Where unusual hours are remembered, if they are to be named. With the
    /// table they are looked for however long that takes.
    pub unusual: Option<Memory>,
    /// Of how many of them, the most unusual first, the causes are wanted.
    pub causes: usize,
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
    /// Whether what has passed of the range was recorded from its beginning on,
    /// and without a gap.
    pub whole: bool,
    /// The period before, when it is compared: its bars match these one by one.
    pub before: Option<Before>,
    /// The last half hour, of a range that reaches up to now.
    pub lately: Option<Totals>,
    /// The busiest of the first table, if they were asked for.
    pub courses: Option<Vec<Course>>,
    pub week: Option<Week>,
    /// The most unusual hours first; `None` where they were not looked for.
    pub unusual: Option<Vec<Unusual>>,
    /// Who made them, of as many as was asked for.
    pub causes: Vec<Vec<Cause>>,
    pub choices: Vec<Vec<Choice>>,
    /// The oldest and the newest event there is; `None` of an empty database.
    pub oldest: Option<At>,
    pub newest: Option<At>,
}

impl Usage {
    /// Whether a bar has all the time its width stands for: none that an end of
    /// the range cuts.
    #[must_use]
    pub fn is_whole(&self, bar: &Bucket) -> bool {
        let begin = self.grain.start(self.zone, bar.from);
        begin == bar.from && self.grain.next(self.zone, begin) == bar.to
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// As long as what has passed of the period itself; bars of the report that
    /// begin after it are empty.
    pub span: (At, At),
    pub report: Report,
    /// Why nothing is to be measured against it.
    pub lack: Option<Lack>,
}

impl Before {
    /// Whether it was recorded from its beginning on, and without a gap.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.lack.is_some_and(Lack::is_before)
    }

    /// Its bars, one for each of the range; `None` for those whose counterpart
    /// is still to come, which is not the same as zero.
    pub fn bars(&self) -> impl Iterator<Item = Option<&Bucket>> {
        let compared = |bucket: &&Bucket| bucket.from < self.span.1;
        let bars = self.report.timeline.iter();
        bars.map(move |bucket| Some(bucket).filter(compared))
    }
}

/// How long "lately" is.
pub const LATELY: Ms = Ms(30 * Ms::MINUTE.0);

/// The last of it, this very millisecond included.
#[must_use]
pub fn lately(now: At) -> (At, At) {
    (now + Ms(1) - LATELY, now + Ms(1))
}

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
    let edges = match wanted.week {
        Some(_) => Vec::new(),
        None => bars(grain, zone, span, now),
    };
    let back = view.back(zone, span).filter(|_| wanted.week.is_none());
    let mut question = Question {
        by: wanted.by.clone(),
        limit: wanted.limit,
        quantiles: true,
        plain_bars: wanted.plain_bars,
        ..Question::default()
    };
    // Of a range that is still to come in part, as much as has passed.
    let passed = span.1.min(now + Ms(1)).max(span.0);
    let period = (span.0, passed);
    let whole = lack::is_whole(c, oldest, period)?;
    let before = match back {
        Some(back) => {
            let span = (back.from(zone, span.0), back.from(zone, passed));
            question.edges = back.edges(zone, &edges);
            // Rows that have gone meanwhile are not shown; those of now are.
            let question = Question {
                limit: usize::MAX,
                ..question.clone()
            };
            let report = report::of(c, names, &rows.selection(span), &question)?;
            let lack = lack::of(c, oldest, span, period)?;
            Some(Before { span, report, lack })
        }
        None => None,
    };
    question.edges = edges;
    let selection = rows.selection(span);
    let (report, week) = match wanted.week {
        Some(quantiles) => {
            let week = week::of(c, names, &selection, zone, now, quantiles)?;
            let report = Report {
                totals: week.total.clone(),
                ..Report::default()
            };
            (report, Some(week))
        }
        None => (report::of(c, names, &selection, &question)?, None),
    };
    let courses = match (wanted.courses, wanted.by.first()) {
        (Some(quantiles), Some(dimension)) => {
            let question = courses::Question {
                dimension: *dimension,
                edges: &question.edges,
                metric: view.metric,
                quantiles,
            };
            Some(courses::of(c, names, &selection, &report, question)?)
        }
        _ => None,
    };
    let (mut unusual, mut causes) = (None, Vec::new());
    if let Some(memory) = &wanted.unusual {
        // The page of hours is where they are looked for.
        unusual = memory.of(c, names, &selection, zone, now, week.is_some())?;
        let shown = unusual.as_deref().unwrap_or_default();
        let shown = shown.get(..wanted.causes).unwrap_or(shown);
        causes = memory.causes(c, names, &selection, shown)?;
    }
    let lately = if span.1 > now && week.is_none() {
        let selection = rows.selection(self::lately(now));
        Some(totals::of(c, names, &selection)?)
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
        whole,
        before,
        lately,
        courses,
        week,
        unusual,
        causes,
        choices: offered,
        oldest,
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
