//! What was not collected: rejected records, which can be tried again, and
//! spans in which records were probably lost.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query, ServiceConfig, post};
use askama::Template;
use serde::Deserialize;

use super::{Flash, Tab, see, tabs};
use crate::domain::collection::Gap;
use crate::i18n::losses::Losses as Texts;
use crate::store::rejects::Reject;
use crate::store::{gaps, rejects};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx;
use crate::web::reading::get;
use crate::web::session::Access;
use crate::web::state::AppState;

/// Newest ones; older are counted only.
const SHOWN: i64 = 200;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/rejects", get().to(show_rejects))
        .route("/settings/rejects/retry", post().to(retry))
        .route("/settings/gaps", get().to(show_gaps));
}

#[derive(Template)]
#[template(path = "settings_rejects.html")]
struct RejectsPage {
    tabs: Vec<Tab>,
    flash: Option<Flash>,
    rejects: Vec<Reject>,
    ctx: Ctx,
}

impl RejectsPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.losses
    }

    fn time(&self, reject: &Reject) -> String {
        self.ctx.lang.full(&self.ctx.local(reject.taken_at))
    }
}

#[derive(Template)]
#[template(path = "settings_gaps.html")]
struct GapsPage {
    tabs: Vec<Tab>,
    gaps: Vec<Gap>,
    ctx: Ctx,
}

impl GapsPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.losses
    }

    /// From, to, length, why.
    fn row(&self, gap: &Gap) -> [String; 4] {
        let time = |at| self.ctx.lang.full(&self.ctx.local(at));
        let why = (self.t().gap)(&gap.why);
        let length = self.ctx.lang.span(gap.to - gap.from);
        [time(gap.from), time(gap.to), length, why.to_owned()]
    }
}

#[derive(Deserialize)]
struct Done {
    recovered: Option<i64>,
    remaining: Option<i64>,
    locked: Option<String>,
}

async fn show_rejects(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    done: Query<Done>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Settings);
    let rejects = state.store.read(|c| rejects::list(c, SHOWN)).await?;
    let page = RejectsPage {
        tabs: tabs(&ctx, ""),
        flash: flash(&ctx, &done),
        rejects,
        ctx,
    };
    Ok(hx::html_response(StatusCode::OK).body(page.render()?))
}

fn flash(ctx: &Ctx, done: &Done) -> Option<Flash> {
    let t = ctx.t.losses;
    let (class, title) = match (done.recovered, done.remaining, &done.locked) {
        (Some(recovered), Some(remaining), _) => {
            let count = |n| ctx.lang.count(n);
            (
                "info",
                (t.retried_all)(&count(recovered), &count(remaining)),
            )
        }
        (_, _, Some(_)) => ("bad", t.retry_needs_key.to_owned()),
        _ => return None,
    };
    Some(Flash {
        class,
        title,
        text: String::new(),
    })
}

async fn retry(ctx: Ctx, state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    let done = match (state.retry_rejects)().await? {
        Some(done) => format!("recovered={}&remaining={}", done.recovered, done.remaining),
        None => String::from("locked=1"),
    };
    Ok(see(&ctx, &format!("/settings/rejects?{done}")))
}

async fn show_gaps(ctx: Ctx, state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Settings);
    let gaps = state.store.read(|c| gaps::newest(c, SHOWN)).await?;
    let page = GapsPage {
        tabs: tabs(&ctx, ""),
        gaps,
        ctx,
    };
    Ok(hx::html_response(StatusCode::OK).body(page.render()?))
}
