//! Which Admin Key opens the panel at this start: the one from outside, else the
//! stored one, else a new one. When it is another one than last time, every
//! session ends.

use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::Jobs;
use crate::store::secret::Keyring;
use crate::store::{Store, admin, sessions};
use crate::web::admin_key::{self, AdminKey};
use crate::web::random;

pub(super) struct Prepared {
    pub(super) key: AdminKey,
    /// To be shown once.
    pub(super) generated: Option<SecretString>,
}

pub(super) async fn prepare(
    store: &Store,
    config: &Config,
    keyring: Option<&Keyring>,
    clock: &Clock,
    jobs: &mut Jobs,
) -> anyhow::Result<Prepared> {
    let given = config.admin_key.as_ref().map(|key| key.value.clone());
    let epoch = match &given {
        Some(key) => fingerprint(key, keyring),
        None => String::from("stored"),
    };
    let stored = if store.is_read_only() {
        store.read(admin::credential).await?
    } else {
        let job = move |c: &mut _| {
            sessions::begin_epoch(c, &epoch)?;
            admin::credential(c)
        };
        store.write(job).await?
    };
    anyhow::ensure!(
        given.is_some() || stored.is_some() || !store.is_read_only(),
        "the database cannot be written, and there is no Admin Key yet: free some space, or make \
         the data directory writable"
    );
    let (key, generated) = match (given, stored) {
        (Some(key), _) => (AdminKey::given(&key), None),
        (None, Some(hash)) => (AdminKey::stored(hash), None),
        (None, None) => {
            let key = random::admin_key();
            keep(key.clone(), store.clone(), clock.clone(), jobs);
            (AdminKey::given(&key), Some(key))
        }
    };
    Ok(Prepared { key, generated })
}

/// Tells one key from another across restarts without storing anything that
/// helps to find it.
fn fingerprint(key: &SecretString, keyring: Option<&Keyring>) -> String {
    let hash = keyring.map(|keyring| {
        let text = format!("admin key {}", key.expose_secret());
        keyring.key_hasher().source(&text)
    });
    format!("given {}", hash.unwrap_or_default())
}

/// Hashing takes a third of a second, so it does not delay the start. If the
/// process dies before, the next start makes another key and shows that one.
fn keep(key: SecretString, store: Store, clock: Clock, jobs: &mut Jobs) {
    jobs.once("keep the generated Admin Key", async move {
        let hash = tokio::task::spawn_blocking(move || admin_key::hash(&key)).await?;
        let now = clock.now();
        store.write(move |c| admin::keep(c, &hash, now)).await?;
        Ok(())
    });
}
