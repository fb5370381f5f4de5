//! Naming a key, and taking the last name back.

use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::view::Asked;
use super::{Refused, flash, refuse};
use crate::domain::key_alias::{BadAlias, KeyAlias};
use crate::domain::units::At;
use crate::i18n::keys::Keys as Texts;
use crate::store::clients;
use crate::store::key_alias::Outcome;
use crate::store::names::Kind;
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::session::Access;
use crate::web::state::AppState;

#[derive(Deserialize)]
pub(super) struct Naming {
    #[serde(default)]
    alias: String,
    /// The name is to be taken away, whatever the field says.
    #[serde(default)]
    remove: String,
    /// The view the form stood in.
    #[serde(default)]
    view: String,
}

pub(super) async fn save(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    hash: Path<String>,
    form: Form<Naming>,
) -> Result<HttpResponse> {
    let (hash, form) = (hash.into_inner(), form.into_inner());
    let (names, wanted) = (state.store.names(), hash.clone());
    let known = state
        .store
        .read(move |c| clients::is_known(c, &names, &wanted));
    if !known.await? {
        return Err(Error::NotFound);
    }
    let asked = Asked::parse(&form.view);
    let alias = if form.remove.is_empty() {
        match KeyAlias::parse(&form.alias) {
            Ok(alias) => Some(alias),
            Err(bad) => {
                let refused = Refused {
                    hash,
                    typed: form.alias,
                    why: why(bad, ctx.t.keys).to_owned(),
                };
                return refuse(ctx, &state, &asked, refused).await;
            }
        }
    } else {
        None
    };
    let outcome = state.store.name_key(hash.clone(), alias, ctx.now).await?;
    let done = match outcome {
        Outcome::Changed => [("done", "named"), ("key", hash.as_str())],
        Outcome::Unchanged => [("done", "unchanged"), ("key", hash.as_str())],
        Outcome::TakenBy(holder) => {
            let refused = Refused {
                hash,
                typed: form.alias,
                why: (ctx.t.keys.taken)(&mask_of(&state, &holder)),
            };
            return refuse(ctx, &state, &asked, refused).await;
        }
    };
    Ok(flash::see(&ctx, &asked.query(), &done))
}

#[derive(Deserialize)]
pub(super) struct Undo {
    /// When the change was that is to be undone; a later one is not touched.
    changed: i64,
    #[serde(default)]
    view: String,
}

pub(super) async fn undo(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    hash: Path<String>,
    form: Form<Undo>,
) -> Result<HttpResponse> {
    let hash = hash.into_inner();
    let outcome = state
        .store
        .unname_key(hash.clone(), At(form.changed), ctx.now);
    let view = Asked::parse(&form.view).query();
    Ok(match outcome.await? {
        Some(Outcome::Changed) => flash::see(&ctx, &view, &[("done", "named"), ("key", &hash)]),
        Some(Outcome::Unchanged) => flash::see(&ctx, &view, &[("done", "unchanged")]),
        None | Some(Outcome::TakenBy(_)) => flash::see(&ctx, &view, &[("done", "overtaken")]),
    })
}

fn why(bad: BadAlias, t: &Texts) -> &'static str {
    match bad {
        BadAlias::Empty => t.empty,
        BadAlias::TooLong => t.too_long,
        BadAlias::Unprintable => t.unprintable,
        BadAlias::Secret => t.secret,
    }
}

/// What is shown of the key that has a name; of one never used, the hash.
fn mask_of(state: &AppState, hash: &str) -> String {
    let names = state.store.names();
    let names = names.read();
    let id = names.id(Kind::ClientKey, hash);
    let mask = id.map(|id| names.label(Kind::ClientKey, id).to_owned());
    mask.unwrap_or_else(|| hash.to_owned())
}
