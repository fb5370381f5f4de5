//! What pages ask of the store, while events arrive.

use std::path::Path;
use std::time::{Duration, Instant};

use cpamp::domain::event::EventKey;
use cpamp::domain::filter::{Cache, Outcome, Selection, Sort, SortBy};
use cpamp::domain::time::{Grain, Zone};
use cpamp::domain::units::{At, Ms};
use cpamp::store::batch::Batch;
use cpamp::store::report::{self, Question};
use cpamp::store::requests::{Cursor, Dimension, From, ListQuery};
use cpamp::store::{Options, Store, choices, export, list, maintain};
use tokio::task::JoinHandle;

use crate::gauge::{Table, Times, cpu, cpu_since, memory, millis};
use crate::generate::Traffic;
use crate::{DAYS, END};

const ROUNDS: i64 = 60;
/// Events a second that arrive meanwhile.
const ARRIVING: usize = 200;

pub(crate) async fn ask(path: &Path, only: &str) {
    let copy = path.with_file_name("run.db");
    for left_over in ["run.db-wal", "run.db-shm"] {
        let _ = std::fs::remove_file(path.with_file_name(left_over));
    }
    std::fs::copy(path, &copy).unwrap();
    let store = Store::open(&Options::at(&copy)).unwrap();
    println!("memory after opening: {} MiB", memory().0);
    let began = Instant::now();
    let arriving = arrive(store.clone(), began);
    let mut views = Views {
        store: store.clone(),
        only: only.to_owned(),
        table: Table::default(),
        began,
    };
    let cpu_before = cpu();
    views.lists().await;
    views.reports().await;
    views.exports().await;
    arriving.abort();
    views.table.print();
    println!(
        "processor time {:?} of {:?}",
        cpu_since(cpu_before),
        began.elapsed()
    );
    println!("memory, now and at most: {:?} MiB", memory());
    store.close().await;
}

/// Stores events at a steady rate, ten times a second, and tends what is derived.
fn arrive(store: Store, began: Instant) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut traffic = Traffic::new(7, END, 1, 1);
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        for ticks in 1_u64.. {
            tick.tick().await;
            let now = now(began);
            let events: Vec<_> = (0..ARRIVING / 10).map(|_| traffic.event(now)).collect();
            let batch = Batch {
                taken: i64::try_from(events.len()).unwrap(),
                events,
                ..Batch::default()
            };
            store.ingest(batch).await.unwrap();
            if ticks.is_multiple_of(50) {
                store.write(move |c| maintain::step(c, now)).await.unwrap();
            }
        }
    })
}

/// The benchmark's own clock: it begins when the generated history ends.
fn now(began: Instant) -> At {
    END + Ms(i64::try_from(began.elapsed().as_millis()).unwrap())
}

fn days(n: i64) -> Selection {
    // Past the end, so that all that arrives is in.
    Selection::between(END - Ms(n * Ms::DAY.0), END + Ms::DAY)
}

struct Views {
    store: Store,
    only: String,
    table: Table,
    began: Instant,
}

