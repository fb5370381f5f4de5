//! Which models an account serves. The gateway tells it one account at a time,
//! so a round asks for a few: those nobody asked for yet, then the oldest
//! answers. A page asks anew, but does not wait for a slow gateway.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Desk, Roster, locked};
use crate::domain::account::Known;
use crate::domain::units::{At, Ms};
use crate::gateway::types::Error;
use crate::store::account_models;

/// Asked for in one round; a round begins with the list of accounts.
const AT_ONCE: usize = 40;
/// An answer so old is asked for again, sooner or later.
const OLD: Ms = Ms::DAY;
/// Where the gateway had no answer it is asked again, and others before it.
const AGAIN: Ms = Ms::HOUR;
/// A page shows an older one, and asks.
const FRESH: Ms = Ms(10 * Ms::MINUTE.0);
/// A page waits so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Names of models, as they were at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub at: At,
    pub models: Arc<Vec<String>>,
}

/// By account.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Accounts of one plan serve the same models: one list for all.
    served: HashMap<i64, Served>,
    /// When an attempt last failed.
    failed: HashMap<i64, At>,
}

impl Memory {
    pub(super) fn new(kept: Vec<account_models::Kept>) -> Self {
        let mut memory = Self::default();
        for kept in kept {
            memory.put(kept.account, kept.at, kept.models);
        }
        memory
    }

    fn put(&mut self, account: i64, at: At, models: Vec<String>) {
        let mut lists = self.served.values();
        let same = lists.find(|served| *served.models == models);
        let models = same.map_or_else(|| Arc::new(models), |served| Arc::clone(&served.models));
        self.served.insert(account, Served { at, models });
        self.failed.remove(&account);
    }

    /// When it was last asked for.
    fn asked(&self, account: i64) -> Option<At> {
        let served = self.served.get(&account).map(|served| served.at);
        served.max(self.failed.get(&account).copied())
    }

    /// Whether it is time to ask again.
    fn is_due(&self, account: i64, now: At) -> bool {
        let served = self.served.get(&account).map(|served| served.at);
        let failed = self.failed.get(&account).copied();
        served.is_none_or(|at| now - at >= OLD) && failed.is_none_or(|at| now - at >= AGAIN)
    }
}

impl Desk {
    /// What is known of it, without asking; of a key, what its list says.
    #[must_use]
    pub fn served(&self, known: &Known) -> Option<Served> {
        let configured = known.configured_models();
        if !configured.is_empty() {
            let (at, models) = (known.changed_at, Arc::new(configured));
            return Some(Served { at, models });
        }
        locked(&self.0.models).served.get(&known.id).cloned()
    }

    /// The same, asked for again when it is old; a slow gateway is not waited
    /// for.
    pub async fn served_now(&self, known: &Known) -> Option<Served> {
        let served = self.served(known);
        let now = self.0.clock.now();
        let fresh = served.as_ref().is_some_and(|it| now - it.at < FRESH);
        if fresh || !known.is_file() || self.permitted().is_none() {
            return served;
        }
        let (desk, id, name) = (self.clone(), known.id, known.listed.name.clone());
        let asking = tokio::spawn(async move { desk.ask_models(id, &name).await });
        let _ = tokio::time::timeout(PATIENCE, asking).await;
        self.served(known)
    }

    /// Asks for a few accounts now and then until `stop`.
    pub async fn keep_models(self, stop: CancellationToken) {
        let every = self.0.tuning.list_every;
        let mut news = self.watch();
        let work = async {
            loop {
                let some_due = |roster: &Arc<Roster>| !self.due(roster).is_empty();
                let wait = news.wait_for(some_due);
                // What is fresh now gets old without anything happening.
                let roster = match tokio::time::timeout(every, wait).await {
                    Ok(Ok(roster)) => Some(Arc::clone(&roster)),
                    // Nobody changes it any more.
                    Ok(Err(_)) => return,
                    Err(_) => None,
                };
                let Some(roster) = roster else { continue };
                let due = self.due(&roster);
                for (id, name) in due.into_iter().take(AT_ONCE) {
                    if self.permitted().is_none() {
                        break;
                    }
                    if let Err(error) = self.ask_models(id, &name).await {
                        log::debug!("cannot ask which models an account serves: {error}");
                        // Only an answer is a matter of this account alone.
                        if !matches!(error, Error::Protocol(_)) {
                            break;
                        }
                    }
                }
                tokio::time::sleep(every).await;
            }
        };
        stop.run_until_cancelled(work).await;
        stop.cancelled().await;
    }

    /// Whose models are to be asked for, the most urgent first.
    fn due(&self, roster: &Roster) -> Vec<(i64, String)> {
        if self.permitted().is_none() || roster.listed_at.is_none() {
            return Vec::new();
        }
        let now = self.0.clock.now();
        let memory = locked(&self.0.models);
        let mut due: Vec<(Option<At>, &Known)> = roster
            .accounts
            .iter()
            .filter(|known| known.is_file() && !known.listed.disabled)
            .filter(|known| memory.is_due(known.id, now))
            .map(|known| (memory.asked(known.id), &**known))
            .collect();
        due.sort_by_key(|(at, known)| (*at, known.id));
        due.into_iter()
            .map(|(_, known)| (known.id, known.listed.name.clone()))
            .collect()
    }

    async fn ask_models(&self, id: i64, name: &str) -> Result<(), Error> {
        let connection = self.permitted();
        let Some(connection) = connection else {
            return Ok(());
        };
        let client = self.client(&connection)?.patient(self.0.tuning.patience);
        let models = client.models_of(name).await;
        let at = self.0.clock.now();
        let models = models.inspect_err(|error| {
            self.note(error);
            locked(&self.0.models).failed.insert(id, at);
        })?;
        locked(&self.0.models).put(id, at, models.clone());
        let kept = account_models::Kept {
            account: id,
            at,
            models,
        };
        let keep = move |c: &mut _| account_models::keep(c, &kept);
        if let Err(error) = self.0.store.write(keep).await {
            log::warn!("cannot keep which models an account serves: {error}");
        }
        Ok(())
    }
}
