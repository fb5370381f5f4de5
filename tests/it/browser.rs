//! The panel in a real Chromium. Scripts in `tests/browser/` say what a person
//! does; here is what happens around them. No script may see a console error,
//! a violation of the content policy, or a request to another host.

use cpamp::clock::Clock;
use cpamp::domain::units::{At, Ms};
use cpamp::fake::{Gateway, Options};
use serde_json::json;
use tempfile::TempDir;

use crate::support::binary::{self, Binary};
use crate::support::chromium;
use crate::support::nginx::{Nginx, Scheme, free_port};
use crate::support::panel::ADMIN_KEY;
use crate::support::{hostile, traffic};

/// Everything that opens with a session, in a panel that is set up.
const INSIDE: &str = "/ /requests /requests?range=all&status=failed /doctor /keys \
    /accounts /accounts/1 \
    /usage /usage/models?metric=latency /usage/hours /usage/keys?metric=tokens \
    /usage/accounts?range=30d&by=day /usage/providers?metric=cost \
    /settings/collection /settings/sessions /settings/audit \
    /settings/about /no/such/page";

/// What looks the same whether requests were stored or not.
const ASIDE: &str = "/usage/prices /usage/prices?show=built_in /usage/prices/edit \
    /usage/prices/sources /usage/prices/multipliers /usage/prices/anew \
    /settings/rejects /settings/gaps";

const OPS: &str = include_str!("../fixtures/recorded/initial/auths/claude-ops@example.com.json");
const DEV: &str =
    include_str!("../fixtures/recorded/initial/auths/codex-dev2@example.com-team.json");

/// A panel with a gateway behind it.
struct Stage {
    gateway: Gateway,
    panel: Binary,
    _data: TempDir,
}

impl Stage {
    async fn connected() -> Self {
        let data = TempDir::new().unwrap();
        let accounts = [
            ("claude-ops@example.com.json", OPS),
            ("codex-dev2@example.com-team.json", DEV),
        ];
        let auth_files = accounts.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let options = Options {
            auth_files: auth_files.to_vec(),
            ..Options::default()
        };
        let gateway = Gateway::start(options).await.unwrap();
        let panel = Binary::start(binary::connected(data.path(), &gateway)).await;
        Self {
            gateway,
            panel,
            _data: data,
        }
    }

    /// With requests of the last hour, some of them failed.
    async fn busy(events: u32) -> Self {
        let stage = Self::connected().await;
        for n in 0..events {
            let status = if n % 9 == 4 { "429" } else { "200" };
            stage.gateway.push(&recent(n, "gpt-5", status));
        }
        stage.panel.stored(u64::from(events)).await;
        stage
    }

    async fn run(&self, script: &str, pages: &str) {
        let environment = [
            ("PANEL_URL", self.panel.url()),
            ("ADMIN_KEY", ADMIN_KEY),
            ("PAGES", pages),
        ];
        let nothing = async |words: &[&str]| panic!("nobody answers {words:?}");
        chromium::run(script, &environment, nothing).await;
    }

    /// The pages with those of two requests among them: one failed, one did not.
    async fn pages(&self) -> String {
        let mut pages = String::from(INSIDE);
        for status in ["failed", "ok"] {
            let path = format!("/requests.jsonl?range=all&status={status}");
            let export = self.panel.script().get(&path).await;
            let first: serde_json::Value =
                serde_json::from_str(export.body.lines().next().unwrap()).unwrap();
            let id = first.get("id").and_then(serde_json::Value::as_str).unwrap();
            pages.push_str(" /requests/");
            pages.push_str(id);
        }
        pages
    }
}

