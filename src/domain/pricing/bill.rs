//! From a price to an amount: which terms hold for a request, and the bill line
//! by line. A request has a cost only when every token of it has a price;
//! otherwise it is unpriced, and says why, instead of looking cheap.

use serde::{Deserialize, Serialize};

use super::book::{PriceBook, Rule};
use super::multiplier::{self, Multiplier, When};
use super::names::{Form, forms};
use super::price::{Bucket, Charge, More, Price, TierHow, tier_name};
use super::rate::{Factor, Rate, nanos};
use crate::domain::event::Event;
use crate::domain::tokens::Tokens;
use crate::domain::units::{At, NanoUsd};

/// What pricing looks at in an event.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    /// The model that was executed decides; the alias only when that is unknown.
    pub model: &'a str,
    pub alias: &'a str,
    pub provider: &'a str,
    /// Identity of the account.
    pub account: &'a str,
    /// Service tier asked for, and the one the upstream says it gave.
    pub tier: &'a str,
    pub served_tier: &'a str,
    pub failed: bool,
    pub tokens: &'a Tokens,
}

impl<'a> From<&'a Event> for Usage<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            model: &event.model,
            alias: &event.alias,
            provider: &event.provider,
            account: &event.account.identity,
            tier: &event.tier,
            served_tier: &event.served_tier,
            failed: event.failed,
            tokens: &event.tokens,
        }
    }
}

/// What stands for the executed model where nothing was executed or the gateway
/// does not know it.
pub const NAMELESS: [&str; 2] = ["", "unknown"];

impl<'a> Usage<'a> {
    /// The name that decides the price.
    #[must_use]
    pub fn named(&self) -> &'a str {
        if NAMELESS.contains(&self.model) {
            self.alias
        } else {
            self.model
        }
    }
}

/// Everything that turns tokens into money, resolved for one kind of request.
/// Kept with the event, so that its bill stays explained when prices change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Terms {
    pub rule: Rule,
    pub source: String,
    pub as_of: At,
    /// The context threshold that was exceeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<i64>,
    /// The multiplier that has the threshold, where the entry has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretched: Option<Multiplier>,
    pub tier: TierUsed,
    /// The provider's or account's factor that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<Multiplier>,
    pub charges: Vec<Charge>,
}

/// How the service tier entered the price.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierUsed {
    Standard,
    /// The entry has its own price for it.
    Own(String),
    /// A multiplier: for input, for output.
    Times(String, Factor, Factor),
    /// Not sold for inputs this long: standard price.
    NotSold {
        tier: String,
        up_to: i64,
    },
    /// No price is known for it: standard price.
    Unlisted,
}

/// Tokens × rate × factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub bucket: Bucket,
    /// Tokens; 1 for [`Bucket::Request`], whose rate is per million calls.
    pub amount: i64,
    pub rate: Rate,
    pub factor: Factor,
    pub nanos: NanoUsd,
    /// Charged like this bucket, for want of a rate of its own.
    pub like: Option<Bucket>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpriced {
    /// No entry fits the model.
    NoPrice,
    /// The entry has no rate for a bucket that was used.
    NoRate(Bucket),
    /// The gateway did not say how many tokens there were.
    TokensUnknown,
    /// The gateway counted tokens that it could not assign.
    Unclassified(i64),
}

impl Unpriced {
    /// Stable code for JSON and for the catalogue of texts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoPrice => "no_price",
            Self::NoRate(_) => "no_rate",
            Self::TokensUnknown => "tokens_unknown",
            Self::Unclassified(_) => "unclassified",
        }
    }
}

/// The bill of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    pub lines: Vec<Line>,
    /// `None`: nothing was found to price it with.
    pub terms: Option<Terms>,
    pub unpriced: Option<Unpriced>,
}

impl Cost {
    /// `None` = unpriced, in whole or in part.
    #[must_use]
    pub fn nanos(&self) -> Option<NanoUsd> {
        self.unpriced.is_none().then(|| self.known())
    }

