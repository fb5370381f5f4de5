//! The gateway's credentials as they were last listed, and those that are gone.
//! Exactly the changes are written. Everything that shows an account reads its
//! name through [`super::names`], kept up to date here.

mod index;

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{Result, StoreError};
use super::schema::account;
use super::{Store, settings};
use crate::domain::account::diff::Change;
use crate::domain::account::trouble::Trouble;
use crate::domain::account::{Known, Listed};
use crate::domain::units::At;

/// The setting that says when the gateway was last asked.
const ROUND: &str = "accounts_listed";

/// When the gateway last answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    pub at: At,
}

#[derive(Queryable)]
struct Row {
    id: i64,
    listed: String,
    trouble: Option<String>,
    first_seen: At,
    changed_at: At,
    gone_at: Option<At>,
    turned_at: Option<At>,
}

/// All credentials, also those that are gone, in the order they were met.
pub fn all(c: &mut SqliteConnection) -> Result<Vec<Known>> {
    let (mut indexes, mut tenures) = index::whose(c)?;
    let rows: Vec<Row> = account::table.order(account::id.asc()).load(c)?;
    rows.into_iter()
        .map(|row| {
            let listed: Listed = from_json(&row.listed)?;
            let mut indexes = indexes.remove(&row.id).unwrap_or_default();
            // The present one first, whatever was met at the same moment.
            indexes.sort_by_key(|index| *index != listed.auth_index);
            Ok(Known {
                id: row.id,
                indexes,
                tenures: tenures.remove(&row.id).unwrap_or_default(),
                listed,
                trouble: row.trouble.as_deref().map(from_json).transpose()?,
                first_seen: row.first_seen,
                changed_at: row.changed_at,
                gone_at: row.gone_at,
                turned_at: row.turned_at,
            })
        })
        .collect()
}

/// `None` before the first answer.
pub fn round(c: &mut SqliteConnection) -> Result<Option<Round>> {
    settings::get(c, ROUND)
}

/// What people call the account of an index.
pub(super) fn titles(c: &mut SqliteConnection) -> Result<HashMap<Arc<str>, Arc<str>>> {
    Ok(titles_of(&all(c)?))
}

fn titles_of(accounts: &[Known]) -> HashMap<Arc<str>, Arc<str>> {
    let mut titles = HashMap::new();
    for known in accounts
        .iter()
        .filter(|known| !known.listed.title.is_empty())
    {
        let title: Arc<str> = known.listed.title.as_str().into();
        for index in known.indexes.iter().filter(|index| known.holds(index)) {
            titles.insert(index.as_str().into(), Arc::clone(&title));
        }
    }
    titles
}

fn write(c: &mut SqliteConnection, changes: &[Change], now: At) -> Result<()> {
    for change in changes {
        match change {
            Change::New(listed) => {
                let id = diesel::insert_into(account::table)
                    .values((
                        account::listed.eq(to_json(listed)?),
                        account::first_seen_ms.eq(now),
                        account::changed_ms.eq(now),
                    ))
                    .returning(account::id)
                    .get_result(c)?;
                index::point(c, &listed.auth_index, id, now)?;
            }
            Change::Changed { id, listed } => {
                let (before, turned): (String, Option<At>) = account::table
                    .find(id)
                    .select((account::listed, account::turned_ms))
                    .first(c)?;
                let stood = from_json::<Listed>(&before)?.stands_as(listed);
                let turned = if stood { turned } else { Some(now) };
                diesel::update(account::table.find(id))
                    .set((
                        account::listed.eq(to_json(listed)?),
                        account::changed_ms.eq(now),
                        account::gone_ms.eq(None::<At>),
                        account::turned_ms.eq(turned),
                    ))
                    .execute(c)?;
                index::point(c, &listed.auth_index, *id, now)?;
            }
            Change::Gone { id } => {
                diesel::update(account::table.find(id))
                    .set(account::gone_ms.eq(Some(now)))
                    .execute(c)?;
            }
            Change::Joined { id, into } => join(c, *id, *into)?,
        }
    }
    Ok(())
}

