//! Where the tokens and the money went, what got slower and what fails: the
//! same view as sums, as a course over time and by model, key, account or
//! provider. Every sum leads to its rows; the rows have the same parameters.

mod figures;
mod table;

use std::fmt::Write as _;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::domain::filter::{Ignored, Selection, UsageView, grain_name};
use crate::domain::time::{Grain, Range};
use crate::domain::units::At;
use crate::i18n::plain;
use crate::pages::diagnosis::Diagnosis;
use crate::pages::filters::{self, Chip, DIMENSIONS, Filters, Form, Select};
use crate::pages::sums::Sum;
use crate::pages::tokens::Mix;
use crate::pages::trend::{self, Trend};
use crate::regions;
use crate::store::requests::Dimension;
use crate::store::usage::{self, Usage, Wanted};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::state::AppState;
use figures::Pace;
use table::Table;

pub fn routes(config: &mut ServiceConfig) {
    for tab in Tab::ALL {
        let show = move |request: HttpRequest, want: Want, ctx: Ctx, state: Data<AppState>| {
            index(tab, request, want, ctx, state)
        };
        config.route(tab.path(), get().to(show));
    }
}

/// One page of sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Summary,
    Models,
    Keys,
    Accounts,
    Providers,
}

impl Tab {
    const ALL: [Self; 5] = [
        Self::Summary,
        Self::Models,
        Self::Keys,
        Self::Accounts,
        Self::Providers,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Summary => "/usage",
            Self::Models => "/usage/models",
            Self::Keys => "/usage/keys",
            Self::Accounts => "/usage/accounts",
            Self::Providers => "/usage/providers",
        }
    }

    fn name(self, ctx: &Ctx) -> &'static str {
        let t = ctx.t.usage;
        match self {
            Self::Summary => t.summary,
            Self::Models => t.models,
            Self::Keys => t.keys,
            Self::Accounts => t.accounts,
            Self::Providers => t.providers,
        }
    }

    /// What its table ranks.
    fn dimension(self) -> Dimension {
        match self {
            Self::Summary | Self::Models => Dimension::Model,
            Self::Keys => Dimension::Key,
            Self::Accounts => Dimension::Account,
            Self::Providers => Dimension::Provider,
        }
    }

    /// Rows of its table.
    fn limit(self) -> usize {
        if self == Self::Summary { 12 } else { 500 }
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

struct TabLink {
    name: &'static str,
    href: String,
    here: bool,
}

struct Found {
    trend: Trend,
    table: Table,
    /// Of the summary alone.
    rest: Option<Rest>,
}

struct Rest {
    mix: Mix,
    unknown: String,
    pace: Pace,
    /// Share priced, and how many are not.
    unpriced: Option<(String, String)>,
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
        by: vec![tab.dimension()],
        limit: tab.limit(),
        choices: DIMENSIONS.to_vec(),
    };
    let names = state.store.names();
    let read = state.store.read(move |c| usage::read(c, &names, &wanted));
    let page = build(tab, ctx, &view, &ignored, &read.await?, &want);
    let url = page.ctx.url(&view.url(tab.path()));
    let mut response = hx::respond(&want, &page)?;
    if want == Want::Region("results".into())
        && let Ok(url) = HeaderValue::from_str(&url)
    {
        let name = HeaderName::from_static("hx-push-url");
        response.headers_mut().insert(name, url);
    }
    Ok(response)
}

fn build(
    tab: Tab,
    ctx: Ctx,
    view: &UsageView,
    ignored: &[Ignored],
    usage: &Usage,
    want: &Want,
) -> UsagePage {
    let t = ctx.t.usage;
    let rows = view.rows();
    let form = Form {
        view: &rows,
        link: &|rows| ctx.url(&with(view, rows).url(tab.path())),
        query: view.query(),
        ranges: &RANGES,
        selects: selects(view, usage.span, &ctx),
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
        ignored: unread(ignored, &ctx),
        sums: figures::sums(view, usage, &ctx),
        found: some.then(|| Found {
            trend: Trend::new(view, usage, tab.path(), &ctx),
            table: Table::new(tab.dimension(), view, usage, tab.limit(), tab.path(), &ctx),
            rest: (tab == Tab::Summary).then(|| rest(usage, &ctx)),
        }),
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

/// The same sums over another range or with other conditions.
fn with(view: &UsageView, rows: &crate::domain::filter::View) -> UsageView {
    UsageView {
        range: rows.range,
        zone: rows.zone,
        only: rows.only.clone(),
        ..view.clone()
    }
}

fn tabs(here: Tab, view: &UsageView, ctx: &Ctx) -> Vec<TabLink> {
    let carried = UsageView {
        sort: None,
        ..view.clone()
    };
    let mut tabs: Vec<TabLink> = Tab::ALL
        .into_iter()
        .map(|tab| TabLink {
            name: tab.name(ctx),
            href: ctx.url(&carried.url(tab.path())),
            here: tab == here,
        })
        .collect();
    tabs.push(TabLink {
        name: ctx.t.usage.prices,
        href: ctx.url("/usage/prices"),
        here: false,
    });
    tabs
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
        tab => format!("{}: {}", t.title, tab.name(ctx)),
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

fn selects(view: &UsageView, span: (At, At), ctx: &Ctx) -> Vec<Select> {
    let t = ctx.t.usage;
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

fn unread(ignored: &[Ignored], ctx: &Ctx) -> String {
    let mut names = String::new();
    for other in ignored {
        let comma = if names.is_empty() { "" } else { ", " };
        let _ = write!(names, "{comma}{}={}", other.name, other.value);
    }
    if names.is_empty() {
        return names;
    }
    (ctx.t.requests.ignored)(&plain(&names))
}

fn rest(usage: &Usage, ctx: &Ctx) -> Rest {
    let (t, lang) = (ctx.t.usage, ctx.lang);
    let totals = &usage.report.totals;
    Rest {
        mix: Mix::sum(totals, ctx),
        unknown: match totals.unknown_tokens {
            0 => String::new(),
            n => (t.unknown)(&lang.count(n)),
        },
        pace: Pace::new(usage, ctx),
        unpriced: (totals.unpriced > 0).then(|| {
            let priced = lang.share(totals.requests - totals.unpriced, totals.requests);
            let priced = (t.some_unpriced)(&priced.unwrap_or_default());
            (priced, (t.unpriced_why)(&lang.count(totals.unpriced)))
        }),
    }
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
