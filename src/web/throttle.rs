//! Slows down guessing of the Admin Key: five failures a minute from one
//! source, sixty from all together, then pauses that double up to 15 minutes.
//! Stands before every verifier. Holds a bounded table and takes `now`; knows
//! nothing of keys.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::domain::units::{At, Ms};

const FAILURES: u32 = 5;
const FAILURES_OF_ALL: u32 = 60;
const WINDOW: Ms = Ms::MINUTE;
const LONGEST_PAUSE: Ms = Ms(15 * 60_000);
/// Sources remembered; the longest quiet one gives way.
const SOURCES: usize = 4_096;

/// Failures of everybody, by source.
#[derive(Debug, Default)]
pub struct Throttle {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    sources: HashMap<IpAddr, Source>,
    all: Window,
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    since: At,
    failures: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Source {
    window: Window,
    blocked_until: At,
    /// How often in a row it was blocked: the pause doubles.
    pauses: u32,
    /// It knew the key once: guesses of others do not slow it down.
    known: bool,
    last_seen: At,
}

/// Try again after this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many failed attempts")]
pub struct Wait(pub Ms);

impl Throttle {
    /// Counts an attempt as failed before it is made, so that many at once do
    /// not slip through; [`Throttle::succeeded`] takes it back. Says how many
    /// tries are left in this minute.
    pub fn attempt(&self, source: IpAddr, now: At) -> Result<u32, Wait> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let Table { sources, all } = &mut *table;
        if !sources.contains_key(&source) && sources.len() >= SOURCES {
            evict(sources);
        }
        let known = sources.get(&source).is_some_and(|s| s.known);
        all.turn(now);
        if all.failures >= FAILURES_OF_ALL && !known {
            return Err(Wait(all.since + WINDOW - now));
        }
        let entry = sources.entry(source).or_default();
        entry.attempt(now, source.is_loopback())?;
        all.failures += 1;
        Ok(FAILURES.saturating_sub(entry.window.failures))
    }

    /// The attempt was right: it and the failures before it are forgotten.
    pub fn succeeded(&self, source: IpAddr) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = table.sources.get_mut(&source) {
            *entry = Source {
                known: true,
                last_seen: entry.last_seen,
                ..Source::default()
            };
        }
        table.all.failures = table.all.failures.saturating_sub(1);
    }

    /// The attempt was none at this key: it alone is forgotten.
    pub fn take_back(&self, source: IpAddr) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = table.sources.get_mut(&source) {
            entry.window.failures = entry.window.failures.saturating_sub(1);
        }
        table.all.failures = table.all.failures.saturating_sub(1);
    }
}

impl Window {
    /// A clock that went back starts a new window too.
    fn turn(&mut self, now: At) {
        if now - self.since >= WINDOW || now < self.since {
            *self = Self {
                since: now,
                failures: 0,
            };
        }
    }
}

impl Source {
    fn attempt(&mut self, now: At, loopback: bool) -> Result<(), Wait> {
        self.last_seen = now;
        // Never longer than the longest pause, wherever the clock went.
        self.blocked_until = self.blocked_until.min(now + LONGEST_PAUSE);
        if self.blocked_until > now {
            return Err(Wait(self.blocked_until - now));
        }
        if now - self.blocked_until >= LONGEST_PAUSE {
            self.pauses = 0;
        }
        self.window.turn(now);
        if self.window.failures >= FAILURES {
            // Behind a proxy that is not configured everybody is loopback:
            // nobody may lock everybody out for long.
            let pause = if loopback { 0 } else { self.pauses };
            let pause = Ms(WINDOW.0 << pause.min(4)).min(LONGEST_PAUSE);
            self.pauses += 1;
            self.blocked_until = now + pause;
            self.window = Window::default();
            return Err(Wait(pause));
        }
        self.window.failures += 1;
        Ok(())
    }
}

