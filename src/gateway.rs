//! The only module that speaks to CPA: its management API over HTTP
//! ([`client`]; for others [`passage`]) and its usage queue ([`queue`]). It keeps no state of its own,
//! never retries, and never sends a rejected key twice: whoever calls decides
//! when to try again.

pub mod address;
pub mod client;
mod fields;
pub mod inventory;
pub mod key_watch;
pub mod passage;
pub mod queue;
pub mod types;
