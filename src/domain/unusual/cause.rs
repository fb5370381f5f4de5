//! Who made an hour unusual: the one of many that most of the difference from
//! the usual goes back to. One that always has the largest share is no cause,
//! and a few requests are none either; then nobody is named.

use super::median;

/// The rule, as pages print it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The least part of the difference.
    pub share: f64,
    /// How much more that must be than the usual share of the hour.
    pub beyond: f64,
    /// Requests there must be, or usually are where some are missing.
    pub least_requests: i64,
}

pub const RULE: Rule = Rule {
    share: 0.6,
    beyond: 0.2,
    least_requests: 10,
};

/// What was counted in one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub requests: i64,
    /// What the hour is listed for.
    pub value: i64,
}

/// An hour, and the hours it is compared with in the same order for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    pub now: Tally,
    pub base: Vec<Tally>,
}

impl Course {
    fn usual(&self, of: fn(&Tally) -> i64) -> f64 {
        median(
            self.base
                .iter()
                .map(|tally| super::real(of(tally)))
                .collect(),
        )
    }

    fn change(&self) -> f64 {
        super::real(self.now.value) - self.usual(|tally| tally.value)
    }
}

/// The part of the difference of `all` that `one` of them made, at most 1;
/// `None` unless it is named. `above`: there is too much, not too little.
#[must_use]
pub fn share(all: &Course, one: &Course, above: bool) -> Option<f64> {
    let whole = all.change();
    if whole == 0.0 || (whole > 0.0) != above {
        return None;
    }
    let part = one.change() / whole;
    let usually = match all.usual(|tally| tally.value) {
        0.0 => 0.0,
        usual => one.usual(|tally| tally.value) / usual,
    };
    let requests = if above {
        super::real(one.now.requests)
    } else {
        one.usual(|tally| tally.requests)
    };
    let many = requests >= super::real(RULE.least_requests);
    (many && part >= RULE.share && part - usually >= RULE.beyond).then_some(part.min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(now: i64, base: [i64; 3]) -> Course {
        let tally = |n| Tally {
            requests: n,
            value: n,
        };
        Course {
            now: tally(now),
            base: base.map(tally).to_vec(),
        }
    }

    #[test]
    fn who_made_most_of_the_difference_is_named() {
        let all = course(400, [100, 110, 90]);
        assert_eq!(share(&all, &course(290, [50, 50, 50]), true), Some(0.8));
        assert_eq!(share(&all, &course(229, [50, 50, 50]), true), None);
        // The others became fewer.
        assert_eq!(share(&all, &course(390, [50, 50, 50]), true), Some(1.0));
        assert_eq!(share(&all, &course(290, [50, 50, 50]), false), None);
    }

    #[test]
    fn who_always_has_most_is_no_cause() {
        let all = course(400, [100, 100, 100]);
        assert_eq!(share(&all, &course(360, [90, 90, 90]), true), None);
        assert_eq!(share(&all, &all, true), None);
        // Nothing is usual: whoever makes it made it.
        let all = course(60, [0, 0, 0]);
        assert_eq!(share(&all, &all, true), Some(1.0));
    }

    #[test]
    fn a_handful_is_no_cause() {
        let all = course(9, [0, 0, 0]);
        assert_eq!(share(&all, &course(9, [0, 0, 0]), true), None);
        let mut dear = course(1_000, [0, 0, 0]);
        dear.now.requests = 9;
        assert_eq!(share(&course(1_000, [0, 0, 0]), &dear, true), None);
    }

    #[test]
    fn who_is_missing_is_named() {
        let all = course(5, [100, 100, 100]);
        assert_eq!(
            share(&all, &course(0, [70, 70, 80]), false),
            None,
            "only 4 points more than usual"
        );
        let all = course(45, [100, 100, 100]);
        assert_eq!(share(&all, &course(0, [55, 55, 60]), false), Some(1.0));
        assert_eq!(share(&all, &course(0, [9, 9, 9]), false), None);
    }
}
