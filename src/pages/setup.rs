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
mod visit;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{ServiceConfig, post};

use crate::web::ctx::Ctx;
use crate::web::reading::get;

pub use draft::Drafts;

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

fn see(ctx: &Ctx, path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, ctx.url(path)))
        .finish()
}
