//! Settings → Audit: what was done to the gateway through this panel, newest
//! first, and the same as CSV.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Query, ServiceConfig};
use askama::Template;
use futures_util::stream;
use serde::Deserialize;

use super::{Tab, tabs};
use crate::domain::filter::Ignored;
use crate::domain::units::Ms;
use crate::i18n::audit::Audit as Texts;
use crate::i18n::plain;
use crate::pages::cell::inert;
use crate::pages::sheet::{csv_writer, to_save};
use crate::store::audit::{self, Entry, Kind};
use crate::store::{self, Store};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::{Error, Result};
use crate::web::hx;
use crate::web::reader::{BAD, GOOD, Tone, WAIT, WARN};
use crate::web::reading::get;
use crate::web::session::Access;
use crate::web::state::AppState;

const SHOWN: usize = 100;
/// Rows of a CSV read and sent at once.
const CHUNK: usize = 1_000;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/audit", get().to(show))
        .route("/settings/audit.csv", get().to(csv));
}

#[derive(Deserialize)]
struct Wanted {
    kind: Option<String>,
    before: Option<i64>,
}

impl Wanted {
    fn kind(&self) -> Option<Kind> {
        self.kind.as_deref().and_then(Kind::from_code)
    }

    /// What says no kind, though it is asked for.
    fn ignored(&self) -> Vec<Ignored> {
        let kind = self.kind.as_deref().unwrap_or("");
        let unknown = !kind.is_empty() && self.kind().is_none();
        Vec::from_iter(unknown.then(|| Ignored::new("kind", kind)))
    }
}

#[derive(Template)]
#[template(path = "settings_audit.html")]
struct AuditPage {
    tabs: Vec<Tab>,
    kinds: [Choice; 3],
    rows: Vec<Row>,
    csv: String,
    /// Where the next page begins.
    older: Option<String>,
    newest: Option<String>,
    ctx: Ctx,
}

impl AuditPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.audit
    }
}

/// One of the kinds to choose from.
struct Choice {
    name: &'static str,
    path: String,
    here: bool,
}

struct Row {
    when: String,
    who: String,
    from: String,
    method: String,
    path: String,
    outcome: String,
    tone: Tone,
    sent: String,
    received: String,
    took: String,
}

async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    wanted: Query<Wanted>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Settings);
    let (kind, before) = (wanted.kind(), wanted.before);
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let read = move |c: &mut _| audit::list(c, kind, before, limit);
    let mut entries = state.store.read(read).await?;
    let more = entries.len() > SHOWN;
    entries.truncate(SHOWN);
    let last = entries.last().filter(|_| more).map(|entry| entry.id);
    let page = AuditPage {
        tabs: tabs(&ctx, "/settings/audit"),
        kinds: kinds(&ctx, kind),
        rows: entries.iter().map(|entry| row(&ctx, entry)).collect(),
        csv: address("/settings/audit.csv", kind, None),
        older: last.map(|last| address("/settings/audit", kind, Some(last))),
        newest: before.map(|_| address("/settings/audit", kind, None)),
        ctx,
    };
    Ok(hx::html_response(StatusCode::OK).body(page.render()?))
}

fn kinds(ctx: &Ctx, here: Option<Kind>) -> [Choice; 3] {
    let t = ctx.t.audit;
    let choice = |name, kind: Option<Kind>| Choice {
        name,
        path: address("/settings/audit", kind, None),
        here: kind == here,
    };
    [
        choice(t.all, None),
        choice(t.changes, Some(Kind::Change)),
        choice(t.secrets, Some(Kind::Secret)),
    ]
}

