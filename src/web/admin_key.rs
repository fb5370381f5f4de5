//! Knows whether a text is the Admin Key. A key from outside is compared in
//! memory and never stored; a generated one is stored as PBKDF2 only. After the
//! first success a keyed digest answers, so that only guessing after a restart
//! costs CPU. Does not count attempts: [`super::throttle`] stands before it.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use ring::{hmac, pbkdf2};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OnceCell, Semaphore};

use super::random;

const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("it is not zero");
const SCHEME: &str = "pbkdf2-sha256";
const LENGTH: usize = 32;
/// Attempts that may wait for the one hash that runs.
const WAITING: usize = 4;

/// The one key that opens the panel.
#[derive(Debug)]
pub struct AdminKey {
    /// Random for this process: a digest is of no use elsewhere.
    pepper: hmac::Key,
    known: RwLock<Known>,
    /// One hash runs, few wait: guessing cannot take the machine.
    hashing: Semaphore,
    entering: Semaphore,
    checks: Mutex<Vec<(Digest, Weak<Check>)>>,
}

/// What came of one candidate: how many tries are left when it was wrong.
pub type Check = OnceCell<Result<(), u32>>;

#[derive(Clone, Debug)]
enum Known {
    Digest(hmac::Tag),
    /// `pbkdf2-sha256$rounds$salt$hash`, until the key is seen for the first time.
    Hash(String),
}

/// Of a text that may be a key. Those are guessed, digests cannot be: comparing
/// two need not take the same time always.
#[derive(Clone, Debug)]
pub struct Digest(hmac::Tag);

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref() == other.0.as_ref()
    }
}

/// Too many wait to be checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Busy;

impl AdminKey {
    /// A key known in clear: given from outside, or just generated.
    #[must_use]
    pub fn given(key: &SecretString) -> Self {
        let pepper = hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>());
        let digest = hmac::sign(&pepper, key.expose_secret().as_bytes());
        Self::new(pepper, Known::Digest(digest))
    }

    /// A key of which only the stored hash is there.
    #[must_use]
    pub fn stored(hash: String) -> Self {
        let pepper = hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>());
        Self::new(pepper, Known::Hash(hash))
    }

    fn new(pepper: hmac::Key, known: Known) -> Self {
        Self {
            pepper,
            known: RwLock::new(known),
            hashing: Semaphore::new(1),
            entering: Semaphore::new(1 + WAITING),
            checks: Mutex::default(),
        }
    }

    /// Whether this is the key. White space around it is not part of a key.
    pub async fn is(&self, candidate: &str) -> Result<bool, Busy> {
        let candidate = candidate.trim();
        let digest = hmac::sign(&self.pepper, candidate.as_bytes());
        let known = self.known().clone();
        match known {
            Known::Digest(key) => Ok(same(&self.pepper, &key, &digest)),
            Known::Hash(hash) => {
                let _place = self.entering.try_acquire().map_err(|_| Busy)?;
                let _turn = self.hashing.acquire().await.map_err(|_| Busy)?;
                let secret = SecretString::from(candidate);
                let right = tokio::task::spawn_blocking(move || verify(&hash, &secret))
                    .await
                    .map_err(|_| Busy)?;
                if right {
                    let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                    *known = Known::Digest(digest);
                }
                Ok(right)
            }
        }
    }

    /// The check of this candidate that is under way, or a new one: whoever brings
    /// the same key at the same time waits for one answer.
    #[must_use]
    pub fn check(&self, candidate: &str) -> Arc<Check> {
        let digest = self.digest(candidate);
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.retain(|(_, check)| check.strong_count() > 0);
        let running = checks.iter().find(|(other, _)| *other == digest);
        if let Some(check) = running.and_then(|(_, check)| check.upgrade()) {
            return check;
        }
        let check = Arc::default();
        checks.push((digest, Arc::downgrade(&check)));
        check
    }

    /// Tells one text from another, in this process alone.
    #[must_use]
    pub fn digest(&self, text: &str) -> Digest {
        Digest(hmac::sign(&self.pepper, text.trim().as_bytes()))
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In constant time: a digest of both digests is compared by `ring`.
fn same(pepper: &hmac::Key, key: &hmac::Tag, candidate: &hmac::Tag) -> bool {
    let proof = hmac::sign(pepper, key.as_ref());
    hmac::verify(pepper, candidate.as_ref(), proof.as_ref()).is_ok()
}

/// The text to store. Takes a third of a second of CPU: never on an event loop.
#[must_use]
pub fn hash(key: &SecretString) -> String {
    let salt = random::bytes::<16>();
    let mut hash = [0; LENGTH];
    let secret = key.expose_secret().as_bytes();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, secret, &mut hash);
    format!("{SCHEME}${ROUNDS}${}${}", hex(&salt), hex(&hash))
}

