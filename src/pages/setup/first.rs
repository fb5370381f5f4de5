//! Step 5: the first request arrives. Looks every two seconds, or when asked.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

use super::draft::Drafts;
use super::see;
use super::visit;
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::session::Session;
use crate::web::state::AppState;
use crate::web::trail::{Side, Step};

#[derive(Template)]
#[template(path = "setup_first.html", blocks = ["arrival"])]
struct FirstStep {
    side: Side,
    arrived: bool,
    lede: String,
    /// How to send one, to copy.
    example: String,
    ctx: Ctx,
}

crate::regions!(FirstStep, arrival => as_arrival);

pub(super) async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    drafts: Data<Drafts>,
    session: Session,
    want: Want,
) -> Result<HttpResponse> {
    if !state.is_set_up() {
        return Ok(see(&ctx, "/setup"));
    }
    let draft = visit::draft(&state, &drafts, session.id).await?;
    let t = ctx.t.setup;
    let stored = ctx.status.stored;
    let url = draft.url().unwrap_or_default();
    let arrived = stored > 0;
    let mut side = visit::side(&ctx, Step::First, &draft, false);
    if arrived {
        side.title = t.arrived_title;
    }
    let page = FirstStep {
        side,
        arrived,
        lede: (t.arrived_lede)(&ctx.lang.count(stored)),
        example: format!(
            "curl {url}/v1/chat/completions \\\n  -H 'Authorization: Bearer <CPA API Key>' \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"model\":\"<model>\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'"
        ),
        ctx,
    };
    hx::respond(&want, &page)
}
