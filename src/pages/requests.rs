//! The request list: what was asked for, in one sentence, its sums, its course
//! over time and its rows. Every view is a link; the live stream and the
//! exports take the same query string and answer the same question.

mod export;
mod figures;
mod live;
mod places;
mod rows;

use actix_web::http::header;
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::domain::filter::{Column, Edge, Ignored, PageOf, Sort, SortBy, View};
use crate::domain::time::{Grain, Range, Zone};
use crate::domain::units::{At, Ms};
use crate::i18n::plain;
use crate::pages::diagnosis::Diagnosis;
use crate::pages::filters::{self, Chip, Choices, DIMENSIONS, Filters, Form};
use crate::regions;
use crate::store::names::Names;
use crate::store::report::{self, Question};
use crate::store::requests::{Cursor, From, ListQuery, Page, Totals};
use crate::store::{self, Store, choices, list};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::state::AppState;
use figures::Figures;
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

/// What "now" means in a rate.
const LATELY: Ms = Ms(600_000);

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

struct ColumnChoice {
    name: &'static str,
    label: &'static str,
    shown: bool,
}

struct Pager {
    text: String,
    newer: String,
    newer_href: Option<String>,
    older: String,
    older_href: Option<String>,
    sizes: Vec<(usize, Option<String>)>,
}

/// Why there are no rows.
enum Empty {
    /// Nothing was ever stored: the doctor says why.
    Never(Box<Diagnosis>),
    /// There are rows, but not here.
    Elsewhere {
        verdict: String,
        why: String,
        action: &'static str,
        href: String,
    },
}

/// Everything the page reads, at one moment.
struct Read {
    span: (At, At),
    grain: Grain,
    report: report::Report,
    /// Of the same range without conditions.
    whole: Totals,
    page: Page,
    choices: Choices,
    newest: Option<At>,
    /// Requests of the last ten minutes, where the view is live.
    lately: i64,
}

