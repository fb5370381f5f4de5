//! Every address of the panel, below the base path. What is not listed as public
//! here is behind the guard.

use actix_web::middleware::from_fn;
use actix_web::web::{self, FormConfig, ServiceConfig, route, scope};
use actix_web::{HttpRequest, HttpResponse};

use crate::api;
use crate::config::Config;
use crate::pages;
use crate::relay;
use crate::web::error::{Error, Result};
use crate::web::reading::get;
use crate::web::{assets, guard};

/// Forms of the panel are small.
const LARGEST_FORM: usize = 64 * 1024;

pub(super) fn all(services: &mut ServiceConfig, config: &Config) {
    let base = config.base_path.as_str();
    let inside = scope("")
        .wrap(from_fn(guard::guard))
        .configure(pages::routes)
        .configure(api::routes)
        .configure(relay::routes)
        .default_service(route().to(nothing));
    let forms = FormConfig::default()
        .limit(LARGEST_FORM)
        .error_handler(|_, _| Error::Unreadable.into());
    services.app_data(forms).service(
        scope(base)
            .route("/assets/{hash}/{name}", get().to(asset))
            .configure(pages::public_routes)
            .configure(api::public_routes)
            .configure(relay::public_routes)
            .service(inside),
    );
    if !base.is_empty() {
        services
            .route("/", get().to(to_base))
            .default_service(route().to(nothing));
    }
}

async fn asset(request: HttpRequest, wanted: web::Path<(String, String)>) -> Result<HttpResponse> {
    assets::serve(&request, &wanted)
}

/// Who opens the port without the base path means the panel.
async fn to_base(state: web::Data<crate::web::state::AppState>) -> HttpResponse {
    let location = ("Location", state.config.link("/"));
    HttpResponse::SeeOther().insert_header(location).finish()
}

async fn nothing() -> Result<HttpResponse> {
    Err(Error::NotFound)
}
