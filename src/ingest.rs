//! The way in: from bytes taken off the gateway's queue to stored events.
//! [`normalize`] is pure; whoever takes, spools and stores calls it.

pub mod collector;
pub mod normalize;
pub mod payload;
pub mod spool;
