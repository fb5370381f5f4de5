//! A [`Selection`] made ready for a scan: texts are resolved to ids once, then
//! rows are tested column by column, each test on the rows that the ones before
//! left over. Knows nothing of where rows come from.

mod cost;

use std::collections::HashSet;

use diesel::prelude::*;

use super::columns::{Column, UNKNOWN};
use super::picked::Picked;
use crate::domain::event::{EventId, EventKey};
use crate::domain::filter::{Cache, Outcome, Selection, WeekHours};
use crate::domain::provider;
use crate::domain::time::Grain;
use crate::domain::units::At;
use crate::domain::varint::Corrupt;
use crate::store::error::Result;
use crate::store::events::pack_request_id;
use crate::store::names::{Dictionary, Kind, Names};
use crate::store::newest::Newest;
use crate::store::rollups::{Family, HIT, MISS};
use crate::store::schema::event_detail;

/// All tests must hold.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Predicate {
    tests: Vec<Test>,
    /// Wanted are the events that do not pass.
    negated: bool,
    /// Where the newest events are quicker to read.
    newest: Option<Newest>,
}

/// A predicate that roll-ups can answer.
pub(in crate::store) struct Rolled {
    pub(in crate::store) family: Family,
    /// The groups wanted; `None` = all.
    groups: Option<Ids>,
    /// Only stretches that begin in these hours.
    pub(in crate::store) hours: Option<WeekHours>,
}

impl Rolled {
    pub(in crate::store) fn everything() -> Self {
        Self {
            family: Family::Total,
            groups: None,
            hours: None,
        }
    }

    /// Whether a group of the stretch that begins at `at` is wanted.
    pub(in crate::store) fn wants(&self, at: At, group: i64) -> bool {
        self.groups
            .as_ref()
            .is_none_or(|groups| groups.contains(group))
            && self.hours.is_none_or(|hours| hours.contain_moment(at))
    }
}

#[derive(Clone, Debug)]
enum Test {
    /// The value is one of these ids (or status codes).
    In(Column, Ids),
    /// The value is known and within these bounds, both included.
    Between(Column, i64, i64),
    /// The moment lies in these hours of the week.
    Hours(WeekHours),
    /// The event is one of these.
    Keys(HashSet<EventKey>),
    /// At least one holds.
    Any(Vec<Test>),
}

/// A set of small numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Ids(Vec<bool>);

impl Ids {
    pub(in crate::store) fn contains(&self, id: i64) -> bool {
        usize::try_from(id).is_ok_and(|id| self.0.get(id).copied().unwrap_or_default())
    }
}

impl FromIterator<i32> for Ids {
    fn from_iter<I: IntoIterator<Item = i32>>(ids: I) -> Self {
        let mut set = Vec::new();
        for id in ids {
            let Ok(place) = usize::try_from(id) else {
                continue;
            };
            if place >= set.len() {
                set.resize(place + 1, false);
            }
            if let Some(flag) = set.get_mut(place) {
                *flag = true;
            }
        }
        Self(set)
    }
}

/// Some consecutive events, by column.
pub(in crate::store) trait Rows {
    /// Values of the picked rows into `out`; [`UNKNOWN`] where there is none.
    fn read(&mut self, column: Column, picked: &Picked, out: &mut Vec<i64>) -> Result<()>;

    fn values(&mut self, column: Column, picked: &Picked) -> Result<Vec<i64>> {
        let mut values = Vec::new();
        self.read(column, picked, &mut values)?;
        Ok(values)
    }

    /// What `test` says of each picked row's value.
    fn flags(
        &mut self,
        column: Column,
        picked: &Picked,
        test: impl Fn(i64) -> bool,
    ) -> Result<Vec<bool>> {
        let values = self.values(column, picked)?;
        Ok(values.into_iter().map(test).collect())
    }

    /// Moments, both included, that no row is beyond, where that is known
    /// without looking at the rows.
    fn span(&self) -> Option<(At, At)> {
        None
    }
}

