//! What an attempt consumed, in buckets that do not overlap (CPA's accounting
//! version 2, `contract/usage-queue.md` §5.2). Unknown is `None`, never zero.

/// How far the buckets can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quality {
    /// CPA's own breakdown, valid and complete.
    Complete,
    /// Derived here from `tokens`, by provider and executor.
    Derived,
    /// CPA could classify only a part; the rest is in `unclassified`.
    Partial,
    /// CPA saw numbers that contradict each other; only the total is known.
    Inconsistent,
    /// Nothing was reported: every bucket is unknown.
    Missing,
}

/// Token counts of one attempt. `None` = not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub uncached: Option<i64>,
    pub cache_read: Option<i64>,
    pub cache_write: Option<i64>,
    /// Output without reasoning.
    pub output: Option<i64>,
    pub reasoning: Option<i64>,
    /// Counted by CPA but in no bucket; 0 when all is classified.
    pub unclassified: i64,
    pub quality: Quality,
}
