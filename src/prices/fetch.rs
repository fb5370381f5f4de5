//! Getting a price list from the internet: https only, fixed hosts, no redirect,
//! no private address behind a public name, a cap on time and size. Nothing of
//! ours is sent but the tag of the last answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use reqwest::{Response, StatusCode};

use crate::domain::address::is_forbidden;
use crate::domain::pricing::sources::Source;
use crate::gateway::client::install_crypto;

/// The largest list has 3.5 MB (July 2026).
const MAX_BODY_BYTES: usize = 8 << 20;
const MAX_ETAG_BYTES: usize = 200;

/// The way to the sources.
#[derive(Clone, Debug)]
pub struct Web {
    addresses: [(Source, String); 3],
    reach: Reach,
    patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Internet,
    /// Anything, unencrypted, too: a demonstration or a test on this machine.
    Anywhere,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    List {
        body: Vec<u8>,
        etag: Option<String>,
    },
    /// Not changed since the answer with that tag.
    Unchanged,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("no answer in time")]
    TimedOut,
    #[error("the answer is larger than {} MB", MAX_BODY_BYTES >> 20)]
    TooLarge,
    #[error("the answer was {0}")]
    Status(u16),
    #[error("the proxy {0} cannot be used")]
    Proxy(String),
    #[error("cannot be reached: {0}")]
    Unreachable(String),
}

impl Web {
    #[must_use]
    pub fn internet() -> Self {
        Self {
            addresses: Source::ALL.map(|source| (source, source.url().to_owned())),
            reach: Reach::Internet,
            patience: Duration::from_secs(30),
        }
    }

    /// Sources at other addresses, encrypted or not.
    #[must_use]
    pub fn elsewhere(address: impl Fn(Source) -> String, patience: Duration) -> Self {
        Self {
            addresses: Source::ALL.map(|source| (source, address(source))),
            reach: Reach::Anywhere,
            patience,
        }
    }

    /// One request to one source.
    pub async fn fetch(
        &self,
        source: Source,
        proxy: Option<&str>,
        etag: Option<&str>,
    ) -> Result<Answer, FetchError> {
        let address = self
            .addresses
            .iter()
            .find_map(|(of, address)| (*of == source).then_some(address.as_str()))
            .unwrap_or(source.url());
        let mut request = self.client(proxy)?.get(address);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await.map_err(failed)?;
        match response.status() {
            StatusCode::NOT_MODIFIED if etag.is_some() => Ok(Answer::Unchanged),
            StatusCode::OK => {
                let etag = response.headers().get(ETAG).and_then(|v| v.to_str().ok());
                let etag = etag.filter(|text| text.len() <= MAX_ETAG_BYTES);
                Ok(Answer::List {
                    etag: etag.map(str::to_owned),
                    body: body(response).await?,
                })
            }
            status => Err(FetchError::Status(status.as_u16())),
        }
    }

    fn client(&self, proxy: Option<&str>) -> Result<reqwest::Client, FetchError> {
        install_crypto();
        let mut client = reqwest::Client::builder()
            .user_agent(concat!("cpamp/", env!("CARGO_PKG_VERSION")))
            .default_headers(
                [(ACCEPT, "application/json".parse().expect("plain text"))]
                    .into_iter()
                    .collect(),
            )
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .https_only(self.reach == Reach::Internet)
            .connect_timeout(self.patience.min(Duration::from_secs(10)))
            .timeout(self.patience)
            .no_proxy();
        match proxy {
            // The proxy looks names up, and may well be in the local network.
            Some(proxy) => {
                let shown = || FetchError::Proxy(without_password(proxy));
                let proxy = reqwest::Proxy::all(proxy).map_err(|_| shown())?;
                client = client.proxy(proxy);
            }
            None if self.reach == Reach::Internet => client = client.dns_resolver(PublicHosts),
            None => {}
        }
        client.build().map_err(failed)
    }
}

fn without_password(proxy: &str) -> String {
    let Ok(url) = url::Url::parse(proxy) else {
        return String::from("in the gateway's configuration");
    };
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}

async fn body(mut response: Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn failed(error: reqwest::Error) -> FetchError {
    if error.is_timeout() {
        return FetchError::TimedOut;
    }
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let text: String = deepest.to_string().chars().take(200).collect();
    FetchError::Unreachable(text)
}

/// Looks names up and refuses the addresses no price source has. The client
/// connects to what is returned here and asks no second time.
struct PublicHosts;

impl reqwest::dns::Resolve for PublicHosts {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|addr| is_public(addr.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to a private address".into());
            }
            let public: reqwest::dns::Addrs = Box::new(public.into_iter());
            Ok(public)
        })
    }
}

fn is_public(ip: IpAddr) -> bool {
    let inner = match ip {
        IpAddr::V4(ip) => ip,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(inner) => inner,
            None => return !(is_forbidden(ip) || v6.is_loopback() || v6.is_unique_local()),
        },
    };
    // 100.64.0.0/10 is shared by customers of one carrier.
    let [first, second, ..] = inner.octets();
    let carrier = first == 100 && (64..128).contains(&second);
    !(is_forbidden(ip) || inner.is_loopback() || inner.is_private() || carrier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_not_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_with_a_private_address_is_refused() {
        use reqwest::dns::Resolve as _;
        let name = "localhost".parse().unwrap();
        let refused = PublicHosts.resolve(name).await;
        assert!(refused.is_err());
    }

    #[tokio::test]
    async fn the_internet_is_read_encrypted_only() {
        let mut web = Web::internet();
        web.addresses = web
            .addresses
            .map(|(source, _)| (source, String::from("http://models.dev/")));
        let refused = web.fetch(Source::ModelsDev, None, None).await;
        assert!(
            matches!(refused, Err(FetchError::Unreachable(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn a_password_of_the_proxy_is_not_told() {
        assert_eq!(
            without_password("http://me:secret@proxy:1/"),
            "http://proxy"
        );
        assert!(!without_password("me:secret@proxy").contains("secret"));
    }
}
