//! The way in: from bytes taken off the gateway's queue to stored events.
//!
//! ```text
//! gateway::queue ─▶ taker ─▶ spool ─▶ storer (split, normalize) ─▶ store
//! ```
//!
//! [`collector`] is the door. [`split`], [`normalize`], `ladder`, `pace`,
//! `rivals` and `outage` are pure rules.

mod board;
mod climb;
pub mod collector;
pub mod event_id;
mod health;
mod intent;
mod judge;
mod keep;
mod ladder;
mod memory;
pub mod normalize;
mod outage;
mod pace;
pub mod payload;
pub mod reject;
pub mod retries;
mod rivals;
mod room;
mod session;
pub mod split;
pub mod spool;
mod storer;
mod taker;
pub mod tuning;
