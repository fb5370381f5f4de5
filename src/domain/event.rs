//! One usage event, normalised: one upstream attempt as CPA reported it, with
//! every secret already reduced to a hash and a mask. Textual fields stay text
//! here; the store interns them.

use std::fmt;
use std::str::FromStr;

use super::tokens::Tokens;
use super::units::{At, Ms};

/// First eight bytes of SHA-256 over the canonical JSON of the original event:
/// the same event always has the same id, whatever transport brought it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, diesel_derive_newtype::DieselNewType,
)]
pub struct EventId(pub i64);

/// Identity and order of an event: newest first is `at` then `id`, descending.
/// Prints as `<at in hex>-<id in 16 hex digits>`; that text is the public id in
/// URLs and the keyset cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    pub at: At,
    pub id: EventId,
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:016x}", self.at.0, self.id.0)
    }
}

impl FromStr for EventKey {
    type Err = BadEventKey;
    fn from_str(text: &str) -> Result<Self, BadEventKey> {
        let (at, id) = text.split_once('-').ok_or(BadEventKey)?;
        if at.len() > 15 || id.len() != 16 {
            return Err(BadEventKey);
        }
        let at = i64::from_str_radix(at, 16).map_err(|_| BadEventKey)?;
        let id = u64::from_str_radix(id, 16).map_err(|_| BadEventKey)?;
        Ok(Self {
            at: At(at),
            id: EventId(id.cast_signed()),
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not a request id of this panel")]
pub struct BadEventKey;

/// The credential that served an attempt. `identity` is stable (the gateway's
/// `auth_index`, or `source:<hash>` when that is empty, or empty when there was
/// no credential); `label` is what people read: an e-mail, a project, or the
/// mask of an upstream key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub identity: String,
    pub label: String,
    /// `apikey`, `oauth` or `unknown`.
    pub auth_type: String,
}

/// A client's key: 16 hex digits of a keyed hash, and the mask (`clie…0001`).
/// Both are empty when the gateway runs without client keys. The alias is what
/// people call it in the panel; the gateway knows none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientKey {
    pub hash: String,
    pub mask: String,
    pub alias: String,
}

impl ClientKey {
    /// What people read: the alias, or else the mask.
    #[must_use]
    pub fn title(&self) -> &str {
        if self.alias.is_empty() {
            &self.mask
        } else {
            &self.alias
        }
    }
}

/// One upstream attempt. Empty text means the field was absent or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub key: EventKey,
    pub request_id: String,
    pub provider: String,
    pub executor: String,
    /// Model that was executed.
    pub model: String,
    /// Model name as the client asked for it.
    pub alias: String,
    pub account: Account,
    pub client_key: ClientKey,
    /// `METHOD route-template`.
    pub endpoint: String,
    pub effort: String,
    /// Service tier asked for, and the one the upstream reported.
    pub tier: String,
    pub served_tier: String,
    pub client_ip: String,
    pub forwarded_for: String,
    pub user_agent: String,
    pub failed: bool,
    /// HTTP status: 200 on success, the upstream's (or 499, 504, 500) on failure.
    pub status: i32,
    /// `false` only for warm-up calls.
    pub generate: bool,
    pub latency: Option<Ms>,
    /// Time to first byte; `None` = not measured.
    pub ttft: Option<Ms>,
    pub tokens: Tokens,
    /// Upstream failure text, redacted, at most 4 KiB; empty on success.
    pub failure: String,
    /// Allow-listed response headers, redacted, lower-case names, sorted.
    pub headers: Vec<(String, String)>,
}
