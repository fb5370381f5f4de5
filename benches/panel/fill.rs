//! Filling the database through the store, as fast as it takes events, with the
//! background work that goes with it.

use std::path::Path;
use std::time::{Duration, Instant};

use cpamp::domain::event::Event;
use cpamp::domain::pricing::{Entry, Layer, Price, Quote, Rate, Rates};
use cpamp::domain::units::{At, Ms};
use cpamp::store::batch::Batch;
use cpamp::store::maintain::{self, Step};
use cpamp::store::prices::{Edit, Item};
use cpamp::store::{Options, Store};

use crate::DAYS;
use crate::gauge::{Table, cpu, cpu_since, memory};
use crate::generate::{Traffic, models};

const BATCH: usize = 1_000;

/// The history ends at `end`; background work is done as it would be `settled`.
pub(crate) async fn fill(path: &Path, events: u64, fresh: bool, (end, settled): (At, At)) {
    let directory = path.parent().unwrap();
    if fresh && directory.exists() {
        std::fs::remove_dir_all(directory).unwrap();
    }
    let done = directory.join("filled");
    if done.exists() {
        return;
    }
    let _ = std::fs::remove_dir_all(directory);
    let store = Store::open(&Options::at(path)).unwrap();
    store.edit_prices(end, prices(end)).await.unwrap();
    let start = end - Ms(i64::try_from(DAYS).unwrap() * Ms::DAY.0);
    let mut traffic = Traffic::new(1, start, DAYS, events);
    let (mut busy, mut wall, mut aside) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut waiting: Vec<Event> = Vec::new();
    loop {
        let hour = traffic.next_hour();
        let last = hour.is_none();
        waiting.extend(hour.unwrap_or_default());
        if waiting.len() < 20 * BATCH && !last {
            continue;
        }
        let newest = waiting.last().map_or(end, |event| event.key.at);
        let batches: Vec<Batch> = batches(std::mem::take(&mut waiting));
        let (since, cpu_before) = (Instant::now(), cpu());
        for batch in batches {
            store.ingest(batch).await.unwrap();
        }
        wall += since.elapsed();
        busy += cpu_since(cpu_before);
        let cpu_before = cpu();
        settle(&store, newest).await;
        aside += cpu_since(cpu_before);
        if last {
            break;
        }
    }
    settle(&store, settled).await;
    store.close().await;
    report(path, events, wall, busy, aside);
    std::fs::write(done, "").unwrap();
}

/// Every model costs something, so that costs are stored.
fn prices(as_of: At) -> Vec<Edit> {
    models()
        .map(|model| price(&model, 2_500_000_000, as_of))
        .collect()
}

/// Nanodollars for a million tokens of input; output is five times as dear.
pub(crate) fn price(model: &str, input: i64, as_of: At) -> Edit {
    let entry = Entry {
        model: model.to_owned(),
        seller: String::new(),
        quote: Quote::Price(Price {
            rates: Rates {
                input: Some(Rate(input)),
                output: Some(Rate(5 * input)),
                ..Rates::default()
            },
            ..Price::default()
        }),
        source: String::from("benchmark"),
        as_of,
    };
    Edit::Put(Item::Price(Layer::Override, Box::new(entry)))
}

fn batches(events: Vec<Event>) -> Vec<Batch> {
    let mut events = events.into_iter().peekable();
    let mut batches = Vec::new();
    while events.peek().is_some() {
        let events: Vec<Event> = events.by_ref().take(BATCH).collect();
        batches.push(Batch {
            taken: i64::try_from(events.len()).unwrap(),
            events,
            ..Batch::default()
        });
    }
    batches
}

/// Background work until there is none.
pub(crate) async fn settle(store: &Store, now: At) {
    while store.write(move |c| maintain::step(c, now)).await.unwrap() != Step::Idle {}
}

fn report(path: &Path, events: u64, wall: Duration, busy: Duration, aside: Duration) {
    let count = f64::from(u32::try_from(events).unwrap());
    let bytes = path.metadata().unwrap().len();
    let micros = |time: Duration| format!("{:.1} µs", time.as_secs_f64() * 1e6 / count);
    let mut table = Table::default();
    table.head(&["Storing", "Value"]);
    table.row(&["events", &events.to_string()]);
    table.row(&[
        "stored a second",
        &format!("{:.0}", count / wall.as_secs_f64()),
    ]);
    table.row(&["processor time an event, storing", &micros(busy)]);
    table.row(&["processor time an event, sealing", &micros(aside)]);
    table.row(&["bytes an event", &(bytes / events).to_string()]);
    table.row(&["highest memory, MiB", &memory().1.to_string()]);
    table.print();
}
