//! JSON for scripts: `/status`, health, and what is served below
//! `/v0/management`. `openapi.json` describes every path; a path that is not
//! here belongs to the gateway.

mod aliases;
mod bill;
mod dashboard;
mod health;
mod openapi;
mod price_form;
mod prices;
mod question;
mod requests;
mod shape;
mod status;
mod unusual;
mod usage;

use actix_web::HttpRequest;
use actix_web::web::{Data, ServiceConfig, delete, post, put, resource};

use crate::accounts::Desk;
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::reading::get;
use crate::web::session::Access;
use crate::web::state::AppState;

/// Behind the guard. Each path is a resource of its own, so that a method it
/// does not have is refused here and never passed on to the gateway.
pub fn routes(services: &mut ServiceConfig) {
    let at = |path: &str| resource(format!("/v0/management/{path}"));
    services
        .route("/status", get().to(status::show))
        .service(at("openapi.json").route(get().to(openapi::show)))
        .service(at("usage").route(get().to(usage::summary)))
        .service(at("usage/timeline").route(get().to(usage::timeline)))
        .service(at("usage/hours").route(get().to(usage::hours)))
        .service(at("usage/unusual").route(get().to(unusual::hours)))
        .service(at("dashboard/summary").route(get().to(dashboard::dashboard)))
        .service(at("monitoring/summary").route(get().to(dashboard::monitoring)))
        .service(at("requests").route(get().to(requests::list)))
        .service(at("requests/{id}").route(get().to(requests::one)))
        .service(
            at("model-prices")
                .route(get().to(prices::list))
                .route(put().to(prices::set))
                .route(delete().to(prices::remove)),
        )
        .service(at("model-prices/lookup").route(get().to(prices::lookup)))
        .service(at("model-prices/undo").route(post().to(prices::undo)))
        .service(at("api-key-aliases").route(get().to(aliases::list)))
        .service(
            at("api-key-aliases/{id}")
                .route(put().to(aliases::set))
                .route(delete().to(aliases::clear)),
        );
    for (name, dimension) in usage::DIMENSIONS {
        let by = move |request: HttpRequest,
                       ctx: Ctx,
                       state: Data<AppState>,
                       accounts: Data<Desk>,
                       access: Access| {
            usage::by(dimension, request, ctx, state, accounts, access)
        };
        services.service(at(&format!("usage/{name}")).route(get().to(by)));
    }
}

/// Open to everybody; they tell nothing but that the process works.
pub fn public_routes(services: &mut ServiceConfig) {
    services
        .app_data(Data::new(health::Pulse::default()))
        .route("/healthz", get().to(health::live))
        .route("/readyz", get().to(health::ready));
}

/// The JSON of a call.
fn body<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::unfit("bad_body", format!("the body cannot be read: {error}")))
}
