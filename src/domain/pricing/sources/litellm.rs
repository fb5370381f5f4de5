//! The table of `LiteLLM`: one flat object a model, dollars per token, with the
//! threshold and the service tier inside the field's name:
//! `input_cost_per_token_above_272k_tokens_priority`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::amount::Amount;
use super::{Candidate, Parsed, Source};
use crate::domain::pricing::listing::{Figures, Listing};
use crate::domain::pricing::rate::BadAmount;
use crate::domain::pricing::sellers;

#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    litellm_provider: String,
    #[serde(default)]
    mode: String,
}

pub(super) fn parse(text: &[u8]) -> serde_json::Result<Parsed> {
    let rows: BTreeMap<String, &RawValue> = serde_json::from_slice(text)?;
    let mut parsed = Parsed::default();
    for (id, row) in rows {
        if id == "sample_spec" {
            continue;
        }
        let Ok(kind) = serde_json::from_str::<Kind>(row.get()) else {
            parsed.skip(id, String::from("not an object of the expected shape"));
            continue;
        };
        let counted = matches!(
            kind.mode.as_str(),
            "chat" | "responses" | "completion" | "embedding" | "image_generation"
        );
        if !counted {
            continue;
        }
        match listing(row, &kind.mode) {
            Ok(Some(listing)) => {
                let seller = kind.litellm_provider;
                let prefix = format!("{seller}/");
                let model = id.strip_prefix(&prefix).unwrap_or(&id).to_owned();
                parsed.add(Candidate {
                    source: Source::LiteLlm,
                    official: sellers::is_maker(&seller) && !model.contains('/'),
                    price: listing.price(&seller),
                    id,
                    model,
                    seller,
                });
            }
            // Sold by the image, the page or the second.
            Ok(None) => {}
            Err(bad) => parsed.skip(id, bad.to_string()),
        }
    }
    Ok(parsed)
}

/// `None` when it has no price per token.
fn listing(row: &RawValue, mode: &str) -> Result<Option<Listing>, BadAmount> {
    let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(row.get()) else {
        return Ok(None);
    };
    let mut listing = Listing {
        images: mode == "image_generation",
        ..Listing::default()
    };
    let mut priced = false;
    for (name, raw) in fields {
        let place = Place::of(&name);
        if place.field == "input_cost_per_request" {
            listing.request = amount(raw).per_call()?;
            continue;
        }
        let column = match place.tier {
            None => &mut listing.standard,
            Some(tier) => {
                if !place.is_known() {
                    continue;
                }
                listing.tiers.entry(tier.to_owned()).or_default()
            }
        };
        let figures = match place.over {
            None => &mut column.base,
            Some(_) if !place.is_known() => continue,
            Some(over) => column.above.entry(over).or_default(),
        };
        let Some(slot) = slot(figures, place.field) else {
            continue;
        };
        // An older name of the same price never overrides the newer one.
        if let Some(rate) = amount(raw).per_token()?
            && (slot.is_none() || !is_older_name(place.field))
        {
            *slot = Some(rate);
            priced |= place.field.starts_with("input") || place.field.starts_with("output");
        }
    }
    Ok(priced.then_some(listing))
}

fn amount(raw: &RawValue) -> Amount {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

/// A field's name taken apart.
struct Place<'a> {
    field: &'a str,
    over: Option<i64>,
    tier: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(name: &'a str) -> Self {
        let tiers = ["batches", "flex", "priority"];
        let tier = tiers.into_iter().find_map(|tier| {
            let rest = name.strip_suffix(tier)?.strip_suffix('_')?;
            Some((rest, tier))
        });
        let (name, tier) = tier.map_or((name, None), |(rest, tier)| (rest, Some(tier)));
        let over = name.strip_suffix("_tokens").and_then(|rest| {
            let (field, over) = rest.rsplit_once("_above_")?;
            Some((field, thousands(over)?))
        });
        let (field, over) = over.map_or((name, None), |(field, over)| (field, Some(over)));
        Self { field, over, tier }
    }

    fn is_known(&self) -> bool {
        slot(&mut Figures::default(), self.field).is_some()
    }
}

/// `272k`, `1m`.
fn thousands(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "k" => 1_000,
        "m" => 1_000_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}

fn slot<'f>(
    figures: &'f mut Figures,
    field: &str,
) -> Option<&'f mut Option<crate::domain::pricing::Rate>> {
    Some(match field {
        "input_cost_per_token" => &mut figures.input,
        "output_cost_per_token" => &mut figures.output,
        "output_cost_per_image_token" => &mut figures.image_output,
        "output_cost_per_reasoning_token" => &mut figures.reasoning,
        "cache_read_input_token_cost" | "input_cache_read" | "input_cost_per_token_cache_hit" => {
            &mut figures.cache_read
        }
        "cache_creation_input_token_cost"
        | "cache_write_input_token_cost"
        | "input_cache_write"
        | "input_cache_creation" => &mut figures.cache_write,
        "cache_creation_input_token_cost_above_1hr"
        | "cache_creation_input_token_cost_above_12hr" => &mut figures.cache_write_long,
        _ => return None,
    })
}

fn is_older_name(field: &str) -> bool {
    matches!(
        field,
        "input_cache_read"
            | "input_cost_per_token_cache_hit"
            | "cache_write_input_token_cost"
            | "input_cache_write"
            | "input_cache_creation"
    )
}
