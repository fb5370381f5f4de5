//! What is counted of a set of events, and how it is stored. Sums are exact;
//! sketches give quantiles. Adding events one by one, adding whole columns and
//! merging stored measures give the same result in any order.

use crate::domain::sketch::Sketch;
use crate::domain::units::NanoUsd;
use crate::store::requests::{Quantiles, Totals};

/// Exact sums. Unknown values add nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Sums {
    pub(in crate::store) requests: i64,
    pub(in crate::store) failed: i64,
    /// Requests with any token bucket unknown.
    pub(in crate::store) unknown_tokens: i64,
    pub(in crate::store) uncached: i64,
    pub(in crate::store) cache_read: i64,
    pub(in crate::store) cache_write: i64,
    pub(in crate::store) output: i64,
    pub(in crate::store) reasoning: i64,
    pub(in crate::store) unclassified: i64,
    pub(in crate::store) cost_nanos: i64,
    pub(in crate::store) unpriced: i64,
    pub(in crate::store) latency_ms: i64,
    /// Requests with known latency.
    pub(in crate::store) latency_samples: i64,
    pub(in crate::store) ttft_ms: i64,
    pub(in crate::store) ttft_samples: i64,
}

impl Sums {
    pub(in crate::store) fn add(&mut self, other: &Self) {
        for (sum, more) in self.fields_mut().into_iter().zip(other.fields()) {
            *sum = sum.saturating_add(more);
        }
    }

    /// In stored order: only ever append.
    fn fields(&self) -> [i64; 15] {
        let mut copy = *self;
        copy.fields_mut().map(|field| *field)
    }

    fn fields_mut(&mut self) -> [&mut i64; 15] {
        [
            &mut self.requests,
            &mut self.failed,
            &mut self.unknown_tokens,
            &mut self.uncached,
            &mut self.cache_read,
            &mut self.cache_write,
            &mut self.output,
            &mut self.reasoning,
            &mut self.unclassified,
            &mut self.cost_nanos,
            &mut self.unpriced,
            &mut self.latency_ms,
            &mut self.latency_samples,
            &mut self.ttft_ms,
            &mut self.ttft_samples,
        ]
    }
}

/// Distributions. Samples below zero count as zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::store) struct Sketches {
    pub(in crate::store) latency_ms: Sketch,
    pub(in crate::store) ttft_ms: Sketch,
    /// Thousandths of a token a second.
    pub(in crate::store) speed: Sketch,
}

pub(in crate::store) fn add_sample(sketch: &mut Sketch, value: Option<i64>) {
    if let Some(value) = value {
        sketch.add(u64::try_from(value).unwrap_or_default());
    }
}

/// Everything that is counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::store) struct Measures {
    pub(in crate::store) sums: Sums,
    pub(in crate::store) sketches: Sketches,
}

impl Measures {
    pub(in crate::store) fn totals(&self) -> Totals {
        let sums = &self.sums;
        let milli = |value: Option<f64>| value.map(|value| value / 1_000.0);
        let speed = quantiles(&self.sketches.speed);
        Totals {
            requests: sums.requests,
            failed: sums.failed,
            unknown_tokens: sums.unknown_tokens,
            uncached: sums.uncached,
            cache_read: sums.cache_read,
            cache_write: sums.cache_write,
            output: sums.output,
            reasoning: sums.reasoning,
            unclassified: sums.unclassified,
            cost: NanoUsd(sums.cost_nanos),
            unpriced: sums.unpriced,
            latency: quantiles(&self.sketches.latency_ms),
            ttft: quantiles(&self.sketches.ttft_ms),
            speed: Quantiles {
                p5: milli(speed.p5),
                p50: milli(speed.p50),
                p95: milli(speed.p95),
                p99: milli(speed.p99),
                ..speed
            },
        }
    }
}

fn quantiles(sketch: &Sketch) -> Quantiles {
    Quantiles {
        samples: i64::try_from(sketch.samples()).unwrap_or(i64::MAX),
        p5: sketch.quantile(0.05),
        p50: sketch.quantile(0.50),
        p95: sketch.quantile(0.95),
        p99: sketch.quantile(0.99),
    }
}
