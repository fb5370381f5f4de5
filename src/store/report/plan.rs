//! Which part of a range is answered from what: spans of days and closed days
//! from their roll-ups, then hours of closed days, then fine stretches, and rows
//! for the edges. No stretch reaches over a cut (the edge of a bar), so all of it
//! belongs to one bar.

use std::collections::BTreeSet;
use std::ops::Range;

use diesel::sqlite::SqliteConnection;

use crate::domain::units::{At, Ms};
use crate::store::error::Result;
use crate::store::rollups::{self, Width};
use crate::store::scan::keys::KeyRange;
use crate::store::scan::loose;

/// Consecutive time answered from one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Run {
    pub(in crate::store) source: Source,
    pub(in crate::store) from: At,
    pub(in crate::store) to: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Source {
    Rollups(Width),
    Rows,
}

impl Run {
    /// The roll-ups of a run, for one whose source they are.
    pub(in crate::store) fn buckets(&self, width: Width) -> Range<i64> {
        width.of(self.from)..width.of(self.to - Ms(1)) + 1
    }
}

/// What may be used.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Allowed {
    pub(in crate::store) days: bool,
    /// The hours of days that are over.
    pub(in crate::store) hours: bool,
    pub(in crate::store) fine: Option<Width>,
}

/// Covers `[from, to)` without gap or overlap, oldest first.
pub(in crate::store) fn make(
    c: &mut SqliteConnection,
    (from, to): (At, At),
    cuts: &[At],
    allowed: Allowed,
) -> Result<Vec<Run>> {
    if from >= to {
        return Ok(Vec::new());
    }
    let closed = if allowed.days || allowed.hours {
        rollups::closed_days(c, from, to)?
    } else {
        BTreeSet::new()
    };
    let spans = if allowed.days {
        rollups::span::closed(c, from, to)?
    } else {
        BTreeSet::new()
    };
    let mut plan = Plan {
        c,
        spans,
        closed,
        days: allowed.days,
        hours: allowed.hours,
        fine: allowed.fine,
        probes: PROBES,
        runs: Vec::new(),
    };
    let mut start = from;
    for cut in cuts
        .iter()
        .copied()
        .filter(|cut| (from < *cut) && (*cut < to))
    {
        plan.part(start, cut)?;
        start = cut;
    }
    plan.part(start, to)?;
    Ok(plan.runs)
}

/// How often a plan may look for events beside an edge. Only the ends of a
/// range profit, and a chart has many edges.
const PROBES: u32 = 4;

struct Plan<'a> {
    c: &'a mut SqliteConnection,
    spans: BTreeSet<i64>,
    closed: BTreeSet<i64>,
    days: bool,
    hours: bool,
    fine: Option<Width>,
    probes: u32,
    runs: Vec<Run>,
}

impl Plan<'_> {
    fn part(&mut self, from: At, to: At) -> Result<()> {
        let mut done = from;
        let spans: Vec<i64> = self
            .spans
            .range(Width::Span.within(from, to))
            .copied()
            .collect();
        for span in spans {
            self.without_spans(done, Width::Span.start(span))?;
            done = Width::Span.start(span + 1);
            self.add(Source::Rollups(Width::Span), Width::Span.start(span), done);
        }
        self.without_spans(done, to)
    }

    fn without_spans(&mut self, from: At, to: At) -> Result<()> {
        let mut done = from;
        let whole = if self.days {
            self.closed_among(Width::Day.within(from, to))
        } else {
            Vec::new()
        };
        for day in whole {
            self.without_days(done, Width::Day.start(day))?;
            done = Width::Day.start(day + 1);
            self.add(Source::Rollups(Width::Day), Width::Day.start(day), done);
        }
        self.without_days(done, to)
    }

    fn closed_among(&self, days: Range<i64>) -> Vec<i64> {
        self.closed.range(days).copied().collect()
    }

    fn without_days(&mut self, from: At, to: At) -> Result<()> {
        let mut done = from;
        if self.hours && from < to {
            let touched = Width::Day.of(from)..Width::Day.of(to - Ms(1)) + 1;
            for day in self.closed_among(touched) {
                let (start, end) = (Width::Day.start(day), Width::Day.start(day + 1));
                let hours = Width::Hour.within(start.max(from), end.min(to));
                if hours.is_empty() {
                    continue;
                }
                let (start, end) = (Width::Hour.start(hours.start), Width::Hour.start(hours.end));
                self.finely(done, start)?;
                self.add(Source::Rollups(Width::Hour), start, end);
                done = end;
            }
        }
        self.finely(done, to)
    }

    fn finely(&mut self, from: At, to: At) -> Result<()> {
        let Some(width) = self.fine.filter(|_| from < to) else {
            self.add(Source::Rows, from, to);
            return Ok(());
        };
        // A stretch may be used whole where it reaches over an edge if nothing
        // happened beyond: up to now, say.
        let first = width.start(width.of(from));
        let last = width.start(width.of(to - Ms(1)) + 1);
        let alone_before = first == from || self.is_empty(first, from)?;
        let alone_after = last == to || self.is_empty(to, last)?;
        let inside = width.within(from, to);
        let (mut start, mut end) = (width.start(inside.start), width.start(inside.end));
        if width.of(from) == width.of(to - Ms(1)) {
            (start, end) = if alone_before && alone_after {
                (from, to)
            } else {
                (to, to)
            };
        } else {
            start = if alone_before { from } else { start };
            end = if alone_after { to } else { end };
        }
        if start >= end {
            self.add(Source::Rows, from, to);
            return Ok(());
        }
        self.add(Source::Rows, from, start);
        self.add(Source::Rollups(width), start, end);
        self.add(Source::Rows, end, to);
        Ok(())
    }

    fn is_empty(&mut self, from: At, to: At) -> Result<bool> {
        if self.probes == 0 {
            return Ok(false);
        }
        self.probes -= 1;
        Ok(loose::nth(self.c, KeyRange::between(from, to), 0)?.is_none())
    }

    fn add(&mut self, source: Source, from: At, to: At) {
        if from >= to {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if last.source == source && last.to == from => last.to = to,
            _ => self.runs.push(Run { source, from, to }),
        }
    }
}
