//! CPA's management API over HTTP. Headers and URLs are built here from parts,
//! redirects are not followed, proxies of the environment are ignored, bodies
//! are capped. One call is one request, except [`Client::identify`], which
//! sends no key: a missing key would count as a failure towards a ban.

mod answer;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU16, AtomicU64};
use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};

pub(super) use answer::error_text;
use answer::{accepted, body, json, version};
pub(crate) use answer::{cause_of, unreachable};

use super::address;
use super::key_watch::KeyWatch;
use super::types::{Cause, Error, Overview};
use crate::domain::collection::Connection;
use crate::domain::units::Ms;

/// How a panel like this one asks for its Admin Key.
const PANEL_CHALLENGE: &str = "Bearer realm=\"cpamp\"";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// What setting up learns: who answers there, or why nobody does.
pub type Probe = Result<Overview, Error>;

/// A client for one gateway. Clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    authorization: HeaderValue,
    limit: Duration,
    watch: Option<(Arc<KeyWatch>, Connection)>,
    meter: Option<Meter>,
}

/// What the writes of a client were answered, and the bytes of their bodies
/// both ways. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
    status: AtomicU16,
}

impl Meter {
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Relaxed)
    }

    /// As the gateway declared; it declares it of everything short.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.0.received.load(Relaxed)
    }

    /// Of the last answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        Some(self.0.status.load(Relaxed)).filter(|status| *status > 0)
    }

    fn goes(&self, request: &reqwest::Request) {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let bytes = body.map_or(0, <[u8]>::len);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.0.sent.fetch_add(bytes, Relaxed);
    }

    fn came(&self, response: &Response) {
        let bytes = response.content_length().unwrap_or(0);
        self.0.received.fetch_add(bytes, Relaxed);
        self.0.status.store(response.status().as_u16(), Relaxed);
    }
}

impl Client {
    /// Does not connect. Fails when the key cannot be a header or the URL is
    /// refused by [`crate::domain::address`].
    pub fn new(connection: &Connection) -> Result<Self, Error> {
        let http = builder(connection)
            .default_headers(HeaderMap::from_iter([(
                ACCEPT,
                HeaderValue::from_static("application/json"),
            )]))
            .user_agent(concat!("cpamp/", env!("CARGO_PKG_VERSION")))
            .pool_max_idle_per_host(1)
            .build()
            .map_err(|e| Error::protocol(&e.to_string()))?;
        let base = base(connection)?;
        Ok(Self {
            http,
            base,
            authorization: bearer(connection)?,
            limit: TOTAL_TIMEOUT,
            watch: None,
            meter: None,
        })
    }

    /// Waits this long for each answer instead of ten seconds.
    #[must_use]
    pub fn patient(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sends the key only when it may be sent, and tells what became of it.
    #[must_use]
    pub fn watched(mut self, watch: &Arc<KeyWatch>, connection: &Connection) -> Self {
        self.watch = Some((Arc::clone(watch), connection.clone()));
        self
    }

    /// Counts what is written with it.
    #[must_use]
    pub fn metered(mut self, meter: &Meter) -> Self {
        self.meter = Some(meter.clone());
        self
    }

    /// Everything setting up needs to know. The key is sent exactly once, and
    /// only to something that looks like CPA.
    pub async fn probe(&self) -> Probe {
        self.identify().await?;
        self.overview().await
    }

    /// Whether CPA answers there. Sends no key.
    pub async fn identify(&self) -> Result<(), Error> {
        // With template keys in its configuration CPA shows a warning page at
        // `/`, unless asked this way; other versions ignore the question.
        let root = self.anonymous(Method::GET, "/?safe-mode=configure").await?;
        if body(root).await?.windows(13).any(|w| w == b"CLI Proxy API") {
            return Ok(());
        }
        // A proxy may pass on only a part of the paths.
        let health = self.anonymous(Method::GET, "/healthz").await?;
        if health.status() == StatusCode::OK && body(health).await? == br#"{"status":"ok"}"# {
            return Ok(());
        }
        let path = "/v0/management/config";
        let options = self.anonymous(Method::OPTIONS, path).await?;
        let allows = options.headers().get("access-control-allow-headers");
        if options.status() == StatusCode::NO_CONTENT && allows.is_some_and(|v| v == "*") {
            return Ok(());
        }
        let status = self.anonymous(Method::GET, "/status").await?;
        let challenge = status.headers().get("www-authenticate");
        if challenge.is_some_and(|v| v == PANEL_CHALLENGE) {
            return Err(Error::Panel);
        }
        Err(Error::NotCpa)
    }

