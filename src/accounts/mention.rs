//! Accounts as other pages mention them: by the index that an event carries,
//! how each is at one moment. Looks only at what is in memory, and only at those
//! that are asked for; it asks nobody and changes nothing.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use super::{Desk, Roster};
use crate::domain::account::Known;
use crate::domain::account::standing::Standing;
use crate::domain::units::At;
use crate::store::endings::Recents;

/// Everything known at one moment, to look accounts up in.
#[derive(Clone)]
pub struct Mentions {
    desk: Desk,
    roster: Arc<Roster>,
    recents: Arc<Recents>,
    gone_keys: Arc<HashSet<String>>,
    now: At,
}

/// How many accounts a provider has, and how many can take requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    pub ready: usize,
    pub whole: usize,
}

impl Desk {
    /// What is known now, for a page or a file that mentions accounts.
    #[must_use]
    pub fn mentions(&self, now: At) -> Mentions {
        Mentions {
            desk: self.clone(),
            roster: self.roster(),
            recents: self.recents(),
            gone_keys: {
                let gone = self.0.gone_keys.read();
                Arc::clone(&gone.unwrap_or_else(PoisonError::into_inner))
            },
            now,
        }
    }
}

impl Mentions {
    /// Another one whenever an account may be different.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.roster.changes
    }

    /// The account that events call by this index, also one that is gone, and
    /// how it is.
    #[must_use]
    pub fn of(&self, index: &str) -> Option<(&Arc<Known>, Standing)> {
        let known = self.roster.of_index(index)?;
        Some((known, self.standing(known)))
    }

    /// The accounts and keys the gateway has of a provider, as events name it;
    /// `None` where it lists none.
    #[must_use]
    pub fn of_provider(&self, provider: &str) -> Option<Fleet> {
        let provider = short(provider);
        let mut fleet = Fleet::default();
        for known in &self.roster.accounts {
            let other = short(&known.listed.provider);
            if known.is_gone() || !other.eq_ignore_ascii_case(provider) {
                continue;
            }
            fleet.whole += 1;
            if self.standing(known).state.takes_requests() {
                fleet.ready += 1;
            }
        }
        (fleet.whole > 0).then_some(fleet)
    }

    /// Whether the gateway had the client key of a hash and has it no more.
    #[must_use]
    pub fn key_is_gone(&self, hash: &str) -> bool {
        self.gone_keys.contains(hash)
    }

    fn standing(&self, known: &Known) -> Standing {
        let recent = self.desk.recent(&self.recents, known);
        self.desk.standing(&self.roster, known, &recent, self.now)
    }
}

/// Without what the gateway puts before the name of a provider that somebody
/// configured.
fn short(provider: &str) -> &str {
    let rest = provider.strip_prefix("openai-compatible-");
    rest.filter(|rest| !rest.is_empty()).unwrap_or(provider)
}
