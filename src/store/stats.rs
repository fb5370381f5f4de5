//! The size of things, for the status page. Nothing here reads the tables.

use std::path::Path;

use diesel::prelude::*;

use super::counters::{self, Counter};
use super::error::Result;
use super::{open, wal};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The database file, without its log.
    pub bytes: u64,
    pub wal_bytes: u64,
    /// Number of the newest migration.
    pub schema: i64,
    /// Events stored since installation.
    pub events: i64,
}

pub(super) fn read(c: &mut SqliteConnection, path: &Path) -> Result<Stats> {
    Ok(Stats {
        bytes: wal::bytes(path),
        wal_bytes: wal::bytes(&wal::path_of(path)),
        // Opening brought the file to exactly this schema.
        schema: open::known_schema().parse().unwrap_or_default(),
        events: counters::get(c, Counter::Stored)?,
    })
}
