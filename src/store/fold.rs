//! Counting events into everything that is asked of them at once: the total, a
//! timeline and groups. Takes rows of a scan and groups of a roll-up, in any
//! mixture, as long as each event is given once and the timeline's oldest first.

mod decoded;
mod groups;
mod timeline;

use self::decoded::Decoded;
use self::groups::Groups;
use self::timeline::Timeline;
use super::error::Result;
use super::measures::Measures;
use super::requests::Bucket;
use super::rollups::{Cell, Family};
use super::scan::Chunk;
use super::scan::columns::{Column, Picked};
use crate::domain::units::At;

/// Rows decoded at a time: all their columns fit into the processor's cache.
const AT_ONCE: usize = 2_048;

/// What is being counted.
pub(in crate::store) struct Fold<'a> {
    timeline: Timeline<'a>,
    groups: Vec<Groups>,
    quantiles: bool,
    decoded: Decoded,
}

/// What was counted.
pub(in crate::store) struct Counted {
    pub(in crate::store) total: Measures,
    pub(in crate::store) timeline: Vec<Bucket>,
    pub(in crate::store) slots: Vec<Measures>,
    /// For each dimension asked for its groups, in no order.
    pub(in crate::store) groups: Vec<Vec<(i64, Measures)>>,
}

impl<'a> Fold<'a> {
    /// `slots` has for each bar the slot that it is counted into as well.
    pub(in crate::store) fn new(
        edges: &'a [At],
        slots: &'a [u16],
        by: &[Family],
        quantiles: bool,
    ) -> Self {
        Self {
            timeline: Timeline::new(edges, slots),
            groups: by.iter().copied().map(Groups::new).collect(),
            quantiles,
            decoded: Decoded::default(),
        }
    }

    /// Counts the picked rows.
    pub(in crate::store) fn rows(&mut self, chunk: &mut Chunk<'_>, picked: &Picked) -> Result<()> {
        for start in (0..picked.len()).step_by(AT_ONCE) {
            let end = picked.len().min(start + AT_ONCE);
            self.some_rows(chunk, &picked.slice(start..end))?;
        }
        Ok(())
    }

    fn some_rows(&mut self, chunk: &mut Chunk<'_>, picked: &Picked) -> Result<()> {
        let rows = &mut self.decoded;
        rows.read(chunk, picked, self.quantiles)?;
        let mut column = Vec::new();
        if self.timeline.has_bars() {
            chunk.read(Column::At, picked, &mut column)?;
            self.timeline.rows(&column, |run, to| rows.count(run, to));
        } else {
            rows.count(0..picked.len(), self.timeline.whole());
        }
        for groups in &mut self.groups {
            groups.read(chunk, picked, &mut column)?;
            for (row, value) in column.iter().enumerate() {
                rows.count_one(row, groups.of_value(*value));
            }
        }
        Ok(())
    }

    /// Counts a roll-up that begins at `at` in total and timeline.
    pub(in crate::store) fn total(&mut self, at: At, cell: &Cell<'_>) -> Result<()> {
        Ok(cell.add_to(self.timeline.at(at))?)
    }

    /// Counts a roll-up in the groups of the dimension with this number.
    pub(in crate::store) fn group(&mut self, dimension: usize, cell: &Cell<'_>) -> Result<()> {
        if let Some(groups) = self.groups.get_mut(dimension) {
            cell.add_to(groups.of(cell.group))?;
        }
        Ok(())
    }

    pub(in crate::store) fn finish(self) -> Counted {
        let timeline = self.timeline.finish();
        Counted {
            total: timeline.whole,
            timeline: timeline.bars,
            slots: timeline.slots,
            groups: self.groups.into_iter().map(Groups::finish).collect(),
        }
    }
}
