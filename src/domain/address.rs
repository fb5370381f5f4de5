//! The gateway's address as an operator may write it. Private addresses are
//! fine, a gateway often runs at home; addresses that lead to cloud metadata or
//! to nobody in particular are not. Pure: nothing is resolved or contacted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Why an address is refused; each has a text in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("is empty")]
    Empty,
    #[error("is not an address like http://127.0.0.1:8317")]
    NotAUrl,
    #[error("must begin with http:// or https://")]
    Scheme,
    #[error("must not contain a user name or password")]
    UserInfo,
    #[error("must not contain ? or #")]
    Query,
    #[error("leads to a link-local, metadata, multicast or unspecified address")]
    Forbidden,
}

/// Normalises to `http(s)://host[:port][/prefix]`. A missing scheme becomes
/// http; the panel or API path that people copy from their browser is cut.
pub fn gateway(text: &str) -> Result<String, BadAddress> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadAddress::Empty);
    }
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&with_scheme).map_err(|_| BadAddress::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BadAddress::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadAddress::UserInfo);
    }
    // A pasted panel address ends in a route behind `#`; only that is forgiven.
    let panel = url.path().ends_with("/management.html");
    if url.query().is_some() || (url.fragment().is_some() && !panel) {
        return Err(BadAddress::Query);
    }
    let forbidden = match url.host().ok_or(BadAddress::NotAUrl)? {
        Host::Ipv4(ip) => is_forbidden(IpAddr::V4(ip)),
        Host::Ipv6(ip) => is_forbidden(IpAddr::V6(ip)),
        Host::Domain(name) => is_metadata_name(name),
    };
    if forbidden {
        return Err(BadAddress::Forbidden);
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/management.html").unwrap_or(path);
    let path = path.strip_suffix("/v0/management").unwrap_or(path);
    let path = path.trim_end_matches('/');
    Ok(format!("{}{path}", url.origin().ascii_serialization()))
}

/// `scheme://host[:port]` of a normalised address: a key belongs to one origin.
#[must_use]
pub fn origin(address: &str) -> String {
    Url::parse(address).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}

/// Whether no gateway can live there, however its name resolves.
#[must_use]
pub fn is_forbidden(ip: IpAddr) -> bool {
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
    ip.to_ipv4_mapped().or_else(|| {
        let [prefix @ .., a, b, c, d] = ip.octets();
        let nat64 = prefix == [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
        nat64.then(|| Ipv4Addr::new(a, b, c, d))
    })
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

    #[track_caller]
    fn check(text: &str, expected: Result<&str, BadAddress>) {
        assert_eq!(gateway(text).as_deref(), expected.as_ref().map(|ok| &**ok));
    }

    #[test]
    fn addresses_are_normalised() {
        check("http://127.0.0.1:8317", Ok("http://127.0.0.1:8317"));
        check(" cpa:8317/ ", Ok("http://cpa:8317"));
        check("localhost:8317", Ok("http://localhost:8317"));
        check(
            "https://CPA.example.com:443/",
            Ok("https://cpa.example.com"),
        );
        check("http://a/up/one//", Ok("http://a/up/one"));
        check("http://a:1/v0/management/", Ok("http://a:1"));
        check("http://a:1/x/management.html", Ok("http://a:1/x"));
        check("http://[::1]:8317", Ok("http://[::1]:8317"));
        check("http://[fd00::5]/", Ok("http://[fd00::5]"));
        check(
            "http://10.0.0.2:1/x/management.html#/login",
            Ok("http://10.0.0.2:1/x"),
        );
    }

    #[test]
    fn dangerous_addresses_are_refused() {
        check("", Err(BadAddress::Empty));
        check("http://", Err(BadAddress::NotAUrl));
        check("file:///etc/passwd", Err(BadAddress::Scheme));
        check("gopher://a", Err(BadAddress::Scheme));
        check("http://user:pw@a", Err(BadAddress::UserInfo));
        check("http://a?x", Err(BadAddress::Query));
        check("http://a#x", Err(BadAddress::Query));
        for host in [
            "169.254.169.254",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "0.0.0.0",
            "[::]",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "[fe80::1]",
            "224.0.0.1",
            "255.255.255.255",
            "0.1.2.3",
            "100.100.100.200",
            "METADATA.google.internal.",
        ] {
            check(&format!("http://{host}/"), Err(BadAddress::Forbidden));
        }
    }
}
