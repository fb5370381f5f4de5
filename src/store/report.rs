//! Everything a page counts of one selection, answered together: totals, a
//! timeline and rankings. Exact, whatever the range, zone or filter.

mod fold;
mod timeline;

use std::cmp::Reverse;
use std::ops::ControlFlow;

use diesel::sqlite::SqliteConnection;

use self::fold::{Fold, Groups};
use super::error::Result;
use super::names::{Dictionary, Kind, Names};
use super::requests::{Bucket, Choice, Dimension, Totals};
use super::scan::columns::Column;
use super::scan::keys::KeyRange;
use super::scan::predicate::Predicate;
use super::scan::{self, Order};
use crate::domain::filter::Selection;
use crate::domain::units::At;

/// What to count of a selection besides its totals.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Edges of the timeline's bars, ascending, as [`Grain::edges`] gives them;
    /// empty for no timeline.
    ///
    /// [`Grain::edges`]: crate::domain::time::Grain::edges
    pub edges: Vec<At>,
    /// Rankings wanted.
    pub by: Vec<Dimension>,
    /// Values wanted of each ranking, most requests first.
    pub limit: usize,
    /// Whether quantiles are wanted; without them they are empty and an answer
    /// costs less.
    pub quantiles: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub totals: Totals,
    /// One bar for each pair of edges.
    pub timeline: Vec<Bucket>,
    /// In the order asked for; most requests first, then by label.
    pub by: Vec<Vec<(Choice, Totals)>>,
}

/// Answers `question` for `selection`.
pub fn of(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    question: &Question,
) -> Result<Report> {
    let columns: Vec<Column> = question.by.iter().copied().map(column).collect();
    let mut fold = Fold::new(&question.edges, &columns, question.quantiles);
    let predicate = Predicate::compile(c, names, selection)?;
    let range = KeyRange::between(selection.from, selection.to);
    scan::walk(c, range, Order::OldestFirst, &predicate, |chunk, picked| {
        fold.rows(chunk, &picked)?;
        Ok(ControlFlow::Continue(()))
    })?;
    let names = names.read();
    let rankings = question.by.iter().zip(fold.groups);
    Ok(Report {
        totals: fold.total.totals(),
        timeline: fold.timeline.into_buckets(),
        by: rankings
            .map(|(dimension, groups)| ranking(&names, *dimension, groups, question.limit))
            .collect(),
    })
}

fn ranking(
    names: &Dictionary,
    dimension: Dimension,
    groups: Groups,
    limit: usize,
) -> Vec<(Choice, Totals)> {
    let mut ranking: Vec<_> = groups
        .measures
        .into_iter()
        .map(|(id, measures)| {
            (
                choice(names, dimension, id, measures.sums.requests),
                measures,
            )
        })
        .collect();
    ranking.sort_by(|(a, _), (b, _)| {
        let order = |choice: &Choice| Reverse(choice.requests);
        order(a)
            .cmp(&order(b))
            .then_with(|| (&a.label, &a.value).cmp(&(&b.label, &b.value)))
    });
    ranking.truncate(limit);
    ranking
        .into_iter()
        .map(|(choice, measures)| (choice, measures.totals()))
        .collect()
}

fn choice(names: &Dictionary, dimension: Dimension, id: i64, requests: i64) -> Choice {
    let (value, label) = match kind(dimension) {
        Some(kind) => {
            let id = i32::try_from(id).unwrap_or_default();
            (
                names.value(kind, id).to_owned(),
                names.title(kind, id).to_owned(),
            )
        }
        None => (id.to_string(), id.to_string()),
    };
    Choice {
        value,
        label,
        requests,
    }
}

/// `None` where the id is the value: HTTP codes.
fn kind(dimension: Dimension) -> Option<Kind> {
    match dimension {
        Dimension::Provider => Some(Kind::Provider),
        Dimension::Model => Some(Kind::Model),
        Dimension::Alias => Some(Kind::Alias),
        Dimension::Account => Some(Kind::Account),
        Dimension::Key => Some(Kind::ClientKey),
        Dimension::Endpoint => Some(Kind::Endpoint),
        Dimension::Tier => Some(Kind::Tier),
        Dimension::Status => None,
    }
}

fn column(dimension: Dimension) -> Column {
    match dimension {
        Dimension::Provider => Column::Provider,
        Dimension::Model => Column::Model,
        Dimension::Alias => Column::Alias,
        Dimension::Account => Column::Account,
        Dimension::Key => Column::ClientKey,
        Dimension::Endpoint => Column::Endpoint,
        Dimension::Tier => Column::Tier,
        Dimension::Status => Column::Status,
    }
}