impl Views {
    /// Asks over and over and notes how long the answers take.
    async fn time<T: Send + 'static>(
        &mut self,
        name: &str,
        ask: impl Fn(i64, &mut diesel::SqliteConnection) -> T + Clone + Send + 'static,
    ) {
        if !name.contains(&self.only) {
            return;
        }
        let mut times = Times::default();
        for round in 0..ROUNDS {
            let ask = ask.clone();
            let since = Instant::now();
            self.store.read(move |c| Ok(ask(round, c))).await.unwrap();
            times.note(since);
        }
        let (p50, p99) = (millis(times.quantile(50)), millis(times.quantile(99)));
        println!("{name}: {p50} {p99}");
        self.table.row(&[name, &p50, &p99]);
    }

    async fn lists(&mut self) {
        self.table.head(&["Question (90 days)", "p50", "p99"]);
        let everything = days(90);
        let span = i64::try_from(DAYS).unwrap() * Ms::DAY.0;
        let names = self.store.names();
        let query = move |selection, sort, from| ListQuery {
            selection,
            sort,
            from,
            limit: 50,
        };
        {
            let (names, everything) = (names.clone(), everything.clone());
            self.time("list: page at any depth", move |round, c| {
                let at = END - Ms(round * 7_919 * 104_729 % span);
                let key = EventKey {
                    at,
                    id: cpamp::domain::event::EventId(0),
                };
                let from = if round == 0 {
                    From::Start
                } else {
                    From::After(Cursor { value: None, key })
                };
                list::page(c, &names, &query(everything.clone(), Sort::default(), from)).unwrap()
            })
            .await;
        }
        for (name, selection) in filters() {
            let names = names.clone();
            self.time(&format!("list: {name}"), move |_, c| {
                list::page(
                    c,
                    &names,
                    &query(selection.clone(), Sort::default(), From::Start),
                )
                .unwrap()
            })
            .await;
        }
        // Each with a value in the middle, from where on a deep page is asked.
        for (by, middle) in [
            (SortBy::Latency, 6_000),
            (SortBy::Ttft, 1_400),
            (SortBy::Speed, 90_000),
            (SortBy::Input, 18_000),
            (SortBy::Cached, 1_000),
            (SortBy::Output, 500),
            (SortBy::Cost, 1_000_000),
        ] {
            let sort = Sort {
                by,
                descending: true,
            };
            let deep = Cursor {
                value: Some(middle),
                key: EventKey {
                    at: END - Ms(span / 2),
                    id: cpamp::domain::event::EventId(0),
                },
            };
            for (page, from) in [("first", From::Start), ("deep", From::After(deep))] {
                let (names, everything) = (names.clone(), everything.clone());
                self.time(&format!("list: by {by:?}, {page}"), move |_, c| {
                    list::page(c, &names, &query(everything.clone(), sort, from)).unwrap()
                })
                .await;
            }
        }
    }

    async fn reports(&mut self) {
        let names = self.store.names();
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        for dimension in [Dimension::Model, Dimension::Account, Dimension::Key] {
            let names = names.clone();
            self.time(&format!("choices: {dimension:?}"), move |_, c| {
                choices::of(
                    c,
                    &names,
                    dimension,
                    END - Ms(90 * Ms::DAY.0),
                    END + Ms::DAY,
                )
                .unwrap()
            })
            .await;
        }
        for (range, grain) in [
            (1, Grain::HalfHour),
            (7, Grain::Hour),
            (30, Grain::Day),
            (90, Grain::Day),
        ] {
            let selection = days(range);
            let edges = grain.edges(berlin, selection.from, now(self.began));
            let names = names.clone();
            let question = Question {
                edges,
                quantiles: true,
                ..Question::default()
            };
            self.time(&format!("totals and timeline: {range} d"), move |_, c| {
                report::of(c, &names, &selection, &question).unwrap()
            })
            .await;
        }
        let kolkata: Zone = "Asia/Kolkata".parse().unwrap();
        for zone in [berlin, kolkata] {
            let selection = days(90);
            let edges = Grain::Hour.edges(zone, selection.from, now(self.began));
            let names = names.clone();
            let question = Question {
                edges,
                ..Question::default()
            };
            self.time(&format!("every hour of 90 d, {zone}"), move |_, c| {
                report::of(c, &names, &selection, &question).unwrap()
            })
            .await;
        }
        for (range, dimension) in [
            (1, Dimension::Model),
            (90, Dimension::Model),
            (1, Dimension::Account),
            (90, Dimension::Account),
        ] {
            let names = names.clone();
            let selection = days(range);
            let question = Question {
                by: vec![dimension],
                limit: 500,
                quantiles: true,
                ..Question::default()
            };
            self.time(
                &format!("ranking: {dimension:?}, {range} d"),
                move |_, c| report::of(c, &names, &selection, &question).unwrap(),
            )
            .await;
        }
        for (name, selection) in filters() {
            let edges = Grain::Day.edges(berlin, selection.from, now(self.began));
            let question = Question {
                edges,
                by: vec![Dimension::Model],
                limit: 50,
                quantiles: true,
                ..Question::default()
            };
            let names = names.clone();
            self.time(&format!("totals, timeline, models: {name}"), move |_, c| {
                report::of(c, &names, &selection, &question).unwrap()
            })
            .await;
        }
    }

    async fn exports(&mut self) {
        for (name, selection) in [
            ("everything", days(20)),
            (
                "one filter",
                Selection {
                    outcome: Some(Outcome::Failed),
                    ..days(90)
                },
            ),
        ] {
            if !format!("export: {name}").contains(&self.only) {
                continue;
            }
            let names = self.store.names();
            let since = Instant::now();
            let mut rows = 0;
            let mut after = None;
            loop {
                let (names, selection) = (names.clone(), selection.clone());
                let chunk = self.store.read(move |c| {
                    let mut rows = 0;
                    let next = export::chunk(c, &names, &selection, after, 4_096, |_| rows += 1)?;
                    Ok((rows, next))
                });
                let (more, next) = chunk.await.unwrap();
                rows += more;
                after = next;
                if after.is_none() {
                    break;
                }
            }
            let rate = f64::from(u32::try_from(rows).unwrap()) / since.elapsed().as_secs_f64();
            let text = format!("{rate:.0} rows/s of {rows}");
            println!("export: {name}: {text}");
            self.table.row(&[&format!("export: {name}"), &text, ""]);
        }
    }
}

/// One filter of each kind, and some together.
fn filters() -> Vec<(&'static str, Selection)> {
    let text = |text: &str| vec![text.to_owned()];
    let with = |name: &'static str, set: &dyn Fn(&mut Selection)| {
        let mut selection = days(90);
        set(&mut selection);
        (name, selection)
    };
    let account = format!("{:016x}", 497_u64.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let key = format!("{:016x}", 20_u64.wrapping_mul(0xc2b2_ae3d_27d4_eb4f));
    vec![
        with("frequent model", &|s| s.models = text("codex-model-0")),
        with("rare account", &|s| s.accounts = text(&account)),
        with("provider", &|s| s.providers = text("claude")),
        with("no such model", &|s| s.models = text("none")),
        with("failed", &|s| s.outcome = Some(Outcome::Failed)),
        with("succeeded", &|s| s.outcome = Some(Outcome::Ok)),
        with("http 401", &|s| s.http = vec![401]),
        with("cache hits", &|s| s.cache = Some(Cache::Hit)),
        with("latency above 100 s", &|s| {
            s.min_latency = Some(Ms(100_000));
        }),
        with("latency above 5 s", &|s| s.min_latency = Some(Ms(5_000))),
        with("search \"user49\"", &|s| {
            s.search = Some("USER49".to_owned());
        }),
        with("search, nothing found", &|s| {
            s.search = Some("xyzzy".to_owned());
        }),
        with("request id", &|s| {
            s.request_id = Some("00000000".to_owned());
        }),
        with("model and key", &|s| {
            s.models = text("codex-model-0");
            s.keys = text(&key);
        }),
        with("provider, failed, slow", &|s| {
            s.providers = text("codex");
            s.outcome = Some(Outcome::Failed);
            s.min_latency = Some(Ms(500));
        }),
    ]
}
