//! The sub-commands that end by themselves, as an operator uses them: another
//! Admin Key, the health check, and what a demo leaves alone.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::StatusCode;
use tempfile::TempDir;

use crate::support::binary::{self, Binary, finished, printed};
use crate::support::panel::{ADMIN_KEY, Browser};

const GENERATED: &str = "cmp_admin_";

fn command(data: &Path, words: &[&str]) -> Command {
    let mut command = binary::bare(data);
    command.args(words);
    command
}

async fn ran(data: &Path, words: &[&str]) -> Output {
    finished(command(data, words)).await
}

/// The one generated key in a text.
fn key_in(said: &str) -> Option<String> {
    let mut keys = said
        .split_whitespace()
        .filter(|word| word.starts_with(GENERATED));
    let key = keys.next().map(str::to_owned);
    assert_eq!(keys.next(), None, "shown more than once");
    key
}

async fn log_in(panel: &Binary, key: &str) -> Browser {
    let browser = Browser::new(panel.url());
    browser.post("/login", &[("key", key)]).await;
    browser
}

fn is_in(browser: &Browser) -> bool {
    browser.cookie("cpamp_session").is_some()
}

/// A panel that made its own key, which is told.
async fn first_start(data: &Path) -> (Binary, String) {
    let panel = Binary::start(binary::bare(data)).await;
    let key = panel.heard("the key", key_in).await;
    (panel, key)
}

#[tokio::test]
async fn another_admin_key_is_made_and_ends_all_sessions() {
    let data = TempDir::new().unwrap();
    let (panel, first) = first_start(data.path()).await;
    let browser = log_in(&panel, &first).await;
    assert!(is_in(&browser));
    let session = browser.cookie("cpamp_session").unwrap();

    // While it runs it is named and left alone.
    let refused = ran(data.path(), &["reset-admin-key"]).await;
    let said = printed(&refused);
    assert!(!refused.status.success());
    assert!(said.contains(&format!("pid {}", panel.pid())), "{said}");
    assert_eq!(key_in(&said), None);
    assert!(is_in(&log_in(&panel, &first).await));
    assert!(panel.stop().await.success());

    let reset = ran(data.path(), &["reset-admin-key"]).await;
    assert!(reset.status.success(), "{}", printed(&reset));
    let second = key_in(&printed(&reset)).unwrap();
    assert_ne!(first, second);

    let panel = Binary::start(binary::bare(data.path())).await;
    let old = Browser::new(panel.url());
    old.set_cookie("cpamp_session", &session);
    assert_eq!(old.get("/status").await.status, StatusCode::UNAUTHORIZED);
    assert!(!is_in(&log_in(&panel, &first).await));
    assert!(is_in(&log_in(&panel, &second).await));
    assert_eq!(key_in(&panel.said()), None);
}

#[tokio::test]
async fn another_admin_key_may_come_from_a_file_and_never_from_the_environment() {
    let data = TempDir::new().unwrap();
    let (panel, generated) = first_start(data.path()).await;
    // Only once its hash is stored does the next start know it.
    assert!(is_in(&log_in(&panel, &generated).await));
    assert!(panel.stop().await.success());

    // Stored, it would go on opening the panel after it was removed there.
    let mut given = command(data.path(), &["reset-admin-key"]);
    given.env("CPAMP_ADMIN_KEY", ADMIN_KEY);
    let refused = finished(given).await;
    assert!(!refused.status.success());
    assert!(
        printed(&refused).contains("CPAMP_ADMIN_KEY"),
        "{}",
        printed(&refused)
    );

    let file = data.path().join("chosen");
    std::fs::write(&file, "too short\n").unwrap();
    let flag = [
        "reset-admin-key",
        "--admin-key-file",
        file.to_str().unwrap(),
    ];
    let short = ran(data.path(), &flag).await;
    assert_eq!(short.status.code(), Some(2));
    assert!(
        printed(&short).contains("16 characters"),
        "{}",
        printed(&short)
    );

    let chosen = "a-key-a-person-chose";
    std::fs::write(&file, format!("{chosen}\n")).unwrap();
    let reset = ran(data.path(), &flag).await;
    let said = printed(&reset);
    assert!(reset.status.success(), "{said}");
    assert!(!said.contains(chosen) && key_in(&said).is_none(), "{said}");

    let panel = Binary::start(binary::bare(data.path())).await;
    for (key, opens) in [(chosen, true), (&generated, false), (ADMIN_KEY, false)] {
        assert_eq!(is_in(&log_in(&panel, key).await), opens, "{key}");
    }
}

#[tokio::test]
async fn there_is_no_key_to_reset_without_a_database() {
    let data = TempDir::new().unwrap();
    let nowhere = data.path().join("nowhere");
    let refused = ran(&nowhere, &["reset-admin-key"]).await;
    let said = printed(&refused);
    assert!(!refused.status.success());
    assert!(
        said.contains("no database") && said.contains("--data-dir"),
        "{said}"
    );
    assert!(!nowhere.exists());
}

