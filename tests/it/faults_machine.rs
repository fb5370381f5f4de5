//! The real binary while its own machine fails it: killed, told to stop, locked
//! out of its database, out of disk, with a clock that jumps.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::binary::{self, Binary, finished, printed};
use crate::support::lab::{Lab, anywhere, word};
use crate::support::wait::until;

/// The database as another program opens it.
fn stranger(folder: &Path) -> SqliteConnection {
    let path = folder.join("cpamp.sqlite");
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    // The panel may be writing at this moment.
    other.batch_execute("pragma busy_timeout = 30000").unwrap();
    other
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_a_burst_it_loses_at_most_the_batch_on_the_wire() {
    const BATCH: u32 = 100;
    let mut lab = Lab::new().await;
    let moments = [1, 60, 130, 210, 300, 390, 480, 560];
    for moment in moments {
        let mut command = lab.command();
        command.env("CPAMP_BATCH_SIZE", BATCH.to_string());
        let panel = Binary::start(command).await;
        let before = lab.gateway.tally().popped;
        lab.push(600);
        lab.popped(before, moment).await;
        panel.kill().await;
    }
    let panel = lab.start().await;
    let numbers = lab.settled(&panel).await;
    let kills = u32::try_from(moments.len()).unwrap();
    let lost = numbers.check(lab.made, kills * BATCH);
    println!("{kills} kills lost {lost} of {} events", lab.made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_taking_it_loses_nothing() {
    let mut lab = Lab::new().await;
    for _ in 0..3 {
        let panel = lab.start().await;
        lab.push(400);
        let made = u64::from(lab.made);
        let taken = |status: &Value| status["collector"]["taken"].as_u64() >= Some(made);
        panel.status_with("all is on the spool", taken).await;
        panel.kill().await;
    }
    let panel = lab.start().await;
    lab.complete(&panel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_under_load_it_loses_nothing() {
    let mut lab = Lab::new().await;
    for signal in ["TERM", "INT", "TERM"] {
        let panel = lab.start().await;
        let before = lab.gateway.tally().popped;
        lab.push(1_500);
        lab.popped(before, 300).await;
        let start = Instant::now();
        panel.signal(signal);
        assert!(panel.end().await.success(), "{}", panel.said());
        println!(
            "ended after {:?} (Docker kills after ten seconds)",
            start.elapsed()
        );
    }
    let panel = lab.start().await;
    lab.complete(&panel).await;
}

/// Ten seconds: longer than the database waits for a lock by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_locked_events_are_kept() {
    let mut lab = Lab::new().await;
    let panel = lab.start().await;
    lab.push(10);
    panel.stored(10).await;
    let mut other = stranger(&lab.folder());
    other.batch_execute("begin immediate").unwrap();
    let start = Instant::now();
    lab.push(300);
    lab.popped(0, 310).await;
    let waits = |status: &Value| status["collector"]["batches_retried"].as_u64() > Some(0);
    panel.status_with("a batch is tried again", waits).await;
    assert_eq!(panel.script().get("/requests").await.status, StatusCode::OK);
    // What waits on the spool is sealed.
    assert_eq!(anywhere(&lab.folder(), "client-key-alpha-0001"), "");
    until("ten seconds have passed", async || {
        let elapsed = start.elapsed();
        (elapsed > Duration::from_secs(10))
            .then_some(())
            .ok_or(elapsed)
    })
    .await;
    assert_eq!(panel.status().await["events"]["stored"], 10);
    other.batch_execute("rollback").unwrap();
    lab.complete(&panel).await;
    assert!(panel.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_database_is_locked_it_loses_nothing() {
    let mut lab = Lab::new().await;
    let panel = lab.start().await;
    lab.push(1);
    panel.stored(1).await;
    let mut other = stranger(&lab.folder());
    other.batch_execute("begin immediate").unwrap();
    lab.push(200);
    let taken = |status: &Value| status["collector"]["taken"].as_u64() >= Some(201);
    panel.status_with("all is on the spool", taken).await;
    panel.kill().await;
    other.batch_execute("rollback").unwrap();
    let panel = lab.start().await;
    lab.complete(&panel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_costs_no_event() {
    let mut lab = Lab::new().await;
    let mounted = "mkdir -p \"$CPAMP_DATA_DIR\" && mount -t tmpfs -o size=12m tmpfs \"$CPAMP_DATA_DIR\" && exec \"$0\"";
    let wrapper = ["unshare", "-rm", "sh", "-c", mounted];
    if !may_mount() {
        println!("no user namespaces here: the full disk is left to the limit on files");
        return;
    }
    let panel = Binary::start(binary::wrapped(&wrapper, &lab.command())).await;
    lab.push(20);
    panel.stored(20).await;
    // The process has a file system of its own; this is the way into it.
    let folder = lab.folder();
    let inside = format!("/proc/{}/root{}", panel.pid(), folder.display());
    let ballast = Path::new(&inside).join("ballast");
    fill(&ballast);
    // Almost full: what is taken could still be written, but not for long.
    let filled = ballast.metadata().unwrap().len();
    truncate(&ballast, filled - 256 * 1024);
    let full = |status: &Value| word(status, "reason") == "disk_full";
    panel.status_with("nothing more is taken", full).await;
    lab.push(2_000);
    assert_eq!(panel.script().get("/requests").await.status, StatusCode::OK);
    fill(&ballast);
    panel.status_with("the full disk is told", full).await;
    assert_eq!(
        lab.gateway.queue_len(),
        2_000,
        "they are safer in the queue"
    );
    assert_eq!(panel.script().get("/requests").await.status, StatusCode::OK);
    std::fs::remove_file(&ballast).unwrap();
    lab.complete(&panel).await;
    assert!(panel.stop().await.success());
}

fn may_mount() -> bool {
    let possible = Command::new("unshare").args(["-rm", "true"]).status();
    possible.is_ok_and(|status| status.success())
}

#[tokio::test]
async fn where_it_may_not_write_it_says_so_and_what_to_do() {
    if !may_mount() {
        println!("no user namespaces here: nothing can be mounted read-only");
        return;
    }
    let data = tempfile::TempDir::new().unwrap();
    let mounted = "mount -t tmpfs -o ro tmpfs \"$CPAMP_DATA_DIR\" && exec \"$0\"";
    let wrapper = ["unshare", "-rm", "sh", "-c", mounted];
    let output = finished(binary::wrapped(&wrapper, &binary::bare(data.path()))).await;
    let said = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for words in [
        "Read-only file system",
        "--data-dir",
        "change its owner",
        "uid 0",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

fn truncate(path: &Path, bytes: u64) {
    let file = std::fs::OpenOptions::new().write(true).open(path);
    file.unwrap().set_len(bytes).unwrap();
}

/// Takes every byte that is left.
fn fill(path: &Path) {
    use std::io::Write as _;
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    let mut file = file.unwrap();
    for piece in [65_536, 4_096, 512] {
        while file
            .write(&vec![0; piece])
            .is_ok_and(|written| written == piece)
        {}
    }
}

/// The same where nothing can be mounted: no file may grow beyond a size, and
/// later it may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_cannot_grow_cost_no_event() {
    let mut lab = Lab::new().await;
    // The signal that goes with the limit would end the process.
    let patient = ["sh", "-c", "trap '' XFSZ; exec \"$0\""];
    let panel = Binary::start(binary::wrapped(&patient, &lab.command())).await;
    lab.push(20);
    panel.stored(20).await;
    limit(&panel, "4096");
    lab.push(500);
    let troubled = |status: &Value| {
        word(status, "state") != "collecting" || !word(status, "reason").is_empty()
    };
    panel.status_with("the limit is noticed", troubled).await;
    assert_eq!(panel.script().get("/requests").await.status, StatusCode::OK);
    limit(&panel, "unlimited");
    lab.complete(&panel).await;
    assert!(panel.stop().await.success());
}

/// How large files may grow that the panel writes.
fn limit(panel: &Binary, bytes: &str) {
    let set = Command::new("prlimit")
        .args(["--pid", &panel.pid().to_string()])
        .arg(format!("--fsize={bytes}:unlimited"))
        .status();
    assert!(set.unwrap().success());
}

/// Spans are measured by a clock that nobody sets, so a jump of the other one
/// stops nothing; what happened is stored under the time the gateway gave it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_stops_nothing() {
    let mut lab = Lab::new().await;
    let offset = lab.data.path().join("offset");
    std::fs::write(&offset, "+0").unwrap();
    let mut command = lab.command();
    command
        .env("LD_PRELOAD", faketime())
        .env("FAKETIME_TIMESTAMP_FILE", &offset)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let panel = Binary::start(command).await;
    for jump in ["+0", "+1h", "-1h", "+20y", "-20y", "+0"] {
        std::fs::write(&offset, jump).unwrap();
        lab.push(20);
        let status = panel.stored(u64::from(lab.made)).await;
        assert_eq!(word(&status, "state"), "collecting", "{jump}: {status}");
        let lag = status.pointer("/collector/lag_ms").and_then(Value::as_i64);
        assert!(lag.unwrap_or(0) >= 0, "{jump}: {status}");
        assert!(status["uptime_s"].as_i64() >= Some(0), "{jump}: {status}");
        let page = panel.script().get("/requests").await;
        assert_eq!(page.status, StatusCode::OK, "{jump}: {}", page.body);
    }
    lab.complete(&panel).await;
    assert!(panel.stop().await.success());
}

/// Debian keeps it in a directory named after the machine.
fn faketime() -> std::path::PathBuf {
    let machines = std::fs::read_dir("/usr/lib").unwrap();
    let library = |folder: std::fs::DirEntry| folder.path().join("faketime/libfaketimeMT.so.1");
    let mut found = machines.map(|folder| library(folder.unwrap()));
    found
        .find(|file| file.exists())
        .expect("libfaketime is installed: start tests with tests/run")
}
