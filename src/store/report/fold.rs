//! Counting the rows of a scan into everything a page shows of them at once:
//! the total, a timeline and rankings. Columns are decoded once a chunk, then
//! summed as slices. Rows come oldest first.

use std::ops::Range;

use super::timeline::Timeline;
use crate::domain::counting;
use crate::domain::units::At;
use crate::store::error::Result;
use crate::store::measures::{Measures, Sums, add_sample};
use crate::store::scan::Chunk;
use crate::store::scan::columns::{Column, Picked, UNKNOWN};

/// Everything that is being counted.
pub(in crate::store) struct Fold<'a> {
    pub(in crate::store) total: Measures,
    pub(in crate::store) timeline: Timeline<'a>,
    pub(in crate::store) groups: Vec<Groups>,
    quantiles: bool,
    decoded: Decoded,
}

impl<'a> Fold<'a> {
    pub(in crate::store) fn new(edges: &'a [At], by: &[Column], quantiles: bool) -> Self {
        Self {
            total: Measures::default(),
            timeline: Timeline::new(edges),
            groups: by.iter().copied().map(Groups::new).collect(),
            quantiles,
            decoded: Decoded::default(),
        }
    }

    /// Counts the picked rows.
    pub(in crate::store) fn rows(&mut self, chunk: &mut Chunk<'_>, picked: &Picked) -> Result<()> {
        let rows = &mut self.decoded;
        rows.read(chunk, picked, self.quantiles)?;
        rows.count(0..picked.len(), self.quantiles, &mut self.total);
        if self.timeline.is_wanted() {
            let mut at = Vec::new();
            chunk.read(Column::At, picked, &mut at)?;
            self.timeline
                .rows(&at, |run, bucket| rows.count(run, self.quantiles, bucket));
        }
        for groups in &mut self.groups {
            let mut ids = Vec::new();
            chunk.read(groups.column, picked, &mut ids)?;
            for (row, id) in ids.into_iter().enumerate() {
                rows.count_one(row, self.quantiles, groups.of(id));
            }
        }
        Ok(())
    }
}

/// Measures by the value of a column.
pub(in crate::store) struct Groups {
    column: Column,
    /// Place in `measures` by id, plus one; 0 = not met yet.
    places: Vec<u32>,
    pub(in crate::store) measures: Vec<(i64, Measures)>,
}

impl Groups {
    fn new(column: Column) -> Self {
        Self {
            column,
            places: Vec::new(),
            measures: Vec::new(),
        }
    }

    /// The measures of an id; ids are small and not negative.
    pub(in crate::store) fn of(&mut self, id: i64) -> &mut Measures {
        let index = usize::try_from(id).unwrap_or_default();
        if index >= self.places.len() {
            self.places.resize(index + 1, 0);
        }
        let place = self
            .places
            .get_mut(index)
            .expect("the places were just grown");
        if *place == 0 {
            self.measures.push((id, Measures::default()));
            *place = u32::try_from(self.measures.len()).unwrap_or(u32::MAX);
        }
        let place = usize::try_from(*place - 1).unwrap_or_default();
        let (_, measures) = self
            .measures
            .get_mut(place)
            .expect("every place was pushed");
        measures
    }
}

/// The measured columns of the picked rows of a chunk.
#[derive(Default)]
struct Decoded {
    failed: Vec<i64>,
    uncached: Vec<i64>,
    cache_read: Vec<i64>,
    cache_write: Vec<i64>,
    output: Vec<i64>,
    reasoning: Vec<i64>,
    unclassified: Vec<i64>,
    cost: Vec<i64>,
    latency: Vec<i64>,
    ttft: Vec<i64>,
    /// 1 where any token bucket is unknown.
    unknown: Vec<i64>,
    speed: Vec<i64>,
}

