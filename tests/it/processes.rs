//! The real binary as an operator meets it: first start, signals, sub-commands,
//! a second instance. What it collects is not looked at here.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use reqwest::StatusCode;
use tempfile::TempDir;

use crate::support::binary::{self, Binary, finished, printed, script};
use crate::support::panel::{ADMIN_KEY, Browser};
use crate::support::wait::until;

/// The key in what a first start said.
fn key_in(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("cmp_admin_")?;
    let body = rest.split_whitespace().next()?;
    assert_eq!(body.len(), 32, "{body}");
    assert!(body.chars().all(|c| c.is_ascii_alphanumeric()), "{body}");
    said.split_whitespace()
        .find(|word| word.starts_with("cmp_admin_"))
}

async fn generated(panel: &Binary) -> String {
    panel
        .heard("the key", |said| key_in(said).map(str::to_owned))
        .await
}

async fn opens(panel: &Binary, key: &str) -> bool {
    let fields = [("key", key), ("next", "/")];
    let answer = Browser::new(panel.url()).post("/login", &fields).await;
    answer.status == StatusCode::SEE_OTHER
}

/// With a known key that is not in the environment.
fn keyed(data: &Path) -> Command {
    let mut command = binary::bare(data);
    command.env("CPAMP_ADMIN_KEY", ADMIN_KEY);
    command
}

#[tokio::test]
async fn the_first_start_shows_the_key_and_later_ones_do_not() {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("data");
    let start = Instant::now();
    let first = Binary::start(binary::bare(&folder)).await;
    println!("listening after {:?} (debug build)", start.elapsed());
    let open = format!("Open {}/\n", first.url());
    first.heard("the address", |said| said.find(&open)).await;
    let key = generated(&first).await;
    assert!(opens(&first, &key).await);
    assert!(!opens(&first, &key.replace("cmp_admin_", "cmp_admin_x")).await);
    assert_eq!(key_in(&first.said().replacen(&key, "", 1)), None, "twice");
    assert!(first.stop().await.success());

    let second = Binary::start(binary::bare(&folder)).await;
    assert!(opens(&second, &key).await, "{}", second.said());
    assert_eq!(key_in(&second.said()), None);
}

#[tokio::test]
async fn data_belongs_to_its_owner_alone() {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("data");
    let panel = Binary::start(keyed(&folder)).await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    assert!(panel.stop().await.success());
}

#[tokio::test]
async fn what_is_unknown_starts_nothing() {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("data");
    for arguments in [&["--frobnicate"][..], &["frobnicate"], &["serve", "now"]] {
        let mut command = binary::bare(&folder);
        command.args(arguments);
        let output = finished(command).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(printed(&output).contains(arguments[arguments.len() - 1]));
    }
    let mut command = binary::bare(&folder);
    command
        .env("CPAMP_LISTEN", "nowhere")
        .env("CPAMP_ADMIN_KEY", "short")
        .env("CPAMP_TZ", "Mars/Base");
    let output = finished(command).await;
    assert_eq!(output.status.code(), Some(2));
    for name in ["CPAMP_LISTEN", "CPAMP_ADMIN_KEY", "CPAMP_TZ"] {
        assert!(printed(&output).contains(name), "{}", printed(&output));
    }
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_second_instance_leaves_and_names_the_first() {
    let data = TempDir::new().unwrap();
    let first = Binary::start(keyed(data.path())).await;
    let output = finished(keyed(data.path())).await;
    assert!(!output.status.success());
    let said = printed(&output);
    assert!(said.contains(&format!(" {}", first.pid())), "{said}");
    assert!(opens(&first, ADMIN_KEY).await);
    assert!(first.stop().await.success());
}

/// What a start that fails says, with this in its environment.
async fn refused(data: &Path, name: &str, value: &str) -> String {
    let mut command = binary::bare(data);
    command.env(name, value);
    let output = finished(command).await;
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    printed(&output)
}

#[tokio::test]
async fn what_it_cannot_have_is_named_with_a_way_out() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().to_string();
    let said = refused(&data, "CPAMP_LISTEN", "192.0.2.1:18317").await;
    assert!(
        said.contains("this machine does not have that address"),
        "{said}"
    );
    let said = refused(&data, "CPAMP_LISTEN", &taken).await;
    assert!(said.contains("another program listens there"), "{said}");
    assert!(said.contains("--listen"), "{said}");

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = refused(&data, "CPAMP_DATA_DIR", file.to_str().unwrap()).await;
    assert!(said.contains("a file is in its place"), "{said}");
    assert!(said.contains("--data-dir"), "{said}");

    // Nobody has seen a key yet, and nothing looks like a crash.
    let first = Binary::start(binary::bare(&data)).await;
    let key = generated(&first).await;
    assert!(opens(&first, &key).await);
    assert!(!first.said().contains("in order"), "{}", first.said());
}

