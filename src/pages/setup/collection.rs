//! Step 4: how to collect. Turns the gateway's statistics on when asked, then
//! saves everything and starts the collector.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use askama::Template;
use serde::Deserialize;

use super::{Draft, Drafts, Frame, Trouble, draft, elsewhere, field_texts, see};
use crate::gateway::client::Client;
use crate::gateway::types::Error as GatewayError;
use crate::i18n::settings::Settings as FieldTexts;
use crate::web::collection::{self, Chosen};
use crate::web::collection_form::{Entry, Form as Fields, Rules};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::hx;
use crate::web::session::Session;
use crate::web::state::AppState;
use crate::web::trail::Step;

#[derive(Template)]
#[template(path = "setup_collection.html")]
struct CollectionStep {
    frame: Frame,
    form: Fields,
    /// The gateway throws its records away: offer to change that.
    offer: bool,
    turn_on: bool,
    f: &'static FieldTexts,
    ctx: Ctx,
}

#[derive(Deserialize)]
pub(super) struct Sent {
    enabled: Option<String>,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    poll_ms: String,
    #[serde(default)]
    batch: String,
    turn_on: Option<String>,
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
    let draft = draft(&state, &drafts, &session).await?;
    if draft.key.is_none() {
        return Ok(see(&ctx, "/setup/key"));
    }
    let form = Fields::of(&draft.chosen, &state.config.collection);
    page(StatusCode::OK, ctx, &draft, form, true, None)
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
    let draft = draft(&state, &drafts, &session).await?;
    let Some(key) = draft.key.clone() else {
        return Ok(see(&ctx, "/setup/key"));
    };
    let turn_on = sent.turn_on.is_some();
    let entry = Entry {
        enabled: sent.enabled,
        mode: sent.mode,
        poll_ms: sent.poll_ms,
        batch: sent.batch,
        ..Entry::default()
    };
    let (chosen, form) = Rules {
        chosen: &draft.chosen,
        fixed: &state.config.collection,
        retention: draft.overview.as_ref().and_then(|found| found.retention),
        t: ctx.t.settings,
        lang: ctx.lang,
    }
    .collecting(&entry);
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    if form.has_problems() {
        return page(wrong, ctx, &draft, form, turn_on, None);
    }
    if turn_on && let Err(error) = turn_statistics_on(&draft).await {
        let trouble = Trouble::from_gateway(&error, ctx.t.setup);
        let trouble = trouble.with(ctx.t.setup.could_not_turn_on.to_owned());
        return page(wrong, ctx, &draft, form, turn_on, Some(trouble));
    }
    let chosen = Chosen {
        set_up: true,
        ..chosen
    };
    let fixed = state.config.collection.key.is_some();
    collection::save(&state, chosen, (!fixed).then_some(key)).await?;
    drafts.forget(session.id);
    log::info!("a gateway was set up");
    Ok(see(&ctx, "/setup/first"))
}

async fn turn_statistics_on(draft: &Draft) -> std::result::Result<(), GatewayError> {
    let key = draft.key.clone().unwrap_or_default();
    let connection = draft.connection(key).ok_or(GatewayError::NotCpa)?;
    Client::new(&connection)?.set_usage_statistics(true).await
}

fn page(
    status: StatusCode,
    ctx: Ctx,
    draft: &Draft,
    form: Fields,
    turn_on: bool,
    trouble: Option<Trouble>,
) -> Result<HttpResponse> {
    let found = draft.overview.as_ref();
    let page = CollectionStep {
        frame: Frame::new(&ctx, Step::Collection, draft, trouble),
        form,
        offer: found.is_some_and(|found| found.usage_statistics_enabled == Some(false)),
        turn_on,
        f: field_texts(&ctx),
        ctx,
    };
    Ok(hx::html_response(status).body(page.render()?))
}
