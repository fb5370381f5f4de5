//! The view as CSV or JSON lines: the same rows, all of them, oldest first.
//! Streamed in chunks read one after the other, so memory stays flat and no
//! read holds the log of the database for long. A file ends with the session of
//! whoever asked for it.

mod line;

use std::io;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

use crate::domain::event::EventKey;
use crate::domain::filter::{Selection, View};
use crate::domain::units::At;
use crate::pages::sheet::to_save;
use crate::store::{self, Store, export};
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::session::Access;
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
    access: Access,
) -> Result<HttpResponse> {
    send(&request, ctx, state, access, Format::Csv).await
}

pub(super) async fn jsonl(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    access: Access,
) -> Result<HttpResponse> {
    send(&request, ctx, state, access, Format::JsonLines).await
}

/// Rows as text, and the key the next chunk starts after.
type Chunk = (Bytes, Option<EventKey>);

/// What is sent next.
#[derive(Clone, Copy)]
enum Next {
    Head,
    After(Option<EventKey>),
    Nothing,
}

/// A file on its way.
struct File {
    state: Data<AppState>,
    access: Access,
    ctx: Ctx,
    selection: Selection,
    format: Format,
    /// Read before anything is sent, so that a database that fails answers with
    /// an error and not with half a file.
    first: Option<Chunk>,
    next: Next,
}

async fn send(
    request: &HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    access: Access,
    format: Format,
) -> Result<HttpResponse> {
    let (view, ignored) = View::parse(request.query_string(), ctx.zone);
    Error::unless_understood(&ignored)?;
    // An open start needs no oldest event here: zero is as early.
    let span = view.resolve(view.zone.unwrap_or(ctx.zone), ctx.now, Some(At(0)));
    let selection = view.selection(span);
    let (content_type, suffix, next) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv", Next::Head),
        Format::JsonLines => (
            "application/jsonl; charset=utf-8",
            "jsonl",
            Next::After(None),
        ),
    };
    let to_save = to_save("requests", suffix, &ctx);
    let first = chunk(&state.store, &selection, None, &ctx, format).await?;
    let file = File {
        state,
        access,
        ctx,
        selection,
        format,
        first: Some(first),
        next,
    };
    let body = stream::unfold(file, |mut file| async move {
        let piece = file.piece().await?;
        Some((piece, file))
    });
    Ok(HttpResponse::Ok()
        .content_type(content_type)
        .insert_header(to_save)
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .streaming(body))
}

impl File {
    /// The next piece; `None` at the end. An error breaks the answer off, so
    /// that half a file is not taken for a whole one.
    async fn piece(&mut self) -> Option<io::Result<Bytes>> {
        let after = match self.next {
            Next::Nothing => return None,
            Next::Head => {
                self.next = Next::After(None);
                return Some(Ok(Bytes::from(NAMES.join(",") + "\r\n")));
            }
            Next::After(key) => key,
        };
        let read = self.read(after).await.inspect_err(|error| {
            log::warn!("an export ends early: {error}");
        });
        self.next = match &read {
            Ok((_, Some(last))) => Next::After(Some(*last)),
            Ok((_, None)) | Err(_) => Next::Nothing,
        };
        Some(read.map(|(bytes, _)| bytes))
    }

    async fn read(&mut self, after: Option<EventKey>) -> io::Result<Chunk> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        let (store, selection) = (&self.state.store, &self.selection);
        tokio::select! {
            biased;
            () = self.access.ended(&self.state) => Err(io::ErrorKind::ConnectionAborted.into()),
            read = chunk(store, selection, after, &self.ctx, self.format) => {
                read.map_err(io::Error::other)
            }
        }
    }
}

/// Up to [`CHUNK`] rows as text, and the key the next chunk starts after.
/// Writing happens on the reader's thread, away from the event loop.
async fn chunk(
    store: &Store,
    selection: &Selection,
    after: Option<EventKey>,
    ctx: &Ctx,
    format: Format,
) -> store::Result<Chunk> {
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
