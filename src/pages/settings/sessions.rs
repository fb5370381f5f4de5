//! Settings → Sessions: who is logged in, and ending that.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query, ServiceConfig, post};
use askama::Template;
use chrono::Datelike as _;
use serde::Deserialize;

use super::{Flash, Tab, see, tabs};
use crate::i18n::sessions::Sessions as Texts;
use crate::store::sessions::{self, SessionId};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::{Error, Result};
use crate::web::hx;
use crate::web::reading::get;
use crate::web::session::{self, Access};
use crate::web::state::AppState;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/sessions", get().to(show))
        .route("/settings/sessions/end", post().to(end_all))
        .route("/settings/sessions/{id}/end", post().to(end_one));
}

#[derive(Template)]
#[template(path = "settings_sessions.html")]
struct SessionsPage {
    tabs: Vec<Tab>,
    flash: Option<Flash>,
    rows: Vec<Row>,
    ctx: Ctx,
}

impl SessionsPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.sessions
    }
}

struct Row {
    id: i32,
    this_one: bool,
    began: String,
    last_seen: String,
    ends: String,
    /// It also ends when it is not used.
    idles_out: bool,
    address: String,
    browser: &'static str,
    agent: String,
}

#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    access: Access,
    done: Query<Done>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Settings);
    let all = session::list(&state).await?;
    let rows = all.iter().map(|s| row(&ctx, s, access.session())).collect();
    let flash = done.done.as_ref().map(|_| Flash {
        class: "ok",
        title: ctx.t.sessions.ended.to_owned(),
        text: String::new(),
    });
    let page = SessionsPage {
        tabs: tabs(&ctx, "/settings/sessions"),
        flash,
        rows,
        ctx,
    };
    Ok(hx::html_response(StatusCode::OK).body(page.render()?))
}

fn row(ctx: &Ctx, session: &sessions::Session, own: Option<SessionId>) -> Row {
    let year = ctx.local(ctx.now).year();
    let time = |at| {
        let local = ctx.local(at);
        format!(
            "{}, {}",
            ctx.lang.day(&local, year),
            ctx.lang.minute(&local)
        )
    };
    Row {
        id: session.id.0,
        this_one: own == Some(session.id),
        began: time(session.created_at),
        last_seen: time(session.last_seen),
        ends: time(session.expires_at),
        idles_out: !session::is_kept(session),
        address: session.address.clone(),
        browser: browser(&session.agent).unwrap_or(ctx.t.sessions.unknown_browser),
        agent: crate::i18n::plain(&session.agent).into_owned(),
    }
}

/// The family, for people; the whole text is in the title. Order matters: most
/// browsers also claim to be Safari, and many to be Chrome.
fn browser(agent: &str) -> Option<&'static str> {
    const FAMILIES: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    let found = FAMILIES.iter().find(|(mark, _)| agent.contains(mark));
    found.map(|(_, name)| *name)
}

async fn end_one(
    ctx: Ctx,
    state: Data<AppState>,
    access: Access,
    id: Path<i32>,
) -> Result<HttpResponse> {
    let id = SessionId(*id);
    if !session::revoke(&state, id).await? {
        return Err(Error::NotFound);
    }
    Ok(if access.session() == Some(id) {
        see(&ctx, "/login")
    } else {
        see(&ctx, "/settings/sessions?done=ended")
    })
}

async fn end_all(ctx: Ctx, state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    session::revoke_all(&state).await?;
    Ok(see(&ctx, "/login"))
}
