//! Gives texts their numbers inside one write transaction. What is new is seen
//! by others only when the transaction hands over its [`Changes`].

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;

use super::{Changes, Kind, Name, Names, OTHER, cut, next_id};
use crate::store::error::Result;
use crate::store::schema::dimension;

/// Turns texts into ids inside one write transaction.
pub(in crate::store) struct Interner<'a> {
    names: &'a Names,
    changes: Changes,
    /// Of the names in `changes`: id, and where it is in the list.
    fresh: HashMap<(Kind, Arc<str>), (i32, usize)>,
    /// Per kind: how many names there are, those of this transaction included.
    lengths: [usize; Kind::ALL.len()],
}

impl<'a> Interner<'a> {
    pub(in crate::store) fn new(names: &'a Names) -> Self {
        let dictionary = names.read();
        Self {
            names,
            changes: Changes::default(),
            fresh: HashMap::new(),
            lengths: Kind::ALL.map(|kind| dictionary.len(kind)),
        }
    }

    /// The id of a text, given now if it is new.
    pub(in crate::store) fn id(
        &mut self,
        c: &mut SqliteConnection,
        kind: Kind,
        value: &str,
        label: &str,
    ) -> Result<i32> {
        if let Some(id) = self.names.read().id(kind, value) {
            return Ok(id);
        }
        let value = cut(value);
        if let Some((id, _)) = self.fresh.get(&(kind, Arc::from(value))) {
            return Ok(*id);
        }
        let len = self.lengths.get(kind.index()).copied().unwrap_or_default();
        if len >= kind.capacity() && value != OTHER {
            return self.id(c, kind, OTHER, "");
        }
        self.add(c, kind, next_id(len), value, cut(label))
    }

    fn add(
        &mut self,
        c: &mut SqliteConnection,
        kind: Kind,
        id: i32,
        value: &str,
        label: &str,
    ) -> Result<i32> {
        diesel::insert_into(dimension::table)
            .values((
                dimension::kind.eq(kind.code()),
                dimension::id.eq(id),
                dimension::value.eq(value),
                dimension::label.eq(label),
            ))
            .execute(c)?;
        let value: Arc<str> = value.into();
        let index = self.changes.added.len();
        self.fresh.insert((kind, Arc::clone(&value)), (id, index));
        if let Some(len) = self.lengths.get_mut(kind.index()) {
            *len += 1;
        }
        self.changes.added.push((
            kind,
            Name {
                value,
                label: label.into(),
            },
        ));
        Ok(id)
    }

    /// Keeps the newest label of a text that has an id of its own. Call it for
    /// events that were new, so that a replay of old ones changes nothing.
    pub(in crate::store) fn relabel(
        &mut self,
        c: &mut SqliteConnection,
        kind: Kind,
        value: &str,
        label: &str,
    ) -> Result<()> {
        let label = cut(label);
        if value.is_empty() || label.is_empty() {
            return Ok(());
        }
        let Some((id, current)) = self.labelled(kind, cut(value)) else {
            return Ok(());
        };
        if *current == *label {
            return Ok(());
        }
        diesel::update(dimension::table.find((kind.code(), id)))
            .set(dimension::label.eq(label))
            .execute(c)?;
        self.changes.labels.insert((kind, id), label.into());
        Ok(())
    }

    /// Id and label of a text as this transaction sees them; `None` when the
    /// kind is full and the text shares [`OTHER`].
    fn labelled(&self, kind: Kind, value: &str) -> Option<(i32, Arc<str>)> {
        let dictionary = self.names.read();
        let (id, name) = if let Some(id) = dictionary.id(kind, value) {
            (id, dictionary.name(kind, id)?)
        } else {
            let (id, index) = *self.fresh.get(&(kind, Arc::from(value)))?;
            (id, &self.changes.added.get(index)?.1)
        };
        let label = self.changes.labels.get(&(kind, id)).unwrap_or(&name.label);
        Some((id, Arc::clone(label)))
    }

    pub(in crate::store) fn into_changes(self) -> Changes {
        self.changes
    }
}
