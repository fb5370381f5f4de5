//! Sums of a selection, and by one dimension. Short for [`report`] when a page
//! needs nothing else.

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::names::Names;
use super::report::{self, Question};
use super::requests::{Choice, Dimension, Totals};
use crate::domain::filter::Selection;

/// Sums and quantiles of everything selected.
pub fn of(c: &mut SqliteConnection, names: &Names, selection: &Selection) -> Result<Totals> {
    let question = Question {
        quantiles: true,
        ..Question::default()
    };
    Ok(report::of(c, names, selection, &question)?.totals)
}

/// The same for each value of a dimension, most requests first, at most `limit`.
pub fn by(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    dimension: Dimension,
    limit: usize,
) -> Result<Vec<(Choice, Totals)>> {
    let question = Question {
        by: vec![dimension],
        limit,
        quantiles: true,
        ..Question::default()
    };
    let report = report::of(c, names, selection, &question)?;
    Ok(report.by.into_iter().next().unwrap_or_default())
}
