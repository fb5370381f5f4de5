//! One request: how it ended, how long each attempt took, what it consumed and
//! cost, why it failed in the words of the upstream, and every recorded field.

mod attempts;
mod bill;
mod facts;
mod standing;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, ServiceConfig};
use askama::Template;

use crate::accounts::{Desk, Mentions};
use crate::domain::event::{Event, EventKey};
use crate::domain::filter::{Sort, View};
use crate::domain::pricing::PriceBook;
use crate::domain::units::{At, Ms, NanoUsd};
use crate::i18n::{UNKNOWN, plain};
use crate::pages::cell::{self, Outcome};
use crate::pages::sums::Sum;
use crate::pages::tokens::Mix;
use crate::regions;
use crate::store::report::Standing;
use crate::store::requests::{Cursor, Detail, From, ListQuery};
use crate::store::{self, detail, list};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::{Error, Result};
use crate::web::hx::{self, Want};
use crate::web::reader::GOOD;
use crate::web::reading::get;
use crate::web::state::AppState;
use attempts::Attempts;
use bill::Bill;
use facts::Fact;

/// Failed attempts whose evidence is shown beside this one's.
const EVIDENCE: usize = 3;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/requests/{key}.json", get().to(json))
        .route("/requests/{key}", get().to(show));
}

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    ctx: Ctx,
    id: String,
    json: String,
    older: Option<String>,
    heading: String,
    lede: String,
    outcome: Outcome,
    outcome_note: String,
    sums: Vec<Sum>,
    attempts: Option<Attempts>,
    mix: Mix,
    quality: &'static str,
    bill: Bill,
    /// Whether there is anything to say of tokens and cost.
    consumed: bool,
    evidence: Vec<Evidence>,
    evidence_title: &'static str,
    facts: Vec<Fact>,
    headers: Vec<(String, String)>,
}

regions!(RequestPage);

/// The words of an upstream; a secret was between each two parts.
struct Evidence {
    outcome: Outcome,
    whose: String,
    parts: Vec<String>,
}

struct Read {
    detail: Detail,
    /// Other failed attempts, with their words.
    failures: Vec<Event>,
    older: Option<EventKey>,
    standing: Standing,
}

async fn show(
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    key: Path<String>,
) -> Result<HttpResponse> {
    let read = load(&state, &key).await?;
    let mentions = accounts.mentions(ctx.now);
    let book = state.store.prices();
    hx::respond(
        &want,
        &build(ctx.at(Place::Requests), &read, &book, &mentions),
    )
}

/// The same as JSON: for scripts, and for asking somebody for help.
async fn json(
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    key: Path<String>,
) -> Result<HttpResponse> {
    let read = load(&state, &key).await?;
    let body = serde_json::to_vec_pretty(&facts::json(
        &read.detail,
        &accounts.mentions(ctx.now),
        &ctx,
    ));
    let body = body.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(HttpResponse::build(StatusCode::OK)
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(body))
}

async fn load(state: &AppState, key: &str) -> Result<Read> {
    let key: EventKey = key.parse().map_err(|_| Error::NotFound)?;
    let names = state.store.names();
    let read = state.store.read(move |c| {
        let Some(detail) = detail::load(c, &names, key)? else {
            return Ok(None);
        };
        let mut failures = Vec::new();
        let others = detail.attempts.iter().filter(|row| row.failed);
        for row in others.take(EVIDENCE) {
            failures.extend(detail::load(c, &names, row.key)?.map(|other| other.event));
        }
        let query = ListQuery {
            selection: View::default().selection((At(0), key.at + Ms(1))),
            sort: Sort::default(),
            from: From::After(Cursor { value: None, key }),
            limit: 1,
        };
        let older = list::page(c, &names, &query)?
            .rows
            .first()
            .map(|row| row.key);
        store::Result::Ok(Some(Read {
            standing: standing::read(c, &names, &detail.event)?,
            detail,
            failures,
            older,
        }))
    });
    read.await?.ok_or(Error::NotFound)
}

