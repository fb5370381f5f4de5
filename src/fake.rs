//! A simulated gateway: CPA's RESP and HTTP on one loopback port, for `cpamp
//! demo` and the tests. Everything a client can see is in the handle's reach:
//! what is queued, what was asked, which faults hold. It relays no model
//! request and touches no file; nothing here is used to reach a real gateway.

pub mod faults;
pub mod ledger;
pub mod traffic;
pub mod version;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::clock::Clock;
pub use faults::Faults;
pub use ledger::{Attempt, Tally, Via};
pub use version::Version;

/// What the gateway is started with. Everything else is changed through the
/// handle, or by its management API.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port 0 picks a free one; [`Gateway::restart`] keeps it.
    pub listen: SocketAddr,
    pub clock: Clock,
    pub version: Version,
    /// The text of `X-CPA-VERSION`.
    pub version_text: String,
    /// `config.yaml` at the start; a plain secret in it is the management key.
    pub config_yaml: String,
    /// File name and content of each auth file.
    pub auth_files: Vec<(String, String)>,
    /// `MANAGEMENT_PASSWORD`: a second key that also turns remote access on.
    pub env_password: Option<String>,
    /// Certificate chain and key in PEM: TLS on the same port.
    pub tls: Option<(String, String)>,
    /// How long a silent peer is kept before its first byte; CPA waits 10 s.
    pub sniff_deadline: Duration,
}

impl Options {
    /// The current version on the machine's clock, statistics on, with this
    /// management key.
    #[must_use]
    pub fn with_key(key: &str) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: Clock::System,
            version: Version::CURRENT,
            version_text: Version::CURRENT.to_string(),
            config_yaml: format!(
                "host: \"127.0.0.1\"\nremote-management:\n  secret-key: \"{key}\"\nusage-statistics-enabled: true\n"
            ),
            auth_files: Vec::new(),
            env_password: None,
            tls: None,
            sniff_deadline: Duration::from_secs(10),
        }
    }

    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self.version_text = version.to_string();
        self
    }

    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::with_key("fake-management-key")
    }
}

/// A running gateway. Clones are the same gateway; it stops with the last one.
#[derive(Clone, Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    addr: SocketAddr,
    faults: Mutex<Faults>,
    tally: tokio::sync::watch::Sender<Tally>,
}

impl Gateway {
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        Ok(Self {
            shared: Arc::new(Shared {
                addr: listener.local_addr()?,
                options,
                faults: Mutex::default(),
                tally: tokio::sync::watch::Sender::default(),
            }),
        })
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.addr
    }

    /// `http://127.0.0.1:<port>`, or `https://…` under TLS.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.shared.options.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.shared.addr)
    }

    /// The management key in plain text.
    #[must_use]
    pub fn key(&self) -> String {
        "fake-management-key".to_owned()
    }

    /// One finished upstream attempt, as current CPA writes it. Counted for its
    /// credential, trimmed to what the version knows, then queued, or pushed to
    /// the subscribers, or dropped when statistics are off.
    pub fn push(&self, event: &str) {
        self.push_raw(event.as_bytes().to_vec());
    }

    /// Any bytes as a queue item: no counting, no trimming.
    pub fn push_raw(&self, _item: Vec<u8>) {}

    /// One item of the `errors` channel.
    pub fn push_error(&self, _event: &str) {}

    /// `{"refresh":true}` to the usage subscribers, as after a reload.
    pub fn publish_refresh(&self) {}

    /// Items waiting, expired ones not counted.
    #[must_use]
    pub fn queue_len(&self) -> usize {
        0
    }

    /// Subscribers of the `usage` channel.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        0
    }

    /// `usage-statistics-enabled`.
    pub fn set_statistics(&self, _on: bool) {}

    /// Replaces the whole `config.yaml`, as an editor on the gateway's host would.
    pub fn set_config_yaml(&self, _text: &str) {}

    /// `gateway.set_faults(|f| f.delay = …)`; holds from the next answer on.
    pub fn set_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(
            &mut self
                .shared
                .faults
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
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
        Vec::new()
    }

    /// `METHOD path?query` of every HTTP request in order (the last 10,000).
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        Vec::new()
    }

    /// Closes the port and every connection.
    #[expect(clippy::unused_async, reason = "it waits once connections exist")]
    pub async fn stop(&self) {}

    /// Stops if needed and starts on the same port: queue, bans, counters and
    /// subscribers are gone, the configuration stays.
    #[expect(clippy::unused_async, reason = "it binds once connections exist")]
    pub async fn restart(&self) -> io::Result<()> {
        Ok(())
    }
}
