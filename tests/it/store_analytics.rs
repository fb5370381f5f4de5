//! Lists, sums, timelines and rankings equal a plain fold over the events, for
//! random events, ranges, filters and zones, whatever is sealed or rolled up.

use cpamp::domain::event::{Event, EventId, EventKey};
use cpamp::domain::filter::{Cache, Outcome, Selection, Sort, SortBy, WeekHours};
use cpamp::domain::time::{Grain, HourOfWeek, Zone};
use cpamp::domain::units::{At, Ms};
use cpamp::store::list;
use cpamp::store::maintain::{self, Step};
use cpamp::store::report::{self, Question};
use cpamp::store::requests::{Dimension, From, ListQuery};
use cpamp::store::{Store, export};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event};
use crate::support::naive;

/// The events of a test lie within this many days from [`MORNING`].
const DAYS: i64 = 4;
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

/// A small generator, so that many events cost one random number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 16).unwrap() % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let place = self.roll(i64::try_from(from.len()).unwrap());
        *from.get(usize::try_from(place).unwrap()).unwrap()
    }

    fn one_in(&mut self, n: i64) -> bool {
        self.roll(n) == 0
    }

    fn maybe(&mut self, sides: i64) -> Option<i64> {
        (!self.one_in(9)).then(|| self.roll(sides))
    }
}

fn random_events(seed: u64, count: i64) -> Vec<Event> {
    let mut dice = Dice(seed | 1);
    let mut events: Vec<Event> = (0..count).map(|n| random_event(n, &mut dice)).collect();
    events.sort_by_key(|event| event.key);
    events
}

fn random_event(n: i64, dice: &mut Dice) -> Event {
    let mut event = event(n);
    let mut at = dice.roll(DAYS * Ms::DAY.0);
    if dice.one_in(5) {
        // Edges of hours, and several events in one millisecond.
        at -= at % Ms::HOUR.0;
    }
    event.key = EventKey {
        at: MORNING + Ms(at),
        id: EventId(dice.roll(i64::MAX) - dice.roll(i64::MAX)),
    };
    event.provider = format!("provider-{}", dice.roll(3));
    event.model = format!("Model_{}", dice.roll(5));
    event.alias = if dice.one_in(3) {
        String::new()
    } else {
        format!("al%as-{}", dice.roll(3))
    };
    event.account.identity = format!("{:016x}", dice.roll(12));
    event.account.label = format!(
        "user-{}@example.com",
        event.account.identity.trim_start_matches('0')
    );
    event.client_key.hash = format!("{:016x}", 0xabc0 + dice.roll(4));
    event.client_key.mask = String::new();
    event.endpoint = format!("POST /v1/{}", dice.roll(3));
    event.served_tier = if dice.one_in(2) {
        String::new()
    } else {
        format!("tier-{}", dice.roll(2))
    };
    event.status = if dice.one_in(4) { 429 } else { 200 };
    event.failed = event.status == 429 || dice.one_in(20);
    event.latency = dice.maybe(90_000).map(Ms);
    event.ttft = dice.maybe(3_000).map(Ms);
    event.tokens.uncached = dice.maybe(200_000);
    event.tokens.cache_read = if dice.one_in(2) {
        Some(0)
    } else {
        dice.maybe(9_000_000)
    };
    event.tokens.cache_write = dice.maybe(3);
    event.tokens.output = dice.maybe(4_000);
    event.tokens.reasoning = dice.maybe(300);
    event.tokens.unclassified = if dice.one_in(9) { dice.roll(50) } else { 0 };
    if dice.one_in(15) {
        event.request_id = format!("req-{}", dice.roll(5));
    }
    event
}

fn random_selection(dice: &mut Dice) -> Selection {
    let from = MORNING.0 + dice.roll((DAYS + 2) * Ms::DAY.0) - Ms::DAY.0;
    let mut selection = Selection::between(At(from), At(from + dice.roll(3 * Ms::DAY.0)));
    if dice.one_in(3) {
        selection = Selection::between(At(0), MORNING + Ms(100 * Ms::DAY.0));
    }
    let filters = dice.pick(&[0, 0, 1, 1, 1, 2, 3]);
    for _ in 0..filters {
        match dice.roll(16) {
            0 => selection.providers = vec![format!("provider-{}", dice.roll(4))],
            1 => selection.models = vec![format!("Model_{}", dice.roll(5)), "Model_1".to_owned()],
            2 => selection.aliases = vec!["al%as-1".to_owned(), String::new()],
            3 => selection.accounts = vec![format!("{:016x}", dice.roll(12))],
            4 => selection.keys = vec![format!("{:016x}", 0xabc0 + dice.roll(4))],
            5 => selection.endpoints = vec!["POST /v1/2".to_owned()],
            6 => selection.tiers = vec!["tier-1".to_owned(), "auto".to_owned()],
            7 => selection.outcome = Some(Outcome::Failed),
            8 => selection.outcome = Some(Outcome::Ok),
            9 => selection.http = vec![429, 500],
            10 => selection.min_latency = Some(Ms(dice.roll(90_000))),
            11 => selection.max_latency = Some(Ms(dice.roll(90_000))),
            12 => {
                selection.cache = Some(if dice.one_in(2) {
                    Cache::Hit
                } else {
                    Cache::Miss
                });
            }
            13 => {
                let zone = dice.pick(&["UTC", "Europe/Berlin", "Asia/Kathmandu"]);
                let days = [0, 1, 6].into_iter().filter(|_| dice.one_in(2));
                let days: Vec<u32> = days.collect();
                let hours = (0..24).filter(|_| dice.one_in(2));
                selection.hours = WeekHours::new(zone.parse().unwrap(), days, hours);
            }
            14 => selection.request_id = Some(format!("req-{}", dice.roll(6))),
            _ => {
                let texts = [
                    "MODEL_1",
                    "l%as-1",
                    "_1",
                    "user-b@",
                    "provider-2",
                    "REQ-1",
                    "66fbaab0",
                ];
                let text = dice.pick(&texts);
                selection.search = Some(text.to_owned());
            }
        }
    }
    selection
}

