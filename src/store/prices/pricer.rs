//! Prices events as they are stored. It lives in the writer: what it remembers
//! of a transaction that rolls back is forgotten with it.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, PoisonError, RwLock};

use diesel::prelude::*;

use super::{bad, json};
use crate::domain::pricing::{PriceBook, Terms, Usage, input_of, without_terms};
use crate::domain::units::NanoUsd;
use crate::store::error::Result;
use crate::store::schema::price_terms;

/// The book in force, for everyone to read.
#[derive(Clone, Debug)]
pub(in crate::store) struct Prices(Arc<RwLock<Arc<PriceBook>>>);

impl Prices {
    pub(in crate::store) fn new(book: PriceBook) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(book))))
    }

    pub(in crate::store) fn read(&self) -> Arc<PriceBook> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Kinds of requests remembered; names come from clients, so there is an end.
const REMEMBERED: usize = 20_000;

#[derive(Debug)]
pub(in crate::store) struct Pricer {
    prices: Prices,
    book: Arc<PriceBook>,
    hasher: RandomState,
    /// By a keyed hash of all that terms depend on.
    known: HashMap<u64, Option<(i32, Arc<Terms>)>>,
}

impl Pricer {
    pub(in crate::store) fn new(prices: Prices) -> Self {
        Self {
            book: prices.read(),
            prices,
            hasher: RandomState::new(),
            known: HashMap::new(),
        }
    }

    /// Another book holds from now on.
    pub(super) fn swap(&mut self, book: PriceBook) {
        let book = Arc::new(book);
        *self
            .prices
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::clone(&book);
        self.book = book;
        self.forget();
    }

    /// Ids given in a transaction that was rolled back are void.
    pub(in crate::store) fn forget(&mut self) {
        self.known.clear();
    }

    /// Cost, and the id of the terms; no cost = unpriced.
    pub(in crate::store) fn price(
        &mut self,
        c: &mut SqliteConnection,
        usage: &Usage<'_>,
    ) -> Result<(Option<NanoUsd>, Option<i32>)> {
        Ok(match self.terms(c, usage)? {
            Some((id, terms)) => (terms.amount(usage.tokens, usage.failed), Some(id)),
            None => (without_terms(usage), None),
        })
    }

    fn terms(
        &mut self,
        c: &mut SqliteConnection,
        usage: &Usage<'_>,
    ) -> Result<Option<(i32, Arc<Terms>)>> {
        let kind = self.hasher.hash_one((
            usage.model,
            usage.alias,
            usage.provider,
            usage.account,
            usage.tier,
            usage.served_tier,
            self.book.step(input_of(usage.tokens)),
        ));
        if let Some(known) = self.known.get(&kind) {
            return Ok(known.clone());
        }
        super::seen::note(c, usage)?;
        let terms = match self.book.terms(usage) {
            Some(terms) => Some((id_of(c, &terms)?, Arc::new(terms))),
            None => None,
        };
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(kind, terms.clone());
        Ok(terms)
    }
}

/// The id of these terms, given now if they are new.
pub(in crate::store) fn id_of(c: &mut SqliteConnection, terms: &Terms) -> Result<i32> {
    let content = json(terms)?;
    let known = price_terms::table
        .filter(price_terms::content.eq(&content))
        .select(price_terms::id)
        .first(c)
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    diesel::insert_into(price_terms::table)
        .values(price_terms::content.eq(&content))
        .returning(price_terms::id)
        .get_result(c)
        .map_err(|error| match error {
            diesel::result::Error::DeserializationError(e) => bad(e),
            error => error.into(),
        })
}
