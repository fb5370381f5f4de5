//! Opening a database: directory, lock, file modes, pragmas, migrations. Ready
//! in a few milliseconds whatever the size; touches nothing it does not know.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use rustix::fs::Access;

use super::error::{OpenError, Result, StoreError};
use super::lock::Lock;
use super::place;
use super::wal::{self, Limits};

/// Seventeen so far. A build reads the directory anew when this file changes.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Older libraries can damage a database when a checkpoint and a commit meet
/// (fixed in 3.51.3).
const REQUIRED_SQLITE: [u32; 3] = [3, 51, 3];

/// "CPAM", set by the first migration.
const APPLICATION_ID: i32 = 1_129_333_069;

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    pub path: PathBuf,
    /// How long a job waits for another process that holds the database.
    pub busy_timeout: Duration,
    /// Reads at the same time.
    pub readers: usize,
    pub wal: Limits,
    /// A person takes the risk of a network file system.
    pub allow_network: bool,
    /// A database that cannot be written is opened to be read.
    pub or_read_only: bool,
}

impl Options {
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            busy_timeout: Duration::from_secs(5),
            readers: 4,
            wal: Limits::default(),
            allow_network: false,
            or_read_only: false,
        }
    }
}

/// A database that is ours alone, at the current schema.
pub(super) struct Opened {
    pub(super) lock: Lock,
    pub(super) conn: SqliteConnection,
}

pub(super) fn open(options: &Options) -> std::result::Result<Opened, OpenError> {
    let path = &options.path;
    let directory = directory_of(path);
    make_directory(directory)?;
    check_place(directory, options.allow_network)?;
    let lock = Lock::take(path)?;
    make_file(path)?;
    let prepare = |source| OpenError::Prepare {
        path: path.clone(),
        source,
    };
    let mut conn = establish(path).map_err(|message| OpenError::Open {
        path: path.clone(),
        message,
    })?;
    check_library(&mut conn).map_err(prepare)??;
    if !is_ours(&mut conn).map_err(prepare)? {
        return Err(OpenError::NotOurs { path: path.clone() });
    }
    set_up_writer(&mut conn, options.busy_timeout).map_err(prepare)?;
    migrate(&mut conn, path)?;
    // The file names of database and log are durable before anything counts
    // on them.
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(failed("sync", directory))?;
    Ok(Opened { lock, conn })
}

/// A database for reading.
#[derive(Clone, Debug)]
pub(super) enum Readable {
    /// Ours alone, and written meanwhile.
    Ours(PathBuf),
    /// The address of one that nobody can write.
    Frozen(String),
}

/// A database that cannot be written, at the current schema. Its log is read
/// where there is one; without, nothing is needed beside the file. `None` where
/// it cannot be read either.
pub(super) fn open_frozen(options: &Options) -> std::result::Result<Option<Readable>, OpenError> {
    let Ok(path) = options.path.canonicalize() else {
        return Ok(None);
    };
    check_place(directory_of(&path), options.allow_network)?;
    Lock::respect(&path)?;
    let Ok(mut url) = url::Url::from_file_path(&path) else {
        return Ok(None);
    };
    let query = match wal::bytes(&wal::path_of(&path)) {
        0 => "mode=ro&immutable=1",
        _ => "mode=ro",
    };
    url.set_query(Some(query));
    let readable = Readable::Frozen(url.into());
    Ok(is_current(&readable, options.busy_timeout).then_some(readable))
}

/// Room that a database needs beside its file to be opened.
const ROOM: usize = 256 << 10;

/// Whether the lock, the file and something beside it can be written. SQLite is
/// not asked: in a process that reads a frozen database it would go on reading.
pub(super) fn is_writable(path: &Path) -> bool {
    let Ok(lock) = Lock::take(path) else {
        return false;
    };
    // Not by opening it: closing it again would give up SQLite's own locks.
    let may = rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK);
    let writable = may.is_ok() && has_room(&path.with_extension("room"));
    // An end out of order before is for the next owner to know.
    if !lock.was_abandoned() {
        lock.release();
    }
    writable
}

fn has_room(path: &Path) -> bool {
    let fits = File::create(path).and_then(|mut file| {
        file.write_all(&vec![0; ROOM])?;
        file.sync_all()
    });
    let removed = std::fs::remove_file(path);
    fits.is_ok() && removed.is_ok()
}

