//! Everything the gateway knows, behind one lock: handlers take it, change it
//! and answer, without waiting for anything.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::body::Bytes;
use tokio::sync::{mpsc, watch};

use super::Options;
use super::access::{Access, Keys, Refusal, is_hash};
use super::auth_files::AuthFiles;
use super::config::{BadConfig, Config, provider_keys};
use super::counters::Counters;
use super::event_form;
use super::ledger::{Attempt, Tally, Via};
use super::logs::{self, Logs};
use super::oauth::Sessions;
use super::queue::{Channel, Offered, Queue};
use super::schema::Value;
use super::upstream::Upstream;
use super::version::Version;
use crate::clock::Clock;
use crate::domain::units::At;

/// How much of the past the lists keep.
const REMEMBERED: usize = 10_000;

/// The state that failures left a credential in, as its list shows it.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Trouble {
    pub(super) status: String,
    pub(super) status_message: String,
    unavailable: bool,
    next_retry_after: Option<chrono::DateTime<chrono::Utc>>,
}

impl Trouble {
    /// Until when it is not used; `None` when it is.
    pub(super) fn rests_until(&self, now: At) -> Option<At> {
        let until = At(self.next_retry_after?.timestamp_millis());
        (self.unavailable && until > now).then_some(until)
    }
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) version: Version,
    pub(super) version_text: String,
    pub(super) home: bool,
    clock: Clock,
    pub(super) started: At,
    env_password: Option<String>,
    /// The management key in plain text, for the tests.
    pub(super) key: String,
    pub(super) access: Access,
    pub(super) config: Config,
    queue: Queue,
    pub(super) counters: Counters,
    /// By the index of the credential, until it succeeds.
    pub(super) troubles: HashMap<String, Trouble>,
    pub(super) auth_files: AuthFiles,
    pub(super) logs: Logs,
    pub(super) oauth: Sessions,
    pub(super) upstream: Upstream,
    pub(super) panel_html: Option<String>,
    /// Of every key and file, keys first.
    auth_indexes: Vec<String>,
    pub(super) attempts: VecDeque<Attempt>,
    pub(super) requests: VecDeque<String>,
    /// Of the newest request.
    pub(super) headers: HeaderMap,
    tally: watch::Sender<Tally>,
}

impl World {
    pub(super) fn new(options: &Options, tally: watch::Sender<Tally>) -> Result<Self, BadConfig> {
        let access = Access::new(options.key_hash.clone());
        let config = Config::load(&options.config_yaml, &access)?;
        let key = plain_key(options).unwrap_or_default();
        let mut world = Self {
            version: options.version,
            version_text: options.version_text.clone(),
            home: options.home,
            clock: options.clock.clone(),
            started: options.clock.now(),
            env_password: options.env_password.clone(),
            key,
            access,
            config,
            queue: Queue::default(),
            counters: Counters::default(),
            troubles: HashMap::new(),
            auth_files: AuthFiles::new(&options.auth_files, options.clock.now()),
            logs: Logs::default(),
            oauth: Sessions::default(),
            upstream: Upstream::default(),
            panel_html: options.panel_html.clone(),
            auth_indexes: Vec::new(),
            attempts: VecDeque::new(),
            requests: VecDeque::new(),
            headers: HeaderMap::new(),
            tally,
        };
        world.obey_config();
        Ok(world)
    }

    /// The process ended and began again: memory is gone, files are not.
    pub(super) fn restart(&mut self) {
        self.access.forget();
        self.started = self.now();
        self.queue = Queue::default();
        self.counters = Counters::default();
        self.troubles.clear();
        self.oauth = Sessions::default();
        self.obey_config();
    }

