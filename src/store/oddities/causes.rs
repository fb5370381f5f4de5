//! Who made an unusual hour: one of its models, keys, accounts, … beside its
//! own hours of the weeks before. Asked only of the first hours that somebody is
//! shown, and remembered as long as the sums of the hour and of its base are the
//! same: a late request may leave the usual alone and still move its shares.

use std::collections::HashMap;

use diesel::sqlite::SqliteConnection;

use super::Memory;
use crate::domain::filter::Selection;
use crate::domain::units::{At, Ms};
use crate::domain::unusual::cause::{self, Course, Tally};
use crate::domain::unusual::{Unusual, What};
use crate::store::error::Result;
use crate::store::names::Names;
use crate::store::report::{self, Question, Report};
use crate::store::requests::{Choice, Dimension, Totals};

/// Causes named of one hour.
pub const NAMED: usize = 2;
/// Hours of one question of which they are named; each reads up to nine hours.
pub const MOST: usize = 200;
/// Hours remembered: more than one question asks for.
const KEPT: usize = 2 * MOST;

/// One who made most of what makes an hour unusual.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    pub dimension: Dimension,
    /// With its requests of this hour; of slow ones alone where times are judged.
    pub choice: Choice,
    /// Of the difference from the usual, at most 1.
    pub share: f64,
}

#[derive(Clone, Debug)]
pub(super) struct Known {
    selection: Selection,
    odd: Unusual,
    /// Of everything from the base up to the hour: while that stays, so does what
    /// a condition chooses of it.
    sums: Totals,
    causes: Vec<Cause>,
}

/// How the filter of a dimension is called.
#[must_use]
pub fn filter(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Provider => "provider",
        Dimension::Model => "model",
        Dimension::Alias => "alias",
        Dimension::Account => "account",
        Dimension::Key => "key",
        Dimension::Endpoint => "endpoint",
        Dimension::Tier => "tier",
        Dimension::Status => "http",
    }
}

/// The rows that an hour is judged by: of times those slower than usual.
#[must_use]
pub fn judged(selection: &Selection, odd: &Unusual) -> Selection {
    let slow = match odd.what {
        What::Latency => Some(Ms(first_above(odd.usual))),
        _ => None,
    };
    Selection {
        from: odd.from,
        to: odd.to,
        min_latency: selection.min_latency.max(slow),
        ..selection.clone()
    }
}

impl Memory {
    /// Whoever made each of the first [`MOST`] of these hours of a selection.
    pub fn causes(
        &self,
        c: &mut SqliteConnection,
        names: &Names,
        selection: &Selection,
        odd: &[Unusual],
    ) -> Result<Vec<Vec<Cause>>> {
        odd.iter()
            .take(MOST)
            .map(|odd| self.causes_of(c, names, selection, odd))
            .collect()
    }

    fn causes_of(
        &self,
        c: &mut SqliteConnection,
        names: &Names,
        selection: &Selection,
        odd: &Unusual,
    ) -> Result<Vec<Cause>> {
        let selection = judged(selection, odd);
        let first = odd.base.first().copied().unwrap_or(odd.from);
        let everything = Selection::between(first, odd.to);
        let everything = match &selection.search {
            None => everything,
            // An account may get another name at any time.
            Some(_) => Selection {
                from: first,
                ..selection.clone()
            },
        };
        let sums = report::of(c, names, &everything, &Question::default())?.totals;
        let same = |known: &Known| known.odd == *odd && known.selection == selection;
        let known = self.lock().causes.iter().find(|known| same(known)).cloned();
        if let Some(mut known) = known.filter(|known| known.sums == sums) {
            // Names may be others by now.
            let names = names.read();
            for Cause {
                dimension, choice, ..
            } in &mut known.causes
            {
                choice.label = report::label(&names, *dimension, &choice.value);
            }
            return Ok(known.causes);
        }
        let causes = find(c, names, &selection, odd)?;
        let all = &mut self.lock().causes;
        all.retain(|known| !same(known));
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push(Known {
            selection,
            odd: odd.clone(),
            sums,
            causes: causes.clone(),
        });
        Ok(causes)
    }
}

