//! A selection row by row, oldest first, in chunks: each chunk is one short
//! read, so an export of any length neither pins the log nor fills memory.

use std::ops::ControlFlow;

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::names::Names;
use super::requests::Row;
use super::rows;
use super::scan::keys::{self, KeyRange};
use super::scan::predicate::Predicate;
use super::scan::{self, Order, loose};
use crate::domain::event::EventKey;
use crate::domain::filter::Selection;

/// At most `limit` rows after a key (from the start without one). Fewer than
/// `limit` means that there are no more.
pub fn chunk(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    after: Option<EventKey>,
    limit: usize,
) -> Result<Vec<Row>> {
    let predicate = Predicate::compile(c, names, selection)?;
    let mut range = KeyRange::between(selection.from, selection.to);
    range.from = after.map_or(range.from, |key| range.from.max(keys::after(key)));
    if predicate.is_everything() {
        let events = loose::oldest(c, range, limit)?;
        return rows::of_events(c, names, &events);
    }
    let mut found = Vec::new();
    scan::walk(c, range, Order::OldestFirst, &predicate, |chunk, picked| {
        let rows = picked.len().min(limit - found.len());
        found.extend(chunk.keys(&picked.slice(0..rows))?);
        Ok(if found.len() < limit {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    rows::of_keys(c, names, &found)
}
