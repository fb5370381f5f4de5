//! A simulated gateway: CPA's RESP and HTTP on one loopback port, for `cpamp
//! demo` and the tests. Everything a client can see is in the handle's reach:
//! what is queued, what was asked, which faults hold. Model
//! requests reach an invented world only; no file is touched; nothing here is used to reach a real gateway.

mod access;
mod auth_files;
mod config;
mod counters;
mod event_form;
pub mod faults;
mod go_json;
mod http;
pub mod ledger;
mod logs;
mod models;
mod multipart;
mod oauth;
mod options;
mod plugins;
mod port;
mod queue;
mod reply;
mod resp;
mod routes;
mod schema;
pub mod traffic;
pub mod upstream;
mod usage_queue;
pub mod version;
mod vertex;
mod wire;
mod world;
mod yaml;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::domain::units::At;
use config::{BadConfig, Config};
pub use faults::Faults;
pub use ledger::{Attempt, Tally, Via};
pub use options::Options;
use queue::Channel;
use upstream::{Answer, Call, Upstream};
pub use version::Version;
use world::World;

/// A running gateway. Clones are the same gateway; it stops with the last one.
#[derive(Clone, Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    running: Arc<Mutex<Option<Running>>>,
}

/// What every connection reaches.
#[derive(Debug)]
struct Shared {
    addr: SocketAddr,
    tls: Option<port::Tls>,
    sniff_deadline: Duration,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    faults_changed: Notify,
    tally: watch::Sender<Tally>,
}

/// The open port. Dropped, it closes soon; [`Gateway::stop`] waits for that.
#[derive(Debug)]
struct Running {
    port: JoinHandle<()>,
    stop: DropGuard,
}

impl Running {
    fn start(listener: TcpListener, shared: &Arc<Shared>) -> Self {
        let stop = CancellationToken::new();
        let serving = port::serve(listener, Arc::clone(shared), stop.clone());
        Self {
            port: tokio::spawn(serving),
            stop: stop.drop_guard(),
        }
    }
}

impl Gateway {
    pub async fn start(options: Options) -> io::Result<Self> {
        let tally = watch::Sender::default();
        let world = World::new(&options, tally.clone()).map_err(|bad| match bad {
            BadConfig::Yaml(what) | BadConfig::Values(what) => {
                io::Error::new(io::ErrorKind::InvalidInput, what)
            }
        })?;
        let listener = port::listen(options.listen).await?;
        let shared = Arc::new(Shared {
            addr: listener.local_addr()?,
            tls: options.tls.as_ref().map(port::Tls::new).transpose()?,
            sniff_deadline: options.sniff_deadline,
            world: Mutex::new(world),
            faults: Mutex::default(),
            faults_changed: Notify::new(),
            tally,
        });
        let running = Running::start(listener, &shared);
        Ok(Self {
            shared,
            running: Arc::new(Mutex::new(Some(running))),
        })
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.addr
    }

