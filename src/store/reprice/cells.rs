//! Costs where they are kept besides the events: the cost column of segments
//! and the sums of roll-ups.

use diesel::sqlite::SqliteConnection;

use super::work::Changed;
use crate::domain::event::EventKey;
use crate::store::error::Result;
use crate::store::rollups;
use crate::store::scan::columns::Column;
use crate::store::scan::segments;

/// Brings everything derived from these events up to date.
pub(super) fn bring(c: &mut SqliteConnection, changed: &[Changed]) -> Result<()> {
    rollups::recost(c, changed.iter().map(|row| (&row.before, row.new)))?;
    let mut costs: Vec<(EventKey, Option<i64>)> = changed
        .iter()
        .map(|row| (row.before.key(), row.new.map(|nanos| nanos.0)))
        .collect();
    costs.sort_unstable();
    segments::rewrite(c, Column::Cost, &costs)
}
