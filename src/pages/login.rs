//! Log-in and log-out. Shows one form, checks one key, begins one session; the
//! deep link that led here is followed afterwards. Tells nothing of the inside.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Query, ServiceConfig, post};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::i18n::Lang;
use crate::web::admin_key::Shape;
use crate::web::client_addr::Client;
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::prefs::Prefs;
use crate::web::reading::get;
use crate::web::session::{self, Session};
use crate::web::state::AppState;
use crate::web::trail::{Side, Step};
use crate::web::{failure, guard, hx, local};

pub fn public_routes(config: &mut ServiceConfig) {
    config
        .route("/login", get().to(show))
        .route("/login", post().to(log_in))
        .route("/setup", get().to(begin_set_up));
}

pub fn routes(config: &mut ServiceConfig) {
    config.route("/logout", post().to(log_out));
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    ctx: Ctx,
    view: View,
}

/// The same form as the first step of the set-up.
#[derive(Template)]
#[template(path = "setup_admin.html")]
struct AdminStep {
    side: Side,
    ctx: Ctx,
    view: View,
}

/// What the form shows.
struct View {
    next: String,
    keep: bool,
    place: String,
    host: String,
    problem: Option<String>,
    tries_left: Option<String>,
}

impl View {
    fn new(ctx: &Ctx, request: &HttpRequest, next: Option<&str>) -> Self {
        let next = next.and_then(local::path).unwrap_or("/").to_owned();
        let host = request.headers().get(header::HOST);
        Self {
            place: place(ctx, &next),
            next,
            keep: false,
            host: host
                .and_then(|host| host.to_str().ok())
                .unwrap_or("")
                .to_owned(),
            problem: None,
            tries_left: None,
        }
    }

    fn languages(&self) -> impl Iterator<Item = (Lang, String)> + '_ {
        Lang::ALL.into_iter().map(|lang| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("lang", lang.tag());
            if self.next != "/" {
                query.append_pair("next", &self.next);
            }
            (lang, format!("/login?{}", query.finish()))
        })
    }
}

/// Until a gateway is chosen every page leads here; whoever is logged in goes
/// on to the second step.
async fn begin_set_up(
    ctx: Ctx,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let client = Client::of(&request, &state.config);
    if session::find(&state, &request, client).await?.is_some() {
        return Ok(to(&ctx, "/setup/gateway"));
    }
    if state.is_set_up() {
        return Ok(to(&ctx, "/login"));
    }
    let view = View::new(&ctx, &request, None);
    page(StatusCode::OK, &state, ctx, view)
}

#[derive(Deserialize)]
struct Wanted {
    next: Option<String>,
    lang: Option<String>,
}

async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    request: HttpRequest,
    wanted: Query<Wanted>,
) -> Result<HttpResponse> {
    let view = View::new(&ctx, &request, wanted.next.as_deref());
    if let Some(lang) = wanted.lang.as_deref().and_then(Lang::parse) {
        return Ok(in_language(&ctx, lang, &view.next));
    }
    let client = Client::of(&request, &state.config);
    if session::find(&state, &request, client).await?.is_some() {
        return Ok(to(&ctx, &view.next));
    }
    page(StatusCode::OK, &state, ctx, view)
}

/// The choice is a preference like those of the rail, which is not here yet.
fn in_language(ctx: &Ctx, lang: Lang, next: &str) -> HttpResponse {
    let prefs = Prefs {
        lang: Some(lang),
        ..ctx.prefs.clone()
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    HttpResponse::SeeOther()
        .insert_header((
            header::LOCATION,
            ctx.url(&format!("/login?{}", query.finish())),
        ))
        .cookie(prefs.cookie(&ctx.base, ctx.secure))
        .finish()
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    key: String,
    next: Option<String>,
    keep: Option<String>,
}

async fn log_in(
    ctx: Ctx,
    state: Data<AppState>,
    request: HttpRequest,
    entry: Form<Entry>,
) -> Result<HttpResponse> {
    let client = Client::of(&request, &state.config);
    let keep = entry.keep.is_some();
    let mut view = View::new(&ctx, &request, entry.next.as_deref());
    view.keep = keep;
    let t = ctx.t.login;
    if entry.key.trim().is_empty() {
        view.problem = Some(t.empty.to_owned());
        return page(StatusCode::UNPROCESSABLE_ENTITY, &state, ctx, view);
    }
    if let Err(error) = guard::verify(&state, client, &entry.key).await {
        let mut wait_for = None;
        let status = match &error {
            Error::WrongKey { shape, tries_left } => {
                let problem = match shape {
                    Shape::Api => t.wrong_api,
                    Shape::ManagementHash => t.wrong_hash,
                    Shape::Admin | Shape::Unknown => t.wrong,
                };
                view.problem = Some(problem.to_owned());
                view.tries_left = Some((t.tries_left)(*tries_left));
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Error::TooManyAttempts { wait } => {
                wait_for = Some(*wait);
                view.problem = Some((t.too_many)(&ctx.lang.span(*wait)));
                StatusCode::TOO_MANY_REQUESTS
            }
            Error::Busy => {
                view.problem = Some(t.busy.to_owned());
                StatusCode::TOO_MANY_REQUESTS
            }
            _ => return Err(error),
        };
        let mut response = page(status, &state, ctx, view)?;
        if let Some(wait) = wait_for {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, failure::retry_after(wait));
        }
        return Ok(response);
    }
    // A browser that had a session gets another one, and the old one ends.
    if let Some(old) = session::find(&state, &request, client).await? {
        session::revoke(&state, old.id).await?;
    }
    let cookie = session::begin(&state, &request, client, keep).await?;
    log::info!("somebody logged in from {}", client.ip);
    // Without a readable key nothing is collected: that comes first.
    let lost = state.settings.borrow().key_unreadable;
    let next = if lost && view.next == "/" {
        "/settings/collection"
    } else {
        &view.next
    };
    let mut response = to(&ctx, next);
    response
        .add_cookie(&cookie)
        .map_err(|error| Error::Internal(format!("cannot set a cookie: {error}")))?;
    Ok(response)
}

async fn log_out(
    ctx: Ctx,
    state: Data<AppState>,
    request: HttpRequest,
    session: Session,
) -> Result<HttpResponse> {
    session::revoke(&state, session.id).await?;
    let client = Client::of(&request, &state.config);
    let mut response = to(&ctx, "/login");
    response
        .add_removal_cookie(&session::farewell(&state.config, client))
        .map_err(|error| Error::Internal(format!("cannot remove a cookie: {error}")))?;
    Ok(response)
}

fn page(status: StatusCode, state: &AppState, ctx: Ctx, view: View) -> Result<HttpResponse> {
    let html = if state.is_set_up() {
        LoginPage { ctx, view }.render()?
    } else {
        let side = Side::new(&ctx, Step::Admin, view.problem.is_some(), &[]);
        AdminStep { side, ctx, view }.render()?
    };
    Ok(hx::html_response(status).body(html))
}

fn to(ctx: &Ctx, path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, ctx.url(path)))
        .finish()
}

/// The name of a place, or else its address.
fn place(ctx: &Ctx, next: &str) -> String {
    let path = next.split('?').next().unwrap_or(next);
    let known = ctx.places().into_iter().find(|place| place.path == path);
    known.map_or_else(|| next.to_owned(), |place| place.name.to_owned())
}
