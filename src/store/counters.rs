//! Totals since installation. They are added to in the transaction that stores
//! what they count, so they never disagree with it.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::error::Result;
use super::schema::counter;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    Taken,
    Stored,
    Duplicates,
    Rejected,
    BatchesRetried,
    /// Grows with every change of what pages show of events.
    Version,
}

impl Counter {
    fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Stored => "stored",
            Self::Duplicates => "duplicates",
            Self::Rejected => "rejected",
            Self::BatchesRetried => "batches_retried",
            Self::Version => "version",
        }
    }
}

/// `taken` = `stored` + `duplicates` + `rejected`, as far as every item taken is
/// an event or a reject. A reject that is recovered counts as what it became.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub taken: i64,
    pub stored: i64,
    pub duplicates: i64,
    pub rejected: i64,
    pub batches_retried: i64,
}

pub fn add(c: &mut SqliteConnection, which: Counter, n: i64) -> Result<()> {
    if n != 0 {
        diesel::insert_into(counter::table)
            .values((counter::name.eq(which.name()), counter::value.eq(n)))
            .on_conflict(counter::name)
            .do_update()
            .set(counter::value.eq(counter::value + excluded(counter::value)))
            .execute(c)?;
    }
    Ok(())
}

pub fn get(c: &mut SqliteConnection, which: Counter) -> Result<i64> {
    let value = counter::table
        .find(which.name())
        .select(counter::value)
        .get_result(c)
        .optional()?;
    Ok(value.unwrap_or_default())
}

pub fn all(c: &mut SqliteConnection) -> Result<Counters> {
    Ok(Counters {
        taken: get(c, Counter::Taken)?,
        stored: get(c, Counter::Stored)?,
        duplicates: get(c, Counter::Duplicates)?,
        rejected: get(c, Counter::Rejected)?,
        batches_retried: get(c, Counter::BatchesRetried)?,
    })
}
