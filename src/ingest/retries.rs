//! Trying rejected items again, on request of a person: after an update of this
//! program they may be readable.

use crate::domain::units::At;
use crate::store::batch::Batch;
use crate::store::rejects::{self, Reject, RejectId};
use crate::store::secret::Keyring;
use crate::store::{Store, StoreError};

use super::normalize::{Outcome, retry};

/// As many as the store keeps.
const MOST: i64 = 5_000;

/// What became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    pub recovered: usize,
    /// Still unreadable, or their original was not kept.
    pub remaining: usize,
}

/// Tries all of them, one by one: what cannot be read stays.
pub async fn retry_all(store: &Store, keyring: &Keyring) -> Result<Retried, StoreError> {
    let mut done = Retried::default();
    for reject in store.read(|c| rejects::list(c, MOST)).await? {
        if reject.retriable && retry_one(store, keyring, &reject).await? {
            done.recovered += 1;
        } else {
            done.remaining += 1;
        }
    }
    Ok(done)
}

async fn retry_one(store: &Store, keyring: &Keyring, reject: &Reject) -> Result<bool, StoreError> {
    let (id, keys) = (reject.id, keyring.clone());
    let original = store.read(move |c| rejects::original(c, &keys, id));
    let Some(original) = original.await? else {
        return Ok(false);
    };
    let reason = match read(&original, keyring, reject.taken_at) {
        Ok(mut batch) => {
            batch.recovered = vec![id];
            store.ingest(batch).await?;
            return Ok(true);
        }
        Err(reason) => reason,
    };
    note_failure(store, id, reason).await?;
    Ok(false)
}

fn read(original: &[u8], keyring: &Keyring, taken_at: At) -> Result<Batch, &'static str> {
    match retry(original, &keyring.key_hasher(), taken_at) {
        Outcome::Event(event) => Ok(Batch {
            events: vec![*event],
            ..Batch::default()
        }),
        Outcome::Control(_) | Outcome::Nothing => Ok(Batch::default()),
        Outcome::Reject(reject) => Err(reject.fault.code()),
    }
}

async fn note_failure(store: &Store, id: RejectId, reason: &'static str) -> Result<(), StoreError> {
    store
        .write(move |c| rejects::failed_again(c, id, reason))
        .await
}
