//! What requests share: one value for the whole process, registered as
//! `web::Data<AppState>`. Holds no page's state.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::{HttpRequest, web};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::admin_key::AdminKey;
use super::spare::SpareSessions;
use super::throttle::Throttle;
use crate::clock::{Clock, Stopwatch};
use crate::config::Config;
use crate::domain::collection::{Settings, Status};
use crate::domain::units::At;
use crate::store::secret::Keyring;
use crate::store::{self, Store};

/// Rejected records that were tried again.
#[derive(Clone, Copy, Debug)]
pub struct Retried {
    pub recovered: usize,
    pub remaining: usize,
}

pub type Retrying = Pin<Box<dyn Future<Output = store::Result<Option<Retried>>> + Send>>;

pub struct AppState {
    pub config: Config,
    pub clock: Clock,
    pub started: At,
    pub running: Stopwatch,
    pub store: Store,
    /// `None` while `data.key` is lost or wrong.
    pub keyring: watch::Sender<Option<Keyring>>,
    /// What the collector says of itself.
    pub status: watch::Receiver<Status>,
    /// What the collector is told.
    pub settings: watch::Sender<Settings>,
    /// Makes the collector try at once, also after a rejected key.
    pub try_again: Box<dyn Fn() + Send + Sync>,
    /// Tries all rejected records again; `None` without the data key.
    pub retry_rejects: Box<dyn Fn() -> Retrying + Send + Sync>,
    pub admin: AdminKey,
    pub throttle: Throttle,
    /// Log-ins while the database cannot be written.
    pub spare_sessions: SpareSessions,
    /// Grows with every change of the gateway that went through the panel or its
    /// API: what was read of it may be old now.
    pub gateway_changed: watch::Sender<u64>,
    /// The `auth_index` of each account whose quota was reset that way.
    pub quota_resets: broadcast::Sender<String>,
    /// Sessions ended; long answers look whether theirs was one of them.
    pub revoked: watch::Sender<u64>,
    /// A connection was chosen, here or by the environment.
    pub set_up: AtomicBool,
    pub demo: bool,
    /// The process is about to end: long answers should too.
    pub stop: CancellationToken,
}

impl AppState {
    /// Every route is registered below the state.
    #[must_use]
    pub fn of(request: &HttpRequest) -> &web::Data<Self> {
        request
            .app_data::<web::Data<Self>>()
            .expect("the state is registered with the application")
    }

    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.set_up.load(Ordering::Relaxed)
    }
}
