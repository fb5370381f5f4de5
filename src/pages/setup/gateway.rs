//! Step 2: where the gateway is. Asks there without a key.

use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::web::Form;
use secrecy::SecretString;
use serde::Deserialize;

use super::draft::Draft;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::domain::units::Ms;
use crate::gateway::client::Client;
use crate::gateway::types::Error as GatewayError;
use crate::pages::collection_form::Entry;
use crate::web::error::Result;
use crate::web::trail::Step;

/// The fields, and the button that was pressed.
#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    url: String,
    insecure_tls: Option<String>,
    unchecked: Option<String>,
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse> {
    visit.open(Step::Gateway)
}

pub(super) async fn leave(mut visit: Visit, sent: Form<Sent>) -> Result<HttpResponse> {
    let sent = sent.into_inner();
    let entry = Entry {
        url: sent.url,
        insecure_tls: sent.insecure_tls,
        ..Entry::default()
    };
    let (chosen, form) = visit.rules().address(&entry);
    if form.has_problems() {
        return visit.stay(Step::Gateway, form, false, None);
    }
    let draft = &mut visit.draft;
    if chosen.url != draft.chosen.url || chosen.insecure_tls != draft.chosen.insecure_tls {
        draft.forget_gateway();
        draft.chosen = chosen;
    }
    draft.failure = None;
    if sent.unchecked.is_some() {
        draft.unchecked = true;
        return Ok(visit.go("/setup/key"));
    }
    match identify(draft).await {
        Ok(took) => {
            draft.answered = Some(took);
            Ok(visit.go("/setup/key"))
        }
        Err(error) => {
            draft.answered = None;
            let trouble = Trouble::from_gateway(&error, visit.ctx.t.obstacles);
            draft.failure = Some(error);
            visit.stay(Step::Gateway, form, false, Some(trouble))
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
