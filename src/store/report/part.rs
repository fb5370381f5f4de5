//! What is counted together, and the quickest way to it: from roll-ups where they
//! know, row by row where they do not, or by what a selection leaves out.

use diesel::sqlite::SqliteConnection;

use super::pair;
use super::plan::{self, Allowed, Run, Source};
use crate::domain::units::{At, Ms};
use crate::store::error::Result;
use crate::store::fold::{Counted, Fold, Keep};
use crate::store::names::Names;
use crate::store::rollups::{self, Family, Width};
use crate::store::scan;
use crate::store::scan::keys::KeyRange;
use crate::store::scan::predicate::{Predicate, Rolled};

/// From this share on, in hundredths, it is quicker to count what a selection
/// leaves out and take it away from everything, which roll-ups know.
const NEARLY_EVERYTHING: usize = 54;
/// The same for many bars, whose roll-ups are many as well.
const NEARLY_ALL: usize = 80;
const MANY_BARS: usize = 500;
/// Bars that may be kept until something is taken away from them.
const BARS_KEPT: usize = 2_500;

/// Days whose rows are counted as quickly as their roll-ups.
const FEW_DAYS: usize = 2;
/// Stretches of rows that may be left beside roll-ups.
const FEW_STRETCHES: usize = 4;

/// What is counted together.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) predicate: &'a Predicate,
    pub(super) range: (At, At),
    pub(super) edges: &'a [At],
    pub(super) slots: &'a [u16],
    pub(super) by: &'a [Family],
    pub(super) quantiles: bool,
    pub(super) plain_bars: bool,
    pub(super) keep: Keep,
}

impl<'a> Part<'a> {
    pub(super) fn count(self, c: &mut SqliteConnection, names: &Names) -> Result<Counted> {
        match self.predicate.rolled() {
            Some(rolled) if rolled.family == Family::Total => self.of_everything(c, &rolled),
            Some(rolled) => self.of_one_dimension(c, names, &rolled),
            None => self.over_rows_or_rest(c, names),
        }
    }

    /// Total and groups come from different roll-ups, and sketches are not kept
    /// for all of them, so each is counted for itself.
    fn of_everything(self, c: &mut SqliteConnection, rolled: &Rolled) -> Result<Counted> {
        if self.by.is_empty() {
            return self.over_rollups(c, rolled);
        }
        let groups = if rolled.hours.is_some() {
            self.without_bars().over_rows(c)?.groups
        } else {
            self.without_bars().over_rollups(c, rolled)?.groups
        };
        let total = self.without_groups().over_rollups(c, rolled)?;
        Ok(Counted { groups, ..total })
    }

    /// Roll-ups know the total and the groups of its own dimension. Groups of
    /// others are counted row by row, and then for themselves.
    fn of_one_dimension(
        self,
        c: &mut SqliteConnection,
        names: &Names,
        rolled: &Rolled,
    ) -> Result<Counted> {
        if self.by.iter().all(|family| *family == rolled.family) {
            if self.is_rolled_up(c, rolled)? {
                return self.over_rollups(c, rolled);
            }
        } else if self.without_groups().is_rolled_up(c, rolled)? {
            let groups = self.without_bars().over_rows_or_rest(c, names)?.groups;
            let total = self.without_groups().over_rollups(c, rolled)?;
            return Ok(Counted { groups, ..total });
        }
        self.over_rows_or_rest(c, names)
    }

    /// Row by row, of what is wanted or of what is not: whichever is less.
    fn over_rows_or_rest(self, c: &mut SqliteConnection, names: &Names) -> Result<Counted> {
        if !self.is_nearly_everything(c)? {
            return self.over_rows(c);
        }
        let unwanted = self.predicate.negated();
        let everything = Predicate::everything(names);
        let part = Part {
            predicate: &everything,
            edges: self.edges,
            slots: self.slots,
            by: self.by,
            keep: Keep::All,
            ..self
        };
        let rest = Part {
            predicate: &unwanted,
            ..part
        };
        let all = part.of_everything(c, &Rolled::everything())?;
        Ok(all.minus(rest.over_rows(c)?))
    }

    /// Whether roll-ups answer most of it, and leave rows of few stretches only:
    /// each of them reads whole segments.
    fn is_rolled_up(self, c: &mut SqliteConnection, rolled: &Rolled) -> Result<bool> {
        let (from, to) = self.range;
        let closed = rollups::closed_days(c, from, to)?.len();
        if closed <= FEW_DAYS {
            return Ok(true);
        }
        let part = self.plain_bars_alone().unwrap_or(self);
        let plan = plan::make(c, self.range, self.edges, part.allowed(rolled))?;
        let (rows, rolled_up): (Vec<&Run>, Vec<&Run>) =
            plan.iter().partition(|run| run.source == Source::Rows);
        let covered: i64 = rolled_up.iter().map(|run| run.to.0 - run.from.0).sum();
        let days = i64::try_from(closed).unwrap_or(i64::MAX);
        Ok(rows.len() <= FEW_STRETCHES && covered >= days.saturating_mul(Ms::DAY.0 / 2))
    }

