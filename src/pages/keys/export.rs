//! The table as CSV or JSON: the same keys in the same order, all pages of it,
//! figures exact.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Map;

use super::view::Asked;
use super::{RANGE, load};
use crate::pages::sheet::{self, Format, Sheet, USED, Value};
use crate::store::clients::{Client, Listing};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::session::Access;
use crate::web::state::AppState;

const WHO: [&str; 7] = [
    "key_id",
    "key",
    "alias",
    // `listed`, `deleted`, `not_listed` or `unknown`.
    "state",
    "deleted_at",
    "known_since",
    "last_used",
];

pub(super) async fn answer(
    format: Format,
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let asked = Asked::parse(request.query_string());
    let clients = load(&state.store, &ctx).await?;
    let found = asked.pick(&clients.all, ctx.prefs.mask);
    let sheet = Sheet {
        name: "keys",
        columns: sheet::columns(&[&WHO, &USED]),
        rows: found.into_iter().map(|key| record(key, &ctx)).collect(),
    };
    let (from, to) = RANGE.resolve(ctx.zone, ctx.now, None);
    let mut about = Map::new();
    about.insert("from".into(), from.rfc3339().into());
    about.insert("to".into(), to.rfc3339().into());
    Ok(sheet.answer(format, about, &ctx))
}

fn record(key: &Client, ctx: &Ctx) -> Vec<Value> {
    let at = Value::time_if_any;
    // No list says anything of requests without a key.
    let listing = match key.listing {
        _ if key.hash.is_empty() => Listing::Unknown,
        listing => listing,
    };
    let gone = match listing {
        Listing::Gone(at) => Value::Time(at),
        _ => Value::None,
    };
    let alias = if ctx.prefs.mask { "" } else { &key.alias };
    let who: [Value; WHO.len()] = [
        Value::text(&key.hash),
        Value::text(&key.mask),
        Value::text_if_any(alias),
        Value::text(listing.code()),
        gone,
        at(key.since()),
        at(key.used.map(|span| span.last)),
    ];
    who.into_iter().chain(sheet::used(&key.totals)).collect()
}