fn is_current(file: &Readable, busy_timeout: Duration) -> bool {
    let current = reader_connection(file, busy_timeout).and_then(|mut conn| {
        let ours = is_ours(&mut conn)?;
        let applied = conn.applied_migrations();
        let newest = applied
            .ok()
            .and_then(|all| all.iter().map(ToString::to_string).max());
        Ok(ours && newest == Some(known_schema()))
    });
    current.unwrap_or(false)
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(super) fn writer_connection(path: &Path, busy_timeout: Duration) -> Result<SqliteConnection> {
    let mut conn = establish(path).map_err(StoreError::Io)?;
    set_up_writer(&mut conn, busy_timeout)?;
    Ok(conn)
}

pub(super) fn reader_connection(
    file: &Readable,
    busy_timeout: Duration,
) -> Result<SqliteConnection> {
    let conn = match file {
        Readable::Ours(path) => establish(path),
        Readable::Frozen(url) => {
            SqliteConnection::establish(url).map_err(|error| error.to_string())
        }
    };
    let mut conn = conn.map_err(StoreError::Io)?;
    wal::set_busy_timeout(&mut conn, busy_timeout)?;
    conn.batch_execute(
        "pragma query_only = on;
         pragma trusted_schema = off;
         pragma cell_size_check = on;
         pragma cache_size = -2048;
         pragma temp_store = memory;",
    )?;
    Ok(conn)
}

fn establish(path: &Path) -> std::result::Result<SqliteConnection, String> {
    let text = path.to_str().ok_or("its path is not UTF-8")?;
    // A name such as `file:x` would be taken for a URL.
    let text = if path.is_absolute() {
        text.to_owned()
    } else {
        format!("./{text}")
    };
    SqliteConnection::establish(&text).map_err(|error| error.to_string())
}

fn set_up_writer(c: &mut SqliteConnection, busy_timeout: Duration) -> Result<()> {
    wal::set_busy_timeout(c, busy_timeout)?;
    // The first two count only before the first page is written.
    c.batch_execute(
        "pragma page_size = 16384;
         pragma auto_vacuum = incremental;
         pragma journal_mode = wal;
         pragma synchronous = full;
         pragma foreign_keys = on;
         pragma journal_size_limit = 67108864;
         pragma temp_store = memory;
         pragma trusted_schema = off;
         pragma cell_size_check = on;
         pragma cache_size = -6144;",
    )?;
    Ok(())
}

fn migrate(c: &mut SqliteConnection, path: &Path) -> std::result::Result<(), OpenError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| OpenError::Migrate {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let known = known_schema();
    let applied = c.applied_migrations().map_err(failed)?;
    let newest = applied.iter().map(ToString::to_string).max();
    if let Some(found) = newest.filter(|found| *found > known) {
        return Err(OpenError::NewerSchema {
            path: path.to_owned(),
            found,
            known,
        });
    }
    c.run_pending_migrations(MIGRATIONS).map_err(failed)?;
    Ok(())
}

/// The newest schema this program knows.
#[must_use]
pub(super) fn known_schema() -> String {
    use diesel::migration::{Migration, MigrationSource};
    let migrations: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().unwrap_or_default();
    let versions = migrations.iter().map(|m| m.name().version().to_string());
    versions.max().unwrap_or_default()
}

#[derive(QueryableByName)]
struct Ownership {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    application_id: i32,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    tables: i32,
}

/// An empty file is ours too.
fn is_ours(c: &mut SqliteConnection) -> Result<bool> {
    let found: Ownership = diesel::sql_query(include_str!("sql/ownership.sql")).get_result(c)?;
    Ok(found.tables == 0 || found.application_id == APPLICATION_ID)
}

diesel::define_sql_function! {
    fn sqlite_version() -> Text;
}

fn check_library(c: &mut SqliteConnection) -> Result<std::result::Result<(), OpenError>> {
    let found: String = diesel::select(sqlite_version()).get_result(c)?;
    let parts: Vec<u32> = found.split('.').flat_map(str::parse).collect();
    if parts.as_slice() >= &REQUIRED_SQLITE[..] {
        return Ok(Ok(()));
    }
    let required = REQUIRED_SQLITE.map(|n| n.to_string()).join(".");
    Ok(Err(OpenError::OldSqlite { found, required }))
}

fn make_directory(directory: &Path) -> std::result::Result<(), OpenError> {
    if let Ok(found) = directory.metadata() {
        if !found.is_dir() {
            return Err(failed("use", directory)(
                std::io::ErrorKind::NotADirectory.into(),
            ));
        }
        if found.permissions().mode() & 0o077 != 0 {
            let directory = directory.display();
            log::warn!(
                "{directory} can be entered by others; to keep them out: chmod 700 {directory}"
            );
        }
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(failed("create", directory))
}

fn check_place(directory: &Path, allowed: bool) -> std::result::Result<(), OpenError> {
    let Some(kind) = place::network(directory) else {
        return Ok(());
    };
    if !allowed {
        let path = directory.to_owned();
        return Err(OpenError::Networked { path, kind });
    }
    log::warn!(
        "{} lies on a network file system ({kind}), which may damage the database",
        directory.display()
    );
    Ok(())
}

/// SQLite gives its log the mode of the database.
fn make_file(path: &Path) -> std::result::Result<(), OpenError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(failed("open", path))
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::File { what, path, source }
}