    /// One authenticated request: version, statistics switch and retention.
    pub async fn overview(&self) -> Result<Overview, Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Config {
            usage_statistics_enabled: Option<bool>,
            redis_usage_queue_retention_seconds: Option<i64>,
        }
        let response = self.get("/config").await?;
        let version = version(response.headers());
        let config: Config = json(response).await?;
        Ok(Overview {
            version,
            usage_statistics_enabled: config.usage_statistics_enabled,
            retention: config.redis_usage_queue_retention_seconds.map(|s| match s {
                ..=0 => Ms(60_000),
                1.. => Ms(s.min(3600) * 1000),
            }),
        })
    }

    /// Turns the source of all events on or off. CPA applies it at once.
    pub async fn set_usage_statistics(&self, on: bool) -> Result<(), Error> {
        let url = format!("{}/v0/management/usage-statistics-enabled", self.base);
        let body = serde_json::json!({ "value": on });
        let request = self.http.put(url).timeout(self.limit).json(&body);
        self.with_key(request).await.map(drop)
    }

    /// Whether the key opens: a request that takes the gateway no time.
    pub(super) async fn opens(&self) -> Result<(), Error> {
        let url = format!("{}/v0/management/debug", self.base);
        let request = self.http.get(url).timeout(self.limit);
        self.send(request).await.map(drop)
    }

    /// The proxy through which the gateway goes out; `None` = it goes directly.
    pub async fn proxy(&self) -> Result<Option<String>, Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Answer {
            proxy_url: String,
        }
        let answer: Answer = json(self.get("/proxy-url").await?).await?;
        let proxy = answer.proxy_url.trim();
        let direct = matches!(proxy, "" | "direct" | "none");
        Ok((!direct).then(|| proxy.to_owned()))
    }

    /// The keys that clients may show, in clear: hash them and drop them.
    pub async fn client_keys(&self) -> Result<Vec<SecretString>, Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Answer {
            api_keys: Option<Vec<String>>,
        }
        let answer: Answer = json(self.get("/api-keys").await?).await?;
        let keys = answer.api_keys.unwrap_or_default();
        Ok(keys.into_iter().map(SecretString::from).collect())
    }

    /// How many upstream attempts the gateway counted since it started, over
    /// all its credentials; `None` when its version does not count (before
    /// 6.9.49). Two requests.
    pub async fn attempts(&self) -> Result<Option<i64>, Error> {
        let keys: Keys = json(self.get("/api-key-usage").await?).await?;
        let files: Files = json(self.get("/auth-files").await?).await?;
        let all = keys.0.into_values().flat_map(|of| of.0.into_values());
        let all = all.chain(files.files.unwrap_or_default());
        let mut known = all.filter_map(|t| Some(t.success? + t.failed.unwrap_or(0)));
        Ok(known.next().map(|first| first + known.sum::<i64>()))
    }

    /// Switches an auth file on or off. Whether it took effect is to be read
    /// back: the gateway confirms before it has reloaded.
    pub async fn switch(&self, name: &str, auth_index: &str, disabled: bool) -> Result<(), Error> {
        let body = serde_json::json!({
            "name": name, "auth_index": auth_index, "disabled": disabled,
        });
        self.patch("/auth-files/status", &body).await
    }

    pub(super) async fn patch(&self, path: &str, body: &serde_json::Value) -> Result<(), Error> {
        let url = format!("{}/v0/management{path}", self.base);
        let request = self.http.patch(url).timeout(self.limit).json(body);
        self.with_key(request).await.map(drop)
    }

    /// The object that answers a question.
    pub(super) async fn answer(
        &self,
        path: &str,
    ) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
        let bytes = body(self.get(path).await?).await?;
        // Thousands of entries take a while to read.
        let read = tokio::task::spawn_blocking(move || serde_json::from_slice(&bytes));
        let read = read.await.map_err(|_| Error::NotCpa)?;
        read.map_err(|_| Error::NotCpa)
    }

    /// `path` below `/v0/management`, with the key.
    pub(crate) async fn get(&self, path: &str) -> Result<Response, Error> {
        self.get_within(path, self.limit).await
    }

    pub(crate) async fn get_within(&self, path: &str, limit: Duration) -> Result<Response, Error> {
        let url = format!("{}/v0/management{path}", self.base);
        self.with_key(self.http.get(url).timeout(limit)).await
    }

    async fn with_key(&self, request: reqwest::RequestBuilder) -> Result<Response, Error> {
        let Some((watch, connection)) = &self.watch else {
            return self.send(request).await;
        };
        let leave = watch.ask(connection).await?;
        let answer = self.send(request).await;
        leave.answered(answer.as_ref().map(|_| ()));
        answer
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Error> {
        let request = request.header(AUTHORIZATION, self.authorization.clone());
        let request = request.build().map_err(unreachable)?;
        let meter = self.meter.as_ref().filter(|_| !request.method().is_safe());
        if let Some(meter) = meter {
            meter.goes(&request);
        }
        let response = self.http.execute(request).await.map_err(unreachable)?;
        if let Some(meter) = meter {
            meter.came(&response);
        }
        accepted(response).await
    }

    async fn anonymous(&self, method: Method, path: &str) -> Result<Response, Error> {
        let url = format!("{}{path}", self.base);
        let request = self.http.request(method, url).timeout(self.limit);
        request.send().await.map_err(unreachable)
    }
}

