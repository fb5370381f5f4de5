//! The vocabulary everything shares: pure values and rules. No I/O, no async,
//! no clock, no SQL; a rule that needs the time takes `now`.

pub mod account;
pub mod address;
pub mod collection;
pub mod counting;
pub mod event;
pub mod filter;
pub mod headers;
pub mod key_alias;
pub mod mask;
pub mod pricing;
pub mod provider;
pub mod redact;
pub mod sketch;
pub mod soundness;
pub mod time;
pub mod tokens;
pub mod units;
pub mod unusual;
pub mod varint;
