//! What one model costs: rates for each token bucket, prices above a context
//! threshold, prices of service tiers. A field that is `None` is not known and
//! falls back as [`Price::charges`] says; a field that is zero is free.

use serde::{Deserialize, Serialize};

use super::rate::{Factor, Rate};
use crate::domain::units::NanoUsd;

/// Token buckets as accounting version 2 counts them, and the call itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    Input,
    CacheRead,
    CacheWrite,
    Output,
    Reasoning,
    Request,
}

/// Dollars per million tokens, by bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<Rate>,
    /// For the shortest cache life sold (5 minutes at Anthropic).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Rate>,
    /// For the longer life (1 hour at Anthropic, 12 hours at `OpenAI`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_long: Option<Rate>,
    /// Only where reasoning is not billed as output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Rate>,
}

/// Rates of the whole request once its input exceeds `over` tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Above {
    pub over: i64,
    pub rates: Rates,
}

/// What a service tier costs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierPrice {
    /// Lower case: `priority`, `fast`, `flex`, `batch`.
    pub tier: String,
    /// The tier is not sold for longer inputs; the standard price holds there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<i64>,
    pub how: TierHow,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierHow {
    /// The standard price times this.
    Times(Factor),
    /// Its own rates; what they leave out costs as standard.
    Own {
        rates: Rates,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        above: Vec<Above>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    pub rates: Rates,
    /// For each call that did not fail, whatever its tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<NanoUsd>,
    /// Cache writes are bought with the longer life; events do not say which.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub long_cache: bool,
    /// Ascending thresholds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<Above>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierPrice>,
}

/// One bucket's price after context, tier and multipliers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Charge {
    pub bucket: Bucket,
    /// For [`Bucket::Request`]: per million calls.
    pub rate: Rate,
    pub factor: Factor,
    /// The bucket has no rate of its own and is charged like this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Bucket>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPrice {
    #[error("no rate is set")]
    Empty,
    #[error("a rate is out of range")]
    Rate,
    #[error("a threshold is zero, negative or given twice")]
    Threshold,
    #[error("a service tier is unnamed, standard or given twice")]
    Tier,
}

/// The service tier a text means; `None` is the standard one.
#[must_use]
pub fn tier_name(text: &str) -> Option<String> {
    let name = text.trim().to_lowercase();
    match name.as_str() {
        "" | "auto" | "default" | "standard" | "standard_only" | "on_demand" => None,
        "batches" => Some(String::from("batch")),
        _ => Some(name),
    }
}

/// `fast` and `priority` are one product under two names; either price serves.
#[must_use]
pub fn synonym(tier: &str) -> Option<&'static str> {
    match tier {
        "fast" => Some("priority"),
        "priority" => Some("fast"),
        _ => None,
    }
}

/// $100 a call.
pub const REQUEST_MAX: NanoUsd = NanoUsd(100_000_000_000);

impl Rates {
    pub(super) fn all(&self) -> [Option<Rate>; 6] {
        [
            self.input,
            self.output,
            self.cache_read,
            self.cache_write,
            self.cache_write_long,
            self.reasoning,
        ]
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().iter().all(Option::is_none)
    }

    /// Field by field.
    #[must_use]
    pub fn zip(
        &self,
        other: &Self,
        pick: impl Fn(Option<Rate>, Option<Rate>) -> Option<Rate>,
    ) -> Self {
        Self {
            input: pick(self.input, other.input),
            output: pick(self.output, other.output),
            cache_read: pick(self.cache_read, other.cache_read),
            cache_write: pick(self.cache_write, other.cache_write),
            cache_write_long: pick(self.cache_write_long, other.cache_write_long),
            reasoning: pick(self.reasoning, other.reasoning),
        }
    }
}

impl Price {
    /// The entry's own price of a tier, or of its synonym.
    #[must_use]
    pub fn tier(&self, name: &str) -> Option<&TierPrice> {
        let of = |name: &str| self.tiers.iter().find(|tier| tier.tier == name);
        of(name).or_else(|| synonym(name).and_then(of))
    }

    /// The highest threshold that `input` tokens exceed.
    #[must_use]
    pub fn band(&self, input: i64) -> Option<&Above> {
        highest(&self.above, input)
    }

