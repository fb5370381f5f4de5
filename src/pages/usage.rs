//! Where the tokens and the money went, what got slower and what fails: the
//! same view as sums, as a course over time and by model, key, account or
//! provider. Every sum leads to its rows; the rows have the same parameters.

mod download;
mod figures;
mod head;
mod hours;
mod order;
mod rest;
mod split;
mod tab;
mod table;

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::accounts::{Desk, Mentions};
use crate::domain::filter::{Ignored, Selection, UsageView, grain_name};
use crate::domain::time::{Grain, Range};
use crate::domain::units::At;
use crate::i18n::plain;
use crate::pages::diagnosis::Diagnosis;
use crate::pages::filters::{self, Chip, DIMENSIONS, Filters, Form, Select};
use crate::pages::sheet::{Format, Link};
use crate::pages::sums::Sum;
use crate::pages::trend::{self, Trend};
use crate::regions;
use crate::store::requests::Dimension;
use crate::store::usage::{self, Usage, Wanted};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::reading::get;
use crate::web::state::AppState;
use download::Part;
use hours::{Flagged, Hours};
use rest::{Rest, rest};
use split::Split;
use tab::{Tab, TabLink, tabs};
use table::Table;

pub fn routes(config: &mut ServiceConfig) {
    for tab in Tab::ALL {
        let show =
            move |request: HttpRequest,
                  want: Want,
                  ctx: Ctx,
                  state: Data<AppState>,
                  accounts: Data<Desk>| index(tab, request, want, ctx, state, accounts);
        config.route(tab.path(), get().to(show));
    }
    for (part, format) in Part::ALL
        .into_iter()
        .flat_map(|part| Format::ALL.map(|format| (part, format)))
    {
        let take =
            move |request: HttpRequest, ctx: Ctx, state: Data<AppState>, accounts: Data<Desk>| {
                download::answer(part, format, request, ctx, state, accounts)
            };
        config.route(&part.path(format), get().to(take));
    }
}

/// Ranges one click away.
const RANGES: [Range; 6] = [
    Range::Today,
    Range::Last24Hours,
    Range::Days(7),
    Range::Days(30),
    Range::Days(90),
    Range::All,
];

#[derive(Template)]
#[template(path = "usage.html", blocks = ["results"])]
struct UsagePage {
    ctx: Ctx,
    /// Only the results are rendered; the form and the head ride along.
    partial: bool,
    title: String,
    lede: String,
    files: Vec<Link>,
    tabs: Vec<TabLink>,
    action: String,
    filters: Filters,
    chips: Vec<Chip>,
    clear: String,
    ignored: String,
    sums: Vec<Sum>,
    /// Nothing of the rest without a single request.
    found: Option<Found>,
    empty: Option<Empty>,
    /// Nothing was ever stored: why.
    diagnosis: Option<Box<Diagnosis>>,
}

regions!(UsagePage, results => as_results);

enum Found {
    Sums(Box<Sums>),
    Hours(Box<Hours>),
}

struct Sums {
    /// All together, or the busiest one by one; empty on the summary.
    modes: Vec<trend::Choice>,
    /// Instead of the trend.
    split: Option<Split>,
    trend: Trend,
    trend_files: Vec<Link>,
    /// The most unusual hour, its rows, and the page of all of them.
    unusual: Option<Flagged>,
    /// The page of hours, where the summary does not look for unusual ones.
    elsewhere: Option<String>,
    table: Table,
    /// Of the summary alone.
    rest: Option<Rest>,
}

struct Empty {
    verdict: String,
    why: String,
    action: &'static str,
    href: String,
}

