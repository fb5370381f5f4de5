//! The clients' keys, everything that is known of each: its alias, whether the
//! gateway lists it, when it was used and how much lately. A key that was ever
//! listed or used stays known.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::key_alias::{self, Kept};
use super::names::{Kind, Names};
use super::report::{self, Question};
use super::requests::{Dimension, Totals};
use super::rollups::Family;
use super::schema::listed_key;
use super::settings;
use super::spans::{self, Span};
use crate::domain::filter::Selection;
use crate::domain::units::At;

/// A key as the gateway's configuration has it, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub hash: String,
    pub mask: String,
}

/// Whether the gateway knows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Its list was never read.
    Unknown,
    Listed,
    /// It was on the list until about then.
    Gone(At),
    /// It was used, and was never on a list that was read.
    Never,
}

impl Listing {
    /// The name for machines.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Gone(_) => "deleted",
            Self::Never => "not_listed",
            Self::Unknown => "unknown",
        }
    }
}

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Empty for requests that came without a key.
    pub hash: String,
    pub mask: String,
    /// Empty = it has none.
    pub alias: String,
    /// The last change of the alias, if it ever had one.
    pub kept: Option<Kept>,
    pub listing: Listing,
    /// When it was first found on the list.
    pub listed_at: Option<At>,
    /// `None` = never used.
    pub used: Option<Span>,
    /// Of the whole range asked for.
    pub totals: Totals,
    /// Requests of each part of it.
    pub parts: Vec<i64>,
}

impl Client {
    /// When it was first heard of.
    #[must_use]
    pub fn since(&self) -> Option<At> {
        let used = self.used.map(|span| span.first);
        [used, self.listed_at].into_iter().flatten().min()
    }

    /// What people read: the alias, or else the mask.
    #[must_use]
    pub fn title(&self) -> &str {
        if self.alias.is_empty() {
            &self.mask
        } else {
            &self.alias
        }
    }
}

/// All keys, in no order, as of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Clients {
    pub all: Vec<Client>,
    /// When the gateway's list was read last.
    pub read_at: Option<At>,
}

/// The setting that says when the list was read.
const READ: &str = "listed_keys";

#[derive(Serialize, Deserialize)]
struct Reading {
    at_ms: i64,
}

/// Everything known; `edges` are those of the parts counted apart, ascending.
pub fn all(c: &mut SqliteConnection, names: &Names, edges: &[At]) -> Result<Clients> {
    let reading: Option<Reading> = settings::get(c, READ)?;
    let read_at = reading.map(|reading| At(reading.at_ms));
    let mut clients: HashMap<String, Client> = HashMap::new();
    let listed: Vec<(String, String, At, Option<At>)> =
        listed_key::table.select(listed_key::all_columns).load(c)?;
    for (hash, mask, listed_at, gone) in listed {
        let client = clients.entry(hash.clone()).or_insert_with(|| blank(hash));
        client.mask = mask;
        client.listed_at = Some(listed_at);
        client.listing = gone.map_or(Listing::Listed, Listing::Gone);
    }
    let spans = spans::of(c, Family::ClientKey)?;
    {
        let names = names.read();
        for (id, span) in spans {
            let id = i32::try_from(id).unwrap_or_default();
            let hash = names.value(Kind::ClientKey, id);
            let client = clients
                .entry(hash.to_owned())
                .or_insert_with(|| blank(hash.to_owned()));
            names
                .label(Kind::ClientKey, id)
                .clone_into(&mut client.mask);
            client.used = Some(span);
        }
    }
    for kept in key_alias::all(c)? {
        // An alias of a key that was neither listed nor used says nothing.
        if let Some(client) = clients.get_mut(&kept.hash) {
            client.alias.clone_from(&kept.alias);
            client.kept = Some(kept);
        }
    }
    count(c, names, edges, &mut clients)?;
    let mut all: Vec<Client> = clients.into_values().collect();
    for client in &mut all {
        if client.listing == Listing::Never && read_at.is_none() {
            client.listing = Listing::Unknown;
        }
    }
    Ok(Clients { all, read_at })
}

fn blank(hash: String) -> Client {
    Client {
        hash,
        mask: String::new(),
        alias: String::new(),
        kept: None,
        listing: Listing::Never,
        listed_at: None,
        used: None,
        totals: Totals::default(),
        parts: Vec::new(),
    }
}

fn count(
    c: &mut SqliteConnection,
    names: &Names,
    edges: &[At],
    clients: &mut HashMap<String, Client>,
) -> Result<()> {
    let mut by_key = |from, to| -> Result<Vec<(String, Totals)>> {
        let question = Question {
            by: vec![Dimension::Key],
            limit: usize::MAX,
            ..Question::default()
        };
        let report = report::of(c, names, &Selection::between(from, to), &question)?;
        let groups = report.by.into_iter().flatten();
        Ok(groups.map(|(key, totals)| (key.value, totals)).collect())
    };
    let (Some(from), Some(to)) = (edges.first(), edges.last()) else {
        return Ok(());
    };
    for (hash, totals) in by_key(*from, *to)? {
        if let Some(client) = clients.get_mut(&hash) {
            client.totals = totals;
        }
    }
    let parts = edges.len() - 1;
    for client in clients.values_mut() {
        client.parts = vec![0; parts];
    }
    for (part, edge) in edges.windows(2).enumerate() {
        let &[from, to] = edge else { continue };
        for (hash, totals) in by_key(from, to)? {
            let client = clients.get_mut(&hash);
            if let Some(requests) = client.and_then(|client| client.parts.get_mut(part)) {
                *requests = totals.requests;
            }
        }
    }
    Ok(())
}

/// Keeps the list as the gateway has it now. A key that is back is listed as
/// if it had never gone.
pub fn keep_list(c: &mut SqliteConnection, list: &[Listed], now: At) -> Result<()> {
    let known: Vec<(String, Option<At>)> = listed_key::table
        .select((listed_key::hash, listed_key::gone_at_ms))
        .load(c)?;
    for key in list {
        let values = (
            listed_key::mask.eq(&key.mask),
            listed_key::gone_at_ms.eq(None::<At>),
        );
        diesel::insert_into(listed_key::table)
            .values((
                listed_key::hash.eq(&key.hash),
                listed_key::listed_at_ms.eq(now),
                values,
            ))
            .on_conflict(listed_key::hash)
            .do_update()
            .set(values)
            .execute(c)?;
    }
    let is_listed = |hash: &str| list.iter().any(|key| key.hash == hash);
    for (hash, gone) in known {
        if gone.is_none() && !is_listed(&hash) {
            diesel::update(listed_key::table.find(&hash))
                .set(listed_key::gone_at_ms.eq(now))
                .execute(c)?;
        }
    }
    settings::put(c, READ, &Reading { at_ms: now.0 })
}

/// Hashes of the keys that were on the list and are no longer.
pub fn gone(c: &mut SqliteConnection) -> Result<HashSet<String>> {
    let hashes: Vec<String> = listed_key::table
        .filter(listed_key::gone_at_ms.is_not_null())
        .select(listed_key::hash)
        .load(c)?;
    Ok(hashes.into_iter().collect())
}

/// Whether a key with this hash was ever listed or used.
pub fn is_known(c: &mut SqliteConnection, names: &Names, hash: &str) -> Result<bool> {
    if hash.is_empty() {
        return Ok(false);
    }
    if names.read().id(Kind::ClientKey, hash).is_some() {
        return Ok(true);
    }
    let listed: Option<String> = listed_key::table
        .find(hash)
        .select(listed_key::hash)
        .get_result(c)
        .optional()?;
    Ok(listed.is_some())
}
