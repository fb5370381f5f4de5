//! Prices set by the operator or taken from a source, and every change of them.
//! Changes come in batches that are applied and undone whole. Looking prices up
//! and computing with them is [`crate::domain::pricing`]; the book in use is
//! swapped by the writer after each change, so an event is never priced by a
//! half-changed one.

pub(super) mod pricer;
pub mod seen;
pub mod sources;
pub mod touched;

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::{Result, StoreError};
use super::schema::{price, price_change, price_multiplier, price_terms};
use super::{Store, Writer};
use crate::domain::pricing::{Entry, Layer, Multiplier, PriceBook, Quote, Terms};
use crate::domain::units::At;

/// What the book is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// An entry of the override or the synced layer; by model and seller.
    Price(Layer, Box<Entry>),
    Multiplier(Multiplier),
}

/// A change of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Adds it, or replaces the entry of the same layer, model and seller.
    Put(Item),
    /// Layer, model, seller.
    RemovePrice(Layer, String, String),
    RemoveMultiplier(Multiplier),
}

/// One item before and after a change; `None` = there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub before: Option<Item>,
    pub after: Option<Item>,
}

/// Changes that were made together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeBatch {
    pub id: i64,
    pub at: At,
    pub changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The batch that undoes it, which can be undone in turn.
    Yes(i64),
    /// Something of it has been changed again since.
    Overtaken,
    /// There is no such batch, or it is too long ago.
    Unknown,
}

/// Changed rows remembered for undoing.
const CHANGES_KEPT: i32 = 5_000;

impl Store {
    /// The prices in force. They are those by which the next event is priced.
    #[must_use]
    pub fn prices(&self) -> Arc<PriceBook> {
        self.inner.prices.read()
    }

    /// Applies all edits or none. `None`: nothing was different from before.
    pub async fn edit_prices(&self, at: At, edits: Vec<Edit>) -> Result<Option<i64>> {
        self.run(move |writer| writer.change_prices(|c| apply(c, at, &edits)))
            .await
    }

    /// Takes a batch of changes back.
    pub async fn undo_prices(&self, at: At, batch: i64) -> Result<Undone> {
        self.run(move |writer| writer.change_prices(|c| undo(c, at, batch)))
            .await
    }
}

impl Writer {
    fn change_prices<T>(
        &mut self,
        job: impl FnOnce(&mut SqliteConnection) -> Result<T>,
    ) -> Result<T> {
        let mut book = None;
        let outcome = self.transaction(|c| {
            let outcome = job(c)?;
            book = Some(load(c)?);
            Ok(outcome)
        })?;
        if let Some(book) = book {
            self.pricer.swap(book);
        }
        Ok(outcome)
    }
}

/// The book as it is stored. A row that cannot be read is left out, not fatal.
pub(super) fn load(c: &mut SqliteConnection) -> Result<PriceBook> {
    let rows: Vec<Row> = price::table
        .order((price::layer, price::model, price::seller))
        .load(c)?;
    let (mut overrides, mut synced) = (Vec::new(), Vec::new());
    for row in rows {
        let name = row.1.clone();
        match from_row(row) {
            Some((Layer::Override, entry)) => overrides.push(entry),
            Some((Layer::Synced, entry)) => synced.push(entry),
            _ => log::warn!("the stored price of {name:?} cannot be read"),
        }
    }
    Ok(PriceBook::new(overrides, synced, multipliers(c)?))
}

fn multipliers(c: &mut SqliteConnection) -> Result<Vec<Multiplier>> {
    let rows: Vec<String> = price_multiplier::table
        .order(price_multiplier::id)
        .select(price_multiplier::content)
        .load(c)?;
    Ok(rows
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect())
}

/// Layer, model, seller, quote, source, since when.
type Row = (String, String, String, String, String, At);

fn from_row((layer, model, seller, quote, source, as_of): Row) -> Option<(Layer, Entry)> {
    let layer = match layer.as_str() {
        "override" => Layer::Override,
        "synced" => Layer::Synced,
        _ => return None,
    };
    let entry = Entry {
        model,
        seller,
        quote: serde_json::from_str(&quote).ok()?,
        source,
        as_of,
    };
    Some((layer, entry))
}

fn layer_name(layer: Layer) -> Result<&'static str> {
    match layer {
        Layer::Override => Ok("override"),
        Layer::Synced => Ok("synced"),
        Layer::BuiltIn => Err(bad("the built-in layer cannot be changed")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "reads well in map_err")]
fn bad(what: impl ToString) -> StoreError {
    StoreError::BadValue(format!("price: {}", what.to_string()))
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(bad)
}

pub(super) fn apply(c: &mut SqliteConnection, at: At, edits: &[Edit]) -> Result<Option<i64>> {
    let mut changes = Vec::new();
    for edit in edits {
        let change = match edit {
            Edit::Put(item) => Change {
                before: current(c, item)?,
                after: Some(item.clone()),
            },
            Edit::RemovePrice(layer, model, seller) => Change {
                before: entry(c, *layer, model, seller)?,
                after: None,
            },
            Edit::RemoveMultiplier(multiplier) => Change {
                before: current(c, &Item::Multiplier(multiplier.clone()))?,
                after: None,
            },
        };
        if change.before != change.after {
            perform(c, &change)?;
            changes.push(change);
        }
    }
    if changes.is_empty() {
        return Ok(None);
    }
    remember(c, at, &changes).map(Some)
}

