//! Knowing which clients' keys the gateway has: reads its list now and then and
//! keeps hashes and masks of it, never a key. Changes nothing at the gateway,
//! and asks only one that answered before, so that a key that was rejected is
//! not shown again and again.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::collection::{Settings, State, Status};
use crate::domain::mask;
use crate::gateway::client::Client;
use crate::gateway::types::Error;
use crate::store::clients::{self, Listed};
use crate::store::secret::Keyring;
use crate::store::{Store, StoreError};

/// Between two readings.
const PAUSE: Duration = Duration::from_mins(5);
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

/// Where the list is looked after. Clones are the same.
#[derive(Clone)]
pub struct Roster {
    pub store: Store,
    pub clock: Clock,
    pub settings: watch::Receiver<Settings>,
    pub keyring: watch::Receiver<Option<Keyring>>,
    pub status: watch::Receiver<Status>,
}

impl Roster {
    /// Reads the list once; gives how many keys are on it.
    pub async fn read(&self) -> Result<usize, Trouble> {
        let connection = self.settings.borrow().connection.clone();
        let connection = connection.ok_or(Trouble::NotConnected)?;
        let keyring = self.keyring.borrow().clone().ok_or(Trouble::NoDataKey)?;
        let hasher = keyring.key_hasher();
        let client = Client::new(&connection)?.patient(PATIENCE);
        let mut list: Vec<Listed> = Vec::new();
        for key in client.client_keys().await? {
            let key = key.expose_secret().trim();
            let hash = hasher.client_key(key);
            if !hash.is_empty() && list.iter().all(|other| other.hash != hash) {
                let mask = mask::secret(key);
                list.push(Listed { hash, mask });
            }
        }
        let (count, now) = (list.len(), self.clock.now());
        let keep = move |c: &mut _| clients::keep_list(c, &list, now);
        self.store.write(keep).await?;
        Ok(count)
    }

    /// Reads it every few minutes while the gateway answers the collector.
    pub async fn work(mut self, stop: CancellationToken) {
        let keep = async {
            loop {
                let answers = |status: &Status| {
                    status.gateway.reachable == Some(true) && status.state == State::Collecting
                };
                if self.status.wait_for(answers).await.is_err() {
                    std::future::pending::<()>().await;
                }
                if let Err(trouble) = self.read().await {
                    log::warn!("cannot read the gateway's list of client keys: {trouble}");
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        stop.run_until_cancelled(keep).await;
    }
}
