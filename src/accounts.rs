//! What the gateway says of its accounts and keys: lists them now and then and
//! whenever it says that something changed ([`snapshot`]), with the clients'
//! keys ([`client_keys`]) and the models each account serves ([`models`]),
//! listens to its `errors` channel ([`listen`]), counts how the last requests
//! ended ([`count`]), and switches an account on or off ([`switch`]). Pages read it from
//! memory ([`mention`]), and what is in memory is in the database, so that a gateway that is slow, down
//! or rejecting the key leaves the last list, with its age.
//!
//! A key that was rejected is never sent again: nothing is asked before the
//! collector, or where that is off the first list, has proven the key.

pub mod client_keys;
mod count;
mod listen;
mod mention;
mod models;
mod relieve;
mod roster;
mod snapshot;
mod switch;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::sync::{Notify, broadcast, watch};

use crate::clock::Clock;
use crate::domain::account::standing::{self, Standing};
use crate::domain::account::trouble::{Report, Trouble};
use crate::domain::account::{Known, Listed};
use crate::domain::collection::{Connection, Reason, Settings, State, Status};
use crate::domain::units::At;
use crate::gateway::client::Client;
use crate::gateway::key_watch::KeyWatch;
use crate::gateway::queue::Limits;
use crate::gateway::types::Error;
use crate::store::endings::{Recent, Recents};
use crate::store::secret::Keyring;
use crate::store::{Result, Store, account_models, accounts, clients, names};

pub use mention::{Fleet, Mentions};
pub use models::Served;
pub use roster::Roster;
pub use switch::Switched;

/// Spans nobody needs to set; tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Between two lists when nothing happens.
    pub list_every: Duration,
    /// The least between two lists, however much happens.
    pub list_apart: Duration,
    /// After a list that failed, at first and at most.
    pub retry_first: Duration,
    /// How long one answer of the gateway is waited for.
    pub patience: Duration,
    pub limits: Limits,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            list_every: Duration::from_mins(3),
            list_apart: Duration::from_secs(2),
            retry_first: Duration::from_secs(5),
            patience: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}

/// What an accounts desk is made of.
pub struct Parts {
    pub store: Store,
    pub clock: Clock,
    pub settings: watch::Receiver<Settings>,
    /// Hashes clients' keys and people; without it neither is known.
    pub keyring: watch::Receiver<Option<Keyring>>,
    pub status: watch::Receiver<Status>,
    /// Moves when the gateway says that its accounts changed.
    pub refreshes: watch::Receiver<u64>,
    /// Moves when the gateway was changed through the panel.
    pub changed: watch::Receiver<u64>,
    /// The index of each account whose quota somebody resets.
    pub quota_resets: broadcast::Sender<String>,
    /// Shared with whoever else sends the key.
    pub key: Arc<KeyWatch>,
    pub tuning: Tuning,
}

/// The accounts as they are known. Clones are the same desk.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    settings: watch::Receiver<Settings>,
    keyring: watch::Receiver<Option<Keyring>>,
    status: watch::Receiver<Status>,
    refreshes: watch::Receiver<u64>,
    changed: watch::Receiver<u64>,
    quota_resets: broadcast::Sender<String>,
    tuning: Tuning,
    stir: Notify,
    roster: watch::Sender<Arc<Roster>>,
    recents: RwLock<Arc<Recents>>,
    key: Arc<KeyWatch>,
    /// The connection that last gave a list.
    proven: watch::Sender<Option<Connection>>,
    models: Mutex<models::Memory>,
    /// Hashes of clients' keys that the gateway had and has no more.
    gone_keys: RwLock<Arc<HashSet<String>>>,
    /// How often an account alone was read back. Whoever puts what he learnt in
    /// its place holds it, so that an older list does not undo newer news.
    read_back: tokio::sync::Mutex<u64>,
    /// By account: when it was switched, whether off, and what came of it.
    outcomes: Mutex<HashMap<i64, (At, bool, Switched)>>,
}

impl Desk {
    /// Reads what is known; asks nobody.
    pub async fn open(parts: Parts) -> Result<Self> {
        let read = |c: &mut _| {
            let round = accounts::round(c)?;
            let gone = clients::gone(c)?;
            Ok((accounts::all(c)?, round, account_models::all(c)?, gone))
        };
        let (known, round, models, gone) = parts.store.read(read).await?;
        let roster = Roster::new(known, round.map(|round| round.at));
        Ok(Self(Arc::new(Inner {
            store: parts.store,
            clock: parts.clock,
            settings: parts.settings,
            keyring: parts.keyring,
            status: parts.status,
            refreshes: parts.refreshes,
            changed: parts.changed,
            quota_resets: parts.quota_resets,
            tuning: parts.tuning,
            stir: Notify::new(),
            roster: watch::Sender::new(Arc::new(roster)),
            recents: RwLock::default(),
            key: parts.key,
            proven: watch::Sender::new(None),
            models: Mutex::new(models::Memory::new(models)),
            gone_keys: RwLock::new(Arc::new(gone)),
            read_back: tokio::sync::Mutex::default(),
            outcomes: Mutex::default(),
        })))
    }

    /// Everything known, as it is now.
    #[must_use]
    pub fn roster(&self) -> Arc<Roster> {
        self.0.roster.borrow().clone()
    }

