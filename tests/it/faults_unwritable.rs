//! A start where nothing can be written: what was stored is shown, nothing is
//! taken that could not be kept, and it goes on by itself once there is a way.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::binary::{self, Binary};
use crate::support::lab::{Lab, word};
use crate::support::panel::{ADMIN_KEY, Browser};

const STORED: u32 = 40;

/// How the panel ended before.
#[derive(Clone, Copy, Debug)]
enum Before {
    InOrder,
    Killed,
}

/// Some requests, stored by a panel that is gone.
async fn stored(before: Before) -> Lab {
    let mut lab = Lab::new().await;
    let panel = lab.start().await;
    lab.push(STORED);
    panel.stored(STORED.into()).await;
    match before {
        Before::InOrder => assert!(panel.stop().await.success()),
        Before::Killed => drop(panel.kill().await),
    }
    lab
}

/// The panel with a copy of its data on a file system of its own, made
/// unwritable by `spoilt`.
async fn start(lab: &Lab, spoilt: &str) -> Binary {
    let kept = lab.data.path().join("kept");
    std::fs::rename(lab.folder(), &kept).unwrap();
    let mount = format!(
        "mkdir \"$CPAMP_DATA_DIR\" && mount -t tmpfs -o size=12m tmpfs \"$CPAMP_DATA_DIR\" && \
         cp -a \"$KEPT\"/. \"$CPAMP_DATA_DIR\" && {spoilt} && exec \"$0\""
    );
    let mut command = lab.command();
    command.env("KEPT", &kept);
    let wrapper = ["unshare", "-rm", "sh", "-c", &mount];
    Binary::start(binary::wrapped(&wrapper, &command)).await
}

/// The way into the file system of the process.
fn inside(lab: &Lab, panel: &Binary) -> PathBuf {
    let folder = lab.folder();
    let root = format!("/proc/{}/root", panel.pid());
    Path::new(&root).join(folder.strip_prefix("/").unwrap())
}

fn may_mount() -> bool {
    let possible = Command::new("unshare").args(["-rm", "true"]).status();
    let possible = possible.is_ok_and(|status| status.success());
    if !possible {
        println!("no user namespaces here: nothing can be mounted");
    }
    possible
}

fn read_only(status: &Value) -> bool {
    word(status, "reason") == "read_only"
}

/// What a person finds who comes to see what is wrong.
async fn is_shown(lab: &Lab, panel: &Binary, case: &str) {
    panel
        .status_with("it says that it only reads", read_only)
        .await;
    let healthy = panel.script().get("/healthz").await;
    assert_eq!(healthy.status, StatusCode::OK, "{case}");
    let ready = panel.script().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE, "{case}");

    let browser = Browser::new(panel.url());
    let inside = browser.post("/login", &[("key", ADMIN_KEY)]).await;
    assert_eq!(inside.header("location"), "/", "{case}: {}", inside.body);
    let home = browser.get("/").await.body;
    assert!(
        home.contains("The database can only be read."),
        "{case}: {home}"
    );
    let doctor = browser.get("/doctor").await.body;
    assert!(doctor.contains("Free space, or make"), "{case}: {doctor}");
    let rows = browser.get("/requests.jsonl?range=all").await.body;
    assert_eq!(rows.lines().count(), 40, "{case}: {rows}");
    let page = browser.get("/requests?range=all").await;
    assert_eq!(page.status, StatusCode::OK, "{case}: {}", page.body);
    let usage = browser.get("/usage?range=all").await;
    assert_eq!(usage.status, StatusCode::OK, "{case}: {}", usage.body);

    let refused = browser.post("/settings/about/rebuild", &[]).await;
    let said = (refused.status, refused.body.contains("can only be read"));
    let expected = (StatusCode::SERVICE_UNAVAILABLE, true);
    assert_eq!(said, expected, "{case}: {}", refused.body);
    let sessions = browser.get("/settings/sessions").await.body;
    assert!(
        sessions.contains("/settings/sessions/-1/end"),
        "{case}: {sessions}"
    );
    let out = browser.post("/settings/sessions/-1/end", &[]).await;
    assert!(out.status.is_redirection(), "{case}: {}", out.body);
    assert_eq!(
        browser.get("/").await.header("location"),
        "/login",
        "{case}"
    );
    assert_eq!(lab.gateway.queue_len(), 7, "{case}: nothing is taken");
}

/// Another app took over, in the same process and at the same address.
async fn goes_on(panel: &Binary) {
    let twice = |said: &str| (said.matches("listening on").count() == 2).then_some(());
    panel.heard("it listens again", twice).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_disk_that_is_read_only_it_shows_what_it_has_until_it_can_write() {
    if !may_mount() {
        return;
    }
    for before in [Before::InOrder, Before::Killed] {
        let mut lab = stored(before).await;
        lab.push(7);
        let panel = start(&lab, "mount -o remount,ro \"$CPAMP_DATA_DIR\"").await;
        is_shown(&lab, &panel, &format!("read-only, {before:?}")).await;
        let pid = panel.pid().to_string();
        let writable = Command::new("nsenter")
            .args(["--preserve-credentials", "-U", "-m", "-t", &pid])
            .args(["mount", "-o", "remount,rw"])
            .arg(lab.folder())
            .status();
        assert!(writable.unwrap().success());
        goes_on(&panel).await;
        lab.complete(&panel).await;
        assert!(panel.stop().await.success());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_it_shows_what_it_has_until_there_is_room() {
    if !may_mount() {
        return;
    }
    for before in [Before::InOrder, Before::Killed] {
        let mut lab = stored(before).await;
        lab.push(7);
        // Full to the last byte.
        let stuffed = "(for size in 65536 4096 512; do dd if=/dev/zero bs=$size oflag=append \
                    conv=notrunc of=\"$CPAMP_DATA_DIR\"/ballast 2>/dev/null; done; true)";
        let panel = start(&lab, stuffed).await;
        let full = |status: &Value| ["read_only", "disk_full"].contains(&word(status, "reason"));
        let status = panel.status_with("it says what is wrong", full).await;
        let shown = read_only(&status);
        if shown {
            is_shown(&lab, &panel, &format!("full, {before:?}")).await;
        }
        std::fs::remove_file(inside(&lab, &panel).join("ballast")).unwrap();
        if shown {
            goes_on(&panel).await;
        }
        lab.complete(&panel).await;
        assert!(panel.stop().await.success());
    }
}

/// Who is in while the disk fills up stays in, and others get in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_needs_no_room_on_the_disk() {
    if !may_mount() {
        return;
    }
    let lab = stored(Before::InOrder).await;
    let panel = start(&lab, "true").await;
    let ballast = inside(&lab, &panel).join("ballast");
    let filled = Command::new("dd")
        .args(["if=/dev/zero", "bs=512"])
        .arg(format!("of={}", ballast.display()))
        .status();
    assert!(!filled.unwrap().success(), "the disk is full");
    for _ in 0..3 {
        let browser = Browser::new(panel.url());
        let inside = browser.post("/login", &[("key", ADMIN_KEY)]).await;
        assert_eq!(inside.header("location"), "/", "{}", inside.body);
        assert_eq!(browser.get("/requests").await.status, StatusCode::OK);
    }
    std::fs::remove_file(&ballast).unwrap();
    assert!(panel.stop().await.success());
}
