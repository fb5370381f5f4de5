//! An item of the queue that is no event, and why. Kept so that a person can
//! see it and try again; its secrets are not.

use serde_json::{Map, Value};

use super::event_id;
use super::payload::Payload;
use crate::domain::{headers, redact};

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

impl Reject {
    /// Of bytes whose structure is not known.
    #[must_use]
    pub fn unread(fault: Fault, raw: &[u8]) -> Self {
        // Reading more would not keep more.
        let start = raw.get(..2 * redact::MAX_ITEM).unwrap_or(raw);
        Self {
            fault,
            digest: event_id::of_bytes(raw),
            text: redact::item(&String::from_utf8_lossy(start)),
        }
    }

    /// Of an object: field by field, so that it stays one and can be read
    /// again.
    #[must_use]
    pub fn unusable(fault: Fault, raw: &[u8], object: &Map<String, Value>) -> Self {
        let payload = Payload::of(object);
        let known = [payload.api_key, payload.source];
        let mut object = object.clone();
        for name in ["api_key", "source"] {
            if let Some(value) = object.get_mut(name) {
                *value = Value::String(redact::MARK.to_owned());
            }
        }
        if object.contains_key("response_headers") {
            let kept = headers::keep(payload.headers(), &known);
            let kept = kept.into_iter().map(|(name, value)| (name, value.into()));
            object.insert("response_headers".to_owned(), Value::Object(kept.collect()));
        }
        let text = redacted(Value::Object(object), &known).to_string();
        Self {
            fault,
            digest: event_id::of_bytes(raw),
            text: redact::cut(text, redact::MAX_ITEM),
        }
    }
}

/// With every text in it redacted, names of fields included. As deep as the
/// parser allows, 128 levels.
fn redacted(value: Value, known: &[&str]) -> Value {
    match value {
        Value::String(text) => Value::String(redact::text(&text, known)),
        Value::Array(values) => values.into_iter().map(|v| redacted(v, known)).collect(),
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| {
                let value =
                    if redact::is_secret_name(&name) && (value.is_string() || value.is_array()) {
                        Value::String(redact::MARK.to_owned())
                    } else {
                        redacted(value, known)
                    };
                (redact::text(&name, known), value)
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}
