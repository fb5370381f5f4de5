//! The view as CSV or JSON lines: the same rows, all of them, oldest first.
//! Streamed in chunks read one after the other, so memory stays flat and no
//! read holds the log of the database for long.

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use serde_json::json;

use crate::domain::event::EventKey;
use crate::domain::filter::{Selection, View};
use crate::domain::tokens::Quality;
use crate::domain::units::At;
use crate::pages::cell::{self, dollars, inert};
use crate::store::requests::Row;
use crate::store::{self, Store, export};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::state::AppState;

/// Rows read and sent at once.
const CHUNK: usize = 2_000;

/// The columns of a CSV file, in order; JSON has the same names.
const NAMES: [&str; 27] = [
    "time",
    "id",
    "request_id",
    "status",
    "http",
    "provider",
    "model",
    "alias",
    "account",
    "account_id",
    "auth_type",
    "key",
    "key_id",
    "key_alias",
    "endpoint",
    "effort",
    "tier",
    "served_tier",
    "latency_ms",
    "ttft_ms",
    "input_uncached",
    "input_cache_read",
    "input_cache_write",
    "output",
    "reasoning",
    "token_quality",
    "cost_usd",
];

#[derive(Clone, Copy)]
enum Format {
    Csv,
    JsonLines,
}

pub(super) async fn csv(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
) -> Result<HttpResponse> {
    send(&request, ctx, &state.store, Format::Csv).await
}

pub(super) async fn jsonl(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
) -> Result<HttpResponse> {
    send(&request, ctx, &state.store, Format::JsonLines).await
}

/// Where the next chunk starts.
enum Next {
    Head,
    After(Option<EventKey>),
    Done,
}

async fn send(
    request: &HttpRequest,
    ctx: Ctx,
    store: &Store,
    format: Format,
) -> Result<HttpResponse> {
    let (view, _) = View::parse(request.query_string(), ctx.zone);
    // An open start needs no oldest event here: zero is as early.
    let span = view.resolve(view.zone.unwrap_or(ctx.zone), ctx.now, Some(At(0)));
    let selection = view.selection(span);
    let (content_type, suffix) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
    };
    let day = ctx.local(ctx.now).format("%Y-%m-%d");
    let name = format!("attachment; filename=\"requests-{day}.{suffix}\"");
    // The first chunk is read before anything is sent, so that a database that
    // fails answers with an error and not with half a file.
    let first = chunk(store, &selection, None, &ctx, format).await;
    let (first, next) = first?;
    let head = match format {
        Format::Csv => Next::Head,
        Format::JsonLines => Next::After(None),
    };
    let state = (store.clone(), selection, ctx, head, Some((first, next)));
    let body = stream::unfold(
        state,
        move |(store, selection, ctx, at, mut ready)| async move {
            let (bytes, next) = match at {
                Next::Done => return None,
                Next::Head => (Ok(Bytes::from(NAMES.join(",") + "\r\n")), Next::After(None)),
                Next::After(key) => {
                    let read = match ready.take() {
                        Some(first) => Ok(first),
                        None => chunk(&store, &selection, key, &ctx, format).await,
                    };
                    match read {
                        Ok((bytes, Some(key))) => (Ok(bytes), Next::After(Some(key))),
                        Ok((bytes, None)) => (Ok(bytes), Next::Done),
                        Err(error) => {
                            log::warn!("an export ends early: {error}");
                            (Err(error), Next::Done)
                        }
                    }
                }
            };
            Some((bytes, (store, selection, ctx, next, ready)))
        },
    );
    Ok(HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .streaming(body))
}

/// Up to [`CHUNK`] rows as text, and the key the next chunk starts after.
/// Writing happens on the reader's thread, away from the event loop.
async fn chunk(
    store: &Store,
    selection: &Selection,
    after: Option<EventKey>,
    ctx: &Ctx,
    format: Format,
) -> store::Result<(Bytes, Option<EventKey>)> {
    let (names, selection, ctx) = (store.names(), selection.clone(), ctx.clone());
    store
        .read(move |c| {
            let rows = export::chunk(c, &names, &selection, after, CHUNK)?;
            let next = rows
                .last()
                .filter(|_| rows.len() == CHUNK)
                .map(|row| row.key);
            let text = match format {
                Format::Csv => write_csv(&rows, &ctx),
                Format::JsonLines => write_json(&rows, &ctx),
            };
            Ok((Bytes::from(text), next))
        })
        .await
}

fn write_csv(rows: &[Row], ctx: &Ctx) -> Vec<u8> {
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(rows.len() * 256));
    for row in rows {
        let n = |n: Option<i64>| n.map_or_else(String::new, |n| n.to_string());
        let fields = [
            row.key.at.rfc3339(),
            row.key.to_string(),
            inert(&row.request_id),
            outcome(row).to_owned(),
            row.status.to_string(),
            inert(&row.provider),
            inert(&row.model),
            inert(&row.alias),
            inert(&cell::account(ctx, &row.account)),
            inert(&row.account.identity),
            inert(&row.account.auth_type),
            inert(&row.client_key.mask),
            row.client_key.hash.clone(),
            inert(key_alias(row, ctx)),
            inert(&row.endpoint),
            inert(&row.effort),
            inert(&row.tier),
            inert(&row.served_tier),
            n(row.latency.map(|ms| ms.0)),
            n(row.ttft.map(|ms| ms.0)),
            n(row.tokens.uncached),
            n(row.tokens.cache_read),
            n(row.tokens.cache_write),
            n(row.tokens.output),
            n(row.tokens.reasoning),
            quality(row.tokens.quality).to_owned(),
            row.cost.map_or_else(String::new, dollars),
        ];
        // Writing to memory does not fail.
        let _ = out.write_record(&fields);
    }
    out.into_inner().unwrap_or_default()
}

fn write_json(rows: &[Row], ctx: &Ctx) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * 512);
    for row in rows {
        let line = json!({
            "time": row.key.at.rfc3339(),
            "id": row.key.to_string(),
            "request_id": row.request_id,
            "status": outcome(row),
            "http": row.status,
            "provider": row.provider,
            "model": row.model,
            "alias": row.alias,
            "account": cell::account(ctx, &row.account),
            "account_id": row.account.identity,
            "auth_type": row.account.auth_type,
            "key": row.client_key.mask,
            "key_id": row.client_key.hash,
            "key_alias": key_alias(row, ctx),
            "endpoint": row.endpoint,
            "effort": row.effort,
            "tier": row.tier,
            "served_tier": row.served_tier,
            "latency_ms": row.latency.map(|ms| ms.0),
            "ttft_ms": row.ttft.map(|ms| ms.0),
            "input_uncached": row.tokens.uncached,
            "input_cache_read": row.tokens.cache_read,
            "input_cache_write": row.tokens.cache_write,
            "output": row.tokens.output,
            "reasoning": row.tokens.reasoning,
            "token_quality": quality(row.tokens.quality),
            "cost_usd": row.cost.map(dollars),
        });
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut out, &line);
        out.push(b'\n');
    }
    out
}

/// Nothing where identities are hidden.
fn key_alias<'a>(row: &'a Row, ctx: &Ctx) -> &'a str {
    if ctx.prefs.mask {
        ""
    } else {
        &row.client_key.alias
    }
}

fn outcome(row: &Row) -> &'static str {
    if row.failed { "failed" } else { "ok" }
}

fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Complete => "complete",
        Quality::Derived => "derived",
        Quality::Partial => "partial",
        Quality::Inconsistent => "inconsistent",
        Quality::Missing => "missing",
    }
}
