//! The stored Admin Key credential: a self-describing hash, never the key. A
//! key given by the environment is not stored at all.

use diesel::prelude::*;

use super::error::Result;
use super::schema::admin_credential;
use super::sessions;
use crate::domain::units::At;

/// The one row of the table.
const ROW: i32 = 1;

pub fn credential(c: &mut SqliteConnection) -> Result<Option<String>> {
    Ok(admin_credential::table
        .find(ROW)
        .select(admin_credential::credential)
        .get_result(c)
        .optional()?)
}

/// Stores the first credential: nobody can have a session under another one.
pub fn keep(c: &mut SqliteConnection, credential: &str, now: At) -> Result<()> {
    diesel::replace_into(admin_credential::table)
        .values((
            admin_credential::id.eq(ROW),
            admin_credential::credential.eq(credential),
            admin_credential::changed_at_ms.eq(now),
        ))
        .execute(c)?;
    Ok(())
}

/// Sets a new credential and ends all sessions.
pub fn replace(c: &mut SqliteConnection, credential: &str, now: At) -> Result<()> {
    keep(c, credential, now)?;
    sessions::revoke_all(c)?;
    Ok(())
}
