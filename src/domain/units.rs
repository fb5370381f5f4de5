//! Units as types, so a millisecond is never added to a dollar.

use std::fmt;
use std::ops::{Add, Sub};

/// A moment: milliseconds since 1970-01-01 UTC.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel_derive_newtype::DieselNewType,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct At(pub i64);

impl At {
    /// RFC 3339 in UTC with milliseconds, as every JSON answer prints it.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.utc()
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }

    /// The same moment for calendar arithmetic; out-of-range values become 1970.
    #[must_use]
    pub fn utc(self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl Add<Ms> for At {
    type Output = Self;
    fn add(self, span: Ms) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Ms> for At {
    type Output = Self;
    fn sub(self, span: Ms) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for At {
    type Output = Ms;
    fn sub(self, earlier: Self) -> Ms {
        Ms(self.0.saturating_sub(earlier.0))
    }
}

/// A span of time in milliseconds.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel_derive_newtype::DieselNewType,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Ms(pub i64);

impl Ms {
    pub const SECOND: Self = Self(1_000);
    pub const MINUTE: Self = Self(60_000);
    pub const HOUR: Self = Self(3_600_000);
    pub const DAY: Self = Self(86_400_000);
}

/// Money in billionths of a US dollar. "Unpriced" is `None`, never zero.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel_derive_newtype::DieselNewType,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// Dollars, exactly: `0.044461000`.
    #[must_use]
    pub fn decimal(self) -> String {
        let mut text = String::new();
        self.write_decimal(&mut text);
        text
    }

    /// The same for those who write many.
    pub fn write_decimal(self, out: &mut String) {
        use fmt::Write as _;
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let (whole, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        // Writing to memory does not fail.
        let _ = write!(out, "{sign}{whole}.{rest:09}");
    }
}

impl Add for NanoUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}
