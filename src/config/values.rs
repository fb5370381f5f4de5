//! What the values of settings mean: small types that cannot hold a wrong
//! value, and the parsers that make them. Messages complete the sentence
//! "NAME: …" and never repeat a secret.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use url::Url;

/// Prefix of every address of the panel: empty, or `/one/two`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    pub fn parse(text: &str) -> Result<Self, String> {
        let bare = text.trim().trim_matches('/');
        if bare.is_empty() {
            return Ok(Self::default());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
        let fine = bare
            .split('/')
            .all(|part| !part.is_empty() && !matches!(part, "." | "..") && part.chars().all(plain));
        if fine {
            Ok(Self(format!("/{bare}")))
        } else {
            Err(format!("{text:?} is not a path like /cpamp"))
        }
    }

    /// `""` or `/cpamp`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a local path that begins with `/`.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// What cookies name: never empty.
    #[must_use]
    pub fn cookie_path(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }
}

/// How browsers reach the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// `scheme://host[:port]`, as browsers write it in `Origin`.
    pub origin: String,
    pub https: bool,
    path: BasePath,
}

impl PublicUrl {
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an address like https://panel.example.com");
        let url = Url::parse(text.trim()).map_err(|_| wrong())?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(wrong());
        }
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            https: url.scheme() == "https",
            path: BasePath::parse(url.path())?,
        })
    }

    /// A path in the public address must be the base path, or links would lead
    /// elsewhere.
    pub(crate) fn agrees_with(&self, base: &BasePath) -> bool {
        self.path.0.is_empty() || self.path == *base
    }

    pub(crate) fn path(&self) -> &str {
        &self.path.0
    }
}

/// A network whose members are believed: `10.0.0.0/8`, `::1`, `192.0.2.7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an address or a network like 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| wrong())?;
        let most: u8 = if written.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().map_err(|_| wrong())?,
            None => most,
        };
        let base = written.to_canonical();
        let mapped = if base == written { 0 } else { 96 };
        match bits.checked_sub(mapped) {
            Some(bits) if bits <= most - mapped => Ok(Self { base, bits }),
            _ => Err(wrong()),
        }
    }

    /// Comma-separated; spaces are fine.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Self::parse)
            .collect()
    }

    /// IPv4 written as IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.bits))
                    .unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// Origins as browsers write them, comma-separated. `*` is none: whoever may
/// call with the Admin Key is named.
pub(crate) fn origins(text: &str) -> Result<Vec<String>, String> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            let wrong = || format!("{name:?} is not an origin like https://panel.example.com");
            let url = Url::parse(name).map_err(|_| wrong())?;
            let origin = url.origin().ascii_serialization();
            let bare = name.trim_end_matches('/');
            let fine = matches!(url.scheme(), "http" | "https") && url.path() == "/";
            let fine = fine && url.query().is_none() && !bare.contains(['@', '#', '?']);
            if fine { Ok(origin) } else { Err(wrong()) }
        })
        .collect()
}

/// `127.0.0.1:18317`, `[::1]:80`, `localhost:80`, or `:80` for every address.
pub(crate) fn listen(text: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{text:?} is not an address and port like 127.0.0.1:18317");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    match host {
        "" => {
            let port = port.parse().map_err(|_| wrong())?;
            Ok(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))
        }
        "localhost" => {
            let port = port.parse().map_err(|_| wrong())?;
            Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        }
        _ => text.parse().map_err(|_| wrong()),
    }
}

pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

/// Both ends are allowed.
pub(crate) fn number(text: &str, least: i64, most: i64) -> Result<i64, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("{text:?} is not a whole number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_paths_are_normalised_or_refused() {
        for (text, expected) in [
            ("", ""),
            ("/", ""),
            ("cpamp", "/cpamp"),
            ("/cpamp/", "/cpamp"),
            ("/a/b", "/a/b"),
        ] {
            assert_eq!(BasePath::parse(text).unwrap().as_str(), expected);
        }
        for text in ["/a//b", "/a b", "/..", "/a?b", "/a#b", "/%2e", "/<a>"] {
            assert!(BasePath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn networks_contain_their_members_only() {
        let check = |network: &str, address: &str, expected: bool| {
            let network = Network::parse(network).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), expected);
        };
        check("10.0.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("0.0.0.0/0", "203.0.113.7", true);
        check("0.0.0.0/0", "::1", false);
        check("192.0.2.7", "192.0.2.7", true);
        check("192.0.2.7", "192.0.2.8", false);
        check("127.0.0.0/8", "::ffff:127.0.0.1", true);
        check("::ffff:10.0.0.0/104", "10.9.8.7", true);
        check("::ffff:10.0.0.0/104", "11.0.0.1", false);
        check("::ffff:192.0.2.7", "192.0.2.7", true);
        check("::/0", "2001:db8::1", true);
        check("2001:db8::/64", "2001:db8::ffff", true);
        check("2001:db8::/64", "2001:db8:0:1::", false);
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "::ffff:10.0.0.0/8",
            "a",
            "10.0.0.0/-1",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn origins_are_written_as_browsers_do() {
        let read = origins("https://Panel.example.com/, http://10.0.0.1:80,").unwrap();
        assert_eq!(read, ["https://panel.example.com", "http://10.0.0.1"]);
        for text in [
            "*",
            "null",
            "panel.example.com",
            "https://a/b",
            "file:///x",
            "https://u@a",
        ] {
            assert!(origins(text).is_err(), "{text}");
        }
    }

    #[test]
    fn listen_addresses_of_the_reference_product_are_understood() {
        assert_eq!(listen(":18317").unwrap().to_string(), "0.0.0.0:18317");
        assert_eq!(listen("localhost:1").unwrap().to_string(), "127.0.0.1:1");
        assert_eq!(listen("[::1]:1").unwrap().to_string(), "[::1]:1");
        for text in ["", "18317", "a:b", "127.0.0.1", "1.2.3.4:99999"] {
            assert!(listen(text).is_err(), "{text}");
        }
    }
}
