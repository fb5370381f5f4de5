//! What is counted of a set of events, and how it is stored. Sums are exact;
//! sketches give quantiles. Adding events one by one, adding whole columns and
//! merging stored measures give the same result in any order.

use crate::domain::sketch::Sketch;
use crate::domain::units::NanoUsd;
use crate::domain::varint::{self, Corrupt};
use crate::store::events::StoredEvent;
use crate::store::requests::{Quantiles, Totals};

/// Exact sums. Unknown values add nothing. No value of an event is above ten
/// milliards, so sums stay far from the end of `i64`.
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
    pub(in crate::store) fn of(event: &StoredEvent) -> Self {
        let tokens = event.tokens();
        let known = |value: Option<i64>| value.unwrap_or_default();
        Self {
            requests: 1,
            failed: event.flags.failed().into(),
            unknown_tokens: tokens.any_unknown().into(),
            uncached: known(tokens.uncached),
            cache_read: known(tokens.cache_read),
            cache_write: known(tokens.cache_write),
            output: known(tokens.output),
            reasoning: known(tokens.reasoning),
            unclassified: tokens.unclassified,
            cost_nanos: event.cost_nanos.unwrap_or_default().0,
            unpriced: event.cost_nanos.is_none().into(),
            latency_ms: event.latency_ms.unwrap_or_default().0,
            latency_samples: event.latency_ms.is_some().into(),
            ttft_ms: event.ttft_ms.unwrap_or_default().0,
            ttft_samples: event.ttft_ms.is_some().into(),
        }
    }

    pub(in crate::store) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.unknown_tokens += other.unknown_tokens;
        self.uncached += other.uncached;
        self.cache_read += other.cache_read;
        self.cache_write += other.cache_write;
        self.output += other.output;
        self.reasoning += other.reasoning;
        self.unclassified += other.unclassified;
        self.cost_nanos += other.cost_nanos;
        self.unpriced += other.unpriced;
        self.latency_ms += other.latency_ms;
        self.latency_samples += other.latency_samples;
        self.ttft_ms += other.ttft_ms;
        self.ttft_samples += other.ttft_samples;
    }

    /// What has to be added to `other` to get these.
    pub(in crate::store) fn minus(&self, other: &Self) -> Self {
        let mut difference = *self;
        for (sum, less) in difference.fields_mut().into_iter().zip(other.fields()) {
            *sum -= less;
        }
        difference
    }

    pub(in crate::store) fn encode(&self, out: &mut Vec<u8>) {
        for value in self.fields() {
            varint::put_signed(out, value);
        }
    }

    pub(in crate::store) fn decode(bytes: &mut &[u8]) -> Result<Self, Corrupt> {
        let mut sums = Self::default();
        for value in sums.fields_mut() {
            *value = varint::take_signed(bytes)?;
        }
        Ok(sums)
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

impl Sketches {
    pub(in crate::store) fn add(&mut self, event: &StoredEvent) {
        let (latency, ttft) = (event.latency_ms, event.ttft_ms);
        add_sample(&mut self.latency_ms, latency.map(|ms| ms.0));
        add_sample(&mut self.ttft_ms, ttft.map(|ms| ms.0));
        add_sample(&mut self.speed, event.tokens().speed_milli(latency));
    }

    pub(in crate::store) fn merge(&mut self, other: &Self) {
        self.latency_ms.merge(&other.latency_ms);
        self.ttft_ms.merge(&other.ttft_ms);
        self.speed.merge(&other.speed);
    }

    pub(in crate::store) fn take_away(&mut self, less: &Self) {
        self.latency_ms.take_away(&less.latency_ms);
        self.ttft_ms.take_away(&less.ttft_ms);
        self.speed.take_away(&less.speed);
    }

    pub(in crate::store) fn encode(&self, out: &mut Vec<u8>) {
        self.latency_ms.encode(out);
        self.ttft_ms.encode(out);
        self.speed.encode(out);
    }

    pub(in crate::store) fn merge_encoded(&mut self, bytes: &mut &[u8]) -> Result<(), Corrupt> {
        self.latency_ms.merge_encoded(bytes)?;
        self.ttft_ms.merge_encoded(bytes)?;
        self.speed.merge_encoded(bytes)
    }
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
    pub(in crate::store) fn merge(&mut self, other: &Self) {
        self.sums.add(&other.sums);
        self.sketches.merge(&other.sketches);
    }

    /// Forgets events that were counted before.
    pub(in crate::store) fn take_away(&mut self, less: &Self) {
        self.sums = self.sums.minus(&less.sums);
        self.sketches.take_away(&less.sketches);
    }

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
    let [p5, p50, p95, p99] = sketch.quantiles([0.05, 0.50, 0.95, 0.99]);
    Quantiles {
        samples: i64::try_from(sketch.samples()).unwrap_or(i64::MAX),
        p5,
        p50,
        p95,
        p99,
    }
}