#[tokio::test]
async fn a_lock_of_a_dead_process_does_not_hold() {
    let data = TempDir::new().unwrap();
    let first = Binary::start(keyed(data.path())).await;
    assert!(!first.kill().await.success());
    let second = Binary::start(keyed(data.path())).await;
    assert!(opens(&second, ADMIN_KEY).await);
}

#[tokio::test]
async fn the_health_check_says_by_its_exit_whether_the_panel_answers() {
    let data = TempDir::new().unwrap();
    let panel = Binary::start(keyed(data.path())).await;
    let check = || {
        let mut command = binary::bare(data.path());
        command
            .env("CPAMP_LISTEN", format!("127.0.0.1:{}", panel.port()))
            .arg("healthcheck");
        command
    };
    assert!(finished(check()).await.status.success());
    let dead = check();
    assert!(panel.stop().await.success());
    assert_eq!(finished(dead).await.status.code(), Some(1));
}

#[tokio::test]
async fn a_reset_key_ends_every_session_and_waits_for_the_server() {
    let data = TempDir::new().unwrap();
    let first = Binary::start(binary::bare(data.path())).await;
    let old = generated(&first).await;
    let visitor = Browser::new(first.url());
    visitor
        .post("/login", &[("key", &old), ("next", "/")])
        .await;
    let session = visitor.cookie("cpamp_session").unwrap();
    assert_eq!(visitor.get("/status").await.status, StatusCode::OK);

    let reset = || {
        let mut command = binary::bare(data.path());
        command.arg("reset-admin-key");
        command
    };
    let refused = finished(reset()).await;
    assert!(!refused.status.success());
    assert!(
        printed(&refused).contains(&first.pid().to_string()),
        "{}",
        printed(&refused)
    );
    assert!(opens(&first, &old).await);
    assert!(first.stop().await.success());

    let output = finished(reset()).await;
    let said = printed(&output);
    assert!(output.status.success(), "{said}");
    let new = key_in(&said).unwrap();
    assert_ne!(new, old);

    let second = Binary::start(binary::bare(data.path())).await;
    assert!(opens(&second, new).await);
    assert!(!opens(&second, &old).await);
    let stale = Browser::new(second.url()).with("cookie", &format!("cpamp_session={session}"));
    assert_eq!(stale.get("/status").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_reset_takes_a_key_from_a_file() {
    let data = TempDir::new().unwrap();
    let first = Binary::start(binary::bare(data.path())).await;
    assert!(first.stop().await.success());
    let file = data.path().join("chosen");
    std::fs::write(&file, "a-key-of-my-own-choice\n").unwrap();
    let mut command = binary::bare(data.path());
    command
        .arg("reset-admin-key")
        .arg("--admin-key-file")
        .arg(&file);
    let output = finished(command).await;
    assert!(output.status.success(), "{}", printed(&output));
    assert!(!printed(&output).contains("a-key-of-my-own-choice"));
    let panel = Binary::start(binary::bare(data.path())).await;
    assert!(opens(&panel, "a-key-of-my-own-choice").await);
}

#[tokio::test]
async fn a_signal_ends_it_in_order() {
    let data = TempDir::new().unwrap();
    for signal in ["TERM", "INT"] {
        let panel = Binary::start(keyed(data.path())).await;
        let start = Instant::now();
        panel.signal(signal);
        assert!(panel.end().await.success(), "{}", panel.said());
        println!(
            "ended after {:?} (Docker kills after ten seconds)",
            start.elapsed()
        );
    }
    // An orderly end leaves no write-ahead log.
    let log = data.path().join("cpamp.sqlite-wal");
    assert_eq!(log.metadata().map_or(0, |file| file.len()), 0);
}

#[tokio::test]
async fn the_demo_shows_itself_and_leaves_nothing() {
    let place = TempDir::new().unwrap();
    let mut command = binary::bare(&place.path().join("data"));
    command
        .env("TMPDIR", place.path())
        .current_dir(place.path())
        .arg("demo");
    let demo = Binary::start(command).await;
    let key = demo
        .heard("the key of the demo", |said| {
            key_in(said).map(str::to_owned)
        })
        .await;
    let visitor = Browser::new(demo.url());
    let answer = visitor
        .post("/login", &[("key", &key), ("next", "/requests")])
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = visitor.get("/requests").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("demo"), "{}", page.body);
    let script = script(demo.url(), &key);
    until("some history is there", async || {
        let status = script.get("/status").await.json();
        let stored = status["events"]["stored"].as_u64();
        if stored > Some(1_000) {
            Ok(())
        } else {
            Err(status)
        }
    })
    .await;
    assert!(demo.stop().await.success());
    let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_log_line_holds_no_key() {
    let data = TempDir::new().unwrap();
    let mut command = keyed(data.path());
    command.env("CPAMP_LOG", "debug");
    let panel = Binary::start(command).await;
    let _ = panel.script().get("/status").await;
    assert!(!opens(&panel, "sk-a-key-that-is-wrong-0001").await);
    let said = panel.said();
    assert!(!said.contains(ADMIN_KEY), "{said}");
    assert!(!said.contains("sk-a-key-that-is-wrong"), "{said}");
}
