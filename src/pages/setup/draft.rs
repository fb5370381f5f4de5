//! What was entered so far, in memory only: the Management Key must not reach
//! the disk unsealed or a page at all. Forgotten when the process ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;

use crate::config::FixedCollection;
use crate::domain::collection::Connection;
use crate::domain::units::{At, Ms};
use crate::gateway::types::{Error as GatewayError, Overview};
use crate::store::sessions::SessionId;
use crate::web::collection::Chosen;

/// People who set up at the same time; more push the oldest out.
const MOST: usize = 32;

/// Drafts of all sessions. One for the process.
#[derive(Debug, Default)]
pub struct Drafts(Mutex<HashMap<SessionId, Draft>>);

#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) chosen: Chosen,
    fixed: FixedCollection,
    /// How long the gateway took to answer; `None` = it did not.
    pub(super) answered: Option<Ms>,
    /// Went on although nothing answered.
    pub(super) unchecked: bool,
    pub(super) key: Option<SecretString>,
    /// What the gateway told for this key.
    pub(super) overview: Option<Overview>,
    /// Why the last step could not be left.
    pub(super) failure: Option<GatewayError>,
    /// Keys the gateway refused, so that none is sent twice.
    refused: Vec<SecretString>,
    /// A key of a doubtful kind that was asked about already.
    pub(super) doubted: Option<SecretString>,
    /// A key that got no answer: nobody types it twice.
    pub(super) unanswered: Option<SecretString>,
    pub(super) banned_until: Option<At>,
}

impl Drafts {
    pub(super) fn get(&self, id: SessionId) -> Option<Draft> {
        self.lock().get(&id).cloned()
    }

    pub(super) fn put(&self, id: SessionId, draft: Draft) {
        let mut drafts = self.lock();
        if drafts.len() >= MOST && !drafts.contains_key(&id) {
            // The smallest id is the oldest session.
            let oldest = drafts.keys().min_by_key(|id| id.0).copied();
            oldest.and_then(|id| drafts.remove(&id));
        }
        drafts.insert(id, draft);
    }

    pub(super) fn forget(&self, id: SessionId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Draft>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Draft {
    pub(super) fn begin(chosen: Chosen, fixed: FixedCollection) -> Self {
        Self {
            chosen,
            key: fixed.key.as_ref().map(|key| key.value.clone()),
            fixed,
            answered: None,
            unchecked: false,
            overview: None,
            failure: None,
            refused: Vec::new(),
            doubted: None,
            unanswered: None,
            banned_until: None,
        }
    }

    pub(super) fn url(&self) -> Option<String> {
        let fixed = self.fixed.url.as_ref().map(|url| url.value.clone());
        fixed.or_else(|| self.chosen.url.clone())
    }

    pub(super) fn insecure_tls(&self) -> bool {
        let fixed = self.fixed.insecure_tls.as_ref().map(|fixed| fixed.value);
        fixed.or(self.chosen.insecure_tls).unwrap_or(false)
    }

    pub(super) fn connection(&self, key: SecretString) -> Option<Connection> {
        Some(Connection {
            url: self.url()?,
            key,
            insecure_tls: self.insecure_tls(),
        })
    }

    /// The address answered, or may be tried later.
    pub(super) fn reached(&self) -> bool {
        self.answered.is_some() || self.unchecked
    }

    /// Another address was entered: what was learnt of the last one is void.
    pub(super) fn forget_gateway(&mut self) {
        self.answered = None;
        self.unchecked = false;
        self.overview = None;
        self.failure = None;
        self.refused.clear();
        self.unanswered = None;
        self.banned_until = None;
        self.key = self.fixed.key.as_ref().map(|key| key.value.clone());
    }

    pub(super) fn remember_refusal(&mut self, key: SecretString) {
        self.refused.push(key);
    }

    pub(super) fn was_refused(&self, key: &str) -> bool {
        use secrecy::ExposeSecret as _;
        self.refused.iter().any(|old| old.expose_secret() == key)
    }

    /// CPA bans at the fifth; others may have used some up.
    pub(super) fn tries_left(&self) -> u32 {
        let used = u32::try_from(self.refused.len()).unwrap_or(u32::MAX);
        5_u32.saturating_sub(used)
    }
}
