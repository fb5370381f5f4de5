//! The way in: from bytes taken off the gateway's queue to stored events.
//! [`split`] and [`normalize`] are pure; whoever takes, spools and stores calls
//! them.

pub mod collector;
pub mod event_id;
pub mod normalize;
pub mod payload;
pub mod reject;
pub mod split;
pub mod spool;
