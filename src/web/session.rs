//! Who is logged in: a random token in a cookie, its hash in the store. A
//! session ends when unused for 12 hours and after 7 days, or after 30 days
//! when the person asked to stay. A new log-in makes a new token.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use ring::digest;
use std::future::{Ready, ready};

use super::client_addr::Client;
use super::error::{Error, Result};
use super::random;
use super::spare;
use super::state::AppState;
use crate::config::Config;
use crate::domain::units::{At, Ms};
use crate::store::sessions::{self, NewSession, SessionId};
use crate::store::{self};

const IDLE: Ms = Ms(12 * 3_600_000);
const LONGEST: Ms = Ms(7 * 86_400_000);
pub const LONGEST_KEPT: Ms = Ms(30 * 86_400_000);

/// What the user agent said of itself, cut to a line.
const AGENT_LENGTH: usize = 200;

/// The session of a request; a handler that takes it cannot be reached without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub expires_at: At,
    /// [`AppState::revoked`] as it was before this session was looked up.
    as_of: u64,
}

/// Who is let in: a person, or a script that has the Admin Key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    Session(Session),
    Key,
}

impl FromRequest for Access {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let access = request.extensions().get::<Self>().cloned();
        ready(access.ok_or(Error::LogInNeeded))
    }
}

impl FromRequest for Session {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match request.extensions().get::<Access>() {
            Some(Access::Session(session)) => Ok(session.clone()),
            _ => Err(Error::LogInNeeded),
        })
    }
}

/// Begins a session; the cookie is its only key.
pub async fn begin(
    state: &AppState,
    request: &HttpRequest,
    client: Client,
    keep: bool,
) -> Result<Cookie<'static>> {
    let token = random::token();
    let now = state.clock.now();
    let agent = request.headers().get("user-agent");
    let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or("");
    let new = NewSession {
        token_hash: hash(&token),
        now,
        expires_at: now + if keep { LONGEST_KEPT } else { LONGEST },
        address: client.ip.to_string(),
        agent: agent.chars().take(AGENT_LENGTH).collect(),
    };
    let (write, spare) = (new.clone(), &state.spare_sessions);
    match state
        .store
        .write(move |c| sessions::create(c, &write))
        .await
    {
        Ok(_) => {}
        // Who wants to see what is wrong must get in.
        Err(error) if error.is_passing() => {
            log::warn!("a log-in is kept in memory only: {error}");
            spare.add(&new);
        }
        Err(error) => return Err(error.into()),
    }
    let mut cookie = cookie(&state.config, client.https, token);
    if keep {
        cookie.set_max_age(time::Duration::milliseconds(LONGEST_KEPT.0));
    }
    Ok(cookie)
}

/// The session a request belongs to, if it is not over.
pub async fn find(
    state: &AppState,
    request: &HttpRequest,
    client: Client,
) -> Result<Option<Session>> {
    let name = cookie_name(&state.config, client.https);
    let Some(cookie) = request.cookie(name) else {
        return Ok(None);
    };
    let hash = hash(cookie.value());
    let now = state.clock.now();
    let as_of = *state.revoked.borrow();
    let read = move |c: &mut _| sessions::find(c, &hash, now, LONGEST_KEPT);
    let found = match state.store.read(read).await? {
        None => state.spare_sessions.find(&hash, now),
        found => found,
    };
    let Some(found) = found.filter(|session| is_live(session, now)) else {
        return Ok(None);
    };
    if found.wants_touch(now) && !spare::is_spare(found.id) {
        let id = found.id;
        let touch = move |c: &mut _| sessions::touch(c, id, now);
        // A busy database must not keep people out.
        if let Err(error) = state.store.write(touch).await {
            log::warn!("cannot note that a session is in use: {error}");
        }
    }
    Ok(Some(Session {
        id: found.id,
        expires_at: found.expires_at,
        as_of,
    }))
}

/// Sessions that are not over, last used first.
pub async fn list(state: &AppState) -> Result<Vec<sessions::Session>> {
    let now = state.clock.now();
    let read = move |c: &mut _| sessions::list(c, now, LONGEST_KEPT);
    let mut all = state.store.read(read).await?;
    all.extend(state.spare_sessions.list(now));
    all.retain(|session| is_live(session, now));
    Ok(all)
}

/// Ends one session and the long answers that belong to it.
pub async fn revoke(state: &AppState, id: SessionId) -> Result<bool> {
    let found = if spare::is_spare(id) {
        state.spare_sessions.remove(id)
    } else {
        let write = move |c: &mut _| sessions::revoke(c, id);
        state.store.write(write).await?
    };
    state.revoked.send_modify(|count| *count += 1);
    Ok(found)
}

/// Ends every session.
pub async fn revoke_all(state: &AppState) -> Result<()> {
    state.spare_sessions.clear();
    state.store.write(sessions::revoke_all).await?;
    state.revoked.send_modify(|count| *count += 1);
    Ok(())
}

impl Session {
    /// Resolves once this session was revoked, or the process is to end. One
    /// that was revoked while nobody waited is noticed as well.
    async fn ended(&self, state: &AppState) {
        let mut revoked = state.revoked.subscribe();
        loop {
            let unchanged = *revoked.borrow_and_update() == self.as_of;
            if !unchanged && !self.is_listed(state).await {
                return;
            }
            tokio::select! {
                () = state.stop.cancelled() => return,
                changed = revoked.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn is_listed(&self, state: &AppState) -> bool {
        let live = list(state).await;
        live.is_ok_and(|live| live.iter().any(|session| session.id == self.id))
    }
}

impl Access {
    /// The session of a person; a script with the key has none.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Session(session) => Some(session.id),
            Self::Key => None,
        }
    }

    /// Resolves once whoever was let in no longer is: what every long answer
    /// waits for beside its next piece. A key ends with the process.
    pub async fn ended(&self, state: &AppState) {
        match self {
            Self::Session(session) => session.ended(state).await,
            Self::Key => state.stop.cancelled().await,
        }
    }
}

/// Whether a person asked to stay logged in.
#[must_use]
pub fn is_kept(session: &sessions::Session) -> bool {
    session.expires_at - session.created_at > LONGEST
}

fn is_live(session: &sessions::Session, now: At) -> bool {
    is_kept(session) || now - session.last_seen < IDLE
}

/// Removes what is over; run now and then.
pub async fn purge(store: &store::Store, now: At) -> store::Result<()> {
    let purge = move |c: &mut _| sessions::purge(c, now, LONGEST_KEPT);
    store.write(purge).await?;
    Ok(())
}

/// The cookie that takes a session's cookie away.
#[must_use]
pub fn farewell(config: &Config, client: Client) -> Cookie<'static> {
    let mut cookie = cookie(config, client.https, String::new());
    cookie.make_removal();
    cookie
}

fn cookie(config: &Config, https: bool, token: String) -> Cookie<'static> {
    Cookie::build(cookie_name(config, https), token)
        .path(config.base_path.cookie_path().to_owned())
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(https)
        .finish()
}

/// `__Host-` promises Secure and the path `/`; browsers refuse it otherwise.
fn cookie_name(config: &Config, https: bool) -> &'static str {
    if https && config.base_path.as_str().is_empty() {
        "__Host-cpamp_session"
    } else if https {
        "__Secure-cpamp_session"
    } else {
        "cpamp_session"
    }
}

fn hash(token: &str) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
}
