//! One process per database: an OS lock on a file beside it, which holds the
//! owner's pid until it ends in order. The file stays behind on purpose; the
//! lock goes with the process, and removing the file would let two owners lock
//! two files.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::OpenError;

/// Held as long as it lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
    abandoned: bool,
}

impl Lock {
    /// Takes the lock of a database that need not exist yet; its directory must.
    pub fn take(database: &Path) -> Result<Self, OpenError> {
        let path = lock_path(database);
        let failed = |what| {
            let path = path.clone();
            move |source| OpenError::File { what, path, source }
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse {
                    path: database.to_owned(),
                    pid: owner(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock")(source)),
        }
        let abandoned = owner(&mut file).is_some();
        // Never empty in between: on a full disk what it said must stay.
        let pid = format!("{}\n", std::process::id());
        let length = u64::try_from(pid.len()).unwrap_or_default();
        file.rewind()
            .and_then(|()| file.write_all(pid.as_bytes()))
            .and_then(|()| file.set_len(length))
            .map_err(failed("write"))?;
        Ok(Self { file, abandoned })
    }

    /// Refuses when somebody holds the lock, where that can be seen: for those
    /// who may not take it themselves.
    pub fn respect(database: &Path) -> Result<(), OpenError> {
        let Ok(mut file) = File::open(lock_path(database)) else {
            return Ok(());
        };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
                path: database.to_owned(),
                pid: owner(&mut file),
            }),
            _ => Ok(()),
        }
    }

    /// Whether the owner before did not end in order.
    #[must_use]
    pub fn was_abandoned(&self) -> bool {
        self.abandoned
    }

    /// An end in order: everything is written.
    pub fn release(self) {
        if let Err(error) = self.file.set_len(0) {
            log::warn!("cannot note that the database was closed in order: {error}");
        }
    }
}

fn owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".lock");
    PathBuf::from(name)
}
