//! Every text an event carries, as a small number. The writer interns, readers
//! resolve; both use one dictionary in memory that mirrors the `dimension`
//! table. A transaction that rolls back leaves no name behind.

mod interner;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use diesel::prelude::*;

use super::error::Result;
use super::newest::Newest;
use super::schema::dimension;
use super::{accounts, key_alias};
use crate::domain::provider;

pub(super) use interner::Interner;

/// What a text says of an event. The discriminant is stored: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Provider,
    Executor,
    Model,
    Alias,
    /// Value: the identity. Label: what people read.
    Account,
    AuthType,
    /// Value: the hash. Label: the mask.
    ClientKey,
    Endpoint,
    Effort,
    /// Tier asked for and tier served share their names.
    Tier,
    ClientIp,
    Forwarded,
    Agent,
    /// Names (not values) of response headers.
    Header,
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::Provider,
        Self::Executor,
        Self::Model,
        Self::Alias,
        Self::Account,
        Self::AuthType,
        Self::ClientKey,
        Self::Endpoint,
        Self::Effort,
        Self::Tier,
        Self::ClientIp,
        Self::Forwarded,
        Self::Agent,
        Self::Header,
    ];

    /// The number under which the database knows this kind.
    #[must_use]
    pub fn code(self) -> i32 {
        i32::try_from(self.index()).expect("there are few kinds") + 1
    }

    fn index(self) -> usize {
        Self::ALL
            .iter()
            .position(|kind| *kind == self)
            .expect("every kind is listed")
    }

    /// Names kept apart; later ones share [`OTHER`].
    #[must_use]
    pub fn capacity(self) -> usize {
        match self {
            Self::Account | Self::ClientKey => 100_000,
            _ => 10_000,
        }
    }
}

/// The name of everything that came after a kind was full.
pub const OTHER: &str = "(other)";

/// Longer texts are cut here; no gateway field of this kind is meant to be long.
const MAX_BYTES: usize = 512;

/// One interned text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub value: Arc<str>,
    /// Empty = nothing better than the value.
    pub label: Arc<str>,
}

/// All names, by kind.
#[derive(Debug, Default)]
pub struct Dictionary {
    tables: [Table; Kind::ALL.len()],
    /// What people call clients' keys, by hash.
    key_aliases: HashMap<Arc<str>, Arc<str>>,
    /// What the gateway calls its accounts, by `auth_index`.
    account_titles: HashMap<Arc<str>, Arc<str>>,
}

#[derive(Debug, Default)]
struct Table {
    /// The name with id `n` is at `n - 1`.
    names: Vec<Name>,
    ids: HashMap<Arc<str>, i32>,
}

impl Dictionary {
    fn table(&self, kind: Kind) -> &Table {
        self.tables.get(kind.index()).expect("one table per kind")
    }

    fn table_mut(&mut self, kind: Kind) -> &mut Table {
        self.tables
            .get_mut(kind.index())
            .expect("one table per kind")
    }

    /// The id of a text: 0 for the empty text, `None` when no event has it.
    #[must_use]
    pub fn id(&self, kind: Kind, value: &str) -> Option<i32> {
        if value.is_empty() {
            return Some(0);
        }
        self.table(kind).ids.get(cut(value)).copied()
    }

    fn name(&self, kind: Kind, id: i32) -> Option<&Name> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        self.table(kind).names.get(index)
    }

    /// The text of an id; empty for 0.
    #[must_use]
    pub fn value(&self, kind: Kind, id: i32) -> &str {
        self.name(kind, id).map_or("", |name| &name.value)
    }

    /// What people call the client key of a hash.
    #[must_use]
    pub fn key_alias(&self, hash: &str) -> Option<&str> {
        self.key_aliases.get(hash).map(AsRef::as_ref)
    }

    /// What the gateway calls the account of an `auth_index`.
    #[must_use]
    pub fn account_title(&self, index: &str) -> Option<&str> {
        self.account_titles.get(index).map(AsRef::as_ref)
    }

    /// What people call a provider; its whole name where events know it by both.
    fn provider_title<'a>(&self, name: &'a str) -> &'a str {
        match provider::short(name) {
            short if short != name && self.id(Kind::Provider, short).is_some() => name,
            short => short,
        }
    }

    /// The best name there is: the alias of a client's key, what the gateway
    /// calls an account, or the label.
    #[must_use]
    pub fn title(&self, kind: Kind, id: i32) -> &str {
        let better = match kind {
            Kind::ClientKey => self.key_alias(self.value(kind, id)),
            Kind::Account => self.account_title(self.value(kind, id)),
            Kind::Provider => Some(self.provider_title(self.value(kind, id))),
            _ => None,
        };
        better.unwrap_or_else(|| self.label(kind, id))
    }

    /// What events say; the text itself when it has no label.
    #[must_use]
    pub fn label(&self, kind: Kind, id: i32) -> &str {
        self.name(kind, id).map_or("", |name| {
            if name.label.is_empty() {
                &name.value
            } else {
                &name.label
            }
        })
    }

    /// Every name of a kind with its id, in the order they first appeared.
    pub fn iter(&self, kind: Kind) -> impl Iterator<Item = (i32, &Name)> {
        (1..).zip(&self.table(kind).names)
    }

    /// How many names a kind has; ids are `1..=len`.
    #[must_use]
    pub fn len(&self, kind: Kind) -> usize {
        self.table(kind).names.len()
    }

    fn add(&mut self, kind: Kind, name: Name) {
        let table = self.table_mut(kind);
        let id = next_id(table.names.len());
        table.ids.insert(Arc::clone(&name.value), id);
        table.names.push(name);
    }

    fn truncate(&mut self, kind: Kind, len: usize) {
        let table = self.table_mut(kind);
        for name in table.names.drain(len..) {
            table.ids.remove(&name.value);
        }
    }

    fn relabel(&mut self, kind: Kind, id: i32, label: Arc<str>) -> Option<Arc<str>> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        let name = self.table_mut(kind).names.get_mut(index)?;
        Some(std::mem::replace(&mut name.label, label))
    }
}

