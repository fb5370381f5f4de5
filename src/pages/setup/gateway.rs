//! Step 2: where the gateway is. Asks there without a key.

use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Draft, Drafts, Frame, Trouble, draft, elsewhere, field_texts, see};
use crate::domain::units::Ms;
use crate::gateway::client::Client;
use crate::gateway::types::Error as GatewayError;
use crate::i18n::settings::Settings as FieldTexts;
use crate::web::collection_form::{Entry, Form as Fields, Rules};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::hx;
use crate::web::session::Session;
use crate::web::state::AppState;
use crate::web::trail::Step;

#[derive(Template)]
#[template(path = "setup_gateway.html")]
struct GatewayStep {
    frame: Frame,
    form: Fields,
    f: &'static FieldTexts,
    ctx: Ctx,
}

/// The fields, and the button that was pressed.
#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    url: String,
    insecure_tls: Option<String>,
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
    draft.failure = None;
    let form = Fields::of(&draft.chosen, &state.config.collection);
    page(StatusCode::OK, ctx, &draft, form, None)
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
    let sent = sent.into_inner();
    let mut draft = draft(&state, &drafts, &session).await?;
    let entry = Entry {
        url: sent.url,
        insecure_tls: sent.insecure_tls,
        ..Entry::default()
    };
    let (chosen, form) = Rules {
        chosen: &draft.chosen,
        fixed: &state.config.collection,
        retention: None,
        t: ctx.t.settings,
        lang: ctx.lang,
    }
    .address(&entry);
    if form.has_problems() {
        return page(StatusCode::UNPROCESSABLE_ENTITY, ctx, &draft, form, None);
    }
    if chosen.url != draft.chosen.url || chosen.insecure_tls != draft.chosen.insecure_tls {
        draft.forget_gateway();
        draft.chosen = chosen;
    }
    if sent.unchecked.is_some() {
        draft.unchecked = true;
        draft.failure = None;
        drafts.put(session.id, draft);
        return Ok(see(&ctx, "/setup/key"));
    }
    match identify(&draft).await {
        Ok(took) => {
            draft.answered = Some(took);
            draft.failure = None;
            drafts.put(session.id, draft);
            Ok(see(&ctx, "/setup/key"))
        }
        Err(error) => {
            draft.answered = None;
            let trouble = Trouble::from_gateway(&error, ctx.t.setup);
            draft.failure = Some(error);
            drafts.put(session.id, draft.clone());
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            page(status, ctx, &draft, form, Some(trouble))
        }
    }
}

/// How long the answer took.
async fn identify(draft: &Draft) -> std::result::Result<Ms, GatewayError> {
    let connection = draft.connection(SecretString::default());
    let connection = connection.ok_or(GatewayError::NotCpa)?;
    let client = Client::new(&connection)?;
    let began = Instant::now();
    client.identify().await?;
    let took = began.elapsed().as_millis();
    Ok(Ms(i64::try_from(took).unwrap_or(i64::MAX)))
}

fn page(
    status: StatusCode,
    ctx: Ctx,
    draft: &Draft,
    form: Fields,
    trouble: Option<Trouble>,
) -> Result<HttpResponse> {
    let page = GatewayStep {
        frame: Frame::new(&ctx, Step::Gateway, draft, trouble),
        form,
        f: field_texts(&ctx),
        ctx,
    };
    Ok(hx::html_response(status).body(page.render()?))
}
