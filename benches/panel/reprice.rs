//! Pricing about a million stored events anew while pages are asked: how long it
//! takes, and what it does to the pages.

use std::path::Path;
use std::time::{Duration, Instant};

use cpamp::clock::Clock;
use cpamp::domain::filter::{Selection, Sort};
use cpamp::domain::time::Grain;
use cpamp::domain::units::{At, Ms};
use cpamp::prices::Desk;
use cpamp::prices::fetch::Web;
use cpamp::prices::reprice::Start;
use cpamp::store::report::{self, Question};
use cpamp::store::reprice::{self, Ask};
use cpamp::store::requests::{Dimension, From, ListQuery};
use cpamp::store::{Options, Store, list};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::fill::price;
use crate::gauge::{Table, Times, memory, millis};
use crate::{DAYS, END};

const WANTED: i64 = 1_000_000;

pub(crate) async fn measure(path: &Path) {
    let copy = path.with_file_name("reprice.db");
    for left_over in ["reprice.db-wal", "reprice.db-shm"] {
        let _ = std::fs::remove_file(path.with_file_name(left_over));
    }
    std::fs::copy(path, &copy).unwrap();
    let store = Store::open(&Options::at(&copy)).unwrap();
    let whole = Selection::between(END - Ms(i64::try_from(DAYS).unwrap() * Ms::DAY.0), END);
    let models = frequent(&store, whole.clone()).await;
    let edits = models
        .iter()
        .map(|model| price(model, 3_000_000_000, END))
        .collect();
    store.edit_prices(END, edits).await.unwrap();

    let mut before = Times::default();
    for _ in 0..100 {
        page(&store, &whole, &mut before).await;
    }
    let nowhere = Web::elsewhere(|_| String::new(), Duration::from_secs(1));
    let (settings, status) = (watch::Sender::default(), watch::Sender::default());
    let (settings, status) = (settings.subscribe(), status.subscribe());
    let desk = Desk::new(store.clone(), Clock::fixed(END), nowhere, settings, status);
    let stop = CancellationToken::new();
    let (working, token) = (desk.clone(), stop.clone());
    let work = tokio::spawn(async move { working.work(token).await });
    let ask = Ask {
        from: At(0),
        to: END,
        models,
    };
    let began = Instant::now();
    let (promised, prices) = desk.preview_reprice(ask.clone()).await.unwrap();
    let previewed = began.elapsed();
    let began = Instant::now();
    let start = desk.start_reprice(ask, &prices).await.unwrap();
    assert!(matches!(start, Start::Begun(_)), "{start:?}");
    let mut during = Times::default();
    let mut job = None;
    while job
        .as_ref()
        .is_none_or(|job: &reprice::Job| job.state.is_at_work())
    {
        page(&store, &whole, &mut during).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        job = store.read(reprice::latest).await.unwrap();
    }
    let took = began.elapsed();
    let job = job.unwrap();
    assert_eq!(job.effect.changed, promised.changed);

    let began = Instant::now();
    desk.undo_reprice().await.unwrap();
    while store
        .read(reprice::latest)
        .await
        .unwrap()
        .unwrap()
        .state
        .is_at_work()
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let undone = began.elapsed();
    stop.cancel();
    work.await.unwrap();

    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    let mut table = Table::default();
    table.head(&["Pricing anew", "Value"]);
    table.row(&["requests changed", &job.effect.changed.to_string()]);
    table.row(&["preview", &seconds(previewed)]);
    table.row(&["time, leaving half to others", &seconds(took)]);
    table.row(&["undoing", &seconds(undone)]);
    for (name, times) in [("pages before", before), ("pages meanwhile", during)] {
        let (p50, p99) = (millis(times.quantile(50)), millis(times.quantile(99)));
        table.row(&[&format!("{name}, p50 and p99"), &format!("{p50}, {p99}")]);
    }
    table.row(&["highest memory, MiB", &memory().1.to_string()]);
    table.print();
    store.close().await;
}

/// The most frequent models that together have a million requests.
async fn frequent(store: &Store, whole: Selection) -> Vec<String> {
    let names = store.names();
    let question = Question {
        by: vec![Dimension::Model],
        limit: 50,
        ..Question::default()
    };
    let report = store
        .read(move |c| report::of(c, &names, &whole, &question))
        .await;
    let mut models = Vec::new();
    let mut requests = 0;
    for (model, totals) in report.unwrap().by.remove(0) {
        models.push(model.value);
        requests += totals.requests;
        if requests >= WANTED {
            break;
        }
    }
    models
}

/// What Requests and Usage ask for one page each.
async fn page(store: &Store, whole: &Selection, times: &mut Times) {
    let (names, whole) = (store.names(), whole.clone());
    let since = Instant::now();
    store
        .read(move |c| {
            let edges = Grain::Day.edges("UTC".parse().unwrap(), whole.from, whole.to);
            let question = Question {
                edges,
                by: vec![Dimension::Model],
                limit: 50,
                quantiles: true,
                ..Question::default()
            };
            report::of(c, &names, &whole, &question)?;
            let query = ListQuery {
                selection: whole,
                sort: Sort::default(),
                from: From::Start,
                limit: 50,
            };
            list::page(c, &names, &query)
        })
        .await
        .unwrap();
    times.note(since);
}
