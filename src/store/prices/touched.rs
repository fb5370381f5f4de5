//! Which models in use cost something else since a change of the prices: those
//! of which earlier requests may be priced anew. It prices nothing.

use diesel::prelude::*;

use super::{Change, Item, changes, load, seen};
use crate::domain::pricing::{Layer, PriceBook};
use crate::store::error::Result;

/// The models that a batch of changes made cheaper, dearer, priced or unpriced,
/// by name; later batches are left as they are. None of a batch that is unknown.
pub fn models(c: &mut SqliteConnection, batch: i64) -> Result<Vec<String>> {
    let changes = changes(c, batch)?;
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let now = load(c)?;
    let before = without(&now, &changes);
    let wanted = seen::models(c)?.into_iter();
    let touched = wanted.filter(|w| !now.same_for(&before, &w.model, &w.provider));
    let mut models: Vec<String> = touched.map(|wanted| wanted.model).collect();
    models.dedup();
    Ok(models)
}

/// The book as it would be had the changes not been made.
fn without(book: &PriceBook, changes: &[Change]) -> PriceBook {
    let own = book.multipliers().iter();
    let own = own.filter(|(layer, _)| *layer == Layer::Override);
    let prices = [Layer::Override, Layer::Synced]
        .into_iter()
        .flat_map(|layer| book.layer(layer).iter().map(move |entry| (layer, entry)))
        .map(|(layer, entry)| Item::Price(layer, Box::new(entry.clone())));
    let mut items: Vec<Item> = prices
        .chain(own.map(|(_, multiplier)| Item::Multiplier(multiplier.clone())))
        .collect();
    for change in changes.iter().rev() {
        items.retain(|item| Some(item) != change.after.as_ref());
        items.extend(change.before.clone());
    }
    let (mut overrides, mut synced, mut multipliers) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Price(Layer::Override, entry) => overrides.push(*entry),
            Item::Price(_, entry) => synced.push(*entry),
            Item::Multiplier(multiplier) => multipliers.push(multiplier),
        }
    }
    PriceBook::new(overrides, synced, multipliers)
}
