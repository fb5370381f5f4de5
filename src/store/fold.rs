//! Counting events into everything that is asked of them at once: the total, a
//! timeline and groups. Takes rows of a scan and groups of a roll-up, in any
//! mixture, as long as each event is given once and the timeline's oldest first.

mod decoded;
mod groups;
mod timeline;

use std::collections::{BTreeMap, HashMap};

use self::decoded::Decoded;
use self::groups::Groups;
pub(in crate::store) use self::timeline::Keep;
use self::timeline::Timeline;
use super::error::Result;
use super::measures::Measures;
use super::requests::Bucket;
use super::rollups::{Cell, Family};
use super::scan::Rows;
use super::scan::columns::Column;
use super::scan::picked::Picked;
use crate::domain::units::At;

/// What is being counted.
pub(in crate::store) struct Fold<'a> {
    timeline: Timeline<'a>,
    groups: Vec<Groups>,
    sampled: Sampled,
    decoded: Decoded,
}

/// Where rows are placed in sketches, beside the groups that have all of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sampled {
    /// No quantiles are wanted.
    Nowhere,
    /// Bars have quantiles; the whole is their sum.
    InBars,
    /// Bars have none.
    InWhole,
    /// The same; the whole is the sum of the first groups.
    InGroups,
}

/// What was counted.
#[derive(Default)]
pub(in crate::store) struct Counted {
    pub(in crate::store) total: Measures,
    pub(in crate::store) timeline: Vec<Bucket>,
    /// The measures of bars by their places, as far as the fold keeps them.
    pub(in crate::store) bars: BTreeMap<usize, Measures>,
    pub(in crate::store) slots: Vec<Measures>,
    /// For each dimension asked for its groups, in no order.
    pub(in crate::store) groups: Vec<Vec<(i64, Measures)>>,
}

impl<'a> Fold<'a> {
    /// `slots` has for each bar the slot that it is counted into instead.
    pub(in crate::store) fn new(
        edges: &'a [At],
        slots: &'a [u16],
        by: &[Family],
        quantiles: bool,
        keep: Keep,
    ) -> Self {
        Self {
            timeline: Timeline::new(edges, slots, keep),
            groups: by.iter().copied().map(Groups::new).collect(),
            sampled: match (quantiles, by) {
                (false, _) => Sampled::Nowhere,
                (true, _) if edges.len() > 1 => Sampled::InBars,
                (true, []) => Sampled::InWhole,
                (true, _) => Sampled::InGroups,
            },
            decoded: Decoded::default(),
        }
    }

    /// Bars and slots have no quantiles.
    pub(in crate::store) fn with_plain_bars(self) -> Self {
        let sampled = match self.sampled {
            Sampled::InBars if self.groups.is_empty() => Sampled::InWhole,
            Sampled::InBars => Sampled::InGroups,
            other => other,
        };
        Self { sampled, ..self }
    }

    /// The columns that counting these rows looks at.
    pub(in crate::store) fn columns(&self, rows: &impl Rows) -> Vec<Column> {
        let groups = self.groups.iter().filter_map(Groups::column);
        let moments = self.timeline.has_bars() && self.place(rows).is_none();
        Decoded::columns(self.sampled != Sampled::Nowhere)
            .chain(moments.then_some(Column::At))
            .chain(groups)
            .collect()
    }

    /// Counts the picked rows.
    pub(in crate::store) fn rows(&mut self, chunk: &mut impl Rows, picked: &Picked) -> Result<()> {
        self.timeline.begin(chunk.span());
        for piece in picked.pieces() {
            self.piece(chunk, &piece)?;
        }
        Ok(())
    }

    /// A moment that stands for all of these rows, if they are all counted in
    /// the same bar: then nobody has to ask each when it was.
    fn place(&self, rows: &impl Rows) -> Option<At> {
        let span = rows.span()?;
        self.timeline.is_one_place(span).then_some(span.0)
    }

