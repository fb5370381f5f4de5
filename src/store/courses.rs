//! The course of several values of one dimension side by side, and of all others
//! together: from roll-ups where they answer, else in one scan. Exact; a bar
//! without requests is zero. Sums of the others are what is left of the whole, so
//! only those that are drawn are looked for; quantiles cannot be taken away.

use std::collections::HashMap;

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::fold::{Fold, Keep};
use super::names::Names;
use super::report::plan::{self, Allowed, Run, Source};
use super::report::{Report, family, kind};
use super::requests::{Choice, Dimension, Totals};
use super::rollups::{self, Family};
use super::scan;
use super::scan::keys::KeyRange;
use super::scan::picked::Picked;
use super::scan::predicate::{Predicate, Rows as _};
use crate::domain::filter::{Metric, Selection};
use crate::domain::units::At;

/// Values drawn one by one.
pub const DRAWN: usize = 6;

/// What is asked of a ranking.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub dimension: Dimension,
    /// Of the bars, as a timeline has them.
    pub edges: &'a [At],
    /// Decides who is drawn.
    pub metric: Metric,
    pub quantiles: bool,
}

/// One of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// `None` = all the others together.
    pub choice: Option<Choice>,
    /// In the whole range.
    pub totals: Totals,
    /// One for each pair of edges.
    pub bars: Vec<Totals>,
}

/// Those that are drawn: with most of `metric`, and of a time those with most
/// requests.
#[must_use]
pub fn busiest(ranking: &[(Choice, Totals)], metric: Metric) -> Vec<&(Choice, Totals)> {
    let of = |totals: &Totals| match metric {
        Metric::Tokens => totals.tokens(),
        Metric::Cost => totals.cost.0,
        Metric::Failed => totals.failed,
        Metric::Requests | Metric::Latency | Metric::Ttft | Metric::Speed => totals.requests,
    };
    let mut all: Vec<&(Choice, Totals)> = ranking.iter().collect();
    all.sort_by(|a, b| {
        let most = of(&b.1)
            .cmp(&of(&a.1))
            .then(b.1.requests.cmp(&a.1.requests));
        most.then_with(|| (&a.0.label, &a.0.value).cmp(&(&b.0.label, &b.0.value)))
    });
    all.truncate(DRAWN);
    all
}

/// The courses of the busiest of the first ranking of `whole` between `edges`,
/// then of all others if there are any. `whole` counts the same selection, in
/// the same bars.
pub fn of(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    whole: &Report,
    question: Question<'_>,
) -> Result<Vec<Course>> {
    let Question {
        dimension,
        edges,
        metric,
        quantiles,
    } = question;
    let ranking = whole.by.first().map_or(&[][..], Vec::as_slice);
    let chosen = busiest(ranking, metric);
    let family = family(dimension);
    let others = quantiles.then_some(chosen.len());
    let mut folds: Vec<Fold<'_>> = (0..chosen.len() + usize::from(quantiles))
        .map(|_| Fold::new(edges, &[], &[], quantiles, Keep::Nothing))
        .collect();
    let places: HashMap<i64, usize> = {
        let names = names.read();
        let id = |choice: &Choice| match kind(dimension) {
            Some(kind) => names.id(kind, &choice.value).map(i64::from),
            None => choice.value.parse().ok(),
        };
        let ids = chosen.iter().map(|(choice, _)| id(choice));
        let ids = ids.enumerate().filter_map(|(place, id)| Some((id?, place)));
        ids.collect()
    };
    let place = |group: i64| places.get(&group).copied().or(others);

    let predicate = Predicate::compile(c, names, selection)?;
    let rolled = predicate.rolled().filter(|rolled| {
        let own = rolled.family == family || rolled.family == Family::Total;
        own && rolled.hours.is_none()
    });
    let allowed = Allowed {
        days: rolled.is_some(),
        hours: false,
        // Fine roll-ups of dimensions keep no sketches.
        fine: (rolled.is_some() && !quantiles).then(|| family.finest()),
    };
    let drawn = places.keys().filter_map(|id| i32::try_from(*id).ok());
    let looked_for = match (family.column(), others) {
        (Some(column), None) => predicate.among(column, drawn),
        _ => predicate,
    };
    for run in plan::make(c, (selection.from, selection.to), edges, allowed)? {
        match (run.source, &rolled) {
            (Source::Rollups(width), Some(rolled)) => {
                let buckets = run.buckets(width);
                rollups::read(c, family, width, buckets, quantiles, |at, cell| {
                    let wanted = rolled.family == Family::Total || rolled.wants(at, cell.group);
                    let place = place(cell.group).filter(|_| wanted);
                    match place.and_then(|place| folds.get_mut(place)) {
                        Some(fold) => fold.total(at.max(run.from), &cell),
                        None => Ok(()),
                    }
                })?;
            }
            _ => scan_run(c, &run, family, &looked_for, &place, &mut folds)?,
        }
    }

    let mut counted = folds.into_iter().map(|fold| {
        let counted = fold.finish();
        let bars = counted.timeline.into_iter().map(|bar| bar.totals);
        (counted.total.totals(), bars.collect::<Vec<_>>())
    });
    let drawn = chosen.iter().zip(counted.by_ref());
    let mut courses: Vec<Course> = drawn
        .map(|((choice, totals), (_, bars))| Course {
            choice: Some(choice.clone()),
            totals: totals.clone(),
            bars,
        })
        .collect();
    let (totals, bars) = counted.next().unwrap_or_else(|| rest(whole, &courses));
    if totals.requests > 0 {
        courses.push(Course {
            choice: None,
            totals,
            bars,
        });
    }
    Ok(courses)
}

/// What is left of the sums of the whole.
fn rest(whole: &Report, courses: &[Course]) -> (Totals, Vec<Totals>) {
    let bars = whole.timeline.iter().enumerate().map(|(place, bar)| {
        let drawn = courses.iter().filter_map(|one| one.bars.get(place));
        bar.totals.without(drawn)
    });
    let drawn = courses.iter().map(|one| &one.totals);
    (whole.totals.without(drawn), bars.collect())
}

/// Counts the rows of a stretch, each in the fold of its group.
fn scan_run(
    c: &mut SqliteConnection,
    run: &Run,
    family: Family,
    predicate: &Predicate,
    place: &impl Fn(i64) -> Option<usize>,
    folds: &mut [Fold<'_>],
) -> Result<()> {
    let range = KeyRange::between(run.from, run.to);
    scan::all(c, range, predicate, |chunk, picked| {
        let mut own = vec![Vec::new(); folds.len()];
        let groups = match family.column() {
            Some(column) => chunk.values(column, picked)?,
            None => vec![0; picked.len()],
        };
        for (row, value) in picked.rows().zip(groups) {
            let place = place(family.group(value));
            if let Some(rows) = place.and_then(|place| own.get_mut(place)) {
                rows.push(row);
            }
        }
        let own = folds.iter_mut().zip(own);
        own.filter(|(_, rows)| !rows.is_empty())
            .try_for_each(|(fold, rows)| fold.rows(chunk, &Picked::Some(rows)))
    })
}
