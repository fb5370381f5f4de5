//! Which transport to use. Popping is preferred, because what is queued
//! survives our own restarts: RESP first, HTTP where RESP cannot pass, a
//! subscription only against another subscriber. A step down is never for
//! good. Pure: time comes in as values.

use std::time::{Duration, Instant};

use crate::domain::collection::{Mode, Transport};
use crate::gateway::types::Error;

/// A transport that turned out not to work is left alone for a while, twice as
/// long every time, up to this bound.
const LONGEST_REST: Duration = Duration::from_mins(10);
/// After this long against another subscriber, see whether it is still there.
const RIVAL_REST: Duration = Duration::from_hours(24);
/// So many connections in a row must fail, while the gateway answers HTTP,
/// before RESP is taken to be blocked.
const STRIKES: u32 = 2;

#[derive(Clone, Debug)]
pub(super) struct Ladder {
    mode: Mode,
    first_rest: Duration,
    resp: Rung,
    http: Rung,
    subscribe: Rung,
    rival_until: Option<Instant>,
}

/// What is known of one transport.
#[derive(Clone, Debug, Default)]
struct Rung {
    strikes: u32,
    closed_until: Option<Instant>,
    rest: Duration,
}

impl Rung {
    fn is_open(&self, now: Instant) -> bool {
        self.closed_until.is_none_or(|until| until <= now)
    }

    fn close(&mut self, now: Instant, first: Duration) {
        self.rest = (self.rest * 2).clamp(first, LONGEST_REST.max(first));
        self.closed_until = Some(now + self.rest);
        self.strikes = 0;
    }
}

impl Ladder {
    #[must_use]
    pub(super) fn new(mode: Mode, first_rest: Duration) -> Self {
        Self {
            mode,
            first_rest,
            resp: Rung::default(),
            http: Rung::default(),
            subscribe: Rung::default(),
            rival_until: None,
        }
    }

    /// The transport to use now.
    #[must_use]
    pub(super) fn choose(&self, now: Instant) -> Transport {
        match self.mode {
            Mode::Resp => Transport::Resp,
            Mode::Subscribe => Transport::Subscribe,
            Mode::Http => Transport::Http,
            Mode::Auto => self.best(now),
        }
    }

    fn best(&self, now: Instant) -> Transport {
        if self.has_rival(now) && self.subscribe.is_open(now) {
            Transport::Subscribe
        } else if self.resp.is_open(now) || !self.http.is_open(now) {
            Transport::Resp
        } else {
            Transport::Http
        }
    }

    /// Whether a better transport than the one in use is worth an attempt.
    #[must_use]
    pub(super) fn better(&self, current: Transport, now: Instant) -> Option<Transport> {
        let chosen = self.choose(now);
        (chosen != current).then_some(chosen)
    }

    /// A connection could not be made or used, while the gateway answers over
    /// HTTP.
    pub(super) fn failed(&mut self, transport: Transport, error: &Error, now: Instant) {
        let first = self.first_rest;
        let rung = self.rung(transport);
        match error {
            Error::Unsupported(_) | Error::RemoteManagementOff => rung.close(now, first),
            // A wrong key is the same on every rung.
            Error::KeyRejected | Error::Banned { .. } => {}
            _ => {
                rung.strikes += 1;
                if rung.strikes >= STRIKES {
                    rung.close(now, first);
                }
            }
        }
    }

    /// A connection was made and answered.
    pub(super) fn worked(&mut self, transport: Transport) {
        *self.rung(transport) = Rung::default();
    }

    /// Somebody else's subscription takes all events.
    pub(super) fn starved(&mut self, now: Instant) {
        self.rival_until = Some(now + RIVAL_REST);
    }

    /// It was something else, or it is over.
    pub(super) fn not_starved(&mut self) {
        self.rival_until = None;
    }

    fn has_rival(&self, now: Instant) -> bool {
        self.rival_until.is_some_and(|until| now < until)
    }

