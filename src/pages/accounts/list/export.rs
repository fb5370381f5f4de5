//! The list as CSV: the same accounts in the same order, all pages of it,
//! figures exact. No secret is among them, and nobody's name while names are
//! hidden.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde_json::Map;

use super::super::words;
use super::rows::Entry;
use super::view::View;
use crate::accounts::Desk;
use crate::domain::account::Kind;
use crate::domain::units::At;
use crate::pages::sheet::{Format, Sheet, Value};
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
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
    "output_visible",
    "output_reasoning",
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
    Error::unless_understood(&view.ignored())?;
    let totals = super::totals(&state, &desk, &view, &ctx).await?;
    let (roster, recents) = (desk.roster(), desk.recents());
    let all = super::entries(&ctx, &desk, &roster, &recents, &totals);
    let shown = view.pick(&all, ctx.prefs.mask).into_iter();
    let sheet = Sheet {
        name: "accounts",
        columns: COLUMNS.map(str::to_owned).to_vec(),
        rows: shown.map(|entry| record(&ctx, entry).to_vec()).collect(),
    };
    Ok(sheet.answer(Format::Csv, Map::new(), &ctx))
}

fn record(ctx: &Ctx, entry: &Entry<'_>) -> [Value; COLUMNS.len()] {
    let (known, standing, totals) = (entry.known, &entry.standing, &entry.totals);
    let listed = &known.listed;
    let at = |at: Option<At>| at.map_or(Value::None, Value::Time);
    let number = |n: Option<i64>| n.map_or(Value::None, Value::Count);
    let failure = standing.failure;
    let kind = match listed.kind {
        Kind::File => "account",
        Kind::Key => "api_key",
    };
    [
        Value::Count(known.id),
        Value::text(kind),
        Value::text(&words::name(ctx, known)),
        Value::text(&listed.provider),
        Value::text_if_any(&listed.plan),
        Value::text_if_any(&listed.note),
        Value::text(standing.state.code()),
        at(standing.until),
        at(standing.since),
        at(failure.map(|failure| failure.at)),
        number(failure.map(|failure| failure.code.into())),
        Value::text_if_any(&words::masked(ctx, known, &standing.said)),
        at(entry.recent.lately.last_ok),
        at(entry.recent.last_used()),
        Value::Count(totals.requests),
        Value::Count(totals.failed),
        Value::Count(totals.uncached),
        Value::Count(totals.cache_read),
        Value::Count(totals.cache_write),
        Value::Count(totals.output),
        Value::Count(totals.reasoning),
        Value::Count(totals.unclassified),
        totals.known_cost().map_or(Value::None, Value::Cost),
        Value::Count(totals.unpriced),
        number(listed.priority),
        number(listed.weight),
        at(listed.refreshed_at),
        at(listed.expires_at),
        Value::Time(known.first_seen),
        at(known.gone_at),
    ]
}
