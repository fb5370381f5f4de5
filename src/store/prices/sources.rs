//! What the price sources last said, and the preview that waits for a decision.
//! Lists are kept packed; a source that fails keeps its last good one.

use diesel::prelude::*;

use crate::domain::pricing::plan::Plan;
use crate::domain::pricing::sources::{Candidate, Source};
use crate::domain::units::At;
use crate::store::error::Result;
use crate::store::packed::{pack, unpack};
use crate::store::schema::{price_plan, price_source};

/// The state of a source, for the page and the next fetch.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct SourceState {
    pub name: String,
    pub tried_at: At,
    /// When the list in hand was read; `None` = never yet.
    pub read_at: Option<At>,
    pub etag: Option<String>,
    /// Why the last try failed.
    pub problem: Option<String>,
}

pub fn states(c: &mut SqliteConnection) -> Result<Vec<SourceState>> {
    Ok(price_source::table
        .order(price_source::name)
        .select((
            price_source::name,
            price_source::tried_at_ms,
            price_source::read_at_ms,
            price_source::etag,
            price_source::problem,
        ))
        .load(c)?)
}

/// The last good list of a source.
pub fn list(c: &mut SqliteConnection, source: Source) -> Result<Option<Vec<Candidate>>> {
    let packed: Option<Option<Vec<u8>>> = price_source::table
        .find(source.name())
        .select(price_source::list)
        .get_result(c)
        .optional()?;
    packed.flatten().as_deref().map(unpack).transpose()
}

/// A new list was read.
pub fn put_list(
    c: &mut SqliteConnection,
    source: Source,
    at: At,
    etag: Option<&str>,
    list: &[Candidate],
) -> Result<()> {
    let values = (
        price_source::tried_at_ms.eq(at),
        price_source::read_at_ms.eq(Some(at)),
        price_source::etag.eq(etag),
        price_source::problem.eq(None::<String>),
        price_source::list.eq(Some(pack(&list)?)),
    );
    diesel::insert_into(price_source::table)
        .values((price_source::name.eq(source.name()), values.clone()))
        .on_conflict(price_source::name)
        .do_update()
        .set(values)
        .execute(c)?;
    Ok(())
}

/// The source was asked, and has nothing newer or failed: the list stays.
pub fn put_outcome(
    c: &mut SqliteConnection,
    source: Source,
    at: At,
    problem: Option<&str>,
) -> Result<()> {
    let values = (
        price_source::tried_at_ms.eq(at),
        price_source::problem.eq(problem),
    );
    diesel::insert_into(price_source::table)
        .values((price_source::name.eq(source.name()), values))
        .on_conflict(price_source::name)
        .do_update()
        .set(values)
        .execute(c)?;
    Ok(())
}

/// The preview and when it was made.
pub fn plan(c: &mut SqliteConnection) -> Result<Option<(At, Plan)>> {
    let row: Option<(At, Vec<u8>)> = price_plan::table
        .find(1)
        .select((price_plan::made_at_ms, price_plan::content))
        .get_result(c)
        .optional()?;
    row.map(|(at, packed)| Ok((at, unpack(&packed)?)))
        .transpose()
}

pub fn put_plan(c: &mut SqliteConnection, at: At, plan: &Plan) -> Result<()> {
    drop_plan(c)?;
    diesel::insert_into(price_plan::table)
        .values((
            price_plan::id.eq(1),
            price_plan::made_at_ms.eq(at),
            price_plan::content.eq(pack(plan)?),
        ))
        .execute(c)?;
    Ok(())
}

pub fn drop_plan(c: &mut SqliteConnection) -> Result<()> {
    diesel::delete(price_plan::table).execute(c)?;
    Ok(())
}
