//! The table as CSV or JSON: the same keys in the same order, all pages of it,
//! figures exact.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::view::Asked;
use super::{RANGE, load};
use crate::domain::units::At;
use crate::pages::cell::{dollars, inert};
use crate::store::clients::{Client, Listing};
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::session::Access;
use crate::web::state::AppState;

/// One key; the fields of JSON and, in this order, the columns of CSV.
#[derive(Serialize)]
struct Record {
    key_id: String,
    key: String,
    alias: Option<String>,
    /// `listed`, `deleted`, `not_listed` or `unknown`.
    state: &'static str,
    deleted_at: Option<String>,
    known_since: Option<String>,
    last_used: Option<String>,
    requests: i64,
    failed: i64,
    input_uncached: i64,
    input_cache_read: i64,
    input_cache_write: i64,
    output: i64,
    reasoning: i64,
    unclassified: i64,
    /// What the priced requests cost; nothing while none is priced.
    cost_usd: Option<String>,
    unpriced: i64,
}

const NAMES: [&str; 17] = [
    "key_id",
    "key",
    "alias",
    "state",
    "deleted_at",
    "known_since",
    "last_used",
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
];

fn record(key: &Client, ctx: &Ctx) -> Record {
    let totals = &key.totals;
    let (state, deleted_at) = match key.listing {
        Listing::Listed => ("listed", None),
        Listing::Gone(at) => ("deleted", Some(at.rfc3339())),
        Listing::Never if key.hash.is_empty() => ("unknown", None),
        Listing::Never => ("not_listed", None),
        Listing::Unknown => ("unknown", None),
    };
    Record {
        key_id: key.hash.clone(),
        key: key.mask.clone(),
        alias: (!key.alias.is_empty() && !ctx.prefs.mask).then(|| key.alias.clone()),
        state,
        deleted_at,
        known_since: key.since().map(At::rfc3339),
        last_used: key.used.map(|span| span.last.rfc3339()),
        requests: totals.requests,
        failed: totals.failed,
        input_uncached: totals.uncached,
        input_cache_read: totals.cache_read,
        input_cache_write: totals.cache_write,
        output: totals.output,
        reasoning: totals.reasoning,
        unclassified: totals.unclassified,
        cost_usd: totals.known_cost().map(dollars),
        unpriced: totals.unpriced,
    }
}

async fn records(request: &HttpRequest, ctx: &Ctx, state: &AppState) -> Result<Vec<Record>> {
    let asked = Asked::parse(request.query_string());
    let clients = load(&state.store, ctx).await?;
    let found = asked.pick(&clients.all, ctx.prefs.mask);
    Ok(found.into_iter().map(|key| record(key, ctx)).collect())
}

pub(super) async fn csv(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let records = records(&request, &ctx, &state).await?;
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(NAMES);
    for record in records {
        let text = |text: Option<String>| text.unwrap_or_default();
        let _ = out.write_record([
            record.key_id,
            inert(&record.key),
            inert(&text(record.alias)),
            record.state.to_owned(),
            text(record.deleted_at),
            text(record.known_since),
            text(record.last_used),
            record.requests.to_string(),
            record.failed.to_string(),
            record.input_uncached.to_string(),
            record.input_cache_read.to_string(),
            record.input_cache_write.to_string(),
            record.output.to_string(),
            record.reasoning.to_string(),
            record.unclassified.to_string(),
            text(record.cost_usd),
            record.unpriced.to_string(),
        ]);
    }
    let body = out.into_inner().unwrap_or_default();
    Ok(attached(&ctx, "csv", "text/csv; charset=utf-8", body))
}

pub(super) async fn json(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let records = records(&request, &ctx, &state).await?;
    let (from, to) = RANGE.resolve(ctx.zone, ctx.now, None);
    let body = serde_json::json!({
        "from": from.rfc3339(),
        "to": to.rfc3339(),
        "keys": records,
    });
    let body = serde_json::to_vec(&body).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(attached(&ctx, "json", "application/json", body))
}

fn attached(ctx: &Ctx, suffix: &str, content_type: &str, body: Vec<u8>) -> HttpResponse {
    let day = ctx.local(ctx.now).format("%Y-%m-%d");
    let name = format!("attachment; filename=\"keys-{day}.{suffix}\"");
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(body)
}
