//! The catalogue of models.dev: providers with their models, dollars per million
//! tokens, context tiers, and experimental modes such as `fast`. The object
//! `models` beside the providers names the makers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::amount::Amount;
use super::{Candidate, Parsed, Source};
use crate::domain::pricing::listing::{Column, Figures, Listing};
use crate::domain::pricing::rate::BadAmount;
use crate::domain::pricing::sellers;

/// Older lists have the providers at the root.
#[derive(Deserialize)]
struct Catalogue<'a> {
    #[serde(borrow)]
    providers: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    models: BTreeMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Provider<'a> {
    #[serde(borrow, default)]
    models: BTreeMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Model {
    cost: Option<Cost>,
    #[serde(default)]
    experimental: Experimental,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cost {
    input: Amount,
    output: Amount,
    reasoning: Amount,
    cache_read: Amount,
    cache_write: Amount,
    tiers: Vec<Step>,
    context_over_200k: Option<Box<Cost>>,
}

#[derive(Deserialize)]
struct Step {
    tier: Threshold,
    #[serde(flatten)]
    cost: Cost,
}

#[derive(Deserialize)]
struct Threshold {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    size: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Experimental {
    modes: BTreeMap<String, Mode>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Mode {
    cost: Option<Cost>,
    provider: ModeProvider,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ModeProvider {
    body: ModeBody,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ModeBody {
    service_tier: Option<String>,
}

pub(super) fn parse(text: &[u8]) -> serde_json::Result<Parsed> {
    let catalogue = match serde_json::from_slice::<Catalogue<'_>>(text) {
        Ok(catalogue) => catalogue,
        Err(_) => Catalogue {
            providers: serde_json::from_slice(text)?,
            models: BTreeMap::new(),
        },
    };
    let mut parsed = Parsed::default();
    for (provider, raw) in &catalogue.providers {
        let Ok(Provider { models }) = serde_json::from_str(raw.get()) else {
            parsed.skip(provider.clone(), String::from("not a provider with models"));
            continue;
        };
        for (model, raw) in models {
            let id = format!("{provider}/{model}");
            let Ok(row) = serde_json::from_str::<Model>(raw.get()) else {
                parsed.skip(id, String::from("not an object of the expected shape"));
                continue;
            };
            let Some(cost) = &row.cost else { continue };
            let seller = seller(provider);
            let official = if catalogue.models.is_empty() {
                sellers::is_maker(seller)
            } else {
                catalogue.models.contains_key(&id)
            };
            match listing(cost, &row.experimental) {
                Ok(listing) => parsed.add(Candidate {
                    source: Source::ModelsDev,
                    id,
                    model,
                    official,
                    price: listing.price(seller),
                    seller: seller.to_owned(),
                }),
                Err(bad) => parsed.skip(id, bad.to_string()),
            }
        }
    }
    Ok(parsed)
}

/// A provider of models.dev in the words of the built-in catalogue.
fn seller(provider: &str) -> &str {
    match provider {
        "google" => "gemini",
        "google-vertex" => "vertex_ai-language-models",
        "google-vertex-anthropic" => "vertex_ai-anthropic_models",
        "moonshotai" => "moonshot",
        "alibaba" => "dashscope",
        "zhipuai" => "zai",
        other => other,
    }
}

fn listing(cost: &Cost, experimental: &Experimental) -> Result<Listing, BadAmount> {
    let mut listing = Listing {
        standard: column(cost)?,
        ..Listing::default()
    };
    for (name, mode) in &experimental.modes {
        if let Some(cost) = &mode.cost {
            let tier = mode.provider.body.service_tier.as_ref().unwrap_or(name);
            listing.tiers.insert(tier.to_lowercase(), column(cost)?);
        }
    }
    Ok(listing)
}

fn column(cost: &Cost) -> Result<Column, BadAmount> {
    let mut column = Column {
        base: figures(cost)?,
        above: BTreeMap::new(),
    };
    for step in &cost.tiers {
        // Other kinds of steps are not about the length of the input.
        if step.tier.kind.as_deref().unwrap_or("context") == "context" {
            column.above.insert(step.tier.size, figures(&step.cost)?);
        }
    }
    if let Some(over) = &cost.context_over_200k
        && column.above.is_empty()
    {
        column.above.insert(200_000, figures(over)?);
    }
    Ok(column)
}

fn figures(cost: &Cost) -> Result<Figures, BadAmount> {
    Ok(Figures {
        input: cost.input.per_million()?,
        output: cost.output.per_million()?,
        reasoning: cost.reasoning.per_million()?,
        cache_read: cost.cache_read.per_million()?,
        cache_write: cost.cache_write.per_million()?,
        ..Figures::default()
    })
}
