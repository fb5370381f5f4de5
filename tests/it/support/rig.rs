//! A collector with everything around it: a database and a spool in a directory
//! of their own, settings that can be changed, and a status to wait on. Spans
//! are short, deadlines long.

use std::time::Duration;

use cpamp::clock::Clock;
use cpamp::domain::collection::{Connection, Mode, Settings, State, Status};
use cpamp::domain::units::Ms;
use cpamp::fake::Options;
use cpamp::gateway::queue::Limits;
use cpamp::ingest::collector::{Collector, Handle, Parts};
use cpamp::ingest::tuning::Tuning;
use cpamp::store::Store;
use cpamp::store::counters::{self, Counters};
use cpamp::store::data_key::Source;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::database::Database;

/// Far beyond what anything here takes; only a hang reaches it.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn tuning() -> Tuning {
    let ms = Duration::from_millis;
    Tuning {
        limits: Limits {
            connect: ms(2_000),
            answer: ms(2_000),
            ping: ms(50),
        },
        backoff_first: ms(5),
        backoff_most: ms(20),
        slow_retry: ms(20),
        look_every: ms(40),
        ladder_rest: ms(200),
        store_retry_first: ms(5),
        store_retry_most: ms(20),
        commit_every: ms(5),
        remember_every: ms(0),
        grace: ms(500),
        drain: ms(2_000),
        spool_bytes: 256 << 20,
    }
}

/// Collect from there in this mode.
pub(crate) fn settings(url: &str, key: &str, mode: Mode) -> Settings {
    Settings {
        connection: Some(Connection {
            url: url.to_owned(),
            key: key.to_owned().into(),
            insecure_tls: false,
        }),
        mode,
        poll_interval: Ms(20),
        ..Settings::default()
    }
}

pub(crate) struct Rig {
    pub(crate) database: Database,
    pub(crate) store: Store,
    pub(crate) settings: watch::Sender<Settings>,
    pub(crate) handle: Handle,
    pub(crate) clock: Clock,
    status: watch::Receiver<Status>,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Rig {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::start_with(Database::new(), settings, tuning(), Clock::System).await
    }

    pub(crate) async fn start_with(
        database: Database,
        settings: Settings,
        tuning: Tuning,
        clock: Clock,
    ) -> Self {
        let store = database.open();
        let key = Source::File(database.directory().join("data.key"));
        let keyring = store.unlock(key).await.unwrap();
        let settings = watch::Sender::new(settings);
        let (collector, handle) = Collector::new(Parts {
            store: store.clone(),
            spool: database.directory().join("spool"),
            clock: clock.clone(),
            settings: settings.subscribe(),
            keyring: watch::Sender::new(Some(keyring)).subscribe(),
            key: std::sync::Arc::default(),
            tuning,
        });
        let stop = CancellationToken::new();
        let task = AbortOnDropHandle::new(tokio::spawn(collector.run(stop.clone())));
        Self {
            database,
            store,
            settings,
            status: handle.status(),
            handle,
            clock,
            stop,
            task,
        }
    }

    /// Waits for a status; says what it waited for when none comes.
    pub(crate) async fn until(&self, what: &str, is: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.status.clone();
        let seen = tokio::time::timeout(DEADLINE, status.wait_for(|status| is(status)));
        let Ok(seen) = seen.await else {
            panic!("never {what}: {:#?}", self.status());
        };
        seen.unwrap().clone()
    }

    pub(crate) async fn until_stored(&self, count: i64) -> Status {
        let what = format!("{count} events stored and the spool empty");
        self.until(&what, |s| {
            s.stored >= count && s.spooled == 0 && s.state == State::Collecting
        })
        .await
    }

    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    pub(crate) async fn counters(&self) -> Counters {
        self.store.read(counters::all).await.unwrap()
    }

    /// An orderly end, as on SIGTERM. Gives back what outlives the process.
    pub(crate) async fn stop(self) -> Database {
        self.stop.cancel();
        tokio::time::timeout(DEADLINE, self.task)
            .await
            .expect("no hang")
            .unwrap();
        self.store.close().await;
        self.database
    }

    /// The end without any order, as far as a test can have it.
    pub(crate) async fn crash(self) -> Database {
        self.task.abort();
        let _ = self.task.await;
        self.store.close().await;
        self.database
    }
}

/// One event as current CPA writes it; `n` makes it distinct.
pub(crate) fn usage(n: i64) -> String {
    usage_of(n, "751bf35cfe606fa1")
}

/// One event of this credential.
pub(crate) fn usage_of(n: i64, auth_index: &str) -> String {
    let at = super::events::MORNING + Ms(n * 7);
    format!(
        concat!(
            r#"{{"timestamp":"{at}","latency_ms":1874,"ttft_ms":1661,"#,
            r#""source":"dev@example.com","auth_index":"{auth_index}","#,
            r#""client_ip":"10.0.4.21","x_forwarded_for":"","user_agent":"lab/1.0","#,
            r#""tokens":{{"input_tokens":812,"output_tokens":143,"reasoning_tokens":0,"#,
            r#""cached_tokens":0,"cache_read_tokens":0,"cache_read_tokens_present":true,"#,
            r#""cache_creation_tokens":0,"total_tokens":955}},"failed":false,"generate":true,"#,
            r#""fail":{{"status_code":200,"body":""}},"provider":"claude","#,
            r#""executor_type":"ClaudeExecutor","model":"claude-opus","alias":"fast","#,
            r#""endpoint":"POST /v1/responses","auth_type":"oauth","api_key":"client-key-1","#,
            r#""request_id":"{n:08x}","reasoning_effort":"","service_tier":"auto"}}"#
        ),
        at = at,
        auth_index = auth_index,
        n = n,
    )
}

/// The same gateway behind a certificate nobody vouches for.
pub(crate) fn with_tls(options: Options) -> Options {
    let tls = (
        include_str!("../../fixtures/tls/cert.pem").to_owned(),
        include_str!("../../fixtures/tls/key.pem").to_owned(),
    );
    Options {
        tls: Some(tls),
        ..options
    }
}
