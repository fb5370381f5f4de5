//! The request list, its totals and its timeline, for any selection.

use crate::domain::event::{Account, ClientKey, Event, EventKey};
use crate::domain::filter::{Edge, PageOf, Selection, Sort};
use crate::domain::pricing::Terms;
use crate::domain::tokens::Tokens;
use crate::domain::units::{At, Ms, NanoUsd};

/// One line of the request list: what a table shows of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: EventKey,
    /// Empty when the gateway sent none.
    pub request_id: String,
    pub provider: String,
    pub model: String,
    pub alias: String,
    pub account: Account,
    pub client_key: ClientKey,
    pub endpoint: String,
    pub effort: String,
    pub tier: String,
    pub served_tier: String,
    pub failed: bool,
    pub status: i32,
    pub latency: Option<Ms>,
    pub ttft: Option<Ms>,
    pub tokens: Tokens,
    /// `None` = unpriced.
    pub cost: Option<NanoUsd>,
}

/// Where a page starts, in the order of its sort: the sort value of the last
/// row seen (`None` for time order or an unknown value) and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub value: Option<i64>,
    pub key: EventKey,
}

/// Which page of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Start,
    After(Cursor),
    Before(Cursor),
}

impl core::convert::From<PageOf> for From {
    fn from(page: PageOf) -> Self {
        let cursor = |Edge { value, key }| Cursor { value, key };
        match page {
            PageOf::Start => Self::Start,
            PageOf::After(edge) => Self::After(cursor(edge)),
            PageOf::Before(edge) => Self::Before(cursor(edge)),
        }
    }
}

/// A page of rows in the order asked for, and whether there is more on
/// either side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Row>,
    pub before: Option<Cursor>,
    pub after: Option<Cursor>,
}

/// Quantiles of a sketch, relative error at most 1 %; `None` without samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles {
    pub samples: i64,
    pub p5: Option<f64>,
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
}

/// Exact sums of a selection (quantiles: see [`Quantiles`]). Token sums cover
/// the known counts only; `unknown_tokens` counts requests with any unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    pub requests: i64,
    pub failed: i64,
    pub unknown_tokens: i64,
    pub uncached: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub reasoning: i64,
    pub unclassified: i64,
    pub cost: NanoUsd,
    pub unpriced: i64,
    /// Milliseconds.
    pub latency: Quantiles,
    /// Milliseconds.
    pub ttft: Quantiles,
    /// All output tokens of a request over its latency, a second.
    pub speed: Quantiles,
}

impl Totals {
    /// Adds the sums of other requests; quantiles do not add up and stay.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.unknown_tokens += other.unknown_tokens;
        self.uncached += other.uncached;
        self.cache_read += other.cache_read;
        self.cache_write += other.cache_write;
        self.output += other.output;
        self.reasoning += other.reasoning;
        self.unclassified += other.unclassified;
        self.cost.0 += other.cost.0;
        self.unpriced += other.unpriced;
    }

    /// What is left of the sums without these; quantiles are not known.
    pub(super) fn without<'a>(&self, parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        parts.for_each(|part| sum.add(part));
        Self {
            requests: self.requests - sum.requests,
            failed: self.failed - sum.failed,
            unknown_tokens: self.unknown_tokens - sum.unknown_tokens,
            uncached: self.uncached - sum.uncached,
            cache_read: self.cache_read - sum.cache_read,
            cache_write: self.cache_write - sum.cache_write,
            output: self.output - sum.output,
            reasoning: self.reasoning - sum.reasoning,
            unclassified: self.unclassified - sum.unclassified,
            cost: NanoUsd(self.cost.0 - sum.cost.0),
            unpriced: self.unpriced - sum.unpriced,
            ..Self::default()
        }
    }

    /// All input, cached or not.
    #[must_use]
    pub fn input(&self) -> i64 {
        self.uncached + self.cache_read + self.cache_write
    }

    /// All output, reasoning included.
    #[must_use]
    pub fn generated(&self) -> i64 {
        self.output + self.reasoning
    }

    /// Every token that was counted; buckets do not overlap.
    #[must_use]
    pub fn tokens(&self) -> i64 {
        self.input() + self.generated() + self.unclassified
    }

    #[must_use]
    pub fn succeeded(&self) -> i64 {
        self.requests - self.failed
    }

    /// What the priced requests cost; `None` while none of them is. Requests
    /// without a token cost nothing under any price, so nothing beside what
    /// has no price is unknown too, and not free.
    #[must_use]
    pub fn known_cost(&self) -> Option<NanoUsd> {
        let told = self.unpriced == 0 || self.cost != NanoUsd(0);
        (told && self.unpriced < self.requests).then_some(self.cost)
    }
}

/// One bar of a timeline: `[from, to)`, zero-filled by the caller's buckets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    pub from: At,
    pub to: At,
    pub totals: Totals,
}

/// Everything known about one attempt, with its neighbours: the other attempts
/// of the same request id, oldest first (at most 50, within a day).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    pub event: Event,
    /// As it was fixed when the event was stored; `None` = unpriced.
    pub cost: Option<NanoUsd>,
    /// Under which terms; with the tokens they give the bill line by line.
    pub terms: Option<Terms>,
    pub attempts: Vec<Row>,
}

/// A value a filter control offers, with how often it occurred lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What goes into the query string.
    pub value: String,
    /// What people read.
    pub label: String,
    pub requests: i64,
}

/// Which list of choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    Provider,
    Model,
    Alias,
    Account,
    Key,
    Endpoint,
    Tier,
    Status,
}

/// A question about a list page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    pub selection: Selection,
    pub sort: Sort,
    pub from: From,
    /// Rows wanted, 1 to 500.
    pub limit: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_price_is_not_free() {
        let cost = |requests, unpriced, nanos| {
            let totals = Totals {
                requests,
                unpriced,
                cost: NanoUsd(nanos),
                ..Totals::default()
            };
            totals.known_cost().map(|cost| cost.0)
        };
        // Nine without a price, and one that failed before its first token.
        assert_eq!(cost(10, 9, 0), None);
        assert_eq!(cost(10, 10, 0), None);
        assert_eq!(cost(10, 9, 7), Some(7));
        assert_eq!(cost(10, 0, 0), Some(0), "priced, at nothing");
        assert_eq!(cost(0, 0, 0), None);
    }
}
