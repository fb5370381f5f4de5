//! The list as CSV: the same accounts in the same order, all pages of it,
//! figures exact. No secret is among them, and nobody's name while names are
//! hidden.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Query};

use super::super::words;
use super::rows::Entry;
use super::view::View;
use crate::accounts::Desk;
use crate::domain::account::Kind;
use crate::domain::units::At;
use crate::pages::cell::{dollars, inert};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::session::Access;
use crate::web::state::AppState;

const COLUMNS: [&str; 30] = [
    "account_id",
    "kind",
    "identity",
    "provider",
    "plan",
    "note",
    "state",
    "state_until",
    "state_since",
    "last_failure_at",
    "last_failure_status",
    "gateway_message",
    "last_success_at",
    "last_used_at",
    "requests",
    "failed",
    "input_uncached",
    "input_cache_read",
    "input_cache_write",
    "output",
    "reasoning",
    "unclassified",
    "cost_usd",
    "unpriced",
    "priority",
    "weight",
    "last_refresh_at",
    "expires_at",
    "first_seen_at",
    "deleted_at",
];

pub(in crate::pages::accounts) async fn csv(
    ctx: Ctx,
    state: Data<AppState>,
    desk: Data<Desk>,
    _: Access,
    view: Query<View>,
) -> Result<HttpResponse> {
    let view = view.into_inner();
    let totals = super::totals(&state, &view, &ctx).await?;
    let (roster, recents) = (desk.roster(), desk.recents());
    let all = super::entries(&ctx, &desk, &roster, &recents, &totals);
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(COLUMNS);
    for entry in view.pick(&all, ctx.prefs.mask) {
        let _ = out.write_record(record(&ctx, entry));
    }
    let body = out.into_inner().unwrap_or_default();
    let day = ctx.local(ctx.now).format("%Y-%m-%d");
    let name = format!("attachment; filename=\"accounts-{day}.csv\"");
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(body))
}

fn record(ctx: &Ctx, entry: &Entry<'_>) -> [String; COLUMNS.len()] {
    let (known, standing, totals) = (entry.known, &entry.standing, &entry.totals);
    let listed = &known.listed;
    let at = |at: Option<At>| at.map_or(String::new(), At::rfc3339);
    let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
    let failure = standing.failure;
    let kind = match listed.kind {
        Kind::File => "account",
        Kind::Key => "api_key",
    };
    [
        known.id.to_string(),
        kind.to_owned(),
        inert(&words::name(ctx, known)),
        inert(&listed.provider),
        inert(&listed.plan),
        inert(&listed.note),
        standing.state.code().to_owned(),
        at(standing.until),
        at(standing.since),
        at(failure.map(|failure| failure.at)),
        number(failure.map(|failure| failure.code.into())),
        inert(&words::masked(ctx, known, &standing.said)),
        at(entry.recent.lately.last_ok),
        at(entry.recent.last_used()),
        totals.requests.to_string(),
        totals.failed.to_string(),
        totals.uncached.to_string(),
        totals.cache_read.to_string(),
        totals.cache_write.to_string(),
        totals.output.to_string(),
        totals.reasoning.to_string(),
        totals.unclassified.to_string(),
        totals.known_cost().map_or(String::new(), dollars),
        totals.unpriced.to_string(),
        number(listed.priority),
        number(listed.weight),
        at(listed.refreshed_at),
        at(listed.expires_at),
        at(Some(known.first_seen)),
        at(known.gone_at),
    ]
}
