//! The keys of providers in the gateway's configuration: listed, and switched
//! on and off where they stand. A key is off while it excludes every model; a
//! provider that speaks OpenAI's protocol is switched with all its keys. The
//! lists hold keys in clear: they become masks here and are dropped.

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{Client, Error, Object, fields};
use crate::domain::account::{Kind, Listed};
use crate::domain::{mask, redact};

/// Lists of provider keys; the name of each is also its path.
pub(super) const LISTS: [&str; 7] = [
    "gemini-api-key",
    "interactions-api-key",
    "claude-api-key",
    "codex-api-key",
    "xai-api-key",
    "vertex-api-key",
    COMPATIBLE,
];
const COMPATIBLE: &str = "openai-compatibility";
/// Excluded, it excludes every model: so a key is switched off.
const EVERY_MODEL: &str = "*";

/// Who the keys of a list are for.
fn provider_of(list: &str) -> &str {
    match list {
        "interactions-api-key" => "gemini-interactions",
        list => list.strip_suffix("-api-key").unwrap_or(list),
    }
}

impl Client {
    /// The keys of one list; none where an old version does not have it.
    pub async fn provider_keys(&self, list: &str) -> Result<Vec<Listed>, Error> {
        let entries = self.entries(list).await?;
        let keys = entries.iter().flat_map(|entry| keys_of(list, entry));
        Ok(keys.collect())
    }

    /// Switches a key on or off, with it all keys of its provider where that is
    /// the switch. Unknown when the list has it no more. To be read back.
    pub async fn switch_key(&self, key: &Listed, disabled: bool) -> Result<(), Error> {
        let list = key.list.as_str();
        let entries = self.entries(list).await?;
        let place = entries.iter().position(|entry| {
            let keys = keys_of(list, entry);
            keys.iter().any(|other| other.auth_index == key.auth_index)
        });
        let found = place.and_then(|place| Some((place, entries.get(place)?)));
        let Some((place, entry)) = found else {
            return Err(Error::protocol("the gateway no longer lists this key"));
        };
        let (name, value) = if list == COMPATIBLE {
            ("name", json!({ "disabled": disabled }))
        } else {
            (
                "api-key",
                json!({ "excluded-models": excluded(entry, disabled) }),
            )
        };
        // By name where that is clear: the list may change meanwhile.
        let text = fields::text(entry, name);
        let alike = entries.iter().filter(|e| fields::text(e, name) == text);
        let mut body = match (alike.count(), list == COMPATIBLE) {
            (1, true) if !text.is_empty() => json!({ "name": text }),
            (1, false) if !text.is_empty() => json!({ "match": text }),
            _ => json!({ "index": place }),
        };
        if let Some(body) = body.as_object_mut() {
            body.insert(String::from("value"), value);
        }
        self.patch(&format!("/{list}"), &body).await
    }

    async fn entries(&self, name: &str) -> Result<Vec<Object>, Error> {
        let mut answer = match self.answer(&format!("/{name}")).await {
            Err(Error::Unsupported(_) | Error::ManagementOff) => return Ok(Vec::new()),
            answer => answer?,
        };
        Ok(match answer.remove(name) {
            Some(Value::Array(list)) => list
                .into_iter()
                .filter_map(|entry| match entry {
                    Value::Object(object) => Some(object),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        })
    }
}

/// What to exclude so that the key is off, or on.
fn excluded(entry: &Object, disabled: bool) -> Vec<&str> {
    let models = entry.get("excluded-models").and_then(Value::as_array);
    let models = models.into_iter().flatten().filter_map(Value::as_str);
    let others = models.filter(|model| *model != EVERY_MODEL);
    let every = disabled.then_some(EVERY_MODEL);
    others.chain(every).collect()
}

fn keys_of(list: &str, entry: &Object) -> Vec<Listed> {
    if list == COMPATIBLE {
        return compatible(entry);
    }
    provider_key(list, entry).into_iter().collect()
}

pub(super) fn provider_key(list: &str, object: &Object) -> Option<Listed> {
    let key = fields::text(object, "api-key");
    let base = fields::text(object, "base-url");
    let title = match (key, base) {
        ("", "") => return None,
        ("", base) => fields::origin(base),
        (key, _) => mask::secret(&redact::visible(key, ' ')),
    };
    let seed = match list {
        "vertex-api-key" => format!("id:vertex:apikey:{}", index_of(key)),
        _ => format!("{list}:{base}+{key}"),
    };
    let excluded = object.get("excluded-models").and_then(Value::as_array);
    Some(Listed {
        auth_index: match fields::text(object, "auth-index") {
            "" => index_of(&seed),
            index => redact::field(index, &[], 64),
        },
        kind: Kind::Key,
        list: list.to_owned(),
        provider: provider_of(list).to_owned(),
        title,
        disabled: excluded.is_some_and(|models| models.iter().any(|model| model == EVERY_MODEL)),
        priority: fields::number(object, "priority"),
        weight: fields::number(object, "weight"),
        fields: fields::shown(object),
        ..Listed::default()
    })
}

/// The keys of one provider that speaks OpenAI's protocol, or the provider
/// itself where it needs none.
pub(super) fn compatible(provider: &Object) -> Vec<Listed> {
    let base = fields::text(provider, "base-url");
    let name = redact::field(fields::text(provider, "name"), &[], 100);
    let common = Listed {
        kind: Kind::Key,
        list: COMPATIBLE.to_owned(),
        provider: name.to_lowercase(),
        disabled: fields::truth(provider, "disabled"),
        priority: fields::number(provider, "priority"),
        fields: fields::shown(provider),
        ..Listed::default()
    };
    let entries = provider.get("api-key-entries").and_then(Value::as_array);
    let entries = entries.into_iter().flatten().filter_map(Value::as_object);
    let mut keys: Vec<Listed> = entries
        .map(|entry| {
            let key = fields::text(entry, "api-key");
            Listed {
                auth_index: match fields::text(entry, "auth-index") {
                    "" => index_of(&format!("{COMPATIBLE}:{base}+{key}")),
                    index => redact::field(index, &[], 64),
                },
                title: mask::secret(&redact::visible(key, ' ')),
                weight: fields::number(entry, "weight"),
                ..common.clone()
            }
        })
        .collect();
    let own = fields::text(provider, "auth-index");
    if keys.is_empty() && !own.is_empty() {
        keys.push(Listed {
            auth_index: redact::field(own, &[], 64),
            title: name,
            ..common
        });
    }
    keys
}

/// As the gateway makes its indexes: for keys it does not tell them of while
/// they are switched off.
fn index_of(seed: &str) -> String {
    let hash = digest(&SHA256, seed.as_bytes());
    let start = hash.as_ref().first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(start))
}
