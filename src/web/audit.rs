//! Writes down what is done to the gateway: the intent before it is passed on,
//! the outcome when the answer ended, however that was. A database that fails
//! keeps nobody from acting; the log then says what is missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::session::Access;
use super::state::AppState;
use crate::clock::Stopwatch;
use crate::store::Store;
use crate::store::audit::{self, Intent, Outcome};

/// A busy database may hold a request up for so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// One request under way. Dropped, it writes down what became of it.
pub struct Ticket {
    store: Store,
    /// `None`: it is not one of those to be written down.
    id: Option<i64>,
    running: Stopwatch,
    sent: Arc<AtomicU64>,
    outcome: Outcome,
}

/// How the audit names a caller.
#[must_use]
pub fn who(access: &Access) -> String {
    match access.session() {
        None => String::from("key"),
        Some(session) => format!("session:{}", session.0),
    }
}

impl Ticket {
    pub async fn begin(state: &AppState, intent: Option<Intent>) -> Self {
        let id = match intent {
            Some(intent) => number(&state.store, intent).await,
            None => None,
        };
        Self {
            store: state.store.clone(),
            id,
            running: state.clock.stopwatch(),
            sent: Arc::default(),
            outcome: Outcome {
                text: String::from("cut"),
                ..Outcome::default()
            },
        }
    }

    /// Whoever sends the body counts its bytes here.
    #[must_use]
    pub fn sent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.sent)
    }

    pub fn answered(&mut self, status: u16) {
        self.outcome.status = Some(status.into());
    }

    pub fn received(&mut self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.outcome.received = self.outcome.received.saturating_add(bytes);
    }

    /// The whole answer passed, or there is none and this is why.
    pub fn ended(&mut self, how: &str) {
        how.clone_into(&mut self.outcome.text);
    }
}

async fn number(store: &Store, intent: Intent) -> Option<i64> {
    let line = format!("{} {} by {}", intent.method, intent.path, intent.who);
    let write = store.write(move |c| audit::begin(c, &intent));
    match tokio::time::timeout(PATIENCE, write).await {
        Ok(Ok(id)) => Some(id),
        Ok(Err(error)) => {
            log::error!("not in the audit log ({error}): {line}");
            None
        }
        Err(_) => {
            log::error!("not yet in the audit log (the database is busy): {line}");
            None
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut outcome = std::mem::take(&mut self.outcome);
        outcome.sent = i64::try_from(self.sent.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        outcome.took = self.running.elapsed();
        let store = self.store.clone();
        let complete = async move {
            if let Err(error) = store.write(move |c| audit::finish(c, id, &outcome)).await {
                log::error!("entry {id} of the audit log stays open: {error}");
            }
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(complete);
        }
    }
}
