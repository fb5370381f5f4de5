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

/// The prices of the job at work. They belong to the writer, which runs the
/// steps, so that a job reads its own once and not at every step.
#[derive(Default)]
pub(in crate::store) struct AtWork(Option<(i32, PriceBook)>);

impl AtWork {
    /// `None`: which prices the job was begun with is not known.
    pub(super) fn of(&mut self, c: &mut SqliteConnection, job: i32) -> Result<Option<&PriceBook>> {
        if self.0.as_ref().is_none_or(|(held, _)| *held != job) {
            self.0 = read(c, job)?.map(|book| (job, book));
        }
        Ok(self.0.as_ref().map(|(_, book)| book))
    }

    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

/// `None` for a job of a version that kept no prices, or kept them in words
/// that this version cannot read: trying again would not help.
fn read(c: &mut SqliteConnection, job: i32) -> Result<Option<PriceBook>> {
    let kept: Option<Vec<u8>> = reprice::table
        .find(job)
        .select(reprice::book)
        .get_result(c)?;
    let Some(kept) = kept else { return Ok(None) };
    match unpack(&kept) {
        Ok(book) => Ok(Some(book)),
        Err(error) => {
            log::warn!("pricing anew stops, its prices cannot be read: {error}");
            Ok(None)
        }
    }
}
