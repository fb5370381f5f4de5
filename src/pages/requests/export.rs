//! The view as CSV or JSON lines: the same rows, all of them, oldest first.
//! Streamed in chunks read one after the other, so memory stays flat and no
//! read holds the log of the database for long.

mod line;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

use crate::domain::event::EventKey;
use crate::domain::filter::{Selection, View};
use crate::domain::units::At;
use crate::store::{self, Store, export};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::state::AppState;
use line::{NAMES, Writer};

/// Rows read and sent at once.
const CHUNK: usize = 4_096;

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
            let account = |name: &str| ctx.identity(name);
            let mut writer = Writer::new(format, &account, !ctx.prefs.mask);
            let next = export::chunk(c, &names, &selection, after, CHUNK, |line| {
                writer.write(line);
            })?;
            Ok((Bytes::from(writer.finish()), next))
        })
        .await
}
