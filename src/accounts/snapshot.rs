//! Listing accounts and the keys of providers and clients: at the start, when
//! the gateway or we changed something, and every few minutes. Only what changed
//! is written. A list that fails leaves the one before it, and is tried again
//! later and later; a rejected key ends the trying until the settings change.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Desk, same};
use crate::domain::account::diff::{Change, diff};
use crate::domain::account::{Known, Listed};
use crate::domain::collection::{Connection, State, Status};
use crate::domain::units::At;
use crate::gateway::inventory::Found;
use crate::gateway::types::Error;
use crate::store::StoreError;
use crate::store::accounts::Round;

/// What came of an attempt.
#[derive(Debug)]
enum Look {
    /// So many changes.
    Listed(usize),
    /// It is not the time to ask.
    NotNow,
    /// Something was learnt while it was on its way that it may not know.
    Overtaken,
    Failed(Error),
    NotKept(StoreError),
}

impl Desk {
    /// Keeps the list current until `stop`.
    pub async fn keep_listed(self, stop: CancellationToken) {
        let tuning = self.0.tuning;
        let mut refreshes = self.0.refreshes.clone();
        let mut ours = self.0.changed.clone();
        let mut settings = self.0.settings.clone();
        let mut status = self.0.status.clone();
        let mut retry = tuning.retry_first;
        let mut told: Option<Error> = None;
        loop {
            let looked = tokio::select! {
                looked = self.look() => looked,
                () = stop.cancelled() => return,
            };
            let not_now = matches!(looked, Look::NotNow);
            let pause = match looked {
                Look::Listed(changes) => {
                    if changes > 0 {
                        log::info!("{changes} accounts of the gateway are new or different");
                    }
                    retry = tuning.retry_first;
                    told = None;
                    tuning.list_every
                }
                Look::NotNow => tuning.list_every,
                Look::Overtaken => Duration::ZERO,
                Look::Failed(error) => {
                    if told.as_ref() != Some(&error) {
                        log::warn!("cannot list the accounts of the gateway: {error}");
                        told = Some(error);
                    }
                    grow(&mut retry, tuning.list_every)
                }
                Look::NotKept(error) => {
                    log::warn!("cannot keep the accounts of the gateway: {error}");
                    grow(&mut retry, tuning.list_every)
                }
            };
            // It may have become the time since.
            let waits = not_now || self.permitted().is_none();
            if !waits {
                // News that come together are looked at together.
                tokio::select! {
                    () = tokio::time::sleep(tuning.list_apart.min(pause)) => {}
                    () = stop.cancelled() => return,
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.0.stir.notified() => {}
                _ = refreshes.changed() => {}
                _ = ours.changed() => {}
                _ = settings.changed() => {}
                () = self.permission(&mut status), if waits => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Waits until asking is allowed: collecting began, the key is proven.
    async fn permission(&self, status: &mut watch::Receiver<Status>) {
        while self.permitted().is_none() {
            if status.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn look(&self) -> Look {
        let Some(connection) = self.permitted() else {
            return Look::NotNow;
        };
        let read_back = *self.0.read_back.lock().await;
        // What fails while the list is on its way is newer than the list.
        let asked_at = self.0.clock.now();
        let listed = async {
            let client = self.client(&connection)?.patient(self.0.tuning.patience);
            client.credentials().await
        };
        let listed = match listed.await {
            Ok(found) => self.named(found),
            Err(error) => {
                self.note(&error);
                self.change(|roster| {
                    roster.problem = Some(error.clone());
                });
                return Look::Failed(error);
            }
        };
        let place = self.0.read_back.lock().await;
        if *place != read_back {
            return Look::Overtaken;
        }
        let roster = self.roster();
        let known: Vec<Known> = roster
            .accounts
            .iter()
            .map(|known| (**known).clone())
            .collect();
        let compared = tokio::task::spawn_blocking(move || diff(&known, listed)).await;
        let changes = match compared {
            Ok(changes) => changes,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let kept = self.keep(changes, asked_at).await;
        drop(place);
        match kept {
            Ok(count) => {
                self.prove(connection);
                // Where nothing is collected, nobody waits for them.
                let collecting = self.0.status.borrow().state == State::Collecting;
                if collecting && let Err(trouble) = self.read_client_keys().await {
                    log::warn!("cannot read the gateway's list of client keys: {trouble}");
                }
                Look::Listed(count)
            }
            Err(error) => Look::NotKept(error),
        }
    }

    /// As they are known here: nobody by his address.
    pub(super) fn named(&self, found: Vec<Found>) -> Vec<Listed> {
        let keyring = self.0.keyring.borrow().clone();
        let hasher = keyring.map(|keyring| keyring.key_hasher());
        let person = |address: &str| match &hasher {
            Some(hasher) => hasher.source(&address.to_lowercase()),
            None => String::new(),
        };
        let listed = found.into_iter().map(|found| found.listed(person));
        listed.collect()
    }

    async fn keep(&self, changes: Vec<Change>, asked_at: At) -> Result<usize, StoreError> {
        let round = Round { at: asked_at };
        let (at, count) = (round.at, changes.len());
        let known = self.0.store.keep_accounts(changes, round).await?;
        self.change(|roster| {
            if count > 0 {
                roster.take(known);
            }
            roster.listed_at = Some(at);
            roster.problem = None;
        });
        Ok(count)
    }

    fn prove(&self, connection: Connection) {
        self.0.proven.send_if_modified(|proven| {
            let new = !proven
                .as_ref()
                .is_some_and(|known| same(known, &connection));
            if new {
                *proven = Some(connection);
            }
            new
        });
    }
}

fn grow(retry: &mut Duration, most: Duration) -> Duration {
    let pause = *retry;
    *retry = (pause * 2).min(most);
    pause
}
