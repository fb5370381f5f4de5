//! A price as a table that people fill in: one line for the standard price, one
//! for each context threshold, one for each service tier. An empty cell is
//! "not known", a zero is free. Goes both ways without loss.

use std::collections::BTreeMap;

use crate::domain::pricing::price::{REQUEST_MAX, tier_name};
use crate::domain::pricing::rate::BadAmount;
use crate::domain::pricing::{Above, Entry, Factor, Price, Quote, Rate, Rates, TierHow, TierPrice};
use crate::domain::units::NanoUsd;

/// Lines of a sheet, and of a form that is accepted.
const MOST_LINES: usize = 40;
const LONGEST_NAME: usize = 200;

/// What stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) model: String,
    /// "Costs what this model costs"; then the lines do not count.
    pub(super) like: String,
    pub(super) request: String,
    pub(super) long_cache: bool,
    pub(super) lines: Vec<Line>,
}

/// One line; see the heads of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) tier: String,
    pub(super) over: String,
    pub(super) times: String,
    pub(super) up_to: String,
    /// Input, cache read, cache write, long cache write, output, reasoning.
    pub(super) rates: [String; 6],
}

/// Names of [`Line::rates`] in a form.
pub(super) const RATES: [&str; 6] = [
    "input",
    "cache_read",
    "cache_write",
    "cache_write_long",
    "output",
    "reasoning",
];

/// What is wrong with a cell, by its name in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    NotANumber,
    Negative,
    TooLarge,
    NoModel,
    NoRate,
    /// Tokens of a threshold.
    NotACount,
    /// The same tier or threshold twice.
    Twice,
}

pub(super) type Mistakes = BTreeMap<String, Wrong>;

impl Sheet {
    #[must_use]
    pub(super) fn of(entry: &Entry) -> Self {
        let price = match &entry.quote {
            Quote::Price(price) => price,
            Quote::Like(like) => {
                return Self {
                    model: entry.model.clone(),
                    like: like.clone(),
                    ..Self::default()
                };
            }
        };
        let mut lines = vec![Line::of("", None, &price.rates)];
        let above = |lines: &mut Vec<Line>, tier: &str, above: &[Above]| {
            let line = |band: &Above| Line::of(tier, Some(band.over), &band.rates);
            lines.extend(above.iter().map(line));
        };
        above(&mut lines, "", &price.above);
        for tier in &price.tiers {
            let up_to = tier.up_to.map_or(String::new(), |most| most.to_string());
            match &tier.how {
                TierHow::Times(factor) => lines.push(Line {
                    times: factor.to_string(),
                    up_to,
                    ..Line::of(&tier.tier, None, &Rates::default())
                }),
                TierHow::Own {
                    rates,
                    above: bands,
                } => {
                    lines.push(Line {
                        up_to,
                        ..Line::of(&tier.tier, None, rates)
                    });
                    above(&mut lines, &tier.tier, bands);
                }
            }
        }
        Self {
            model: entry.model.clone(),
            like: String::new(),
            request: price
                .request
                .map_or(String::new(), |n| Rate(n.0).to_string()),
            long_cache: price.long_cache,
            lines,
        }
    }

    /// With empty lines at the end for what is to be added.
    #[must_use]
    pub(super) fn with_room(mut self) -> Self {
        let empty = self.lines.iter().rev().take_while(|line| line.is_empty());
        let missing = 2_usize.saturating_sub(empty.count());
        self.lines
            .extend(std::iter::repeat_n(Line::default(), missing));
        self
    }

    /// Reads the fields of the form.
    #[must_use]
    pub(super) fn read(fields: &[(String, String)]) -> Self {
        let field = |name: &str| {
            let found = fields.iter().find(|(n, _)| n == name);
            found.map_or(String::new(), |(_, value)| value.trim().to_owned())
        };
        let count = field("lines").parse().unwrap_or(0).min(MOST_LINES);
        let line = |n: usize| Line {
            tier: field(&format!("tier-{n}")),
            over: field(&format!("over-{n}")),
            times: field(&format!("times-{n}")),
            up_to: field(&format!("up_to-{n}")),
            rates: RATES.map(|rate| field(&format!("{rate}-{n}"))),
        };
        Self {
            model: field("model"),
            like: field("like"),
            request: field("request"),
            long_cache: !field("long_cache").is_empty(),
            lines: (0..count).map(line).collect(),
        }
    }

    /// What it says, or what is wrong with it.
    pub(super) fn quote(&self) -> Result<Quote, Mistakes> {
        let mut mistakes = Mistakes::new();
        if self.model.is_empty() || self.model.len() > LONGEST_NAME {
            mistakes.insert(String::from("model"), Wrong::NoModel);
        }
        if !self.like.is_empty() {
            if self.like.len() > LONGEST_NAME {
                mistakes.insert(String::from("like"), Wrong::NoModel);
            }
            return finish(Quote::Like(self.like.clone()), mistakes);
        }
        let mut price = Price {
            long_cache: self.long_cache,
            ..Price::default()
        };
        match self.request.as_str() {
            "" => {}
            text => match Rate::per_million(text) {
                // A dollar a call has as many nano-dollars as a rate of one has.
                Ok(rate) if NanoUsd(rate.0) <= REQUEST_MAX => {
                    price.request = Some(NanoUsd(rate.0));
                }
                bad => {
                    let wrong = bad.err().map_or(Wrong::TooLarge, Wrong::from);
                    mistakes.insert(String::from("request"), wrong);
                }
            },
        }
        // What has thresholds comes after what it is a threshold of.
        for banded in [false, true] {
            for (n, line) in self.lines.iter().enumerate() {
                if !line.is_empty() && line.over.is_empty() != banded {
                    line.enter(n, &mut price, &mut mistakes);
                }
            }
        }
        price.above.sort_by_key(|band| band.over);
        for tier in &mut price.tiers {
            if let TierHow::Own { above, .. } = &mut tier.how {
                above.sort_by_key(|band| band.over);
            }
        }
        if mistakes.is_empty() && price.check().is_err() {
            mistakes.insert(String::from("input-0"), Wrong::NoRate);
        }
        finish(Quote::Price(price), mistakes)
    }
}

