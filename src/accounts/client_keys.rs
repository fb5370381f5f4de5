//! Which clients' keys the gateway has: its list is read with every round and
//! when somebody asks for it. Hashes and masks of it are kept, never a key.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::Desk;
use crate::domain::mask;
use crate::gateway::types::Error;
use crate::store::StoreError;
use crate::store::clients::{self, Listed};
use crate::store::secret::Keyring;

/// How long a person waits for the gateway.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the list could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("no gateway is connected")]
    NotConnected,
    /// Keys cannot be told apart without it.
    #[error("the data key is missing")]
    NoDataKey,
    #[error(transparent)]
    Gateway(#[from] Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// Reads the list once; gives how many keys are on it.
    pub async fn read_client_keys(&self) -> Result<usize, Trouble> {
        let connection = self.0.settings.borrow().connection.clone();
        let connection = connection.ok_or(Trouble::NotConnected)?;
        let keyring = self.0.keyring.borrow().clone();
        let keyring = keyring.ok_or(Trouble::NoDataKey)?;
        let client = self.client(&connection)?.patient(PATIENCE);
        let keys = client.client_keys().await;
        let keys = keys.inspect_err(|error| self.note(error))?;
        let (list, now) = (without_keys(&keys, &keyring), self.0.clock.now());
        let count = list.len();
        let keep = move |c: &mut _| {
            clients::keep_list(c, &list, now)?;
            clients::gone(c)
        };
        let gone = self.0.store.write(keep).await?;
        let known = self.0.gone_keys.write();
        *known.unwrap_or_else(PoisonError::into_inner) = Arc::new(gone);
        Ok(count)
    }
}

fn without_keys(keys: &[SecretString], keyring: &Keyring) -> Vec<Listed> {
    let hasher = keyring.key_hasher();
    let mut list: Vec<Listed> = Vec::new();
    for key in keys {
        let key = key.expose_secret().trim();
        let hash = hasher.client_key(key);
        if !hash.is_empty() && list.iter().all(|other| other.hash != hash) {
            let mask = mask::secret(key);
            list.push(Listed { hash, mask });
        }
    }
    list
}