async fn index(
    tab: Tab,
    request: HttpRequest,
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Usage);
    let (view, ignored) = UsageView::parse(request.query_string(), ctx.zone);
    let canonical = request.query_string() == view.query();
    if want == Want::Document && ignored.is_empty() && !canonical {
        return Ok(hx::see_other(&want, &ctx.url(&view.url(tab.path()))));
    }
    let wanted = Wanted {
        view: view.clone(),
        zone: ctx.zone,
        now: ctx.now,
        by: match tab {
            Tab::Hours => Vec::new(),
            tab => vec![tab.dimension()],
        },
        // Which come first is decided by the order asked for.
        limit: usize::MAX,
        plain_bars: !view.metric.is_timed(),
        courses: (view.split && !matches!(tab, Tab::Summary | Tab::Hours))
            .then(|| view.metric.is_timed()),
        week: (tab == Tab::Hours).then(|| view.metric.is_timed()),
        unusual: matches!(tab, Tab::Summary | Tab::Hours).then(|| state.store.oddities()),
        causes: match tab {
            Tab::Hours => hours::LISTED,
            _ => 1,
        },
        choices: DIMENSIONS.to_vec(),
    };
    let names = state.store.names();
    let read = state.store.read(move |c| usage::read(c, &names, &wanted));
    let mentions = accounts.mentions(ctx.now);
    let page = build(tab, ctx, &view, &ignored, &read.await?, &mentions, &want);
    let url = page.ctx.url(&view.url(tab.path()));
    let mut response = hx::respond(&want, &page)?;
    if want == Want::Region("results".into()) {
        hx::follow(&mut response, &url);
    }
    Ok(response)
}

fn build(
    tab: Tab,
    ctx: Ctx,
    view: &UsageView,
    ignored: &[Ignored],
    usage: &Usage,
    mentions: &Mentions,
    want: &Want,
) -> UsagePage {
    let t = ctx.t.usage;
    let rows = view.rows();
    let form = Form {
        view: &rows,
        link: &|rows| ctx.url(&with(view, rows).url(tab.path())),
        query: view.query(),
        ranges: &RANGES,
        selects: selects(tab, view, usage.span, &ctx),
    };
    let chips = filters::chips(&form, &usage.choices, &ctx);
    let cleared = view.narrowed(|only| *only = Selection::between(At(0), At(0)));
    let clear = ctx.url(&cleared.url(tab.path()));
    let totals = &usage.report.totals;
    let some = totals.requests > 0;
    UsagePage {
        partial: *want != Want::Document,
        title: title(tab, view, usage, &ctx),
        lede: (t.in_zone)(&lede(usage, &ctx), usage.zone.name()),
        tabs: tabs(tab, view, &ctx),
        action: ctx.url(tab.path()),
        ignored: filters::unread(ignored, &ctx),
        sums: match tab {
            Tab::Summary | Tab::Hours => figures::sums(view, usage, &ctx),
            tab => head::of(tab.dimension(), view, usage, &ctx),
        },
        found: some.then(|| found(tab, view, usage, mentions, &ctx)),
        files: download::of_page(tab, view, &ctx),
        empty: empty(tab, view, usage, &clear, &ctx),
        diagnosis: usage
            .newest
            .is_none()
            .then(|| Box::new(Diagnosis::of(&ctx))),
        filters: Filters::new(form, &usage.choices, &ctx),
        chips,
        clear,
        ctx,
    }
}

fn found(tab: Tab, view: &UsageView, usage: &Usage, mentions: &Mentions, ctx: &Ctx) -> Found {
    let path = tab.path();
    if let Some(week) = &usage.week {
        return Found::Hours(Box::new(Hours::new(view, usage, week, path, ctx)));
    }
    let trend = Trend::new(view, usage, path, ctx);
    Found::Sums(Box::new(Sums {
        modes: split::modes(tab, view, ctx),
        split: Split::new(tab, view, usage, ctx),
        unusual: Flagged::new(view, usage, ctx),
        elsewhere: (tab == Tab::Summary && usage.unusual.is_none())
            .then(|| ctx.url(&view.url(Tab::Hours.path()))),
        trend_files: download::links(Part::Trend, &trend.title, view, ctx),
        table: Table::new(tab, view, usage, mentions, ctx),
        rest: (tab == Tab::Summary).then(|| rest(view, usage, ctx)),
        trend,
    }))
}

