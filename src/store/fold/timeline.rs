//! The bars of a timeline, filled from left to right, and the total. A bar that
//! is finished is reduced to its totals at once (unless it is to be kept), so a
//! year of hours needs little memory; the total is the sum of the bars and of what lies beside them.

use std::ops::Range;

use crate::domain::units::At;
use crate::store::measures::Measures;
use crate::store::requests::Bucket;

pub(super) struct Timeline<'a> {
    /// One more than there are bars, ascending; empty without bars.
    edges: &'a [At],
    /// For each bar the slot that it is counted into as well.
    slots: &'a [u16],
    finished: Vec<Bucket>,
    /// Of each bar, when they are to be kept.
    kept: Option<Vec<Measures>>,
    current: Measures,
    whole: Measures,
    gathered: Vec<Measures>,
}

/// What a timeline came to.
pub(super) struct Finished {
    pub(super) whole: Measures,
    pub(super) bars: Vec<Bucket>,
    pub(super) kept: Vec<Measures>,
    pub(super) slots: Vec<Measures>,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(edges: &'a [At], slots: &'a [u16]) -> Self {
        let most = slots.iter().copied().max();
        Self {
            edges,
            slots,
            gathered: vec![Measures::default(); most.map_or(0, |most| usize::from(most) + 1)],
            finished: Vec::new(),
            kept: None,
            current: Measures::default(),
            whole: Measures::default(),
        }
    }

    pub(super) fn keeping(self) -> Self {
        Self {
            kept: Some(Vec::new()),
            ..self
        }
    }

    pub(super) fn has_bars(&self) -> bool {
        self.edges.len() > 1
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
        if self.enter(at) {
            &mut self.current
        } else {
            &mut self.whole
        }
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
            count(
                run,
                if inside {
                    &mut self.current
                } else {
                    &mut self.whole
                },
            );
        }
    }

    pub(super) fn finish(mut self) -> Finished {
        while self.end().is_some() {
            self.finish_bar();
        }
        Finished {
            whole: self.whole,
            bars: self.finished,
            kept: self.kept.unwrap_or_default(),
            slots: self.gathered,
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
        self.edges.get(self.finished.len()).copied()
    }

    fn end(&self) -> Option<At> {
        self.edges.get(self.finished.len() + 1).copied()
    }

    fn finish_bar(&mut self) {
        let (Some(from), Some(to)) = (self.start(), self.end()) else {
            return;
        };
        let measures = std::mem::take(&mut self.current);
        self.whole.merge(&measures);
        let slot = self.slots.get(self.finished.len());
        if let Some(slot) = slot.and_then(|slot| self.gathered.get_mut(usize::from(*slot))) {
            slot.merge(&measures);
        }
        let totals = measures.totals();
        self.finished.push(Bucket { from, to, totals });
        if let Some(kept) = &mut self.kept {
            kept.push(measures);
        }
    }
}
