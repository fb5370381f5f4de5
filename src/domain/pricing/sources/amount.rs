//! A price in a list: a JSON number or a decimal string. Read as text, so that
//! it never becomes a binary fraction in a sum.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::domain::pricing::rate::{BadAmount, Rate};
use crate::domain::units::NanoUsd;

/// `None` and `null` are "not stated".
#[derive(Clone, Debug, Default)]
pub(super) struct Amount(Option<String>);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Null => None,
            // The shortest decimal that reads back as the same number.
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }))
    }
}

impl Amount {
    pub(super) fn per_million(&self) -> Result<Option<Rate>, BadAmount> {
        self.0.as_deref().map(Rate::per_million).transpose()
    }

    pub(super) fn per_token(&self) -> Result<Option<Rate>, BadAmount> {
        self.0.as_deref().map(Rate::per_token).transpose()
    }

    /// Dollars a call; zero is "nothing extra", not a price.
    pub(super) fn per_call(&self) -> Result<Option<NanoUsd>, BadAmount> {
        // A dollar a call has as many nano-dollars as a rate of one has.
        let nanos = self.per_million()?.map(|rate| NanoUsd(rate.0));
        Ok(nanos.filter(|nanos| nanos.0 > 0))
    }
}
