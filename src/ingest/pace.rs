//! How fast to ask, how much to ask for, and how long to wait after a failure.
//! Pure rules over spans; nobody here looks at a clock.

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::domain::collection::Transport;
use crate::domain::units::Ms;

/// Events asked for at first, and the least ever asked for.
const FIRST_COUNT: u32 = 200;
const LEAST_COUNT: u32 = 50;
/// One answer should not bring more than this.
const ANSWER_BYTES: u64 = 4 << 20;
/// Pause while events flow but the queue was emptied.
const QUICK: Duration = Duration::from_millis(50);
/// A RESP poll costs next to nothing, and an event that comes alone should be
/// on the page within 300 ms: pause no longer, whatever is asked for.
const RESP_IDLE: Duration = Duration::from_millis(150);
/// Every HTTP poll costs the gateway a key check: rest so many times as long as
/// the answer took, so that asking takes at most a ninth of one of its cores.
const HTTP_REST: u32 = 8;

/// Pauses and sizes of polls.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    transport: Transport,
    /// Longest pause asked for by the operator.
    poll: Duration,
    most: u32,
    count: u32,
    pause: Duration,
    /// Decaying mean of an item's size.
    item_bytes: u64,
}

impl Pace {
    #[must_use]
    pub(super) fn new(poll: Duration, most: u32) -> Self {
        Self {
            transport: Transport::Resp,
            poll,
            most: most.max(1),
            count: FIRST_COUNT.min(most).max(1),
            pause: Duration::ZERO,
            item_bytes: 1024,
        }
    }

    /// How many events to ask for.
    #[must_use]
    pub(super) fn count(&self) -> u32 {
        let by_size = u32::try_from(ANSWER_BYTES / self.item_bytes.max(1)).unwrap_or(u32::MAX);
        self.count.min(by_size).max(LEAST_COUNT.min(self.most))
    }

    /// How long to wait now.
    #[must_use]
    pub(super) fn pause(&self) -> Duration {
        self.pause
    }

    /// A new connection: ask at once. What is known of sizes stays.
    pub(super) fn start(&mut self, transport: Transport) {
        self.transport = transport;
        self.pause = Duration::ZERO;
    }

    /// An answer to a poll for `asked` events came after `took`; the queue
    /// keeps an event for `retention`.
    pub(super) fn answered(
        &mut self,
        asked: u32,
        items: usize,
        bytes: usize,
        took: Duration,
        retention: Ms,
    ) {
        let items = u64::try_from(items).unwrap_or(u64::MAX);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if let Some(mean) = bytes.checked_div(items) {
            self.item_bytes = self.item_bytes.midpoint(mean);
        }
        self.pause = if items >= u64::from(asked) {
            self.count = self.count.saturating_mul(2).min(self.most);
            Duration::ZERO
        } else if items > 0 {
            QUICK
        } else {
            (self.pause * 2).max(QUICK)
        };
        if self.pause.is_zero() {
            return;
        }
        let longest = if self.transport == Transport::Http {
            let rest = (took * HTTP_REST).min(Duration::from_secs(1));
            self.pause = self.pause.max(rest);
            self.poll.max(rest)
        } else {
            self.poll.min(RESP_IDLE)
        };
        let retention = u64::try_from(retention.0).unwrap_or_default();
        self.pause = self
            .pause
            .min(longest)
            .min(Duration::from_millis(retention / 3));
    }

    /// An answer did not come in time: ask for less.
    pub(super) fn timed_out(&mut self) {
        self.count = (self.count / 4).max(LEAST_COUNT).min(self.most);
    }
}

/// Growing waits between attempts.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    first: Duration,
    most: Duration,
    next: Duration,
}