/// The same sums over another range or with other conditions.
fn with(view: &UsageView, rows: &crate::domain::filter::View) -> UsageView {
    UsageView {
        range: rows.range,
        zone: rows.zone,
        only: rows.only.clone(),
        ..view.at(0)
    }
}

/// Names what the view is narrowed to, so that a printed page says whose it is.
fn title(tab: Tab, view: &UsageView, usage: &Usage, ctx: &Ctx) -> String {
    let t = ctx.t.usage;
    let lists = [
        (Dimension::Account, &view.only.accounts),
        (Dimension::Key, &view.only.keys),
        (Dimension::Model, &view.only.models),
        (Dimension::Provider, &view.only.providers),
    ];
    for (dimension, values) in lists {
        let [value] = values.as_slice() else { continue };
        if value.is_empty() {
            continue;
        }
        let place = DIMENSIONS.iter().position(|other| *other == dimension);
        let offered = place.and_then(|place| usage.choices.get(place));
        let choice = offered.and_then(|all| all.iter().find(|choice| choice.value == *value));
        return match choice {
            Some(choice) => (t.of)(&table::name(dimension, choice, ctx)),
            None => (t.of)(&plain(value)),
        };
    }
    match tab {
        Tab::Summary => t.title.to_owned(),
        tab => tab.name(ctx).to_owned(),
    }
}

/// `18 Nov to 24 Nov, today up to 14:32`
fn lede(usage: &Usage, ctx: &Ctx) -> String {
    let (t, zone) = (ctx.t.usage, usage.zone);
    let (from, to) = usage.span;
    let midnight = zone.day_start(from) == from;
    if midnight && to > ctx.now {
        let days = trend::days((from, zone.next_day(ctx.now)), zone, ctx);
        return (t.up_to)(&days, &ctx.lang.minute(&zone.local(ctx.now)));
    }
    trend::days((from, to), zone, ctx)
}

fn selects(tab: Tab, view: &UsageView, span: (At, At), ctx: &Ctx) -> Vec<Select> {
    let t = ctx.t.usage;
    if tab == Tab::Hours {
        return Vec::new();
    }
    let grains = UsageView::GRAINS.iter().zip(t.grain);
    let grains = grains
        .filter(|(grain, _)| UsageView::can_draw(**grain, span) || view.grain == Some(**grain))
        .map(|(grain, name)| {
            (
                grain_name(*grain),
                name.to_owned(),
                view.grain == Some(*grain),
            )
        });
    let auto = match view.grain {
        None => format!(
            "{} ({})",
            t.by_auto,
            trend::grain_name(grain(view, span), ctx)
        ),
        Some(_) => t.by_auto.to_owned(),
    };
    vec![
        Select {
            name: "vs",
            label: t.compare,
            options: vec![
                ("previous", t.previous.to_owned(), view.compare),
                ("none", t.nothing.to_owned(), !view.compare),
            ],
        },
        Select {
            name: "by",
            label: t.by,
            options: std::iter::once(("auto", auto, view.grain.is_none()))
                .chain(grains)
                .collect(),
        },
    ]
}

fn grain(view: &UsageView, span: (At, At)) -> Grain {
    view.grain_over(span)
}

fn empty(tab: Tab, view: &UsageView, usage: &Usage, clear: &str, ctx: &Ctx) -> Option<Empty> {
    let t = ctx.t.usage;
    let newest = usage.newest.filter(|_| usage.report.totals.requests == 0)?;
    let local = usage.zone.local(newest);
    let last = format!("{}, {}", ctx.lang.long_day(&local), ctx.lang.clock(&local));
    let filtered = !view.only.is_everything() && usage.choices.iter().any(|all| !all.is_empty());
    Some(if filtered {
        Empty {
            verdict: t.empty_filtered.to_owned(),
            why: (t.empty_why)(&last),
            action: t.clear,
            href: clear.to_owned(),
        }
    } else {
        Empty {
            verdict: (t.empty)(&lede(usage, ctx)),
            why: (t.empty_why)(&last),
            action: t.show_all,
            href: ctx.url(&view.over(Range::All).url(tab.path())),
        }
    })
}
