//! The address of another panel's only page. What stood behind its `#` says
//! which place was meant, and only the browser knows it, so the answer is the
//! panel file of [`crate::web::panel_file`], which leads there. Needs no session, knows
//! nobody's data.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::ServiceConfig;

use crate::web::ctx::Ctx;
use crate::web::hx;
use crate::web::panel_file::{Served, page};
use crate::web::reading::get;

pub fn public_routes(config: &mut ServiceConfig) {
    config.route("/management.html", get().to(show));
}

async fn show(ctx: Ctx) -> HttpResponse {
    let page = page(Served::ByUs { base: &ctx.base });
    hx::html_response(StatusCode::OK)
        .insert_header((header::CONTENT_SECURITY_POLICY, page.policy))
        .body(page.html)
}
