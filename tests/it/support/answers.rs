//! Asks a store everything about a selection and compares each answer with a
//! plain fold over the events: sums, timelines, rankings, lists and exports.

use cpamp::domain::event::{Event, EventKey};
use cpamp::domain::filter::{Selection, Sort, SortBy};
use cpamp::domain::time::{Grain, HourOfWeek, Zone};
use cpamp::domain::units::{At, Ms};
use cpamp::store::list;
use cpamp::store::report::{self, Question};
use cpamp::store::requests::{Dimension, From, ListQuery, Totals};
use cpamp::store::week::{self, Week};
use cpamp::store::{Store, export, strip};

use super::events::MORNING;
use super::naive;
use super::random::Dice;

const DIMENSIONS: [Dimension; 8] = [
    Dimension::Provider,
    Dimension::Model,
    Dimension::Alias,
    Dimension::Account,
    Dimension::Key,
    Dimension::Endpoint,
    Dimension::Tier,
    Dimension::Status,
];

const SORTS: [SortBy; 9] = [
    SortBy::Time,
    SortBy::Latency,
    SortBy::Ttft,
    SortBy::Speed,
    SortBy::Input,
    SortBy::Cached,
    SortBy::Output,
    SortBy::Reasoning,
    SortBy::Cost,
];

/// Asks the store everything about a selection and compares.
pub(crate) async fn check(open: &Store, events: &[Event], selection: &Selection, dice: &mut Dice) {
    let selected: Vec<&Event> = events
        .iter()
        .filter(|e| naive::selects(selection, e))
        .collect();
    let of = format!("{selection:?}");

    let zones = ["UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu"];
    let zone: Zone = dice.pick(&zones).parse().unwrap();
    let grain = dice.pick(&[
        Grain::Quarter,
        Grain::HalfHour,
        Grain::Hour,
        Grain::Day,
        Grain::Week,
    ]);
    let (from, to) = (
        selection.from.max(MORNING - Ms::DAY),
        selection.to.min(MORNING + Ms(9 * Ms::DAY.0)),
    );
    let by = dice.pick(&DIMENSIONS);
    let edges = if dice.one_in(4) {
        Vec::new()
    } else {
        grain.edges(zone, from, to)
    };
    let question = Question {
        edges,
        by: if dice.one_in(2) { vec![] } else { vec![by] },
        limit: usize::MAX,
        quantiles: !dice.one_in(3),
        plain_bars: dice.one_in(2),
    };
    let report = {
        let (names, selection, question) = (open.names(), selection.clone(), question.clone());
        open.read(move |c| report::of(c, &names, &selection, &question))
            .await
            .unwrap()
    };
    let expect = |mut totals: Totals| {
        if !question.quantiles {
            (totals.latency, totals.ttft, totals.speed) = Default::default();
        }
        totals
    };
    let plain = |mut totals: Totals| {
        if question.plain_bars {
            (totals.latency, totals.ttft, totals.speed) = Default::default();
        }
        expect(totals)
    };
    naive::assert_same(
        &report.totals,
        &expect(naive::totals(selected.iter().copied())),
        &of,
    );
    assert_eq!(
        report.timeline.len(),
        question.edges.len().saturating_sub(1)
    );
    for bucket in &report.timeline {
        let expected = naive::between(&selected, bucket.from, bucket.to);
        naive::assert_same(
            &bucket.totals,
            &plain(expected),
            &format!("{bucket:?} {of}"),
        );
    }
    for (dimension, found) in question.by.iter().zip(&report.by) {
        let expected = naive::by(&selected, *dimension);
        assert_eq!(found.len(), expected.len(), "{dimension:?} {of}");
        for (choice, totals) in found {
            let expected = expect(expected.get(&choice.value).unwrap().clone());
            naive::assert_same(totals, &expected, &format!("{dimension:?} {choice:?} {of}"));
        }
        assert!(
            found.is_sorted_by_key(|(choice, _)| -choice.requests),
            "{of}"
        );
    }
    check_week(open, &selected, selection, (from, to), zone).await;
    check_list(open, &selected, selection, dice).await;
    check_strips(open, events, question.edges).await;
}

/// Strips are of everything, whatever is selected elsewhere.
async fn check_strips(open: &Store, events: &[Event], edges: Vec<At>) {
    let (names, asked) = (open.names(), edges.clone());
    let strips = open.read(move |c| strip::by_provider(c, &names, &asked));
    let strips = strips.await.unwrap();
    let all: Vec<&Event> = events.iter().collect();
    let mut requests = 0;
    for strip in &strips {
        assert_eq!(strip.cells.len(), edges.len() - 1);
        let bars = edges.iter().zip(edges.iter().skip(1));
        for (cell, (from, to)) in strip.cells.iter().zip(bars) {
            let inside = all.iter().filter(|event| {
                event.provider == strip.provider && (*from..*to).contains(&event.key.at)
            });
            let expected = naive::totals(inside.copied());
            assert_eq!(
                (cell.requests, cell.failed),
                (expected.requests, expected.failed)
            );
            requests += cell.requests;
        }
    }
    let expected = match (edges.first(), edges.last()) {
        (Some(from), Some(to)) => naive::between(&all, *from, *to).requests,
        _ => 0,
    };
    assert_eq!(requests, expected);
    assert!(strips.is_sorted_by_key(|strip| -strip.total().requests));
}

