//! Settings: one file per page. Each page is a form without script; what is
//! saved holds at once.

pub mod about;
pub mod audit;
pub mod collection;
pub mod losses;
pub mod sessions;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::ServiceConfig;

use crate::web::ctx::Ctx;
use crate::web::reading::get;

pub fn routes(config: &mut ServiceConfig) {
    config.route("/settings", get().to(first));
    collection::routes(config);
    losses::routes(config);
    sessions::routes(config);
    audit::routes(config);
    about::routes(config);
}

async fn first(ctx: Ctx) -> HttpResponse {
    see(&ctx, "/settings/collection")
}

fn see(ctx: &Ctx, path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, ctx.url(path)))
        .finish()
}

/// One line of the tabs above every settings page.
struct Tab {
    name: &'static str,
    path: &'static str,
    here: bool,
}

fn tabs(ctx: &Ctx, here: &'static str) -> Vec<Tab> {
    let t = ctx.t.settings;
    let tab = |name, path| Tab {
        name,
        path,
        here: path == here,
    };
    vec![
        tab(t.collection, "/settings/collection"),
        tab(t.sessions, "/settings/sessions"),
        tab(ctx.t.audit.title, "/settings/audit"),
        tab(t.about, "/settings/about"),
    ]
}

/// What happened, above the page. The class also names the icon.
struct Flash {
    class: &'static str,
    title: String,
    text: String,
}
