//! What was probably lost while the gateway did not answer us. Pure.

use crate::domain::collection::Gap;
use crate::domain::units::{At, Ms};

/// A time without answers, from the last one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outage {
    /// The last answer, empty or not.
    pub(super) since: At,
    /// A question was left without an answer at this moment: what it took from
    /// the queue, if anything, is lost.
    pub(super) unanswered: Option<At>,
    /// A subscription broke: what was sent after its last sign of life is lost,
    /// up to its end; `None` = the gateway may not have noticed the end.
    pub(super) unheard: Option<(At, Option<At>)>,
    /// Nothing listened at its port, or another version came back: the queue
    /// was in the memory of a process that is gone.
    pub(super) restarted: bool,
}

impl Outage {
    #[must_use]
    pub(super) fn since(since: At) -> Self {
        Self {
            since,
            unanswered: None,
            unheard: None,
            restarted: false,
        }
    }

    /// The gaps to record now that the gateway answers again. The queue keeps
    /// what is younger than `retention`, unless the process was restarted.
    #[must_use]
    pub(super) fn gaps(&self, now: At, retention: Ms) -> Vec<Gap> {
        if self.restarted {
            return gap(self.since, now, "gateway_restarted")
                .into_iter()
                .collect();
        }
        let mut gaps = Vec::new();
        gaps.extend(gap(
            self.since,
            now - retention,
            "away_longer_than_retention",
        ));
        let unanswered = self.unanswered.map(|at| (self.since, at));
        gaps.extend(unanswered.and_then(|(from, to)| gap(from, to, "answer_lost")));
        let unheard = self.unheard.map(|(from, to)| (from, to.unwrap_or(now)));
        gaps.extend(unheard.and_then(|(from, to)| gap(from, to, "subscription_lost")));
        gaps
    }
}

/// A clock that was set back gives no gap.
#[must_use]
pub(super) fn gap(from: At, to: At, why: &str) -> Option<Gap> {
    (from < to).then(|| Gap {
        from,
        to,
        why: why.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Ms = Ms::MINUTE;

    fn check(outage: Outage, now: i64, expected: &[(i64, i64, &str)]) {
        let gaps = outage.gaps(At(now), MINUTE);
        let gaps: Vec<_> = gaps
            .iter()
            .map(|g| (g.from.0, g.to.0, g.why.as_str()))
            .collect();
        assert_eq!(gaps, expected);
    }

    #[test]
    fn the_queue_bridges_what_is_shorter_than_the_retention() {
        check(Outage::since(At(0)), 59_000, &[]);
        let away = [(0, 40_000, "away_longer_than_retention")];
        check(Outage::since(At(0)), 100_000, &away);
    }

    #[test]
    fn a_restarted_gateway_lost_its_queue() {
        let outage = Outage {
            restarted: true,
            unanswered: Some(At(10)),
            ..Outage::since(At(0))
        };
        check(outage, 5_000, &[(0, 5_000, "gateway_restarted")]);
    }

    #[test]
    fn a_lost_answer_and_a_lost_subscription_are_suspected() {
        let outage = Outage {
            unanswered: Some(At(700)),
            ..Outage::since(At(500))
        };
        check(outage, 900, &[(500, 700, "answer_lost")]);
        let outage = Outage {
            unheard: Some((At(400), Some(At(700)))),
            ..Outage::since(At(500))
        };
        check(outage, 900, &[(400, 700, "subscription_lost")]);
        let outage = Outage {
            unheard: Some((At(400), None)),
            ..Outage::since(At(500))
        };
        check(outage, 900, &[(400, 900, "subscription_lost")]);
    }

    #[test]
    fn a_clock_set_back_gives_no_gap() {
        check(Outage::since(At(100_000)), 0, &[]);
    }
}