impl Backoff {
    #[must_use]
    pub(super) fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            next: first,
        }
    }

    /// How long to wait after one more failure. `chance` in 0..=255 spreads the
    /// waits of many by up to a fifth either way.
    pub(super) fn failed(&mut self, chance: u8) -> Duration {
        let wait = self.next;
        self.next = (self.next * 2).min(self.most);
        (wait * 4 / 5) + (wait * 2 / 5) * u32::from(chance) / 255
    }

    pub(super) fn succeeded(&mut self) {
        self.next = self.first;
    }
}

/// Any number, for [`Backoff::failed`].
pub(super) fn chance() -> u8 {
    let mut chance = [0];
    // Without random numbers the wait is merely not spread.
    let _ = SystemRandom::new().fill(&mut chance);
    let [chance] = chance;
    chance
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn pace(transport: Transport) -> Pace {
        let mut pace = Pace::new(MS(250), 2000);
        pace.start(transport);
        pace
    }

    #[test]
    fn a_full_answer_is_followed_at_once_by_a_larger_question() {
        let mut pace = pace(Transport::Resp);
        assert_eq!(pace.count(), 200);
        pace.answered(200, 200, 200 * 1024, MS(2), Ms::MINUTE);
        assert_eq!((pace.pause(), pace.count()), (Duration::ZERO, 400));
        for _ in 0..9 {
            let count = pace.count();
            pace.answered(count, 4000, 4000 * 1024, MS(2), Ms::MINUTE);
        }
        assert_eq!(pace.count(), 2000);
    }

    #[test]
    fn idle_polls_slow_down_to_the_interval_and_traffic_speeds_them_up() {
        let mut pace = pace(Transport::Resp);
        let mut idle = || {
            pace.answered(200, 0, 0, MS(1), Ms::MINUTE);
            pace.pause()
        };
        let pauses: Vec<_> = (0..5).map(|_| idle()).collect();
        assert_eq!(pauses, [50, 100, 150, 150, 150].map(MS));
        pace.answered(200, 1, 900, MS(1), Ms::MINUTE);
        assert_eq!(pace.pause(), MS(50));
    }

    #[test]
    fn expensive_http_answers_are_asked_for_less_often() {
        let idle = |took| {
            let mut pace = pace(Transport::Http);
            for _ in 0..9 {
                pace.answered(200, 0, 0, took, Ms::MINUTE);
            }
            pace.pause()
        };
        assert_eq!(idle(MS(1)), MS(250));
        assert_eq!(idle(MS(60)), MS(480));
        assert_eq!(idle(MS(900)), MS(1000));
    }

    #[test]
    fn polls_are_never_slower_than_a_third_of_the_retention() {
        let mut pace = Pace::new(MS(60_000), 100);
        pace.start(Transport::Http);
        for _ in 0..20 {
            pace.answered(100, 0, 0, MS(1), Ms(6_000));
        }
        assert_eq!(pace.pause(), MS(2_000));
        pace.answered(100, 0, 0, MS(1), Ms(3_000));
        assert_eq!(pace.pause(), MS(1_000));
    }

    #[test]
    fn large_items_and_timeouts_shrink_the_question() {
        let mut pace = pace(Transport::Resp);
        pace.answered(200, 200, 200 << 16, MS(2), Ms::MINUTE);
        assert!(pace.count() < 130, "{}", pace.count());
        let mut pace = self::pace(Transport::Http);
        pace.timed_out();
        assert_eq!(pace.count(), 50);
        let tiny = Pace::new(MS(1), 10);
        assert_eq!(tiny.count(), 10);
    }

    #[test]
    fn waits_double_up_to_a_bound_and_start_again_after_success() {
        let mut backoff = Backoff::new(MS(500), MS(3_000));
        let waits: Vec<_> = (0..5).map(|_| backoff.failed(0)).collect();
        assert_eq!(waits, [400, 800, 1600, 2400, 2400].map(MS));
        assert_eq!(backoff.failed(255), MS(3_600));
        backoff.succeeded();
        assert_eq!(backoff.failed(255), MS(600));
    }
}