    pub(super) fn now(&self) -> At {
        self.clock.now()
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Tally)) {
        self.tally.send_modify(change);
    }

    // Access

    pub(super) fn keys(&self) -> Keys {
        Keys {
            secret_hash: self.config.secret().to_owned(),
            env_password: self.env_password.clone(),
            allow_remote: self.config.allows_remote(),
            bans_local: self.version.bans_local(),
        }
    }

    pub(super) fn management_enabled(&self) -> bool {
        !self.home && self.keys().exist()
    }

    /// One key check, written into the ledger.
    pub(super) fn authenticate(
        &mut self,
        via: Via,
        from: IpAddr,
        key: &str,
    ) -> Result<(), Refusal> {
        let (now, keys) = (self.now(), self.keys());
        let outcome = self.access.check(now, from, key, &keys);
        let refused = outcome.as_ref().err().map(Refusal::text);
        self.count(|tally| match refused {
            None => tally.auth_ok += 1,
            Some(_) => tally.auth_refused += 1,
        });
        remember(
            &mut self.attempts,
            Attempt {
                at: now,
                via,
                from,
                refused,
            },
        );
        outcome
    }

    // Configuration

    /// A management write: applied, saved, announced.
    pub(super) fn change_config(&mut self, change: impl FnOnce(&mut Value)) {
        self.config.change(change);
        self.reloaded();
    }

    /// A whole new file.
    pub(super) fn replace_config(&mut self, config: Config) {
        self.config = config;
        self.reloaded();
    }

    fn reloaded(&mut self) {
        self.obey_config();
        self.announce_refresh();
        if self.config.logs_to_file() {
            logs::log_reload(self);
        }
    }

    fn obey_config(&mut self) {
        let retention = if self.version.has_configurable_retention() {
            self.config.retention()
        } else {
            super::queue::DEFAULT_RETENTION
        };
        self.queue.set_retention(retention);
        if !self.management_enabled() {
            self.queue.clear();
        }
        self.index_credentials();
    }

    /// An auth file came, changed or went.
    pub(super) fn auth_files_changed(&mut self) {
        self.index_credentials();
        self.announce_refresh();
    }

    fn index_credentials(&mut self) {
        let dir = self.config.auth_dir();
        let keys = provider_keys::credentials(self.config.running());
        self.auth_indexes = keys
            .into_iter()
            .map(|key| key.auth_index)
            .chain(self.auth_files.iter().map(|file| file.auth_index(dir)))
            .collect();
    }

    /// What `$TOKEN$` stands for in an `api-call` with this account.
    pub(super) fn token_of(&self, auth_index: &str) -> Option<String> {
        let dir = self.config.auth_dir();
        if let Some(file) = self
            .auth_files
            .iter()
            .find(|file| file.auth_index(dir) == auth_index)
        {
            let names = ["accessToken", "access_token", "token", "id_token", "cookie"];
            let token = names
                .iter()
                .find_map(|name| file.content.get(*name)?.as_str());
            return token.map(str::to_owned);
        }
        let keys = provider_keys::credentials(self.config.running());
        Some(
            keys.into_iter()
                .find(|key| key.auth_index == auth_index)?
                .key,
        )
    }

    // Events

    /// A finished attempt in today's form.
    pub(super) fn offer_event(&mut self, event: &str) {
        #[derive(serde::Deserialize)]
        struct Counted<'a> {
            #[serde(default)]
            auth_index: std::borrow::Cow<'a, str>,
            #[serde(default)]
            failed: bool,
        }
        if let Ok(counted) = serde_json::from_str::<Counted>(event) {
            self.count_attempt(&counted.auth_index, counted.failed);
            if !counted.failed {
                self.troubles.remove(counted.auth_index.as_ref());
            }
        }
        let written = event_form::written_by(self.version, event);
        self.offer(Bytes::from(written.unwrap_or_else(|| event.to_owned())));
    }

    pub(super) fn count_attempt(&mut self, auth_index: &str, failed: bool) {
        let index = self.countable(auth_index).to_owned();
        let now = self.now();
        self.counters.count(now, &index, failed);
    }

    /// Events of a credential that is not configured here count for the first
    /// one that is, so that the counters move whatever a test pushes.
    fn countable<'a>(&'a self, auth_index: &'a str) -> &'a str {
        if self.auth_indexes.iter().any(|known| known == auth_index) {
            return auth_index;
        }
        self.auth_indexes.first().map_or(auth_index, String::as_str)
    }

    pub(super) fn offer(&mut self, item: Bytes) {
        self.count(|tally| tally.produced += 1);
        if !self.management_enabled() || !self.config.statistics_enabled() || item.is_empty() {
            self.count(|tally| tally.discarded += 1);
            return;
        }
        let offered = self.queue.offer(self.now(), item);
        self.record(offered);
    }

    pub(super) fn publish_error(&mut self, event: String) {
        #[derive(serde::Deserialize)]
        struct Told {
            auth_index: String,
            auth_status: Trouble,
        }
        if let Ok(told) = serde_json::from_str::<Told>(&event) {
            self.troubles.insert(told.auth_index, told.auth_status);
        }
        if self.management_enabled() && self.version.has_errors_channel() {
            let offered = self.queue.publish(Channel::Errors, &Bytes::from(event));
            self.record(offered);
        }
    }

    /// Tells the usage subscribers to read accounts and keys again.
    pub(super) fn announce_refresh(&mut self) {
        if self.management_enabled() && self.version.has_control_messages() {
            let refresh = Bytes::from_static(br#"{"refresh":true}"#);
            let offered = self.queue.publish(Channel::Usage, &refresh);
            self.record(offered);
        }
    }

    pub(super) fn subscribe(&mut self, channel: Channel) -> mpsc::Receiver<Bytes> {
        let first = (channel == Channel::Usage && self.version.has_control_messages())
            .then(|| Bytes::from_static(br#"{"support_refresh":true}"#));
        self.count(|tally| {
            tally.subscribed += 1;
            tally.pushed += u64::from(first.is_some());
        });
        self.queue.subscribe(channel, first)
    }

    pub(super) fn pop(&mut self, count: usize) -> Vec<Bytes> {
        let now = self.now();
        let (items, expired) = self.queue.pop(now, count);
        self.count(|tally| {
            tally.pops += 1;
            tally.popped += u64::try_from(items.len()).unwrap_or(0);
            tally.expired += expired;
        });
        items
    }

    pub(super) fn queue_len(&self) -> usize {
        self.queue.len(self.now())
    }

    pub(super) fn subscribers(&mut self, channel: Channel) -> usize {
        self.queue.subscribers(channel)
    }

    fn record(&self, offered: Offered) {
        self.count(|tally| {
            tally.queued += offered.queued;
            tally.pushed += offered.pushed;
            tally.expired += offered.expired;
            tally.dropped_subscribers += offered.dropped_subscribers;
        });
    }
}

/// Appends and forgets the oldest.
pub(super) fn remember<T>(list: &mut VecDeque<T>, entry: T) {
    if list.len() == REMEMBERED {
        list.pop_front();
    }
    list.push_back(entry);
}

fn plain_key(options: &Options) -> Option<String> {
    let (tree, _) = super::yaml::read::parse(&options.config_yaml).ok()?;
    let secret = tree.get("remote-management")?.get("secret-key")?.scalar()?;
    if is_hash(secret) {
        return options.key_hash.as_ref().map(|(key, _)| key.clone());
    }
    Some(secret.to_owned()).filter(|secret| !secret.is_empty())
}
