//! What was chosen in the panel, as JSON by name. Settings that come from the
//! environment are never stored here; secrets are in `secrets`.

use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{Result, StoreError};
use super::schema::setting;

/// `None` when it was never set.
pub fn get<T: DeserializeOwned>(c: &mut SqliteConnection, name: &str) -> Result<Option<T>> {
    let text: Option<String> = setting::table
        .find(name)
        .select(setting::value)
        .get_result(c)
        .optional()?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|e| StoreError::BadValue(format!("setting {name}: {e}")))
}

pub fn put<T: Serialize>(c: &mut SqliteConnection, name: &str, value: &T) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|e| StoreError::BadValue(format!("setting {name}: {e}")))?;
    diesel::insert_into(setting::table)
        .values((setting::name.eq(name), setting::value.eq(&text)))
        .on_conflict(setting::name)
        .do_update()
        .set(setting::value.eq(&text))
        .execute(c)?;
    Ok(())
}

pub fn remove(c: &mut SqliteConnection, name: &str) -> Result<()> {
    diesel::delete(setting::table.find(name)).execute(c)?;
    Ok(())
}
