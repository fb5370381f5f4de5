//! Set-up: from nothing to the first request in five steps, each checked when it
//! is left. What was entered waits in memory until the fourth step saves it; the
//! Management Key is sent to the gateway once per time a person enters it.
//! The first step, the Admin Key, is the log-in.

mod checks;
mod collection;
mod draft;
mod first;
mod gateway;
mod key;
mod trouble;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, ServiceConfig, get, post};

use crate::i18n::settings::Settings as FieldTexts;
use crate::web::ctx::Ctx;
use crate::web::session::Session;
use crate::web::state::AppState;
use crate::web::trail::{self, Mark, Step};

use checks::{Check, checks};
use draft::Draft;
pub use draft::Drafts;
use trouble::Trouble;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/setup/gateway", get().to(gateway::show))
        .route("/setup/gateway", post().to(gateway::leave))
        .route("/setup/key", get().to(key::show))
        .route("/setup/key", post().to(key::leave))
        .route("/setup/collection", get().to(collection::show))
        .route("/setup/collection", post().to(collection::leave))
        .route("/setup/first", get().to(first::show));
}

/// What every step shows.
struct Frame {
    step: Step,
    trail: Vec<Mark>,
    checks: Vec<Check>,
    trouble: Option<Trouble>,
}

impl Frame {
    fn new(ctx: &Ctx, step: Step, draft: &Draft, trouble: Option<Trouble>) -> Self {
        let mut told = Vec::new();
        let host = draft
            .url()
            .map(|url| url.split("://").last().unwrap_or("").to_owned());
        if let (Some(host), Some(_)) = (host, &draft.answered) {
            let version = draft.overview.as_ref().and_then(|o| o.version.clone());
            let version = version.map(|v| format!("CPA {v}, ")).unwrap_or_default();
            told.push((Step::Gateway, format!("{version}{host}")));
        }
        if draft.overview.is_some() {
            told.push((Step::Key, ctx.t.setup.key_done.to_owned()));
        }
        Self {
            step,
            trail: trail::trail(ctx, step, trouble.is_some(), &told),
            checks: checks(ctx, draft),
            trouble,
        }
    }
}

/// Whoever is set up changes the connection in the settings instead.
fn elsewhere(ctx: &Ctx, state: &AppState) -> Option<HttpResponse> {
    state.is_set_up().then(|| see(ctx, "/settings/collection"))
}

fn see(ctx: &Ctx, path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, ctx.url(path)))
        .finish()
}

/// The draft of this person, begun from what is fixed and what was saved.
async fn draft(
    state: &Data<AppState>,
    drafts: &Data<Drafts>,
    session: &Session,
) -> crate::web::error::Result<Draft> {
    if let Some(draft) = drafts.get(session.id) {
        return Ok(draft);
    }
    let chosen = state.store.read(crate::web::collection::chosen).await?;
    Ok(Draft::begin(chosen, state.config.collection.clone()))
}

/// The fields are those of the settings, and so are their texts.
fn field_texts(ctx: &Ctx) -> &'static FieldTexts {
    ctx.t.settings
}
