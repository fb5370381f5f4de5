//! The keyed hash that stands for a client key (and for an upstream key that
//! names an account), so that the key itself never reaches the disk. Equal
//! keys have equal hashes on one installation and unrelated ones elsewhere.

use std::fmt::Write as _;

use ring::hmac;

/// Cheap to clone. The key inside is derived from `data.key`.
#[derive(Clone, Debug)]
pub struct KeyHasher(hmac::Key);

impl KeyHasher {
    /// `key` must be an HMAC-SHA256 key that serves nothing else.
    #[must_use]
    pub fn new(key: hmac::Key) -> Self {
        Self(key)
    }

    /// 16 hex digits for a client's key; empty for the empty key.
    #[must_use]
    pub fn client_key(&self, key: &str) -> String {
        self.hash(b"", key)
    }

    /// 16 hex digits for the `source` of an event. Never equal to the hash of
    /// the same text as a client key.
    #[must_use]
    pub fn source(&self, source: &str) -> String {
        self.hash(b"source\0", source)
    }

    fn hash(&self, label: &[u8], text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let mut context = hmac::Context::with_key(&self.0);
        context.update(label);
        context.update(text.as_bytes());
        let tag = context.sign();
        tag.as_ref()
            .iter()
            .take(8)
            .fold(String::with_capacity(16), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(secret: &[u8]) -> KeyHasher {
        KeyHasher::new(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    #[test]
    fn hash_is_the_start_of_hmac_sha256() {
        // RFC 4231, test case 2.
        let hash = hasher(b"Jefe").client_key("what do ya want for nothing?");
        assert_eq!(hash, "5bdcc146bf60754e");
    }

    #[test]
    fn no_key_has_no_hash() {
        assert_eq!(hasher(b"a").client_key(""), "");
    }

    #[test]
    fn client_keys_and_sources_do_not_meet() {
        let hasher = hasher(b"a");
        assert_ne!(hasher.client_key("same"), hasher.source("same"));
        assert_ne!(
            hasher.client_key("same"),
            self::hasher(b"b").client_key("same")
        );
    }
}
