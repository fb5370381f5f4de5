//! Who is asking: the client's address and whether the browser speaks https.
//! `X-Forwarded-*` count only when the peer is a configured proxy; `Forwarded`
//! and `X-Real-IP` never do.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use crate::config::{Config, Network};

/// The other end of a request, as far as it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    pub ip: IpAddr,
    pub https: bool,
}

impl Client {
    #[must_use]
    pub fn of(request: &HttpRequest, config: &Config) -> Self {
        // Only a unit test builds requests without a peer.
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
        let headers = request.headers();
        let trusted = &config.trusted_proxies;
        Self {
            ip: address(peer, headers, trusted),
            https: match &config.public_url {
                Some(url) => url.https,
                None => is_trusted(peer, trusted) && forwarded_proto(headers) == Some("https"),
            },
        }
    }

    /// What the throttle counts by: an IPv6 customer owns at least a /64.
    #[must_use]
    pub fn network(&self) -> IpAddr {
        match self.ip.to_canonical() {
            IpAddr::V4(ip) => IpAddr::V4(ip),
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        }
    }
}

/// Walks `X-Forwarded-For` from the right, past our own proxies; the first
/// address that is not one of them is the client. What stands further left was
/// written by the client itself.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines: Vec<_> = headers.get_all("x-forwarded-for").collect();
    let hops = lines
        .into_iter()
        .rev()
        .flat_map(|line| line.to_str().unwrap_or("").rsplit(','));
    for hop in hops {
        if !is_trusted(client, trusted) {
            break;
        }
        let Some(ip) = parse(hop.trim()) else { break };
        client = ip;
    }
    client
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn parse(hop: &str) -> Option<IpAddr> {
    let plain: Option<IpAddr> = hop.parse().ok();
    let with_port = || Some(hop.parse::<std::net::SocketAddr>().ok()?.ip());
    plain.or_else(with_port).map(|ip| ip.to_canonical())
}

fn is_trusted(ip: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(ip))
}

fn forwarded_proto(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-forwarded-proto")?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let trusted = Network::parse_list("127.0.0.1, 10.0.0.0/8").unwrap();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_str(line).unwrap(),
            );
        }
        let found = address(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found, expected.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn forged_hops_are_not_believed() {
        check("203.0.113.7", &["192.0.2.1"], "203.0.113.7");
        check("127.0.0.1", &["192.0.2.1"], "192.0.2.1");
        check("127.0.0.1", &["9.9.9.9, 192.0.2.1"], "192.0.2.1");
        check("127.0.0.1", &["9.9.9.9, 192.0.2.1, 10.1.2.3"], "192.0.2.1");
        check("127.0.0.1", &["9.9.9.9", "192.0.2.1"], "192.0.2.1");
        check("127.0.0.1", &["10.0.0.9, 10.1.2.3"], "10.0.0.9");
        check("127.0.0.1", &["x, 10.1.2.3"], "10.1.2.3");
        check("127.0.0.1", &[], "127.0.0.1");
        check("::ffff:127.0.0.1", &["[2001:db8::1]:99"], "2001:db8::1");
    }

    #[test]
    fn an_ipv6_customer_counts_once() {
        let client = |ip: &str| Client {
            ip: ip.parse().unwrap(),
            https: false,
        };
        assert_eq!(
            client("2001:db8::1").network(),
            client("2001:db8::2:0:0:9").network()
        );
        assert_ne!(
            client("2001:db8::1").network(),
            client("2001:db8:0:1::1").network()
        );
        assert_eq!(
            client("::ffff:192.0.2.1").network(),
            client("192.0.2.1").network()
        );
    }
}
