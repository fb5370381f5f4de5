//! What a filter control offers: the values that occurred in a range.

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::names::Names;
use super::report::{self, Question};
use super::requests::{Choice, Dimension};
use crate::domain::filter::Selection;
use crate::domain::units::At;

/// Values with at least one request in `[from, to)`, most requests first; the
/// empty one stands for requests without it, such as those without a key.
pub fn of(
    c: &mut SqliteConnection,
    names: &Names,
    dimension: Dimension,
    from: At,
    to: At,
) -> Result<Vec<Choice>> {
    let question = Question {
        by: vec![dimension],
        limit: usize::MAX,
        ..Question::default()
    };
    let report = report::of(c, names, &Selection::between(from, to), &question)?;
    let ranked = report.by.into_iter().flatten();
    Ok(ranked.map(|(choice, _)| choice).collect())
}
