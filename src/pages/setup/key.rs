//! Step 3: the Management Key. A key is sent once for each time it is entered;
//! keys of the wrong kind, refused ones and any key during a ban are not sent.

use actix_web::HttpResponse;
use actix_web::web::Form;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::draft::Draft;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::domain::units::{At, Ms};
use crate::gateway::client::Client;
use crate::gateway::types::{Error as GatewayError, Overview};
use crate::web::admin_key::Shape;
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::trail::Step;

#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    management_key: String,
    unchecked: Option<String>,
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse> {
    if !visit.draft.reached() {
        return Ok(visit.go("/setup/gateway"));
    }
    visit.open(Step::Key)
}

pub(super) async fn leave(mut visit: Visit, sent: Form<Sent>) -> Result<HttpResponse> {
    let draft = &mut visit.draft;
    if !draft.reached() {
        return Ok(visit.go("/setup/gateway"));
    }
    let now = visit.state.clock.now();
    let entered = match &visit.state.config.collection.key {
        Some(fixed) => fixed.value.clone(),
        None => match (sent.management_key.trim(), &draft.unanswered) {
            ("", Some(before)) => before.clone(),
            (entered, _) => SecretString::from(entered),
        },
    };
    let answer = match objection(&visit.ctx, draft, &entered, now) {
        Some(trouble) => Err(trouble),
        None if sent.unchecked.is_some() => Ok(None),
        None => match probe(draft, &entered).await {
            Ok(found) => Ok(Some(found)),
            Err(error) => Err(refused(&visit.ctx, draft, &entered, error, now)),
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
            Ok(visit.go("/setup/collection"))
        }
        Err(trouble) => {
            let form = visit.form();
            visit.stay(Step::Key, form, false, Some(trouble))
        }
    }
}

/// Why a key is not sent at all.
fn objection(ctx: &Ctx, draft: &mut Draft, key: &SecretString, now: At) -> Option<Trouble> {
    let t = ctx.t.obstacles;
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
    let t = ctx.t.obstacles;
    let mut trouble = Trouble::from_gateway(&error, t);
    draft.unanswered = trouble.may_go_on.then(|| key.clone());
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
