//! From a gateway's URL to the addresses to connect to. A name is looked up
//! here, so that it cannot lead to an address that [`crate::domain::address`]
//! refuses.

use std::net::SocketAddr;

use url::{Host, Url};

use super::types::{Cause, Error};
use crate::domain::address::is_forbidden;

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
