//! Where a gateway may be: checks the URL a person typed, and the addresses its
//! name resolves to. Private networks and this machine are fine, that is where
//! gateways live; link-local (cloud metadata), multicast and unspecified
//! addresses are refused, so the panel cannot be pointed at them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

use super::types::{Cause, Error};

/// Why a URL cannot be a gateway's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    #[error("this is not a URL such as http://192.168.1.10:8317")]
    NotAUrl,
    #[error("the URL must start with http:// or https://")]
    Scheme,
    #[error("the URL must not contain a user name or a password")]
    UserInfo,
    #[error("the URL must not contain ? or #")]
    QueryOrFragment,
    #[error("this address cannot be a gateway's")]
    Forbidden,
}

/// Checks and normalises: no trailing slash, and the panel or API path that
/// people copy from their browser is cut off.
pub fn parse(text: &str) -> Result<String, BadUrl> {
    let url = Url::parse(text.trim()).map_err(|_| BadUrl::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BadUrl::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadUrl::UserInfo);
    }
    // A pasted panel address ends in a route behind `#`; only that is forgiven.
    let panel = url.path().ends_with("/management.html");
    if url.query().is_some() || (url.fragment().is_some() && !panel) {
        return Err(BadUrl::QueryOrFragment);
    }
    let forbidden = match url.host().ok_or(BadUrl::NotAUrl)? {
        Host::Ipv4(ip) => is_forbidden(IpAddr::V4(ip)),
        Host::Ipv6(ip) => is_forbidden(IpAddr::V6(ip)),
        Host::Domain(name) => is_metadata_name(name),
    };
    if forbidden {
        return Err(BadUrl::Forbidden);
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/management.html").unwrap_or(path);
    let path = path.strip_suffix("/v0/management").unwrap_or(path);
    Ok(format!(
        "{}{}",
        url.origin().ascii_serialization(),
        path.trim_end_matches('/')
    ))
}

/// The allowed addresses of a host, in the order the resolver gave them.
pub(crate) async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|_| Error::Unreachable(Cause::UnknownHost))?;
    let allowed: Vec<_> = found.filter(|addr| !is_forbidden(addr.ip())).collect();
    if allowed.is_empty() {
        return Err(Error::Unreachable(Cause::Forbidden));
    }
    Ok(allowed)
}

/// Host (without brackets), port and whether it speaks TLS, of a checked URL.
pub(crate) fn endpoint(url: &str) -> Result<(String, u16, bool), Error> {
    let forbidden = || Error::Unreachable(Cause::Forbidden);
    let url = Url::parse(url).map_err(|_| forbidden())?;
    let host = match url.host().ok_or_else(forbidden)? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => ip.to_string(),
    };
    let port = url.port_or_known_default().ok_or_else(forbidden)?;
    Ok((host, port, url.scheme() == "https"))
}

fn is_forbidden(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_forbidden_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(inner) => is_forbidden_v4(inner),
            None => ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local(),
        },
    }
}

fn is_forbidden_v4(ip: Ipv4Addr) -> bool {
    // 0.0.0.0/8 reaches this machine on Linux, whatever the host part is.
    ip.octets().starts_with(&[0])
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        // Metadata of Alibaba Cloud, which is not link-local.
        || ip == Ipv4Addr::new(100, 100, 100, 200)
}

/// The IPv4 address inside `::ffff:a.b.c.d` and inside NAT64's `64:ff9b::`.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [head @ .., a, b, c, d] = ip.octets();
    let mapped = head == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    let nat64 = head == [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
    (mapped || nat64).then(|| Ipv4Addr::new(a, b, c, d))
}

fn is_metadata_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    ["metadata", "metadata.google.internal", "instance-data"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_gateways_are_accepted_and_normalised() {
        let check = |text: &str, expected: &str| {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
        };
        check("http://127.0.0.1:8317", "http://127.0.0.1:8317");
        check(" https://cpa.example.com/ ", "https://cpa.example.com");
        check("http://cpa:8317/gate//", "http://cpa:8317/gate");
        check(
            "http://10.0.0.2:8317/v0/management/",
            "http://10.0.0.2:8317",
        );
        check(
            "http://10.0.0.2:8317/x/management.html#/login",
            "http://10.0.0.2:8317/x",
        );
        check("http://[::1]:8317", "http://[::1]:8317");
        check("http://[fd00::5]/", "http://[fd00::5]");
        check("HTTP://LOCALHOST:80/", "http://localhost");
    }

    #[test]
    fn urls_that_cannot_be_a_gateways_are_refused() {
        let check = |text: &str, expected: BadUrl| {
            assert_eq!(parse(text), Err(expected), "{text}");
        };
        check("", BadUrl::NotAUrl);
        check("localhost:8317", BadUrl::Scheme);
        check("gopher://cpa/", BadUrl::Scheme);
        check("file:///etc/passwd", BadUrl::Scheme);
        check("http://user@cpa:8317", BadUrl::UserInfo);
        check("http://:secret@cpa:8317", BadUrl::UserInfo);
        check("http://cpa:8317/?x=1", BadUrl::QueryOrFragment);
        check("http://cpa:8317/#x", BadUrl::QueryOrFragment);
        for forbidden in [
            "http://169.254.169.254",
            "http://[::ffff:169.254.169.254]",
            "http://[64:ff9b::a9fe:a9fe]",
            "http://2852039166",
            "http://0xa9fea9fe",
            "http://0251.0376.0251.0376",
            "http://0.0.0.0:8317",
            "http://0.1.2.3",
            "http://[::]:8317",
            "http://224.0.0.1",
            "http://255.255.255.255",
            "http://[ff02::1]",
            "http://[fe80::1]",
            "http://100.100.100.200",
            "http://metadata.google.internal/",
            "http://METADATA.google.internal./",
        ] {
            check(forbidden, BadUrl::Forbidden);
        }
    }
}
