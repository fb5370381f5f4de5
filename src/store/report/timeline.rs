//! The bars of a timeline, filled from left to right. A bar that is finished is
//! reduced to its totals at once, so a year of hours needs little memory.

use std::ops::Range;

use crate::domain::units::At;
use crate::store::measures::Measures;
use crate::store::requests::Bucket;

pub(in crate::store) struct Timeline<'a> {
    /// One more than there are bars, ascending.
    edges: &'a [At],
    finished: Vec<Bucket>,
    current: Measures,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(edges: &'a [At]) -> Self {
        Self {
            edges,
            finished: Vec::new(),
            current: Measures::default(),
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.edges.len() > 1
    }

    /// The bar that holds a moment; no later call may ask for an earlier one.
    /// `None` outside of the timeline.
    pub(super) fn bar(&mut self, at: At) -> Option<&mut Measures> {
        while at >= self.end()? {
            self.finish_bar();
        }
        (at >= self.start()?).then_some(&mut self.current)
    }

    /// Gives `count` each run of rows that falls into one bar; `at` ascends.
    pub(super) fn rows(&mut self, at: &[i64], mut count: impl FnMut(Range<usize>, &mut Measures)) {
        let mut row = 0;
        while let Some(first) = at.get(row) {
            let inside = self.bar(At(*first)).is_some();
            let Some(limit) = (if inside { self.end() } else { self.start() }) else {
                return;
            };
            let rest = at.get(row..).unwrap_or_default();
            let run = row..row + rest.partition_point(|at| At(*at) < limit);
            row = run.end;
            if inside {
                count(run, &mut self.current);
            }
        }
    }

    pub(super) fn into_buckets(mut self) -> Vec<Bucket> {
        while self.end().is_some() {
            self.finish_bar();
        }
        self.finished
    }

    fn start(&self) -> Option<At> {
        self.edges.get(self.finished.len()).copied()
    }

    fn end(&self) -> Option<At> {
        self.edges.get(self.finished.len() + 1).copied()
    }

    fn finish_bar(&mut self) {
        if let (Some(from), Some(to)) = (self.start(), self.end()) {
            let totals = std::mem::take(&mut self.current).totals();
            self.finished.push(Bucket { from, to, totals });
        }
    }
}
