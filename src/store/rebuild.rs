//! Making all roll-ups anew, for the case that they are in doubt: ordered by a
//! person, done hour by hour in the background, over restarts too. Each step is
//! one short transaction, however dense its hour, and leaves answers correct.

use diesel::sqlite::SqliteConnection;
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::scan::segments::Step;
use super::{rollups, settings, usage};
use crate::domain::units::At;

const SETTING: &str = "rebuild";

/// The last rebuild that was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuild {
    pub ordered_at: At,
    /// The events that there were then.
    pub oldest: At,
    pub newest: At,
    /// Where it goes on.
    pub next: At,
    /// `None` while it works.
    pub finished_at: Option<At>,
}

impl Rebuild {
    /// How far it is, in thousandths of the time there are events of.
    #[must_use]
    pub fn per_mille(&self) -> i64 {
        if self.finished_at.is_some() {
            return 1_000;
        }
        let whole = (self.newest - self.oldest).0.max(1);
        let done = (self.next.max(self.oldest) - self.oldest).0;
        let done = i128::from(done) * 1_000 / i128::from(whole);
        i64::try_from(done).unwrap_or_default().clamp(0, 999)
    }
}

/// The rebuild under way, or the last one.
pub fn state(c: &mut SqliteConnection) -> Result<Option<Rebuild>> {
    settings::get(c, SETTING)
}

/// Orders one; while one works, that is enough.
pub fn order(c: &mut SqliteConnection, now: At) -> Result<()> {
    if state(c)?.is_some_and(|rebuild| rebuild.finished_at.is_none()) {
        return Ok(());
    }
    let (oldest, newest) = usage::ends(c)?;
    let rebuild = Rebuild {
        ordered_at: now,
        oldest: oldest.unwrap_or(now),
        newest: newest.unwrap_or(now),
        next: At(i64::MIN),
        finished_at: None,
    };
    settings::put(c, SETTING, &rebuild)
}

/// Where a rebuild goes on, while one works.
pub(super) fn at(c: &mut SqliteConnection) -> Result<Option<At>> {
    let at_work = state(c)?.filter(|rebuild| rebuild.finished_at.is_none());
    Ok(at_work.map(|rebuild| rebuild.next))
}

/// Makes one hour anew, or a part of a dense one, if that was ordered.
pub(super) fn step(c: &mut SqliteConnection, now: At) -> Result<Step> {
    let Some(rebuild) = state(c)?.filter(|rebuild| rebuild.finished_at.is_none()) else {
        return Ok(Step::Idle);
    };
    let next = rollups::rebuild_step(c, rebuild.next)?;
    let rebuild = Rebuild {
        next: next.unwrap_or(rebuild.next),
        finished_at: next.is_none().then_some(now),
        ..rebuild
    };
    settings::put(c, SETTING, &rebuild)?;
    Ok(Step::Worked(1))
}
