//! Client keys in use, and what the page of keys says of each.

use std::collections::BTreeMap;

use cpamp::domain::event::Event;
use cpamp::domain::units::{At, Ms};
use serde_json::Value;

use super::events::{MORNING, event};
use super::panel::Answer;

pub(crate) const NOW: At = At(MORNING.0 + 5 * Ms::HOUR.0);

pub(crate) fn hash(n: i64) -> String {
    format!("{:016x}", 0xabc0 + n)
}

/// The `n`th request, this long ago, of this key.
pub(crate) fn used(n: i64, ago: Ms, key: i64) -> Event {
    let mut event = event(n);
    event.key.at = NOW - ago;
    event.client_key.hash = hash(key);
    event.client_key.mask = format!("sk-{key}…{key:04}");
    event.failed = n % 5 == 0;
    event.tokens.uncached = Some(100 + n);
    if n % 7 == 0 {
        event.model = String::from("a-model-without-a-price");
    }
    event
}

pub(crate) fn by_hash(answer: &Answer) -> BTreeMap<String, Value> {
    let all = answer.json();
    let keys = all.get("rows").unwrap().as_array().unwrap().iter();
    let named = keys.map(|key| (key["key_id"].as_str().unwrap().to_owned(), key.clone()));
    named.collect()
}