/// Makes room: a quarter goes, unseen for longest first, those who know the key
/// last.
fn evict(sources: &mut HashMap<IpAddr, Source>) {
    let mut order: Vec<_> = sources
        .iter()
        .map(|(ip, source)| (source.known, source.last_seen, *ip))
        .collect();
    order.sort_unstable();
    for (_, _, ip) in order.into_iter().take(SOURCES / 4) {
        sources.remove(&ip);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const START: At = At(1_800_000_000_000);

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n))
    }

    fn fail(throttle: &Throttle, source: IpAddr, times: u32, now: At) {
        for _ in 0..times {
            throttle.attempt(source, now).unwrap();
        }
    }

    #[test]
    fn the_sixth_failure_waits_and_pauses_double() {
        let throttle = Throttle::default();
        let mut now = START;
        for minutes in [1, 2, 4, 8, 15, 15] {
            fail(&throttle, ip(1), FAILURES, now);
            let pause = Ms(minutes * 60_000);
            assert_eq!(throttle.attempt(ip(1), now), Err(Wait(pause)));
            let almost = now + pause - Ms(1);
            assert_eq!(throttle.attempt(ip(1), almost), Err(Wait(Ms(1))));
            now = now + pause;
        }
    }

    #[test]
    fn other_sources_are_not_affected_until_all_together_fail() {
        let throttle = Throttle::default();
        for n in 0..12 {
            fail(&throttle, ip(n), FAILURES, START);
        }
        assert_eq!(throttle.attempt(ip(99), START), Err(Wait(WINDOW)));
        assert_eq!(throttle.attempt(ip(99), START + WINDOW), Ok(4));
    }

    #[test]
    fn who_knows_the_key_is_not_slowed_down_by_others() {
        let throttle = Throttle::default();
        throttle.attempt(ip(99), START).unwrap();
        throttle.succeeded(ip(99));
        for n in 0..12 {
            fail(&throttle, ip(n), FAILURES, START);
        }
        assert_eq!(throttle.attempt(ip(99), START), Ok(4));
    }

    #[test]
    fn success_forgets_failures() {
        let throttle = Throttle::default();
        fail(&throttle, ip(1), FAILURES, START);
        throttle.succeeded(ip(1));
        assert_eq!(throttle.attempt(ip(1), START), Ok(4));
    }

    #[test]
    fn what_is_taken_back_forgets_nothing_else() {
        let throttle = Throttle::default();
        for _ in 0..100 {
            throttle.attempt(ip(1), START).unwrap();
            throttle.take_back(ip(1));
        }
        fail(&throttle, ip(1), FAILURES - 1, START);
        assert_eq!(throttle.attempt(ip(1), START), Ok(0));
        throttle.take_back(ip(1));
        assert_eq!(throttle.attempt(ip(1), START), Ok(0));
        assert!(throttle.attempt(ip(1), START).is_err());
    }

    #[test]
    fn loopback_waits_a_minute_at_most() {
        let throttle = Throttle::default();
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut now = START;
        for _ in 0..4 {
            fail(&throttle, loopback, FAILURES, now);
            assert_eq!(throttle.attempt(loopback, now), Err(Wait(WINDOW)));
            now = now + WINDOW;
        }
    }

    #[test]
    fn a_clock_that_jumps_back_blocks_nobody_for_long() {
        let throttle = Throttle::default();
        fail(&throttle, ip(1), FAILURES, START);
        throttle.attempt(ip(1), START).unwrap_err();
        let earlier = START - Ms::DAY;
        assert_eq!(throttle.attempt(ip(1), earlier), Err(Wait(LONGEST_PAUSE)));
        assert!(throttle.attempt(ip(1), earlier + LONGEST_PAUSE).is_ok());
    }

    #[test]
    fn the_table_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..100_000 {
            let _ = throttle.attempt(ip(n), START + Ms(i64::from(n) * 2_000));
        }
        let table = throttle.table.lock().unwrap();
        assert!(table.sources.len() <= SOURCES);
    }
}
