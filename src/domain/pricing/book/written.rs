//! A whole book as a value that can be kept, the shipped layer included: what
//! was begun with a book goes on with it after a restart, also of a later
//! version of the program that ships other prices. Reading it back prices
//! exactly the same; a book in other words than these is not read at all.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Entry, Layer, List, Multiplier, PriceBook};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    overrides: Vec<Entry>,
    synced: Vec<Entry>,
    built_in: Vec<Entry>,
    multipliers: Vec<(Layer, Multiplier)>,
}

impl From<PriceBook> for Written {
    fn from(book: PriceBook) -> Self {
        Self {
            overrides: book.overrides.entries().to_vec(),
            synced: book.synced.entries().to_vec(),
            built_in: book.built_in.entries().to_vec(),
            multipliers: book.multipliers.to_vec(),
        }
    }
}

impl From<Written> for PriceBook {
    fn from(written: Written) -> Self {
        Self::assembled(
            Arc::new(List::new(written.overrides)),
            Arc::new(List::new(written.synced)),
            Arc::new(List::new(written.built_in)),
            written.multipliers.into(),
        )
    }
}
