//! Step 4: how to collect. Turns the gateway's statistics on when asked, then
//! saves everything and starts the collector.

use actix_web::HttpResponse;
use actix_web::web::Form;
use serde::Deserialize;

use super::draft::Draft;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::gateway::client::Client;
use crate::gateway::types::Error as GatewayError;
use crate::pages::collection_form::Entry;
use crate::web::collection::{self, Chosen};
use crate::web::error::Result;
use crate::web::trail::Step;

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

pub(super) async fn show(visit: Visit) -> Result<HttpResponse> {
    if visit.draft.key.is_none() {
        return Ok(visit.go("/setup/key"));
    }
    visit.open(Step::Collection)
}

pub(super) async fn leave(visit: Visit, sent: Form<Sent>) -> Result<HttpResponse> {
    let Some(key) = visit.draft.key.clone() else {
        return Ok(visit.go("/setup/key"));
    };
    let sent = sent.into_inner();
    let turn_on = sent.turn_on.is_some();
    let entry = Entry {
        enabled: sent.enabled,
        mode: sent.mode,
        poll_ms: sent.poll_ms,
        batch: sent.batch,
        ..Entry::default()
    };
    let (chosen, form) = visit.rules().collecting(&entry);
    if form.has_problems() {
        return visit.stay(Step::Collection, form, turn_on, None);
    }
    if turn_on && let Err(error) = turn_statistics_on(&visit.draft).await {
        let t = visit.ctx.t.obstacles;
        let trouble = Trouble::from_gateway(&error, t).with(t.could_not_turn_on.to_owned());
        return visit.stay(Step::Collection, form, turn_on, Some(trouble));
    }
    let chosen = Chosen {
        set_up: true,
        ..chosen
    };
    let fixed = visit.state.config.collection.key.is_some();
    collection::save(&visit.state, chosen, (!fixed).then_some(key)).await?;
    log::info!("a gateway was set up");
    Ok(visit.done("/setup/first"))
}

async fn turn_statistics_on(draft: &Draft) -> std::result::Result<(), GatewayError> {
    let key = draft.key.clone().unwrap_or_default();
    let connection = draft.connection(key).ok_or(GatewayError::NotCpa)?;
    Client::new(&connection)?.set_usage_statistics(true).await
}
