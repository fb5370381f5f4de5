//! Whether the Management Key may be sent. CPA bans whoever sends five wrong
//! keys in a row, so a key it refused is not sent again until a person acts, a
//! key that was never accepted goes out one request at a time, and of an
//! accepted one no more are out unlooked at than CPA forgives ([`turns`]): it
//! may change there at any moment. Everybody who sends the key by himself shares
//! one; the collector's polling only tells what it learnt.

mod turns;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use crate::domain::collection::Connection;
use crate::gateway::client::Client;
use crate::gateway::types::Error;
use turns::{Turn, Turns};

/// How long CPA bans when it does not say.
const BAN: Duration = Duration::from_mins(30);
/// For the answer to a question that takes no time.
const QUICK: Duration = Duration::from_secs(5);

/// What is known of the key of the connection in use.
#[derive(Debug, Default)]
pub struct KeyWatch {
    known: Mutex<Option<Known>>,
    turns: Turns,
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
    Banned { until: Instant },
}

/// The right to send the key once. Dropped without a word on what came of it,
/// the request counts as out until a later one was accepted.
#[derive(Debug)]
#[must_use]
pub struct Leave<'w> {
    watch: &'w KeyWatch,
    of: Connection,
    number: u64,
    /// Others wait for what becomes of it.
    trial: Option<MutexGuard<'w, ()>>,
}

impl Leave<'_> {
    /// The request is sent only now.
    pub fn goes(&self) {
        self.watch.turns.goes(self.number);
    }

    /// What the gateway made of the key, as far as the outcome tells.
    pub fn answered(self, outcome: Result<(), &Error>) {
        let Self {
            watch,
            of,
            number,
            trial,
        } = self;
        watch.learn(&of, outcome);
        match outcome {
            Ok(()) => watch.turns.accepted(number),
            // It may still look at it.
            Err(Error::TimedOut) => {}
            Err(_) => watch.turns.back(number),
        }
        // Whoever waits for it learns it now.
        drop(trial);
    }

    /// There was an answer, and it says nothing of the key.
    pub fn unproven(self) {
        self.watch.turns.back(self.number);
    }
}

