//! Saving the form of the collection. It never needs the gateway: a new key is
//! tried once if the gateway answers, and what could not be verified is said.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use secrecy::SecretString;

use super::outcome::Outcome;
use super::{PATIENCE, banned_until, chosen, page, see};
use crate::domain::collection::Connection;
use crate::gateway::client::Client;
use crate::gateway::types::{Error as GatewayError, Overview};
use crate::pages::collection_form::{Entry, Form as Fields, Rules};
use crate::pages::settings::Flash;
use crate::web::admin_key::Shape;
use crate::web::collection::{self, Chosen};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::session::Access;
use crate::web::state::AppState;

pub(super) async fn save(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    entry: Form<Entry>,
) -> Result<HttpResponse> {
    let before = chosen(&state).await?;
    let rules = Rules {
        chosen: &before,
        fixed: &state.config.collection,
        retention: state.status.borrow().gateway.retention,
        t: ctx.t.connection,
        lang: ctx.lang,
    };
    let (mut after, mut form) = rules.all(&entry);
    let key = new_key(&ctx, &state, &entry, &after, &mut form);
    if form.has_problems() {
        return not_saved(ctx, &state, &before, form).await;
    }
    let verified = verify(&state, &after, key.as_ref()).await;
    if let (Some(Err(GatewayError::KeyRejected)), Some(_)) = (&verified, &key) {
        form.key.problem = Some(ctx.t.connection.key_refused.to_owned());
        return not_saved(ctx, &state, &before, form).await;
    }
    let off = after.enabled == Some(false);
    after.set_up = true;
    collection::save(&state, after, key).await?;
    let outcome = match verified {
        _ if off => Outcome::of("off"),
        None => Outcome::of("saved"),
        Some(Ok(found)) => Outcome::of("verified").with_version(found.version),
        Some(Err(error)) => Outcome::of("unverified").because(&error.reason(state.clock.now())),
    };
    Ok(see(&ctx, &outcome.path()))
}

/// The form again, with what was entered and what is wrong with it.
async fn not_saved(
    ctx: Ctx,
    state: &AppState,
    chosen: &Chosen,
    form: Fields,
) -> Result<HttpResponse> {
    let t = ctx.t.settings;
    let flash = Flash {
        class: "bad",
        title: t.not_saved.to_owned(),
        text: t.look_below.to_owned(),
    };
    let page = page(ctx, state, chosen, form, Some(flash)).await?;
    hx::respond_as(StatusCode::UNPROCESSABLE_ENTITY, &Want::Document, &page)
}

/// The key that was entered; problems go into the form. Keys of the wrong kind
/// are not sent anywhere, and a stored key is never sent to another address.
fn new_key(
    ctx: &Ctx,
    state: &AppState,
    entry: &Entry,
    after: &Chosen,
    form: &mut Fields,
) -> Option<SecretString> {
    let t = ctx.t.connection;
    let fixed = &state.config.collection;
    if fixed.key.is_some() {
        return None;
    }
    let key = entry.management_key.trim();
    let problem = if key.is_empty() {
        let here = after.url.as_deref().map(collection::place);
        let moved = fixed.url.is_none() && after.key_place != here;
        (after.key_place.is_some() && moved).then_some(t.key_of_another_address)
    } else {
        match Shape::of(key) {
            Shape::Admin => Some(t.admin_key_given),
            Shape::ManagementHash => Some(t.hash_given),
            _ if !key.chars().all(|c| c.is_ascii_graphic() || c == ' ') => Some(t.key_unsendable),
            _ => None,
        }
    };
    form.key.problem = problem.map(str::to_owned);
    (problem.is_none() && !key.is_empty()).then(|| SecretString::from(key))
}

/// Asks the gateway when there is a reason to: `None` = nothing was asked. A new
/// key is sent once; without one only the address is looked at.
async fn verify(
    state: &AppState,
    after: &Chosen,
    key: Option<&SecretString>,
) -> Option<std::result::Result<Overview, GatewayError>> {
    let fixed = &state.config.collection;
    let url = fixed.url.as_ref().map(|url| url.value.clone());
    let url = url.or_else(|| after.url.clone())?;
    let told = state.settings.borrow().connection.clone();
    let moved = told.is_none_or(|now| now.url != url);
    if after.enabled == Some(false) || (key.is_none() && !moved) {
        return None;
    }
    if let Some(until) = banned_until(state) {
        let left = u64::try_from((until - state.clock.now()).0).unwrap_or(0);
        let remaining = Some(Duration::from_millis(left));
        return Some(Err(GatewayError::Banned { remaining }));
    }
    let insecure_tls = fixed.insecure_tls.as_ref().map(|insecure| insecure.value);
    let connection = Connection {
        url,
        key: key.cloned().unwrap_or_default(),
        insecure_tls: insecure_tls.or(after.insecure_tls) == Some(true),
    };
    let asked = async {
        let client = Client::new(&connection)?;
        if key.is_some() {
            client.probe().await
        } else {
            client.identify().await.map(|()| Overview::default())
        }
    };
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    Some(asked.unwrap_or(Err(GatewayError::TimedOut)))
}