    /// `http://127.0.0.1:<port>`, or `https://…` under TLS.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.shared.addr)
    }

    /// The management key in plain text, as the configuration had it at the start.
    #[must_use]
    pub fn key(&self) -> String {
        self.shared.world().key.clone()
    }

    /// One finished upstream attempt, as current CPA writes it. Counted for its
    /// credential, trimmed to what the version knows, then queued, or pushed to
    /// the subscribers, or dropped when statistics are off.
    pub fn push(&self, event: &str) {
        self.shared.world().offer_event(event);
    }

    /// An attempt that is counted and gives no event, as some kinds do.
    pub fn count_silently(&self) {
        self.shared.world().count_attempt("", false);
    }

    /// Any bytes as a queue item: no counting, no trimming.
    pub fn push_raw(&self, item: impl Into<Bytes>) {
        self.shared.world().offer(item.into());
    }

    /// One item of the `errors` channel.
    pub fn push_error(&self, event: &str) {
        self.shared.world().publish_error(event.to_owned());
    }

    /// `{"refresh":true}` to the usage subscribers, as after a reload.
    pub fn publish_refresh(&self) {
        self.shared.world().announce_refresh();
    }

    /// Items waiting, expired ones not counted.
    #[must_use]
    pub fn queue_len(&self) -> usize {
        self.shared.world().queue_len()
    }

    /// The gateway renewed the token of an auth file at this moment.
    pub fn renew_token(&self, name: &str, at: At) {
        self.shared.world().auth_files.refresh(name, at);
    }

    /// Subscribers of the `usage` channel.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.shared.world().subscribers(Channel::Usage)
    }

    /// Subscribers of the `errors` channel.
    #[must_use]
    pub fn error_subscribers(&self) -> usize {
        self.shared.world().subscribers(Channel::Errors)
    }

    /// `usage-statistics-enabled`, as a management write would set it.
    pub fn set_statistics(&self, on: bool) {
        self.shared.world().change_config(|running| {
            running.set("usage-statistics-enabled", schema::Value::Bool(on));
        });
    }

    /// Replaces the whole `config.yaml`, as an editor on the gateway's host
    /// would; a text the gateway cannot read changes nothing.
    pub fn set_config_yaml(&self, text: &str) {
        let mut world = self.shared.world();
        if let Ok(config) = Config::load(text, &world.access) {
            world.replace_config(config);
        }
    }

    /// Renames an auth file on the gateway's disk.
    pub fn rename_auth_file(&self, name: &str, to: &str) {
        let mut world = self.shared.world();
        if world.auth_files.rename(name, to) {
            world.auth_files_changed();
        }
    }

    /// `config.yaml` as it is now.
    #[must_use]
    pub fn config_yaml(&self) -> String {
        self.shared.world().config.text().to_owned()
    }

    /// `gateway.set_faults(|f| f.delay = …)`; holds from the next answer on.
    pub fn set_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut locked(&self.shared.faults));
        self.shared.faults_changed.notify_waiters();
    }

    /// Plays the world behind the gateway for `api-call`, OAuth log-ins and
    /// version checks; without it every such request fails to connect. The text
    /// of an error is the network's.
    pub fn set_upstream(
        &self,
        play: impl Fn(&Call) -> Result<Answer, String> + Send + Sync + 'static,
    ) {
        self.shared.world().upstream = Upstream::new(play);
    }

    /// A request log of a failed request, by file name.
    pub fn put_error_log(&self, name: &str, text: &str) {
        let mut world = self.shared.world();
        let now = world.now();
        world.logs.put_error_log(now, name, text);
    }

    /// Counts since the start; restarts do not reset them.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.shared.tally.borrow().clone()
    }

    /// Waits until the counts satisfy `done` and returns them. Put a deadline
    /// around it.
    pub async fn wait(&self, done: impl FnMut(&Tally) -> bool) -> Tally {
        let mut tally = self.shared.tally.subscribe();
        tally
            .wait_for(done)
            .await
            .map(|tally| tally.clone())
            .unwrap_or_default()
    }

    /// Every key check in order, newest last (the last 10,000).
    #[must_use]
    pub fn auth_attempts(&self) -> Vec<Attempt> {
        self.shared.world().attempts.iter().cloned().collect()
    }

    /// `METHOD path?query` of every HTTP request in order (the last 10,000).
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.shared.world().requests.iter().cloned().collect()
    }

    /// The headers of the newest HTTP request by name, in order.
    #[must_use]
    pub fn headers_seen(&self) -> Vec<(String, String)> {
        let world = self.shared.world();
        let text = |value: &hyper::header::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let mut seen: Vec<_> = world
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        seen.sort();
        seen
    }

    /// Closes the port and every connection.
    pub async fn stop(&self) {
        let running = locked(&self.running).take();
        if let Some(Running { port, stop }) = running {
            drop(stop);
            port.await.expect("the port never panics");
        }
    }

    /// Stops if needed and starts on the same port: queue, bans, counters and
    /// subscribers are gone, the configuration stays.
    pub async fn restart(&self) -> io::Result<()> {
        self.stop().await;
        self.shared.world().restart();
        let listener = port::listen(self.shared.addr).await?;
        *locked(&self.running) = Some(Running::start(listener, &self.shared));
        Ok(())
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        self.tally.send_modify(change);
    }

    fn faults(&self) -> Faults {
        *locked(&self.faults)
    }

    /// The faults that keep an answer waiting, some of them for ever.
    async fn before_answer(&self) {
        let faults = self.faults();
        if faults.half_open {
            std::future::pending::<()>().await;
        }
        if !faults.delay.is_zero() {
            tokio::time::sleep(faults.delay).await;
        }
    }

    async fn while_held(&self, line: &str) {
        loop {
            let changed = self.faults_changed.notified();
            if self.faults().held != Some(line) {
                return;
            }
            changed.await;
        }
    }

    /// Whether this non-empty pop is one of those to be lost.
    fn takes_reset(&self) -> bool {
        let mut faults = locked(&self.faults);
        let reset = faults.reset_after_pop > 0;
        faults.reset_after_pop = faults.reset_after_pop.saturating_sub(1);
        reset
    }
}

/// A panic in a test's thread must not take the gateway with it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
