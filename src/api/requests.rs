//! `/v0/management/requests…`: the request list page by page, and one request
//! with everything known about it, its bill line by line included.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::bill::Bill;
use super::question;
use super::shape::{Attempt, text};
use crate::accounts::{Desk, Mentions};
use crate::domain::event::EventKey;
use crate::domain::filter::Edge;
use crate::store::report::{self, Question};
use crate::store::requests::{Cursor, Detail, ListQuery, Row};
use crate::store::{detail, list, usage};
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::session::Access;
use crate::web::state::AppState;

#[derive(Serialize)]
struct Page {
    from: String,
    to: String,
    time_zone: &'static str,
    /// Requests in the range that fit the conditions.
    total: i64,
    requests: Vec<Attempt>,
    /// For the parameter `after`; `null` on the last page.
    next: Option<String>,
    /// For the parameter `before`; `null` on the first page.
    previous: Option<String>,
}

pub(super) async fn list(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    _: Access,
) -> Result<HttpResponse> {
    let view = question::rows(request.query_string(), ctx.zone)?;
    let zone = view.zone.unwrap_or(ctx.zone);
    let (names, now) = (state.store.names(), ctx.now);
    let read = state.store.read(move |c| {
        let (oldest, _) = usage::ends(c)?;
        let span = view.resolve(zone, now, oldest);
        let selection = view.selection(span);
        let total = report::of(c, &names, &selection, &Question::default())?;
        let query = ListQuery {
            selection,
            sort: view.sort,
            from: view.page.into(),
            limit: view.rows,
        };
        Ok((span, total.totals.requests, list::page(c, &names, &query)?))
    });
    let (span, total, page) = read.await?;
    let mentions = accounts.mentions(ctx.now);
    let edge = |cursor: Option<Cursor>| {
        let edge = cursor.map(|Cursor { value, key }| Edge { value, key });
        edge.map(|edge| edge.to_string())
    };
    Ok(HttpResponse::Ok().json(Page {
        from: span.0.rfc3339(),
        to: span.1.rfc3339(),
        time_zone: zone.name(),
        total,
        requests: page
            .rows
            .iter()
            .map(|row| Attempt::of(row, &mentions, &ctx))
            .collect(),
        next: edge(page.after),
        previous: edge(page.before),
    }))
}

#[derive(Serialize)]
struct One {
    #[serde(flatten)]
    request: Attempt,
    executor: String,
    client_ip: Option<String>,
    forwarded_for: Option<String>,
    user_agent: Option<String>,
    /// What the upstream said, secrets removed.
    failure: Option<String>,
    headers: Vec<Header>,
    bill: Option<Bill>,
    /// The other attempts of the same request, oldest first.
    attempts: Vec<Attempt>,
}

#[derive(Serialize)]
struct Header {
    name: String,
    value: String,
}

pub(super) async fn one(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    _: Access,
    id: Path<String>,
) -> Result<HttpResponse> {
    question::none(request.query_string())?;
    let key: EventKey = id.parse().map_err(|_| Error::NotFound)?;
    let names = state.store.names();
    let read = state.store.read(move |c| detail::load(c, &names, key));
    let detail = read.await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().json(shown(detail, &accounts.mentions(ctx.now), &ctx)))
}

fn shown(detail: Detail, mentions: &Mentions, ctx: &Ctx) -> One {
    let bill = detail.terms.map(|terms| Bill::of(terms, &detail.event));
    let event = detail.event;
    let row = Row {
        key: event.key,
        request_id: event.request_id,
        provider: event.provider,
        model: event.model,
        alias: event.alias,
        account: event.account,
        client_key: event.client_key,
        endpoint: event.endpoint,
        effort: event.effort,
        tier: event.tier,
        served_tier: event.served_tier,
        failed: event.failed,
        status: event.status,
        latency: event.latency,
        ttft: event.ttft,
        tokens: event.tokens,
        cost: detail.cost,
    };
    let headers = event.headers.into_iter();
    One {
        request: Attempt::of(&row, mentions, ctx),
        executor: event.executor,
        client_ip: text(&ctx.address(&event.client_ip)),
        forwarded_for: text(&ctx.address(&event.forwarded_for)),
        user_agent: text(&event.user_agent),
        failure: text(&event.failure),
        headers: headers
            .map(|(name, value)| Header { name, value })
            .collect(),
        bill,
        attempts: detail
            .attempts
            .iter()
            .map(|row| Attempt::of(row, mentions, ctx))
            .collect(),
    }
}
