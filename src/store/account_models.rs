//! Which models the accounts served when the gateway was last asked, so that a
//! gateway that is away leaves the answer. One row an account.

use diesel::prelude::*;

use super::error::{Result, StoreError};
use super::schema::account_models;
use crate::domain::units::At;

/// What the gateway said of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub account: i64,
    pub at: At,
    pub models: Vec<String>,
}

pub fn all(c: &mut SqliteConnection) -> Result<Vec<Kept>> {
    let rows: Vec<(i64, At, String)> = account_models::table
        .order(account_models::account.asc())
        .load(c)?;
    rows.into_iter()
        .map(|(account, at, models)| {
            let models = serde_json::from_str(&models);
            let models = models.map_err(|e| StoreError::BadValue(format!("models: {e}")))?;
            Ok(Kept {
                account,
                at,
                models,
            })
        })
        .collect()
}

/// In the place of what was said before.
pub fn keep(c: &mut SqliteConnection, kept: &Kept) -> Result<()> {
    let models = serde_json::to_string(&kept.models);
    let models = models.map_err(|e| StoreError::BadValue(format!("models: {e}")))?;
    diesel::replace_into(account_models::table)
        .values((
            account_models::account.eq(kept.account),
            account_models::asked_ms.eq(kept.at),
            account_models::models.eq(models),
        ))
        .execute(c)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Options, Store};

    #[tokio::test]
    async fn the_last_answer_lasts() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::at(directory.path().join("t.db"))).unwrap();
        let kept = |account, at, models: &[&str]| Kept {
            account,
            at: At(at),
            models: models.iter().map(|&name| name.to_owned()).collect(),
        };
        for answer in [
            kept(2, 5, &["gpt-5.5", "o\"dd"]),
            kept(1, 6, &["kimi-k3"]),
            kept(2, 7, &["gpt-5.6"]),
        ] {
            store.write(move |c| keep(c, &answer)).await.unwrap();
        }
        let all = store.read(all).await.unwrap();
        assert_eq!(all, [kept(1, 6, &["kimi-k3"]), kept(2, 7, &["gpt-5.6"])]);
    }
}
