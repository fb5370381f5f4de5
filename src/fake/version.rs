//! CPA releases as values, and what each of them can do. A release that cannot
//! do something answers as one that never heard of it.

use std::fmt;
use std::str::FromStr;

/// A release of CPA. Prints without the `v`, as release binaries report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16);

impl Version {
    /// The release the contract was recorded from.
    pub const CURRENT: Self = Self(7, 2, 140);

    /// RESP on the HTTP port; before, RESP bytes are a malformed HTTP request.
    pub(super) fn has_resp(self) -> bool {
        self >= Self(6, 9, 38)
    }

    /// One release refused every RESP connection.
    pub(super) fn refuses_resp(self) -> bool {
        self == Self(7, 1, 17)
    }

    /// Reads the first byte inside the accept loop: one silent peer blocks all.
    pub(super) fn sniffs_while_accepting(self) -> bool {
        self.has_resp() && self < Self(7, 0, 3)
    }

    pub(super) fn bans_local(self) -> bool {
        self >= Self(6, 9, 38)
    }

    pub(super) fn has_configurable_retention(self) -> bool {
        self >= Self(6, 10, 1)
    }

    pub(super) fn has_subscribe(self) -> bool {
        self >= Self(7, 0, 7)
    }

    /// `{"support_refresh":true}` and `{"refresh":true}` on the usage channel.
    pub(super) fn has_control_messages(self) -> bool {
        self >= Self(7, 1, 39)
    }

    /// Pops need the key `usage`; before, any key names the queue.
    pub(super) fn checks_queue_key(self) -> bool {
        self >= Self(7, 1, 44)
    }

    pub(super) fn has_errors_channel(self) -> bool {
        self >= Self(7, 1, 44)
    }

    /// Unknown management paths go through the plugin router, which checks the
    /// key before it answers 404.
    pub(super) fn checks_key_on_unknown_paths(self) -> bool {
        self >= Self(7, 1, 47)
    }

    pub(super) fn has_version_headers(self) -> bool {
        self >= Self(6, 3, 36)
    }

    pub(super) fn has_plugin_header(self) -> bool {
        self >= Self(7, 1, 69)
    }

    pub(super) fn exposes_headers(self) -> bool {
        self >= Self(7, 1, 73)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Accepts an optional `v`.
impl FromStr for Version {
    type Err = BadVersion;
    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let mut parts = text
            .strip_prefix('v')
            .unwrap_or(text)
            .split('.')
            .map(|part| part.parse().map_err(|_| BadVersion));
        let mut next = || parts.next().unwrap_or(Err(BadVersion));
        let version = Self(next()?, next()?, next()?);
        match parts.next() {
            None => Ok(version),
            Some(_) => Err(BadVersion),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not a release number like v7.2.140")]
pub struct BadVersion;