/// `false` also for a text that [`hash`] did not make.
fn verify(stored: &str, candidate: &SecretString) -> bool {
    let mut parts = stored.split('$');
    let (Some(SCHEME), Some(rounds), Some(salt), Some(hash), None) = (
        parts.next(),
        parts.next().and_then(|rounds| rounds.parse().ok()),
        parts.next().and_then(unhex),
        parts.next().and_then(unhex),
        parts.next(),
    ) else {
        return false;
    };
    let secret = candidate.expose_secret().as_bytes();
    pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, secret, &hash).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

/// What kind of key a text is, judged by its shape alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Admin,
    /// A client's key for `/v1/…` of the gateway.
    Api,
    /// The hash of a Management Key, copied from `config.yaml`.
    ManagementHash,
    Unknown,
}

impl Shape {
    #[must_use]
    pub fn of(key: &str) -> Self {
        let key = key.trim();
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| key.starts_with(prefix));
        if begins(&[random::ADMIN_KEY_PREFIX]) {
            Self::Admin
        } else if begins(&["sk-", "sk_"]) {
            Self::Api
        } else if begins(&["$2a$", "$2b$", "$2y$"]) {
            Self::ManagementHash
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_opens_and_others_do_not() {
        let key = random::admin_key();
        let admin = AdminKey::given(&key);
        assert_eq!(admin.is(key.expose_secret()).await, Ok(true));
        let padded = format!(" {}\r\n", key.expose_secret());
        assert_eq!(admin.is(&padded).await, Ok(true));
        for wrong in ["", "cmp_admin_", &key.expose_secret()[1..]] {
            assert_eq!(admin.is(wrong).await, Ok(false));
        }
    }

    #[tokio::test]
    async fn a_stored_key_is_recognised_and_then_remembered() {
        let key = random::admin_key();
        let hash = hash(&key);
        assert!(hash.starts_with("pbkdf2-sha256$600000$"));
        assert!(!hash.contains(key.expose_secret()));
        let admin = AdminKey::stored(hash);
        assert_eq!(admin.is("cmp_admin_wrong").await, Ok(false));
        assert_eq!(admin.is(key.expose_secret()).await, Ok(true));
        assert!(matches!(*admin.known(), Known::Digest(_)));
        assert_eq!(admin.is("cmp_admin_wrong").await, Ok(false));
    }

    #[tokio::test]
    async fn few_wait_to_be_checked() {
        let admin = AdminKey::stored(String::from("not a hash"));
        let _places: Vec<_> = (0..=WAITING)
            .map(|_| admin.entering.try_acquire().unwrap())
            .collect();
        assert_eq!(admin.is("x").await, Err(Busy));
    }

    #[test]
    fn damaged_hashes_open_nothing() {
        let key = SecretString::from("key");
        for damaged in [
            "",
            "pbkdf2-sha256$1$zz$00",
            "md5$1$00$00",
            "pbkdf2-sha256$0$00$00",
        ] {
            assert!(!verify(damaged, &key), "{damaged}");
        }
    }

    #[test]
    fn keys_are_recognised_by_their_shape() {
        for (key, shape) in [
            ("cmp_admin_x", Shape::Admin),
            (" sk-proj-1", Shape::Api),
            ("$2a$10$abc", Shape::ManagementHash),
            ("hunter2", Shape::Unknown),
        ] {
            assert_eq!(Shape::of(key), shape);
        }
    }
}
