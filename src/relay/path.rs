//! Which paths may be relayed. A path is taken apart, decoded once, checked and
//! written anew, so that the gateway sees exactly what was checked here; what
//! two programs could read in two ways is refused.

use std::fmt::Write as _;

/// A checked path below one of the relayed roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    root: &'static str,
    parts: Vec<String>,
    /// It ends in `/`; the gateway then redirects.
    slash: bool,
    query: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadPath {
    #[error("it is written in a way that could be read as another one")]
    Ambiguous,
    #[error("nothing stands behind the root")]
    Empty,
}

impl Target {
    /// `path` is what was sent, without the base path, still encoded.
    pub(super) fn parse(
        root: &'static str,
        path: &str,
        query: Option<&str>,
    ) -> Result<Self, BadPath> {
        let tail = path.strip_prefix(root).ok_or(BadPath::Ambiguous)?;
        let bare = tail.strip_suffix('/').unwrap_or(tail);
        if bare.is_empty() {
            return Err(BadPath::Empty);
        }
        let parts: Option<Vec<_>> = bare.split('/').map(part).collect();
        Ok(Self {
            root,
            parts: parts.ok_or(BadPath::Ambiguous)?,
            slash: bare.len() < tail.len(),
            query: query.filter(|query| !query.is_empty()).map(str::to_owned),
        })
    }

    #[must_use]
    pub(super) fn root(&self) -> &'static str {
        self.root
    }

    /// The decoded parts below the root.
    pub(super) fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The query as it came.
    pub(super) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Root and path, encoded, without the query.
    #[must_use]
    pub(super) fn path(&self) -> String {
        let mut path = self.root.trim_end_matches('/').to_owned();
        for part in &self.parts {
            path.push('/');
            encode(part, &mut path);
        }
        if self.slash {
            path.push('/');
        }
        path
    }

    /// Path and query, as they go to the gateway.
    #[must_use]
    pub(super) fn full(&self) -> String {
        let mut full = self.path();
        if let Some(query) = &self.query {
            full.push('?');
            full.push_str(query);
        }
        full
    }

    #[must_use]
    pub(super) fn is_quota_reset(&self) -> bool {
        matches!(self.parts.as_slice(), [only] if only == "reset-quota")
    }

    /// Popping events there would take them from the collector.
    #[must_use]
    pub(super) fn is_usage_queue(&self) -> bool {
        let first = self.parts.first().map_or("", |part| part.trim());
        first.eq_ignore_ascii_case("usage-queue")
    }
}

/// One part, decoded; `None` when it could be more or less than one part.
fn part(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            byte => byte,
        });
    }
    let part = String::from_utf8(bytes).ok()?;
    let strange = |c: char| c.is_control() || matches!(c, '/' | '\\' | '%' | ';' | '?' | '#');
    let fine = !matches!(part.as_str(), "" | "." | "..") && !part.contains(strange);
    fine.then_some(part)
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

fn encode(part: &str, out: &mut String) {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@:$,+=!*'()&".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "/v0/management/";

    #[track_caller]
    fn passes(tail: &str, as_this: &str) {
        let target = Target::parse(ROOT, &format!("{ROOT}{tail}"), None).unwrap();
        assert_eq!(target.full(), format!("{ROOT}{as_this}"));
    }

    #[test]
    fn plain_paths_pass_and_encoded_ones_are_written_plainly() {
        passes("config", "config");
        passes("config/", "config/");
        passes(
            "request-error-logs/error-v1-a_b.log",
            "request-error-logs/error-v1-a_b.log",
        );
        passes("conf%69g", "config");
        passes("a%20b/%C3%A9@x", "a%20b/%C3%A9@x");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for tail in [
            "..",
            "../config",
            "a/../config",
            "a/..",
            ".",
            "./config",
            "%2e%2e/config",
            "%2E%2e",
            ".%2e/x",
            "%252e%252e/x",
            "/config",
            "a//config",
            "config//",
            ";x",
            "config;x=1",
            "config%3bx",
            "a%2fb",
            "a%2Fb",
            "a%5cb",
            "a\\b",
            "%00",
            "a%00",
            "%0d%0ax",
            "%",
            "%z",
            "%4",
            "a%ff",
            "a%c0%af",
            "%3fx",
            "%23x",
        ] {
            let path = format!("{ROOT}{tail}");
            let parsed = Target::parse(ROOT, &path, None);
            assert_eq!(parsed, Err(BadPath::Ambiguous), "{tail}");
        }
        for path in [
            "/V0/management/config",
            "/v0/Management/config",
            "/v0/%6danagement/config",
            "//v0/management/config",
            "/v0//management/config",
            "/config",
        ] {
            assert_eq!(
                Target::parse(ROOT, path, None),
                Err(BadPath::Ambiguous),
                "{path}"
            );
        }
        for path in ["/v0/management/", "/v0/management//"] {
            assert!(Target::parse(ROOT, path, None).is_err(), "{path}");
        }
    }

    #[test]
    fn the_queue_is_recognised_however_it_is_written() {
        for tail in [
            "usage-queue",
            "usage-queue/",
            "USAGE-queue",
            "%75sage-queue",
            "usage-queue%20",
            "usage-queue/x",
        ] {
            let path = format!("{ROOT}{tail}");
            let target = Target::parse(ROOT, &path, Some("count=9")).unwrap();
            assert!(target.is_usage_queue(), "{tail}");
        }
        let other = Target::parse(ROOT, "/v0/management/usage-queues", None).unwrap();
        assert!(!other.is_usage_queue());
    }

    #[test]
    fn the_query_passes_as_it_is() {
        let query = "api-key=..&base-url=http%3A%2F%2Fx&name=a%40b";
        let target = Target::parse(ROOT, "/v0/management/gemini-api-key", Some(query)).unwrap();
        assert_eq!(
            target.full(),
            format!("/v0/management/gemini-api-key?{query}")
        );
    }
}
