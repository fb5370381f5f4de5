//! Whole numbers in as few bytes as they need: seven bits a byte, low bits
//! first, the top bit set on all but the last. Signed numbers are zig-zagged so
//! that small ones stay small. Used by the blobs of the store and of
//! [`super::sketch`]; a truncated or overlong number is [`Corrupt`], never a panic.

/// Stored bytes that do not decode: disk damage or a newer format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored bytes do not decode")]
pub struct Corrupt;

pub fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(low_bits(value));
}

/// Takes one number off the front of `bytes`.
#[inline]
pub fn take(bytes: &mut &[u8]) -> Result<u64, Corrupt> {
    // Nearly every number there is is a small one.
    match bytes.split_first() {
        Some((&byte, rest)) if byte < 0x80 => {
            *bytes = rest;
            Ok(byte.into())
        }
        _ => take_long(bytes),
    }
}

fn take_long(bytes: &mut &[u8]) -> Result<u64, Corrupt> {
    let mut value = 0_u64;
    let mut shift = 0_u32;
    loop {
        let (&byte, rest) = bytes.split_first().ok_or(Corrupt)?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if shift > 63 || (shift == 63 && bits > 1) {
            return Err(Corrupt);
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
        shift += 7;
    }
}

pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

pub fn take_signed(bytes: &mut &[u8]) -> Result<i64, Corrupt> {
    let raw = take(bytes)?;
    Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
}

fn low_bits(value: u64) -> u8 {
    u8::try_from(value & 0x7f).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_survive(value in any::<u64>(), signed in any::<i64>()) {
            let mut out = Vec::new();
            put(&mut out, value);
            put_signed(&mut out, signed);
            let mut bytes = out.as_slice();
            prop_assert_eq!(take(&mut bytes), Ok(value));
            prop_assert_eq!(take_signed(&mut bytes), Ok(signed));
            prop_assert!(bytes.is_empty());
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = take(&mut bytes.as_slice());
        }
    }

    #[test]
    fn small_numbers_take_one_byte() {
        for value in [0, 1, 127] {
            let mut out = Vec::new();
            put(&mut out, value);
            assert_eq!(out.len(), 1);
        }
        let mut out = Vec::new();
        put_signed(&mut out, -64);
        assert_eq!(out.len(), 1);
    }

    #[test]
    fn an_overlong_number_is_corrupt() {
        assert_eq!(take(&mut [0xff; 11].as_slice()), Err(Corrupt));
        assert_eq!(take(&mut [0x80].as_slice()), Err(Corrupt));
    }
}
