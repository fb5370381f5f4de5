//! Whether there is room for what would be taken: on the spool, and on the disk
//! below it. A part of the disk is left alone, so that what was taken can still
//! be stored.

use std::path::{Path, PathBuf};

use super::spool::Backlog;
use crate::domain::collection::Reason;

/// Left free of a disk of ordinary size …
const RESERVE: u64 = 64 << 20;
/// … and of a small one so many parts of it.
const PART: u64 = 20;

#[derive(Clone, Debug)]
pub(super) struct Room {
    /// A directory on the disk in question.
    dir: PathBuf,
    /// Most bytes of a spool.
    spool: u64,
}

impl Room {
    pub(super) fn new(dir: &Path, spool: u64) -> Self {
        let dir = dir.to_owned();
        Self { dir, spool }
    }

    /// Why nothing more may be taken.
    pub(super) fn missing(&self, backlog: &Backlog) -> Option<Reason> {
        if backlog.bytes >= self.spool {
            return Some(Reason::SpoolFull);
        }
        // A system that does not tell is no reason to stop.
        let disk = rustix::fs::statvfs(&self.dir).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        is_low(bytes(disk.f_bavail), bytes(disk.f_blocks)).then_some(Reason::DiskFull)
    }
}

fn is_low(free: u64, size: u64) -> bool {
    free < RESERVE.min(size / PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_disk_is_left_alone() {
        const MIB: u64 = 1 << 20;
        for (free, size, low) in [
            (63 * MIB, 100_000 * MIB, true),
            (64 * MIB, 100_000 * MIB, false),
            (5 * MIB, 100 * MIB, false),
            (4 * MIB, 100 * MIB, true),
            (0, 0, false),
        ] {
            assert_eq!(is_low(free, size), low, "{free} of {size}");
        }
    }

    #[test]
    fn a_spool_at_its_limit_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let room = Room::new(dir.path(), 10);
        let backlog = |bytes| Backlog {
            bytes,
            ..Backlog::default()
        };
        assert_eq!(room.missing(&backlog(9)), None);
        assert_eq!(room.missing(&backlog(10)), Some(Reason::SpoolFull));
        let gone = Room::new(&dir.path().join("gone"), 10);
        assert_eq!(gone.missing(&backlog(0)), None);
    }
}
