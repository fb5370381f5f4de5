//! Hours of a selection unlike the same hour of other weeks, remembered: their
//! base reaches two months back and changes once an hour. What is remembered
//! holds as long as the sums of all those hours are the same.

mod causes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::sqlite::SqliteConnection;

pub use self::causes::{Cause, MOST, NAMED, filter, judged};
use super::error::Result;
use super::names::Names;
use super::report::{self, Question};
use super::requests::{Bucket, Totals};
use super::rollups::Family;
use super::scan::predicate::Predicate;
use super::usage::ends;
use crate::domain::filter::Selection;
use crate::domain::time::{Grain, Zone};
use crate::domain::units::{At, Ms};
use crate::domain::unusual::{self, Hour, Unusual};

/// Questions remembered, of visitors who look at different ranges.
const KEPT: usize = 16;

/// What was found lately; cheap to clone, shared by all readers.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    hours: Vec<Known>,
    causes: Vec<causes::Known>,
}

#[derive(Clone, Debug)]
struct Known {
    /// All hours looked at, and those judged begin here.
    hours: Selection,
    from: At,
    zone: Zone,
    /// Whether times were judged.
    quantiles: bool,
    /// Of everything in all hours looked at: while that stays, so does what a
    /// condition chooses of it.
    sums: Totals,
    found: Vec<Unusual>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hours that are unusual, the most unusual first. Where looking for them
    /// reads two months of rows (under conditions on several dimensions, or on
    /// one where local hours are no UTC hours) only a `thorough` look finds them,
    /// else it is `None`; and only that judges times under a condition.
    pub fn of(
        &self,
        c: &mut SqliteConnection,
        names: &Names,
        selection: &Selection,
        zone: Zone,
        now: At,
        thorough: bool,
    ) -> Result<Option<Vec<Unusual>>> {
        let (edges, begun) = hours(c, selection, zone, now)?;
        let (Some(first), Some(last)) = (edges.first(), edges.last()) else {
            return Ok(Some(Vec::new()));
        };
        let rolled = Predicate::compile(c, names, selection)?.rolled();
        let rolled = rolled.filter(|rolled| rolled.hours.is_none());
        let family = rolled.map(|rolled| rolled.family);
        // Hours of one dimension are kept in UTC, and without times.
        let everything = family == Some(Family::Total);
        let cheap = everything || family.is_some() && edges.iter().all(|at| at.0 % Ms::HOUR.0 == 0);
        if !thorough && !cheap {
            return Ok(None);
        }
        let quantiles = everything || thorough;
        let hours = Selection {
            from: *first,
            to: *last,
            ..selection.clone()
        };
        // The first whole hour: a range of the last hours moves all the time.
        let from = match Grain::Hour.start(zone, selection.from) {
            hour if hour == selection.from => hour,
            hour => Grain::Hour.next(zone, hour),
        };
        let everything = match &hours.search {
            None => Selection::between(*first, *last),
            // An account may get another name at any time.
            Some(_) => hours.clone(),
        };
        let sums = report::of(c, names, &everything, &Question::default())?.totals;
        let same = |known: &Known| {
            known.from == from
                && known.zone == zone
                && known.quantiles == quantiles
                && known.hours == hours
        };
        let known = self.lock().hours.iter().find(|known| same(known)).cloned();
        if let Some(known) = known.filter(|known| known.sums == sums) {
            return Ok(Some(known.found));
        }
        let question = Question {
            edges,
            quantiles,
            ..Question::default()
        };
        let report = report::of(c, names, &hours, &question)?;
        let found = find(&report.timeline, begun, from, zone, now);
        let all = &mut self.lock().hours;
        all.retain(|known| !same(known));
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push(Known {
            hours,
            from,
            zone,
            quantiles,
            sums,
            found: found.clone(),
        });
        Ok(Some(found))
    }
}

/// The edges of all finished hours that matter, and when hours are whole from.
fn hours(
    c: &mut SqliteConnection,
    selection: &Selection,
    zone: Zone,
    now: At,
) -> Result<(Vec<At>, At)> {
    let (from, to) = (selection.from, selection.to.min(now));
    let begun = begun(c, zone, to)?;
    let start = begun.max(from - unusual::HISTORY).min(from);
    let mut edges = Grain::Hour.edges(zone, start, to.max(start));
    // Hours cut by the range would look empty.
    edges.retain(|at| Grain::Hour.start(zone, *at) == *at);
    Ok((edges, begun))
}

/// The hour in which collecting began is no base, nor is anything before.
fn begun(c: &mut SqliteConnection, zone: Zone, to: At) -> Result<At> {
    let (oldest, _) = ends(c)?;
    Ok(oldest.map_or(to, |oldest| Grain::Hour.next(zone, oldest)))
}

/// Judges hours from `from` on by those before them, but none that is cut by the
/// range, is not over, or begins before `begun`.
fn find(timeline: &[Bucket], begun: At, from: At, zone: Zone, now: At) -> Vec<Unusual> {
    let whole = |bucket: &&Bucket| {
        bucket.from >= begun && bucket.to <= now && bucket.to - bucket.from == Ms::HOUR
    };
    let history: Vec<Hour> = timeline.iter().filter(whole).map(hour).collect();
    unusual::find(&history, from, zone)
}

fn hour(bucket: &Bucket) -> Hour {
    Hour {
        from: bucket.from,
        to: bucket.to,
        requests: bucket.totals.requests,
        failed: bucket.totals.failed,
        tokens: bucket.totals.tokens(),
        cost_nanos: bucket.totals.cost.0,
        latency_p95: bucket.totals.latency.p95,
    }
}
