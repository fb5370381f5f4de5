//! Background work on what is derived from the events. Every step is a short
//! write job; answers are correct before, between and after steps.

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::scan::segments;
pub use super::scan::segments::Step;
use crate::domain::units::At;

/// Does a piece of what there is to do: call it until [`Step::Idle`], and again
/// after events were stored.
pub fn step(c: &mut SqliteConnection, now: At) -> Result<Step> {
    segments::seal_step(c, now)
}

/// Throws away what steps build.
pub fn forget(c: &mut SqliteConnection) -> Result<()> {
    segments::forget_all(c)
}