/// What every way to the gateway has in common.
pub(super) fn builder(connection: &Connection) -> reqwest::ClientBuilder {
    install_crypto();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .http1_only()
        .dns_resolver(AllowedHosts)
        .connect_timeout(CONNECT_TIMEOUT)
        .tls_danger_accept_invalid_certs(connection.insecure_tls)
}

/// The checked address of the gateway, without a slash at its end.
pub(super) fn base(connection: &Connection) -> Result<String, Error> {
    crate::domain::address::gateway(&connection.url)
        .map_err(|_| Error::Unreachable(Cause::Forbidden))
}

/// What CPA counts for one credential.
#[derive(serde::Deserialize)]
struct Tally {
    success: Option<i64>,
    failed: Option<i64>,
}

/// Provider → `base URL|key` → counts. The key of the map is a secret and is
/// dropped unread.
#[derive(serde::Deserialize)]
struct Keys(std::collections::HashMap<String, OfProvider>);

#[derive(serde::Deserialize)]
struct OfProvider(std::collections::HashMap<String, Tally>);

#[derive(serde::Deserialize)]
struct Files {
    files: Option<Vec<Tally>>,
}

/// The process-wide TLS implementation; must come before any TLS connection.
pub(crate) fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Resolves names to addresses a gateway may have.
struct AllowedHosts;

impl reqwest::dns::Resolve for AllowedHosts {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let found = address::resolve(name.as_str(), 0).await?;
            let found: reqwest::dns::Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

pub(super) fn bearer(connection: &Connection) -> Result<HeaderValue, Error> {
    let key = connection.key.expose_secret().trim();
    let mut bearer =
        HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| Error::KeyRejected)?;
    bearer.set_sensitive(true);
    Ok(bearer)
}
