//! Background work on what is derived from the events. Every step is a short
//! write job; answers are correct before, between and after steps.

use diesel::prelude::*;

use super::Store;
use super::counters::{self, Counter};
use super::error::Result;
use super::scan::segments;
pub use super::scan::segments::Step;
use super::{rebuild, rollups};
use crate::domain::units::At;

/// Does a piece of what there is to do: call it until [`Step::Idle`], and again
/// after events were stored. What pages wait for longest comes first: every scan
/// reads the events that are not sealed one by one; then what makes totals of
/// long times slow; what is right but in doubt comes last.
pub fn step(c: &mut SqliteConnection, now: At) -> Result<Step> {
    if let worked @ Step::Worked(_) = segments::seal_step(c, now)? {
        return Ok(worked);
    }
    let at_work = rebuild::at(c)?;
    match rollups::close_step(c, now, at_work)? {
        Step::Idle => rebuild::step(c, now),
        worked @ Step::Worked(_) => Ok(worked),
    }
}

/// How many days, or hours made anew, are enough for one time.
const ENOUGH: usize = 64;

/// The same steps in the same order, one after the other, with room for other
/// writers between them, until there is nothing to do or it has been enough for
/// one time. Sealing is never put off, and a day is counted without keeping
/// anybody from writing.
pub async fn settle(store: &Store, now: At) -> Result<()> {
    for _ in 0..ENOUGH {
        let seal = move |c: &mut SqliteConnection| segments::seal_step(c, now);
        while store.write(seal).await? != Step::Idle {}
        if let Some(closing) = close(store, now).await? {
            closing.put_in_place(store).await?;
        } else if store.write(move |c| rebuild::step(c, now)).await? == Step::Idle {
            break;
        }
    }
    Ok(())
}

/// How many of the events are ready for quick scans, in thousandths, while many
/// old ones are not.
pub fn sealing(c: &mut SqliteConnection, now: At) -> Result<Option<i64>> {
    let stored = counters::get(c, Counter::Stored)?;
    segments::sealing(c, stored, now)
}

/// Roll-ups of a day or a span that is over, not in force yet.
#[derive(Debug)]
pub struct Closing(rollups::Made);

/// Makes those of the oldest one, in a read; not of those that a rebuild is at.
pub async fn close(store: &Store, now: At) -> Result<Option<Closing>> {
    let made = store
        .read(move |c| {
            let at_work = rebuild::at(c)?;
            rollups::make(c, now, at_work)
        })
        .await?;
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
