//! Trying a better transport beside the one that works, so that a transport
//! that still does not work costs nothing but the attempt.

use tokio::task::JoinHandle;

use crate::domain::collection::Connection;
use crate::gateway::queue::{Limits, resp};
use crate::gateway::types::Error;

/// At most one attempt at RESP at a time.
#[derive(Default)]
pub(super) struct Climb {
    running: Option<JoinHandle<Result<(), Error>>>,
}

impl Climb {
    /// Starts an attempt, or gives the result of a finished one.
    pub(super) async fn poll(
        &mut self,
        connection: &Connection,
        key: resp::Key,
        limits: Limits,
    ) -> Option<Result<(), Error>> {
        let Some(running) = self.running.take_if(|running| running.is_finished()) else {
            self.running
                .get_or_insert_with(|| tokio::spawn(attempt(connection.clone(), key, limits)));
            return None;
        };
        running.await.ok()
    }
}

impl Drop for Climb {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

/// Authenticates and takes nothing.
async fn attempt(connection: Connection, key: resp::Key, limits: Limits) -> Result<(), Error> {
    resp::Queue::connect(&connection, key, limits).await?;
    Ok(())
}
