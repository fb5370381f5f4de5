//! The prices of a job, kept in its row as long as it runs.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use diesel::prelude::*;

use super::bad;
use crate::domain::pricing::PriceBook;
use crate::store::error::Result;
use crate::store::packed::{pack, unpack};
use crate::store::schema::reprice;

/// Tells one book from another: whoever was shown the effect of a book can say
/// which one it was. Says nothing to another version of the program.
pub fn mark(book: &PriceBook) -> Result<String> {
    let text = serde_json::to_vec(book).map_err(bad)?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

pub(super) fn kept(book: &PriceBook) -> Result<Vec<u8>> {
    pack(book)
}

/// `None` for a job that was begun by a version that kept no prices.
pub(super) fn of(c: &mut SqliteConnection, job: i32) -> Result<Option<PriceBook>> {
    let kept: Option<Vec<u8>> = reprice::table
        .find(job)
        .select(reprice::book)
        .get_result(c)?;
    kept.as_deref().map(unpack).transpose()
}
