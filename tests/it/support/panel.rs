//! The real panel in this process, on a free port, with a clock that a test
//! moves. By default a gateway is configured that is not there, and collecting is
//! off, so pages open at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::web::Data;
use cpamp::app::{App, Circumstances};
use cpamp::cli;
use cpamp::clock::Clock;
use cpamp::config::Config;
use cpamp::domain::collection::Status;
use cpamp::ingest::tuning::Tuning;
use cpamp::prices::fetch::Web;
use cpamp::relay::Patience;
use cpamp::store::Store;
use cpamp::web::state::AppState;
use reqwest::StatusCode;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) use super::browser::{Answer, Browser};
use super::events::MORNING;
use super::gateway::within;

pub(crate) const ADMIN_KEY: &str = "an-admin-key-for-tests";

/// No price source answers.
fn nowhere() -> Web {
    let patience = Duration::from_secs(1);
    Web::elsewhere(|_| String::from("http://127.0.0.1:9/"), patience)
}

/// What a panel is started with.
pub(crate) struct Setup {
    environment: BTreeMap<String, String>,
    directory: TempDir,
    price_sources: Web,
    settle_every: Duration,
    patience: Patience,
    lists: bool,
}

impl Setup {
    /// Another value, or with an empty one: none.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// As after the first start: no gateway is known.
    pub(crate) fn not_set_up(self) -> Self {
        self.env("CPAMP_CPA_URL", "")
            .env("CPAMP_CPA_MANAGEMENT_KEY", "")
            .env("CPAMP_COLLECTOR_ENABLED", "")
    }

    /// By default there is none: no test goes to the internet.
    pub(crate) fn price_sources(mut self, web: Web) -> Self {
        self.price_sources = web;
        self
    }

    /// By default so rarely that no other test meets it.
    pub(crate) fn settle_every(mut self, pause: Duration) -> Self {
        self.settle_every = pause;
        self
    }

    /// Nothing is asked of the gateway but what a test asks.
    pub(crate) fn silent(mut self) -> Self {
        self.lists = false;
        self
    }

    /// How long the relay waits; by default as long as ever.
    pub(crate) fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Whether any file that a panel left contains this text.
    pub(crate) fn disk_holds(&self, text: &str) -> bool {
        disk_holds(self.directory.path(), text)
    }

    pub(crate) fn config(&self) -> Config {
        let flags = cli::command().try_get_matches_from(["cpamp"]).unwrap();
        Config::load(&flags, &self.environment).unwrap()
    }

    pub(crate) async fn start(self) -> Panel {
        let clock = Clock::fixed(MORNING);
        let stop = CancellationToken::new();
        let circumstances = Circumstances {
            clock: clock.clone(),
            demo: false,
            tuning: Tuning::default(),
            price_sources: self.price_sources.clone(),
            settle_every: self.settle_every,
            patience: self.patience,
            lists: self.lists,
        };
        let (config, token) = (self.config(), stop.clone());
        let (started, ready) = tokio::sync::oneshot::channel();
        // A runtime of its own: what a test does on its own never starves it.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let mut app = App::build(config, circumstances, token).await.unwrap();
                let generated = app.take_generated_key();
                let news = (app.address().unwrap(), app.state(), generated);
                let _ = started.send(news);
                app.run().await.unwrap();
            });
        });
        let (address, state, generated) = ready.await.expect("the panel starts");
        Panel {
            origin: format!("http://{address}"),
            state,
            generated,
            clock,
            stop,
            thread: Some(thread),
            directory: self.directory,
        }
    }
}

/// A running panel; it stops when dropped.
pub(crate) struct Panel {
    pub(crate) origin: String,
    pub(crate) state: Data<AppState>,
    /// The Admin Key made at this start, if none was given.
    pub(crate) generated: Option<secrecy::SecretString>,
    pub(crate) clock: Clock,
    pub(crate) stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
    pub(crate) directory: TempDir,
}

impl Panel {
    pub(crate) fn setup() -> Setup {
        let directory = TempDir::new().unwrap();
        let data = directory.path().join("data");
        Setup {
            environment: BTreeMap::new(),
            directory,
            price_sources: nowhere(),
            settle_every: Duration::from_hours(1),
            patience: Patience::default(),
            lists: true,
        }
        .env("CPAMP_DATA_DIR", data.to_str().unwrap())
        .env("CPAMP_LISTEN", "127.0.0.1:0")
        .env("CPAMP_ADMIN_KEY", ADMIN_KEY)
        .env("CPAMP_CPA_URL", "http://127.0.0.1:9")
        .env("CPAMP_CPA_MANAGEMENT_KEY", "a-management-key-for-tests")
        .env("CPAMP_COLLECTOR_ENABLED", "false")
    }

    pub(crate) async fn start() -> Self {
        Self::setup().start().await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.state.store
    }

    /// A browser that was never here.
    pub(crate) fn visitor(&self) -> Browser {
        Browser::new(&self.origin)
    }

    /// A browser that is logged in.
    pub(crate) async fn logged_in(&self) -> Browser {
        let browser = self.visitor();
        let base = self.state.config.base_path.as_str();
        let form = [("key", ADMIN_KEY)];
        let answer = browser.post(&format!("{base}/login"), &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// Waits until the collector says so.
    pub(crate) async fn until(&self, done: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.state.status.clone();
        within(status.wait_for(done)).await.unwrap().clone()
    }

    /// Whether any file of the data directory contains this text.
    pub(crate) fn disk_holds(&self, text: &str) -> bool {
        disk_holds(self.directory.path(), text)
    }

    /// Stops as SIGTERM does, and keeps the directory for another start.
    pub(crate) fn stop(mut self) -> Setup {
        self.end();
        let environment = BTreeMap::new();
        let directory = std::mem::replace(&mut self.directory, TempDir::new().unwrap());
        let data = directory.path().join("data").to_str().unwrap().to_owned();
        Setup {
            environment,
            directory,
            price_sources: nowhere(),
            settle_every: Duration::from_hours(1),
            patience: Patience::default(),
            lists: true,
        }
        .env("CPAMP_DATA_DIR", &data)
        .env("CPAMP_LISTEN", "127.0.0.1:0")
    }

    fn end(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.expect("the panel ends well");
            }
        }
    }
}

/// Whether any file below contains this text.
fn disk_holds(folder: &Path, text: &str) -> bool {
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(path).unwrap();
            if bytes.windows(text.len()).any(|w| w == text.as_bytes()) {
                return true;
            }
        }
    }
    false
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.end();
    }
}
