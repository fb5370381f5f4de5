//! The benchmark behind the figures in the README: `cargo bench --bench panel`.
//!
//! Fills a database with months of generated traffic through the real store,
//! then asks what pages ask while events keep arriving. The filled database is
//! kept under `target/` and used again; `cargo bench --bench panel -- --fresh`
//! makes it anew, `--events 10000000` chooses another size, `--only TEXT` asks
//! only what contains it. `-- --http` starts the program itself on such a database
//! and asks for its pages as a browser does, each a hundred times or `--rounds` so
//! many. `-- --upgrade` starts it on such a database as an old release left it, and
//! watches the pages until all that is derived is cut anew.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first failure")]

mod download;
mod fill;
mod gauge;
mod generate;
mod http;
mod pages;
mod reprice;
mod upgrade;
mod views;

use std::path::PathBuf;

use cpamp::domain::units::{At, Ms};

/// 2026-06-01T00:00:00Z: the end of the generated history.
pub(crate) const END: At = At(1_780_272_000_000);
pub(crate) const DAYS: u64 = 90;

fn main() {
    cpamp::heap::keep_freed_memory();
    let mut events = 3_200_000;
    let mut fresh = false;
    let mut only = String::new();
    let (mut http, mut upgrade) = (false, false);
    let mut rounds = 100;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--fresh" => fresh = true,
            "--events" => events = arguments.next().unwrap().parse().unwrap(),
            "--http" => http = true,
            "--upgrade" => upgrade = true,
            "--rounds" => rounds = arguments.next().unwrap().parse().unwrap(),
            "--only" => only = arguments.next().unwrap(),
            other => panic!("unknown argument {other}"),
        }
    }
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "bench-{}{events}/panel.db",
        if http || upgrade { "http-" } else { "" }
    ));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if upgrade {
            upgrade::measure(&path, events, fresh).await;
            return;
        }
        if http {
            http::measure(&path, events, fresh, rounds).await;
            return;
        }
        fill::fill(&path, events, fresh, (END, END + Ms(2 * Ms::DAY.0))).await;
        if only != "download" && only != "reprice" {
            views::ask(&path, &only).await;
        }
        if only.is_empty() || only == "download" {
            download::measure(&path).await;
        }
        if only.is_empty() || only == "reprice" {
            reprice::measure(&path).await;
        }
    });
}
