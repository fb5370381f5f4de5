//! Secrets kept for later use, sealed under the data key and bound to their
//! name. In clear they exist in memory only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use ring::digest;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::Result;
use super::schema::secret;
use super::secret::{Keyring, SealError};

/// The Management Key of the gateway.
pub const MANAGEMENT_KEY: &str = "gateway_management_key";

/// What is stored under a name.
#[derive(Clone, Debug)]
pub enum Stored {
    Nothing,
    /// There is one, but this keyring does not open it.
    Unreadable(SealError),
    Secret(SecretString),
}

pub fn get(c: &mut SqliteConnection, keyring: &Keyring, name: &str) -> Result<Stored> {
    let sealed: Option<String> = secret::table
        .find(name)
        .select(secret::sealed)
        .get_result(c)
        .optional()?;
    let Some(sealed) = sealed else {
        return Ok(Stored::Nothing);
    };
    Ok(match keyring.open(&place(name), &sealed) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_or(Stored::Unreadable(SealError::Damaged), |text| {
                Stored::Secret(text.into())
            }),
        Err(error) => Stored::Unreadable(error),
    })
}

pub fn put(
    c: &mut SqliteConnection,
    keyring: &Keyring,
    name: &str,
    value: &SecretString,
) -> Result<()> {
    let sealed = keyring.seal(&place(name), value.expose_secret().as_bytes());
    diesel::insert_into(secret::table)
        .values((secret::name.eq(name), secret::sealed.eq(&sealed)))
        .on_conflict(secret::name)
        .do_update()
        .set(secret::sealed.eq(&sealed))
        .execute(c)?;
    Ok(())
}

pub(super) fn any(c: &mut SqliteConnection) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(secret::table.select(secret::name))).get_result(c)?)
}

pub(super) fn forget_all(c: &mut SqliteConnection) -> Result<()> {
    diesel::delete(secret::table).execute(c)?;
    Ok(())
}

/// Names a text without telling it, for what may be compared but not stored:
/// an address that is fixed from outside.
#[must_use]
pub fn name_of(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref())
}

fn place(name: &str) -> String {
    format!("secret|sealed|{name}")
}
