//! What the gateway saw and did, for assertions. Lists keep their newest
//! entries only, so a demo may run for weeks.

use std::net::IpAddr;

use crate::domain::units::At;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    Resp,
    Http,
}

/// One key check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub at: At,
    pub via: Via,
    pub from: IpAddr,
    /// `None` = accepted, else the text of the refusal.
    pub refused: Option<String>,
}

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub connections: u64,
    pub resp_connections: u64,
    pub http_requests: u64,
    /// Bytes read from clients, TLS removed.
    pub bytes_in: u64,
    pub auth_ok: u64,
    pub auth_refused: u64,
    /// Events offered by [`super::Gateway::push`] and `push_raw`.
    pub produced: u64,
    /// Of those: discarded because statistics were off or management disabled.
    pub discarded: u64,
    pub queued: u64,
    /// Items taken out by RESP and HTTP pops (each pop call: `pops`).
    pub popped: u64,
    pub pops: u64,
    pub expired: u64,
    /// Messages handed to subscribers, control messages included.
    pub pushed: u64,
    /// Subscriptions ever made, on both channels, and those dropped for being slow.
    pub subscribed: u64,
    pub dropped_subscribers: u64,
}