    fn piece(&mut self, chunk: &mut impl Rows, picked: &Picked) -> Result<()> {
        let place = self.place(&*chunk);
        let (rows, sampled) = (&mut self.decoded, self.sampled);
        rows.read(chunk, picked, sampled != Sampled::Nowhere)?;
        let mut column = Vec::new();
        if let Some(at) = place.filter(|_| self.timeline.has_bars()) {
            let to = self.timeline.at(at);
            if sampled == Sampled::InBars {
                rows.sample(0..picked.len(), to);
            }
            rows.sum(0..picked.len(), to);
        } else if self.timeline.has_bars() {
            chunk.read(Column::At, picked, &mut column)?;
            self.timeline.rows(&column, |run, to| {
                if sampled == Sampled::InBars {
                    rows.sample(run.clone(), to);
                }
                rows.sum(run, to);
            });
        } else {
            rows.sum(0..picked.len(), self.timeline.whole());
        }
        if sampled == Sampled::InWhole {
            rows.sample(0..picked.len(), self.timeline.whole());
        }
        for groups in &mut self.groups {
            groups.read(chunk, picked, &mut column)?;
            groups.count(rows, &column);
        }
        Ok(())
    }

    /// Counts a roll-up that begins at `at` in total and timeline.
    pub(in crate::store) fn total(&mut self, at: At, cell: &Cell<'_>) -> Result<()> {
        match self.sampled {
            Sampled::Nowhere | Sampled::InBars => cell.add_to(self.timeline.at(at))?,
            Sampled::InWhole => {
                cell.add_sums_to(self.timeline.at(at));
                cell.add_sketches_to(self.timeline.whole())?;
            }
            Sampled::InGroups => cell.add_sums_to(self.timeline.at(at)),
        }
        Ok(())
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
        let mut total = timeline.whole;
        let groups: Vec<_> = self.groups.into_iter().map(Groups::finish).collect();
        // A fold of roll-ups may be asked for its groups alone.
        if self.sampled == Sampled::InGroups && total.sums.requests > 0 {
            for (_, measures) in groups.first().into_iter().flatten() {
                total.sketches.merge(&measures.sketches);
            }
        }
        Counted {
            total,
            timeline: timeline.bars,
            bars: timeline.kept,
            slots: timeline.slots,
            groups,
        }
    }
}

impl Counted {
    /// Together with the events of other chunks. Both come from folds of the
    /// same question that keep the bars they share.
    pub(in crate::store) fn plus(mut self, more: Self) -> Self {
        self.total.merge(&more.total);
        for (place, more) in more.bars {
            self.bars.entry(place).or_default().merge(&more);
        }
        let bars = self.timeline.iter_mut().zip(more.timeline);
        for (place, (bar, more)) in bars.enumerate() {
            if bar.totals.requests == 0 {
                *bar = more;
            } else if more.totals.requests > 0 {
                let both = self.bars.get(&place);
                bar.totals = both.map(Measures::totals).unwrap_or_default();
            }
        }
        for (slot, more) in self.slots.iter_mut().zip(&more.slots) {
            slot.merge(more);
        }
        for (groups, more) in self.groups.iter_mut().zip(more.groups) {
            let mut places: HashMap<i64, usize> = HashMap::new();
            places.extend(
                groups
                    .iter()
                    .enumerate()
                    .map(|(place, (group, _))| (*group, place)),
            );
            for (group, more) in more {
                let place = places.get(&group).and_then(|place| groups.get_mut(*place));
                match place {
                    Some((_, measures)) => measures.merge(&more),
                    None => groups.push((group, more)),
                }
            }
        }
        self
    }

    /// What is left without events that were counted here as well. Both come
    /// from folds of the same question that keep all their bars.
    pub(in crate::store) fn minus(mut self, less: Self) -> Self {
        self.total.take_away(&less.total);
        for (place, less) in &less.bars {
            if let (Some(bar), Some(bucket)) =
                (self.bars.get_mut(place), self.timeline.get_mut(*place))
            {
                bar.take_away(less);
                bucket.totals = bar.totals();
            }
        }
        for (slot, less) in self.slots.iter_mut().zip(&less.slots) {
            slot.take_away(less);
        }
        for (groups, less) in self.groups.iter_mut().zip(less.groups) {
            let less: HashMap<i64, Measures> = less.into_iter().collect();
            for (group, measures) in groups.iter_mut() {
                if let Some(less) = less.get(group) {
                    measures.take_away(less);
                }
            }
            groups.retain(|(_, measures)| measures.sums.requests > 0);
        }
        self
    }
}
