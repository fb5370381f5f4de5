//! Settings → About: which program this is, how large its database, how it was
//! started. Shows no secret.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig, get};
use askama::Template;

use super::{Tab, tabs};
use crate::config::Line;
use crate::i18n::settings::Settings as Texts;
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx;
use crate::web::session::Access;
use crate::web::state::AppState;

pub fn routes(config: &mut ServiceConfig) {
    config.route("/settings/about", get().to(show));
}

#[derive(Template)]
#[template(path = "settings_about.html")]
struct AboutPage {
    tabs: Vec<Tab>,
    facts: Vec<(&'static str, String)>,
    config: Vec<Line>,
    ctx: Ctx,
}

impl AboutPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.settings
    }
}

async fn show(ctx: Ctx, state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Settings);
    let t = ctx.t.settings;
    let database = state.store.stats().await?;
    let bytes = |n: u64| ctx.lang.bytes(i64::try_from(n).unwrap_or(i64::MAX));
    let facts = vec![
        (t.version, env!("CARGO_PKG_VERSION").to_owned()),
        (t.running_since, ctx.lang.full(&ctx.local(state.started))),
        (t.database, state.store.path().display().to_string()),
        (t.size, bytes(database.bytes)),
        (t.log, bytes(database.wal_bytes)),
        (t.schema, database.schema.to_string()),
        (t.stored_events, ctx.lang.count(database.events)),
        (t.licence, env!("CARGO_PKG_LICENSE").to_owned()),
    ];
    let page = AboutPage {
        tabs: tabs(&ctx, "/settings/about"),
        facts,
        config: state.config.listed().to_vec(),
        ctx,
    };
    Ok(hx::html_response(StatusCode::OK).body(page.render()?))
}
