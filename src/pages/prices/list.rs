//! The list: for each model in use what it costs and by which rule, or a whole
//! layer.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use super::{Done, Flash, Tab, tabs, words};
use crate::domain::pricing::plan::Wanted;
use crate::domain::pricing::{Entry, Found, Layer, PriceBook, Quote};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::pages::cell::Cell;
use crate::pages::scale;
use crate::pages::sheet::{self, Link};
use crate::store::prices::{Change, ChangeBatch, Item, history, seen};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx;
use crate::web::session::Access;
use crate::web::state::AppState;

const ROWS: usize = 100;
const BATCHES: i64 = 8;
/// Rates of a row.
const CELLS: usize = 4;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Show {
    #[default]
    InUse,
    Own,
    Synced,
    BuiltIn,
}

impl Show {
    const ALL: [(Self, &'static str); 4] = [
        (Self::InUse, ""),
        (Self::Own, "own"),
        (Self::Synced, "synced"),
        (Self::BuiltIn, "built_in"),
    ];

    pub(super) fn of(asked: &Asked) -> Self {
        let known = Self::ALL.into_iter().find(|(_, name)| *name == asked.show);
        known.map_or(Self::default(), |(show, _)| show)
    }

    /// `None` for the models in use, whatever layer prices them.
    pub(super) fn layer(self) -> Option<Layer> {
        match self {
            Self::InUse => None,
            Self::Own => Some(Layer::Override),
            Self::Synced => Some(Layer::Synced),
            Self::BuiltIn => Some(Layer::BuiltIn),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub show: String,
    pub q: String,
    page: usize,
}

impl Asked {
    /// What names are searched for, without regard to case.
    pub(super) fn search(&self) -> String {
        self.q.trim().to_lowercase()
    }
}

#[derive(Template)]
#[template(path = "prices.html")]
struct ListPage {
    tabs: [Tab; 4],
    flash: Option<Flash>,
    segments: Vec<Segment>,
    show: String,
    q: String,
    files: Vec<Link>,
    unpriced: usize,
    rows: Vec<Row>,
    pager: Option<Pager>,
    batches: Vec<Batch>,
    ctx: Ctx,
}

impl ListPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.prices
    }
}

struct Segment {
    name: &'static str,
    count: String,
    href: String,
    here: bool,
}

struct Pager {
    text: String,
    newer: Option<String>,
    older: Option<String>,
}

struct Row {
    id: String,
    model: String,
    /// Who serves or sells it.
    by: String,
    layer: &'static str,
    rule: String,
    /// Empty for a model without a price.
    cells: Vec<Cell>,
    more: String,
    source: String,
    edit: String,
    /// Layer, model and seller of an entry that can be removed.
    remove: Option<(&'static str, String, String)>,
}

/// Changes that can be undone together.
struct Batch {
    id: i64,
    time: String,
    what: String,
}

pub(super) async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    asked: Query<Asked>,
    done: Query<Done>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Usage);
    let read = |c: &mut _| Ok((seen::models(c)?, history(c, BATCHES)?));
    let (wanted, batches) = state.store.read(read).await?;
    let flash = done.flash(&ctx, &state).await?;
    let page = build(ctx, &state.store.prices(), &wanted, &batches, &asked, flash);
    Ok(hx::html_response(StatusCode::OK).body(page.render()?))
}

fn build(
    ctx: Ctx,
    book: &PriceBook,
    wanted: &[Wanted],
    batches: &[ChangeBatch],
    asked: &Asked,
    flash: Option<Flash>,
) -> ListPage {
    let (show, search) = (Show::of(asked), asked.search());
    let all = match show.layer() {
        None => in_use(&ctx, book, wanted, &search),
        Some(layer) => of_layer(&ctx, book, layer, &search),
    };
    let first = (asked.page * ROWS).min(all.len());
    let count = all.len();
    let mut rows: Vec<Row> = all
        .into_iter()
        .skip(first)
        .take(ROWS)
        .enumerate()
        .map(|(n, row)| Row {
            id: format!("p{n}"),
            ..row
        })
        .collect();
    for place in 0..CELLS {
        let column = rows.iter_mut().filter_map(|row| row.cells.get_mut(place));
        scale::even(&mut column.map(|cell| &mut cell.text).collect::<Vec<_>>());
    }
    let unpriced = wanted
        .iter()
        .filter(|wanted| book.find(&wanted.model, &wanted.provider).is_none())
        .count();
    ListPage {
        tabs: tabs(&ctx, "/usage/prices"),
        flash,
        segments: segments(&ctx, book, wanted.len(), show),
        files: files(&ctx, asked),
        show: asked.show.clone(),
        q: asked.q.clone(),
        unpriced,
        pager: (count > ROWS).then(|| pager(&ctx, asked, first, rows.len(), count)),
        rows,
        batches: batches.iter().map(|batch| said(&ctx, batch)).collect(),
        ctx,
    }
}

fn segments(ctx: &Ctx, book: &PriceBook, in_use: usize, here: Show) -> Vec<Segment> {
    let segment = |(show, name): (Show, &str)| {
        let (label, count) = match show.layer() {
            None => (ctx.t.prices.in_use, in_use),
            Some(layer) => (words::layer(ctx.t.prices, layer), book.layer(layer).len()),
        };
        Segment {
            name: label,
            count: ctx.lang.count(i64::try_from(count).unwrap_or(i64::MAX)),
            href: words::address(ctx, "/usage/prices", [("show", name)]),
            here: show == here,
        }
    };
    Show::ALL.into_iter().map(segment).collect()
}

