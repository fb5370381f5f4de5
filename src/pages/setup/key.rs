//! Step 3: the Management Key. A key is sent once for each time it is entered;
//! keys of the wrong kind, refused ones and any key during a ban are not sent.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use askama::Template;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Draft, Drafts, Frame, Trouble, draft, elsewhere, field_texts, see};
use crate::domain::units::{At, Ms};
use crate::gateway::client::Client;
use crate::gateway::types::{Error as GatewayError, Overview};
use crate::i18n::settings::Settings as FieldTexts;
use crate::web::admin_key::Shape;
use crate::web::collection_form::{Field, Form as Fields};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::hx;
use crate::web::session::Session;
use crate::web::state::AppState;
use crate::web::trail::Step;

#[derive(Template)]
#[template(path = "setup_key.html")]
struct KeyStep {
    frame: Frame,
    field: Field,
    f: &'static FieldTexts,
    ctx: Ctx,
}

#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    management_key: String,
    unchecked: Option<String>,
}

pub(super) async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    drafts: Data<Drafts>,
    session: Session,
) -> Result<HttpResponse> {
    if let Some(elsewhere) = elsewhere(&ctx, &state) {
        return Ok(elsewhere);
    }
    let mut draft = draft(&state, &drafts, &session).await?;
    if !reached(&draft) {
        return Ok(see(&ctx, "/setup/gateway"));
    }
    draft.failure = None;
    page(StatusCode::OK, ctx, &state, &draft, None)
}

pub(super) async fn leave(
    ctx: Ctx,
    state: Data<AppState>,
    drafts: Data<Drafts>,
    session: Session,
    sent: Form<Sent>,
) -> Result<HttpResponse> {
    if let Some(elsewhere) = elsewhere(&ctx, &state) {
        return Ok(elsewhere);
    }
    let mut draft = draft(&state, &drafts, &session).await?;
    if !reached(&draft) {
        return Ok(see(&ctx, "/setup/gateway"));
    }
    let now = state.clock.now();
    let entered = match &state.config.collection.key {
        Some(fixed) => fixed.value.clone(),
        None => SecretString::from(sent.management_key.trim()),
    };
    let answer = match objection(&ctx, &mut draft, &entered, now) {
        Some(trouble) => Err(trouble),
        None if sent.unchecked.is_some() => Ok(None),
        None => match probe(&draft, &entered).await {
            Ok(found) => Ok(Some(found)),
            Err(error) => Err(refused(&ctx, &mut draft, &entered, error, now)),
        },
    };
    match answer {
        Ok(found) => {
            if found.is_some() {
                draft.answered = draft.answered.or(Some(Ms(0)));
            }
            draft.overview = found;
            draft.failure = None;
            draft.key = Some(entered);
            drafts.put(session.id, draft);
            Ok(see(&ctx, "/setup/collection"))
        }
        Err(trouble) => {
            drafts.put(session.id, draft.clone());
            page(
                StatusCode::UNPROCESSABLE_ENTITY,
                ctx,
                &state,
                &draft,
                Some(trouble),
            )
        }
    }
}

fn reached(draft: &Draft) -> bool {
    draft.answered.is_some() || draft.unchecked
}

/// Why a key is not sent at all.
fn objection(ctx: &Ctx, draft: &mut Draft, key: &SecretString, now: At) -> Option<Trouble> {
    let t = ctx.t.setup;
    let text = key.expose_secret();
    if let Some(until) = draft.banned_until.filter(|until| *until > now) {
        let left = (t.banned_for)(&ctx.lang.span(until - now));
        return Some(Trouble::of(&t.banned).with(left));
    }
    if draft.was_refused(text) {
        return Some(Trouble::of(&t.refused_before));
    }
    let known = draft
        .doubted
        .as_ref()
        .is_some_and(|old| old.expose_secret() == text);
    match Shape::of(text) {
        Shape::Admin => Some(Trouble::of(&t.admin_key_given)),
        Shape::ManagementHash => Some(Trouble::of(&t.hash_given)),
        Shape::Api if !known => {
            draft.doubted = Some(key.clone());
            Some(Trouble::of(&t.api_key_given))
        }
        _ if text.is_empty() => Some(Trouble::of(&t.no_key)),
        _ => None,
    }
}

async fn probe(draft: &Draft, key: &SecretString) -> std::result::Result<Overview, GatewayError> {
    let connection = draft.connection(key.clone()).ok_or(GatewayError::NotCpa)?;
    Client::new(&connection)?.probe().await
}

/// The gateway's no, remembered so that it is not asked the same again.
fn refused(
    ctx: &Ctx,
    draft: &mut Draft,
    key: &SecretString,
    error: GatewayError,
    now: At,
) -> Trouble {
    let t = ctx.t.setup;
    let mut trouble = Trouble::from_gateway(&error, t);
    match &error {
        GatewayError::KeyRejected => {
            draft.remember_refusal(key.clone());
            trouble = trouble.with((t.tries_left)(draft.tries_left()));
        }
        GatewayError::Banned {
            remaining: Some(left),
        } => {
            let left = Ms(i64::try_from(left.as_millis()).unwrap_or(i64::MAX));
            draft.banned_until = Some(now + left);
            trouble = trouble.with((t.banned_for)(&ctx.lang.span(left)));
        }
        _ => {}
    }
    draft.overview = None;
    draft.failure = Some(error);
    trouble
}

fn page(
    status: StatusCode,
    ctx: Ctx,
    state: &AppState,
    draft: &Draft,
    trouble: Option<Trouble>,
) -> Result<HttpResponse> {
    let page = KeyStep {
        frame: Frame::new(&ctx, Step::Key, draft, trouble),
        field: Fields::of(&draft.chosen, &state.config.collection).key,
        f: field_texts(&ctx),
        ctx,
    };
    Ok(hx::html_response(status).body(page.render()?))
}
