//! Whether the Management Key may be sent. CPA bans whoever sends five wrong
//! keys in a row, so a key it refused is not sent again until a person acts,
//! and a key that was never accepted goes out one request at a time. Whoever
//! sends the key by itself, other than the collector, shares one.

use std::sync::{Mutex, PoisonError};

use secrecy::ExposeSecret as _;
use tokio::sync::MutexGuard;

use crate::domain::collection::{Connection, Reason, State, Status};
use crate::domain::units::{At, Ms};
use crate::gateway::types::Error;

/// How long CPA bans when it does not say.
const BAN: Ms = Ms(30 * 60_000);

/// What is known of the key of the connection in use.
#[derive(Debug, Default)]
pub struct KeyWatch {
    known: Mutex<Option<Known>>,
    /// Held by the one request that tries a key nobody knows yet.
    trial: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Known {
    of: Connection,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Rejected,
    Banned { until: At },
}

/// The right to send the key once; a trial holds others back until dropped.
#[derive(Debug)]
pub struct Leave<'w> {
    trial: Option<MutexGuard<'w, ()>>,
}

impl Leave<'_> {
    /// The answer is known: others need not wait for its body.
    pub fn done(mut self) {
        self.trial = None;
    }
}

impl KeyWatch {
    /// Whether the key of this connection may be sent now, also by what the
    /// collector learnt.
    pub async fn ask(
        &self,
        connection: &Connection,
        collector: &Status,
        now: At,
    ) -> Result<Leave<'_>, Error> {
        if let Some(error) = of_collector(collector, now) {
            return Err(error);
        }
        if self.verdict(connection, now)? {
            return Ok(Leave { trial: None });
        }
        let trial = self.trial.lock().await;
        let trial = (!self.verdict(connection, now)?).then_some(trial);
        Ok(Leave { trial })
    }

    /// Whether the gateway refused the key of this connection.
    pub fn refused(&self, connection: &Connection, now: At) -> bool {
        self.verdict(connection, now).is_err()
    }

    /// Remembers what the gateway made of the key.
    pub fn learn(&self, connection: &Connection, outcome: Result<(), &Error>, now: At) {
        let verdict = match outcome {
            Ok(()) => Verdict::Accepted,
            Err(Error::KeyRejected) => Verdict::Rejected,
            Err(Error::Banned { remaining }) => {
                let left = remaining.map(crate::gateway::types::millis);
                Verdict::Banned {
                    until: now + left.unwrap_or(BAN),
                }
            }
            Err(_) => return,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = known
            .as_ref()
            .is_some_and(|known| known.verdict != Verdict::Accepted && same(&known.of, connection));
        // An answer that was under way when the key was refused proves nothing.
        if verdict == Verdict::Accepted && refused {
            return;
        }
        let of = connection.clone();
        *known = Some(Known { of, verdict });
    }

    /// A person wants it tried again.
    pub fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the key is known to be accepted; an error when it was refused.
    fn verdict(&self, connection: &Connection, now: At) -> Result<bool, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = known.as_ref().filter(|known| same(&known.of, connection)) else {
            return Ok(false);
        };
        match found.verdict {
            Verdict::Accepted => Ok(true),
            Verdict::Rejected => Err(Error::KeyRejected),
            Verdict::Banned { until } if until > now => Err(banned(until - now)),
            Verdict::Banned { .. } => {
                *known = None;
                Ok(false)
            }
        }
    }
}

/// The collector uses the same key from the same address.
fn of_collector(status: &Status, now: At) -> Option<Error> {
    match &status.reason {
        Some(Reason::KeyRejected) if status.state == State::Stopped => Some(Error::KeyRejected),
        Some(Reason::Banned { until: Some(until) }) if *until > now => Some(banned(*until - now)),
        _ => None,
    }
}

fn banned(left: Ms) -> Error {
    let millis = u64::try_from(left.0).unwrap_or(0);
    Error::Banned {
        remaining: Some(std::time::Duration::from_millis(millis)),
    }
}

fn same(one: &Connection, other: &Connection) -> bool {
    one.url == other.url && one.key.expose_secret() == other.key.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: At = At(1_800_000_000_000);

    fn connection(key: &str) -> Connection {
        Connection {
            url: String::from("http://127.0.0.1:8317"),
            key: key.into(),
            insecure_tls: false,
        }
    }

    async fn may(watch: &KeyWatch, key: &str, now: At) -> Result<bool, Error> {
        let leave = watch.ask(&connection(key), &Status::default(), now).await?;
        Ok(leave.trial.is_none())
    }

    #[tokio::test]
    async fn a_refused_key_is_not_sent_again_until_somebody_acts() {
        let watch = KeyWatch::default();
        assert_eq!(may(&watch, "k", NOW).await, Ok(false));
        watch.learn(&connection("k"), Err(&Error::KeyRejected), NOW);
        assert_eq!(
            may(&watch, "k", NOW + Ms::DAY).await,
            Err(Error::KeyRejected)
        );
        watch.learn(&connection("k"), Ok(()), NOW);
        assert_eq!(may(&watch, "k", NOW).await, Err(Error::KeyRejected));
        assert_eq!(may(&watch, "another", NOW).await, Ok(false));
        watch.forget();
        assert_eq!(may(&watch, "k", NOW).await, Ok(false));
        watch.learn(&connection("k"), Ok(()), NOW);
        assert_eq!(may(&watch, "k", NOW).await, Ok(true));
    }

    #[tokio::test]
    async fn a_ban_ends() {
        let watch = KeyWatch::default();
        let ban = Error::Banned { remaining: None };
        watch.learn(&connection("k"), Err(&ban), NOW);
        let left = may(&watch, "k", NOW + Ms(60_000)).await.unwrap_err();
        assert_eq!(left, banned(Ms(29 * 60_000)));
        assert_eq!(may(&watch, "k", NOW + BAN).await, Ok(false));
    }

    #[tokio::test]
    async fn a_key_nobody_knows_goes_out_once() {
        let watch = KeyWatch::default();
        let (one, status) = (connection("k"), Status::default());
        let first = watch.ask(&one, &status, NOW).await.unwrap();
        let mut second = Box::pin(watch.ask(&one, &status, NOW));
        assert!(futures_util::poll!(&mut second).is_pending());
        watch.learn(&one, Err(&Error::KeyRejected), NOW);
        first.done();
        assert_eq!(second.await.unwrap_err(), Error::KeyRejected);
    }

    #[tokio::test]
    async fn what_stopped_the_collector_stops_the_others() {
        let watch = KeyWatch::default();
        let mut status = Status {
            state: State::Stopped,
            reason: Some(Reason::KeyRejected),
            ..Status::default()
        };
        let refused = watch.ask(&connection("k"), &status, NOW).await;
        assert_eq!(refused.unwrap_err(), Error::KeyRejected);
        let until = Some(NOW + Ms(5_000));
        status.reason = Some(Reason::Banned { until });
        let refused = watch.ask(&connection("k"), &status, NOW).await;
        assert_eq!(refused.unwrap_err(), banned(Ms(5_000)));
    }
}
