//! Items that could not be read: why, a redacted excerpt for people, and the
//! sealed original so that a later version can try again. Bounded: the oldest
//! give way.

use diesel::prelude::*;
use ring::digest;

use super::error::{Result, StoreError};
use super::schema::reject;
use super::secret::{Keyring, SealError};
use crate::domain::units::At;

/// First eight bytes of SHA-256 of the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, diesel_derive_newtype::DieselNewType)]
pub struct RejectId(pub i64);

/// Larger items keep their reason and excerpt only.
const MAX_SEALED: usize = 1 << 20;

/// Rejects kept, and what their sealed originals may take together.
const MAX_ROWS: i64 = 5_000;
const MAX_BYTES: i64 = 64 << 20;

/// An item on its way to the table.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = reject, treat_none_as_default_value = false)]
pub struct NewReject {
    id: RejectId,
    taken_at_ms: At,
    reason: String,
    excerpt: String,
    sealed: Option<String>,
}

impl NewReject {
    /// `reason` and `excerpt` are shown as they are: secrets must be gone.
    #[must_use]
    pub fn new(keyring: &Keyring, taken_at: At, reason: &str, excerpt: &str, raw: &[u8]) -> Self {
        let id = id_of(raw);
        Self {
            id,
            taken_at_ms: taken_at,
            reason: reason.to_owned(),
            excerpt: excerpt.to_owned(),
            sealed: (raw.len() <= MAX_SEALED).then(|| keyring.seal(&place(id), raw)),
        }
    }
}

/// A stored reject, newest first in lists.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Reject {
    pub id: RejectId,
    pub taken_at: At,
    pub reason: String,
    pub excerpt: String,
    /// Whether the original is there to be tried again.
    pub retriable: bool,
    /// How often it was tried again in vain.
    pub tries: i32,
}

fn id_of(raw: &[u8]) -> RejectId {
    let hash = digest::digest(&digest::SHA256, raw);
    let head = hash.as_ref().first_chunk().copied().unwrap_or_default();
    RejectId(i64::from_be_bytes(head))
}

fn place(id: RejectId) -> String {
    format!("reject|sealed|{:016x}", id.0)
}

/// Adds what is not there yet; says how many that were.
pub(super) fn add(c: &mut SqliteConnection, rejects: &[NewReject]) -> Result<usize> {
    let mut added = 0;
    for new in rejects {
        added += diesel::insert_into(reject::table)
            .values(new)
            .on_conflict(reject::id)
            .do_nothing()
            .execute(c)?;
    }
    if added > 0 {
        prune(c)?;
    }
    Ok(added)
}

/// Drops the oldest until both bounds hold.
fn prune(c: &mut SqliteConnection) -> Result<()> {
    diesel::sql_query(include_str!("sql/prune_rejects.sql"))
        .bind::<diesel::sql_types::BigInt, _>(MAX_ROWS)
        .bind::<diesel::sql_types::BigInt, _>(MAX_BYTES)
        .execute(c)?;
    Ok(())
}

pub fn list(c: &mut SqliteConnection, limit: i64) -> Result<Vec<Reject>> {
    Ok(reject::table
        .select((
            reject::id,
            reject::taken_at_ms,
            reject::reason,
            reject::excerpt,
            reject::sealed.is_not_null(),
            reject::tries,
        ))
        .order((reject::taken_at_ms.desc(), reject::id.desc()))
        .limit(limit)
        .load(c)?)
}

/// Rejects at hand; the total since installation is a counter.
pub fn count(c: &mut SqliteConnection) -> Result<i64> {
    Ok(reject::table.count().get_result(c)?)
}

/// The original bytes, to be tried again; `None` when they were not kept.
pub fn original(
    c: &mut SqliteConnection,
    keyring: &Keyring,
    id: RejectId,
) -> Result<Option<Vec<u8>>> {
    let sealed: Option<Option<String>> = reject::table
        .find(id)
        .select(reject::sealed)
        .get_result(c)
        .optional()?;
    sealed
        .flatten()
        .map(|sealed| keyring.open(&place(id), &sealed))
        .transpose()
        .map_err(|e: SealError| StoreError::BadValue(format!("sealed reject: {e}")))
}

/// Notes that trying again was in vain, and why.
pub fn failed_again(c: &mut SqliteConnection, id: RejectId, reason: &str) -> Result<()> {
    diesel::update(reject::table.find(id))
        .set((
            reject::tries.eq(reject::tries + 1),
            reject::reason.eq(reason),
        ))
        .execute(c)?;
    Ok(())
}

/// Removes rejects that were recovered or given up.
pub fn remove(c: &mut SqliteConnection, ids: &[RejectId]) -> Result<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(reject::table.filter(reject::id.eq_any(ids))).execute(c)?)
}

pub(super) fn any_original(c: &mut SqliteConnection) -> Result<bool> {
    let kept = reject::table.filter(reject::sealed.is_not_null());
    Ok(diesel::select(diesel::dsl::exists(kept)).get_result(c)?)
}

/// Drops every sealed original: the key they were sealed under is lost.
pub(super) fn forget_originals(c: &mut SqliteConnection) -> Result<()> {
    diesel::update(reject::table)
        .set(reject::sealed.eq(None::<String>))
        .execute(c)?;
    Ok(())
}
