//! A selection in bars. Short for [`report`] when a page needs nothing else.

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::names::Names;
use super::report::{self, Question};
use super::requests::Bucket;
use crate::domain::filter::Selection;
use crate::domain::units::At;

/// One bucket for each pair of `edges`, those without requests included. Only
/// requests of the selection's own range count.
pub fn of(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    edges: &[At],
) -> Result<Vec<Bucket>> {
    let question = Question {
        edges: edges.to_vec(),
        quantiles: true,
        ..Question::default()
    };
    Ok(report::of(c, names, selection, &question)?.timeline)
}
