//! A [`Selection`] made ready for a scan: texts are resolved to ids once, then
//! rows are tested column by column, each test on the rows that the ones before
//! left over. Knows nothing of where rows come from.

mod cost;
mod single;

use diesel::prelude::*;

pub(in crate::store) use self::single::Rows;
use self::single::{Ids, Test};
use super::columns::{Column, UNKNOWN};
use super::picked::Picked;
use crate::domain::event::{EventId, EventKey};
use crate::domain::filter::{Cache, Outcome, Selection, WeekHours};
use crate::domain::provider;
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

    /// Wants of the same events those with one of these ids.
    pub(in crate::store) fn among(
        mut self,
        column: Column,
        ids: impl Iterator<Item = i32>,
    ) -> Self {
        self.tests.push(Test::In(column, ids.collect()));
        self
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
        let empty = |test: &Test| matches!(test, Test::In(_, ids) if ids.is_empty());
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

/// The id of a text, for a provider also under its other name.
fn id(dictionary: &Dictionary, kind: Kind, text: &str) -> Option<i32> {
    let found = dictionary.id(kind, text);
    found.or_else(|| match kind {
        Kind::Provider => dictionary.id(kind, &provider::other(text)),
        _ => None,
    })
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
