//! The `errors` channel on a connection of its own: failures are known as they
//! happen. Nothing is queued there and nobody is starved. A gateway that is too
//! old for it is not asked: old ones take any channel for the one of usage, and
//! would send us the collector's events. One message that makes no sense is
//! passed over; whatever ends the listening, something starts it again.

use std::time::Duration;

use tokio::sync::watch::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{Desk, same};
use crate::domain::account::trouble::{self, Report};
use crate::domain::collection::{Connection, Status, Transport};
use crate::gateway::queue::subscribe::{ERRORS, Subscription};
use crate::gateway::types::Error;

/// Messages taken in at once.
const MESSAGES: usize = 200;
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MOST: Duration = Duration::from_mins(1);
/// A gateway without the channel may get it without our noticing.
const RETRY_REFUSED: Duration = Duration::from_mins(10);
/// The first version with the channel.
const SINCE: [u32; 3] = [7, 1, 44];

/// Why there is nothing more to hear.
enum End {
    Error(Error),
    /// What it carries is the collector's.
    Misled,
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Desk {
    /// Listens until `stop`, wherever there is something to listen to.
    pub async fn keep_listening(self, stop: CancellationToken) {
        let mut retry = RETRY_FIRST;
        loop {
            let connection = tokio::select! {
                connection = self.speaks() => connection,
                () = stop.cancelled() => return,
            };
            let ended = tokio::select! {
                ended = self.listen(&connection, &mut retry) => ended,
                () = self.moved(&connection) => Ok(()),
                () = stop.cancelled() => return,
            };
            self.change_listening(false);
            let Err(end) = ended else { continue };
            let rest = match &end {
                End::Misled => {
                    log::warn!("the gateway sends its usage as errors: not listening to it");
                    None
                }
                End::Error(error) => {
                    log::debug!("not listening to the gateway's errors: {error}");
                    self.note(error);
                    match error {
                        // Nobody speaks before the key is proven anew.
                        Error::KeyRejected | Error::Banned { .. } => continue,
                        Error::Unsupported(_) => Some(RETRY_REFUSED),
                        _ => Some(retry),
                    }
                }
            };
            retry = (retry * 2).min(RETRY_MOST);
            let pause = async {
                match rest {
                    Some(rest) => tokio::time::sleep(rest).await,
                    // Every attempt would cost the collector an event.
                    None => self.came_back().await,
                }
            };
            tokio::select! {
                () = pause => {}
                () = self.moved(&connection) => retry = RETRY_FIRST,
                () = stop.cancelled() => return,
            }
        }
    }

    async fn listen(&self, connection: &Connection, retry: &mut Duration) -> Result<(), End> {
        let limits = self.0.tuning.limits;
        let leave = self.0.key.ask(connection).await?;
        let channel = Subscription::open(connection, ERRORS, limits).await;
        leave.answered(channel.as_ref().map(|_| ()));
        let mut channel = channel?;
        *retry = RETRY_FIRST;
        self.change_listening(true);
        // What failed between the last list and now was said to nobody.
        self.stir();
        loop {
            let messages = channel.next(MESSAGES).await?.events;
            let now = self.0.clock.now();
            let mut heard = Vec::new();
            for message in &messages {
                match Report::read(message, now) {
                    Some(report) => heard.push(report),
                    None if trouble::is_usage(message) => return Err(End::Misled),
                    None => log::debug!("passing over a message that is no report of a failure"),
                }
            }
            if !heard.is_empty() {
                self.hear(heard).await;
            }
        }
    }

    /// Waits for a gateway that has the channel and has accepted the key.
    async fn speaks(&self) -> Connection {
        let mut proven = self.0.proven.subscribe();
        let mut status = self.0.status.clone();
        loop {
            let connection = proven.borrow_and_update().clone();
            let able = {
                let status = status.borrow_and_update();
                let spoken = status.transport != Some(Transport::Http);
                spoken && has_channel(status.gateway.version.as_deref())
            };
            if let Some(connection) = connection
                && able
                && self.permitted().is_some_and(|now| same(&now, &connection))
            {
                return connection;
            }
            let changed = tokio::select! {
                changed = proven.changed() => changed,
                changed = status.changed() => changed,
            };
            if changed.is_err() {
                // Nobody says anything any more: the process is about to end.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until the gateway is another one, or has become another version.
    async fn moved(&self, connection: &Connection) {
        let mut settings = self.0.settings.clone();
        let mut status = self.0.status.clone();
        let version = status.borrow().gateway.version.clone();
        let elsewhere = settings.wait_for(|settings| {
            let now = settings.connection.as_ref();
            !now.is_some_and(|now| same(now, connection))
        });
        let other = status.wait_for(|status| status.gateway.version != version);
        let ended = tokio::select! {
            moved = elsewhere => moved.is_err(),
            moved = other => moved.is_err(),
        };
        if ended {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the gateway was away and is there again: it may have been
    /// replaced.
    async fn came_back(&self) {
        let mut status = self.0.status.clone();
        let back = async {
            let away = |status: &Status| status.gateway.reachable == Some(false);
            status.wait_for(away).await?;
            status.wait_for(|status| !away(status)).await?;
            Ok::<_, RecvError>(())
        };
        if back.await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn change_listening(&self, listening: bool) {
        if self.roster().listening != listening {
            self.change(|roster| roster.listening = listening);
        }
    }
}

/// What says no number is somebody's own build, which may be an old one: there an
/// event of the collector's would come to us and be lost. Its failures are known
/// from the list and from the stored events.
fn has_channel(version: Option<&str>) -> bool {
    let Some(version) = version else {
        return false;
    };
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    let mut number = || parts.next()?.parse::<u32>().ok();
    match (number(), number(), number()) {
        (Some(major), Some(minor), Some(patch)) => [major, minor, patch] >= SINCE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_with_the_channel_are_asked_for_it() {
        for (version, has) in [
            (Some("7.1.43"), false),
            (Some("v7.1.44"), true),
            (Some("7.2.0-rc1"), true),
            (Some("6.9.38"), false),
            (Some("dev"), false),
            (None, false),
        ] {
            assert_eq!(has_channel(version), has, "{version:?}");
        }
    }
}
