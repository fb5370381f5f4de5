//! The bill of one request: tokens × rate × multipliers line by line, and the
//! terms that were kept with it, so that it stays explained when prices change.

use serde::Serialize;

use super::shape::text;
use crate::domain::event::Event;
use crate::domain::pricing::{
    Bucket, Layer, Multiplier, Terms, TierUsed, Unpriced, Usage, Via, When,
};
use crate::domain::units::NanoUsd;

#[derive(Serialize)]
pub(super) struct Bill {
    /// The entry that priced it.
    layer: Layer,
    model: String,
    seller: Option<String>,
    /// The name that was looked up, and what had to be done to it to meet the
    /// entry's.
    looked_up: String,
    via: Via,
    /// The override that said "costs what this model costs".
    like: Option<String>,
    source: String,
    as_of: String,
    tier: Tier,
    /// Tokens of input above which the rates hold; `null` = any number.
    context_over: Option<i64>,
    multipliers: Vec<Times>,
    lines: Vec<Line>,
    /// `null` when a part of it has no price.
    total_usd: Option<String>,
    /// Why there is no cost; `null` when there is one.
    unpriced: Option<&'static str>,
}

#[derive(Serialize)]
struct Tier {
    asked: Option<String>,
    served: Option<String>,
    /// `standard`, `own`, `times`, `not_sold` or `unlisted`.
    billed_as: &'static str,
    /// The name under which it has a price.
    name: Option<String>,
}

/// A multiplier that is in the factors of the lines.
#[derive(Serialize)]
struct Times {
    /// `tier`, `above`, `provider` or `account`.
    kind: &'static str,
    subject: String,
    input: String,
    output: String,
}

#[derive(Serialize)]
struct Line {
    bucket: Bucket,
    /// Charged like this one, for want of a rate of its own.
    like: Option<Bucket>,
    /// Tokens; 1 for the price of a call.
    amount: i64,
    /// For a million tokens, or a million calls.
    usd_per_million: String,
    factor: String,
    cost_usd: String,
}

impl Bill {
    pub(super) fn of(terms: Terms, event: &Event) -> Self {
        let cost = terms.clone().bill(&event.tokens, event.failed);
        let total = cost.nanos();
        let lines = cost.lines.into_iter().map(|line| Line {
            bucket: line.bucket,
            like: line.like,
            amount: line.amount,
            usd_per_million: line.rate.to_string(),
            factor: line.factor.to_string(),
            cost_usd: NanoUsd::decimal(line.nanos),
        });
        Self {
            tier: tier(&terms.tier, event),
            multipliers: multipliers(&terms),
            layer: terms.rule.layer,
            model: terms.rule.model,
            seller: text(&terms.rule.seller),
            looked_up: Usage::from(event).named().to_owned(),
            via: terms.rule.via,
            like: terms.rule.like,
            source: terms.source,
            as_of: terms.as_of.rfc3339(),
            context_over: terms.over,
            lines: lines.collect(),
            total_usd: total.map(NanoUsd::decimal),
            unpriced: cost.unpriced.map(Unpriced::code),
        }
    }
}

fn tier(used: &TierUsed, event: &Event) -> Tier {
    let (billed_as, name) = match used {
        TierUsed::Standard => ("standard", None),
        TierUsed::Own(tier) => ("own", Some(tier)),
        TierUsed::Times(tier, ..) => ("times", Some(tier)),
        TierUsed::NotSold { tier, .. } => ("not_sold", Some(tier)),
        TierUsed::Unlisted => ("unlisted", None),
    };
    Tier {
        asked: text(&event.tier),
        served: text(&event.served_tier),
        billed_as,
        name: name.cloned(),
    }
}

fn multipliers(terms: &Terms) -> Vec<Times> {
    let mut all = Vec::new();
    if let TierUsed::Times(tier, input, output) = &terms.tier {
        all.push(Times {
            kind: "tier",
            subject: tier.clone(),
            input: input.to_string(),
            output: output.to_string(),
        });
    }
    all.extend(terms.stretched.iter().chain(&terms.adjusted).map(times));
    all
}

fn times(by: &Multiplier) -> Times {
    let (kind, subject) = match &by.when {
        When::Tier { tier, .. } => ("tier", tier.clone()),
        When::Above { over } => ("above", over.to_string()),
        When::Provider(name) => ("provider", name.as_str().to_owned()),
        When::Account(identity) => ("account", identity.clone()),
    };
    Times {
        kind,
        subject,
        input: by.input.to_string(),
        output: by.output.to_string(),
    }
}
