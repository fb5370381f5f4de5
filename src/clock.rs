//! The only place that asks the machine for the time. Everything else takes
//! `now` as a value, so tests decide what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use crate::domain::units::{At, Ms};

/// Where the time comes from: the machine, or a value a test sets.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Stands still until [`Clock::set`] moves it. Clones share the hand.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    #[must_use]
    pub fn fixed(at: At) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.0)))
    }

    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now(&self) -> At {
        match self {
            Self::System => At(chrono::Utc::now().timestamp_millis()),
            Self::Fixed(hand) => At(hand.load(Ordering::SeqCst)),
        }
    }

    /// Starts to measure a span.
    #[must_use]
    pub fn stopwatch(&self) -> Stopwatch {
        Stopwatch {
            clock: self.clone(),
            at: self.now(),
            instant: Instant::now(),
        }
    }

    /// Moves a fixed clock; a system clock ignores it.
    pub fn set(&self, at: At) {
        if let Self::Fixed(hand) = self {
            hand.store(at.0, Ordering::SeqCst);
        }
    }
}

/// A span since a moment, which does not change when somebody sets the clock of
/// the machine.
#[derive(Clone, Debug)]
pub struct Stopwatch {
    clock: Clock,
    at: At,
    instant: Instant,
}

impl Stopwatch {
    #[must_use]
    pub fn elapsed(&self) -> Ms {
        match &self.clock {
            Clock::System => {
                Ms(i64::try_from(self.instant.elapsed().as_millis()).unwrap_or(i64::MAX))
            }
            fixed @ Clock::Fixed(_) => fixed.now() - self.at,
        }
    }
}
