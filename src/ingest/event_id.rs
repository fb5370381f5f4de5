//! Hashes that tell one item of the queue from another. They depend on the item
//! alone, so every transport, replay and installation computes the same.

use std::io;

use ring::digest::{Context, SHA256};
use serde_json::Value;

use crate::domain::event::EventId;

/// Of an event as CPA sent it: white space, the order of keys and the spelling
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
    let hashed = canonical.into_inner().map(|hashed| hashed.0);
    EventId(hashed.map_or(0, start))
}

/// Of an item that is no event: any byte matters.
#[must_use]
pub fn of_bytes(raw: &[u8]) -> i64 {
    let mut context = Context::new(&SHA256);
    context.update(raw);
    start(context)
}

/// The first eight bytes.
fn start(context: Context) -> i64 {
    let digest = context.finish();
    let first = digest.as_ref().first_chunk::<8>();
    i64::from_be_bytes(*first.expect("SHA-256 has 32 bytes"))
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
        assert_eq!(of_bytes(br#"{"a":1,"b":"x"}"#), expected);
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
