//! How many requests may be out whose key the gateway has not looked at yet. It
//! may get another key at any moment, and then each of them counts towards a
//! ban; so there are never more than it forgives. A slow answer holds nobody up
//! for long: a quick question of our own shows that the key still opens.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Lock, MutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::gateway::types::Error;

/// Out at once. With the question of our own and the collector, which shows the
/// key by itself, this makes four; the fifth wrong key in a row bans.
const PLACES: usize = 2;
/// CPA looks at the key before anything else: what went out so long before a
/// request that was accepted has been looked at, whatever its answer waits for.
const LOOKED_AT: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Turns {
    places: Arc<Semaphore>,
    /// Held by the one request that tries a key nobody knows yet.
    trial: Lock<()>,
    /// Held while the quick question is out.
    question: Lock<()>,
    out: Mutex<Out>,
}

#[derive(Debug, Default)]
struct Out {
    last: u64,
    /// Without an answer that tells of the key; also those nobody waits for any
    /// more. The oldest first.
    requests: Vec<Request>,
    /// The quick question got no answer either.
    unanswered: Option<(Instant, Error)>,
}

#[derive(Debug)]
struct Request {
    number: u64,
    sent: Instant,
    _place: OwnedSemaphorePermit,
}

/// The right to send.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    /// Others wait for what becomes of it.
    pub(super) trial: Option<MutexGuard<'t, ()>>,
    place: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            trial: Lock::default(),
            question: Lock::default(),
            out: Mutex::default(),
        }
    }
}

impl Turns {
    /// First come, first served. A key that is not `known` goes alone.
    pub(super) async fn next(&self, known: bool) -> Turn<'_> {
        let trial = if known {
            None
        } else {
            Some(self.trial.lock().await)
        };
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.expect("the places are never closed");
        Turn { trial, place }
    }

    /// Counts one as out.
    pub(super) fn take(&self, turn: Turn<'_>) -> u64 {
        let mut out = self.out();
        out.last += 1;
        let number = out.last;
        out.requests.push(Request {
            number,
            sent: Instant::now(),
            _place: turn.place,
        });
        number
    }

    /// It is sent only now.
    pub(super) fn goes(&self, number: u64) {
        let mut out = self.out();
        let place = out.requests.iter().position(|r| r.number == number);
        if let Some(mut request) = place.map(|place| out.requests.remove(place)) {
            request.sent = Instant::now();
            out.requests.push(request);
        }
    }

    /// The gateway has dealt with it.
    pub(super) fn back(&self, number: u64) {
        self.out().requests.retain(|r| r.number != number);
    }

    /// The gateway accepted the key of this one.
    pub(super) fn accepted(&self, number: u64) {
        let sent = {
            let out = self.out();
            let found = out.requests.iter().find(|r| r.number == number);
            found.map(|request| request.sent)
        };
        if let Some(sent) = sent {
            self.accepted_at(sent);
        }
        self.back(number);
    }

    /// The gateway accepted a key that was sent then.
    pub(super) fn accepted_at(&self, sent: Instant) {
        self.out().requests.retain(|r| r.sent + LOOKED_AT > sent);
    }

    /// Whoever listened there does so no more.
    pub(super) fn clear(&self) {
        self.out().requests.clear();
    }

    /// Resolves when requests wait for one that has been out for long, and gives
    /// the right to ask the quick question.
    pub(super) async fn stuck(&self) -> MutexGuard<'_, ()> {
        loop {
            let left = self
                .oldest()
                .map_or(LOOKED_AT, |sent| LOOKED_AT.saturating_sub(sent.elapsed()));
            if !left.is_zero() {
                tokio::time::sleep(left).await;
                continue;
            }
            let question = self.question.lock().await;
            let still = self
                .oldest()
                .is_some_and(|sent| sent.elapsed() >= LOOKED_AT);
            if still {
                return question;
            }
        }
    }

    pub(super) fn gave_no_answer(&self, error: &Error) {
        self.out().unanswered = Some((Instant::now(), error.clone()));
    }

    /// Why the quick question got no answer, if it was asked after `began`.
    pub(super) fn unanswered(&self, began: Instant) -> Option<Error> {
        let out = self.out();
        let (at, error) = out.unanswered.as_ref()?;
        (*at >= began).then(|| error.clone())
    }

    fn oldest(&self) -> Option<Instant> {
        self.out().requests.first().map(|request| request.sent)
    }

    fn out(&self) -> std::sync::MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
