//! Numbers that look random and are the same for the same seed everywhere:
//! `SplitMix64`, integers only.

#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice of their own for each pair, however close the pairs are.
    pub(super) fn new(seed: u64, of: u64) -> Self {
        // Mixed first: states a few steps apart would play the same numbers, one
        // behind the other.
        Self(seed ^ Self(of).next())
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, not including, `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    /// Both ends included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Like [`Self::between`], with as many values in each doubling: small ones
    /// are common, large ones happen.
    pub(super) fn spread(&mut self, low: u64, high: u64) -> u64 {
        let low = low.max(1);
        let doublings = u64::from((high / low).checked_ilog2().unwrap_or(0));
        let start = low << self.below(doublings + 1);
        self.between(start, (start * 2).min(high.max(start)))
    }

    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(super) fn permille(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }

    /// One of them, each as often as its weight says.
    pub(super) fn weighted<'a, T>(&mut self, of: &'a [(T, u64)]) -> Option<&'a T> {
        let mut left = self.below(of.iter().map(|(_, weight)| weight).sum());
        for (item, weight) in of {
            if left < *weight {
                return Some(item);
            }
            left -= weight;
        }
        None
    }

    /// Lower-case hex.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        let blocks = (0..digits.div_ceil(16)).map(|_| format!("{:016x}", self.next()));
        let mut text = blocks.collect::<Vec<_>>().concat();
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_within_their_bounds() {
        let (mut a, mut b) = (Dice::new(7, 1), Dice::new(7, 1));
        for _ in 0..1_000 {
            assert_eq!(a.next(), b.next());
            assert!((3..=9).contains(&a.between(3, 9)));
            b.next();
            assert!((100..=90_000).contains(&a.spread(100, 90_000)));
            b.next();
            b.next();
        }
        assert_ne!(Dice::new(7, 1).next(), Dice::new(7, 2).next());
        assert_eq!(a.weighted(&[("never", 0), ("always", 5)]), Some(&"always"));
    }
}