/// What was one account goes on as another.
fn join(c: &mut SqliteConnection, id: i64, into: i64) -> Result<()> {
    index::join(c, id, into)?;
    let first_seen: At = account::table
        .find(id)
        .select(account::first_seen_ms)
        .first(c)?;
    let later = account::table.filter(
        account::id
            .eq(into)
            .and(account::first_seen_ms.gt(first_seen)),
    );
    diesel::update(later)
        .set(account::first_seen_ms.eq(first_seen))
        .execute(c)?;
    diesel::delete(account::table.find(id)).execute(c)?;
    Ok(())
}

impl Store {
    /// Writes what a list of the gateway changed, and gives everything as it is
    /// then. With no change nothing but the round is written.
    pub async fn keep_accounts(&self, changes: Vec<Change>, round: Round) -> Result<Vec<Known>> {
        self.keep_changes(changes, round.at, Some(round)).await
    }

    /// Writes how one account was listed when it was asked for alone.
    pub async fn keep_account(&self, id: i64, listed: Listed, at: At) -> Result<Vec<Known>> {
        let change = Change::Changed { id, listed };
        self.keep_changes(vec![change], at, None).await
    }

    async fn keep_changes(
        &self,
        changes: Vec<Change>,
        at: At,
        round: Option<Round>,
    ) -> Result<Vec<Known>> {
        self.run(move |writer| {
            let accounts = writer.transaction(|c| {
                write(c, &changes, at)?;
                if let Some(round) = &round {
                    settings::put(c, ROUND, round)?;
                }
                all(c)
            })?;
            if !changes.is_empty() {
                writer.names.name_accounts(titles_of(&accounts));
            }
            Ok(accounts)
        })
        .await
    }

    /// Keeps the last words of the `errors` channel, by our id.
    pub async fn keep_troubles(&self, troubles: Vec<(i64, Trouble)>) -> Result<()> {
        self.write(move |c| {
            for (id, trouble) in &troubles {
                diesel::update(account::table.find(id))
                    .set(account::trouble.eq(Some(to_json(trouble)?)))
                    .execute(c)?;
            }
            Ok(())
        })
        .await
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| StoreError::BadValue(format!("account: {e}")))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| StoreError::BadValue(format!("account: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::diff::diff;
    use crate::store::Options;

    fn open() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::at(directory.path().join("t.db"))).unwrap();
        (directory, store)
    }

    fn listed(index: &str, title: &str, account: &str) -> Listed {
        Listed {
            auth_index: index.into(),
            title: title.into(),
            provider_account: account.into(),
            ..Listed::default()
        }
    }

    async fn keep(store: &Store, list: Vec<Listed>, at: i64) -> Vec<Known> {
        let known = store.read(all).await.unwrap();
        let round = Round { at: At(at) };
        let changes = diff(&known, list);
        store.keep_accounts(changes, round).await.unwrap()
    }

    #[tokio::test]
    async fn a_renamed_account_keeps_its_history_and_a_deleted_one_its_name() {
        let (directory, store) = open();
        keep(
            &store,
            vec![listed("aa", "one", "x"), listed("bb", "two", "")],
            1,
        )
        .await;
        let all_known = keep(&store, vec![listed("cc", "uno", "x")], 2).await;
        let one = &all_known[0];
        assert_eq!(one.indexes, ["cc", "aa"]);
        assert_eq!((one.first_seen, one.changed_at), (At(1), At(2)));
        assert_eq!(all_known[1].gone_at, Some(At(2)));
        let title = |store: &Store, index: &str| {
            let names = store.names();
            let names = names.read();
            names.account_title(index).map(str::to_owned)
        };
        assert_eq!(title(&store, "aa").as_deref(), Some("uno"));
        assert_eq!(title(&store, "bb").as_deref(), Some("two"));
        store.close().await;

        let store = Store::open(&Options::at(directory.path().join("t.db"))).unwrap();
        assert_eq!(title(&store, "aa").as_deref(), Some("uno"));
        assert_eq!(store.read(all).await.unwrap(), all_known);
        assert_eq!(store.read(round).await.unwrap().unwrap().at, At(2));
    }

