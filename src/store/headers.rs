//! Response headers of an event as a few bytes. Nearly every event has some,
//! mostly the same names with short numbers, so a name is an id and a number
//! is a number. Nobody searches in them.
//!
//! Format, repeated: id of the name, then either `2 × length` and the bytes of
//! the value, or `2 × number + 1`; all as [`varint`].

use diesel::sqlite::SqliteConnection;

use super::error::{Result, StoreError};
use super::names::{Dictionary, Interner, Kind};
use crate::domain::varint;

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
        varint::put(&mut bytes, id.unsigned_abs().into());
        put_value(&mut bytes, value);
    }
    Ok(Some(bytes))
}

pub(super) fn decode(names: &Dictionary, mut bytes: &[u8]) -> Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    while !bytes.is_empty() {
        let (name, value) = take(&mut bytes)
            .ok_or_else(|| StoreError::BadValue("headers of an event".to_owned()))?;
        headers.push((names.value(Kind::Header, name).to_owned(), value));
    }
    Ok(headers)
}

fn put_value(bytes: &mut Vec<u8>, value: &str) {
    if let Some(number) = as_number(value) {
        varint::put(bytes, (number << 1) | 1);
    } else {
        varint::put(bytes, u64::try_from(value.len()).unwrap_or_default() << 1);
        bytes.extend_from_slice(value.as_bytes());
    }
}

/// A number that is spelled in the only way numbers come back.
fn as_number(value: &str) -> Option<u64> {
    let number: u64 = value.parse().ok()?;
    (number <= u64::MAX >> 1 && number.to_string() == value).then_some(number)
}

fn take(bytes: &mut &[u8]) -> Option<(i32, String)> {
    let name = i32::try_from(varint::take(bytes).ok()?).ok()?;
    let head = varint::take(bytes).ok()?;
    if head & 1 == 1 {
        return Some((name, (head >> 1).to_string()));
    }
    let len = usize::try_from(head >> 1).ok()?;
    let (value, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some((name, str::from_utf8(value).ok()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let largest = (u64::MAX >> 1).to_string();
        let beyond = (u64::MAX >> 1).wrapping_add(1).to_string();
        let odd = [
            "", "0", "00", "+1", "-1", " 1", "1.5", "漢", &largest, &beyond,
        ];
        for value in odd {
            let mut bytes = vec![3];
            put_value(&mut bytes, value);
            assert_eq!(take(&mut bytes.as_slice()), Some((3, value.to_owned())));
        }
    }

    #[test]
    fn a_number_takes_less_than_its_digits() {
        let mut bytes = Vec::new();
        put_value(&mut bytes, "1772359200");
        assert_eq!(bytes.len(), 5);
    }

    #[test]
    fn damaged_headers_are_an_error() {
        let names = Dictionary::default();
        for bytes in [&[1][..], &[1, 10, b'x'], &[0xff; 12], &[1, 2, 0xff]] {
            assert!(decode(&names, bytes).is_err(), "{bytes:?}");
        }
    }
}
