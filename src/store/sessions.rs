//! Who is logged in. Only a hash of each token is stored; the token itself is
//! in the browser. Expiry is checked here, on every look-up.

use diesel::prelude::*;

use super::error::Result;
use super::schema::session;
use super::settings;
use crate::domain::units::{At, Ms};

/// A look-up writes `last_seen` at most this often.
const TOUCH_EVERY: Ms = Ms::MINUTE;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, diesel_derive_newtype::DieselNewType)]
pub struct SessionId(pub i32);

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct Session {
    pub id: SessionId,
    #[diesel(column_name = created_at_ms)]
    pub created_at: At,
    #[diesel(column_name = last_seen_ms)]
    pub last_seen: At,
    /// However busy it is, it ends here.
    #[diesel(column_name = expires_at_ms)]
    pub expires_at: At,
    /// Address and user agent at log-in.
    pub address: String,
    pub agent: String,
}

impl Session {
    /// Whether [`touch`] is due.
    #[must_use]
    pub fn wants_touch(&self, now: At) -> bool {
        now - self.last_seen >= TOUCH_EVERY
    }
}

/// A session to be.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub token_hash: [u8; 32],
    pub now: At,
    pub expires_at: At,
    pub address: String,
    pub agent: String,
}

pub fn create(c: &mut SqliteConnection, new: &NewSession) -> Result<SessionId> {
    Ok(diesel::insert_into(session::table)
        .values((
            session::token_hash.eq(&new.token_hash[..]),
            session::created_at_ms.eq(new.now),
            session::last_seen_ms.eq(new.now),
            session::expires_at_ms.eq(new.expires_at),
            session::address.eq(&new.address),
            session::agent.eq(&new.agent),
        ))
        .returning(session::id)
        .get_result(c)?)
}

/// The session of a token, unless it is over: past its end, or unused for
/// `idle`.
pub fn find(
    c: &mut SqliteConnection,
    token_hash: &[u8; 32],
    now: At,
    idle: Ms,
) -> Result<Option<Session>> {
    Ok(session::table
        .filter(session::token_hash.eq(&token_hash[..]))
        .filter(session::expires_at_ms.gt(now))
        .filter(session::last_seen_ms.gt(now - idle))
        .select(Session::as_select())
        .get_result(c)
        .optional()?)
}

/// Notes that a session is in use. A clock that went back changes nothing.
pub fn touch(c: &mut SqliteConnection, id: SessionId, now: At) -> Result<()> {
    diesel::update(session::table.find(id))
        .filter(session::last_seen_ms.le(now - TOUCH_EVERY))
        .set(session::last_seen_ms.eq(now))
        .execute(c)?;
    Ok(())
}

/// Sessions that are not over, last used first.
pub fn list(c: &mut SqliteConnection, now: At, idle: Ms) -> Result<Vec<Session>> {
    Ok(session::table
        .filter(session::expires_at_ms.gt(now))
        .filter(session::last_seen_ms.gt(now - idle))
        .select(Session::as_select())
        .order((session::last_seen_ms.desc(), session::id.desc()))
        .load(c)?)
}

/// Ends one session; `false` when there is none with this id.
pub fn revoke(c: &mut SqliteConnection, id: SessionId) -> Result<bool> {
    Ok(diesel::delete(session::table.find(id)).execute(c)? > 0)
}

/// Ends all sessions; says how many there were.
pub fn revoke_all(c: &mut SqliteConnection) -> Result<usize> {
    Ok(diesel::delete(session::table).execute(c)?)
}

/// Removes what is over.
pub fn purge(c: &mut SqliteConnection, now: At, idle: Ms) -> Result<usize> {
    let over = session::table.filter(
        session::expires_at_ms
            .le(now)
            .or(session::last_seen_ms.le(now - idle)),
    );
    Ok(diesel::delete(over).execute(c)?)
}

/// Ties all sessions to a fingerprint of the Admin Key: when it differs from
/// the last one, every session ends. Says whether it did.
pub fn begin_epoch(c: &mut SqliteConnection, fingerprint: &str) -> Result<bool> {
    const NAME: &str = "session_epoch";
    let last: Option<String> = settings::get(c, NAME)?;
    if last.as_deref() == Some(fingerprint) {
        return Ok(false);
    }
    settings::put(c, NAME, &fingerprint)?;
    revoke_all(c)?;
    Ok(true)
}