    #[tokio::test]
    async fn a_joined_account_leaves_its_history_to_the_other() {
        let (_directory, store) = open();
        let of = |index| Listed {
            person: "ann".into(),
            ..listed(index, "ann@example.com", "x")
        };
        keep(&store, vec![of("old")], 1).await;
        keep(&store, vec![of("old"), of("new")], 2).await;
        let all_known = keep(&store, vec![of("new")], 3).await;
        assert_eq!(all_known.len(), 1);
        assert_eq!(all_known[0].indexes, ["new", "old"]);
        assert_eq!(all_known[0].first_seen, At(1));
        assert!(!all_known[0].is_gone());
    }

    #[tokio::test]
    async fn a_file_with_another_account_in_it_leaves_the_first_its_past() {
        let (_directory, store) = open();
        keep(&store, vec![listed("aa", "ann", "x")], 10).await;
        let both = keep(&store, vec![listed("aa", "bob", "y")], 20).await;
        let own = |known: &Known| -> Vec<_> {
            let spans = known.spans(At(0), At(100)).into_iter();
            spans
                .map(|span| (span.indexes.join(","), span.from.0, span.to.0))
                .collect()
        };
        let (ann, bob) = (&both[0], &both[1]);
        assert!(ann.is_gone() && !bob.is_gone());
        assert_eq!(own(ann), [("aa".into(), 0, 20)]);
        assert_eq!(own(bob), [("aa".into(), 20, 100)]);
        let names = store.names();
        assert_eq!(names.read().account_title("aa"), Some("bob"));
        // The same list again is nothing new.
        assert_eq!(diff(&both, vec![listed("aa", "bob", "y")]), []);

        // The first one comes back in the same file.
        let back = keep(&store, vec![listed("aa", "ann", "x")], 30).await;
        let (ann, bob) = (&back[0], &back[1]);
        assert!(!ann.is_gone() && bob.is_gone());
        assert_eq!(own(ann), [("aa".into(), 0, 20), ("aa".into(), 30, 100)]);
        assert_eq!(own(bob), [("aa".into(), 20, 30)]);
        assert_eq!(store.read(all).await.unwrap(), back);
    }

    #[tokio::test]
    async fn since_when_it_stands_so_is_not_when_anything_changed() {
        let (_directory, store) = open();
        let as_listed = |disabled, note: &str| Listed {
            disabled,
            note: note.into(),
            ..listed("aa", "ann", "x")
        };
        let mut turned = Vec::new();
        for (at, listed) in [
            (10, as_listed(true, "")),
            (20, as_listed(true, "a note")),
            (30, as_listed(false, "a note")),
            (40, as_listed(false, "")),
        ] {
            let known = keep(&store, vec![listed], at).await;
            turned.push((known[0].changed_at.0, known[0].turned_at.map(|at| at.0)));
        }
        assert_eq!(
            turned,
            [(10, None), (20, None), (30, Some(30)), (40, Some(30))]
        );
    }

    #[tokio::test]
    async fn the_last_word_of_the_gateway_lasts() {
        let (_directory, store) = open();
        let known = keep(&store, vec![listed("aa", "one", "")], 1).await;
        let trouble = Trouble {
            code: 429,
            said: "no more".into(),
            ..Trouble::default()
        };
        let kept = vec![(known[0].id, trouble.clone())];
        store.keep_troubles(kept).await.unwrap();
        let again = store.read(all).await.unwrap();
        assert_eq!(again[0].trouble, Some(trouble));
    }
}
