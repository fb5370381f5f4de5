//! Keys derived from `data.key`, and sealing under one of them: AES-256-GCM
//! with a fresh nonce, bound to the place where the value is stored, so that a
//! sealed value moved elsewhere does not open. Nothing here is ever printed.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{hkdf, hmac};

use super::client_key::KeyHasher;

pub(super) const KEY_LEN: usize = 32;

/// Everything derived from one `data.key`. Cheap to clone.
#[derive(Clone)]
pub struct Keyring(Arc<Keys>);

struct Keys {
    id: String,
    seal: LessSafeKey,
    spool: LessSafeKey,
    client_key: hmac::Key,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.0.id)
    }
}

/// Why a sealed value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Sealed under another `data.key`.
    #[error("sealed under another data key")]
    OtherKey,
    /// Damaged, or not sealed for this place.
    #[error("sealed value is damaged or was moved")]
    Damaged,
}

impl Keyring {
    /// Derives the keys. The labels are part of the format: never change them.
    #[must_use]
    pub fn derive(data_key: &[u8; KEY_LEN]) -> Self {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"cpamp/v1").extract(data_key);
        let aead = |label: &[u8]| {
            let unbound = UnboundKey::from(expand(&prk, &[label], &AES_256_GCM));
            LessSafeKey::new(unbound)
        };
        let mut id = [0; 4];
        expand(&prk, &[b"key-id"], Length(id.len()))
            .fill(&mut id)
            .expect("the length asked for is the length of the id");
        Self(Arc::new(Keys {
            id: format!("{:08x}", u32::from_be_bytes(id)),
            seal: aead(b"seal"),
            spool: aead(b"spool"),
            client_key: expand(&prk, &[b"client-key"], hmac::HMAC_SHA256).into(),
        }))
    }

    /// Tells keys apart without telling anything of them.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Makes `v1.<key id>.<nonce>.<ciphertext>`, which opens only for the same
    /// `place` (by convention `table|column|row`).
    #[must_use]
    pub fn seal(&self, place: &str, plain: &[u8]) -> String {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .expect("the system has random numbers");
        self.seal_with(nonce, place, plain)
    }

    fn seal_with(&self, nonce: [u8; NONCE_LEN], place: &str, plain: &[u8]) -> String {
        let mut bytes = plain.to_vec();
        self.0
            .seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                self.aad(place),
                &mut bytes,
            )
            .expect("what is sealed is far below 64 GiB");
        format!(
            "v1.{}.{}.{}",
            self.0.id,
            URL_SAFE_NO_PAD.encode(nonce),
            URL_SAFE_NO_PAD.encode(bytes)
        )
    }

    /// Undoes [`Keyring::seal`].
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let mut parts = sealed.split('.');
        let (Some("v1"), Some(key_id), Some(nonce), Some(bytes), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(SealError::Damaged);
        };
        if key_id != self.0.id {
            return Err(SealError::OtherKey);
        }
        let decode = |text| URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Damaged);
        let nonce =
            Nonce::try_assume_unique_for_key(&decode(nonce)?).map_err(|_| SealError::Damaged)?;
        let mut bytes = decode(bytes)?;
        let len = self
            .0
            .seal
            .open_in_place(nonce, self.aad(place), &mut bytes)
            .map_err(|_| SealError::Damaged)?
            .len();
        bytes.truncate(len);
        Ok(bytes)
    }

    fn aad(&self, place: &str) -> Aad<Vec<u8>> {
        Aad::from(format!("{}|{place}", self.0.id).into_bytes())
    }

    /// The AES-256-GCM key of the spool, which serves nothing else.
    #[must_use]
    pub fn spool_key(&self) -> LessSafeKey {
        self.0.spool.clone()
    }

    /// Hashes client keys and sources.
    #[must_use]
    pub fn key_hasher(&self) -> KeyHasher {
        KeyHasher::new(self.0.client_key.clone())
    }
}

fn expand<'a, L: hkdf::KeyType>(
    prk: &'a hkdf::Prk,
    info: &'a [&'a [u8]],
    len: L,
) -> hkdf::Okm<'a, L> {
    prk.expand(info, len)
        .expect("all lengths are far below HKDF's limit")
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring() -> Keyring {
        let mut key = [0; KEY_LEN];
        for (n, byte) in (0..).zip(&mut key) {
            *byte = n;
        }
        Keyring::derive(&key)
    }

    /// Computed with another implementation: what is on disks must stay readable.
    #[test]
    fn the_format_stands() {
        let sealed = "v1.717bb23e.AAECAwQFBgcICQoL.wYPkXJ61HzgFoyARLi8DzcPsBWBvSkC8mu5XgoGL";
        let place = "secret|sealed|gateway";
        assert_eq!(
            keyring().open(place, sealed),
            Ok(b"management-key".to_vec())
        );
        let nonce = std::array::from_fn(|n| u8::try_from(n).unwrap());
        assert_eq!(keyring().seal_with(nonce, place, b"management-key"), sealed);

        let hash = keyring().key_hasher().client_key("client-key-alpha-0001");
        assert_eq!(hash, "440bfcc5b01ede46");

        let mut spooled = b"raw".to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        keyring()
            .spool_key()
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut spooled)
            .unwrap();
        assert_eq!(spooled[..4], [0x85, 0x07, 0x49, 0x5c]);
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let sealed = keyring().seal("secret|sealed|gateway", b"management-key");
        let open = |place| keyring().open(place, &sealed);
        assert_eq!(
            open("secret|sealed|gateway"),
            Ok(b"management-key".to_vec())
        );
        assert_eq!(open("secret|sealed|other"), Err(SealError::Damaged));
    }

    #[test]
    fn another_key_is_told_from_damage() {
        let sealed = keyring().seal("a", b"x");
        let other = Keyring::derive(&[7; KEY_LEN]);
        assert_eq!(other.open("a", &sealed), Err(SealError::OtherKey));
        for damaged in ["", "v1", "v2.a.b.c", &sealed[..sealed.len() - 2]] {
            let open = keyring().open("a", damaged);
            assert_eq!(open, Err(SealError::Damaged), "{damaged}");
        }
    }

    #[test]
    fn equal_values_are_sealed_differently() {
        assert_ne!(keyring().seal("a", b"x"), keyring().seal("a", b"x"));
    }

    #[test]
    fn the_keyring_prints_its_id_only() {
        assert_eq!(
            format!("{:?}", keyring()),
            format!("Keyring({})", keyring().id())
        );
    }
}
