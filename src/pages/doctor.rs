//! The Doctor: why there is no data, and the two things that can be done about
//! it from here: turning usage records on and trying again at once. Everything
//! else is a link to where it is mended.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Query, ServiceConfig, post};
use askama::Template;

use crate::gateway::client::Client;
use crate::pages::diagnosis::Diagnosis;
use crate::regions;
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::local;
use crate::web::reading::get;
use crate::web::state::AppState;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/doctor", get().to(show))
        .route("/doctor/retry", post().to(retry))
        .route("/doctor/statistics", post().to(statistics));
}

#[derive(Template)]
#[template(path = "doctor.html", blocks = ["diagnosis"])]
struct DoctorPage {
    ctx: Ctx,
    diagnosis: Box<Diagnosis>,
    /// What the poll sends back, to hear only of changes.
    refresh: String,
    /// Why the last action did not work; empty otherwise.
    problem: String,
}

regions!(DoctorPage, diagnosis => as_diagnosis);

#[derive(serde::Deserialize)]
struct Seen {
    seen: Option<String>,
}

async fn show(want: Want, ctx: Ctx, seen: Query<Seen>) -> Result<HttpResponse> {
    let tag = ctx.tag();
    if want != Want::Document && seen.seen.as_deref() == Some(&tag) {
        return Ok(hx::unchanged());
    }
    hx::respond(&want, &build(ctx, String::new()))
}

fn build(ctx: Ctx, problem: String) -> DoctorPage {
    DoctorPage {
        diagnosis: Box::new(Diagnosis::of(&ctx)),
        refresh: format!("{}?seen={}", ctx.url("/doctor"), ctx.tag()),
        problem,
        ctx,
    }
}

/// The collector tries at once; the page it came from shows what follows.
async fn retry(want: Want, ctx: Ctx, state: Data<AppState>, body: Bytes) -> HttpResponse {
    (state.try_again)();
    hx::see_other(&want, &ctx.url(&back(&body)))
}

/// Turns usage records on in the gateway, through its own interface.
async fn statistics(
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    body: Bytes,
) -> Result<HttpResponse> {
    let connection = state.settings.borrow().connection.clone();
    let outcome = match connection {
        None => Err(ctx.t.doctor.no_connection.to_owned()),
        Some(connection) => turn_on(&connection).await,
    };
    match outcome {
        Ok(()) => {
            (state.try_again)();
            Ok(hx::see_other(&want, &ctx.url(&back(&body))))
        }
        Err(why) => {
            let problem = (ctx.t.doctor.could_not)(&why);
            hx::respond_as(StatusCode::BAD_GATEWAY, &want, &build(ctx, problem))
        }
    }
}

async fn turn_on(
    connection: &crate::domain::collection::Connection,
) -> std::result::Result<(), String> {
    let client = Client::new(connection).map_err(|error| error.to_string())?;
    let done = client.set_usage_statistics(true).await;
    done.map_err(|error| error.to_string())
}

/// Where the button was.
fn back(body: &[u8]) -> String {
    url::form_urlencoded::parse(body)
        .find(|(name, _)| name == "to")
        .and_then(|(_, to)| local::path(&to).map(str::to_owned))
        .unwrap_or_else(|| "/doctor".to_owned())
}
