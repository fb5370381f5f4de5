//! The clients' keys: who uses the gateway, how much in the last seven days,
//! and since when. Here a key gets its alias. Keys are never shown, only their
//! first and last characters.

mod alias;
mod export;
mod flash;
mod rows;
mod view;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig, post};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::accounts::Desk;
use crate::domain::filter::{Outcome, UsageView, View};
use crate::domain::time::{Grain, Range, Zone};
use crate::domain::units::At;
use crate::i18n::keys::Keys as Texts;
use crate::pages::sheet::Format;
use crate::pages::sums::Sum;
use crate::regions;
use crate::store::Store;
use crate::store::clients::{self, Client, Clients, Listing};
use crate::store::requests::Totals;
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::reading::get;
use crate::web::session::Access;
use crate::web::state::AppState;
use flash::{Done, Flash};
use rows::{Head, Line};
use view::Asked;

/// What the figures are of.
pub(super) const RANGE: Range = Range::Days(7);
/// Lines on a page.
const ROWS: usize = 100;

pub fn routes(config: &mut ServiceConfig) {
    for format in Format::ALL {
        let take = move |request, ctx: Ctx, state: Data<AppState>, access: Access| {
            export::answer(format, request, ctx, state, access)
        };
        let path = format!("/keys.{}", format.suffix());
        config.route(&path, get().to(take));
    }
    config
        .route("/keys", get().to(show))
        .route("/keys/read", post().to(read_again))
        .route("/keys/{hash}/alias", post().to(alias::save))
        .route("/keys/{hash}/undo", post().to(alias::undo));
}

#[derive(Template)]
#[template(path = "keys.html", blocks = ["results"])]
struct KeysPage {
    flash: Option<Flash>,
    lede: String,
    asked: Asked,
    /// What the address says, for forms that come back here.
    query: String,
    csv: String,
    json: String,
    sums: Vec<Sum>,
    /// `None` stands for the two drawings.
    heads: Vec<Option<Head>>,
    lines: Vec<Line>,
    /// Nothing is known at all, rather than nothing found.
    none_at_all: bool,
    pager: Option<Pager>,
    read: String,
    stray: Option<Stray>,
    ctx: Ctx,
}

regions!(KeysPage, results => as_results);

impl KeysPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.keys
    }
}

struct Pager {
    text: String,
    newer: Option<String>,
    older: Option<String>,
}

/// A key that is used and that the gateway does not list.
struct Stray {
    title: String,
    why: String,
    more: String,
    href: String,
}

/// A name that was refused: of which key, what was typed, why.
struct Refused {
    hash: String,
    typed: String,
    why: String,
}

async fn show(
    request: HttpRequest,
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let asked = Asked::parse(request.query_string());
    let done = Done::parse(request.query_string());
    let clients = load(&state.store, &ctx).await?;
    let page = build(ctx, &asked, &clients, Some(&done), None);
    hx::respond(&want, &page)
}

/// The same page after a form with a mistake.
async fn refuse(
    ctx: Ctx,
    state: &AppState,
    asked: &Asked,
    refused: Refused,
) -> Result<HttpResponse> {
    let clients = load(&state.store, &ctx).await?;
    let page = build(ctx, asked, &clients, None, Some(&refused));
    hx::respond_as(StatusCode::UNPROCESSABLE_ENTITY, &Want::Document, &page)
}

/// Everything known of the keys, counted over these days.
pub(super) async fn load(store: &Store, ctx: &Ctx) -> Result<Clients> {
    let (names, edges) = (store.names(), days(ctx.zone, ctx.now));
    let read = store.read(move |c| clients::all(c, &names, &edges));
    Ok(read.await?)
}

/// Edges of the seven days, the last of which is up to now.
fn days(zone: Zone, now: At) -> Vec<At> {
    let (from, to) = RANGE.resolve(zone, now, None);
    Grain::Day.edges(zone, from, to)
}

async fn read_again(ctx: Ctx, desk: Data<Desk>, _: Access) -> Result<HttpResponse> {
    Ok(match desk.read_client_keys().await {
        Ok(count) => flash::see(&ctx, "", &[("done", "read"), ("n", &count.to_string())]),
        Err(trouble) => {
            log::warn!("cannot read the gateway's list of client keys: {trouble}");
            flash::see(&ctx, "", &[("done", flash::code(&trouble, ctx.now))])
        }
    })
}

