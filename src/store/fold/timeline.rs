//! The bars of a timeline, filled from left to right, and the total. A bar that
//! is finished is reduced to its totals, so a year of hours needs little memory;
//! the total is the sum of the bars and of what lies beside them. In place of
//! bars there can be slots, into which bars that are alike go together.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::units::At;
use crate::store::measures::Measures;
use crate::store::requests::Bucket;

pub(super) struct Timeline<'a> {
    /// One more than there are bars, ascending; empty without bars.
    edges: &'a [At],
    /// For each bar the slot that it is counted into instead.
    slots: &'a [u16],
    /// Bars that are finished.
    passed: usize,
    finished: Vec<Bucket>,
    keep: Keep,
    /// What is kept of finished bars, by their places.
    kept: BTreeMap<usize, Measures>,
    /// Where the rows that are being counted begin and end.
    span: Option<(At, At)>,
    current: Measures,
    whole: Measures,
    gathered: Vec<Measures>,
}

/// Bars of which the measures are kept, and not only the totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Keep {
    Nothing,
    /// Those that may have rows in another fold as well, which counts other
    /// chunks: bars that no chunk has as a whole.
    Shared,
    All,
}

/// What a timeline came to.
pub(super) struct Finished {
    pub(super) whole: Measures,
    pub(super) bars: Vec<Bucket>,
    pub(super) kept: BTreeMap<usize, Measures>,
    pub(super) slots: Vec<Measures>,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(edges: &'a [At], slots: &'a [u16], keep: Keep) -> Self {
        let most = slots.iter().copied().max();
        Self {
            edges,
            slots,
            gathered: vec![Measures::default(); most.map_or(0, |most| usize::from(most) + 1)],
            passed: 0,
            finished: Vec::new(),
            keep,
            kept: BTreeMap::new(),
            span: None,
            current: Measures::default(),
            whole: Measures::default(),
        }
    }

    pub(super) fn has_bars(&self) -> bool {
        self.edges.len() > 1
    }

    /// Says between which moments, both included, the next rows lie and no
    /// others do; `None` = others may lie among them.
    pub(super) fn begin(&mut self, span: Option<(At, At)>) {
        self.span = span;
    }

    /// Whether everything between two moments, both included, is counted in the
    /// same place.
    pub(super) fn is_one_place(&self, (first, last): (At, At)) -> bool {
        let bar = |at: At| self.edges.partition_point(|edge| *edge <= at);
        bar(first) == bar(last)
    }

    /// What belongs to no bar is counted here.
    pub(super) fn whole(&mut self) -> &mut Measures {
        &mut self.whole
    }

    /// Where to count a moment; no later call may ask for an earlier bar.
    pub(super) fn at(&mut self, at: At) -> &mut Measures {
        let inside = self.enter(at);
        self.place(inside)
    }

    /// Gives `count` each run of rows with the same place; `at` ascends.
    pub(super) fn rows(&mut self, at: &[i64], mut count: impl FnMut(Range<usize>, &mut Measures)) {
        let mut row = 0;
        while let Some(first) = at.get(row) {
            let inside = self.enter(At(*first));
            let limit = if inside { self.end() } else { self.start() };
            let rest = at.get(row..).unwrap_or_default();
            let len = limit.map_or(rest.len(), |limit| {
                rest.partition_point(|at| At(*at) < limit)
            });
            let run = row..row + len;
            row = run.end;
            count(run, self.place(inside));
        }
    }

    pub(super) fn finish(mut self) -> Finished {
        while self.end().is_some() {
            self.finish_bar();
        }
        for slot in &self.gathered {
            self.whole.merge(slot);
        }
        Finished {
            whole: self.whole,
            bars: self.finished,
            kept: self.kept,
            slots: self.gathered,
        }
    }

    /// Where rows of the current bar, or beside the bars, are counted.
    fn place(&mut self, inside: bool) -> &mut Measures {
        let slot = self.slots.get(self.passed).filter(|_| inside);
        match slot.and_then(|slot| self.gathered.get_mut(usize::from(*slot))) {
            Some(slot) => slot,
            None if inside => &mut self.current,
            None => &mut self.whole,
        }
    }

    /// Goes to the bar that holds a moment; `false` beside the bars.
    fn enter(&mut self, at: At) -> bool {
        while self.end().is_some_and(|end| at >= end) {
            self.finish_bar();
        }
        self.end().is_some() && self.start().is_some_and(|start| at >= start)
    }

    /// Of the current bar; `None` after the last.
    fn start(&self) -> Option<At> {
        self.end()?;
        self.edges.get(self.passed).copied()
    }

    fn end(&self) -> Option<At> {
        self.edges.get(self.passed + 1).copied()
    }

    fn finish_bar(&mut self) {
        let (Some(from), Some(to)) = (self.start(), self.end()) else {
            return;
        };
        let place = self.passed;
        self.passed += 1;
        if !self.slots.is_empty() {
            return;
        }
        let measures = std::mem::take(&mut self.current);
        let totals = measures.totals();
        self.finished.push(Bucket { from, to, totals });
        if measures.sums.requests == 0 {
            return;
        }
        self.whole.merge(&measures);
        let inside = |(first, last): (At, At)| first < from && to <= last;
        let keep = match self.keep {
            Keep::Nothing => false,
            Keep::Shared => !self.span.is_some_and(inside),
            Keep::All => true,
        };
        if keep {
            self.kept.insert(place, measures);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [At; 5] = [At(0), At(10), At(20), At(30), At(40)];

    /// The bars kept of two stretches of rows, each with these rows and no others
    /// between its ends.
    fn kept(keep: Keep, stretches: [(i64, i64); 2]) -> Vec<usize> {
        let mut timeline = Timeline::new(&EDGES, &[], keep);
        for (first, last) in stretches {
            timeline.begin(Some((At(first), At(last))));
            for at in first..=last {
                timeline.at(At(at)).sums.requests += 1;
            }
        }
        let finished = timeline.finish();
        let sum: i64 = finished.bars.iter().map(|bar| bar.totals.requests).sum();
        assert_eq!(finished.whole.sums.requests, sum);
        finished.kept.into_keys().collect()
    }

    #[test]
    fn bars_that_others_may_have_rows_of_are_kept() {
        assert!(kept(Keep::Nothing, [(5, 14), (15, 34)]).is_empty());
        assert_eq!(kept(Keep::All, [(5, 14), (15, 34)]), [0, 1, 2, 3]);
        // Only the third begins and ends among rows of one stretch.
        assert_eq!(kept(Keep::Shared, [(5, 14), (15, 34)]), [0, 1, 3]);
        // Others may have rows of the first and the last millisecond.
        assert_eq!(kept(Keep::Shared, [(5, 9), (10, 30)]), [0, 1, 3]);
        assert_eq!(kept(Keep::Shared, [(5, 9), (9, 30)]), [0, 3]);
        // Nobody has what lies between the two.
        assert_eq!(kept(Keep::Shared, [(1, 3), (32, 38)]), [0, 3]);
    }

    #[test]
    fn bars_go_into_slots_together() {
        let mut timeline = Timeline::new(&EDGES, &[1, 0, 1, 3], Keep::Nothing);
        for at in [-1, 3, 12, 24, 25, 39, 40] {
            timeline.at(At(at)).sums.requests += 1;
        }
        let finished = timeline.finish();
        let slots = finished.slots.iter().map(|slot| slot.sums.requests);
        assert_eq!(slots.collect::<Vec<_>>(), [1, 3, 0, 1]);
        assert_eq!(finished.whole.sums.requests, 7);
        assert!(finished.bars.is_empty());
    }
}