async fn index(
    request: HttpRequest,
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
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
    let arrived = state.store.arrivals().last();
    let read = load(&state.store, view.clone(), ctx.zone, ctx.now).await?;
    let page = build(ctx, &view, &ignored, &read, arrived, version, &want);
    let url = page.ctx.url(&view.url("/requests"));
    let mut response = hx::respond(&want, &page)?;
    let by_form = request
        .headers()
        .get("hx-source")
        .is_some_and(|source| source == "form#filters");
    if by_form && let Ok(url) = header::HeaderValue::from_str(&url) {
        let name = header::HeaderName::from_static("hx-push-url");
        response.headers_mut().insert(name, url);
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

async fn load(store: &Store, view: View, zone: Zone, now: At) -> Result<Read> {
    let names = store.names();
    let read = store.read(move |c| read(c, &names, &view, zone, now));
    Ok(read.await?)
}

fn read(
    c: &mut store::Connection,
    names: &Names,
    view: &View,
    zone: Zone,
    now: At,
) -> store::Result<Read> {
    let zone = view.zone.unwrap_or(zone);
    let all = View::default().over(Range::Between(View::OPEN.0, View::OPEN.1));
    let newest = edge_of_time(c, names, &all, true)?;
    let oldest = edge_of_time(c, names, &all, false)?;
    let span = view.resolve(zone, now, oldest);
    let selection = view.selection(span);
    let grain = Grain::fitting(span.0, span.1, figures::BARS);
    let question = Question {
        edges: edges(grain, zone, span, now),
        quantiles: true,
        ..Question::default()
    };
    let report = report::of(c, names, &selection, &question)?;
    let whole = if selection.is_everything() {
        report.totals.clone()
    } else {
        report::of(
            c,
            names,
            &view.cleared().selection(span),
            &Question::default(),
        )?
        .totals
    };
    let page = list::page(
        c,
        names,
        &ListQuery {
            selection,
            sort: view.sort,
            from: match view.page {
                PageOf::Start => From::Start,
                PageOf::After(edge) => From::After(cursor(edge)),
                PageOf::Before(edge) => From::Before(cursor(edge)),
            },
            limit: view.rows,
        },
    )?;
    let mut choices = Vec::with_capacity(DIMENSIONS.len());
    for dimension in DIMENSIONS {
        choices.push(choices::of(c, names, dimension, span.0, span.1)?);
    }
    let lately = if view.is_live() {
        let lately = view.selection((span.1 - LATELY, span.1));
        report::of(c, names, &lately, &Question::default())?
            .totals
            .requests
    } else {
        0
    };
    Ok(Read {
        span,
        grain,
        report,
        whole,
        page,
        choices,
        newest,
        lately,
    })
}

/// The last bucket is whole even while it fills, so that bars keep their width.
fn edges(grain: Grain, zone: Zone, (from, to): (At, At), now: At) -> Vec<At> {
    let end = if to > now { grain.next(zone, now) } else { to };
    grain.edges(zone, from, end.max(to))
}

fn edge_of_time(
    c: &mut store::Connection,
    names: &Names,
    all: &View,
    descending: bool,
) -> store::Result<Option<At>> {
    let query = ListQuery {
        selection: all.selection(View::OPEN),
        sort: Sort {
            by: SortBy::Time,
            descending,
        },
        from: From::Start,
        limit: 1,
    };
    Ok(list::page(c, names, &query)?
        .rows
        .first()
        .map(|row| row.key.at))
}

fn cursor(edge: Edge) -> Cursor {
    Cursor {
        value: edge.value,
        key: edge.key,
    }
}

fn edge(cursor: Cursor) -> Edge {
    Edge {
        value: cursor.value,
        key: cursor.key,
    }
}

fn build(
    ctx: Ctx,
    view: &View,
    ignored: &[Ignored],
    read: &Read,
    arrived: u64,
    version: u64,
    want: &Want,
) -> RequestsPage {
    let t = ctx.t.requests;
    let columns = Columns::of(view, &ctx);
    let totals = &read.report.totals;
    let rows = rows::lines(&read.page.rows, view, &ctx);
    let pager = pager(view, &read.page, totals.requests, &ctx);
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
    let names: Vec<String> = ignored
        .iter()
        .map(|other| plain(&format!("{}={}", other.name, other.value)).into_owned())
        .collect();
    RequestsPage {
        partial: *want != Want::Document,
        lede: lede(view, read, &ctx),
        live: Live {
            on: is_live,
            possible: view.can_be_live(),
            stream: with("/events", "since", arrived),
            toggle: ctx.url(&view.paused(is_live).url("/requests")),
            rate: figures::rate(read.lately, LATELY)
                .filter(|_| is_live)
                .map_or_else(String::new, |n| (t.a_minute)(&n)),
        },
        column_choices: column_choices(columns, &ctx),
        columns,
        csv: ctx.url(&view.at(PageOf::Start).url("/requests.csv")),
        jsonl: ctx.url(&view.at(PageOf::Start).url("/requests.jsonl")),
        action: ctx.url("/requests"),
        chips: filters::chips(&form, &read.choices, &ctx),
        filters: Filters::new(form, &read.choices, &ctx),
        clear: ctx.url(&view.cleared().url("/requests")),
        ignored: if names.is_empty() {
            String::new()
        } else {
            (t.ignored)(&names.join(", "))
        },
        figures: Figures::new(
            view,
            read.span,
            totals,
            &read.report.timeline,
            read.grain,
            &ctx,
        ),
        figures_url: if is_live {
            with("/requests", "seen", version)
        } else {
            String::new()
        },
        heads: rows::heads(view, columns, &ctx),
        caption: (t.caption)(&order(view, &ctx), &pager.text),
        empty: rows.is_empty().then(|| empty(view, read, &ctx)),
        rows,
        pager,
        ctx,
    }
}

/// `4,804 of 5,920 in the last 24 h, Europe/Berlin`
fn lede(view: &View, read: &Read, ctx: &Ctx) -> String {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let zone = view.zone.unwrap_or(ctx.zone);
    let (part, whole) = (read.report.totals.requests, read.whole.requests);
    let counts = if whole == 0 {
        t.none.to_owned()
    } else if view.only.is_everything() {
        (t.all_of)(&lang.count(whole))
    } else {
        (t.some_of)(&lang.count(part), &lang.count(whole))
    };
    let sentence = (t.sentence)(&counts, &range_words(view, zone, ctx));
    (t.in_zone)(&sentence, zone.name())
}

fn range_words(view: &View, zone: Zone, ctx: &Ctx) -> String {
    let t = ctx.t.requests;
    let year = chrono::Datelike::year(&zone.local(ctx.now));
    let word = |at: At| {
        let local = zone.local(at);
        format!("{} {}", ctx.lang.day(&local, year), ctx.lang.minute(&local))
    };
    match view.range {
        Range::Between(from, to) if to == View::OPEN.1 => (t.since)(&word(from)),
        Range::Between(from, to) if from == View::OPEN.0 => (t.until)(&word(to)),
        Range::Between(from, to) => (t.between)(&word(from), &word(to)),
        range => (t.range_words)(range),
    }
}

fn order(view: &View, ctx: &Ctx) -> String {
    let t = ctx.t.requests;
    let name = match view.sort.by {
        SortBy::Time => {
            let newest = view.sort.descending;
            return if newest {
                t.newest_first
            } else {
                t.oldest_first
            }
            .to_owned();
        }
        SortBy::Latency => t.latency,
        SortBy::Ttft => t.ttft,
        SortBy::Speed => t.speed,
        SortBy::Input => t.input,
        SortBy::Cached => t.cached,
        SortBy::Output => t.output,
        SortBy::Reasoning => t.reasoning,
        SortBy::Cost => t.cost,
    };
    if view.sort.descending {
        (t.highest_first)(name)
    } else {
        (t.lowest_first)(name)
    }
}

fn pager(view: &View, page: &Page, whole: i64, ctx: &Ctx) -> Pager {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let shown = i64::try_from(page.rows.len()).unwrap_or_default();
    let by_time = view.sort == Sort::default();
    let to = |page| Some(ctx.url(&view.at(page).url("/requests")));
    Pager {
        text: match view.page {
            _ if shown == 0 => lang.count(whole),
            PageOf::Start => (t.first_rows)(&lang.count(shown), &lang.count(whole)),
            _ => (t.some_rows)(&lang.count(shown), &lang.count(whole)),
        },
        newer: if by_time { t.newer } else { t.previous }.to_owned(),
        newer_href: page.before.and_then(|c| to(PageOf::Before(edge(c)))),
        older: if by_time { t.older } else { t.next }.to_owned(),
        older_href: page.after.and_then(|c| to(PageOf::After(edge(c)))),
        sizes: [View::ROWS, 100, 200]
            .into_iter()
            .map(|n| {
                let href = (n != view.rows).then(|| ctx.url(&view.of_rows(n).url("/requests")));
                (n, href)
            })
            .collect(),
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

fn empty(view: &View, read: &Read, ctx: &Ctx) -> Empty {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let Some(newest) = read.newest else {
        return Empty::Never(Box::new(Diagnosis::of(ctx)));
    };
    let zone = view.zone.unwrap_or(ctx.zone);
    let local = zone.local(newest);
    let at = format!("{}, {}", lang.long_day(&local), lang.clock(&local));
    let last = (t.last_stored)(&at);
    if read.report.totals.requests > 0 {
        return Empty::Elsewhere {
            verdict: t.no_more_rows.to_owned(),
            why: last,
            action: t.first_page,
            href: ctx.url(&view.at(PageOf::Start).url("/requests")),
        };
    }
    if read.whole.requests > 0 {
        return Empty::Elsewhere {
            verdict: t.nothing_matches.to_owned(),
            why: (t.filters_exclude)(&lang.count(read.whole.requests)),
            action: t.show_all,
            href: ctx.url(&view.cleared().url("/requests")),
        };
    }
    Empty::Elsewhere {
        verdict: (t.nothing_in_range)(&range_words(view, zone, ctx)),
        why: last,
        action: t.show_everything,
        href: ctx.url(&view.over(Range::All).url("/requests")),
    }
}
