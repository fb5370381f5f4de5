//! The fine roll-ups of one hour made anew beside those in force, so many
//! events a step, and put in their place when the hour is through. Until then
//! answers come from those in force; what is stored meanwhile counts in both.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::family::{BESIDE, Width};
use super::{forget, merge, reopen};
use crate::domain::event::{EventId, EventKey};
use crate::domain::units::At;
use crate::store::error::Result;
use crate::store::events::StoredEvent;
use crate::store::scan::keys::{self, KeyRange};
use crate::store::scan::loose;
use crate::store::schema::rollup;
use crate::store::settings;

const SETTING: &str = "rebuild_hour";

/// Events counted in a step: what bounds its memory, and how long others wait
/// to write.
const AT_ONCE: usize = 20_000;

/// How far an hour is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Begun {
    hour: i64,
    /// Key of the last event that is counted.
    at: At,
    id: i64,
}

impl Begun {
    fn last(self) -> EventKey {
        EventKey {
            at: self.at,
            id: EventId(self.id),
        }
    }

    /// Whether an event belongs to what is counted already.
    fn has_passed(self, event: &StoredEvent) -> bool {
        Width::Hour.of(event.at_ms) == self.hour && event.key() <= self.last()
    }
}

fn begun(c: &mut SqliteConnection) -> Result<Option<Begun>> {
    settings::get(c, SETTING)
}

/// Counts some events of the first hour from `from` on that has any, in a write
/// transaction. Gives where to go on, the same hour or the end of it; `None`
/// when there was none left. Days of hours that are through are open until they
/// are closed anew.
pub(in crate::store) fn step(c: &mut SqliteConnection, from: At) -> Result<Option<At>> {
    let rest = KeyRange::between(from, At(i64::MAX));
    let next = loose::oldest(c, rest, 1)?;
    let hour = next.first().map(|event| Width::Hour.of(event.at_ms));
    // Hours without events have nothing to count.
    let start = Width::Hour.start(Width::Hour.of(from));
    let (here, end) = match hour {
        Some(hour) => (Width::Hour.start(hour), Width::Hour.start(hour + 1)),
        None => (At(i64::MAX), At(i64::MAX)),
    };
    forget(c, start, here)?;
    let Some(hour) = hour else {
        abandon(c)?;
        return Ok(None);
    };
    let begun = begun(c)?.filter(|begun| begun.hour == hour);
    let mut range = KeyRange::between(here, end);
    match begun {
        Some(begun) => range.from = keys::after(begun.last()),
        None => abandon(c)?,
    }
    let events = loose::oldest(c, range, AT_ONCE)?;
    merge(c, &events, BESIDE)?;
    match events.last() {
        // There may be more.
        Some(last) if events.len() == AT_ONCE => {
            let begun = Begun {
                hour,
                at: last.at_ms,
                id: last.id.0,
            };
            settings::put(c, SETTING, &begun)?;
            Ok(Some(here))
        }
        _ => {
            replace(c, here, end)?;
            Ok(Some(end))
        }
    }
}

/// The hour is through: what was counted beside takes the place of what was.
fn replace(c: &mut SqliteConnection, from: At, to: At) -> Result<()> {
    forget(c, from, to)?;
    diesel::update(rollup::table.filter(rollup::place.ge(BESIDE)))
        .set(rollup::place.eq(rollup::place - BESIDE))
        .execute(c)?;
    settings::remove(c, SETTING)?;
    reopen(c, Width::Day.of(from))
}

/// Counts new events of what is through already, in the transaction that stores
/// them.
pub(super) fn also(c: &mut SqliteConnection, new: &[StoredEvent]) -> Result<()> {
    let Some(begun) = begun(c)? else {
        return Ok(());
    };
    let passed = new.iter().filter(|event| begun.has_passed(event));
    let passed: Vec<StoredEvent> = passed.copied().collect();
    merge(c, &passed, BESIDE)
}

/// Begins the hour again when something of what is counted already changes.
pub(super) fn changed<'a>(
    c: &mut SqliteConnection,
    mut changed: impl Iterator<Item = &'a StoredEvent>,
) -> Result<()> {
    match begun(c)? {
        Some(begun) if changed.any(|event| begun.has_passed(event)) => abandon(c),
        _ => Ok(()),
    }
}

fn abandon(c: &mut SqliteConnection) -> Result<()> {
    diesel::delete(rollup::table)
        .filter(rollup::place.ge(BESIDE))
        .execute(c)?;
    settings::remove(c, SETTING)
}
