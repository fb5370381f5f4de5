//! Tells whether somebody else takes our events, by comparing what the gateway
//! counted with what came. Another subscriber leaves us nothing; another popper
//! leaves us a part. Pure: fed with readings, gives a verdict.

/// Two readings of the same moment, at intervals of about half a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Upstream attempts the gateway counted since it started.
    pub(super) attempts: i64,
    /// Events we took since we started.
    pub(super) taken: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing to say.
    Unclear,
    /// All that was counted came.
    Alone,
    /// Attempts were counted, twice in a row, and nothing came.
    Starved,
    /// A good part of what was counted did not come, twice in a row.
    Shared,
    /// The gateway counts from the beginning: it restarted.
    Restarted,
}

/// Attempts that must be missing before anybody is suspected: a few kinds of
/// requests are counted and give no event.
const FEWEST: i64 = 3;
/// Attempts needed to judge a share.
const ENOUGH: i64 = 30;

#[derive(Clone, Debug, Default)]
pub(super) struct Rivals {
    last: Option<Reading>,
    starving: Suspicion,
    sharing: Suspicion,
    skip: bool,
}

#[derive(Clone, Debug, Default)]
struct Suspicion {
    attempts: i64,
    taken: i64,
    windows: u32,
}

impl Rivals {
    /// The transport changes: what happens until the next reading says nothing.
    pub(super) fn skip(&mut self) {
        self.starving = Suspicion::default();
        self.sharing = Suspicion::default();
        self.skip = true;
    }

    pub(super) fn read(&mut self, now: Reading) -> Verdict {
        let Some(last) = self.last.replace(now) else {
            self.skip = false;
            return Verdict::Unclear;
        };
        if now.attempts < last.attempts {
            self.starving = Suspicion::default();
            self.sharing = Suspicion::default();
            return Verdict::Restarted;
        }
        if std::mem::take(&mut self.skip) {
            return Verdict::Unclear;
        }
        let attempts = now.attempts - last.attempts;
        let taken = now.taken - last.taken;
        if taken > 0 {
            self.starving = Suspicion::default();
        } else if attempts > 0 {
            self.starving.attempts += attempts;
            self.starving.windows += 1;
        }
        if self.starving.windows >= 2 && self.starving.attempts >= FEWEST {
            return Verdict::Starved;
        }
        self.share(attempts, taken)
    }

    fn share(&mut self, attempts: i64, taken: i64) -> Verdict {
        let sums = &mut self.sharing;
        sums.attempts += attempts;
        sums.taken += taken;
        if sums.attempts < ENOUGH {
            return Verdict::Unclear;
        }
        let (attempts, taken) = (sums.attempts, sums.taken);
        let windows = sums.windows;
        self.sharing = Suspicion::default();
        if taken * 10 >= attempts * 9 {
            return Verdict::Alone;
        }
        if taken * 10 >= attempts * 7 {
            return Verdict::Unclear;
        }
        self.sharing.windows = windows + 1;
        if self.sharing.windows >= 2 {
            Verdict::Shared
        } else {
            Verdict::Unclear
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(readings: &[(i64, i64)], expected: Verdict) {
        let mut rivals = Rivals::default();
        let mut last = Verdict::Unclear;
        for &(attempts, taken) in readings {
            last = rivals.read(Reading { attempts, taken });
        }
        assert_eq!(last, expected, "{readings:?}");
    }

    #[test]
    fn counted_attempts_without_events_mean_starvation() {
        check(&[(10, 5), (12, 5)], Verdict::Unclear);
        check(&[(10, 5), (12, 5), (13, 5)], Verdict::Starved);
        check(&[(10, 5), (12, 5), (12, 5), (12, 5)], Verdict::Unclear);
        check(&[(10, 5), (12, 5), (12, 5), (14, 5)], Verdict::Starved);
    }

    #[test]
    fn an_event_that_is_still_on_its_way_is_no_starvation() {
        check(&[(10, 5), (11, 5), (12, 6), (13, 7)], Verdict::Unclear);
        check(&[(10, 5), (11, 5), (12, 5)], Verdict::Unclear);
    }

    #[test]
    fn no_traffic_says_nothing() {
        check(&[(10, 5), (10, 5), (10, 5), (10, 5)], Verdict::Unclear);
    }

    #[test]
    fn a_split_stream_is_noticed_and_cleared() {
        check(&[(0, 0), (40, 20)], Verdict::Unclear);
        check(&[(0, 0), (40, 20), (80, 40)], Verdict::Shared);
        check(&[(0, 0), (40, 20), (80, 40), (120, 80)], Verdict::Alone);
        check(&[(0, 0), (40, 38), (80, 77)], Verdict::Alone);
        check(&[(0, 0), (20, 5), (25, 5)], Verdict::Unclear);
    }

    #[test]
    fn a_change_of_transport_interrupts_a_suspicion() {
        let mut rivals = Rivals::default();
        let read = |rivals: &mut Rivals, attempts| rivals.read(Reading { attempts, taken: 5 });
        read(&mut rivals, 10);
        read(&mut rivals, 20);
        rivals.skip();
        assert_eq!(read(&mut rivals, 30), Verdict::Unclear);
        assert_eq!(read(&mut rivals, 40), Verdict::Unclear);
        assert_eq!(read(&mut rivals, 50), Verdict::Starved);
    }

    #[test]
    fn counters_that_fall_tell_of_a_restart() {
        check(&[(10, 5), (12, 5), (1, 5)], Verdict::Restarted);
        check(&[(10, 5), (12, 5), (1, 5), (2, 5)], Verdict::Unclear);
    }
}
