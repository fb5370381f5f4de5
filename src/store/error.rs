//! What can go wrong between us and the database file. A caller branches on
//! whether trying again later helps; everything else is told and logged.

use std::path::PathBuf;

use diesel::result::Error as DieselError;

pub type Result<T> = std::result::Result<T, StoreError>;

/// A read or a write that did not happen. Nothing of it is in the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the database, or a reader pins its log.
    #[error("the database is locked by another program, or a long read holds its log")]
    Busy,
    #[error("disk is full")]
    DiskFull,
    #[error("database is read-only")]
    ReadOnly,
    #[error("database is damaged: {0}")]
    Corrupt(String),
    #[error("cannot read or write the database: {0}")]
    Io(String),
    /// The store was closed, or its writer died.
    #[error("store is closed")]
    Closed,
    #[error("unusable value in the database: {0}")]
    BadValue(String),
    #[error(transparent)]
    Query(DieselError),
}

impl StoreError {
    /// Whether the same job may succeed later without anybody changing it.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Busy | Self::DiskFull | Self::ReadOnly | Self::Io(_)
        )
    }
}

impl From<DieselError> for StoreError {
    /// Diesel keeps SQLite's message, not its code; the messages are fixed
    /// texts of `sqlite3ErrStr`.
    fn from(error: DieselError) -> Self {
        let DieselError::DatabaseError(_, info) = &error else {
            return Self::Query(error);
        };
        match info.message() {
            "database is locked" | "database table is locked" => Self::Busy,
            "database or disk is full" => Self::DiskFull,
            "attempt to write a readonly database" => Self::ReadOnly,
            text @ ("database disk image is malformed" | "file is not a database") => {
                Self::Corrupt(text.to_owned())
            }
            text @ ("disk I/O error" | "unable to open database file") => Self::Io(text.to_owned()),
            _ => Self::Query(error),
        }
    }
}

/// Why a database could not be opened; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{} is in use by {}: stop that one, or choose another directory with --data-dir or \
         CPAMP_DATA_DIR",
        path.display(),
        holder(*pid)
    )]
    InUse { path: PathBuf, pid: Option<u32> },
    #[error("cannot {what} {}{}", path.display(), advice(source))]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "{} lies on a network file system ({kind}), where the database would be damaged: choose a \
         local directory with --data-dir or CPAMP_DATA_DIR, or take the risk with \
         CPAMP_ALLOW_NETWORK_DISK=true",
        path.display()
    )]
    Networked { path: PathBuf, kind: String },
    #[error("{} is the database of another program", path.display())]
    NotOurs { path: PathBuf },
    #[error(
        "{} was written by a newer version of this program (schema {found}, known up to {known}): \
         start that version, or restore a backup",
        path.display()
    )]
    NewerSchema {
        path: PathBuf,
        found: String,
        known: String,
    },
    #[error("the SQLite library is {found}, at least {required} is needed")]
    OldSqlite { found: String, required: String },
    #[error("cannot open database {}: {message}", path.display())]
    Open { path: PathBuf, message: String },
    #[error("cannot bring {} to the current schema: {message}{}", path.display(), close_others(message))]
    Migrate { path: PathBuf, message: String },
    #[error("cannot prepare database {}", path.display())]
    Prepare {
        path: PathBuf,
        #[source]
        source: StoreError,
    },
}

impl OpenError {
    /// Whether the database is only kept from being written.
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        use std::io::ErrorKind::{
            PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
        };
        match self {
            Self::File { source, .. } => matches!(
                source.kind(),
                PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull
            ),
            Self::Prepare { source, .. } => {
                matches!(
                    source,
                    StoreError::ReadOnly | StoreError::DiskFull | StoreError::Io(_)
                )
            }
            Self::Migrate { message, .. } => {
                let words = [
                    "readonly",
                    "disk is full",
                    "disk I/O error",
                    "unable to open",
                ];
                words.iter().any(|words| message.contains(words))
            }
            _ => false,
        }
    }
}

/// What to do when the panel may not write where its data lies.
fn advice(error: &std::io::Error) -> String {
    const ELSEWHERE: &str = "choose another directory with --data-dir or CPAMP_DATA_DIR";
    match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            let who = user().map_or_else(String::new, |uid| format!(", uid {uid},"));
            format!(
                " (the user who runs the panel{who} must be able to write there: change its \
                 owner, or {ELSEWHERE})"
            )
        }
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            " (the disk is full: free some space)".to_owned()
        }
        std::io::ErrorKind::NotADirectory => {
            format!(" (a file is in its place: {ELSEWHERE})")
        }
        _ => String::new(),
    }
}

/// In a container nobody knows by heart which user that is.
fn user() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").ok().map(|own| own.uid())
}

fn close_others(message: &str) -> &'static str {
    if message.contains("locked") {
        " (another program holds it: close that program, or wait until it is done)"
    } else {
        ""
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("another process (pid {pid})"),
    )
}