impl Predicate {
    pub(in crate::store) fn compile(
        c: &mut SqliteConnection,
        names: &Names,
        selection: &Selection,
    ) -> Result<Self> {
        let mut tests = Vec::new();
        let by_text = [
            (Column::Provider, Kind::Provider, &selection.providers),
            (Column::Model, Kind::Model, &selection.models),
            (Column::Alias, Kind::Alias, &selection.aliases),
            (Column::Account, Kind::Account, &selection.accounts),
            (Column::ClientKey, Kind::ClientKey, &selection.keys),
            (Column::Endpoint, Kind::Endpoint, &selection.endpoints),
            (Column::Tier, Kind::Tier, &selection.tiers),
        ];
        let dictionary = names.read();
        for (column, kind, values) in by_text {
            if !values.is_empty() {
                let ids = values.iter().filter_map(|text| id(&dictionary, kind, text));
                tests.push(Test::In(column, ids.collect()));
            }
        }
        let search = selection
            .search
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let found = search.map(|text| names_containing(&dictionary, text));
        drop(dictionary);

        if let Some(outcome) = selection.outcome {
            let failed = i32::from(outcome == Outcome::Failed);
            tests.push(Test::In(Column::Failed, Ids::from_iter([failed])));
        }
        if !selection.http.is_empty() {
            tests.push(Test::In(
                Column::Status,
                selection.http.iter().copied().collect(),
            ));
        }
        if let Some(cache) = selection.cache {
            let (least, most) = match cache {
                Cache::Hit => (1, i64::MAX),
                Cache::Miss => (0, 0),
            };
            tests.push(Test::Between(Column::CacheRead, least, most));
        }
        if selection.min_latency.is_some() || selection.max_latency.is_some() {
            let least = selection.min_latency.map_or(0, |ms| ms.0).max(UNKNOWN + 1);
            let most = selection.max_latency.map_or(i64::MAX, |ms| ms.0);
            tests.push(Test::Between(Column::Latency, least, most));
        }
        tests.extend(selection.cost.into_iter().flat_map(cost::tests));
        if let Some(hours) = selection.hours {
            tests.push(Test::Hours(hours));
        }
        if let Some(request_id) = &selection.request_id {
            tests.push(with_request_id(c, request_id)?);
        }
        if let (Some(text), Some(mut any)) = (search, found) {
            any.push(with_request_id(c, &text.to_ascii_lowercase())?);
            if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                any.push(with_request_id(c, text)?);
            }
            tests.push(Test::Any(any));
        }
        Ok(Self {
            tests,
            negated: false,
            newest: Some(names.newest().clone()),
        })
    }

    /// Wants every event.
    pub(in crate::store) fn everything(names: &Names) -> Self {
        Self {
            newest: Some(names.newest().clone()),
            ..Self::default()
        }
    }

    /// Wants exactly what the other does not.
    pub(in crate::store) fn negated(&self) -> Self {
        Self {
            tests: self.tests.clone(),
            negated: !self.negated,
            newest: self.newest.clone(),
        }
    }

    pub(super) fn newest(&self) -> Option<&Newest> {
        self.newest.as_ref()
    }

    /// Whether every event passes.
    fn is_everything(&self) -> bool {
        self.tests.is_empty() && !self.negated
    }

    /// Whether no event can pass: it wants a name that none has.
    pub(in crate::store) fn is_nothing(&self) -> bool {
        let empty = |test: &Test| matches!(test, Test::In(_, ids) if ids.0.is_empty());
        self.tests.iter().any(empty) && !self.negated
    }

    /// How roll-ups answer it: when it wants everything, or some values of one
    /// dimension, or some hours of everything.
    pub(in crate::store) fn rolled(&self) -> Option<Rolled> {
        if self.negated {
            return None;
        }
        let (family, groups, hours) = match self.tests.as_slice() {
            [] => (Family::Total, None, None),
            [Test::Hours(hours)] => (Family::Total, None, Some(*hours)),
            [Test::In(column, ids)] => {
                let decides = |family: &Family| family.column() == Some(*column);
                (
                    Family::ALL.into_iter().find(decides)?,
                    Some(ids.clone()),
                    None,
                )
            }
            [Test::Between(Column::CacheRead, 0, 0)] => {
                (Family::Cache, Some(Ids::from_iter([MISS])), None)
            }
            [Test::Between(Column::CacheRead, 1, i64::MAX)] => {
                (Family::Cache, Some(Ids::from_iter([HIT])), None)
            }
            _ => return None,
        };
        Some(Rolled {
            family,
            groups,
            hours,
        })
    }

    /// Drops the rows that do not pass.
    pub(in crate::store) fn apply(&self, rows: &mut impl Rows, picked: &mut Picked) -> Result<()> {
        if self.is_everything() {
            return Ok(());
        }
        let mut wanted = Vec::new();
        for piece in picked.pieces() {
            let piece = if self.negated {
                self.failing(rows, piece)?
            } else {
                self.passing(rows, piece)?
            };
            piece.append_to(&mut wanted);
        }
        if wanted.len() < picked.len() {
            *picked = Picked::Some(wanted);
        }
        Ok(())
    }

    fn passing(&self, rows: &mut impl Rows, mut piece: Picked) -> Result<Picked> {
        for test in &self.tests {
            if piece.is_empty() {
                break;
            }
            let flags = test.flags(rows, &piece)?;
            piece.keep(&flags);
        }
        Ok(piece)
    }

    fn failing(&self, rows: &mut impl Rows, mut piece: Picked) -> Result<Picked> {
        let mut failing = vec![false; piece.len()];
        for test in &self.tests {
            let flags = test.flags(rows, &piece)?;
            for (failing, passes) in failing.iter_mut().zip(flags) {
                *failing |= !passes;
            }
        }
        piece.keep(&failing);
        Ok(piece)
    }
}

