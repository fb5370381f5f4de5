//! What people call the clients' keys. One alias belongs to one key; the last
//! change of each can be undone. Everything that shows a key reads them through
//! [`super::names`], which the writer keeps up to date.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;

use super::Store;
use super::error::Result;
use super::schema::key_alias;
use crate::domain::key_alias::KeyAlias;
use crate::domain::units::At;

/// An alias as it is kept, or one that was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = key_alias)]
pub struct Kept {
    pub hash: String,
    /// Empty = the key has none any more.
    pub alias: String,
    /// The one before; empty = it had none.
    pub before: String,
    #[diesel(column_name = changed_at_ms)]
    pub changed_at: At,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Changed,
    /// It was so already.
    Unchanged,
    /// The key with this hash has the alias.
    TakenBy(String),
}

/// In order of the hash, those taken away included.
pub fn all(c: &mut SqliteConnection) -> Result<Vec<Kept>> {
    Ok(key_alias::table
        .order(key_alias::hash.asc())
        .select(Kept::as_select())
        .load(c)?)
}

pub fn of(c: &mut SqliteConnection, hash: &str) -> Result<Option<Kept>> {
    Ok(key_alias::table
        .find(hash)
        .select(Kept::as_select())
        .get_result(c)
        .optional()?)
}

/// Aliases in force, by hash.
pub(super) fn in_force(c: &mut SqliteConnection) -> Result<HashMap<Arc<str>, Arc<str>>> {
    let kept: Vec<(String, String)> = key_alias::table
        .filter(key_alias::alias.ne(""))
        .select((key_alias::hash, key_alias::alias))
        .load(c)?;
    let shared = |(hash, alias): (String, String)| (hash.into(), alias.into());
    Ok(kept.into_iter().map(shared).collect())
}

/// `None` takes the alias away.
fn put(c: &mut SqliteConnection, hash: &str, alias: Option<&KeyAlias>, now: At) -> Result<Outcome> {
    let (alias, folded) = alias.map_or(("", String::new()), |alias| {
        (alias.as_str(), alias.folded())
    });
    let before = of(c, hash)?.map(|kept| kept.alias).unwrap_or_default();
    if before == alias {
        return Ok(Outcome::Unchanged);
    }
    let holder: Option<String> = key_alias::table
        .filter(key_alias::folded.eq(&folded))
        .filter(key_alias::folded.ne(""))
        .filter(key_alias::hash.ne(hash))
        .select(key_alias::hash)
        .first(c)
        .optional()?;
    if let Some(holder) = holder {
        return Ok(Outcome::TakenBy(holder));
    }
    let values = (
        key_alias::alias.eq(alias),
        key_alias::folded.eq(&folded),
        key_alias::before.eq(&before),
        key_alias::changed_at_ms.eq(now),
    );
    diesel::insert_into(key_alias::table)
        .values((key_alias::hash.eq(hash), values))
        .on_conflict(key_alias::hash)
        .do_update()
        .set(values)
        .execute(c)?;
    Ok(Outcome::Changed)
}

impl Store {
    /// Gives the key of a hash an alias, or takes it away.
    pub async fn name_key(
        &self,
        hash: String,
        alias: Option<KeyAlias>,
        now: At,
    ) -> Result<Outcome> {
        self.run(move |writer| {
            let outcome = writer.transaction(|c| put(c, &hash, alias.as_ref(), now))?;
            if outcome == Outcome::Changed {
                let alias = alias.as_ref().map(KeyAlias::as_str);
                writer.names.name_key(&hash, alias);
            }
            Ok(outcome)
        })
        .await
    }

    /// Takes the change made at `changed_at` back, which is a change as well.
    /// `None` when it is not the last one of this key.
    pub async fn unname_key(
        &self,
        hash: String,
        changed_at: At,
        now: At,
    ) -> Result<Option<Outcome>> {
        self.run(move |writer| {
            let undone = writer.transaction(|c| {
                let Some(kept) = of(c, &hash)?.filter(|kept| kept.changed_at == changed_at) else {
                    return Ok(None);
                };
                // Empty is no alias; what was one before is one still.
                let alias = KeyAlias::parse(&kept.before).ok();
                Ok(Some((put(c, &hash, alias.as_ref(), now)?, alias)))
            })?;
            Ok(undone.map(|(outcome, alias)| {
                if outcome == Outcome::Changed {
                    let alias = alias.as_ref().map(KeyAlias::as_str);
                    writer.names.name_key(&hash, alias);
                }
                outcome
            }))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;

    const WEB: &str = "00000000000000aa";
    const LAB: &str = "00000000000000bb";

    fn open() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::at(directory.path().join("t.db"))).unwrap();
        (directory, store)
    }

    async fn name(store: &Store, hash: &str, alias: &str, at: i64) -> Outcome {
        let alias = KeyAlias::parse(alias).ok();
        store.name_key(hash.into(), alias, At(at)).await.unwrap()
    }

    async fn kept(store: &Store, hash: &'static str) -> Kept {
        let kept = store.read(move |c| of(c, hash)).await.unwrap();
        kept.expect("it was named")
    }

    #[tokio::test]
    async fn an_alias_belongs_to_one_key_whatever_its_case() {
        let (_directory, store) = open();
        assert_eq!(name(&store, WEB, "Team web", 1).await, Outcome::Changed);
        assert_eq!(name(&store, WEB, "Team web", 2).await, Outcome::Unchanged);
        let taken = name(&store, LAB, "team WEB", 3).await;
        assert_eq!(taken, Outcome::TakenBy(WEB.into()));
        assert_eq!(kept(&store, WEB).await.changed_at, At(1));

        // Given up, it is free.
        assert_eq!(name(&store, WEB, "", 4).await, Outcome::Changed);
        assert_eq!(name(&store, LAB, "team WEB", 5).await, Outcome::Changed);
    }

    #[tokio::test]
    async fn the_alias_before_is_remembered() {
        let (_directory, store) = open();
        name(&store, WEB, "one", 1).await;
        name(&store, WEB, "two", 2).await;
        let kept = kept(&store, WEB).await;
        assert_eq!((kept.alias.as_str(), kept.before.as_str()), ("two", "one"));
    }

    #[tokio::test]
    async fn the_last_change_is_undone_and_no_other() {
        let (_directory, store) = open();
        name(&store, WEB, "one", 1).await;
        name(&store, WEB, "two", 2).await;
        let undo = async |changed, now| {
            let outcome = store.unname_key(WEB.into(), At(changed), At(now));
            outcome.await.unwrap()
        };
        assert_eq!(undo(1, 3).await, None, "another change came since");
        assert_eq!(undo(2, 4).await, Some(Outcome::Changed));
        assert_eq!(store.names().read().key_alias(WEB), Some("one"));
        assert_eq!(undo(4, 5).await, Some(Outcome::Changed));
        assert_eq!(kept(&store, WEB).await.alias, "two", "undone twice");

        name(&store, LAB, "ONE", 6).await;
        let taken = undo(5, 7).await;
        assert_eq!(taken, Some(Outcome::TakenBy(LAB.into())));
    }

    #[tokio::test]
    async fn names_know_it_at_once_and_after_a_restart() {
        let (directory, store) = open();
        name(&store, WEB, "web", 1).await;
        assert_eq!(store.names().read().key_alias(WEB), Some("web"));
        store.close().await;

        let store = Store::open(&Options::at(directory.path().join("t.db"))).unwrap();
        assert_eq!(store.names().read().key_alias(WEB), Some("web"));
        name(&store, WEB, "", 2).await;
        assert_eq!(store.names().read().key_alias(WEB), None);
    }
}
