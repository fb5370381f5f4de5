//! An upgrade that cuts everything derived anew, by the real program: how soon it
//! listens, how soon pages are fast again, and how slow they are until then. The
//! database is one of today that is told it knows nothing of the last upgrade of
//! that kind; what it holds is what such a database would hold.

use std::path::Path;
use std::time::{Duration, Instant};

use cpamp::fake::{Gateway, traffic};
use cpamp::store::open::MIGRATIONS;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness as _;

use crate::gauge::{Table, Times, millis};
use crate::http::{self, Browser, GATEWAY_KEY, Panel};

/// Throws the sealed columns away and orders all roll-ups anew.
const UPGRADE: &str = "0013";

/// Everything there is: by roll-ups, by a filter that they answer, and by one
/// that only scans do.
const PAGES: [&str; 4] = [
    "/",
    "/usage?range=all",
    "/usage?range=all&outcome=failed",
    "/usage/models?range=all&cache=hit&outcome=ok",
];

/// What is still to be done, in the words of the settings.
const PHASES: [(&str, &str); 2] = [
    ("sealed", "packed for quick answers"),
    ("made anew", "Being made anew"),
];

pub(crate) async fn measure(path: &Path, events: u64, fresh: bool) {
    http::fill(path, events, fresh).await;
    let gateway = Gateway::start(traffic::demo_gateway(GATEWAY_KEY))
        .await
        .unwrap();
    let data = http::copy(path);
    make_old(&data.join("cpamp.sqlite"));
    let since = Instant::now();
    let panel = Panel::start(&data, &gateway).await;
    let mut table = Table::default();
    table.head(&["Upgrade", "Value"]);
    table.row(&["events", &events.to_string()]);
    table.row(&["listening after", &millis(panel.listening_after)]);
    let browser = Browser::log_in(&panel).await;
    for (what, words) in PHASES {
        let mut times = PAGES.map(|_| Times::default());
        while browser.get("/settings/about").await.body.contains(words) {
            for (page, times) in PAGES.iter().zip(&mut times) {
                times.add(browser.get(page).await.took);
            }
        }
        table.row(&[&format!("{what} after"), &seconds(since.elapsed())]);
        show(&mut table, "until then", &times);
    }
    let mut times = PAGES.map(|_| Times::default());
    for _ in 0..50 {
        for (page, times) in PAGES.iter().zip(&mut times) {
            times.add(browser.get(page).await.took);
        }
    }
    show(&mut table, "from then on", &times);
    let highest = panel.memory().1;
    table.row(&["memory, highest", &format!("{highest} MiB")]);
    table.print();
    gateway.stop().await;
}

fn make_old(path: &Path) {
    let mut c = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let newest = |c: &mut SqliteConnection| {
        let applied = c.applied_migrations().unwrap();
        applied.iter().map(ToString::to_string).max().unwrap()
    };
    while *newest(&mut c) > *UPGRADE {
        c.revert_last_migration(MIGRATIONS).unwrap();
    }
    // Reverting it would throw away what an old database still has.
    diesel::sql_query("delete from __diesel_schema_migrations where version = ?")
        .bind::<diesel::sql_types::Text, _>(UPGRADE)
        .execute(&mut c)
        .unwrap();
}

fn show(table: &mut Table, when: &str, times: &[Times]) {
    for (page, times) in PAGES.iter().zip(times) {
        let (p50, worst) = (millis(times.quantile(50)), millis(times.quantile(100)));
        table.row(&[
            &format!("`{page}` {when}, median and slowest"),
            &format!("{p50}, {worst}"),
        ]);
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