    /// The sum of the lines, also of a request that is priced in part.
    #[must_use]
    pub fn known(&self) -> NanoUsd {
        self.lines
            .iter()
            .fold(NanoUsd(0), |sum, line| sum + line.nanos)
    }
}

impl PriceBook {
    /// The bill of one request with the prices of today.
    #[must_use]
    pub fn cost(&self, usage: &Usage<'_>) -> Cost {
        match self.terms(usage) {
            Some(terms) => terms.bill(usage.tokens, usage.failed),
            None => Cost {
                lines: Vec::new(),
                terms: None,
                unpriced: without_terms(usage).is_none().then_some(Unpriced::NoPrice),
            },
        }
    }

    /// The terms for one request; `None` when no price fits its model.
    #[must_use]
    pub fn terms(&self, usage: &Usage<'_>) -> Option<Terms> {
        let names = forms(usage.named());
        let found = self.find_below(&names, usage.provider, true)?;
        let input = input_of(usage.tokens);
        let mut more = More::NONE;

        let (tier, how) = self.tier(usage, &names, found.price, input, &mut more);
        let (over, stretched) = self.over(&names, found.price, input, &mut more);
        let adjusted = self.adjustment(usage, &names);
        if let Some(by) = adjusted {
            more = more.and(by.input, by.output, by.input);
        }
        Some(Terms {
            source: found.entry.source.clone(),
            as_of: found.entry.as_of,
            over,
            stretched: stretched.cloned(),
            tier,
            adjusted: adjusted.cloned(),
            charges: found.price.charges(input, how, more),
            rule: found.rule,
        })
    }

    /// The upstream's word on the tier counts; what was asked for only when the
    /// upstream is silent.
    fn tier<'p>(
        &self,
        usage: &Usage<'_>,
        names: &[Form],
        price: &'p Price,
        input: i64,
        more: &mut More,
    ) -> (TierUsed, Option<&'p TierHow>) {
        let said = [usage.served_tier, usage.tier]
            .into_iter()
            .find(|text| !text.trim().is_empty());
        let Some(name) = said.and_then(tier_name) else {
            return (TierUsed::Standard, None);
        };
        let not_sold = |tier: &str, up_to: Option<i64>| {
            let up_to = up_to.filter(|most| input > *most)?;
            Some(TierUsed::NotSold {
                tier: tier.to_owned(),
                up_to,
            })
        };
        if let Some(own) = price.tier(&name) {
            return match not_sold(&own.tier, own.up_to) {
                Some(not_sold) => (not_sold, None),
                None => (TierUsed::Own(own.tier.clone()), Some(&own.how)),
            };
        }
        let Some(by) = multiplier::of_tier(&self.multipliers, names, &name) else {
            return (TierUsed::Unlisted, None);
        };
        if let When::Tier { tier, up_to } = &by.when {
            if let Some(not_sold) = not_sold(tier, *up_to) {
                return (not_sold, None);
            }
            *more = more.and(by.input, by.output, by.input);
            return (TierUsed::Times(tier.clone(), by.input, by.output), None);
        }
        (TierUsed::Unlisted, None)
    }

    /// The threshold exceeded, in the entry or else in a multiplier.
    fn over(
        &self,
        names: &[Form],
        price: &Price,
        input: i64,
        more: &mut More,
    ) -> (Option<i64>, Option<&Multiplier>) {
        if !price.above.is_empty() {
            return (price.band(input).map(|band| band.over), None);
        }
        let by = multiplier::best(
            &self.multipliers,
            names,
            |when| matches!(when, When::Above { over } if input > *over),
        );
        if let Some(by) = by {
            *more = more.and(by.input, by.output, Factor::ONE);
        }
        (by.and_then(|by| by.when.step()), by)
    }

    fn adjustment(&self, usage: &Usage<'_>, names: &[Form]) -> Option<&Multiplier> {
        let account = multiplier::best(
            &self.multipliers,
            names,
            |when| matches!(when, When::Account(identity) if !identity.is_empty() && identity == usage.account),
        );
        account.or_else(|| {
            let provider = usage.provider.to_lowercase();
            multiplier::best(
                &self.multipliers,
                names,
                |when| matches!(when, When::Provider(pattern) if pattern.matches(&provider)),
            )
        })
    }
}

