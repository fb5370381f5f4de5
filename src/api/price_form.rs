//! A price in JSON: amounts are decimal texts in dollars, for a million tokens
//! or for a call, so that none passes through a binary fraction. `null` is not
//! known, `"0"` is free.

use serde::{Deserialize, Serialize};

use crate::domain::pricing::{Above, BadAmount, Factor, Price, Rate, Rates, TierHow, TierPrice};
use crate::domain::units::NanoUsd;
use crate::web::error::{Error, Result};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RatesForm {
    input: Option<String>,
    output: Option<String>,
    cache_read: Option<String>,
    cache_write: Option<String>,
    cache_write_long: Option<String>,
    reasoning: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AboveForm {
    /// Holds for the whole request once its input exceeds this.
    over: i64,
    rates: RatesForm,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierForm {
    tier: String,
    /// Not sold for longer inputs.
    #[serde(default)]
    up_to: Option<i64>,
    /// The standard price times this; otherwise `rates`.
    #[serde(default)]
    times: Option<String>,
    #[serde(default)]
    rates: Option<RatesForm>,
    #[serde(default)]
    above: Vec<AboveForm>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceForm {
    rates: RatesForm,
    /// For each call that did not fail.
    #[serde(default)]
    request: Option<String>,
    /// Cache writes are bought with the longer life.
    #[serde(default)]
    long_cache: bool,
    #[serde(default)]
    above: Vec<AboveForm>,
    #[serde(default)]
    tiers: Vec<TierForm>,
}

impl PriceForm {
    pub(super) fn of(price: &Price) -> Self {
        Self {
            rates: RatesForm::of(&price.rates),
            request: price.request.map(NanoUsd::decimal),
            long_cache: price.long_cache,
            above: bands(&price.above),
            tiers: price.tiers.iter().map(TierForm::of).collect(),
        }
    }

    pub(super) fn read(self) -> Result<Price> {
        let request = self.request.as_deref().map(Rate::per_million).transpose();
        let request = request.map_err(|bad| unfit("request", &bad))?;
        let tiers: Result<Vec<TierPrice>> = self.tiers.into_iter().map(TierForm::read).collect();
        let price = Price {
            rates: self.rates.read()?,
            // A dollar a call has as many nano-dollars as a rate of one has.
            request: request.map(|rate| NanoUsd(rate.0)),
            long_cache: self.long_cache,
            above: read_bands(self.above)?,
            tiers: tiers?,
        };
        match price.check() {
            Ok(()) => Ok(price),
            Err(bad) => Err(Error::unfit("bad_price", bad.to_string())),
        }
    }
}

impl RatesForm {
    fn of(rates: &Rates) -> Self {
        let text = |rate: Option<Rate>| rate.map(|rate| rate.to_string());
        Self {
            input: text(rates.input),
            output: text(rates.output),
            cache_read: text(rates.cache_read),
            cache_write: text(rates.cache_write),
            cache_write_long: text(rates.cache_write_long),
            reasoning: text(rates.reasoning),
        }
    }

    fn read(&self) -> Result<Rates> {
        let rate = |name: &str, text: &Option<String>| {
            let rate = text.as_deref().map(Rate::per_million).transpose();
            rate.map_err(|bad| unfit(name, &bad))
        };
        Ok(Rates {
            input: rate("input", &self.input)?,
            output: rate("output", &self.output)?,
            cache_read: rate("cache_read", &self.cache_read)?,
            cache_write: rate("cache_write", &self.cache_write)?,
            cache_write_long: rate("cache_write_long", &self.cache_write_long)?,
            reasoning: rate("reasoning", &self.reasoning)?,
        })
    }
}

impl TierForm {
    fn of(tier: &TierPrice) -> Self {
        let (times, rates, above) = match &tier.how {
            TierHow::Times(factor) => (Some(factor.to_string()), None, Vec::new()),
            TierHow::Own { rates, above } => (None, Some(RatesForm::of(rates)), bands(above)),
        };
        Self {
            tier: tier.tier.clone(),
            up_to: tier.up_to,
            times,
            rates,
            above,
        }
    }

    fn read(self) -> Result<TierPrice> {
        let how = match (self.times, self.rates) {
            (Some(times), None) if self.above.is_empty() => {
                let factor = Factor::parse(&times).map_err(|bad| unfit("times", &bad))?;
                TierHow::Times(factor)
            }
            (None, Some(rates)) => TierHow::Own {
                rates: rates.read()?,
                above: read_bands(self.above)?,
            },
            _ => {
                let why = String::from("a tier has either times or rates");
                return Err(Error::unfit("bad_price", why));
            }
        };
        Ok(TierPrice {
            tier: self.tier,
            up_to: self.up_to,
            how,
        })
    }
}

fn bands(above: &[Above]) -> Vec<AboveForm> {
    let band = |band: &Above| AboveForm {
        over: band.over,
        rates: RatesForm::of(&band.rates),
    };
    above.iter().map(band).collect()
}

fn read_bands(above: Vec<AboveForm>) -> Result<Vec<Above>> {
    let band = |band: AboveForm| {
        Ok(Above {
            over: band.over,
            rates: band.rates.read()?,
        })
    };
    above.into_iter().map(band).collect()
}

fn unfit(field: &str, bad: &BadAmount) -> Error {
    Error::unfit("bad_price", format!("{field}: {bad}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pricing::{Layer, PriceBook, Quote};

    #[test]
    fn every_shipped_price_survives_the_form() {
        for entry in PriceBook::built_in().layer(Layer::BuiltIn) {
            let Quote::Price(price) = &entry.quote else {
                panic!("shipped prices are prices");
            };
            let json = serde_json::to_string(&PriceForm::of(price)).unwrap();
            let read: PriceForm = serde_json::from_str(&json).unwrap();
            assert_eq!(&read.read().expect(&entry.model), price, "{}", entry.model);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |json: &str| {
            let form: PriceForm = serde_json::from_str(json).unwrap();
            assert_eq!(form.read().unwrap_err().code(), "bad_price", "{json}");
        };
        refused(r#"{"rates": {}}"#);
        refused(r#"{"rates": {"input": "-1"}}"#);
        refused(r#"{"rates": {"input": "1,5"}}"#);
        refused(r#"{"rates": {"input": "1"}, "tiers": [{"tier": "flex"}]}"#);
        refused(r#"{"rates": {"input": "1"}, "above": [{"over": 0, "rates": {"input": "2"}}]}"#);
    }
}
