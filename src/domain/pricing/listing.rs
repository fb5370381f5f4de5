//! The shape that all price lists are brought into before they become a
//! [`Price`], and what is the same for every one of them. It reads no format.

use std::collections::BTreeMap;

use super::price::{Above, Price, Rates, TierHow, TierPrice, tier_name};
use super::rate::Rate;
use crate::domain::units::NanoUsd;

/// Rates as lists state them. Audio and image input is left out: the gateway
/// does not count it apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) input: Option<Rate>,
    pub(super) output: Option<Rate>,
    pub(super) image_output: Option<Rate>,
    pub(super) cache_read: Option<Rate>,
    pub(super) cache_write: Option<Rate>,
    pub(super) cache_write_long: Option<Rate>,
    pub(super) reasoning: Option<Rate>,
}

/// Standard or tier: base figures, and those above thresholds.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    pub(super) base: Figures,
    pub(super) above: BTreeMap<i64, Figures>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) standard: Column,
    pub(super) tiers: BTreeMap<String, Column>,
    pub(super) request: Option<NanoUsd>,
    /// The model makes images: what it puts out are image tokens.
    pub(super) images: bool,
}

impl Listing {
    pub(super) fn price(self, seller: &str) -> Price {
        let images = self.images;
        let text_output = self.standard.base.output;
        let rates = self.standard.base.rates(images);
        let mut price = Price {
            rates,
            request: self.request,
            long_cache: false,
            above: self.standard.above(images),
            tiers: Vec::with_capacity(self.tiers.len()),
        };
        for (tier, column) in self.tiers {
            let Some(tier) = tier_name(&tier) else {
                continue;
            };
            let mut own = column.base.rates(images);
            if images && column.base.image_output.is_none() {
                // The text price of the tier tells its proportion.
                own.output = match (own.output, text_output, rates.output) {
                    (Some(own), Some(text), Some(image)) => Some(image.scaled(own, text)),
                    _ => None,
                };
            }
            let above = column.above(images);
            if own.is_empty() && above.is_empty() {
                continue;
            }
            let how = TierHow::Own { rates: own, above };
            price.tiers.push(TierPrice {
                tier,
                up_to: None,
                how,
            });
        }
        limit_tiers(&mut price, seller);
        price
    }
}

impl Column {
    fn above(&self, images: bool) -> Vec<Above> {
        let band = |(over, figures): (&i64, &Figures)| Above {
            over: *over,
            rates: figures.rates(images),
        };
        self.above
            .iter()
            .map(band)
            .filter(|band| band.over > 0 && !band.rates.is_empty())
            .collect()
    }
}

impl Figures {
    fn rates(&self, images: bool) -> Rates {
        let output = if images {
            self.image_output.or(self.output)
        } else {
            self.output
        };
        Rates {
            input: self.input,
            output,
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            cache_write_long: self.cache_write_long,
            // Tiers and thresholds repeat output but not reasoning: where both
            // are equal, reasoning has no price of its own.
            reasoning: self.reasoning.filter(|own| output != Some(*own)),
        }
    }
}

/// `OpenAI` sells `priority` up to the long-context threshold only: its list then
/// has no priority price above it, and the request is served as standard.
fn limit_tiers(price: &mut Price, seller: &str) {
    let Some(over) = price.above.first().map(|band| band.over) else {
        return;
    };
    for tier in &mut price.tiers {
        let stated = matches!(&tier.how, TierHow::Own { above, .. } if !above.is_empty());
        if seller == "openai" && matches!(tier.tier.as_str(), "priority" | "fast") && !stated {
            tier.up_to = Some(over);
        }
    }
}
