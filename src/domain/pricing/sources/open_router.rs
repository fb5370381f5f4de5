//! The models of `OpenRouter`: dollars per token as strings. A zero for
//! reasoning or for the call means "nothing extra"; `-1` means "it depends".

use serde::Deserialize;
use serde_json::value::RawValue;

use super::amount::Amount;
use super::{Candidate, Parsed, Source};
use crate::domain::pricing::listing::{Column, Figures, Listing};
use crate::domain::pricing::rate::{BadAmount, Rate};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(default)]
    pricing: Pricing,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pricing {
    prompt: Amount,
    completion: Amount,
    request: Amount,
    internal_reasoning: Amount,
    input_cache_read: Amount,
    input_cache_write: Amount,
}

pub(super) fn parse(text: &[u8]) -> serde_json::Result<Parsed> {
    let answer: Answer<'_> = serde_json::from_slice(text)?;
    let mut parsed = Parsed::default();
    for (at, raw) in answer.data.iter().enumerate() {
        let Ok(row) = serde_json::from_str::<Model>(raw.get()) else {
            parsed.skip(format!("#{at}"), String::from("not a model with an id"));
            continue;
        };
        match listing(&row.pricing) {
            Ok(listing) => {
                let model = row.id.split_once('/').map_or(row.id.as_str(), |(_, m)| m);
                parsed.add(Candidate {
                    source: Source::OpenRouter,
                    model: model.to_owned(),
                    seller: String::from("openrouter"),
                    official: false,
                    price: listing.price("openrouter"),
                    id: row.id,
                });
            }
            Err(bad) => parsed.skip(row.id, bad.to_string()),
        }
    }
    Ok(parsed)
}

fn listing(pricing: &Pricing) -> Result<Listing, BadAmount> {
    let reasoning = pricing.internal_reasoning.per_token()?;
    let base = Figures {
        input: pricing.prompt.per_token()?,
        output: pricing.completion.per_token()?,
        reasoning: reasoning.filter(|rate| *rate > Rate::ZERO),
        cache_read: pricing.input_cache_read.per_token()?,
        cache_write: pricing.input_cache_write.per_token()?,
        ..Figures::default()
    };
    Ok(Listing {
        standard: Column {
            base,
            ..Column::default()
        },
        request: pricing.request.per_call()?,
        ..Listing::default()
    })
}
