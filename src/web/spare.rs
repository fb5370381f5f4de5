//! Sessions that could not be stored: the disk is full, or the database can only
//! be read. They are in memory, with hashes of their tokens alone, and end with
//! the process at the latest.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::units::At;
use crate::store::sessions::{NewSession, Session, SessionId};

/// Who logs in when this many are in already pushes the oldest out.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub struct SpareSessions(Mutex<Vec<Spare>>);

#[derive(Clone, Debug)]
struct Spare {
    token_hash: [u8; 32],
    session: Session,
}

/// Stored sessions count upwards from one, these downwards.
#[must_use]
pub(super) fn is_spare(id: SessionId) -> bool {
    id.0 < 0
}

impl SpareSessions {
    pub(super) fn add(&self, new: &NewSession) {
        let mut all = self.lock();
        if all.len() >= MOST {
            all.remove(0);
        }
        let last = all.last().map_or(0, |spare| spare.session.id.0);
        let session = Session {
            id: SessionId(last - 1),
            created_at: new.now,
            last_seen: new.now,
            expires_at: new.expires_at,
            address: new.address.clone(),
            agent: new.agent.clone(),
        };
        all.push(Spare {
            token_hash: new.token_hash,
            session,
        });
    }

    /// The session of a token, in use from now on.
    pub(super) fn find(&self, token_hash: &[u8; 32], now: At) -> Option<Session> {
        let mut all = self.lock();
        all.retain(|spare| spare.session.expires_at > now);
        let found = all
            .iter_mut()
            .find(|spare| spare.token_hash == *token_hash)?;
        let session = found.session.clone();
        found.session.last_seen = now;
        Some(session)
    }

    pub(super) fn list(&self, now: At) -> Vec<Session> {
        let all = self.lock();
        let live = all.iter().filter(|spare| spare.session.expires_at > now);
        live.map(|spare| spare.session.clone()).collect()
    }

    pub(super) fn remove(&self, id: SessionId) -> bool {
        let mut all = self.lock();
        let before = all.len();
        all.retain(|spare| spare.session.id != id);
        all.len() < before
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Spare>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