impl Terms {
    /// Depends on nothing but the terms and the counts, so a bill written years
    /// ago comes out the same today.
    #[must_use]
    pub fn bill(self, tokens: &Tokens, failed: bool) -> Cost {
        Cost {
            lines: self.lines(tokens, failed).collect(),
            unpriced: self.unpriced(tokens),
            terms: Some(self),
        }
    }

    /// The sum of the bill without its lines; `None` = unpriced.
    #[must_use]
    pub fn amount(&self, tokens: &Tokens, failed: bool) -> Option<NanoUsd> {
        let sum = || {
            self.lines(tokens, failed)
                .fold(NanoUsd(0), |sum, line| sum + line.nanos)
        };
        self.unpriced(tokens).is_none().then(sum)
    }

    fn charge(&self, bucket: Bucket) -> Option<&Charge> {
        self.charges.iter().find(|charge| charge.bucket == bucket)
    }

    fn lines(&self, tokens: &Tokens, failed: bool) -> impl Iterator<Item = Line> {
        let call = (Bucket::Request, (!failed).then_some(1));
        let amounts = buckets(tokens).into_iter().chain([call]);
        amounts.filter_map(|(bucket, amount)| Some(line(self.charge(bucket)?, amount?)))
    }

    fn unpriced(&self, tokens: &Tokens) -> Option<Unpriced> {
        let buckets = buckets(tokens);
        if buckets.iter().any(|(_, count)| count.is_none()) {
            return Some(Unpriced::TokensUnknown);
        }
        if tokens.unclassified > 0 {
            return Some(Unpriced::Unclassified(tokens.unclassified));
        }
        let used = buckets.iter().filter(|(_, count)| *count > Some(0));
        used.map(|(bucket, _)| *bucket)
            .find(|bucket| self.charge(*bucket).is_none())
            .map(Unpriced::NoRate)
    }
}

impl More {
    fn and(self, input: Factor, output: Factor, request: Factor) -> Self {
        Self {
            input: self.input.and(input),
            output: self.output.and(output),
            request: self.request.and(request),
        }
    }
}

fn line(charge: &Charge, amount: i64) -> Line {
    Line {
        bucket: charge.bucket,
        amount,
        rate: charge.rate,
        factor: charge.factor,
        nanos: nanos(amount, charge.rate, charge.factor),
        like: charge.like,
    }
}

fn buckets(tokens: &Tokens) -> [(Bucket, Option<i64>); 5] {
    [
        (Bucket::Input, tokens.uncached),
        (Bucket::CacheRead, tokens.cache_read),
        (Bucket::CacheWrite, tokens.cache_write),
        (Bucket::Output, tokens.output),
        (Bucket::Reasoning, tokens.reasoning),
    ]
}

/// What is measured against context thresholds: all input, cached or not.
#[must_use]
pub fn input_of(tokens: &Tokens) -> i64 {
    [tokens.uncached, tokens.cache_read, tokens.cache_write]
        .into_iter()
        .flatten()
        .fold(0, i64::saturating_add)
}

/// What a request costs that no price fits: a failed attempt that consumed
/// nothing costs nothing anywhere, all else is unpriced.
#[must_use]
pub fn without_terms(usage: &Usage<'_>) -> Option<NanoUsd> {
    let nothing = usage.tokens.unclassified == 0
        && buckets(usage.tokens)
            .iter()
            .all(|(_, count)| *count == Some(0));
    (usage.failed && nothing).then_some(NanoUsd(0))
}