fn address(path: &str, kind: Option<Kind>, before: Option<i64>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(kind) = kind {
        query.append_pair("kind", kind.code());
    }
    if let Some(before) = before {
        query.append_pair("before", &before.to_string());
    }
    match query.finish().as_str() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

fn row(ctx: &Ctx, entry: &Entry) -> Row {
    let t = ctx.t.audit;
    let status = entry.status.map(|status| status.to_string());
    let (outcome, tone) = match (entry.outcome.as_str(), status) {
        ("", _) => (t.under_way.to_owned(), WAIT),
        ("done", Some(status)) if entry.status < Some(400) => (status, GOOD),
        ("done", Some(status)) => (status, BAD),
        ("cut", Some(status)) => (format!("{status}, {}", t.cut), WARN),
        ("cut", None) => (t.cut.to_owned(), WARN),
        ("interrupted", _) => (t.interrupted.to_owned(), WARN),
        (code, _) => (format!("{}: {code}", t.none), BAD),
    };
    Row {
        when: ctx.lang.full(&ctx.local(entry.at)),
        who: match entry.who.strip_prefix("session:") {
            Some(number) => (t.session)(number),
            None => t.admin_key.to_owned(),
        },
        from: ctx.address(&entry.address),
        method: entry.method.clone(),
        path: path(ctx, &entry.path),
        outcome,
        tone,
        sent: ctx.lang.bytes(entry.sent),
        received: ctx.lang.bytes(entry.received),
        took: entry
            .took
            .map_or_else(String::new, |took| milliseconds(ctx, took)),
    }
}

/// Parameters that name nobody.
const NAMELESS: [&str; 12] = [
    "all",
    "auth_index",
    "channel",
    "count",
    "disabled",
    "index",
    "is_webui",
    "limit",
    "location",
    "provider",
    "source",
    "version",
];

/// What was asked, without the name of anybody where identities are hidden:
/// files are called by the address of who logged in.
fn path(ctx: &Ctx, path: &str) -> String {
    let path = plain(path);
    if !ctx.prefs.mask {
        return path.into_owned();
    }
    let (place, query) = match path.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (path.as_ref(), None),
    };
    let part = |part: &str| {
        if part.contains('@') {
            ctx.identity(part)
        } else {
            part.to_owned()
        }
    };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, "…")) => format!("{name}=…"),
        Some((name, value)) if NAMELESS.contains(&name) && !value.contains('@') => pair.to_owned(),
        Some((name, value)) => format!("{}={}", part(name), ctx.identity(value)),
        None => ctx.identity(pair),
    };
    let mut shown = place.split('/').map(part).collect::<Vec<_>>().join("/");
    if let Some(query) = query {
        shown.push('?');
        shown.push_str(&query.split('&').map(pair).collect::<Vec<_>>().join("&"));
    }
    shown
}

fn milliseconds(ctx: &Ctx, took: Ms) -> String {
    format!("{} ms", ctx.lang.count(took.0))
}

const COLUMNS: &str =
    "time,kind,who,from,method,path,status,outcome,sent_bytes,received_bytes,took_ms\r\n";

async fn csv(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    wanted: Query<Wanted>,
) -> Result<HttpResponse> {
    Error::unless_understood(&wanted.ignored())?;
    let kind = wanted.kind();
    // The first rows are read before anything is sent: a database that fails
    // answers with an error and not with half a file.
    let (first, next) = chunk(&state.store, &ctx, kind, None).await?;
    let begin = Bytes::from([COLUMNS.as_bytes(), &first].concat());
    let rest = stream::unfold(
        (state.store.clone(), ctx.clone(), next),
        move |(store, ctx, next)| async move {
            let read = chunk(&store, &ctx, kind, Some(next?)).await;
            Some(match read {
                Ok((bytes, next)) => (Ok(bytes), (store, ctx, next)),
                Err(error) => {
                    log::warn!("a download of the audit log ends early: {error}");
                    (Err(error), (store, ctx, None))
                }
            })
        },
    );
    let body = futures_util::StreamExt::chain(stream::iter([Ok(begin)]), rest);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(to_save("audit", "csv", &ctx))
        .streaming(body))
}

/// Rows as text, and the number the next ones come before.
async fn chunk(
    store: &Store,
    ctx: &Ctx,
    kind: Option<Kind>,
    before: Option<i64>,
) -> store::Result<(Bytes, Option<i64>)> {
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let read = move |c: &mut _| audit::list(c, kind, before, limit);
    let entries = store.read(read).await?;
    let next = entries
        .last()
        .filter(|_| entries.len() == CHUNK)
        .map(|entry| entry.id);
    Ok((Bytes::from(written(&entries, ctx)), next))
}

fn written(entries: &[Entry], ctx: &Ctx) -> Vec<u8> {
    let mut out = csv_writer(entries.len() * 160);
    for entry in entries {
        let number = |n: Option<i64>| n.map_or_else(String::new, |n| n.to_string());
        let _ = out.write_record([
            entry.at.rfc3339(),
            entry.kind.clone(),
            entry.who.clone(),
            ctx.address(&entry.address),
            inert(&entry.method),
            inert(&path(ctx, &entry.path)),
            number(entry.status.map(i64::from)),
            entry.outcome.clone(),
            entry.sent.to_string(),
            entry.received.to_string(),
            number(entry.took.map(|took| took.0)),
        ]);
    }
    out.into_inner().unwrap_or_default()
}