impl Decoded {
    fn read(&mut self, chunk: &mut Chunk<'_>, picked: &Picked, quantiles: bool) -> Result<()> {
        chunk.read(Column::Failed, picked, &mut self.failed)?;
        chunk.read(Column::Uncached, picked, &mut self.uncached)?;
        chunk.read(Column::CacheRead, picked, &mut self.cache_read)?;
        chunk.read(Column::CacheWrite, picked, &mut self.cache_write)?;
        chunk.read(Column::Output, picked, &mut self.output)?;
        chunk.read(Column::Reasoning, picked, &mut self.reasoning)?;
        chunk.read(Column::Unclassified, picked, &mut self.unclassified)?;
        chunk.read(Column::Cost, picked, &mut self.cost)?;
        chunk.read(Column::Latency, picked, &mut self.latency)?;
        chunk.read(Column::Ttft, picked, &mut self.ttft)?;
        self.mark_unknown();
        if quantiles {
            self.speed.clear();
            let generated = self.output.iter().zip(&self.reasoning);
            let times = self.latency.iter().zip(&self.ttft);
            self.speed.extend(generated.zip(times).map(speed));
        }
        Ok(())
    }

    fn mark_unknown(&mut self) {
        self.unknown.clear();
        self.unknown.resize(self.failed.len(), 0);
        let buckets = [
            &self.uncached,
            &self.cache_read,
            &self.cache_write,
            &self.output,
            &self.reasoning,
        ];
        for bucket in buckets {
            for (unknown, value) in self.unknown.iter_mut().zip(bucket) {
                *unknown |= i64::from(*value == UNKNOWN);
            }
        }
    }

    /// Adds some consecutive rows.
    fn count(&self, rows: Range<usize>, quantiles: bool, to: &mut Measures) {
        let sum = |column: &[i64]| sum(column.get(rows.clone()).unwrap_or_default());
        let requests = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let (cost_nanos, priced) = sum(&self.cost);
        let (latency_ms, latency_samples) = sum(&self.latency);
        let (ttft_ms, ttft_samples) = sum(&self.ttft);
        to.sums.add(&Sums {
            requests,
            failed: sum(&self.failed).0,
            unknown_tokens: sum(&self.unknown).0,
            uncached: sum(&self.uncached).0,
            cache_read: sum(&self.cache_read).0,
            cache_write: sum(&self.cache_write).0,
            output: sum(&self.output).0,
            reasoning: sum(&self.reasoning).0,
            unclassified: sum(&self.unclassified).0,
            cost_nanos,
            unpriced: requests - priced,
            latency_ms,
            latency_samples,
            ttft_ms,
            ttft_samples,
        });
        if quantiles {
            let part = |column: &'_ Vec<i64>| column.get(rows.clone()).unwrap_or_default().to_vec();
            for (column, sketch) in [
                (&self.latency, &mut to.sketches.latency_ms),
                (&self.ttft, &mut to.sketches.ttft_ms),
                (&self.speed, &mut to.sketches.speed),
            ] {
                for value in part(column) {
                    add_sample(sketch, known(value));
                }
            }
        }
    }

    /// Adds one row.
    fn count_one(&self, row: usize, quantiles: bool, to: &mut Measures) {
        self.count(row..row + 1, quantiles, to);
    }
}

fn known(value: i64) -> Option<i64> {
    (value != UNKNOWN).then_some(value)
}

/// The sum of the known values, and how many these are.
fn sum(values: &[i64]) -> (i64, i64) {
    values
        .iter()
        .fold((0, 0), |(sum, count), value| match known(*value) {
            Some(value) => (sum + value, count + 1),
            None => (sum, count),
        })
}

fn speed(((output, reasoning), (latency, ttft)): ((&i64, &i64), (&i64, &i64))) -> i64 {
    let speed = || {
        let generated = known(*output)?.saturating_add(known(*reasoning)?);
        counting::speed_milli(generated, known(*latency)?.checked_sub(known(*ttft)?)?)
    };
    speed().unwrap_or(UNKNOWN)
}
