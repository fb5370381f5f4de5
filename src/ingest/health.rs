//! Looks after the gateway beside the polling: are statistics on, how long is
//! the retention, what does it count. One look at a time, in the background, so
//! that a slow management API never delays taking.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::gateway::client::{Client, Probe};

pub(super) struct Health {
    client: Client,
    every: Duration,
    due: Instant,
    running: Option<JoinHandle<Look>>,
}

/// What one look saw.
pub(super) struct Look {
    pub(super) overview: Probe,
    /// Attempts counted; `None` when unknown.
    pub(super) attempts: Option<i64>,
}

impl Health {
    /// The first look is due after one interval: the session began with one.
    pub(super) fn new(client: Client, every: Duration) -> Self {
        Self {
            client,
            every,
            due: Instant::now() + every,
            running: None,
        }
    }

    /// The result of a finished look; starts the next when it is due.
    pub(super) async fn poll(&mut self) -> Option<Look> {
        if let Some(running) = self.running.take_if(|running| running.is_finished()) {
            self.due = Instant::now() + self.every;
            return running.await.ok();
        }
        if self.running.is_none() && Instant::now() >= self.due {
            let client = self.client.clone();
            self.running = Some(tokio::spawn(look(client)));
        }
        None
    }

    /// The gateway said that something changed: look now.
    pub(super) fn hurry(&mut self) {
        self.due = Instant::now();
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

async fn look(client: Client) -> Look {
    let overview = client.overview().await;
    let attempts = match &overview {
        Ok(_) => client.attempts().await.unwrap_or_default(),
        Err(_) => None,
    };
    Look { overview, attempts }
}