impl KeyWatch {
    /// Waits until the key of this connection may be sent; an error when it may
    /// not.
    pub async fn ask(&self, connection: &Connection) -> Result<Leave<'_>, Error> {
        let began = Instant::now();
        loop {
            let known = self.verdict(connection)?;
            let Some(turn) = self.turn(connection, known, began).await? else {
                continue;
            };
            // What was learnt while waiting counts.
            let accepted = self.verdict(connection)?;
            if accepted || turn.trial.is_some() {
                return Ok(self.leave(connection, turn, accepted));
            }
        }
    }

    fn leave<'w>(&'w self, connection: &Connection, mut turn: Turn<'w>, known: bool) -> Leave<'w> {
        let trial = turn.trial.take().filter(|_| !known);
        Leave {
            watch: self,
            of: connection.clone(),
            number: self.turns.take(turn),
            trial,
        }
    }

    /// Waits for a turn, and finds out why it takes long; `None` when that
    /// showed that a key nobody knew is accepted.
    async fn turn(
        &self,
        connection: &Connection,
        known: bool,
        began: Instant,
    ) -> Result<Option<Turn<'_>>, Error> {
        let turn = self.turns.next(known);
        tokio::pin!(turn);
        loop {
            let question = tokio::select! {
                biased;
                turn = &mut turn => return Ok(Some(turn)),
                question = self.turns.stuck() => question,
            };
            // Others who waited meanwhile got none either.
            if let Some(error) = self.turns.unanswered(began) {
                return Err(error);
            }
            self.verdict(connection)?;
            self.quick_question(connection).await?;
            drop(question);
            if !known && self.verdict(connection)? {
                return Ok(None);
            }
        }
    }

    /// Shows whether the key still opens.
    async fn quick_question(&self, connection: &Connection) -> Result<(), Error> {
        let sent = Instant::now();
        let client = Client::new(connection)?.patient(QUICK);
        let answer = client.opens().await;
        self.learn(connection, answer.as_ref().copied());
        match answer {
            Ok(()) | Err(Error::Unsupported(_)) => self.turns.accepted_at(sent),
            // Whoever had requests of ours is gone.
            Err(Error::Unreachable(_)) => self.turns.clear(),
            Err(Error::TimedOut) => self.turns.gave_no_answer(&Error::TimedOut),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Whether the gateway refused the key of this connection.
    pub fn refused(&self, connection: &Connection) -> bool {
        self.verdict(connection).is_err()
    }

    /// Remembers what the gateway made of the key.
    pub fn learn(&self, connection: &Connection, outcome: Result<(), &Error>) {
        let verdict = match outcome {
            Ok(()) => Verdict::Accepted,
            Err(Error::KeyRejected) => Verdict::Rejected,
            Err(Error::Banned { remaining }) => Verdict::Banned {
                until: Instant::now() + remaining.unwrap_or(BAN),
            },
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
    fn verdict(&self, connection: &Connection) -> Result<bool, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = known.as_ref().filter(|known| same(&known.of, connection)) else {
            return Ok(false);
        };
        match found.verdict {
            Verdict::Accepted => Ok(true),
            Verdict::Rejected => Err(Error::KeyRejected),
            Verdict::Banned { until } => {
                let remaining = until.saturating_duration_since(Instant::now());
                if remaining.is_zero() {
                    *known = None;
                    return Ok(false);
                }
                let remaining = Some(remaining);
                Err(Error::Banned { remaining })
            }
        }
    }
}

fn same(one: &Connection, other: &Connection) -> bool {
    one.url == other.url && one.key.expose_secret() == other.key.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(key: &str) -> Connection {
        Connection {
            url: String::from("http://127.0.0.1:8317"),
            key: key.into(),
            insecure_tls: false,
        }
    }

    /// Whether it may be sent without trying it first.
    async fn may(watch: &KeyWatch, key: &str) -> Result<bool, Error> {
        let leave = watch.ask(&connection(key)).await?;
        let known = leave.trial.is_none();
        leave.unproven();
        Ok(known)
    }

    #[tokio::test]
    async fn a_refused_key_is_not_sent_again_until_somebody_acts() {
        let watch = KeyWatch::default();
        assert_eq!(may(&watch, "k").await, Ok(false));
        watch.learn(&connection("k"), Err(&Error::KeyRejected));
        assert_eq!(may(&watch, "k").await, Err(Error::KeyRejected));
        watch.learn(&connection("k"), Ok(()));
        assert_eq!(may(&watch, "k").await, Err(Error::KeyRejected));
        assert_eq!(may(&watch, "another").await, Ok(false));
        watch.forget();
        assert_eq!(may(&watch, "k").await, Ok(false));
        watch.learn(&connection("k"), Ok(()));
        assert_eq!(may(&watch, "k").await, Ok(true));
    }

    #[tokio::test]
    async fn a_ban_ends() {
        let watch = KeyWatch::default();
        let ban = |remaining| Error::Banned { remaining };
        watch.learn(&connection("k"), Err(&ban(None)));
        let Err(Error::Banned { remaining }) = may(&watch, "k").await else {
            panic!("it is banned");
        };
        assert!(remaining.unwrap() > Duration::from_mins(29));
        watch.learn(&connection("k"), Err(&ban(Some(Duration::ZERO))));
        assert_eq!(may(&watch, "k").await, Ok(false));
    }

    #[tokio::test]
    async fn a_key_nobody_knows_goes_out_once() {
        let (watch, one) = (KeyWatch::default(), connection("k"));
        let first = watch.ask(&one).await.unwrap();
        let mut second = Box::pin(watch.ask(&one));
        assert!(futures_util::poll!(&mut second).is_pending());
        first.answered(Err(&Error::KeyRejected));
        assert_eq!(second.await.unwrap_err(), Error::KeyRejected);
    }

    #[tokio::test]
    async fn a_known_key_goes_out_no_more_often_than_is_forgiven() {
        let (watch, one) = (KeyWatch::default(), connection("k"));
        watch.learn(&one, Ok(()));
        let first = watch.ask(&one).await.unwrap();
        let second = watch.ask(&one).await.unwrap();
        let mut third = Box::pin(watch.ask(&one));
        assert!(futures_util::poll!(&mut third).is_pending());
        first.answered(Ok(()));
        let third = third.await.unwrap();
        let mut fourth = Box::pin(watch.ask(&one));
        assert!(futures_util::poll!(&mut fourth).is_pending());
        second.answered(Err(&Error::KeyRejected));
        assert_eq!(fourth.await.unwrap_err(), Error::KeyRejected);
        third.answered(Ok(()));
        assert_eq!(may(&watch, "k").await, Err(Error::KeyRejected));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_still_counts() {
        let (watch, one) = (KeyWatch::default(), connection("k"));
        watch.learn(&one, Ok(()));
        drop(watch.ask(&one).await.unwrap());
        let late = watch.ask(&one).await.unwrap();
        late.answered(Err(&Error::TimedOut));
        let mut third = Box::pin(watch.ask(&one));
        assert!(futures_util::poll!(&mut third).is_pending());
    }
}
