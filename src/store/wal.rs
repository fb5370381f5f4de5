//! Keeps the write-ahead log small. SQLite copies it into the database by
//! itself, but starts it over only when no reader looks at it, so under steady
//! reading it would grow without end. Never waits long, and never makes readers
//! wait, unless it is very large.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;

use super::error::{Result, StoreError};
use super::gate::Gate;

/// Sizes in bytes at which something is done about the log.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From here on it is emptied when that takes no long wait.
    pub soft: u64,
    /// From here on nothing is written before it was emptied.
    pub hard: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            soft: 16 << 20,
            hard: 48 << 20,
        }
    }
}

/// How long a commit may be followed by waiting for readers.
const SHORT_WAIT: Duration = Duration::from_millis(50);
/// How long new readers may have to wait for those that read.
const LONG_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Wal {
    path: PathBuf,
    limits: Limits,
    /// Size below which emptying is not tried again after it failed.
    patience: u64,
    busy_timeout: Duration,
    /// Of the readers.
    gate: Gate,
}

impl Wal {
    pub(super) fn of(database: &Path, limits: Limits, busy_timeout: Duration, gate: Gate) -> Self {
        Self {
            path: path_of(database),
            limits,
            gate,
            patience: 0,
            busy_timeout,
        }
    }

    fn bytes(&self) -> u64 {
        bytes(&self.path)
    }

    /// After a commit: empties the log if it is large and nobody minds.
    pub(super) fn tend(&mut self, c: &mut SqliteConnection) {
        let bytes = self.bytes();
        if bytes <= self.limits.soft || bytes <= self.patience {
            return;
        }
        let outcome = self.empty(c, SHORT_WAIT.min(self.busy_timeout));
        let left = self.bytes();
        self.patience = if left > self.limits.soft {
            left + self.limits.soft / 4
        } else {
            0
        };
        if let Err(error) = outcome {
            log::warn!(wal_bytes = left; "cannot empty the write-ahead log: {error}");
        }
    }

    /// Before a job: when the log is very large, lets no reader begin until it
    /// is empty, and refuses the job when those that read do not end.
    pub(super) fn admit(&mut self, c: &mut SqliteConnection) -> Result<()> {
        if self.bytes() <= self.limits.hard {
            return Ok(());
        }
        let alone = self.gate.close(LONG_WAIT.min(self.busy_timeout));
        self.empty(c, SHORT_WAIT.min(self.busy_timeout))?;
        drop(alone);
        if self.bytes() <= self.limits.hard {
            return Ok(());
        }
        log::warn!("a long read keeps the write-ahead log from being emptied; not writing");
        Err(StoreError::Busy)
    }

    fn empty(&self, c: &mut SqliteConnection, wait: Duration) -> Result<()> {
        set_busy_timeout(c, wait)?;
        let outcome = c.batch_execute("pragma wal_checkpoint(truncate)");
        set_busy_timeout(c, self.busy_timeout)?;
        Ok(outcome?)
    }
}

/// Pragmas take no binds.
pub(super) fn set_busy_timeout(c: &mut SqliteConnection, wait: Duration) -> Result<()> {
    let sql = format!("pragma busy_timeout = {}", wait.as_millis());
    Ok(c.batch_execute(&sql)?)
}

pub(super) fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Size of a file; 0 when there is none.
pub(super) fn bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