fn pager(ctx: &Ctx, asked: &Asked, first: usize, shown: usize, count: usize) -> Pager {
    let number = |n: usize| ctx.lang.count(i64::try_from(n).unwrap_or(i64::MAX));
    let to = |page: usize| {
        let page = page.to_string();
        let query = [
            ("show", asked.show.as_str()),
            ("q", &asked.q),
            ("page", &page),
        ];
        words::address(ctx, "/usage/prices", query)
    };
    Pager {
        text: (ctx.t.prices.rows)(&number(first + 1), &number(first + shown), &number(count)),
        newer: asked.page.checked_sub(1).map(to),
        older: (first + shown < count).then(|| to(asked.page + 1)),
    }
}

/// Models that were met, those without a price first.
pub(super) fn used<'a>(
    book: &'a PriceBook,
    wanted: &'a [Wanted],
    search: &str,
) -> Vec<(&'a Wanted, Option<Found<'a>>)> {
    let hits = wanted
        .iter()
        .filter(|wanted| wanted.model.to_lowercase().contains(search));
    let found = hits.map(|wanted| (wanted, book.find(&wanted.model, &wanted.provider)));
    let mut rows: Vec<_> = found.collect();
    rows.sort_by_key(|(_, found)| found.is_some());
    rows
}

/// The entries of a layer, by name.
pub(super) fn entries<'a>(book: &'a PriceBook, layer: Layer, search: &str) -> Vec<&'a Entry> {
    let mut entries: Vec<&Entry> = book.layer(layer).iter().collect();
    entries.retain(|entry| entry.model.to_lowercase().contains(search));
    entries.sort_by_key(|entry| (entry.model.to_lowercase(), entry.seller.clone()));
    entries
}

fn files(ctx: &Ctx, asked: &Asked) -> Vec<Link> {
    sheet::links(ctx.t.prices.list, ctx, |format| {
        let path = format!("{}.{}", super::LIST, format.suffix());
        let query = [("show", asked.show.as_str()), ("q", &asked.q)];
        words::address(ctx, &path, query)
    })
}

fn in_use(ctx: &Ctx, book: &PriceBook, wanted: &[Wanted], search: &str) -> Vec<Row> {
    let t = ctx.t.prices;
    let mut rows: Vec<Row> = Vec::new();
    for (wanted, found) in used(book, wanted, search) {
        let query = [
            ("model", wanted.model.as_str()),
            ("provider", &wanted.provider),
        ];
        let mut row = Row {
            id: String::new(),
            model: plain(&wanted.model).into_owned(),
            by: (t.served_by)(&plain(&wanted.provider)),
            layer: "",
            rule: String::new(),
            cells: Vec::new(),
            more: String::new(),
            source: String::new(),
            edit: words::address(ctx, "/usage/prices/edit", query),
            remove: None,
        };
        if let Some(found) = &found {
            row.layer = words::layer(t, found.rule.layer);
            row.rule = words::rule(t, &found.rule);
            row.cells = words::rates(t, found.price).into();
            row.more = words::more(ctx, found.price);
            row.source = words::source(ctx, found.entry);
            if found.rule.layer == Layer::Override && found.rule.like.is_none() {
                row.remove = removable(Layer::Override, found.entry);
            }
        }
        rows.push(row);
    }
    rows
}

fn of_layer(ctx: &Ctx, book: &PriceBook, layer: Layer, search: &str) -> Vec<Row> {
    let t = ctx.t.prices;
    let row = |entry: &Entry| {
        let price = words::price(&entry.quote);
        Row {
            id: String::new(),
            model: plain(&entry.model).into_owned(),
            by: if entry.seller.is_empty() {
                String::new()
            } else {
                (t.sold_by)(&plain(&entry.seller))
            },
            layer: words::layer(t, layer),
            rule: match &entry.quote {
                Quote::Like(model) => (t.costs_like)(&plain(model)),
                Quote::Price(_) => String::new(),
            },
            cells: price.map_or(
                vec![Cell::none(), Cell::none(), Cell::none(), Cell::none()],
                |price| words::rates(t, price).into(),
            ),
            more: price.map_or(String::new(), |price| words::more(ctx, price)),
            source: words::source(ctx, entry),
            edit: words::address(ctx, "/usage/prices/edit", [("model", entry.model.as_str())]),
            remove: removable(layer, entry),
        }
    };
    entries(book, layer, search).into_iter().map(row).collect()
}

fn removable(layer: Layer, entry: &Entry) -> Option<(&'static str, String, String)> {
    let name = match layer {
        Layer::Override => "override",
        Layer::Synced => "synced",
        Layer::BuiltIn => return None,
    };
    Some((name, entry.model.clone(), entry.seller.clone()))
}

/// `3 entries: gpt-5.5, gpt-5.4, …`
fn said(ctx: &Ctx, batch: &ChangeBatch) -> Batch {
    let name = |change: &Change| match change.after.as_ref().or(change.before.as_ref()) {
        Some(Item::Price(_, entry)) => plain(&entry.model).into_owned(),
        Some(Item::Multiplier(multiplier)) => plain(multiplier.model.as_str()).into_owned(),
        None => String::new(),
    };
    let mut what: Vec<String> = batch.changes.iter().take(3).map(name).collect();
    if batch.changes.len() > 3 {
        let count = i64::try_from(batch.changes.len()).unwrap_or(i64::MAX);
        what.push((ctx.t.prices.prices_changed)(&ctx.lang.count(count)));
    }
    Batch {
        id: batch.id,
        time: ctx.lang.full(&ctx.local(batch.at)),
        what: what.join(", "),
    }
}