fn build(ctx: Ctx, read: &Read, book: &PriceBook, mentions: &Mentions) -> RequestPage {
    let (t, lang) = (ctx.t.request, ctx.lang);
    let event = &read.detail.event;
    let local = ctx.local(event.key.at);
    let or = |text: String, other: &str| {
        if text.is_empty() {
            other.to_owned()
        } else {
            text
        }
    };
    let id = if event.request_id.is_empty() {
        event.key.to_string()
    } else {
        plain(&event.request_id).into_owned()
    };
    let model = or(plain(&event.model).into_owned(), UNKNOWN);
    let key = ctx.key_name(&event.client_key);
    let when = format!("{}, {}", lang.long_day(&local), lang.clock(&local));
    let attempts = Attempts::new(&read.detail, mentions, &ctx);
    let (nth, of) = attempts
        .as_ref()
        .map_or((1, 1), |all| (all.this, all.rows.len()));
    let outcome = Outcome::of(event.failed, event.status, ctx.t.requests);
    RequestPage {
        json: ctx.url(&format!("/requests/{}.json", event.key)),
        older: read.older.map(|key| ctx.url(&format!("/requests/{key}"))),
        heading: if key.is_empty() {
            model
        } else {
            (t.heading)(&model, &key)
        },
        lede: (t.through)(
            &or(cell::account(&ctx, &event.account), UNKNOWN),
            &plain(&event.provider),
            &when,
        ),
        outcome: if event.failed {
            outcome.clone()
        } else {
            Outcome {
                tone: GOOD,
                word: t.succeeded.to_owned(),
            }
        },
        outcome_note: (t.nth)(nth, of),
        sums: sums(event, read.detail.cost, read.standing, &ctx),
        attempts,
        mix: Mix::of(&event.tokens, &ctx),
        quality: (t.quality)(event.tokens.quality),
        bill: Bill::new(&read.detail, book, &ctx),
        consumed: consumed(&read.detail),
        evidence: evidence(event, outcome, &read.failures, &ctx),
        evidence_title: t.why_failed,
        facts: facts::of(event, mentions, &ctx),
        headers: event
            .headers
            .iter()
            .map(|(name, value)| (plain(name).into_owned(), plain(value).into_owned()))
            .collect(),
        id,
        ctx,
    }
}

/// A failure that cost nothing and used no token needs no tables of zeros.
fn consumed(detail: &Detail) -> bool {
    let tokens = &detail.event.tokens;
    let used = [tokens.input(), tokens.generated()];
    let none = used.iter().all(|n| *n == Some(0)) && tokens.unclassified == 0;
    !(detail.event.failed && none && detail.cost == Some(NanoUsd(0)))
}

fn sums(event: &Event, cost: Option<NanoUsd>, standing: Standing, ctx: &Ctx) -> Vec<Sum> {
    let (t, r, lang) = (ctx.t.request, ctx.t.requests, ctx.lang);
    let tokens = &event.tokens;
    let timed = |label, span: Option<Ms>, note: String| Sum {
        label,
        figure: span.map_or_else(|| UNKNOWN.to_owned(), |span| lang.seconds(span)),
        unit: if span.is_some() { r.second } else { "" },
        note,
        ..Sum::default()
    };
    let first_byte = event.ttft.map(|ttft| {
        let at = ctx.local(event.key.at + ttft);
        (t.first_byte_at)(&lang.tenths(&at))
    });
    let speed = tokens.speed_milli(event.latency);
    let whole = tokens
        .input()
        .zip(tokens.generated())
        .map(|(input, output)| input + output + tokens.unclassified);
    let cached = tokens
        .input()
        .zip(tokens.cache_read)
        .and_then(|(input, read)| lang.percent(read, input));
    vec![
        timed(r.latency, event.latency, standing::words(standing, ctx)),
        timed(
            r.ttft,
            event.ttft,
            first_byte.unwrap_or_else(|| t.not_measured.to_owned()),
        ),
        Sum {
            label: r.speed,
            figure: speed.map_or_else(
                || UNKNOWN.to_owned(),
                |milli| lang.count((milli + 500) / 1000),
            ),
            unit: if speed.is_some() {
                r.tokens_a_second
            } else {
                ""
            },
            note: speed.map_or("", |_| t.speed_note).to_owned(),
            ..Sum::default()
        },
        Sum {
            label: t.tokens,
            figure: whole.map_or_else(|| "?".to_owned(), |n| lang.count(n)),
            note: match whole {
                Some(_) => cached.map_or_else(String::new, |share| (t.from_cache)(&share)),
                None => r.no_count.to_owned(),
            },
            ..Sum::default()
        },
        Sum {
            label: t.cost,
            figure: cost.map_or_else(|| UNKNOWN.to_owned(), |cost| lang.money(cost)),
            note: if cost.is_some() {
                t.every_token
            } else {
                t.no_price
            }
            .to_owned(),
            ..Sum::default()
        },
    ]
}

fn evidence(event: &Event, outcome: Outcome, others: &[Event], ctx: &Ctx) -> Vec<Evidence> {
    let one = |event: &Event, outcome: Outcome| {
        let local = ctx.local(event.key.at);
        let at = ctx.lang.tenths(&local);
        Evidence {
            outcome,
            whose: format!("{}, {at}", cell::account(ctx, &event.account)),
            parts: plain(&event.failure)
                .split(crate::domain::redact::MARK)
                .map(str::to_owned)
                .collect(),
        }
    };
    let mut evidence = Vec::new();
    if event.failed {
        evidence.push(one(event, outcome));
    }
    let told = others.iter().filter(|other| !other.failure.is_empty());
    evidence.extend(told.map(|other| {
        let outcome = Outcome::of(other.failed, other.status, ctx.t.requests);
        one(other, outcome)
    }));
    evidence
}
