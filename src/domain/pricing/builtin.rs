//! The catalogue that ships with the program, so that a fresh install shows
//! costs without the internet. Prices are facts read from the table of `LiteLLM`
//! (MIT). To renew it: replace `tests/fixtures/prices/catalogue.json`, run
//! `gzip -9n < tests/fixtures/prices/catalogue.json > static/prices.json.gz`,
//! and set [`SOURCE`] and [`AS_OF`]; a test holds the two files together.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::Number;

use super::book::{Entry, List, Quote};
use super::listing::{Column, Figures, Listing};
use super::rate::Rate;
use crate::domain::units::At;

pub const SOURCE: &str = "LiteLLM 1.109.1";
/// 22 November 2026, 00:00 UTC.
pub const AS_OF: At = At(1_795_305_600_000);

static PACKED: &[u8] = include_bytes!("../../../static/prices.json.gz");

/// Unpacked at first use, then shared.
#[must_use]
pub fn list() -> Arc<List> {
    static LIST: OnceLock<Arc<List>> = OnceLock::new();
    Arc::clone(LIST.get_or_init(|| {
        let text = unpack();
        let entries = read(&text).expect("the catalogue in the program is well-formed");
        Arc::new(List::new(entries))
    }))
}

fn unpack() -> Vec<u8> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(PACKED)
        .read_to_end(&mut text)
        .expect("the catalogue in the program is whole");
    text
}

#[derive(Deserialize)]
struct Catalogue {
    models: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    provider: String,
    model: String,
    mode: String,
    #[serde(flatten)]
    prices: Prices,
    #[serde(default)]
    tiers: BTreeMap<String, Prices>,
}

/// Dollars per million tokens.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Prices {
    input: Option<Number>,
    output: Option<Number>,
    image_output: Option<Number>,
    cache_read: Option<Number>,
    cache_write: Option<Number>,
    cache_write_1h: Option<Number>,
    cache_write_12h: Option<Number>,
    reasoning: Option<Number>,
    above: BTreeMap<String, Prices>,
}

fn read(text: &[u8]) -> serde_json::Result<Vec<Entry>> {
    let catalogue: Catalogue = serde_json::from_slice(text)?;
    let mut entries: Vec<Entry> = Vec::with_capacity(catalogue.models.len());
    for row in catalogue.models {
        let listing = Listing {
            images: row.mode == "image_generation",
            standard: row.prices.column(),
            tiers: row
                .tiers
                .iter()
                .map(|(t, p)| (t.clone(), p.column()))
                .collect(),
            request: None,
        };
        let entry = Entry {
            quote: Quote::Price(listing.price(&row.provider)),
            model: row.model,
            seller: row.provider,
            source: SOURCE.to_owned(),
            as_of: AS_OF,
        };
        let twin = entries
            .iter_mut()
            .find(|e| e.model == entry.model && e.seller == entry.seller);
        match twin {
            Some(twin) if detail(&entry) > detail(twin) => *twin = entry,
            Some(_) => {}
            None => entries.push(entry),
        }
    }
    Ok(entries)
}

/// A seller lists some models twice; the entry that states more is kept, and
/// a price before a zero.
fn detail(entry: &Entry) -> (bool, usize) {
    let Quote::Price(price) = &entry.quote else {
        return (false, 0);
    };
    let charged = price.rates.input.is_some_and(|rate| rate > Rate::ZERO);
    let set = price.rates.all().iter().flatten().count();
    (charged, set + price.above.len() + price.tiers.len())
}

impl Prices {
    fn column(&self) -> Column {
        let above = self.above.iter();
        Column {
            base: self.figures(),
            above: above
                .filter_map(|(over, prices)| Some((over.parse().ok()?, prices.figures())))
                .collect(),
        }
    }

    fn figures(&self) -> Figures {
        let rate = |number: &Option<Number>| Rate::per_million(&number.as_ref()?.to_string()).ok();
        Figures {
            input: rate(&self.input),
            output: rate(&self.output),
            image_output: rate(&self.image_output),
            cache_read: rate(&self.cache_read),
            cache_write: rate(&self.cache_write),
            cache_write_long: rate(&self.cache_write_1h).or(rate(&self.cache_write_12h)),
            reasoning: rate(&self.reasoning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_catalogue_is_the_readable_one() {
        let readable = include_bytes!("../../../tests/fixtures/prices/catalogue.json");
        assert!(
            unpack() == readable,
            "pack the catalogue again, see the head of this file"
        );
        let head = String::from_utf8_lossy(&readable[..200]);
        assert!(head.contains(SOURCE));
        assert!(head.contains(&AS_OF.rfc3339()[..10]));
    }

    #[test]
    fn every_model_of_the_catalogue_has_a_sound_price() {
        let catalogue: Catalogue = serde_json::from_slice(&unpack()).unwrap();
        assert_eq!(catalogue.models.len(), 489);
        let list = list();
        for row in &catalogue.models {
            let mut entries = list.entries().iter();
            let entry = entries.find(|e| e.model == row.model && e.seller == row.provider);
            let Quote::Price(price) = &entry.unwrap().quote else {
                panic!("{} is a list price", row.model);
            };
            price
                .check()
                .unwrap_or_else(|e| panic!("{}: {e}", row.model));
            assert!(price.rates.input.is_some(), "{}", row.model);
        }
    }
}