/// Asks the store everything about a selection and compares.
async fn check(open: &Store, events: &[Event], selection: &Selection, dice: &mut Dice) {
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
    let edges = grain.edges(zone, from, to);
    let question = Question {
        slots: slots(zone, &edges),
        edges,
        by: if dice.one_in(2) { vec![] } else { vec![by] },
        limit: usize::MAX,
        quantiles: !dice.one_in(3),
    };
    let report = {
        let (names, selection, question) = (open.names(), selection.clone(), question.clone());
        open.read(move |c| report::of(c, &names, &selection, &question))
            .await
            .unwrap()
    };
    let expect = |mut totals: cpamp::store::requests::Totals| {
        if !question.quantiles {
            (totals.latency, totals.ttft, totals.speed) = Default::default();
        }
        totals
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
            &expect(expected),
            &format!("{bucket:?} {of}"),
        );
    }
    for (slot, found) in report.slots.iter().enumerate() {
        let bars = question.edges.windows(2).zip(&question.slots);
        let bars: Vec<&[At]> = bars
            .filter(|(_, other)| usize::from(**other) == slot)
            .map(|(edges, _)| edges)
            .collect();
        let events = selected.iter().filter(|event| {
            let at = event.key.at;
            bars.iter()
                .any(|edges| matches!(edges, [from, to] if *from <= at && at < *to))
        });
        let expected = naive::totals(events.copied());
        naive::assert_same(found, &expect(expected), &format!("slot {slot} {of}"));
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
    check_list(open, &selected, selection, dice).await;
}

/// Bars gathered by the hour of the day they begin in.
fn slots(zone: Zone, edges: &[At]) -> Vec<u16> {
    let hour = |at: &At| u16::try_from(HourOfWeek::of(zone, *at).hour).unwrap();
    let bars = edges.split_last().map_or(&[][..], |(_, bars)| bars);
    bars.iter().map(hour).collect()
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

    let mut exported = Vec::new();
    loop {
        let (names, selection, after) = (open.names(), selection.clone(), exported.last().copied());
        let rows = open
            .read(move |c| export::chunk(c, &names, &selection, after, 333))
            .await
            .unwrap();
        exported.extend(rows.iter().map(|row| row.key));
        if rows.len() < 333 {
            break;
        }
    }
    let oldest_first: Vec<EventKey> = selected.iter().map(|event| event.key).collect();
    assert_eq!(exported, oldest_first, "{of}");
}

/// Background work until there is none left.
async fn settle(open: &Store, now: At) {
    while open.write(move |c| maintain::step(c, now)).await.unwrap() != Step::Idle {}
}

/// Makes everything derived anew.
async fn rebuild(open: &Store) {
    open.write(maintain::forget_segments).await.unwrap();
    let mut from = Some(At(i64::MIN));
    while let Some(day) = from {
        from = open
            .write(move |c| maintain::rebuild_step(c, day))
            .await
            .unwrap();
    }
}

fn check_all(events: i64, rounds: u32, questions: i64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: rounds,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&any::<u64>(), |seed| {
            runtime.block_on(check_round(seed, events, questions));
            Ok(())
        })
        .unwrap();
}

/// Stores in three pieces, with background work of some extent between them, so
/// that late events meet what was sealed.
async fn check_round(seed: u64, count: i64, questions: i64) {
    let database = Database::new();
    let open = database.open();
    let mut dice = Dice(seed | 1);
    let events = random_events(seed, count);
    let mut stored = Vec::new();
    let (mut early, late): (Vec<Event>, Vec<Event>) =
        events.into_iter().partition(|_| !dice.one_in(50));
    let end = early.split_off(early.len() * 3 / 4);
    for piece in [early, late, end] {
        for batch in piece.chunks(700) {
            store(&open, batch.to_vec()).await.unwrap();
        }
        stored.extend(piece);
        stored.sort_by_key(|event| event.key);
        for _ in 0..questions {
            let selection = random_selection(&mut dice);
            check(&open, &stored, &selection, &mut dice).await;
        }
        let now = MORNING + Ms(dice.roll((DAYS + 3) * Ms::DAY.0));
        if dice.one_in(2) {
            settle(&open, now).await;
        } else {
            let _ = open.write(move |c| maintain::step(c, now)).await.unwrap();
        }
        for _ in 0..questions {
            let selection = random_selection(&mut dice);
            check(&open, &stored, &selection, &mut dice).await;
        }
    }
    rebuild(&open).await;
    settle(&open, MORNING + Ms(100 * Ms::DAY.0)).await;
    for _ in 0..questions {
        let selection = random_selection(&mut dice);
        check(&open, &stored, &selection, &mut dice).await;
    }
    open.close().await;
}

#[test]
fn answers_equal_a_plain_fold() {
    check_all(1_000, 5, 6);
}

#[test]
fn answers_over_many_segments_equal_a_plain_fold() {
    check_all(7_000, 1, 1);
}
