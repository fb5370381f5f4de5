//! The part of the frame that changes by itself: the collector in the rail.

use actix_web::HttpResponse;
use actix_web::web::{Query, ServiceConfig};
use askama::Template;

use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::hx;
use crate::web::reading::get;

pub fn routes(config: &mut ServiceConfig) {
    config.route("/shell/reader", get().to(reader));
}

#[derive(Template)]
#[template(path = "_reader.html")]
struct Rail {
    ctx: Ctx,
}

#[derive(serde::Deserialize)]
struct Seen {
    #[serde(default)]
    tag: String,
}

async fn reader(ctx: Ctx, seen: Query<Seen>) -> Result<HttpResponse> {
    if ctx.reader.tag() == seen.tag {
        return Ok(hx::unchanged());
    }
    let html = Rail { ctx }.render()?;
    Ok(hx::html_response(actix_web::http::StatusCode::OK).body(html))
}