    fn rung(&mut self, transport: Transport) -> &mut Rung {
        match transport {
            Transport::Resp => &mut self.resp,
            Transport::Http => &mut self.http,
            Transport::Subscribe => &mut self.subscribe,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_REST: Duration = Duration::from_mins(1);

    fn unsupported() -> Error {
        Error::Unsupported(String::from("the answer is not RESP"))
    }

    #[test]
    fn a_fixed_mode_is_obeyed_whatever_happens() {
        let now = Instant::now();
        for (mode, transport) in [
            (Mode::Resp, Transport::Resp),
            (Mode::Http, Transport::Http),
            (Mode::Subscribe, Transport::Subscribe),
        ] {
            let mut ladder = Ladder::new(mode, FIRST_REST);
            ladder.failed(transport, &unsupported(), now);
            ladder.starved(now);
            assert_eq!(ladder.choose(now), transport);
        }
    }

    #[test]
    fn http_stands_in_where_resp_cannot_pass_and_resp_is_tried_again() {
        let start = Instant::now();
        let mut ladder = Ladder::new(Mode::Auto, FIRST_REST);
        assert_eq!(ladder.choose(start), Transport::Resp);
        ladder.failed(Transport::Resp, &unsupported(), start);
        assert_eq!(ladder.choose(start), Transport::Http);
        assert_eq!(ladder.better(Transport::Http, start), None);

        let later = start + FIRST_REST;
        assert_eq!(ladder.better(Transport::Http, later), Some(Transport::Resp));
        ladder.failed(Transport::Resp, &unsupported(), later);
        assert_eq!(ladder.better(Transport::Http, later + FIRST_REST), None);
        let later = later + FIRST_REST * 2;
        assert_eq!(ladder.better(Transport::Http, later), Some(Transport::Resp));
        ladder.worked(Transport::Resp);
        assert_eq!(ladder.choose(later), Transport::Resp);
    }

    #[test]
    fn one_transient_error_changes_nothing() {
        let now = Instant::now();
        let mut ladder = Ladder::new(Mode::Auto, FIRST_REST);
        ladder.failed(Transport::Resp, &Error::TimedOut, now);
        assert_eq!(ladder.choose(now), Transport::Resp);
        ladder.worked(Transport::Resp);
        ladder.failed(Transport::Resp, &Error::TimedOut, now);
        assert_eq!(ladder.choose(now), Transport::Resp);
        ladder.failed(Transport::Resp, &Error::TimedOut, now);
        assert_eq!(ladder.choose(now), Transport::Http);
    }

    #[test]
    fn a_rejected_key_moves_nothing() {
        let now = Instant::now();
        let mut ladder = Ladder::new(Mode::Auto, FIRST_REST);
        for _ in 0..5 {
            ladder.failed(Transport::Resp, &Error::KeyRejected, now);
        }
        assert_eq!(ladder.choose(now), Transport::Resp);
    }

    #[test]
    fn old_versions_without_the_http_queue_stay_with_resp() {
        let now = Instant::now();
        let mut ladder = Ladder::new(Mode::Auto, FIRST_REST);
        ladder.failed(Transport::Resp, &unsupported(), now);
        ladder.failed(Transport::Http, &unsupported(), now);
        assert_eq!(ladder.choose(now), Transport::Resp);
    }

    #[test]
    fn a_rival_is_met_by_subscribing_where_that_exists() {
        let now = Instant::now();
        let mut ladder = Ladder::new(Mode::Auto, FIRST_REST);
        ladder.starved(now);
        assert_eq!(ladder.choose(now), Transport::Subscribe);
        assert_eq!(
            ladder.better(Transport::Subscribe, now + RIVAL_REST),
            Some(Transport::Resp),
            "it looks whether the rival is gone"
        );
        ladder.failed(Transport::Subscribe, &unsupported(), now);
        assert_eq!(ladder.choose(now), Transport::Resp);
        ladder.not_starved();
        ladder.worked(Transport::Subscribe);
        assert_eq!(ladder.choose(now), Transport::Resp);
    }
}
