//! Exports as a browser gets them: the real panel on the filled database, a
//! request over loopback, rows counted as they come. The panel and the one who
//! counts share the machine and the process.

use std::path::Path;
use std::time::{Duration, Instant};

use cpamp::app::{App, Circumstances};
use cpamp::cli;
use cpamp::clock::Clock;
use cpamp::config::Config;
use cpamp::domain::units::Ms;
use cpamp::ingest::tuning::Tuning;
use cpamp::prices::fetch::Web;
use cpamp::relay::Patience;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::redirect::Policy;
use tokio_util::sync::CancellationToken;

use crate::END;
use crate::gauge::{Table, memory};

const ADMIN_KEY: &str = "an-admin-key-for-the-benchmark";

pub(crate) async fn measure(path: &Path) {
    // Refused when it is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stop = CancellationToken::new();
    let (origin, panel) = start(path, stop.clone()).await;
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let login = client
        .post(format!("{origin}/login"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(format!("key={ADMIN_KEY}"));
    let answer = login.send().await.unwrap();
    let cookies = answer.headers().get_all(SET_COOKIE).into_iter();
    let cookies = cookies.map(|line| line.to_str().unwrap().split(';').next().unwrap());
    let cookie = cookies.collect::<Vec<_>>().join("; ");

    let mut table = Table::default();
    table.head(&["Export over HTTP", "Rows", "Rows a second", "MiB a second"]);
    for (name, query) in [
        ("CSV, everything", "requests.csv?range=all"),
        ("CSV, failed", "requests.csv?range=all&status=failed"),
        ("JSON lines, everything", "requests.jsonl?range=all"),
        (
            "JSON lines, failed",
            "requests.jsonl?range=all&status=failed",
        ),
    ] {
        let began = Instant::now();
        let request = client.get(format!("{origin}/{query}"));
        let mut answer = request.header(COOKIE, &cookie).send().await.unwrap();
        assert!(answer.status().is_success());
        let (mut rows, mut bytes) = (0_usize, 0_usize);
        while let Some(chunk) = answer.chunk().await.unwrap() {
            rows += chunk.split(|byte| *byte == b'\n').count() - 1;
            bytes += chunk.len();
        }
        let seconds = began.elapsed().as_secs_f64();
        let rate = |n: usize| f64::from(u32::try_from(n).unwrap()) / seconds;
        table.row(&[
            name,
            &rows.to_string(),
            &format!("{:.0}", rate(rows)),
            &format!("{:.0}", rate(bytes / 1_024) / 1_024.0),
        ]);
    }
    table.print();
    println!("memory, now and at most: {:?} MiB", memory());
    stop.cancel();
    panel.join().unwrap();
}

/// The panel on a copy of the database, on a thread of its own.
async fn start(path: &Path, stop: CancellationToken) -> (String, std::thread::JoinHandle<()>) {
    let directory = path.with_file_name("download");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir(&directory).unwrap();
    std::fs::copy(path, directory.join("cpamp.sqlite")).unwrap();
    let environment = [
        ("CPAMP_DATA_DIR", directory.to_str().unwrap()),
        ("CPAMP_LISTEN", "127.0.0.1:0"),
        ("CPAMP_ADMIN_KEY", ADMIN_KEY),
        ("CPAMP_CPA_URL", "http://127.0.0.1:9"),
        ("CPAMP_CPA_MANAGEMENT_KEY", "a-management-key"),
        ("CPAMP_COLLECTOR_ENABLED", "false"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let flags = cli::command().try_get_matches_from(["cpamp"]).unwrap();
    let config = Config::load(&flags, &environment.into()).unwrap();
    let circumstances = Circumstances {
        clock: Clock::fixed(END + Ms::DAY),
        demo: false,
        tuning: Tuning::default(),
        price_sources: Web::elsewhere(|_| String::new(), Duration::from_secs(1)),
        settle_every: Duration::from_hours(1),
        patience: Patience::default(),
        lists: false,
    };
    let (started, ready) = tokio::sync::oneshot::channel();
    let panel = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let app = App::build(config, circumstances, stop).await.unwrap();
            started.send(app.address().unwrap()).unwrap();
            app.run().await.unwrap();
        });
    });
    (format!("http://{}", ready.await.unwrap()), panel)
}
