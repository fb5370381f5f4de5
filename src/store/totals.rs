//! Sums of a selection. Short for [`report`] when nothing else is asked.

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::names::Names;
use super::report::{self, Question};
use super::requests::Totals;
use crate::domain::filter::Selection;

/// Sums and quantiles of everything selected.
pub fn of(c: &mut SqliteConnection, names: &Names, selection: &Selection) -> Result<Totals> {
    let question = Question {
        quantiles: true,
        ..Question::default()
    };
    Ok(report::of(c, names, selection, &question)?.totals)
}
