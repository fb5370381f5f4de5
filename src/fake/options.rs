//! What a simulated gateway is started with.

use std::net::SocketAddr;
use std::time::Duration;

use super::version::Version;
use crate::clock::Clock;

/// What the gateway is started with. Everything else is changed through the
/// handle, or by its management API.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port 0 picks a free one; [`super::Gateway::restart`] keeps it.
    pub listen: SocketAddr,
    pub clock: Clock,
    pub version: Version,
    /// The text of `X-CPA-VERSION`.
    pub version_text: String,
    /// `config.yaml` at the start; a plain secret in it is the management key.
    pub config_yaml: String,
    /// File name and content of each auth file.
    pub auth_files: Vec<(String, String)>,
    /// A management key and the hash CPA once made of it, for a `config.yaml`
    /// that has, or is to get, exactly that hash.
    pub key_hash: Option<(String, String)>,
    /// Under a Home controller: RESP refuses, management is off.
    pub home: bool,
    /// What `/management.html` serves; `None` = the file is missing.
    pub panel_html: Option<String>,
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
            key_hash: None,
            home: false,
            panel_html: None,
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
