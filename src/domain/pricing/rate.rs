//! Rates and factors as integers, and the one place where money is rounded:
//! [`nanos`]. Decimal text is read digit by digit, so no price ever passes
//! through a binary fraction.

use std::fmt;

use crate::domain::units::NanoUsd;

/// What a million tokens cost, in billionths of a dollar: $1.25 per million is
/// `Rate(1_250_000_000)`. Zero means free; a rate not known is `None` elsewhere.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Rate(pub i64);

/// A multiplier in millionths: half is `Factor(500_000)`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Factor(pub i64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    #[error("not a decimal number")]
    NotANumber,
    #[error("below zero")]
    Negative,
    #[error("above the largest amount accepted")]
    TooLarge,
}

const MILLION: i128 = 1_000_000;

impl Rate {
    pub const ZERO: Self = Self(0);
    /// $10,000 per million tokens; nothing sold today comes near it.
    pub const MAX: Self = Self(10_000_000_000_000);

    /// Dollars per million tokens, as people and models.dev write them.
    pub fn per_million(text: &str) -> Result<Self, BadAmount> {
        decimal(text, 9, Self::MAX.0).map(Self)
    }

    /// Dollars per token, as `LiteLLM` and `OpenRouter` write them.
    pub fn per_token(text: &str) -> Result<Self, BadAmount> {
        decimal(text, 15, Self::MAX.0).map(Self)
    }

    /// This rate in the proportion `to : from`; itself when `from` is zero.
    #[must_use]
    pub fn scaled(self, to: Self, from: Self) -> Self {
        match Factor::ratio(to, from) {
            Some(factor) => Self(divide(i128::from(self.0) * i128::from(factor.0), MILLION)),
            None => self,
        }
    }
}

impl Factor {
    pub const ONE: Self = Self(1_000_000);
    pub const HALF: Self = Self(500_000);
    /// A thousandfold; more is a typing error.
    pub const MAX: Self = Self(1_000_000_000);

    pub fn parse(text: &str) -> Result<Self, BadAmount> {
        decimal(text, 6, Self::MAX.0).map(Self)
    }

    /// `to / from`; `None` when `from` is zero.
    #[must_use]
    pub fn ratio(to: Rate, from: Rate) -> Option<Self> {
        (from.0 > 0).then(|| Self(divide(i128::from(to.0) * MILLION, i128::from(from.0))))
    }

    /// One factor after the other.
    #[must_use]
    pub fn and(self, next: Self) -> Self {
        Self(divide(i128::from(self.0) * i128::from(next.0), MILLION))
    }
}

/// `amount` tokens at `rate` times `factor`, rounded half up to a nano-dollar.
/// The cost of a request is the sum of its rounded lines, so a bill adds up.
#[must_use]
pub fn nanos(amount: i64, rate: Rate, factor: Factor) -> NanoUsd {
    let product = i128::from(amount.max(0))
        .saturating_mul(i128::from(rate.0))
        .saturating_mul(i128::from(factor.0));
    NanoUsd(divide(product, MILLION * MILLION))
}

/// Half up; what does not fit becomes the largest amount.
fn divide(product: i128, by: i128) -> i64 {
    i64::try_from(product.saturating_add(by / 2) / by).unwrap_or(i64::MAX)
}

/// Reads `12`, `0.5`, `2.5e-06` as an integer of `10^-places`, half up.
fn decimal(text: &str, places: i32, max: i64) -> Result<i64, BadAmount> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent.parse::<i32>().map_err(|_| BadAmount::NotANumber)?,
        ),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let (whole, fraction) = mantissa
        .trim_start_matches(['-', '+'])
        .split_once('.')
        .unwrap_or((mantissa.trim_start_matches(['-', '+']), ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadAmount::NotANumber);
    }
    let digits: i128 = digits.parse().map_err(|_| BadAmount::NotANumber)?;
    if digits == 0 {
        return Ok(0);
    }
    if negative {
        return Err(BadAmount::Negative);
    }
    let fraction = i32::try_from(fraction.len()).map_err(|_| BadAmount::NotANumber)?;
    let shift = places.saturating_add(exponent).saturating_sub(fraction);
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    let value = match power {
        Some(power) if shift >= 0 => digits.checked_mul(power),
        Some(power) => Some((digits + power / 2) / power),
        None if shift >= 0 => None,
        None => Some(0),
    };
    value
        .and_then(|value| i64::try_from(value).ok())
        .filter(|value| *value <= max)
        .ok_or(BadAmount::TooLarge)
}

/// Integer of `10^-places` as a plain decimal, at least `least` decimals.
fn plain(value: i64, places: usize, least: usize) -> String {
    let digits = format!("{value:0width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let kept = fraction.trim_end_matches('0').len().max(least);
    let fraction = fraction.get(..kept).unwrap_or(fraction);
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// Dollars per million: `1.25`, `0.075`, `3.00`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(self.0, 9, 2))
    }
}

/// `2`, `0.5`, `1.25`.
impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(self.0, 6, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, rate) in [
            ("1.25", 1_250_000_000),
            ("0", 0),
            ("-0.0", 0),
            ("5e-06", 5_000),
            ("10000", Rate::MAX.0),
            ("0.1", 100_000_000),
            ("0.3125", 312_500_000),
            ("0.0000000004", 0),
            ("0.0000000005", 1),
        ] {
            assert_eq!(Rate::per_million(text), Ok(Rate(rate)), "{text}");
        }
        assert_eq!(Rate::per_token("7.5e-8"), Ok(Rate(75_000_000)));
        assert_eq!(Rate::per_token("0.000005"), Ok(Rate(5_000_000_000)));
    }

    #[test]
    fn nonsense_is_refused() {
        for (text, problem) in [
            ("", BadAmount::NotANumber),
            ("NaN", BadAmount::NotANumber),
            ("1,5", BadAmount::NotANumber),
            ("1e", BadAmount::NotANumber),
            ("-1", BadAmount::Negative),
            ("10000.01", BadAmount::TooLarge),
            ("1e300", BadAmount::TooLarge),
            ("1e999999999", BadAmount::TooLarge),
        ] {
            assert_eq!(Rate::per_million(text), Err(problem), "{text}");
        }
        assert_eq!(Rate::per_million("1e-300"), Ok(Rate::ZERO));
    }

    #[test]
    fn money_is_rounded_half_up_to_a_nano_dollar() {
        let one = Factor::ONE;
        assert_eq!(nanos(1_000_000, Rate(1_250_000_000), one).0, 1_250_000_000);
        assert_eq!(nanos(1, Rate(1_499_999), one).0, 1);
        assert_eq!(nanos(1, Rate(1_500_000), one).0, 2);
        assert_eq!(nanos(3, Rate(1_000_000_000), Factor::HALF).0, 1_500);
        assert_eq!(nanos(-5, Rate(1_000_000_000), one).0, 0);
        assert_eq!(nanos(i64::MAX, Rate::MAX, Factor::MAX).0, i64::MAX);
    }

    #[test]
    fn amounts_print_plainly() {
        assert_eq!(Rate(1_250_000_000).to_string(), "1.25");
        assert_eq!(Rate(75_000_000).to_string(), "0.075");
        assert_eq!(Rate(3_000_000_000).to_string(), "3.00");
        assert_eq!(Rate::ZERO.to_string(), "0.00");
        assert_eq!(Factor(2_500_000).to_string(), "2.5");
        assert_eq!(Factor::ONE.to_string(), "1");
    }
}