fn finish(quote: Quote, mistakes: Mistakes) -> Result<Quote, Mistakes> {
    if mistakes.is_empty() {
        Ok(quote)
    } else {
        Err(mistakes)
    }
}

impl Line {
    fn of(tier: &str, over: Option<i64>, rates: &Rates) -> Self {
        let text = |rate: Option<Rate>| rate.map_or(String::new(), |rate| rate.to_string());
        Self {
            tier: tier.to_owned(),
            over: over.map_or(String::new(), |over| over.to_string()),
            times: String::new(),
            up_to: String::new(),
            rates: [
                text(rates.input),
                text(rates.cache_read),
                text(rates.cache_write),
                text(rates.cache_write_long),
                text(rates.output),
                text(rates.reasoning),
            ],
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what the line says to the price.
    fn enter(&self, n: usize, price: &mut Price, mistakes: &mut Mistakes) {
        let rates = self.read_rates(n, mistakes);
        let over = count("over", n, &self.over, mistakes);
        let up_to = count("up_to", n, &self.up_to, mistakes);
        let Some(tier) = tier_name(&self.tier) else {
            match over {
                None => price.rates = price.rates.zip(&rates, Option::or),
                Some(over) => add_band(&mut price.above, over, rates, n, mistakes),
            }
            return;
        };
        let times = match self.times.as_str() {
            "" => None,
            text => match Factor::parse(text) {
                Ok(factor) => Some(factor),
                Err(bad) => {
                    mistakes.insert(format!("times-{n}"), bad.into());
                    return;
                }
            },
        };
        let known = price.tiers.iter_mut().find(|known| known.tier == tier);
        match (known, over, times) {
            (None, None, times) => price.tiers.push(TierPrice {
                tier,
                up_to,
                how: times.map_or(own(rates), TierHow::Times),
            }),
            (None, Some(over), None) => {
                let mut how = own(Rates::default());
                if let TierHow::Own { above, .. } = &mut how {
                    above.push(Above { over, rates });
                }
                price.tiers.push(TierPrice { tier, up_to, how });
            }
            (
                Some(TierPrice {
                    how: TierHow::Own { above, .. },
                    ..
                }),
                Some(over),
                None,
            ) => {
                add_band(above, over, rates, n, mistakes);
            }
            _ => {
                mistakes.insert(format!("tier-{n}"), Wrong::Twice);
            }
        }
    }

    fn read_rates(&self, n: usize, mistakes: &mut Mistakes) -> Rates {
        let mut read = RATES.iter().zip(&self.rates).map(|(name, text)| {
            if text.is_empty() {
                return None;
            }
            Rate::per_million(text.trim_start_matches('$'))
                .map_err(|bad| mistakes.insert(format!("{name}-{n}"), bad.into()))
                .ok()
        });
        let mut next = || read.next().flatten();
        Rates {
            input: next(),
            cache_read: next(),
            cache_write: next(),
            cache_write_long: next(),
            output: next(),
            reasoning: next(),
        }
    }
}

fn own(rates: Rates) -> TierHow {
    TierHow::Own {
        rates,
        above: Vec::new(),
    }
}

fn add_band(above: &mut Vec<Above>, over: i64, rates: Rates, n: usize, mistakes: &mut Mistakes) {
    if above.iter().any(|band| band.over == over) {
        mistakes.insert(format!("over-{n}"), Wrong::Twice);
    } else {
        above.push(Above { over, rates });
    }
}

/// `272000`, `272,000`, `272k`.
fn count(name: &str, n: usize, text: &str, mistakes: &mut Mistakes) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    let plain = text.to_lowercase().replace([',', ' ', '_'], "");
    let (digits, unit) = match plain.strip_suffix('k') {
        Some(digits) => (digits.to_owned(), 1_000),
        None => (plain, 1),
    };
    let tokens = digits.parse::<i64>().ok().and_then(|n| n.checked_mul(unit));
    let tokens = tokens.filter(|tokens| *tokens > 0);
    if tokens.is_none() {
        mistakes.insert(format!("{name}-{n}"), Wrong::NotACount);
    }
    tokens
}

impl From<BadAmount> for Wrong {
    fn from(bad: BadAmount) -> Self {
        match bad {
            BadAmount::NotANumber => Self::NotANumber,
            BadAmount::Negative => Self::Negative,
            BadAmount::TooLarge => Self::TooLarge,
        }
    }
}

#[cfg(test)]
mod tests;
