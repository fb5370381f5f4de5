//! `/v0/management/api-key-aliases…`: the clients' keys that are known, by the
//! hash of the key, and what people call them. Keys themselves are never told.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::question;
use super::shape::{KeyName, text};
use crate::domain::key_alias::KeyAlias;
use crate::store::clients;
use crate::store::key_alias::Outcome;
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::session::Access;
use crate::web::state::AppState;

#[derive(Serialize)]
struct Item {
    #[serde(flatten)]
    name: KeyName,
    /// When the alias was changed last.
    changed_at: Option<String>,
    /// `listed`, `deleted`, `not_listed` or `unknown`.
    state: &'static str,
    known_since: Option<String>,
    last_used: Option<String>,
}

#[derive(Serialize)]
struct All {
    /// When the gateway's list of keys was read; `null` = never.
    list_read_at: Option<String>,
    items: Vec<Item>,
}

pub(super) async fn list(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    question::none(request.query_string())?;
    let names = state.store.names();
    let read = state.store.read(move |c| clients::all(c, &names, &[]));
    let mut clients = read.await?;
    clients.all.retain(|client| !client.hash.is_empty());
    clients.all.sort_by(|a, b| a.hash.cmp(&b.hash));
    let known = |client: &clients::Client| Item {
        name: KeyName {
            id: client.hash.clone(),
            mask: client.mask.clone(),
            alias: text(&client.alias).filter(|_| !ctx.prefs.mask),
        },
        changed_at: client.kept.as_ref().map(|kept| kept.changed_at.rfc3339()),
        state: client.listing.code(),
        known_since: client.since().map(crate::domain::units::At::rfc3339),
        last_used: client.used.map(|span| span.last.rfc3339()),
    };
    Ok(HttpResponse::Ok().json(All {
        list_read_at: clients.read_at.map(crate::domain::units::At::rfc3339),
        items: clients.all.iter().map(known).collect(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    alias: String,
}

#[derive(Serialize)]
struct Done {
    id: String,
    alias: Option<String>,
    /// Whether it was different before.
    changed: bool,
}

pub(super) async fn set(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    hash: Path<String>,
    body: Bytes,
) -> Result<HttpResponse> {
    question::none(request.query_string())?;
    let wanted: Wanted = super::body(&body)?;
    let alias =
        KeyAlias::parse(&wanted.alias).map_err(|bad| Error::unfit("bad_alias", bad.to_string()))?;
    put(hash.into_inner(), Some(alias), &ctx, &state).await
}

pub(super) async fn clear(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    hash: Path<String>,
) -> Result<HttpResponse> {
    question::none(request.query_string())?;
    put(hash.into_inner(), None, &ctx, &state).await
}

async fn put(
    hash: String,
    alias: Option<KeyAlias>,
    ctx: &Ctx,
    state: &AppState,
) -> Result<HttpResponse> {
    let (names, wanted) = (state.store.names(), hash.clone());
    let known = state
        .store
        .read(move |c| clients::is_known(c, &names, &wanted));
    if !known.await? {
        return Err(Error::NotFound);
    }
    let text = alias.as_ref().map(|alias| alias.as_str().to_owned());
    let outcome = state.store.name_key(hash.clone(), alias, ctx.now).await?;
    let changed = match outcome {
        Outcome::Changed => true,
        Outcome::Unchanged => false,
        Outcome::TakenBy(holder) => {
            let why = format!("the key {holder} has this alias");
            return Err(Error::in_conflict("alias_taken", why));
        }
    };
    Ok(HttpResponse::Ok().json(Done {
        id: hash,
        alias: text,
        changed,
    }))
}
