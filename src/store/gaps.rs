//! Spans in which events were probably lost. A gap is recorded when it is
//! noticed and may be prolonged; it is never removed.

use diesel::prelude::*;

use super::error::Result;
use super::schema::gap;
use crate::domain::collection::Gap;
use crate::domain::units::At;

/// Records a gap; one with the same start and reason is prolonged.
pub fn record(c: &mut SqliteConnection, new: &Gap) -> Result<()> {
    diesel::insert_into(gap::table)
        .values((
            gap::from_ms.eq(new.from),
            gap::why.eq(&new.why),
            gap::to_ms.eq(new.to),
        ))
        .on_conflict((gap::from_ms, gap::why))
        .do_update()
        .set(gap::to_ms.eq(new.to))
        .execute(c)?;
    Ok(())
}

/// The newest gaps, newest first.
pub fn newest(c: &mut SqliteConnection, limit: i64) -> Result<Vec<Gap>> {
    let query = gap::table
        .order((gap::from_ms.desc(), gap::why.desc()))
        .limit(limit)
        .select((gap::from_ms, gap::to_ms, gap::why));
    load(c, query)
}

/// The gaps that have a moment in `[from, to)`, the earliest first.
pub fn within(c: &mut SqliteConnection, from: At, to: At) -> Result<Vec<Gap>> {
    let query = gap::table
        .filter(gap::from_ms.lt(to))
        .filter(gap::to_ms.gt(from))
        .order((gap::from_ms.asc(), gap::why.asc()))
        .select((gap::from_ms, gap::to_ms, gap::why));
    load(c, query)
}

fn load<'q, Q>(c: &mut SqliteConnection, query: Q) -> Result<Vec<Gap>>
where
    Q: diesel::query_dsl::LoadQuery<'q, SqliteConnection, (At, At, String)>,
{
    let rows = query.load(c)?;
    let gaps = rows
        .into_iter()
        .map(|(from, to, why)| Gap { from, to, why });
    Ok(gaps.collect())
}
