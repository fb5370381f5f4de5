//! Events that no segment holds (yet), read from the event table by key range.

use diesel::prelude::*;

use super::keys::KeyRange;
use crate::domain::event::{EventId, EventKey};
use crate::domain::units::At;
use crate::store::error::Result;
use crate::store::events::StoredEvent;
use crate::store::schema::event;

/// The oldest events of a range, oldest first.
pub(in crate::store) fn oldest(
    c: &mut SqliteConnection,
    range: KeyRange,
    limit: usize,
) -> Result<Vec<StoredEvent>> {
    Ok(within(range)
        .order((event::at_ms.asc(), event::id.asc()))
        .limit(rows(limit))
        .select(StoredEvent::as_select())
        .load(c)?)
}

/// The newest events of a range, newest first.
pub(in crate::store) fn newest(
    c: &mut SqliteConnection,
    range: KeyRange,
    limit: usize,
) -> Result<Vec<StoredEvent>> {
    Ok(within(range)
        .order((event::at_ms.desc(), event::id.desc()))
        .limit(rows(limit))
        .select(StoredEvent::as_select())
        .load(c)?)
}

/// The key of the event that follows the `n` oldest of a range.
pub(in crate::store) fn nth(
    c: &mut SqliteConnection,
    range: KeyRange,
    n: usize,
) -> Result<Option<EventKey>> {
    let key: Option<(At, EventId)> = within(range)
        .order((event::at_ms.asc(), event::id.asc()))
        .offset(rows(n))
        .select((event::at_ms, event::id))
        .first(c)
        .optional()?;
    Ok(key.map(|(at, id)| EventKey { at, id }))
}

/// The moments bound the walk through the table; of the ends the ids count too.
#[diesel::dsl::auto_type(no_type_alias)]
fn within(range: KeyRange) -> _ {
    let (from, to): (At, At) = (range.from.at, range.to.at);
    let (first, end): (EventId, EventId) = (range.from.id, range.to.id);
    event::table
        .filter(event::at_ms.ge(from))
        .filter(event::at_ms.le(to))
        .filter(event::at_ms.gt(from).or(event::id.ge(first)))
        .filter(event::at_ms.lt(to).or(event::id.lt(end)))
}

fn rows(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
