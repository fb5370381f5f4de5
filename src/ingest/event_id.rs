//! The hash that tells one event from another. It depends on the event alone, so
//! every transport, replay and installation computes the same.

use std::io;

use ring::digest::{Context, SHA256};
use serde_json::Value;

use crate::domain::event::EventId;

/// Of an event as CPA sent it, unredacted: white space, the order of keys and the spelling
/// of characters do not matter, any value does.
#[must_use]
pub fn of_event(event: &Value) -> EventId {
    struct Hashed(Context);
    impl io::Write for Hashed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    // Written in pieces of a few bytes; the buffer saves most of the calls.
    let mut canonical = io::BufWriter::with_capacity(4 << 10, Hashed(Context::new(&SHA256)));
    // `Value` keeps its keys sorted, and neither it nor the hash can fail.
    let _ = serde_json::to_writer(&mut canonical, event);
    let digest = canonical.into_inner().map(|hashed| hashed.0.finish());
    let start = digest
        .ok()
        .and_then(|digest| digest.as_ref().first_chunk().copied());
    EventId(start.map_or(0, i64::from_be_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(json: &str) -> EventId {
        of_event(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn id_is_the_start_of_sha256_over_canonical_json() {
        // printf '{"a":1,"b":"x"}' | sha256sum
        let expected = 0xecf9_e98e_c064_1e23_u64.cast_signed();
        assert_eq!(id(r#"{"b": "\u0078", "a": 1}"#), EventId(expected));
    }

    #[test]
    fn any_value_makes_another_event() {
        let plain = id(r#"{"a":{"b":[1,2]},"c":0}"#);
        for other in [
            r#"{"a":{"b":[2,1]},"c":0}"#,
            r#"{"a":{"b":[1,2]},"c":1}"#,
            r#"{"a":{"b":[1,2]},"c":"0"}"#,
            r#"{"a":{"b":[1,2]},"c":null}"#,
            r#"{"a":{"b":[1,2]}}"#,
        ] {
            assert_ne!(id(other), plain, "{other}");
        }
    }
}