    /// The price of each bucket for one request.
    ///
    /// - Above a threshold its rates replace the base rates, field by field.
    /// - A tier with own rates replaces them again, field by field. Above a
    ///   threshold for which the tier states nothing it keeps its proportion to
    ///   the base rate: input 6 instead of 2 is times 3 at any length.
    /// - A cache rate that is not set is the input rate, a long cache life that
    ///   is not set the short one, reasoning that is not set the output rate.
    #[must_use]
    pub fn charges(&self, input: i64, tier: Option<&TierHow>, more: More) -> Vec<Charge> {
        let band = self.band(input).map_or(Rates::default(), |a| a.rates);
        let standard = band.zip(&self.rates, Option::or);
        let (own, own_band, times) = match tier {
            None => (Rates::default(), Rates::default(), Factor::ONE),
            Some(TierHow::Times(times)) => (Rates::default(), Rates::default(), *times),
            Some(TierHow::Own { rates, above }) => {
                let band = highest(above, input).map_or(Rates::default(), |a| a.rates);
                (*rates, band, Factor::ONE)
            }
        };
        let field = |pick: fn(&Rates) -> Option<Rate>| -> Option<(Rate, Factor)> {
            if let Some(rate) = pick(&own_band) {
                return Some((rate, times));
            }
            match (pick(&own), pick(&band), pick(&self.rates)) {
                (Some(own), Some(band), Some(base)) => Some(
                    Factor::ratio(own, base).map_or((own, times), |kept| (band, times.and(kept))),
                ),
                (Some(own), _, _) => Some((own, times)),
                (None, _, _) => pick(&standard).map(|rate| (rate, times)),
            }
        };
        let input = field(|r| r.input);
        let output = field(|r| r.output);
        let read = field(|r| r.cache_read);
        let write = field(|r| r.cache_write);
        let write = if self.long_cache {
            field(|r| r.cache_write_long).or(write)
        } else {
            write
        };
        let reasoning = field(|r| r.reasoning);
        let request = self
            .request
            .map(|nanos| (Rate(nanos.0.saturating_mul(1_000_000)), times));
        [
            (Bucket::Input, input, None, more.input),
            (
                Bucket::CacheRead,
                read,
                Some((Bucket::Input, input)),
                more.input,
            ),
            (
                Bucket::CacheWrite,
                write,
                Some((Bucket::Input, input)),
                more.input,
            ),
            (Bucket::Output, output, None, more.output),
            (
                Bucket::Reasoning,
                reasoning,
                Some((Bucket::Output, output)),
                more.output,
            ),
            (Bucket::Request, request, None, more.request),
        ]
        .into_iter()
        .filter_map(|(bucket, own, fallback, more)| {
            let (like, (rate, factor)) = match (own, fallback) {
                (Some(own), _) => (None, own),
                (None, Some((like, fallback))) => (Some(like), fallback?),
                (None, None) => return None,
            };
            Some(Charge {
                bucket,
                rate,
                factor: factor.and(more),
                like,
            })
        })
        .collect()
    }

    /// The input lengths at which it changes.
    pub(super) fn steps(&self) -> Vec<i64> {
        let tiers = self.tiers.iter().flat_map(|tier| {
            let above: &[Above] = match &tier.how {
                TierHow::Own { above, .. } => above,
                TierHow::Times(_) => &[],
            };
            above.iter().map(|band| band.over).chain(tier.up_to)
        });
        let standard = self.above.iter().map(|band| band.over);
        standard.chain(tiers).collect()
    }

    /// Takes over what `known` says beyond this price, if both agree on the
    /// base rates: a source that says less takes nothing away.
    #[must_use]
    pub fn completed_by(&self, known: &Self) -> Self {
        let base = |price: &Self| (price.rates.input, price.rates.output);
        let mut whole = self.clone();
        if base(self) != base(known) {
            return whole;
        }
        whole.rates = self.rates.zip(&known.rates, Option::or);
        whole.request = self.request.or(known.request);
        if whole.above.is_empty() {
            whole.above.clone_from(&known.above);
        }
        for tier in &known.tiers {
            if whole.tier(&tier.tier).is_none() {
                whole.tiers.push(tier.clone());
            }
        }
        whole.tiers.sort_by(|a, b| a.tier.cmp(&b.tier));
        whole
    }

    /// What an operator or a source may have got wrong.
    pub fn check(&self) -> Result<(), BadPrice> {
        let tables = std::iter::once((&self.rates, &self.above)).chain(
            self.tiers.iter().filter_map(|tier| match &tier.how {
                TierHow::Own { rates, above } => Some((rates, above)),
                TierHow::Times(_) => None,
            }),
        );
        for (rates, above) in tables {
            let mut last = 0;
            for band in above {
                if band.over <= last {
                    return Err(BadPrice::Threshold);
                }
                last = band.over;
            }
            let bands = above.iter().map(|band| &band.rates);
            if !std::iter::once(rates).chain(bands).all(in_range) {
                return Err(BadPrice::Rate);
            }
        }
        let request = self.request.unwrap_or_default();
        if !(NanoUsd(0)..=REQUEST_MAX).contains(&request) {
            return Err(BadPrice::Rate);
        }
        for (at, tier) in self.tiers.iter().enumerate() {
            let twice = self.tiers.iter().skip(at + 1).any(|t| t.tier == tier.tier);
            if twice || tier_name(&tier.tier).as_ref() != Some(&tier.tier) {
                return Err(BadPrice::Tier);
            }
            if tier.up_to.is_some_and(|most| most <= 0) {
                return Err(BadPrice::Threshold);
            }
            if let TierHow::Times(factor) = tier.how
                && !(0..=Factor::MAX.0).contains(&factor.0)
            {
                return Err(BadPrice::Rate);
            }
        }
        if self.rates.is_empty() && self.request.is_none() {
            return Err(BadPrice::Empty);
        }
        Ok(())
    }
}

/// Multipliers on top: long context, provider, account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct More {
    pub input: Factor,
    pub output: Factor,
    pub request: Factor,
}

impl More {
    pub const NONE: Self = Self {
        input: Factor::ONE,
        output: Factor::ONE,
        request: Factor::ONE,
    };
}

fn highest(above: &[Above], input: i64) -> Option<&Above> {
    above.iter().rev().find(|band| input > band.over)
}

fn in_range(rates: &Rates) -> bool {
    rates
        .all()
        .iter()
        .flatten()
        .all(|rate| (0..=Rate::MAX.0).contains(&rate.0))
}
