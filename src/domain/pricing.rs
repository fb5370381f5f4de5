//! Prices and what requests cost by them. All amounts are integers; see
//! [`rate::nanos`] for the one rounding. "Free" (a rate of zero) and "not
//! known" (no rate) are different from the entry to the bill. It reads no clock
//! and no file: the prices in force are a [`PriceBook`] value.
//!
//! ```text
//! PriceBook (override > synced > built in) ──terms(usage)──▶ Terms ──bill(tokens)──▶ Cost
//! ```

pub mod bill;
pub mod book;
pub mod builtin;
mod listing;
pub mod multiplier;
pub mod names;
pub mod plan;
pub mod price;
pub mod rate;
mod sellers;
pub mod sources;

#[cfg(test)]
mod cases;

pub use bill::{Cost, Line, NAMELESS, Terms, TierUsed, Unpriced, Usage, input_of, without_terms};
pub use book::{Entry, Found, Layer, PriceBook, Quote, Rule};
pub use multiplier::{Multiplier, When};
pub use names::{Pattern, Via};
pub use price::{Above, Bucket, Charge, Price, Rates, TierHow, TierPrice};
pub use rate::{BadAmount, Factor, Rate};