/// Those who made most, the most important first, and of those who made as much
/// the one that says more.
fn find(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    odd: &Unusual,
) -> Result<Vec<Cause>> {
    let wanted = dimensions(odd.what).iter().copied();
    let wanted: Vec<Dimension> = wanted.filter(|by| !is_chosen(selection, *by)).collect();
    let question = Question {
        by: wanted.clone(),
        limit: usize::MAX,
        ..Question::default()
    };
    let long = odd.to - odd.from;
    let mut hour = |from: At| {
        let hour = Selection {
            from,
            to: from + long,
            ..selection.clone()
        };
        report::of(c, names, &hour, &question)
    };
    let now = hour(odd.from)?;
    let base: Vec<Report> = odd.base.iter().map(|at| hour(*at)).collect::<Result<_>>()?;
    let tally = |totals: &Totals| tally(odd.what, totals);
    let all = Course {
        now: tally(&now.totals),
        base: base.iter().map(|hour| tally(&hour.totals)).collect(),
    };
    let mut causes = Vec::new();
    for (place, dimension) in wanted.into_iter().enumerate() {
        let mut courses: HashMap<&str, (&Choice, Course)> = HashMap::new();
        let hours = std::iter::once(&now).chain(&base).enumerate();
        for (at, hour) in hours {
            for (choice, totals) in hour.by.get(place).into_iter().flatten() {
                let none = || Course {
                    base: vec![Tally::default(); base.len()],
                    ..Course::default()
                };
                let one = courses.entry(&choice.value);
                let (_, course) = one.or_insert_with(|| (choice, none()));
                let slot = match at.checked_sub(1) {
                    None => Some(&mut course.now),
                    Some(week) => course.base.get_mut(week),
                };
                if let Some(slot) = slot {
                    *slot = tally(totals);
                }
            }
        }
        let shares = courses.into_values().filter_map(|(choice, course)| {
            let share = cause::share(&all, &course, odd.deviations > 0.0)?;
            Some((share, course.now.requests, choice))
        });
        let most = shares.max_by(|a, b| {
            let least = a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            least.then_with(|| b.2.value.cmp(&a.2.value))
        });
        causes.extend(most.map(|(share, requests, choice)| Cause {
            dimension,
            choice: Choice {
                requests,
                ..choice.clone()
            },
            share,
        }));
    }
    // An account says which provider.
    if causes.iter().any(|one| one.dimension == Dimension::Account) {
        causes.retain(|one| one.dimension != Dimension::Provider);
    }
    causes.sort_by(|a, b| b.share.total_cmp(&a.share));
    causes.truncate(NAMED);
    Ok(causes)
}

/// Who can make an hour unusual in this, the one that says most first.
fn dimensions(what: What) -> &'static [Dimension] {
    match what {
        What::Requests | What::Tokens | What::Cost => {
            &[Dimension::Key, Dimension::Account, Dimension::Model]
        }
        What::Failures => &[
            Dimension::Account,
            Dimension::Key,
            Dimension::Model,
            Dimension::Provider,
            Dimension::Status,
        ],
        What::Latency => &[Dimension::Account, Dimension::Model, Dimension::Provider],
    }
}

/// Whether there is nobody else in a selection.
fn is_chosen(selection: &Selection, dimension: Dimension) -> bool {
    let chosen = match dimension {
        Dimension::Provider => selection.providers.len(),
        Dimension::Model => selection.models.len(),
        Dimension::Account => selection.accounts.len(),
        Dimension::Key => selection.keys.len(),
        Dimension::Status => selection.http.len(),
        Dimension::Alias | Dimension::Endpoint | Dimension::Tier => 0,
    };
    chosen == 1
}

fn tally(what: What, totals: &Totals) -> Tally {
    let (requests, value) = match what {
        What::Requests | What::Latency => (totals.requests, totals.requests),
        What::Failures => (totals.failed, totals.failed),
        What::Tokens => (totals.requests, totals.tokens()),
        What::Cost => (totals.requests, totals.cost.0),
    };
    Tally { requests, value }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    reason = "milliseconds; `as` saturates"
)]
fn first_above(ms: f64) -> i64 {
    (ms.floor() as i64).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_is_every_whole_millisecond_above_the_usual() {
        for (usual, least) in [(13_307.291, 13_308), (13_308.0, 13_309), (0.0, 1)] {
            let odd = Unusual {
                from: At(0),
                to: At(Ms::HOUR.0),
                what: What::Latency,
                value: 20_000.0,
                usual,
                deviations: 9.0,
                base: Vec::new(),
            };
            let judged = judged(&Selection::between(At(0), At(1)), &odd);
            assert_eq!(judged.min_latency, Some(Ms(least)), "{usual}");
        }
    }
}