/// Cells hold the events of their hours of the week, days and hours of the clock
/// those of their cells.
async fn check_week(
    open: &Store,
    selected: &[&Event],
    selection: &Selection,
    (from, to): (At, At),
    zone: Zone,
) {
    let selection = Selection {
        from,
        to,
        ..selection.clone()
    };
    let (names, asked) = (open.names(), selection.clone());
    let week = open.read(move |c| week::of(c, &names, &asked, zone, to, true));
    let week = week.await.unwrap();
    let inside: Vec<(HourOfWeek, &Event)> = selected
        .iter()
        .filter(|event| (from..to).contains(&event.key.at))
        .map(|event| (HourOfWeek::of(zone, event.key.at), *event))
        .collect();
    let check = |found: &Totals, of: &str, wanted: &dyn Fn(&HourOfWeek) -> bool| {
        let events = inside.iter().filter(|(cell, _)| wanted(cell));
        let expected = naive::totals(events.map(|(_, event)| *event));
        naive::assert_same(found, &expected, &format!("{of} {zone:?} {selection:?}"));
    };
    check(&week.total, "total", &|_| true);
    for (day, found) in (0..).zip(&week.days) {
        check(found, &format!("day {day}"), &|cell| cell.weekday == day);
        for hour in 0..24 {
            let cell = HourOfWeek { weekday: day, hour };
            let found = week.cells.get(Week::place(cell)).unwrap();
            check(found, &format!("{cell:?}"), &|other| *other == cell);
        }
    }
    for (hour, found) in (0..).zip(&week.clock) {
        check(found, &format!("hour {hour}"), &|cell| cell.hour == hour);
    }
}

/// Pages forwards through the list and back again, then exports.
async fn check_list(open: &Store, selected: &[&Event], selection: &Selection, dice: &mut Dice) {
    let sort = Sort {
        by: dice.pick(&SORTS),
        descending: dice.one_in(2),
    };
    let expected: Vec<EventKey> = naive::sorted(selected, sort)
        .iter()
        .map(|e| e.key)
        .collect();
    let limit = usize::try_from(150 + dice.roll(350)).unwrap();
    let ask = async |from| {
        let query = ListQuery {
            selection: selection.clone(),
            sort,
            from,
            limit,
        };
        let names = open.names();
        open.read(move |c| list::page(c, &names, &query))
            .await
            .unwrap()
    };
    let keys = |page: &cpamp::store::requests::Page| {
        page.rows.iter().map(|row| row.key).collect::<Vec<_>>()
    };
    let of = format!("{sort:?} {limit} {selection:?}");

    let mut page = ask(From::Start).await;
    assert_eq!(page.before, None, "{of}");
    let mut seen = keys(&page);
    while let Some(cursor) = page.after {
        page = ask(From::After(cursor)).await;
        assert!(page.before.is_some(), "{of}");
        seen.extend(keys(&page));
    }
    assert_eq!(seen, expected, "{of}");
    while let Some(cursor) = page.before {
        seen.truncate(seen.len() - page.rows.len());
        page = ask(From::Before(cursor)).await;
        assert!(seen.ends_with(&keys(&page)), "{of}");
        assert!(page.after.is_some(), "{of}");
    }
    assert_eq!(page.rows.len(), seen.len(), "{of}");

    let expected: Vec<String> = selected.iter().map(|event| exported(event)).collect();
    assert_eq!(export_all(open, selection).await, expected, "{of}");
}

/// Every field of an exported row, as the event says it.
fn exported(event: &Event) -> String {
    let account = &event.account;
    let names = [
        &event.request_id,
        &event.provider,
        &event.model,
        &event.alias,
        &account.label,
        &account.identity,
        &account.auth_type,
        &event.endpoint,
        &event.effort,
        &event.tier,
        &event.served_tier,
    ];
    let numbers = (event.failed, event.status, event.latency, event.ttft);
    format!("{:?} {names:?} {numbers:?} {:?}", event.key, event.tokens)
}

async fn export_all(open: &Store, selection: &Selection) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (names, selection) = (open.names(), selection.clone());
        let (rows, next) = open
            .read(move |c| {
                let mut rows = Vec::new();
                let next = export::chunk(c, &names, &selection, after, 333, |line| {
                    let names = [
                        line.request_id,
                        line.provider,
                        line.model,
                        line.alias,
                        line.account,
                        line.account_id,
                        line.auth_type,
                        line.endpoint,
                        line.effort,
                        line.tier,
                        line.served_tier,
                    ];
                    let numbers = (line.failed, line.status, line.latency, line.ttft);
                    rows.push(format!(
                        "{:?} {names:?} {numbers:?} {:?}",
                        line.key, line.tokens
                    ));
                })?;
                Ok((rows, next))
            })
            .await
            .unwrap();
        found.extend(rows);
        after = next;
        if after.is_none() {
            return found;
        }
    }
}
