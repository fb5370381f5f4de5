//! Under which `auth_index` events name an account, since when. A file that is
//! written anew with another account keeps its index, so an index has times, and
//! an account what was its own of them. Knows nothing of what is listed.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::domain::account::tenure::Tenure;
use crate::domain::units::{At, Ms};
use crate::store::error::Result;
use crate::store::schema::account_index;

pub(super) type ByAccount<T> = HashMap<i64, Vec<T>>;

/// The indexes of each account, newest first, and when those that were of
/// several accounts were its own.
pub(super) fn whose(c: &mut SqliteConnection) -> Result<(ByAccount<String>, ByAccount<Tenure>)> {
    let mut rows: Vec<(String, At, i64)> = account_index::table
        .order((
            account_index::auth_index.asc(),
            account_index::since_ms.asc(),
        ))
        .load(c)?;
    let mut tenures: ByAccount<Tenure> = HashMap::new();
    for of_index in rows.chunk_by(|a, b| a.0 == b.0) {
        let since: Vec<(At, i64)> = of_index.iter().map(|(_, at, id)| (*at, *id)).collect();
        let index = of_index.first().map_or("", |(index, ..)| index.as_str());
        for (id, tenure) in Tenure::of(index, &since) {
            tenures.entry(id).or_default().push(tenure);
        }
    }
    rows.sort_by_key(|(_, since, _)| std::cmp::Reverse(*since));
    let mut indexes: ByAccount<String> = HashMap::new();
    for (index, _, id) in rows {
        let indexes = indexes.entry(id).or_default();
        if !indexes.contains(&index) {
            indexes.push(index);
        }
    }
    Ok((indexes, tenures))
}

/// What was one account goes on as another.
pub(super) fn join(c: &mut SqliteConnection, id: i64, into: i64) -> Result<()> {
    diesel::update(account_index::table.filter(account_index::account.eq(id)))
        .set(account_index::account.eq(into))
        .execute(c)?;
    Ok(())
}

/// From now on this index means this account.
pub(super) fn point(c: &mut SqliteConnection, index: &str, id: i64, now: At) -> Result<()> {
    let before: Option<(At, i64)> = account_index::table
        .filter(account_index::auth_index.eq(index))
        .order(account_index::since_ms.desc())
        .select((account_index::since_ms, account_index::account))
        .first(c)
        .optional()?;
    let since = match before {
        Some((_, account)) if account == id => return Ok(()),
        // A clock that was set back does not change who came first.
        Some((since, _)) => now.max(since + Ms(1)),
        None => now,
    };
    diesel::insert_into(account_index::table)
        .values((
            account_index::auth_index.eq(index),
            account_index::since_ms.eq(since),
            account_index::account.eq(id),
        ))
        .execute(c)?;
    Ok(())
}