fn build(
    ctx: Ctx,
    asked: &Asked,
    clients: &Clients,
    done: Option<&Done>,
    refused: Option<&Refused>,
) -> KeysPage {
    let (t, lang) = (ctx.t.keys, ctx.lang);
    let ctx = ctx.at(Place::Keys);
    let found = asked.pick(&clients.all, ctx.prefs.mask);
    let known = clients.all.iter().filter(|key| !key.hash.is_empty());
    let none_at_all = known.clone().next().is_none() && asked.q.is_empty();
    let days = rows::days(&ctx);
    let url = |asked: &Asked| ctx.url(&asked.url("/keys"));
    let number = |n: usize| lang.count(i64::try_from(n).unwrap_or(i64::MAX));
    let first = (asked.page * ROWS).min(found.len());
    let shown = found.get(first..).unwrap_or_default();
    let shown = shown.get(..ROWS.min(shown.len())).unwrap_or_default();
    let pager = (found.len() > ROWS).then(|| Pager {
        text: (t.rows)(
            &number(first + 1),
            &number(first + shown.len()),
            &number(found.len()),
        ),
        newer: asked.page.checked_sub(1).map(|page| url(&asked.at(page))),
        older: (first + shown.len() < found.len()).then(|| url(&asked.at(asked.page + 1))),
    });
    KeysPage {
        flash: match refused {
            Some(refused) => Some(Flash::refused(refused, &clients.all, &ctx)),
            None => done.and_then(|done| done.flash(&clients.all, &ctx)),
        },
        lede: (t.lede)(&days),
        query: asked.query(),
        csv: ctx.url(&asked.url("/keys.csv")),
        json: ctx.url(&asked.url("/keys.json")),
        sums: sums(clients, &ctx),
        heads: rows::heads(asked, &ctx),
        lines: rows::lines(shown, &found, refused, &days, &ctx),
        none_at_all,
        pager,
        read: clients.read_at.map_or_else(
            || t.unread.to_owned(),
            |at| (t.read_at)(&rows::ago(ctx.now - at, &ctx)),
        ),
        stray: stray(clients, &ctx),
        asked: asked.clone(),
        ctx,
    }
}

/// Over all keys, whatever is searched for, and over requests without one.
fn sums(clients: &Clients, ctx: &Ctx) -> Vec<Sum> {
    let (t, lang) = (ctx.t.keys, ctx.lang);
    let all = sum(clients.all.iter().map(|key| &key.totals));
    let keys = || clients.all.iter().filter(|key| !key.hash.is_empty());
    let listed = match clients.read_at {
        Some(_) => keys().filter(|key| key.listing == Listing::Listed).count(),
        None => keys().count(),
    };
    let today = keys().filter(|key| key.parts.last().is_some_and(|n| *n > 0));
    let number = |n: usize| lang.count(i64::try_from(n).unwrap_or(i64::MAX));
    let week = View::default().over(RANGE);
    let rows = |n: i64, view: &View| match n {
        0 => String::new(),
        _ => ctx.url(&view.url("/requests")),
    };
    let usage = match all.requests {
        0 => String::new(),
        _ => ctx.url(&UsageView::default().over(RANGE).url("/usage")),
    };
    let today = today.count();
    vec![
        Sum {
            label: t.keys,
            figure: number(listed),
            ..Sum::default()
        },
        Sum {
            label: t.used_today,
            figure: number(today),
            href: match today {
                0 => String::new(),
                _ => ctx.url(&View::default().over(Range::Today).url("/requests")),
            },
            ..Sum::default()
        },
        Sum {
            label: t.requests_7d,
            figure: lang.count(all.requests),
            href: rows(all.requests, &week),
            ..Sum::default()
        },
        Sum {
            label: t.failed,
            figure: lang.count(all.failed),
            href: rows(
                all.failed,
                &week.narrowed(|only| only.outcome = Some(Outcome::Failed)),
            ),
            ..Sum::default()
        },
        Sum {
            label: t.tokens,
            figure: lang.compact(all.tokens()),
            exact: lang.count(all.tokens()),
            href: usage.clone(),
            ..Sum::default()
        },
        Sum {
            label: t.cost,
            figure: all
                .known_cost()
                .map_or_else(|| crate::i18n::UNKNOWN.to_owned(), |cost| lang.cents(cost)),
            exact: match all.unpriced {
                0 => String::new(),
                n => (t.unpriced)(&lang.count(n)),
            },
            href: usage,
            ..Sum::default()
        },
    ]
}

/// Counts added up; quantiles cannot be and stay empty.
fn sum<'a>(all: impl Iterator<Item = &'a Totals>) -> Totals {
    all.fold(Totals::default(), |mut sum, totals| {
        sum.requests += totals.requests;
        sum.failed += totals.failed;
        sum.unknown_tokens += totals.unknown_tokens;
        sum.uncached += totals.uncached;
        sum.cache_read += totals.cache_read;
        sum.cache_write += totals.cache_write;
        sum.output += totals.output;
        sum.reasoning += totals.reasoning;
        sum.unclassified += totals.unclassified;
        sum.cost = sum.cost + totals.cost;
        sum.unpriced += totals.unpriced;
        sum
    })
}

/// The busiest key that the gateway does not list, though it lists others.
fn stray(clients: &Clients, ctx: &Ctx) -> Option<Stray> {
    let t = ctx.t.keys;
    let stray = |key: &&Client| {
        !key.hash.is_empty() && key.listing == Listing::Never && key.totals.requests > 0
    };
    let mut strays: Vec<&Client> = clients.all.iter().filter(stray).collect();
    strays.sort_by_key(|key| (std::cmp::Reverse(key.totals.requests), &key.hash));
    let key = *strays.first()?;
    let last = key
        .used
        .map_or_else(String::new, |span| rows::when(span.last, ctx));
    Some(Stray {
        title: (t.stray)(&rows::name(key, ctx)),
        why: (t.stray_why)(&ctx.lang.count(key.totals.requests), &last),
        more: match strays.len() - 1 {
            0 => String::new(),
            n => (t.stray_more)(&n.to_string()),
        },
        href: ctx.url(&rows::of_key(key).url("/requests")),
    })
}
