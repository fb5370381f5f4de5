//! Secrets made from the system's random numbers, as text people and cookies
//! can carry.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::SecretString;

/// What every Admin Key made here begins with; it tells the key's kind.
pub const ADMIN_KEY_PREFIX: &str = "cmp_admin_";

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ADMIN_KEY_LETTERS: usize = 32;

/// Random bytes from the system.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has random numbers");
    bytes
}

/// `cmp_admin_` and 32 letters or digits: 190 bits.
#[must_use]
pub fn admin_key() -> SecretString {
    let mut key = String::from(ADMIN_KEY_PREFIX);
    let length = key.len() + ADMIN_KEY_LETTERS;
    while key.len() < length {
        key.extend(letter(bytes::<1>()));
    }
    SecretString::from(key)
}

/// 256 bits in the URL alphabet.
#[must_use]
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A short reference that people read to each other.
#[must_use]
pub fn reference() -> String {
    format!("e-{:08x}", u32::from_be_bytes(bytes()))
}

/// Every letter is as likely as any other: 62 does not divide 256, so the bytes
/// above the last whole multiple are thrown away.
fn letter([byte]: [u8; 1]) -> Option<char> {
    let fair = byte < 248;
    let letter = ALPHABET.get(usize::from(byte % 62));
    letter.filter(|_| fair).map(|letter| char::from(*letter))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn every_letter_is_as_likely_as_any_other() {
        let mut counts = std::collections::BTreeMap::new();
        for byte in 0..=u8::MAX {
            if let Some(letter) = letter([byte]) {
                *counts.entry(letter).or_insert(0) += 1;
            }
        }
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|count| *count == 4), "{counts:?}");
    }

    #[test]
    fn admin_keys_have_their_shape_and_differ() {
        let key = admin_key();
        let letters = key.expose_secret().strip_prefix("cmp_admin_").unwrap();
        assert_eq!(letters.len(), 32);
        assert!(letters.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(key.expose_secret(), admin_key().expose_secret());
    }
}
