//! CPA releases as values, and what each of them can do.

use std::fmt;
use std::str::FromStr;

/// A release of CPA. Prints without the `v`, as release binaries report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16);

impl Version {
    /// The release the contract was recorded from.
    pub const CURRENT: Self = Self(7, 2, 140);
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
