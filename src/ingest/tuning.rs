//! Spans and sizes of collecting that nobody needs to set, and what they are in
//! the real world. Tests shorten them.

use std::time::Duration;

use crate::gateway::queue::Limits;

#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    pub limits: Limits,
    /// Waits between failed sessions.
    pub backoff_first: Duration,
    pub backoff_most: Duration,
    /// Wait after an answer that will not change by itself.
    pub slow_retry: Duration,
    /// Looks at the gateway while it is taken from.
    pub look_every: Duration,
    /// A transport that did not work is left alone for so long at first.
    pub ladder_rest: Duration,
    /// Waits between failed commits.
    pub store_retry_first: Duration,
    pub store_retry_most: Duration,
    /// Micro-batches are at least so far apart.
    pub commit_every: Duration,
    pub remember_every: Duration,
    /// A shut-down waits so long for an answer that is on its way.
    pub grace: Duration,
    /// A shut-down goes on storing for so long; the rest stays on the spool.
    pub drain: Duration,
    /// Nothing more is taken while so much waits to be stored.
    pub spool_bytes: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            backoff_first: Duration::from_millis(500),
            backoff_most: Duration::from_secs(20),
            slow_retry: Duration::from_secs(30),
            look_every: Duration::from_secs(30),
            ladder_rest: Duration::from_mins(1),
            store_retry_first: Duration::from_millis(100),
            store_retry_most: Duration::from_secs(5),
            commit_every: Duration::from_millis(100),
            remember_every: Duration::from_secs(10),
            grace: Duration::from_secs(2),
            drain: Duration::from_secs(3),
            spool_bytes: 256 << 20,
        }
    }
}
