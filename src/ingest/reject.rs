//! An item of the queue that is no event, why, and what a person may see of it.
//! Keeping the original for another try is the store's business.

use crate::domain::redact;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub fault: Fault,
    /// The beginning of the item, its secrets removed; at most 4 KiB.
    pub excerpt: String,
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

impl Reject {
    #[must_use]
    pub fn new(fault: Fault, raw: &[u8]) -> Self {
        Self {
            fault,
            excerpt: redact::item(&String::from_utf8_lossy(raw)),
        }
    }
}
