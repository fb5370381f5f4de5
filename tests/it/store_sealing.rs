//! Small segments become large ones: nothing is lost or changed on the way.

use cpamp::domain::units::Ms;
use cpamp::store::Store;
use cpamp::store::maintain;
use cpamp::store::schema::{segment, segment_column};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use crate::support::database::{Database, settle, store};
use crate::support::events::{MORNING, event};

/// More than one large segment, of eight small ones each.
const EVENTS: i64 = 40_000;

/// Different events of half an hour, put into the database behind its back.
const CROWD: &str = "
    create temp table many as
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000)
        select n.i, event.* from event, n;
    update many set
        at_ms = at_ms + i * 50,
        id = case when i = 7 then -9223372036854775808 else i * 7919 * (i % 3 - 1) + i end,
        latency_ms = case when i % 5 = 0 then null else i * 11 end,
        ttft_ms = case when i % 4 = 0 then null else i % 900 end,
        model = i % 300,
        cache_read = case when i % 6 = 0 then null else i % 4 * 1000 end,
        output = i * i,
        cost_nanos = case when i % 9 = 0 then null else i * 1234567 end;
    alter table many drop column i;
    insert into event select * from many;";

/// Rows of each segment, and all columns: segment, then column, then data.
type Sealed = (Vec<i32>, Vec<(usize, i64, Vec<u8>)>);

async fn sealed(open: &Store) -> Sealed {
    let read = open.read(|c| {
        let segments: Vec<(i32, i32)> = segment::table
            .order(segment::first_at)
            .select((segment::number, segment::rows))
            .load(c)?;
        let columns: Vec<(i64, Vec<u8>)> = segment_column::table.load(c)?;
        Ok((segments, columns))
    });
    let (segments, columns) = read.await.unwrap();
    let place = |at: i64| {
        let number = |(number, _): &(i32, i32)| i64::from(*number) == at & 0xffff_ffff;
        segments.iter().position(number).unwrap()
    };
    let columns = columns.into_iter();
    let mut columns: Vec<_> = columns
        .map(|(at, data)| (place(at), at >> 32, data))
        .collect();
    columns.sort();
    (segments.iter().map(|(_, rows)| *rows).collect(), columns)
}

#[tokio::test]
async fn merged_segments_are_those_that_would_be_made_of_their_events() {
    let database = Database::new();
    let open = database.open();
    store(&open, vec![event(0)]).await.unwrap();
    open.close().await;
    database.stranger().batch_execute(CROWD).unwrap();
    let open = database.open();

    settle(&open, MORNING + Ms(2 * Ms::HOUR.0)).await;
    let (small, _) = sealed(&open).await;
    let all: i64 = small.iter().map(|rows| i64::from(*rows)).sum();
    assert_eq!(
        (small.len(), all),
        (9, EVENTS + 1 - (EVENTS + 1) % 4_096),
        "{small:?}"
    );
    settle(&open, MORNING + Ms(3 * Ms::DAY.0)).await;
    let merged = sealed(&open).await;
    assert_eq!(merged.0.first(), Some(&32_768));

    open.write(maintain::forget_segments).await.unwrap();
    settle(&open, MORNING + Ms(3 * Ms::DAY.0)).await;
    let made = sealed(&open).await;
    let first = |sealed: &Sealed| -> Vec<(i64, Vec<u8>)> {
        let columns = sealed.1.iter().filter(|(place, ..)| *place == 0);
        columns
            .map(|(_, code, data)| (*code, data.clone()))
            .collect()
    };
    assert_eq!(first(&merged).len(), 29);
    assert!(first(&merged) == first(&made), "a column is another");
    open.close().await;
}
