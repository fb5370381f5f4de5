//! Settings → About: which program this is, how large its database, how it was
//! started. Shows no secret.

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig, post};
use askama::Template;

use super::{Tab, tabs};
use crate::config::{Line, NOT_GIVEN};
use crate::domain::soundness::Soundness;
use crate::i18n::about::About as Texts;
use crate::regions;
use crate::store::{maintain, rebuild};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::reader::{BAD, GOOD, Tone, WAIT, WARN};
use crate::web::reading::get;
use crate::web::session::Access;
use crate::web::state::AppState;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/about", get().to(show))
        .route("/settings/about/rebuild", post().to(rebuild_now))
        .route("/settings/about/check", post().to(look_through));
}

#[derive(Template)]
#[template(path = "settings_about.html", blocks = ["file", "rebuild"])]
struct AboutPage {
    /// How much is sealed, while much is not; how far a rebuild is, or when the
    /// last one was.
    derived: Vec<String>,
    rebuilding: bool,
    /// Something of it moves.
    moving: bool,
    /// What is known of the database file.
    file: (Tone, String),
    looking: bool,
    tabs: Vec<Tab>,
    facts: Vec<(&'static str, String)>,
    config: Vec<Line>,
    ctx: Ctx,
}

regions!(AboutPage, file => as_file, rebuild => as_rebuild);

impl AboutPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.about
    }

    /// Where a setting comes from: a name as it was written, or in words.
    fn source<'l>(&self, line: &'l Line) -> &'l str {
        let known = NOT_GIVEN.iter().position(|known| *known == line.source);
        let said = known.and_then(|at| self.t().not_given.get(at));
        said.map_or(&line.source, |said| said)
    }
}

async fn rebuild_now(ctx: Ctx, state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    let now = ctx.now;
    state.store.write(move |c| rebuild::order(c, now)).await?;
    Ok(super::see(&ctx, "/settings/about"))
}

/// Answers at once; the page tells how it goes.
async fn look_through(ctx: Ctx, state: Data<AppState>, _: Access) -> HttpResponse {
    if ctx.soundness != Soundness::Looking {
        tokio::spawn(state.store.look_through());
    }
    super::see(&ctx, "/settings/about")
}

fn file(ctx: &Ctx) -> (Tone, String) {
    let t = ctx.t.about;
    match &ctx.soundness {
        Soundness::Trusted => (WAIT, t.trusted.to_owned()),
        Soundness::Looking => (WAIT, t.looking.to_owned()),
        Soundness::Sound => (GOOD, t.sound.to_owned()),
        Soundness::Damaged(found) => (BAD, (t.damaged)(&found.join("; "))),
        Soundness::Unknown(why) => (WARN, (t.not_looked_through)(why)),
    }
}

async fn show(want: Want, ctx: Ctx, state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Settings);
    let t = ctx.t.about;
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
    let now = ctx.now;
    let derived = move |c: &mut _| Ok((maintain::sealing(c, now)?, rebuild::state(c)?));
    let (sealing, rebuild) = state.store.read(derived).await?;
    let percent = |per_mille: i64| format!("{} %", per_mille / 10);
    let rebuilding = rebuild.is_some_and(|rebuild| rebuild.finished_at.is_none());
    let page = AboutPage {
        derived: [
            sealing.map(|share| (t.sealing)(&percent(share))),
            rebuild.map(|rebuild| match rebuild.finished_at {
                Some(at) => (t.rebuilt)(&ctx.lang.full(&ctx.local(at))),
                None => (t.rebuilding)(&percent(rebuild.per_mille())),
            }),
        ]
        .into_iter()
        .flatten()
        .collect(),
        moving: rebuilding || sealing.is_some(),
        rebuilding,
        file: file(&ctx),
        looking: ctx.soundness == Soundness::Looking,
        tabs: tabs(&ctx, "/settings/about"),
        facts,
        config: state.config.listed().to_vec(),
        ctx,
    };
    hx::respond(&want, &page)
}
