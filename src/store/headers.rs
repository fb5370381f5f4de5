//! Response headers of an event as a few bytes: the name as an id, the value
//! as it is. Nearly every event has some, mostly the same names, so the names
//! are not repeated. Nobody searches in them.

use diesel::sqlite::SqliteConnection;

use super::error::{Result, StoreError};
use super::names::{Dictionary, Interner, Kind};

/// `None` for no headers.
pub(super) fn encode(
    c: &mut SqliteConnection,
    interner: &mut Interner<'_>,
    headers: &[(String, String)],
) -> Result<Option<Vec<u8>>> {
    if headers.is_empty() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    for (name, value) in headers {
        let id = interner.id(c, Kind::Header, name, "")?;
        put_number(&mut bytes, id.unsigned_abs().into());
        put_number(&mut bytes, value.len().try_into().unwrap_or(u64::MAX));
        bytes.extend_from_slice(value.as_bytes());
    }
    Ok(Some(bytes))
}

pub(super) fn decode(names: &Dictionary, mut bytes: &[u8]) -> Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    while !bytes.is_empty() {
        let (name, value) = take(names, &mut bytes)
            .ok_or_else(|| StoreError::BadValue("headers of an event".to_owned()))?;
        headers.push((name, value));
    }
    Ok(headers)
}

fn take(names: &Dictionary, bytes: &mut &[u8]) -> Option<(String, String)> {
    let id = i32::try_from(take_number(bytes)?).ok()?;
    let len = usize::try_from(take_number(bytes)?).ok()?;
    let (value, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    let value = str::from_utf8(value).ok()?;
    Some((names.value(Kind::Header, id).to_owned(), value.to_owned()))
}

/// Seven bits a byte, lowest first; the top bit says that more follow.
fn put_number(bytes: &mut Vec<u8>, mut n: u64) {
    loop {
        let [low, ..] = (n & 0x7f).to_le_bytes();
        n >>= 7;
        if n == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        n |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive() {
        for n in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX)] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, n);
            assert_eq!(take_number(&mut bytes.as_slice()), Some(n));
        }
    }

    #[test]
    fn damaged_headers_are_an_error() {
        let names = Dictionary::default();
        for bytes in [&[1][..], &[1, 5, b'x'], &[0xff; 12], &[1, 1, 0xff]] {
            assert!(decode(&names, bytes).is_err(), "{bytes:?}");
        }
    }
}