/// What readers have in memory beside the database: the dictionary, and the
/// newest events. Hold a guard while resolving, not while querying.
#[derive(Clone, Debug, Default)]
pub struct Names {
    dictionary: Arc<RwLock<Dictionary>>,
    newest: Newest,
}

impl Names {
    pub fn read(&self) -> RwLockReadGuard<'_, Dictionary> {
        self.dictionary
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn load(c: &mut SqliteConnection) -> Result<Self> {
        let rows: Vec<(i32, String, String)> = dimension::table
            .select((dimension::kind, dimension::value, dimension::label))
            .order((dimension::kind.asc(), dimension::id.asc()))
            .load(c)?;
        let mut dictionary = Dictionary::default();
        for (code, value, label) in rows {
            if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.code() == code) {
                dictionary.add(
                    kind,
                    Name {
                        value: value.into(),
                        label: label.into(),
                    },
                );
            }
        }
        dictionary.key_aliases = key_alias::in_force(c)?;
        dictionary.account_titles = accounts::titles(c)?;
        Ok(Self {
            dictionary: Arc::new(RwLock::new(dictionary)),
            newest: Newest::default(),
        })
    }

    pub(super) fn newest(&self) -> &Newest {
        &self.newest
    }

    /// After a commit; `None` takes the alias away.
    pub(super) fn name_key(&self, hash: &str, alias: Option<&str>) {
        let mut dictionary = self
            .dictionary
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let aliases = &mut dictionary.key_aliases;
        match alias {
            Some(alias) => aliases.insert(hash.into(), alias.into()),
            None => aliases.remove(hash),
        };
    }

    /// After a commit: all of them, also those that are gone.
    pub(super) fn name_accounts(&self, titles: HashMap<Arc<str>, Arc<str>>) {
        let mut dictionary = self
            .dictionary
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        dictionary.account_titles = titles;
    }

    /// Makes the names of a transaction visible. Called as its last step, so no
    /// reader ever meets an id without a name; [`Names::withdraw`] undoes it
    /// when the commit fails.
    pub(super) fn publish(&self, changes: Changes) -> Undo {
        let mut dictionary = self
            .dictionary
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let mut undo = Undo::default();
        for (kind, name) in changes.added {
            undo.lengths.entry(kind).or_insert(dictionary.len(kind));
            dictionary.add(kind, name);
        }
        for ((kind, id), label) in changes.labels {
            if let Some(old) = dictionary.relabel(kind, id, label) {
                undo.labels.push((kind, id, old));
            }
        }
        undo
    }

    pub(super) fn withdraw(&self, undo: Undo) {
        let mut dictionary = self
            .dictionary
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for (kind, id, label) in undo.labels {
            dictionary.relabel(kind, id, label);
        }
        for (kind, len) in undo.lengths {
            dictionary.truncate(kind, len);
        }
    }
}

/// Names a transaction added or relabelled, not yet visible to others.
#[derive(Debug, Default)]
pub(super) struct Changes {
    added: Vec<(Kind, Name)>,
    labels: HashMap<(Kind, i32), Arc<str>>,
}

#[derive(Debug, Default)]
pub(super) struct Undo {
    lengths: HashMap<Kind, usize>,
    labels: Vec<(Kind, i32, Arc<str>)>,
}

fn next_id(len: usize) -> i32 {
    i32::try_from(len + 1).expect("kinds are capped far below two milliards")
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_BYTES))
        .unwrap_or(text)
}
