//! Opening: who may, what is made, what is refused.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cpamp::domain::soundness::Soundness;
use cpamp::store::lock::Lock;
use cpamp::store::open::MIGRATIONS;
use cpamp::store::{OpenError, Options, Store, settings};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness as _;

use crate::support::database::{Database, store};
use crate::support::events::events;

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn refusal(options: &Options) -> OpenError {
    Store::open(options).err().expect("it must not open")
}

#[tokio::test]
async fn only_the_owner_can_read_what_is_made() {
    let database = Database::new();
    let directory = database.directory().join("data/deep");
    let path = directory.join("cpamp.db");
    let open = Store::open(&Options::at(&path)).unwrap();
    store(&open, events(0, 1)).await.unwrap();

    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&database.directory().join("data")), 0o700);
    for name in ["cpamp.db", "cpamp.db-wal", "cpamp.db-shm", "cpamp.db.lock"] {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_second_process_is_told_who_has_the_database() {
    let database = Database::new();
    let first = database.open();
    let refused = refusal(&database.options()).to_string();
    assert!(
        refused.contains(&format!("pid {}", std::process::id())),
        "{refused}"
    );
    assert!(matches!(
        Lock::take(&database.path()),
        Err(OpenError::InUse { pid: Some(_), .. })
    ));

    first.close().await;
    assert!(Lock::take(&database.path()).is_ok());
}

#[tokio::test]
async fn the_lock_goes_with_the_last_clone() {
    let database = Database::new();
    let first = database.open();
    let clone = first.clone();
    drop(first);
    assert!(matches!(
        refusal(&database.options()),
        OpenError::InUse { .. }
    ));
    clone.close().await;
    database.open();
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let database = Database::new();
    let first = database.open();
    first.write(|c| settings::put(c, "x", &42)).await.unwrap();
    store(&first, events(0, 3)).await.unwrap();
    let version = *first.version().borrow();
    first.close().await;

    let second = database.open();
    let kept: Option<i32> = second.read(|c| settings::get(c, "x")).await.unwrap();
    assert_eq!(kept, Some(42));
    assert_eq!(second.stats().await.unwrap().events, 3);
    assert_eq!(*second.version().borrow(), version);
}

#[tokio::test]
async fn closing_leaves_no_log_behind_and_refuses_more() {
    let database = Database::new();
    let open = database.open();
    store(&open, events(0, 10)).await.unwrap();
    open.close().await;
    assert!(!database.directory().join("cpamp.db-wal").exists());
    assert!(open.write(|_| Ok(())).await.is_err());
    assert!(open.read(|_| Ok(())).await.is_err());
    open.stopped().await;
}

#[test]
fn migrations_go_up_down_and_up_again() {
    let mut c = SqliteConnection::establish(":memory:").unwrap();
    c.run_pending_migrations(MIGRATIONS).unwrap();
    let up = tables(&mut c);
    assert!(
        up.iter()
            .any(|table| table.starts_with("CREATE TABLE event "))
    );

    c.revert_all_migrations(MIGRATIONS).unwrap();
    let down = tables(&mut c);
    assert!(down.is_empty(), "left behind: {down:?}");

    c.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(tables(&mut c), up);
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

fn tables(c: &mut SqliteConnection) -> Vec<String> {
    let sql = "select sql as text from sqlite_schema where sql is not null and name not like \
               '\\_\\_diesel%' escape '\\' and name not like 'sqlite%' order by name";
    let rows: Vec<Text> = diesel::sql_query(sql).load(c).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let database = Database::new();
    database.open().close().await;
    database
        .stranger()
        .batch_execute("insert into __diesel_schema_migrations (version) values ('9999')")
        .unwrap();
    let refused = refusal(&database.options());
    assert!(matches!(&refused, OpenError::NewerSchema { found, .. } if found == "9999"));
    assert!(refused.to_string().contains("newer version"), "{refused}");
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let database = Database::new();
    database
        .stranger()
        .batch_execute("create table usage_events (id integer)")
        .unwrap();
    let before = std::fs::read(database.path()).unwrap();
    assert!(matches!(
        refusal(&database.options()),
        OpenError::NotOurs { .. }
    ));
    assert_eq!(std::fs::read(database.path()).unwrap(), before);
}

#[tokio::test]
async fn a_first_start_that_was_cut_short_is_completed() {
    let database = Database::new();
    database
        .stranger()
        .batch_execute("create table __diesel_schema_migrations (version text primary key, run_on)")
        .unwrap();
    database.open().close().await;
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let database = Database::new();
    let garbage = vec![b'x'; 8192];
    std::fs::write(database.path(), &garbage).unwrap();
    refusal(&database.options());
    assert_eq!(std::fs::read(database.path()).unwrap(), garbage);
}

#[tokio::test]
async fn the_pragmas_hold() {
    #[derive(QueryableByName, Debug, PartialEq)]
    struct Pragmas {
        #[diesel(sql_type = diesel::sql_types::Text)]
        journal_mode: String,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        synchronous: i32,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        auto_vacuum: i32,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        foreign_keys: i32,
    }
    let sql = "select * from pragma_journal_mode, pragma_synchronous, pragma_auto_vacuum, \
               pragma_foreign_keys";
    let found = Database::new()
        .open()
        .write(move |c| Ok(diesel::sql_query(sql).get_result::<Pragmas>(c)?))
        .await
        .unwrap();
    let wanted = Pragmas {
        journal_mode: String::from("wal"),
        synchronous: 2,
        auto_vacuum: 2,
        foreign_keys: 1,
    };
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn freed_space_is_given_back() {
    let database = Database::new();
    let open = database.open();
    let kilobytes = "x".repeat(200_000);
    open.write(move |c| settings::put(c, "large", &kilobytes))
        .await
        .unwrap();
    open.write(|c| settings::remove(c, "large")).await.unwrap();
    open.tidy().await.unwrap();
    let free: Vec<Text> = open
        .read(|c| {
            let sql = "select cast(freelist_count as text) as text from pragma_freelist_count";
            Ok(diesel::sql_query(sql).load(c)?)
        })
        .await
        .unwrap();
    assert_eq!(free[0].text, "0");
}

#[tokio::test]
async fn readers_cannot_write() {
    let database = Database::new();
    let open = database.open();
    let outcome = open.read(|c| settings::put(c, "x", &1)).await;
    assert!(
        matches!(outcome, Err(cpamp::store::StoreError::ReadOnly)),
        "{outcome:?}"
    );
}

#[test]
fn every_migration_has_a_number_of_its_own() {
    let numbers = |directory: std::fs::DirEntry| {
        let name = directory.file_name().into_string().unwrap();
        name.split('_').next().unwrap().to_owned()
    };
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let entries = std::fs::read_dir(migrations).unwrap();
    let mut all: Vec<String> = entries.map(|entry| numbers(entry.unwrap())).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(
        all.len(),
        count,
        "one of two with the same number never runs"
    );
}

#[tokio::test]
async fn an_end_out_of_order_is_noticed_once() {
    let database = Database::new();
    let open = database.open();
    assert!(!open.was_abandoned(), "there was nobody before");
    open.close().await;
    let lock = database.directory().join("cpamp.db.lock");
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), "");

    std::fs::write(&lock, "4711\n").unwrap();
    let open = database.open();
    assert!(open.was_abandoned());
    assert_eq!(*open.soundness().borrow(), Soundness::Trusted);
    open.look_through().await;
    assert_eq!(*open.soundness().borrow(), Soundness::Sound);
    let pid = std::fs::read_to_string(&lock).unwrap();
    assert_eq!(pid, format!("{}\n", std::process::id()));
    open.close().await;
    assert!(!database.open().was_abandoned());
}

#[tokio::test]
async fn damage_is_found() {
    use std::os::unix::fs::FileExt as _;
    let database = Database::new();
    let open = database.open();
    store(&open, events(0, 2_000)).await.unwrap();
    open.close().await;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(database.path());
    let file = file.unwrap();
    let pages = file.metadata().unwrap().len() / 16_384;
    for page in pages / 2..pages {
        file.write_all_at(&[0xff; 200], page * 16_384 + 100)
            .unwrap();
    }
    let open = database.open();
    open.look_through().await;
    let found = open.soundness().borrow().clone();
    assert!(found.damage().is_some(), "{found:?}");
}

#[test]
fn a_database_that_another_program_holds_is_told_so() {
    let database = Database::new();
    drop(database.open());
    let open = || Store::open(&database.options());
    let mut other = database.stranger();
    other
        .batch_execute("pragma locking_mode = exclusive; begin exclusive; create table theirs (x)")
        .unwrap();
    let said = format!("{:#}", anyhow::Error::from(open().err().unwrap()));
    assert!(said.contains("another program"), "{said}");
}
