//! Background work on what is derived from the events. Every step is a short
//! write job; answers are correct before, between and after steps.

use diesel::prelude::*;

use super::Store;
use super::error::Result;
use super::scan::segments;
pub use super::scan::segments::Step;
use super::{rebuild, rollups};
use crate::domain::units::At;

/// Does a piece of what there is to do: call it until [`Step::Idle`], and again
/// after events were stored.
pub fn step(c: &mut SqliteConnection, now: At) -> Result<Step> {
    match short_step(c, now)? {
        Step::Idle => rollups::close_step(c, now),
        worked @ Step::Worked(_) => Ok(worked),
    }
}

/// What keeps others from writing for a few hundredths of a second at most.
fn short_step(c: &mut SqliteConnection, now: At) -> Result<Step> {
    for work in [rebuild::step, segments::seal_step] {
        if let worked @ Step::Worked(_) = work(c, now)? {
            return Ok(worked);
        }
    }
    Ok(Step::Idle)
}

/// Steps one after the other, with room for other writers between them, until
/// there is nothing to do or it has been enough for one time. A day is counted
/// without keeping anybody from writing.
pub async fn settle(store: &Store, now: At) -> Result<()> {
    for _ in 0..64 {
        let short = move |c: &mut SqliteConnection| short_step(c, now);
        if store.write(short).await? != Step::Idle {
            continue;
        }
        let Some(closing) = close(store, now).await? else {
            break;
        };
        closing.put_in_place(store).await?;
    }
    Ok(())
}

/// Roll-ups of a day or a span that is over, not in force yet.
#[derive(Debug)]
pub struct Closing(rollups::Made);

/// Makes those of the oldest one, in a read.
pub async fn close(store: &Store, now: At) -> Result<Option<Closing>> {
    let made = store.read(move |c| rollups::make(c, now)).await?;
    Ok(made.map(Closing))
}

impl Closing {
    /// Unless something has happened to its events since: then it is to be made
    /// again, and this does nothing.
    pub async fn put_in_place(self, store: &Store) -> Result<Step> {
        let put = move |c: &mut SqliteConnection| rollups::put_in_place(c, &self.0);
        store.write(put).await
    }
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = diesel::sql_types::Text)]
    quick_check: String,
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// What can be checked alone.
pub fn tables(c: &mut SqliteConnection) -> Result<Vec<String>> {
    let text = "select name from sqlite_schema where type = 'table' order by name";
    let found: Vec<Table> = diesel::sql_query(text).load(c)?;
    Ok(found.into_iter().map(|table| table.name).collect())
}

/// What is wrong with a table and its indexes; empty when they are sound. Reads
/// all of them.
pub fn check(c: &mut SqliteConnection, table: &str) -> Result<Vec<String>> {
    let found: Vec<Finding> = diesel::sql_query("select quick_check from pragma_quick_check(?)")
        .bind::<diesel::sql_types::Text, _>(table)
        .load(c)?;
    let lines = found.into_iter().map(|finding| finding.quick_check);
    Ok(lines.filter(|line| line != "ok").collect())
}

/// Makes the roll-ups of one hour anew, or a part of a dense one: the first hour
/// with events from `from` on. Gives where to go on, `None` at the end. [`step`]
/// then closes the days.
pub fn rebuild_step(c: &mut SqliteConnection, from: At) -> Result<Option<At>> {
    rollups::rebuild_step(c, from)
}

/// Throws away the sealed segments; [`step`] builds them anew.
pub fn forget_segments(c: &mut SqliteConnection) -> Result<()> {
    segments::forget_all(c)
}