    /// Changes whenever anything of it does.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Roster>> {
        self.0.roster.subscribe()
    }

    /// Something of the gateway changed: list its accounts soon.
    pub fn stir(&self) {
        self.0.stir.notify_one();
    }

    /// How the last requests of all accounts ended.
    #[must_use]
    pub fn recents(&self) -> Arc<Recents> {
        let recents = self.0.recents.read();
        Arc::clone(&recents.unwrap_or_else(PoisonError::into_inner))
    }

    /// Of one account, over all its indexes.
    #[must_use]
    pub fn recent(&self, recents: &Recents, known: &Known) -> Recent {
        let names = self.0.store.names();
        let names = names.read();
        let kind = names::Kind::Account;
        let mut recent: Option<Recent> = None;
        for index in &known.indexes {
            let Some(all) = names.id(kind, index).and_then(|id| recents.of(id)) else {
                continue;
            };
            let mut join = |part: &Recent| match &mut recent {
                Some(recent) => recent.join(part),
                None => recent = Some(part.clone()),
            };
            let mut shared = known.tenures_of(index).peekable();
            if shared.peek().is_none() {
                join(all);
            }
            for tenure in shared {
                join(&all.within(tenure.from, tenure.to));
            }
        }
        recent.unwrap_or_default()
    }

    /// How an account is at this moment.
    #[must_use]
    pub fn standing(&self, roster: &Roster, known: &Known, recent: &Recent, now: At) -> Standing {
        let judge = |known| standing::judge(known, recent.lately, roster.listed_at, now);
        let Some(trouble) = known.trouble.as_ref().filter(|it| !it.models.is_empty()) else {
            return judge(known);
        };
        let started = self.0.status.borrow().gateway_started();
        let names = self.0.store.names();
        let names = names.read();
        let worked = |model: &str| recent.worked_with(names.id(names::Kind::Model, model)?);
        let left = trouble.left(worked, started);
        judge(&Known {
            trouble: Some(left),
            ..known.clone()
        })
    }

    /// The connection, where asking is allowed: the key was proven, or nobody
    /// tried it yet and the collector will not.
    fn permitted(&self) -> Option<Connection> {
        let settings = self.0.settings.borrow().clone();
        let connection = settings.connection?;
        if self.0.key.refused(&connection) {
            return None;
        }
        let status = self.0.status.borrow();
        let proven = match (status.state, &status.reason) {
            // Off: nobody else will prove it.
            (State::Collecting | State::Off, _) => true,
            // The gateway answered; something else is the matter.
            (State::Retrying, Some(reason)) => matches!(
                reason,
                Reason::TransportUnsupported
                    | Reason::StoreFailing
                    | Reason::SpoolFull
                    | Reason::DiskFull
            ),
            _ => false,
        };
        proven.then_some(connection)
    }

    /// A way to the gateway that sends the key only while it may be sent.
    fn client(&self, connection: &Connection) -> std::result::Result<Client, Error> {
        Ok(Client::new(connection)?.watched(&self.0.key, connection))
    }

    /// A key that was refused has proven nothing; the list is where it is tried
    /// again, as soon as it may be.
    fn note(&self, error: &Error) {
        if error.forbids_retry() {
            self.0.proven.send_replace(None);
            self.stir();
        }
    }

    /// Changes what is known in memory, and tells who watches.
    fn change(&self, change: impl FnOnce(&mut Roster)) {
        self.0.roster.send_modify(|roster| {
            let roster = Arc::make_mut(roster);
            roster.changes += 1;
            change(roster);
        });
    }

    /// Takes in messages of the `errors` channel; one of an account nobody
    /// knows asks for a new list.
    async fn hear(&self, reports: Vec<Report>) {
        let mut kept: HashMap<i64, _> = HashMap::new();
        let mut strangers = false;
        self.change(|roster| {
            for report in reports {
                let Some(known) = roster.of_index_mut(&report.auth_index) else {
                    strangers = true;
                    continue;
                };
                let trouble = known.trouble.get_or_insert_default();
                if trouble.hear(report.trouble) {
                    kept.insert(known.id, trouble.clone());
                }
            }
        });
        if strangers {
            self.stir();
        }
        self.keep_troubles(kept.into_iter().collect()).await;
    }

    async fn keep_troubles(&self, troubles: Vec<(i64, Trouble)>) {
        if !troubles.is_empty()
            && let Err(error) = self.0.store.keep_troubles(troubles).await
        {
            log::warn!("cannot keep what the gateway said of its accounts: {error}");
        }
    }

    /// Puts one account in its new state.
    async fn relist(&self, id: i64, listed: Listed) -> Result<()> {
        let mut read_back = self.0.read_back.lock().await;
        *read_back += 1;
        let now = self.0.clock.now();
        let known = self.0.store.keep_account(id, listed, now).await?;
        self.change(|roster| roster.take(known));
        Ok(())
    }
}

/// Whether two connections use the same key at the same place.
fn same(a: &Connection, b: &Connection) -> bool {
    let keys = (a.key.expose_secret(), b.key.expose_secret());
    keys.0 == keys.1 && (&a.url, a.insecure_tls) == (&b.url, b.insecure_tls)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
