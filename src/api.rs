//! JSON for scripts: `/status`, health, and what is served below
//! `/v0/management`.

mod health;
mod status;

use actix_web::web::{ServiceConfig, get, head};

/// Behind the guard.
pub fn routes(services: &mut ServiceConfig) {
    services.route("/status", get().to(status::show));
}

/// Open to everybody; they tell nothing but that the process works.
pub fn public_routes(services: &mut ServiceConfig) {
    services
        .route("/healthz", get().to(health::live))
        .route("/healthz", head().to(health::live))
        .route("/readyz", get().to(health::ready))
        .route("/readyz", head().to(health::ready));
}
