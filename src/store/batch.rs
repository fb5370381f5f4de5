//! Storing what the collector took: one batch, one transaction. Events, what is
//! derived from them, rejects and counters are committed together or not at all.

use diesel::prelude::*;

use super::counters::{self, Counter};
use super::error::Result;
use super::events::{self, StoredEvent};
use super::names::Interner;
use super::prices::pricer::Pricer;
use super::rejects::{self, NewReject, RejectId};
use super::reprice;
use super::rollups;
use super::scan::segments;
use super::schema::spool_record;
use crate::domain::event::Event;

/// Everything that is to be committed together.
#[derive(Debug, Default)]
pub struct Batch {
    pub events: Vec<Event>,
    /// Items that could not be read.
    pub rejects: Vec<NewReject>,
    /// Rejects that could be read after all: their events are in `events`.
    pub recovered: Vec<RejectId>,
    /// Items taken from the gateway for this batch.
    pub taken: i64,
    /// How often committing this batch failed before.
    pub retried: i64,
    /// The spool records this batch came from, by an id of the spool's making
    /// that never repeats. Remembered for [`is_committed`].
    pub records: Vec<i64>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    pub stored: usize,
    /// Events and rejects that were there already.
    pub duplicates: usize,
    pub rejected: usize,
}

/// Spool records remembered; a replay never reaches further back.
const RECORDS_KEPT: i32 = 10_000;

/// Stores a batch; says what happened and which events were new.
pub(super) fn store(
    c: &mut SqliteConnection,
    interner: &mut Interner<'_>,
    pricer: &mut Pricer,
    batch: &Batch,
) -> Result<(Ingested, Vec<StoredEvent>)> {
    let inserted = events::insert(c, interner, pricer, &batch.events)?;
    if !inserted.new.is_empty() {
        derive(c, &inserted.new)?;
        reprice::note(c, &inserted.new)?;
        counters::add(c, Counter::Version, 1)?;
    }
    let rejected = rejects::add(c, &batch.rejects)?;
    let recovered = rejects::remove(c, &batch.recovered)?;
    remember(c, &batch.records)?;

    let outcome = Ingested {
        stored: inserted.new.len(),
        duplicates: inserted.duplicates + (batch.rejects.len() - rejected),
        rejected,
    };
    counters::add(c, Counter::Taken, batch.taken)?;
    counters::add(c, Counter::Stored, count(outcome.stored))?;
    counters::add(c, Counter::Duplicates, count(outcome.duplicates))?;
    counters::add(c, Counter::Rejected, count(rejected) - count(recovered))?;
    counters::add(c, Counter::BatchesRetried, batch.retried)?;
    Ok((outcome, inserted.new))
}

/// Brings everything derived from events up to date with the new ones.
fn derive(c: &mut SqliteConnection, new: &[StoredEvent]) -> Result<()> {
    rollups::add(c, new)?;
    segments::invalidate(c, new)
}

/// Whether a spool record's events are in the database already.
pub fn is_committed(c: &mut SqliteConnection, record: i64) -> Result<bool> {
    let known = spool_record::table.filter(spool_record::record.eq(record));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(c)?)
}

fn remember(c: &mut SqliteConnection, records: &[i64]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    for record in records {
        diesel::insert_into(spool_record::table)
            .values(spool_record::record.eq(record))
            .on_conflict(spool_record::record)
            .do_nothing()
            .execute(c)?;
    }
    let newest: Option<i32> = spool_record::table
        .select(diesel::dsl::max(spool_record::seq))
        .get_result(c)?;
    let keep_from = newest.unwrap_or_default() - RECORDS_KEPT;
    diesel::delete(spool_record::table.filter(spool_record::seq.le(keep_from))).execute(c)?;
    Ok(())
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