impl Test {
    /// One flag a picked row.
    fn flags(&self, rows: &mut impl Rows, picked: &Picked) -> Result<Vec<bool>> {
        match self {
            Self::In(column, ids) => rows.flags(*column, picked, |id| ids.contains(id)),
            Self::Between(column, least, most) => {
                rows.flags(*column, picked, |value| (*least..=*most).contains(&value))
            }
            Self::Hours(hours) => Ok(in_hours(*hours, &rows.values(Column::At, picked)?)),
            Self::Keys(keys) if keys.is_empty() => Ok(vec![false; picked.len()]),
            Self::Keys(keys) => {
                let at = rows.values(Column::At, picked)?;
                let id = rows.values(Column::Id, picked)?;
                let key = |(at, id): (&i64, &i64)| EventKey {
                    at: At(*at),
                    id: EventId(*id),
                };
                Ok(at
                    .iter()
                    .zip(&id)
                    .map(|pair| keys.contains(&key(pair)))
                    .collect())
            }
            Self::Any(tests) => {
                let mut any = vec![false; picked.len()];
                for test in tests {
                    let flags = test.flags(rows, picked)?;
                    any.iter_mut()
                        .zip(flags)
                        .for_each(|(any, flag)| *any |= flag);
                }
                Ok(any)
            }
        }
    }
}

/// The id of a text, for a provider also under its other name.
fn id(dictionary: &Dictionary, kind: Kind, text: &str) -> Option<i32> {
    let found = dictionary.id(kind, text);
    found.or_else(|| match kind {
        Kind::Provider => dictionary.id(kind, &provider::other(text)),
        _ => None,
    })
}

/// Rows come in order of time, so a calendar is asked once an hour, not once a
/// row.
fn in_hours(hours: WeekHours, moments: &[i64]) -> Vec<bool> {
    let (mut from, mut to, mut inside) = (At(0), At(0), false);
    let flag = |at: &i64| {
        let at = At(*at);
        if at < from || at >= to {
            (from, to) = (at, Grain::Hour.next(hours.zone, at));
            inside = hours.contain_moment(at);
        }
        inside
    };
    moments.iter().map(flag).collect()
}

/// Tests for the names people read that contain `text`, in any case.
fn names_containing(dictionary: &Dictionary, text: &str) -> Vec<Test> {
    let text = text.to_lowercase();
    let searched = [
        (Column::Model, Kind::Model),
        (Column::Alias, Kind::Alias),
        (Column::Provider, Kind::Provider),
        (Column::Account, Kind::Account),
        (Column::ClientKey, Kind::ClientKey),
    ];
    searched
        .into_iter()
        .filter_map(|(column, kind)| {
            let matching = dictionary.iter(kind).filter(|(id, _)| {
                let (label, title) = (dictionary.label(kind, *id), dictionary.title(kind, *id));
                label.to_lowercase().contains(&text) || title.to_lowercase().contains(&text)
            });
            let ids: Vec<i32> = matching.map(|(id, _)| id).collect();
            (!ids.is_empty()).then(|| Test::In(column, ids.into_iter().collect()))
        })
        .collect()
}

/// Ids of the usual shape are a column; the few others stand in the details.
fn with_request_id(c: &mut SqliteConnection, text: &str) -> Result<Test> {
    if let Some(packed) = pack_request_id(text) {
        return Ok(Test::Between(
            Column::RequestId,
            packed.into(),
            packed.into(),
        ));
    }
    let keys: Vec<(At, EventId)> = event_detail::table
        .filter(event_detail::request_id.eq(text))
        .select((event_detail::at_ms, event_detail::id))
        .load(c)?;
    let keys = keys.into_iter().map(|(at, id)| EventKey { at, id });
    Ok(Test::Keys(keys.collect()))
}

impl From<Corrupt> for crate::store::error::StoreError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt.to_string())
    }
}
