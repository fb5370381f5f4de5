//! JSON that remembers the order of its keys, to compare answers as they came.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ordered {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Ordered>),
    Map(Vec<(String, Ordered)>),
}

impl Ordered {
    /// Visits every text and number, with the key it belongs to.
    pub(crate) fn each(&mut self, key: &str, change: &mut impl FnMut(&str, &mut Ordered)) {
        match self {
            Self::Text(_) | Self::Number(_) => change(key, self),
            Self::List(items) => items.iter_mut().for_each(|item| item.each(key, change)),
            Self::Map(entries) => {
                for (key, value) in entries {
                    value.each(key, change);
                }
            }
            _ => {}
        }
    }

    /// Where two values part, in a few words; `None` = they are the same.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Self::List(a), Self::List(b)) if a.len() == b.len() => {
                let mut pairs = a.iter().zip(b).enumerate();
                pairs.find_map(|(at, (a, b))| Some(format!("[{at}]{}", a.difference(b)?)))
            }
            (Self::Map(a), Self::Map(b)) if keys(a) == keys(b) => {
                let mut pairs = a.iter().zip(b);
                pairs.find_map(|((key, a), (_, b))| Some(format!(".{key}{}", a.difference(b)?)))
            }
            (Self::Map(a), Self::Map(b)) => Some(format!(": {:?} is not {:?}", keys(a), keys(b))),
            (a, b) if a == b => None,
            (Self::List(a), Self::List(b)) => Some(format!(": {} items, not {}", a.len(), b.len())),
            (a, b) => Some(format!(": {a:?} is not {b:?}")),
        }
    }
}

fn keys(entries: &[(String, Ordered)]) -> Vec<&str> {
    entries.iter().map(|(key, _)| key.as_str()).collect()
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Ordered, E> {
                Ok(Ordered::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
                Ok(Ordered::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
                Ok(Ordered::Number(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
                Ok(Ordered::Number(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
                Ok(Ordered::Number(
                    serde_json::Number::from_f64(value).unwrap(),
                ))
            }
            fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
                Ok(Ordered::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ordered, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(Ordered::List(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Ordered, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    all.push(entry);
                }
                Ok(Ordered::Map(all))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
