//! Somebody at one of the steps: what they entered so far, and the page they
//! see. Whoever is set up already never gets here; they change the connection
//! in the settings.

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use askama::Template;
use futures_util::future::LocalBoxFuture;

use super::checks::{Check, checks};
use super::draft::{Draft, Drafts};
use super::see;
use super::trouble::Trouble;
use crate::pages::collection_form::{Form as Fields, Rules};
use crate::store::sessions::SessionId;
use crate::web::collection::chosen;
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::hx;
use crate::web::session::Session;
use crate::web::state::AppState;
use crate::web::trail::{Side, Step};

pub(super) struct Visit {
    pub(super) ctx: Ctx,
    pub(super) state: Data<AppState>,
    pub(super) draft: Draft,
    drafts: Data<Drafts>,
    session: SessionId,
}

/// A form in the middle of the set-up, with all that is known by then.
#[derive(Template)]
#[template(path = "setup_step.html")]
struct StepPage {
    side: Side,
    trouble: Option<Trouble>,
    checks: Vec<Check>,
    form: Fields,
    /// The gateway throws its records away: offer to change that.
    offer: bool,
    turn_on: bool,
    here: &'static str,
    go_on: &'static str,
    back: Option<(&'static str, &'static str)>,
    /// What stands in the empty field while the key of the last try waits in
    /// memory.
    key_kept: &'static str,
    /// The gateway may only be down: the step may be left unchecked.
    may_go_on: bool,
    ctx: Ctx,
}

impl FromRequest for Visit {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, std::result::Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let ctx = Ctx::extract(&request).await?;
            let session = Session::extract(&request).await?.id;
            let state = Data::<AppState>::extract(&request).await?;
            let drafts = Data::<Drafts>::extract(&request).await?;
            if state.is_set_up() {
                let there = see(&ctx, "/settings/collection");
                return Err(InternalError::from_response("set up already", there).into());
            }
            let draft = draft(&state, &drafts, session).await?;
            Ok(Self {
                ctx,
                state,
                draft,
                drafts,
                session,
            })
        })
    }
}

/// What this person entered, or a draft begun from what is fixed and saved.
pub(super) async fn draft(state: &AppState, drafts: &Drafts, session: SessionId) -> Result<Draft> {
    if let Some(draft) = drafts.get(session) {
        return Ok(draft);
    }
    let chosen = state.store.read(chosen).await?;
    Ok(Draft::begin(chosen, state.config.collection.clone()))
}

impl Visit {
    /// The fields as they stand.
    pub(super) fn form(&self) -> Fields {
        Fields::of(&self.draft.chosen, &self.state.config.collection)
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        Rules {
            chosen: &self.draft.chosen,
            fixed: &self.state.config.collection,
            retention: self
                .draft
                .overview
                .as_ref()
                .and_then(|found| found.retention),
            t: self.ctx.t.connection,
            lang: self.ctx.lang,
        }
    }

    /// Keeps the draft and goes to another step.
    pub(super) fn go(self, path: &str) -> HttpResponse {
        let there = see(&self.ctx, path);
        self.drafts.put(self.session, self.draft);
        there
    }

    /// Everything is saved: nothing waits any more.
    pub(super) fn done(self, path: &str) -> HttpResponse {
        self.drafts.forget(self.session);
        see(&self.ctx, path)
    }

    /// Opens a step; what went wrong at the last attempt is forgotten.
    pub(super) fn open(mut self, step: Step) -> Result<HttpResponse> {
        self.draft.failure = None;
        let form = self.form();
        self.page(StatusCode::OK, step, form, true, None)
    }

    /// The step again: a field or the gateway objects.
    pub(super) fn stay(
        self,
        step: Step,
        form: Fields,
        turn_on: bool,
        trouble: Option<Trouble>,
    ) -> Result<HttpResponse> {
        self.drafts.put(self.session, self.draft.clone());
        let wrong = StatusCode::UNPROCESSABLE_ENTITY;
        self.page(wrong, step, form, turn_on, trouble)
    }

    fn page(
        self,
        status: StatusCode,
        step: Step,
        form: Fields,
        turn_on: bool,
        trouble: Option<Trouble>,
    ) -> Result<HttpResponse> {
        let (ctx, draft) = (self.ctx, &self.draft);
        let t = ctx.t.setup;
        let (here, go_on, back) = match step {
            Step::Gateway => ("/setup/gateway", t.check_gateway, None),
            Step::Key => {
                let back = (t.back_to_gateway, "/setup/gateway");
                ("/setup/key", t.try_once, Some(back))
            }
            Step::Collection => {
                let back = (t.back_to_key, "/setup/key");
                ("/setup/collection", t.save, Some(back))
            }
            Step::Admin | Step::First => {
                return Err(Error::Internal(format!("{step:?} has no form")));
            }
        };
        let found = draft.overview.as_ref();
        let page = StepPage {
            side: side(&ctx, step, draft, trouble.is_some()),
            checks: checks(&ctx, draft),
            form,
            offer: found.is_some_and(|found| found.usage_statistics_enabled == Some(false)),
            turn_on,
            here,
            go_on,
            back,
            key_kept: draft.unanswered.as_ref().map_or("", |_| t.key_kept),
            may_go_on: step != Step::Collection && trouble.as_ref().is_some_and(|t| t.may_go_on),
            trouble,
            ctx,
        };
        Ok(hx::html_response(status).body(page.render()?))
    }
}

/// The steps, with what became known of those behind.
pub(super) fn side(ctx: &Ctx, step: Step, draft: &Draft, failed: bool) -> Side {
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
    Side::new(ctx, step, failed, &told)
}
