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
use crate::pages::sheet::{self, Format, Sheet, USED, Value};
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::session::Access;
use crate::web::state::AppState;

const WHO: [&str; 14] = [
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
];
const LISTED: [&str; 6] = [
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
        columns: sheet::columns(&[&WHO, &USED, &LISTED]),
        rows: shown.map(|entry| record(&ctx, entry)).collect(),
    };
    Ok(sheet.answer(Format::Csv, Map::new(), &ctx))
}

fn record(ctx: &Ctx, entry: &Entry<'_>) -> Vec<Value> {
    let (known, standing) = (entry.known, &entry.standing);
    let listed = &known.listed;
    let at = Value::time_if_any;
    let number = |n: Option<i64>| n.map_or(Value::None, Value::Count);
    let failure = standing.failure;
    let kind = match listed.kind {
        Kind::File => "account",
        Kind::Key => "api_key",
    };
    let who: [Value; WHO.len()] = [
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
    ];
    let listed: [Value; LISTED.len()] = [
        number(listed.priority),
        number(listed.weight),
        at(listed.refreshed_at),
        at(listed.expires_at),
        Value::Time(known.first_seen),
        at(known.gone_at),
    ];
    let used = sheet::used(&entry.totals);
    who.into_iter().chain(used).chain(listed).collect()
}
