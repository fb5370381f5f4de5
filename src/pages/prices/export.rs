//! The list of prices as CSV or JSON: the same entries in the same order, all
//! pages of it. What is not set is empty or null, what is free is zero.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde_json::{Map, json};

use super::list::{Asked, Show, entries, used};
use crate::domain::pricing::plan::Wanted;
use crate::domain::pricing::{Entry, Found, Layer, Price, PriceBook, Quote, Rate};
use crate::domain::units::At;
use crate::pages::sheet::{Format, Sheet, Value};
use crate::store::prices::seen;
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::session::Access;
use crate::web::state::AppState;

const COLUMNS: [&str; 19] = [
    "model",
    "served_by",
    "priced",
    "layer",
    "rule",
    "sold_by",
    "via",
    "costs_like",
    "input_usd_per_million",
    "cache_read_usd_per_million",
    "cache_write_usd_per_million",
    "cache_write_long_usd_per_million",
    "output_usd_per_million",
    "reasoning_usd_per_million",
    "per_request_usd",
    "higher_above_tokens",
    "tiers",
    "source",
    "known_from",
];

pub(super) async fn answer(
    format: Format,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    asked: Query<Asked>,
) -> Result<HttpResponse> {
    let wanted = state.store.read(seen::models).await?;
    let sheet = sheet(&state.store.prices(), &wanted, &asked);
    let mut about = Map::new();
    about.insert("show".into(), asked.show.as_str().into());
    about.insert("q".into(), json!(asked.q));
    Ok(sheet.answer(format, about, &ctx))
}

fn sheet(book: &PriceBook, wanted: &[Wanted], asked: &Asked) -> Sheet {
    let rows = match Show::of(asked).layer() {
        None => used(book, wanted, &asked.search())
            .into_iter()
            .map(|(wanted, found)| in_use(wanted, found.as_ref()))
            .collect(),
        Some(layer) => entries(book, layer, &asked.search())
            .into_iter()
            .map(|entry| listed(layer, entry))
            .collect(),
    };
    Sheet {
        name: "prices",
        columns: COLUMNS.map(str::to_owned).to_vec(),
        rows,
    }
}

/// A model that was met, and what prices it.
fn in_use(wanted: &Wanted, found: Option<&Found<'_>>) -> Vec<Value> {
    let mut row = vec![
        Value::text(&wanted.model),
        Value::text_if_any(&wanted.provider),
        Value::Flag(found.is_some()),
    ];
    let Some(found) = found else {
        row.resize(COLUMNS.len(), Value::None);
        return row;
    };
    let rule = &found.rule;
    row.extend([
        Value::text(layer(rule.layer)),
        Value::text(&rule.model),
        Value::text_if_any(&rule.seller),
        name(rule.via),
        rule.like.as_deref().map_or(Value::None, Value::text),
    ]);
    row.extend(amounts(Some(found.price)));
    row.extend(origin(&found.entry.source, found.entry.as_of));
    row
}

fn listed(of: Layer, entry: &Entry) -> Vec<Value> {
    let (like, price) = match &entry.quote {
        Quote::Like(model) => (Value::text(model), None),
        Quote::Price(price) => (Value::None, Some(price)),
    };
    let mut row = vec![
        Value::text(&entry.model),
        Value::None,
        Value::Flag(true),
        Value::text(layer(of)),
        Value::text(&entry.model),
        Value::text_if_any(&entry.seller),
        Value::None,
        like,
    ];
    row.extend(amounts(price));
    row.extend(origin(&entry.source, entry.as_of));
    row
}

fn amounts(price: Option<&Price>) -> [Value; 9] {
    let Some(price) = price else {
        return [const { Value::None }; 9];
    };
    let rate = |rate: Option<Rate>| rate.map_or(Value::None, |rate| Value::Text(rate.to_string()));
    let rates = &price.rates;
    let over: Vec<String> = price.above.iter().map(|a| a.over.to_string()).collect();
    let tiers: Vec<&str> = price.tiers.iter().map(|tier| tier.tier.as_str()).collect();
    [
        rate(rates.input),
        rate(rates.cache_read),
        rate(rates.cache_write),
        rate(rates.cache_write_long),
        rate(rates.output),
        rate(rates.reasoning),
        price.request.map_or(Value::None, Value::Cost),
        Value::text_if_any(&over.join(" ")),
        Value::text_if_any(&tiers.join(" ")),
    ]
}

fn origin(source: &str, as_of: At) -> [Value; 2] {
    [Value::text_if_any(source), Value::Time(as_of)]
}

/// As the API names it.
fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Override => "override",
        Layer::Synced => "synced",
        Layer::BuiltIn => "built_in",
    }
}

fn name(via: crate::domain::pricing::Via) -> Value {
    match serde_json::to_value(via) {
        Ok(serde_json::Value::String(name)) => Value::Text(name),
        _ => Value::None,
    }
}
