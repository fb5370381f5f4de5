//! The request list: what was asked for, in one sentence, its sums, its course
//! over time and its rows. Every view is a link; the live stream and the
//! exports take the same query string and answer the same question.

mod empty;
mod export;
mod figures;
mod live;
mod pager;
mod places;
mod read;
mod rows;
mod words;

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::accounts::{Desk, Mentions};
use crate::domain::filter::{Column, Ignored, PageOf, View};
use crate::domain::time::{Range, Zone};
use crate::pages::filters::{self, Chip, Filters, Form};
use crate::regions;
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::reading::get;
use crate::web::state::AppState;
use empty::Empty;
use figures::Figures;
use pager::Pager;
use read::{LATELY, Read, load};
use rows::{Columns, Head, Line};

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/requests", get().to(index))
        .route("/requests.csv", get().to(export::csv))
        .route("/requests.jsonl", get().to(export::jsonl))
        .route("/events", get().to(live::stream));
}

#[derive(Template)]
#[template(path = "requests.html", blocks = ["results", "figures"])]
struct RequestsPage {
    ctx: Ctx,
    /// Only the results are rendered; the form and the head ride along.
    partial: bool,
    lede: String,
    live: Live,
    columns: Columns,
    column_choices: Vec<ColumnChoice>,
    csv: String,
    jsonl: String,
    action: String,
    filters: Filters,
    chips: Vec<Chip>,
    clear: String,
    /// What the query said that nobody understood; empty when nothing.
    ignored: String,
    figures: Figures,
    /// Where the figures refresh themselves from; empty when they do not.
    figures_url: String,
    heads: Vec<Head>,
    rows: Vec<Line>,
    caption: String,
    pager: Pager,
    empty: Option<Empty>,
}

regions!(RequestsPage, results => as_results, figures => as_figures);

/// Ranges one click away.
const RANGES: [Range; 6] = [
    Range::Today,
    Range::LastHour,
    Range::Last24Hours,
    Range::Days(7),
    Range::Days(30),
    Range::All,
];

/// New rows: arriving, paused, or not possible in this view.
struct Live {
    on: bool,
    possible: bool,
    /// The event stream, only while it is on.
    stream: String,
    /// Turns it on or off.
    toggle: String,
    rate: String,
}

/// What holds besides the rows when they are read.
struct Moment {
    /// Number of the last event stored before.
    arrived: u64,
    version: u64,
    mentions: Mentions,
}

struct ColumnChoice {
    name: &'static str,
    label: &'static str,
    shown: bool,
}

async fn index(
    request: HttpRequest,
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Requests);
    let (view, ignored, seen) = parse(request.query_string(), ctx.zone);
    let version = *state.store.version().borrow();
    if want == Want::Document && ignored.is_empty() && request.query_string() != view.query() {
        return Ok(hx::see_other(&want, &ctx.url(&view.url("/requests"))));
    }
    if want == Want::Region("figures".into()) && seen == Some(version) {
        return Ok(hx::unchanged());
    }
    // Before the rows: what arrives meanwhile is sent again, not lost.
    let moment = Moment {
        arrived: state.store.arrivals().last(),
        version,
        mentions: accounts.mentions(ctx.now),
    };
    let read = load(&state.store, view.clone(), ctx.zone, ctx.now).await?;
    let page = build(ctx, &view, &ignored, &read, &moment, &want);
    let url = page.ctx.url(&view.url("/requests"));
    let mut response = hx::respond(&want, &page)?;
    let by_form = request
        .headers()
        .get("hx-source")
        .is_some_and(|source| source == "form#filters");
    if by_form {
        hx::follow(&mut response, &url);
    }
    Ok(response)
}

/// The view, what was not understood, and the version a refresh has seen.
fn parse(query: &str, zone: Zone) -> (View, Vec<Ignored>, Option<u64>) {
    let (view, mut ignored) = View::parse(query, zone);
    let seen = ignored.iter().find(|other| other.name == "seen");
    let seen = seen.and_then(|other| other.value.parse().ok());
    ignored.retain(|other| other.name != "seen");
    (view, ignored, seen)
}

fn build(
    ctx: Ctx,
    view: &View,
    ignored: &[Ignored],
    read: &Read,
    moment: &Moment,
    want: &Want,
) -> RequestsPage {
    let t = ctx.t.requests;
    let columns = Columns::of(view, &ctx);
    let totals = &read.report.totals;
    let rows = rows::lines(&read.page.rows, view, &moment.mentions, &ctx);
    let pager = pager::pager(view, &read.page, totals.requests, &ctx);
    let is_live = view.is_live();
    let form = Form {
        view,
        link: &|view| ctx.url(&view.url("/requests")),
        query: view.query(),
        ranges: &RANGES,
        selects: Vec::new(),
    };
    let with = |path: &str, name: &str, value: u64| {
        let url = ctx.url(&view.url(path));
        let join = if url.contains('?') { '&' } else { '?' };
        format!("{url}{join}{name}={value}")
    };
    RequestsPage {
        partial: *want != Want::Document,
        lede: words::lede(view, read, &ctx),
        live: Live {
            on: is_live,
            possible: view.can_be_live(),
            stream: with("/events", "since", moment.arrived),
            toggle: ctx.url(&view.paused(is_live).url("/requests")),
            rate: figures::rate(read.lately, LATELY)
                .filter(|_| is_live)
                .map_or_else(String::new, |n| (t.a_minute_lately)(&n)),
        },
        column_choices: column_choices(columns, &ctx),
        columns,
        csv: ctx.url(&view.at(PageOf::Start).url("/requests.csv")),
        jsonl: ctx.url(&view.at(PageOf::Start).url("/requests.jsonl")),
        action: ctx.url("/requests"),
        chips: filters::chips(&form, &read.choices, &ctx),
        filters: Filters::new(form, &read.choices, &ctx),
        clear: ctx.url(&view.cleared().url("/requests")),
        ignored: filters::unread(ignored, &ctx),
        figures: Figures::new(
            view,
            read.covered,
            totals,
            &read.report.timeline,
            read.grain,
            &ctx,
        ),
        figures_url: if is_live {
            with("/requests", "seen", moment.version)
        } else {
            String::new()
        },
        heads: rows::heads(view, columns, &ctx),
        caption: (t.caption)(&words::order(view, &ctx), &pager.text),
        empty: rows.is_empty().then(|| empty::empty(view, read, &ctx)),
        rows,
        pager,
        ctx,
    }
}

fn column_choices(columns: Columns, ctx: &Ctx) -> Vec<ColumnChoice> {
    let t = ctx.t.requests;
    Column::ALL
        .into_iter()
        .map(|column| ColumnChoice {
            name: column.name(),
            shown: columns.has(column),
            label: match column {
                Column::Status => t.status,
                Column::Model => t.model,
                Column::Account => t.account,
                Column::Effort => t.effort_tier,
                Column::Latency => t.latency,
                Column::Ttft => t.ttft,
                Column::Speed => t.speed,
                Column::Input => t.input,
                Column::Cached => t.cached,
                Column::Output => t.output,
                Column::Reasoning => t.reasoning,
                Column::Cost => t.cost,
                Column::Key => t.key,
            },
        })
        .collect()
}
