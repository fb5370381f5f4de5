//! Factors that hold for many models at once: a service tier without a price of
//! its own, a long context in a list that states none, an agreement with a
//! provider, the plan of an account. The built-in ones are facts about
//! upstreams; the operator's come first.

use serde::{Deserialize, Serialize};

use super::book::Layer;
use super::names::{Form, Pattern};
use super::price::synonym;
use super::rate::Factor;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multiplier {
    pub model: Pattern,
    pub when: When,
    /// For input and cache, and for the call itself.
    pub input: Factor,
    /// For output and reasoning.
    pub output: Factor,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Billed in a tier for which the model's entry has no price. Not sold for
    /// inputs longer than `up_to`: there the standard price holds.
    Tier {
        tier: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        up_to: Option<i64>,
    },
    /// Input longer than `over`, in an entry that has no thresholds at all.
    Above { over: i64 },
    /// Served by a provider; on top of everything else.
    Provider(Pattern),
    /// Served by an account, by identity; then no provider's factor holds.
    Account(String),
}

/// Facts that price lists leave out, as of November 2026.
#[must_use]
pub fn built_in() -> Vec<Multiplier> {
    let tier = |model: &str, tier: &str, factor: Factor, up_to| Multiplier {
        model: Pattern::new(model),
        when: When::Tier {
            tier: tier.to_owned(),
            up_to,
        },
        input: factor,
        output: factor,
    };
    let double = Factor(2_000_000);
    let mut all = vec![
        tier("*", "flex", Factor::HALF, None),
        tier("*", "batch", Factor::HALF, None),
        tier("gpt-5.3-codex*", "priority", double, None),
        tier("gpt-5.4*", "priority", double, Some(272_000)),
        tier("gpt-5.5*", "priority", Factor(2_500_000), Some(272_000)),
        tier("gpt-5.6*", "priority", double, None),
    ];
    for model in [
        "gpt-5.4",
        "gpt-5.4-20*",
        "gpt-5.4-pro",
        "gpt-5.4-pro-20*",
        "gpt-5.5",
        "gpt-5.5-20*",
        "gpt-5.6*",
    ] {
        all.push(Multiplier {
            model: Pattern::new(model),
            when: When::Above { over: 272_000 },
            input: double,
            output: Factor(1_500_000),
        });
    }
    all
}

/// Whether it is meant for the model of these names, under some condition.
pub(super) fn is_of(multiplier: &Multiplier, names: &[Form]) -> bool {
    names
        .iter()
        .any(|form| multiplier.model.matches(&form.name))
}

/// The best of `all` for a model among those `fits` accepts: the operator's
/// before built-in ones, then the pattern that says most, then the highest
/// threshold.
pub(super) fn best<'a>(
    all: &'a [(Layer, Multiplier)],
    names: &[Form],
    fits: impl Fn(&When) -> bool,
) -> Option<&'a Multiplier> {
    all.iter()
        .filter(|(_, m)| fits(&m.when) && is_of(m, names))
        .max_by_key(|(layer, m)| (std::cmp::Reverse(*layer), m.model.weight(), m.when.over()))
        .map(|(_, m)| m)
}

impl Multiplier {
    /// Whether at most one of the two can ever hold, whatever is asked.
    #[must_use]
    pub fn is_instead_of(&self, other: &Self) -> bool {
        let same = match (&self.when, &other.when) {
            (When::Tier { tier: a, .. }, When::Tier { tier: b, .. }) => a == b,
            (a, b) => a == b,
        };
        same && self.model == other.model
    }
}

impl When {
    fn over(&self) -> i64 {
        match self {
            Self::Above { over } => *over,
            _ => 0,
        }
    }

    /// The input length at which this sets in or ends.
    pub(super) fn step(&self) -> Option<i64> {
        match self {
            Self::Tier { up_to, .. } => *up_to,
            Self::Above { over } => Some(*over),
            Self::Provider(_) | Self::Account(_) => None,
        }
    }

    pub(super) fn is_tier(&self, name: &str) -> bool {
        matches!(self, Self::Tier { tier, .. } if tier == name)
    }
}

/// The multiplier of a tier, or of its synonym.
pub(super) fn of_tier<'a>(
    all: &'a [(Layer, Multiplier)],
    names: &[Form],
    tier: &str,
) -> Option<&'a Multiplier> {
    let of = |tier: &str| best(all, names, |when| when.is_tier(tier));
    of(tier).or_else(|| synonym(tier).and_then(of))
}