/// What the book holds in the place of this item.
fn current(c: &mut SqliteConnection, item: &Item) -> Result<Option<Item>> {
    match item {
        Item::Price(layer, held) => entry(c, *layer, &held.model, &held.seller),
        Item::Multiplier(multiplier) => {
            let same = price_multiplier::content.eq(json(multiplier)?);
            let same = price_multiplier::table.filter(same);
            let held: bool = diesel::select(diesel::dsl::exists(same)).get_result(c)?;
            Ok(held.then(|| item.clone()))
        }
    }
}

fn entry(
    c: &mut SqliteConnection,
    layer: Layer,
    model: &str,
    seller: &str,
) -> Result<Option<Item>> {
    let row: Option<Row> = price::table
        .find((layer_name(layer)?, model, seller))
        .get_result(c)
        .optional()?;
    let item = |(layer, entry)| Item::Price(layer, Box::new(entry));
    Ok(row.and_then(from_row).map(item))
}

/// Brings the tables from `before` to `after`.
fn perform(c: &mut SqliteConnection, change: &Change) -> Result<()> {
    match &change.before {
        Some(Item::Price(layer, entry)) => {
            let row = price::table.find((layer_name(*layer)?, &entry.model, &entry.seller));
            diesel::delete(row).execute(c)?;
        }
        Some(Item::Multiplier(multiplier)) => {
            let content = price_multiplier::content.eq(json(multiplier)?);
            diesel::delete(price_multiplier::table.filter(content)).execute(c)?;
        }
        None => {}
    }
    match &change.after {
        Some(Item::Price(layer, entry)) => {
            if let Quote::Price(price) = &entry.quote {
                price.check().map_err(bad)?;
            }
            diesel::insert_into(price::table)
                .values((
                    price::layer.eq(layer_name(*layer)?),
                    price::model.eq(&entry.model),
                    price::seller.eq(&entry.seller),
                    price::quote.eq(json(&entry.quote)?),
                    price::source.eq(&entry.source),
                    price::as_of_ms.eq(entry.as_of),
                ))
                .execute(c)?;
        }
        Some(Item::Multiplier(multiplier)) => {
            diesel::insert_into(price_multiplier::table)
                .values(price_multiplier::content.eq(json(multiplier)?))
                .execute(c)?;
        }
        None => {}
    }
    Ok(())
}

fn remember(c: &mut SqliteConnection, at: At, changes: &[Change]) -> Result<i64> {
    let last: Option<i64> = price_change::table
        .select(diesel::dsl::max(price_change::batch))
        .get_result(c)?;
    let batch = last.unwrap_or_default() + 1;
    for change in changes {
        diesel::insert_into(price_change::table)
            .values((
                price_change::batch.eq(batch),
                price_change::at_ms.eq(at),
                price_change::before.eq(change.before.as_ref().map(json).transpose()?),
                price_change::after.eq(change.after.as_ref().map(json).transpose()?),
            ))
            .execute(c)?;
    }
    let newest: Option<i32> = price_change::table
        .select(diesel::dsl::max(price_change::id))
        .get_result(c)?;
    let keep_from = newest.unwrap_or_default() - CHANGES_KEPT;
    diesel::delete(price_change::table.filter(price_change::id.le(keep_from))).execute(c)?;
    Ok(batch)
}

fn undo(c: &mut SqliteConnection, at: At, batch: i64) -> Result<Undone> {
    let mut back = Vec::new();
    for Change { before, after } in changes(c, batch)?.into_iter().rev() {
        let Some(item) = after.as_ref().or(before.as_ref()) else {
            continue;
        };
        if current(c, item)? != after {
            return Ok(Undone::Overtaken);
        }
        back.push(Change {
            before: after,
            after: before,
        });
    }
    if back.is_empty() {
        return Ok(Undone::Unknown);
    }
    for change in &back {
        perform(c, change)?;
    }
    remember(c, at, &back).map(Undone::Yes)
}

fn changes(c: &mut SqliteConnection, batch: i64) -> Result<Vec<Change>> {
    let rows: Vec<(Option<String>, Option<String>)> = price_change::table
        .filter(price_change::batch.eq(batch))
        .order(price_change::id)
        .select((price_change::before, price_change::after))
        .load(c)?;
    let item = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    let change = |(before, after)| Change {
        before: item(before),
        after: item(after),
    };
    Ok(rows.into_iter().map(change).collect())
}

/// The last `limit` batches, newest first.
pub fn history(c: &mut SqliteConnection, limit: i64) -> Result<Vec<ChangeBatch>> {
    let newest: Vec<(i64, At)> = price_change::table
        .select((price_change::batch, price_change::at_ms))
        .distinct()
        .order(price_change::batch.desc())
        .limit(limit)
        .load(c)?;
    let mut batches = BTreeMap::new();
    for (id, at) in newest {
        let changes = changes(c, id)?;
        batches.insert(id, ChangeBatch { id, at, changes });
    }
    Ok(batches.into_values().rev().collect())
}

/// The terms an event was priced under.
pub fn terms(c: &mut SqliteConnection, rule: i32) -> Result<Option<Terms>> {
    let text: Option<String> = price_terms::table
        .find(rule)
        .select(price_terms::content)
        .get_result(c)
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}