#[tokio::test]
async fn the_health_check_finds_the_panel_wherever_it_listens() {
    let data = TempDir::new().unwrap();
    for (listen, base) in [("127.0.0.1:0", ""), ("0.0.0.0:0", "/cpamp"), ("[::]:0", "")] {
        let mut start = binary::bare(data.path());
        start
            .env("CPAMP_LISTEN", listen)
            .env("CPAMP_BASE_PATH", base);
        start.env("CPAMP_ADMIN_KEY", ADMIN_KEY);
        let panel = Binary::spawn(start);
        let port = panel
            .heard("the port", |said| {
                let (_, rest) = said.split_once("listening on ")?;
                let (address, _) = rest.split_once('\n')?;
                Some(address.rsplit_once(':')?.1.to_owned())
            })
            .await;
        let checked = async || {
            let mut check = command(data.path(), &["healthcheck"]);
            let address = listen.replace(":0", &format!(":{port}"));
            check.env("CPAMP_LISTEN", address);
            check.env("CPAMP_BASE_PATH", base);
            finished(check).await
        };
        let well = checked().await;
        assert!(well.status.success(), "{listen}: {}", printed(&well));
        assert!(panel.stop().await.success());
        let gone = checked().await;
        assert_eq!(gone.status.code(), Some(1), "{listen}");
        assert!(printed(&gone).contains("no answer"), "{}", printed(&gone));
    }
}

/// The help of a sub-command names what it heeds and nothing else; the rest is
/// taken all the same, wherever it stands.
#[tokio::test]
async fn help_lists_what_a_command_heeds() {
    let data = TempDir::new().unwrap();
    let of_the_database = ["--allow-network-disk", "--data-dir", "--db-path"];
    let flags = |said: &str| -> Vec<String> {
        let words = said
            .split_whitespace()
            .filter(|word| word.starts_with("--"));
        let own = [
            "--help",
            "--print-config",
            "--out",
            "--address",
            "--version",
        ];
        let words = words.filter(|word| !own.contains(word));
        words.map(str::to_owned).collect()
    };
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list.dedup();
        list
    };
    let all = flags(&printed(&ran(data.path(), &["--help"]).await));
    assert!(all.len() > 20, "{all:?}");
    for (name, heeded) in [
        ("healthcheck", &["--base-path", "--listen"][..]),
        ("panel", &[]),
        ("rebuild", &of_the_database),
    ] {
        let said = printed(&ran(data.path(), &[name, "--help"]).await);
        assert_eq!(sorted(flags(&said)), heeded, "{said}");
    }
    let demo = flags(&printed(&ran(data.path(), &["demo", "--help"]).await));
    assert!(demo.contains(&String::from("--listen")), "{demo:?}");
    assert!(!demo.contains(&String::from("--data-dir")), "{demo:?}");
    let serve = flags(&printed(&ran(data.path(), &["serve", "--help"]).await));
    assert_eq!(serve, all);

    let nowhere = data.path().join("nowhere");
    let nowhere = nowhere.to_str().unwrap();
    for words in [
        ["--data-dir", nowhere, "rebuild", "--tz", "UTC"],
        ["rebuild", "--data-dir", nowhere, "--tz", "UTC"],
    ] {
        let said = printed(&ran(data.path(), &words).await);
        assert!(
            said.contains("no database") && said.contains(nowhere),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_demo_leaves_everything_real_alone_and_says_so() {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("data");
    let mut demo = command(&folder, &["demo", "--batch-size", "7"]);
    demo.env("CPAMP_ADMIN_KEY", ADMIN_KEY)
        .env("CPAMP_CPA_URL", "http://real-gateway.example:8317")
        .env("CPAMP_CPA_MANAGEMENT_KEY", "a-real-management-key")
        .env("TMPDIR", data.path());
    let panel = Binary::start(demo).await;
    let key = panel.heard("the key", key_in).await;
    let said = panel.said();
    // It says what takes so long before it begins.
    let (before, _) = said.split_once("listening on").unwrap();
    assert!(before.contains("Two weeks of requests"), "{said}");
    for name in [
        "CPAMP_DATA_DIR",
        "CPAMP_ADMIN_KEY",
        "CPAMP_CPA_URL",
        "CPAMP_CPA_MANAGEMENT_KEY",
        "--batch-size",
    ] {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(!said.contains("CPAMP_LISTEN"), "{said}");
    assert!(!folder.exists());
    assert!(!is_in(&log_in(&panel, ADMIN_KEY).await));
    let browser = log_in(&panel, &key).await;
    let about = browser.get("/settings/about").await.body;
    assert!(about.contains("cpamp demo"), "{about}");
    for real in [folder.to_str().unwrap(), "real-gateway", "--batch-size"] {
        assert!(!about.contains(real), "{real}: {about}");
    }
    assert!(panel.stop().await.success());
    let left: Vec<_> = std::fs::read_dir(data.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
