//! No query may read the whole event table: it grows without end.

use cpamp::domain::event::EventId;
use cpamp::domain::units::At;
use cpamp::store::detail;
use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event, events};
use crate::support::plans::{assert_selective, plan};

#[tokio::test]
async fn looking_at_one_event_reads_a_bounded_range() {
    let database = Database::new();
    let open = database.open();
    let mut odd = event(0);
    odd.request_id = String::from("no hex");
    store(&open, vec![odd.clone(), event(1)]).await.unwrap();
    let names = open.names();
    open.read(move |c| {
        for key in [odd.key, event(1).key] {
            assert_selective(c, |c| {
                detail::load(c, &names, key).unwrap();
            });
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn storing_events_never_scans() {
    let database = Database::new();
    let open = database.open();
    let (seen_by_test, seen) = std::sync::mpsc::channel();
    open.write(move |c| {
        c.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                let _ = seen_by_test.send(query.to_string());
            }
        });
        Ok(())
    })
    .await
    .unwrap();
    store(&open, events(0, 2)).await.unwrap();
    store(&open, events(1, 2)).await.unwrap();
    let statements: Vec<String> = seen.try_iter().collect();
    assert!(
        statements
            .iter()
            .any(|sql| sql.contains("INSERT INTO `event`"))
    );
    let explained = statements.into_iter().filter(|sql| {
        let sql = sql.to_lowercase();
        ["insert", "update", "delete", "select"]
            .iter()
            .any(|verb| sql.starts_with(verb))
    });
    let explained: Vec<String> = explained.collect();
    open.read(move |c| {
        for sql in explained {
            let scans = plan(c, &sql)
                .iter()
                .any(|step| step.starts_with("SCAN event"));
            assert!(!scans, "{sql}");
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_test_notices_a_scan() {
    use cpamp::store::schema::event;
    let database = Database::new();
    let open = database.open();
    let caught = open
        .read(|c| {
            Ok(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                assert_selective(c, |c| {
                    let _: i64 = event::table
                        .filter(event::id.eq(EventId(1)))
                        .count()
                        .get_result(c)
                        .unwrap();
                });
            }))
            .is_err())
        })
        .await
        .unwrap();
    assert!(caught);
}

#[tokio::test]
async fn lists_sums_and_exports_read_bounded_ranges() {
    use cpamp::domain::filter::{Selection, Sort};
    use cpamp::store::report::{self, Question};
    use cpamp::store::requests::{Dimension, From, ListQuery};
    use cpamp::store::{export, list};

    let database = Database::new();
    let open = database.open();
    store(&open, events(0, 50)).await.unwrap();
    let names = open.names();
    open.read(move |c| {
        let selection = Selection {
            models: vec![String::from("gpt-5")],
            ..Selection::between(MORNING, At(MORNING.0 + 20_000))
        };
        let query = ListQuery {
            selection: selection.clone(),
            sort: Sort::default(),
            from: From::Start,
            limit: 10,
        };
        assert_selective(c, |c| {
            list::page(c, &names, &query).unwrap();
        });
        let question = Question {
            by: vec![Dimension::Account],
            limit: 10,
            quantiles: true,
            ..Question::default()
        };
        assert_selective(c, |c| {
            report::of(c, &names, &selection, &question).unwrap();
        });
        assert_selective(c, |c| {
            export::chunk(c, &names, &selection, None, 10, |_| {}).unwrap();
        });
        Ok(())
    })
    .await
    .unwrap();
}