/// The `n`th request of now: the newest is a moment old.
fn recent(n: u32, model: &str, status: &str) -> String {
    let at = Clock::System.now() - Ms(i64::from(n) * 2_000);
    let mut event = traffic::numbered(n);
    let code: u16 = status.parse().unwrap();
    let body =
        json!({"error": {"message": "the rate limit of the upstream is reached"}}).to_string();
    let fields = event.as_object_mut().unwrap();
    fields.insert("timestamp".into(), At::rfc3339(at).into());
    fields.insert("model".into(), model.into());
    if code != 200 {
        fields.insert("failed".into(), true.into());
        fields.insert("fail".into(), json!({"status_code": code, "body": body}));
    }
    event.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_sets_up_and_finds_a_request() {
    let data = TempDir::new().unwrap();
    let gateway = Gateway::start(Options::default()).await.unwrap();
    gateway.set_statistics(false);
    let mut command = binary::bare(data.path());
    command.env("CPAMP_ADMIN_KEY", ADMIN_KEY);
    let panel = Binary::start(command).await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let (url, key) = (gateway.url(), gateway.key());
    let environment = [
        ("PANEL_URL", panel.url()),
        ("ADMIN_KEY", ADMIN_KEY),
        ("CPA_URL", &url),
        ("CPA_KEY", &key),
        ("NOBODY_URL", &nobody),
    ];
    let mut made = 0;
    let answer = async |words: &[&str]| match words {
        ["push", model, status] => {
            made += 1;
            // The newest last, whatever its number.
            gateway.push(&recent(made, model, status));
            String::from("done")
        }
        ["statistics"] => {
            let on = gateway
                .config_yaml()
                .contains("usage-statistics-enabled: true");
            on.to_string()
        }
        ["refused"] => gateway.tally().auth_refused.to_string(),
        _ => panic!("nobody answers {words:?}"),
    };
    chromium::run("journey.mjs", &environment, answer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_pages_are_accessible_and_fit() {
    let stage = Stage::busy(60).await;
    stage.run("pages.mjs", &stage.pages().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_pages_are_accessible_and_fit() {
    let stage = Stage::connected().await;
    stage.run("pages.mjs", INSIDE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_and_settings_are_accessible_and_fit() {
    let stage = Stage::busy(12).await;
    stage.run("pages.mjs", ASIDE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_in_is_accessible_and_fits() {
    let data = TempDir::new().unwrap();
    let panel = Binary::start(binary::bare(data.path())).await;
    let environment = [
        ("PANEL_URL", panel.url()),
        ("PAGES", "/login /setup /login?next=%2Frequests"),
    ];
    let nothing = async |words: &[&str]| panic!("nobody answers {words:?}");
    chromium::run("pages.mjs", &environment, nothing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_refused_is_told_why() {
    let stage = Stage::connected().await;
    stage.run("refused.mjs", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_is_printed_on_one_page() {
    let stage = Stage::connected().await;
    for n in 0..120 {
        let model = format!("claude-haiku-4-5-2025100{}", n % 12);
        stage.gateway.push(&recent(n, &model, "200"));
    }
    stage.panel.stored(120).await;
    stage.run("print.mjs", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_reached_by_keyboard() {
    let stage = Stage::busy(12).await;
    let pages = format!("{} {ASIDE}", stage.pages().await);
    stage.run("keyboard.mjs", &pages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_s_work_is_done_by_keys_alone() {
    let stage = Stage::busy(60).await;
    stage.run("by_keys.mjs", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_without_scripts() {
    let stage = Stage::busy(120).await;
    let pages = format!("{} {ASIDE}", stage.pages().await);
    stage.run("without_scripts.mjs", &pages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chart_is_read_and_narrowed_by_hand() {
    let stage = Stage::busy(60).await;
    stage.run("charts.mjs", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_visit_is_small() {
    let stage = Stage::busy(120).await;
    stage.run("first_visit.mjs", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_text_stays_text() {
    let stage = Stage::connected().await;
    let count = u32::try_from(hostile::TEXTS.len()).unwrap();
    let now = Clock::System.now();
    for n in 0..count {
        let time = (now - Ms(i64::from(n) * 1_000)).rfc3339();
        stage.gateway.push(&hostile::event(n, &time).to_string());
        stage.gateway.push_raw(
            hostile::TEXTS[usize::try_from(n).unwrap()]
                .as_bytes()
                .to_vec(),
        );
    }
    stage.panel.stored(u64::from(count)).await;
    let mut pages = vec![String::from(
        "/ /requests /doctor /settings/collection /usage /usage/accounts /usage/hours",
    )];
    for text in hostile::TEXTS {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for parameter in ["q", "model", "range", "trace"] {
            pages.push(format!("/requests?{parameter}={query}"));
        }
    }
    stage.run("hostile.mjs", &pages.join(" ")).await;
}

/// As most people will have it: https, below a path.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_nginx_rows_arrive_live() {
    let data = TempDir::new().unwrap();
    let gateway = Gateway::start(Options::default()).await.unwrap();
    let port = free_port();
    let url = format!("https://localhost:{port}/cpamp");
    let mut command = binary::connected(data.path(), &gateway);
    command
        .env("CPAMP_BASE_PATH", "/cpamp")
        .env("CPAMP_PUBLIC_URL", &url)
        .env("CPAMP_TRUSTED_PROXIES", "127.0.0.1");
    let panel = Binary::start(command).await;
    let _nginx = Nginx::start(Scheme::Https, port, "/cpamp", panel.port()).await;
    let environment = [("PANEL_URL", url.as_str()), ("ADMIN_KEY", ADMIN_KEY)];
    let mut made = 0;
    let answer = async |words: &[&str]| match words {
        ["push", model, status] => {
            made += 1;
            gateway.push(&recent(made, model, status));
            String::from("done")
        }
        _ => panic!("nobody answers {words:?}"),
    };
    chromium::run("proxied.mjs", &environment, answer).await;
}

/// The file that CPA serves, talking to the gateway it came from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_file_panel_works_in_the_gateway() {
    let file = cpamp::web::panel_file::page(cpamp::web::panel_file::Served::ByGateway {
        address: "https://cpamp.example/",
    });
    let defaults = Options::default();
    let gateway = Gateway::start(Options {
        panel_html: Some(file.html),
        config_yaml: format!(
            "{}logging-to-file: true\napi-keys:\n  - \"client-key-alpha-0001\"\n",
            defaults.config_yaml
        ),
        auth_files: vec![("claude-ops@example.com.json".into(), OPS.into())],
        ..defaults
    });
    let gateway = gateway.await.unwrap();
    gateway.put_error_log("error-v1-messages-1.log", "an upstream said <b>no</b>");
    let (url, key) = (gateway.url(), gateway.key());
    let environment = [
        ("PANEL_URL", url.as_str()),
        ("MANAGEMENT_KEY", key.as_str()),
    ];
    let answer = async |words: &[&str]| match words {
        ["refused"] => gateway.tally().auth_refused.to_string(),
        ["debug"] => gateway.config_yaml().contains("debug: true").to_string(),
        _ => panic!("nobody answers {words:?}"),
    };
    chromium::run("cpa_panel.mjs", &environment, answer).await;
}

/// Bookmarks of the other panel lead to the places that were meant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_bookmarks_lead_on() {
    let stage = Stage::busy(12).await;
    stage.run("bookmarks.mjs", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_found_switched_off_and_back() {
    let stage = Stage::connected().await;
    let environment = [
        ("PANEL_URL", stage.panel.url()),
        ("ADMIN_KEY", ADMIN_KEY),
        ("ACCOUNT", "ops@example.com"),
    ];
    let nothing = async |words: &[&str]| panic!("nobody answers {words:?}");
    chromium::run("accounts.mjs", &environment, nothing).await;
}