    /// The same without quantiles, where only the whole has any.
    fn plain_bars_alone(self) -> Option<Self> {
        let split = self.plain_bars && self.quantiles && self.by.is_empty();
        (split && !self.edges.is_empty()).then_some(Self {
            quantiles: false,
            ..self
        })
    }

    fn is_nearly_everything(self, c: &mut SqliteConnection) -> Result<bool> {
        let range = KeyRange::between(self.range.0, self.range.1);
        let share = scan::share(c, range, self.predicate)?;
        let bars = if self.slots.is_empty() {
            self.edges.len()
        } else {
            0
        };
        let least = if bars > MANY_BARS {
            NEARLY_ALL
        } else {
            NEARLY_EVERYTHING
        };
        Ok(bars <= BARS_KEPT && share.is_some_and(|share| share >= least))
    }

    fn without_bars(self) -> Self {
        Self {
            edges: &[],
            slots: &[],
            ..self
        }
    }

    fn without_groups(self) -> Self {
        Self { by: &[], ..self }
    }

    fn over_rows(self, c: &mut SqliteConnection) -> Result<Counted> {
        let range = KeyRange::between(self.range.0, self.range.1);
        if pair::is_worth_it(c, range)? {
            let part = Self {
                keep: self.keep.max(Keep::Shared),
                ..self
            };
            return pair::count(c, range, self.predicate, || part.fold());
        }
        let mut fold = self.fold();
        self.rows(c, self.range, &mut fold)?;
        Ok(fold.finish())
    }

    fn allowed(self, rolled: &Rolled) -> Allowed {
        let only_total = rolled.family == Family::Total && self.by.is_empty();
        let fine = match rolled.family {
            Family::Total if only_total => Some(Family::Total.finest()),
            // Fine roll-ups of dimensions keep no sketches.
            _ if self.quantiles => None,
            Family::Total => Some(Width::Hour),
            family => Some(family.finest()),
        };
        Allowed {
            days: rolled.hours.is_none(),
            // A UTC hour is not an hour everywhere.
            hours: only_total && rolled.hours.is_none(),
            fine,
        }
    }

    /// From roll-ups as far as there are any, and from rows where not.
    fn over_rollups(self, c: &mut SqliteConnection, rolled: &Rolled) -> Result<Counted> {
        if let Some(bars) = self.plain_bars_alone() {
            // Finer roll-ups than those of the whole.
            let whole = self.without_bars().over_rollups(c, rolled)?;
            return Ok(Counted {
                total: whole.total,
                ..bars.over_rollups(c, rolled)?
            });
        }
        let allowed = self.allowed(rolled);
        let mut fold = self.fold();
        for run in plan::make(c, self.range, self.edges, allowed)? {
            match run.source {
                Source::Rows => self.rows(c, (run.from, run.to), &mut fold)?,
                Source::Rollups(width) => self.rollups(c, &run, width, rolled, &mut fold)?,
            }
        }
        Ok(fold.finish())
    }

    fn fold(self) -> Fold<'a> {
        let fold = Fold::new(self.edges, self.slots, self.by, self.quantiles, self.keep);
        if self.plain_bars {
            fold.with_plain_bars()
        } else {
            fold
        }
    }

    fn rows(
        self,
        c: &mut SqliteConnection,
        (from, to): (At, At),
        fold: &mut Fold<'_>,
    ) -> Result<()> {
        let range = KeyRange::between(from, to);
        scan::all(c, range, self.predicate, |chunk, picked| {
            fold.rows(chunk, picked)
        })
    }

    fn rollups(
        self,
        c: &mut SqliteConnection,
        run: &Run,
        width: Width,
        rolled: &Rolled,
        fold: &mut Fold<'_>,
    ) -> Result<()> {
        let buckets = run.buckets(width);
        if rolled.family == Family::Total && !self.by.is_empty() {
            for (dimension, family) in self.by.iter().enumerate() {
                rollups::read(
                    c,
                    *family,
                    width,
                    buckets.clone(),
                    self.quantiles,
                    |_, cell| fold.group(dimension, &cell),
                )?;
            }
            return Ok(());
        }
        rollups::read(
            c,
            rolled.family,
            width,
            buckets,
            self.quantiles,
            |at, cell| {
                if !rolled.wants(at, cell.group) {
                    return Ok(());
                }
                for dimension in 0..self.by.len() {
                    fold.group(dimension, &cell)?;
                }
                fold.total(at.max(run.from), &cell)
            },
        )
    }
}
