//! The measured columns of some rows of a chunk, decoded once and ready to be
//! summed by slice or by row.

use std::ops::Range;

use crate::domain::sketch::Bucket;
use crate::store::error::Result;
use crate::store::measures::{Measures, Sums};
use crate::store::scan::Rows;
use crate::store::scan::columns::{Column, UNKNOWN};
use crate::store::scan::picked::Picked;

/// What is unknown is 0, with a second column where it matters how often.
#[derive(Default)]
pub(super) struct Decoded {
    failed: Vec<i64>,
    /// 1 where any token bucket is unknown.
    unknown: Vec<i64>,
    uncached: Vec<i64>,
    cache_read: Vec<i64>,
    cache_write: Vec<i64>,
    output: Vec<i64>,
    reasoning: Vec<i64>,
    unclassified: Vec<i64>,
    cost: Vec<i64>,
    unpriced: Vec<i64>,
    latency: Vec<i64>,
    no_latency: Vec<i64>,
    ttft: Vec<i64>,
    no_ttft: Vec<i64>,
    /// Empty without quantiles.
    speed: Vec<i64>,
    /// Samples by bucket; empty without quantiles.
    samples: Vec<Samples>,
}

/// In the order in which they are read.
const SUMMED: [Column; 10] = [
    Column::Failed,
    Column::Uncached,
    Column::CacheRead,
    Column::CacheWrite,
    Column::Output,
    Column::Reasoning,
    Column::Unclassified,
    Column::Cost,
    Column::Latency,
    Column::Ttft,
];

/// The samples of one row.
#[derive(Clone, Copy, Default)]
pub(super) struct Samples {
    latency: Option<Bucket>,
    ttft: Option<Bucket>,
    speed: Option<Bucket>,
}

impl Decoded {
    /// The columns that are read.
    pub(super) fn columns(quantiles: bool) -> impl Iterator<Item = Column> {
        SUMMED.into_iter().chain(quantiles.then_some(Column::Speed))
    }

    pub(super) fn read(
        &mut self,
        chunk: &mut impl Rows,
        picked: &Picked,
        quantiles: bool,
    ) -> Result<()> {
        let summed = [
            &mut self.failed,
            &mut self.uncached,
            &mut self.cache_read,
            &mut self.cache_write,
            &mut self.output,
            &mut self.reasoning,
            &mut self.unclassified,
            &mut self.cost,
            &mut self.latency,
            &mut self.ttft,
        ];
        for (column, values) in SUMMED.into_iter().zip(summed) {
            chunk.read(column, picked, values)?;
        }
        self.samples.clear();
        if quantiles {
            chunk.read(Column::Speed, picked, &mut self.speed)?;
            let times = self.latency.iter().zip(&self.ttft);
            self.samples.extend(times.zip(&self.speed).map(samples));
        }
        for marks in [
            &mut self.unknown,
            &mut self.unpriced,
            &mut self.no_latency,
            &mut self.no_ttft,
        ] {
            marks.clear();
            marks.resize(picked.len(), 0);
        }
        for bucket in [
            &mut self.uncached,
            &mut self.cache_read,
            &mut self.cache_write,
            &mut self.output,
            &mut self.reasoning,
        ] {
            mark_unknown(bucket, &mut self.unknown);
        }
        mark_unknown(&mut self.cost, &mut self.unpriced);
        mark_unknown(&mut self.latency, &mut self.no_latency);
        mark_unknown(&mut self.ttft, &mut self.no_ttft);
        Ok(())
    }

    /// Adds the sums of some consecutive rows.
    pub(super) fn sum(&self, rows: Range<usize>, to: &mut Measures) {
        let sum = |column: &[i64]| column.get(rows.clone()).unwrap_or_default().iter().sum();
        to.sums
            .add(&self.sums(i64::try_from(rows.len()).unwrap_or(i64::MAX), sum));
    }

    /// Places some consecutive rows in sketches.
    pub(super) fn sample(&self, rows: Range<usize>, to: &mut Measures) {
        for samples in self.samples.get(rows).unwrap_or_default() {
            samples.count(to);
        }
    }

    /// Adds the sums of one row.
    pub(super) fn sum_one(&self, row: usize, to: &mut Measures) {
        let value = |column: &[i64]| column.get(row).copied().unwrap_or_default();
        to.sums.add(&self.sums(1, value));
    }

    /// The samples of one row; `None` without quantiles.
    pub(super) fn samples(&self, row: usize) -> Option<Samples> {
        self.samples.get(row).copied()
    }

    fn sums(&self, requests: i64, of: impl Fn(&[i64]) -> i64) -> Sums {
        Sums {
            requests,
            failed: of(&self.failed),
            unknown_tokens: of(&self.unknown),
            uncached: of(&self.uncached),
            cache_read: of(&self.cache_read),
            cache_write: of(&self.cache_write),
            output: of(&self.output),
            reasoning: of(&self.reasoning),
            unclassified: of(&self.unclassified),
            cost_nanos: of(&self.cost),
            unpriced: of(&self.unpriced),
            latency_ms: of(&self.latency),
            latency_samples: requests - of(&self.no_latency),
            ttft_ms: of(&self.ttft),
            ttft_samples: requests - of(&self.no_ttft),
        }
    }
}

impl Samples {
    pub(super) fn count(self, to: &mut Measures) {
        let sketches = &mut to.sketches;
        for (sample, sketch) in [
            (self.latency, &mut sketches.latency_ms),
            (self.ttft, &mut sketches.ttft_ms),
            (self.speed, &mut sketches.speed),
        ] {
            if let Some(bucket) = sample {
                sketch.add_in(bucket);
            }
        }
    }
}

/// Makes unknown values 0 and sets their marks to 1.
fn mark_unknown(values: &mut [i64], marks: &mut [i64]) {
    for (value, mark) in values.iter_mut().zip(marks) {
        let unknown = *value == UNKNOWN;
        *mark |= i64::from(unknown);
        *value = if unknown { 0 } else { *value };
    }
}

fn samples(((latency, ttft), speed): ((&i64, &i64), &i64)) -> Samples {
    let bucket = |value: &i64| {
        let known = (*value != UNKNOWN).then_some(*value)?;
        Some(Bucket::of(u64::try_from(known).unwrap_or_default()))
    };
    Samples {
        latency: bucket(latency),
        ttft: bucket(ttft),
        speed: bucket(speed),
    }
}
