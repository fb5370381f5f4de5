//! Measures by the groups of one dimension. The sketches of hundreds of groups
//! are larger than the processor's cache, so samples of rows wait until there are
//! many, and are then placed group by group.

use super::decoded::{Decoded, Samples};
use crate::store::error::Result;
use crate::store::measures::Measures;
use crate::store::rollups::Family;
use crate::store::scan::Rows;
use crate::store::scan::columns::Column;
use crate::store::scan::picked::Picked;

pub(super) struct Groups {
    family: Family,
    /// Place in `measures` by group, plus one; 0 = not met yet. Groups are ids:
    /// small and not negative.
    places: Vec<u32>,
    measures: Vec<(i64, Measures)>,
    /// Samples not placed yet, each with its place in `measures`.
    waiting: Vec<(u32, Samples)>,
}

/// Samples that wait at most.
const WAITING: usize = 32_768;

impl Groups {
    pub(super) fn new(family: Family) -> Self {
        Self {
            family,
            places: Vec::new(),
            measures: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// The column that decides the group of a row; `None` = none does.
    pub(super) fn column(&self) -> Option<Column> {
        self.family.column()
    }

    /// The values that decide the groups of the picked rows.
    pub(super) fn read(
        &self,
        chunk: &mut impl Rows,
        picked: &Picked,
        values: &mut Vec<i64>,
    ) -> Result<()> {
        if let Some(column) = self.column() {
            return chunk.read(column, picked, values);
        }
        values.clear();
        values.resize(picked.len(), 0);
        Ok(())
    }

    /// Counts rows, of which these are the values that decide the groups.
    pub(super) fn count(&mut self, rows: &Decoded, values: &[i64]) {
        for (row, value) in values.iter().enumerate() {
            let place = self.place(self.family.group(*value));
            if let Some((_, measures)) = self.measures.get_mut(usize_of(place)) {
                rows.sum_one(row, measures);
            }
            if let Some(samples) = rows.samples(row) {
                self.waiting.push((place, samples));
            }
        }
        if self.waiting.len() >= WAITING {
            self.sample();
        }
    }

    /// Places the samples that wait, those of a group together.
    fn sample(&mut self) {
        let mut ends = vec![0_usize; self.measures.len()];
        for (place, _) in &self.waiting {
            if let Some(end) = ends.get_mut(usize_of(*place)) {
                *end += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            // Where the group begins, until its samples are put there.
            sum += std::mem::replace(end, sum);
        }
        let mut sorted = vec![Samples::default(); self.waiting.len()];
        for (place, samples) in self.waiting.drain(..) {
            if let Some(end) = ends.get_mut(usize_of(place))
                && let Some(slot) = sorted.get_mut(*end)
            {
                *slot = samples;
                *end += 1;
            }
        }
        let mut start = 0;
        for ((_, measures), end) in self.measures.iter_mut().zip(ends) {
            for samples in sorted.get(start..end).unwrap_or_default() {
                samples.count(measures);
            }
            start = end;
        }
    }

    pub(super) fn of(&mut self, group: i64) -> &mut Measures {
        let place = usize_of(self.place(group));
        let (_, measures) = self
            .measures
            .get_mut(place)
            .expect("every place was pushed");
        measures
    }

    fn place(&mut self, group: i64) -> u32 {
        let index = usize::try_from(group).unwrap_or_default();
        if index >= self.places.len() {
            self.places.resize(index + 1, 0);
        }
        let place = self
            .places
            .get_mut(index)
            .expect("the places were just grown");
        if *place == 0 {
            self.measures.push((group, Measures::default()));
            *place = u32::try_from(self.measures.len()).unwrap_or(u32::MAX);
        }
        *place - 1
    }

    pub(super) fn finish(mut self) -> Vec<(i64, Measures)> {
        self.sample();
        self.measures
    }
}

fn usize_of(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
