//! What is derived from the token counts of one attempt, defined once for
//! tables, sorting, sums and exports. Unknown in, unknown out.

use super::tokens::Tokens;
use super::units::Ms;

impl Tokens {
    /// All input, cached or not.
    #[must_use]
    pub fn input(&self) -> Option<i64> {
        let cached = self.cache_read?.saturating_add(self.cache_write?);
        Some(self.uncached?.saturating_add(cached))
    }

    /// All output, reasoning included.
    #[must_use]
    pub fn generated(&self) -> Option<i64> {
        Some(self.output?.saturating_add(self.reasoning?))
    }

    #[must_use]
    pub fn any_unknown(&self) -> bool {
        self.input().is_none() || self.generated().is_none()
    }

    /// Thousandths of a token a second: all output, reasoning included, over the
    /// whole latency. Not from the first byte on: an upstream that thinks before
    /// it, or answers in one piece, would seem to write thousands a second, and
    /// events do not say which of them do. `None` also when nothing was
    /// generated.
    #[must_use]
    pub fn speed_milli(&self, latency: Option<Ms>) -> Option<i64> {
        speed_milli(self.generated()?, latency?.0)
    }
}

/// The same from plain numbers: tokens generated in so many milliseconds.
#[must_use]
pub fn speed_milli(generated: i64, ms: i64) -> Option<i64> {
    if generated <= 0 || ms <= 0 {
        return None;
    }
    match (i32::try_from(generated), i32::try_from(ms)) {
        // Scans do this for every row, and dividing floats is ten times quicker.
        (Ok(generated), Ok(ms)) => Some(quotient(f64::from(generated) * 1e6, f64::from(ms))),
        _ => Some(generated.saturating_mul(1_000_000) / ms),
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "at most 2^31 million, and to be cut to a whole number"
)]
fn quotient(dividend: f64, divisor: f64) -> i64 {
    (dividend / divisor) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tokens::Quality;

    const TOKENS: Tokens = Tokens {
        uncached: Some(1_000),
        cache_read: Some(200),
        cache_write: Some(30),
        output: Some(500),
        reasoning: Some(100),
        unclassified: 0,
        quality: Quality::Complete,
    };

    #[test]
    fn known_counts_add_up() {
        assert_eq!(TOKENS.input(), Some(1_230));
        assert_eq!(TOKENS.generated(), Some(600));
        assert!(!TOKENS.any_unknown());
    }

    #[test]
    fn one_unknown_count_makes_the_sum_unknown() {
        let tokens = Tokens {
            cache_write: None,
            ..TOKENS
        };
        assert_eq!(tokens.input(), None);
        assert_eq!(tokens.generated(), Some(600));
        assert!(tokens.any_unknown());
    }

    /// The tokens and the time are of the same stretch, whatever the upstream
    /// did before its first byte.
    #[test]
    fn speed_is_of_all_output_over_the_whole_time() {
        let speed = |latency| TOKENS.speed_milli(Some(Ms(latency)));
        assert_eq!(speed(8_000), Some(75_000));
        assert_eq!(speed(0), None);
        assert_eq!(TOKENS.speed_milli(None), None);
        let silent = Tokens {
            output: Some(0),
            reasoning: Some(0),
            ..TOKENS
        };
        assert_eq!(silent.speed_milli(Some(Ms(8_000))), None);
        let unknown = Tokens {
            reasoning: None,
            ..TOKENS
        };
        assert_eq!(unknown.speed_milli(Some(Ms(8_000))), None);
    }
}
