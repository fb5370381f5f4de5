//! `/v0/management/model-prices…`: the prices in force by layer, the one that
//! holds for a model and why, and setting or removing one's own.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::price_form::PriceForm;
use super::question::{self, bad, parameter};
use super::shape::text;
use crate::domain::pricing::{Entry, Layer, Quote, Rule};
use crate::store::prices::{Edit, Item, Undone};
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::session::Access;
use crate::web::state::AppState;

/// As long as the names of models get.
const LONGEST_NAME: usize = 200;

const LAYERS: [(&str, Layer); 3] = [
    ("override", Layer::Override),
    ("synced", Layer::Synced),
    ("built_in", Layer::BuiltIn),
];

#[derive(Serialize)]
struct Shown {
    layer: Layer,
    model: String,
    seller: Option<String>,
    source: String,
    as_of: String,
    /// The model it costs what; then it has no price of its own.
    like: Option<String>,
    price: Option<PriceForm>,
}

fn shown(layer: Layer, entry: &Entry) -> Shown {
    let (like, price) = match &entry.quote {
        Quote::Like(model) => (Some(model.clone()), None),
        Quote::Price(price) => (None, Some(PriceForm::of(price))),
    };
    Shown {
        layer,
        model: entry.model.clone(),
        seller: text(&entry.seller),
        source: entry.source.clone(),
        as_of: entry.as_of.rfc3339(),
        like,
        price,
    }
}

#[derive(Serialize)]
struct All {
    prices: Vec<Shown>,
}

pub(super) async fn list(
    request: HttpRequest,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let query = request.query_string();
    question::only(query, &["layer"])?;
    let wanted = parameter(query, "layer")
        .map(|name| layer(&name))
        .transpose()?;
    let book = state.store.prices();
    let layers = LAYERS.into_iter().map(|(_, layer)| layer);
    let layers = layers.filter(|layer| wanted.is_none_or(|wanted| wanted == *layer));
    let entries = layers.flat_map(|layer| book.layer(layer).iter().map(move |e| (layer, e)));
    let prices = entries.map(|(layer, entry)| shown(layer, entry)).collect();
    Ok(HttpResponse::Ok().json(All { prices }))
}

fn layer(name: &str) -> Result<Layer> {
    let found = LAYERS.into_iter().find(|(known, _)| *known == name);
    found
        .map(|(_, layer)| layer)
        .ok_or_else(|| bad("layer", name))
}

#[derive(Serialize)]
struct Answer {
    model: String,
    provider: String,
    /// `null` = it has no price.
    found: Option<Rate>,
}

#[derive(Serialize)]
struct Rate {
    /// Which entry, and how its name was met.
    rule: Rule,
    source: String,
    as_of: String,
    price: PriceForm,
}

pub(super) async fn lookup(
    request: HttpRequest,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let query = request.query_string();
    question::only(query, &["model", "provider"])?;
    let model = parameter(query, "model").ok_or_else(|| bad("model", ""))?;
    let provider = parameter(query, "provider").unwrap_or_default();
    let book = state.store.prices();
    let found = book.find(&model, &provider).map(|found| Rate {
        price: PriceForm::of(found.price),
        source: found.entry.source.clone(),
        as_of: found.entry.as_of.rfc3339(),
        rule: found.rule,
    });
    Ok(HttpResponse::Ok().json(Answer {
        model,
        provider,
        found,
    }))
}

/// Either a price or the model it costs like.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A name, or a pattern with `*` and `?`.
    model: String,
    #[serde(default)]
    price: Option<PriceForm>,
    #[serde(default)]
    like: Option<String>,
}

#[derive(Serialize)]
struct Changed {
    /// Undoes the change; `null` when nothing was different from before.
    batch: Option<i64>,
}

pub(super) async fn set(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    body: Bytes,
) -> Result<HttpResponse> {
    question::none(request.query_string())?;
    let wanted: Wanted = super::body(&body)?;
    let named = |name: &str| {
        let name = name.trim().to_owned();
        let fits = !name.is_empty() && name.len() <= LONGEST_NAME;
        let why = || {
            Error::unfit(
                "bad_price",
                String::from("a model has no or too long a name"),
            )
        };
        fits.then_some(name).ok_or_else(why)
    };
    let quote = match (wanted.price, wanted.like) {
        (Some(price), None) => Quote::Price(price.read()?),
        (None, Some(like)) => Quote::Like(named(&like)?),
        _ => {
            let why = String::from("either price or like must be given");
            return Err(Error::unfit("bad_price", why));
        }
    };
    let entry = Entry {
        model: named(&wanted.model)?,
        seller: String::new(),
        quote,
        source: String::from("manual"),
        as_of: ctx.now,
    };
    let edit = Edit::Put(Item::Price(Layer::Override, Box::new(entry)));
    let batch = state.store.edit_prices(ctx.now, vec![edit]).await?;
    Ok(HttpResponse::Ok().json(Changed { batch }))
}

pub(super) async fn remove(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let query = request.query_string();
    question::only(query, &["layer", "model", "seller"])?;
    let layer = parameter(query, "layer").map_or(Ok(Layer::Override), |name| layer(&name))?;
    if layer == Layer::BuiltIn {
        return Err(bad("layer", "built_in"));
    }
    let model = parameter(query, "model").ok_or_else(|| bad("model", ""))?;
    let seller = parameter(query, "seller").unwrap_or_default();
    let book = state.store.prices();
    let mut entries = book.layer(layer).iter();
    if !entries.any(|entry| entry.model == model && entry.seller == seller) {
        return Err(Error::NotFound);
    }
    let edit = Edit::RemovePrice(layer, model, seller);
    let batch = state.store.edit_prices(ctx.now, vec![edit]).await?;
    Ok(HttpResponse::Ok().json(Changed { batch }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    batch: i64,
}

pub(super) async fn undo(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    body: Bytes,
) -> Result<HttpResponse> {
    question::none(request.query_string())?;
    let wanted: Batch = super::body(&body)?;
    match state.store.undo_prices(ctx.now, wanted.batch).await? {
        Undone::Yes(batch) => Ok(HttpResponse::Ok().json(Changed { batch: Some(batch) })),
        Undone::Overtaken => Err(Error::in_conflict(
            "overtaken",
            String::from("something of it was changed again since"),
        )),
        Undone::Unknown => Err(Error::NotFound),
    }
}
