//! Events that were stored while a job runs. They are priced by the prices of
//! that moment, which may be newer than the job's, and were in nothing that was
//! shown: the job passes them by. Only those that lie ahead of it are noted.

use std::collections::HashSet;

use diesel::prelude::*;

use super::State;
use crate::domain::event::{EventId, EventKey};
use crate::domain::units::At;
use crate::store::error::Result;
use crate::store::events::StoredEvent;
use crate::store::scan::keys::KeyRange;
use crate::store::schema::{reprice, reprice_since};

/// To be called with every event that is new, in the transaction that stores it.
pub(in crate::store) fn note(c: &mut SqliteConnection, new: &[StoredEvent]) -> Result<()> {
    let latest: Option<(String, At, EventId, At)> = reprice::table
        .order(reprice::id.desc())
        .select((
            reprice::state,
            reprice::next_ms,
            reprice::next_id,
            reprice::to_ms,
        ))
        .first(c)
        .optional()?;
    let Some((state, at, id, to)) = latest else {
        return Ok(());
    };
    if state != State::Running.code() {
        return Ok(());
    }
    let ahead = KeyRange {
        from: EventKey { at, id },
        to: KeyRange::between(at, to).to,
    };
    let keys = new.iter().map(StoredEvent::key);
    for key in keys.filter(|key| ahead.contains(*key)) {
        diesel::insert_into(reprice_since::table)
            .values((
                reprice_since::at_ms.eq(key.at),
                reprice_since::id.eq(key.id),
            ))
            .execute(c)?;
    }
    Ok(())
}

/// Those from here on.
pub(super) fn from(c: &mut SqliteConnection, here: EventKey) -> Result<HashSet<EventKey>> {
    let rows: Vec<(At, EventId)> = reprice_since::table
        .filter(reprice_since::at_ms.ge(here.at))
        .load(c)?;
    let keys = rows.into_iter().map(|(at, id)| EventKey { at, id });
    Ok(keys.collect())
}

pub(super) fn forget(c: &mut SqliteConnection) -> Result<()> {
    diesel::delete(reprice_since::table).execute(c)?;
    Ok(())
}
