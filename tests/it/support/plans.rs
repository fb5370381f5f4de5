//! How SQLite would answer what a function asks.

use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// The statements `run` sends to the database.
pub(crate) fn statements(
    c: &mut SqliteConnection,
    run: impl FnOnce(&mut SqliteConnection),
) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    c.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            sink.lock().unwrap().push(query.to_string());
        }
    });
    run(c);
    c.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    let seen = seen.lock().unwrap();
    seen.clone()
}

/// Fails when a statement of `run` walks through a whole table of events or
/// sorts what it finds there.
pub(crate) fn assert_selective(c: &mut SqliteConnection, run: impl FnOnce(&mut SqliteConnection)) {
    let statements = statements(c, run);
    assert!(!statements.is_empty());
    for sql in statements {
        for step in plan(c, &sql) {
            let scans = step.starts_with("SCAN event");
            let sorts = step.contains("TEMP B-TREE");
            assert!(!scans && !sorts, "{step}\n{sql}");
        }
    }
}

/// The steps by which SQLite would run a statement.
pub(crate) fn plan(c: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let sql = format!("explain query plan {sql}");
    let steps: Vec<Step> = diesel::sql_query(sql).load(c).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}
