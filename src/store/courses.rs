//! The course of several values of one dimension side by side, and of all others
//! together: from roll-ups where they answer, else in one scan. Exact; a bar
//! without requests is zero.

use std::collections::HashMap;

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::fold::{Fold, Keep};
use super::names::Names;
use super::report::plan::{self, Allowed, Run, Source};
use super::report::{family, kind};
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

/// The courses of `chosen` between `edges`, then of all others if there are any.
pub fn of(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    ranking: &[(Choice, Totals)],
    question: Question<'_>,
) -> Result<Vec<Course>> {
    let Question {
        dimension,
        edges,
        metric,
        quantiles,
    } = question;
    let chosen = busiest(ranking, metric);
    let family = family(dimension);
    let mut folds: Vec<Fold<'_>> = (0..=chosen.len())
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
    let place = |group: i64| places.get(&group).copied().unwrap_or(chosen.len());

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
    for run in plan::make(c, (selection.from, selection.to), edges, allowed)? {
        match (run.source, &rolled) {
            (Source::Rollups(width), Some(rolled)) => {
                let buckets = run.buckets(width);
                rollups::read(c, family, width, buckets, quantiles, |at, cell| {
                    let wanted = rolled.family == Family::Total || rolled.wants(at, cell.group);
                    match folds.get_mut(place(cell.group)).filter(|_| wanted) {
                        Some(fold) => fold.total(at.max(run.from), &cell),
                        None => Ok(()),
                    }
                })?;
            }
            _ => scan_run(c, &run, family, &predicate, &place, &mut folds)?,
        }
    }

    let mut choices = chosen.iter().map(|(choice, totals)| (choice, totals));
    let courses = folds.into_iter().map(|fold| {
        let counted = fold.finish();
        let (choice, totals) = match choices.next() {
            Some((choice, totals)) => (Some(choice.clone()), totals.clone()),
            None => (None, counted.total.totals()),
        };
        Course {
            choice,
            totals,
            bars: counted.timeline.into_iter().map(|bar| bar.totals).collect(),
        }
    });
    Ok(courses
        .filter(|one| one.choice.is_some() || one.totals.requests > 0)
        .collect())
}

/// Counts the rows of a stretch, each in the fold of its group.
fn scan_run(
    c: &mut SqliteConnection,
    run: &Run,
    family: Family,
    predicate: &Predicate,
    place: &impl Fn(i64) -> usize,
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
            if let Some(rows) = own.get_mut(place(family.group(value))) {
                rows.push(row);
            }
        }
        let own = folds.iter_mut().zip(own);
        own.filter(|(_, rows)| !rows.is_empty())
            .try_for_each(|(fold, rows)| fold.rows(chunk, &Picked::Some(rows)))
    })
}
