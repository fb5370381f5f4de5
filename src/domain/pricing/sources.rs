//! Price lists on the internet, from bytes to candidates. A list that does not
//! have the expected shape is refused whole; an entry of it that makes no sense
//! is left out and reported. Nothing is fetched and nothing is applied here.

mod amount;
mod litellm;
mod models_dev;
mod open_router;

use serde::{Deserialize, Serialize};

use super::price::Price;

/// In the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    ModelsDev,
    LiteLlm,
    OpenRouter,
}

impl Source {
    pub const ALL: [Self; 3] = [Self::ModelsDev, Self::LiteLlm, Self::OpenRouter];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ModelsDev => "models.dev",
            Self::LiteLlm => "LiteLLM",
            Self::OpenRouter => "OpenRouter",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    #[must_use]
    pub fn url(self) -> &'static str {
        match self {
            Self::ModelsDev => "https://models.dev/catalog.json",
            Self::LiteLlm => {
                "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
            }
            Self::OpenRouter => "https://openrouter.ai/api/v1/models",
        }
    }
}

/// A model as one source prices it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub source: Source,
    /// The name under which the source lists it.
    pub id: String,
    /// The bare model, without the seller.
    pub model: String,
    /// In the words of the built-in catalogue.
    pub seller: String,
    /// The seller makes the model.
    pub official: bool,
    pub price: Price,
}

/// An entry that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub id: String,
    pub what: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    pub candidates: Vec<Candidate>,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadList {
    #[error("not the JSON of a price list: {0}")]
    Shape(String),
    #[error("nested deeper than {MAX_DEPTH} levels")]
    Depth,
    #[error("holds no model with a price")]
    Empty,
}

/// No price list is nested deeper than eight levels.
const MAX_DEPTH: u32 = 32;

pub fn parse(source: Source, text: &[u8]) -> Result<Parsed, BadList> {
    if depth(text) > MAX_DEPTH {
        return Err(BadList::Depth);
    }
    let parsed = match source {
        Source::ModelsDev => models_dev::parse(text),
        Source::LiteLlm => litellm::parse(text),
        Source::OpenRouter => open_router::parse(text),
    };
    let parsed = parsed.map_err(|error| BadList::Shape(error.to_string()))?;
    if parsed.candidates.is_empty() {
        return Err(BadList::Empty);
    }
    Ok(parsed)
}

impl Parsed {
    /// Adds a candidate whose price makes sense, else a problem.
    fn add(&mut self, candidate: Candidate) {
        match candidate.price.check() {
            Ok(()) => self.candidates.push(candidate),
            Err(bad) => self.skip(candidate.id, bad.to_string()),
        }
    }

    fn skip(&mut self, id: String, what: String) {
        self.problems.push(Problem { id, what });
    }
}

/// How deep brackets are nested outside strings.
fn depth(text: &[u8]) -> u32 {
    let (mut now, mut most) = (0_u32, 0_u32);
    let (mut string, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'{' | b'[' if !string => {
                now += 1;
                most = most.max(now);
            }
            b'}' | b']' if !string => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests;
