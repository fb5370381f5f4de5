//! The credentials the gateway has: auth files and provider keys. Tolerant: a
//! field of the wrong type counts as absent, unknown fields are kept for people
//! to read, lists that an old version does not have are empty. Upstream keys
//! become masks here and go no further; nothing is read that holds tokens.

use chrono::DateTime;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::client::Client;
use super::fields;
use super::types::Error;
use crate::domain::account::{Kind, Listed};
use crate::domain::units::At;
use crate::domain::{mask, redact};

type Object = Map<String, Value>;

/// A list of provider keys: its path, which is its name, and who it is for.
const LISTS: [(&str, &str); 6] = [
    ("gemini-api-key", "gemini"),
    ("interactions-api-key", "gemini-interactions"),
    ("claude-api-key", "claude"),
    ("codex-api-key", "codex"),
    ("xai-api-key", "xai"),
    ("vertex-api-key", "vertex"),
];
const COMPATIBLE: &str = "openai-compatibility";

impl Client {
    /// Auth files, then provider keys in the order of their lists. One request
    /// a list, one after another; the first failure ends it.
    pub async fn credentials(&self) -> Result<Vec<Listed>, Error> {
        let mut all = self.auth_files("").await?;
        for (path, provider) in LISTS {
            let list = self.list(path).await?;
            let of = |object| provider_key(path, provider, object);
            all.extend(list.iter().filter_map(of));
        }
        for provider in self.list(COMPATIBLE).await? {
            all.extend(compatible(&provider));
        }
        Ok(all)
    }

    /// The auth files: all for the empty name, else the one of this name, as far
    /// as the version can tell them apart.
    pub async fn auth_files(&self, name: &str) -> Result<Vec<Listed>, Error> {
        let path = if name.is_empty() {
            String::from("/auth-files")
        } else {
            let query = url::form_urlencoded::byte_serialize(name.as_bytes());
            format!("/auth-files?name={}", query.collect::<String>())
        };
        let answer = self.answer(&path).await?;
        let files = answer.get("files").and_then(Value::as_array);
        let objects = files.into_iter().flatten().filter_map(Value::as_object);
        Ok(objects.filter_map(auth_file).collect())
    }

    /// Models that an auth file serves, by name.
    pub async fn models_of(&self, name: &str) -> Result<Vec<String>, Error> {
        let query: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let answer = self
            .answer(&format!("/auth-files/models?name={query}"))
            .await?;
        let models = answer.get("models").and_then(Value::as_array);
        let ids = models
            .into_iter()
            .flatten()
            .filter_map(|model| model.get("id")?.as_str());
        Ok(ids.map(|id| redact::field(id, &[], 200)).collect())
    }

    async fn list(&self, name: &str) -> Result<Vec<Object>, Error> {
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

/// `None` for an entry without any name.
fn auth_file(object: &Object) -> Option<Listed> {
    let text = |name| fields::text(object, name);
    let name = [text("name"), text("id")]
        .into_iter()
        .find(|t| !t.is_empty())?;
    let auth_index = match text("auth_index") {
        // Before 6.3.56; those versions send no events either.
        "" => format!("file:{}", redact::field(name, &[], 200)),
        index => redact::field(index, &[], 64),
    };
    let claims = object.get("id_token").and_then(Value::as_object);
    let claim = |name: &str| {
        let value = claims.and_then(|claims| claims.get(name)?.as_str());
        redact::field(value.unwrap_or_default(), &[], 200)
    };
    let account = match (text("account_type"), text("account")) {
        ("oauth", account) => redact::field(account, &[], 200),
        (_, key) if mask::is_email(key) => redact::field(key, &[], 200),
        (_, key) => mask::secret(&redact::visible(key, ' ')),
    };
    let field = |name| redact::field(text(name), &[], 200);
    let title = [field("email"), account, field("project_id"), field("label")];
    let provider = [field("provider"), field("type")];
    let ids = [
        claim("chatgpt_account_id"),
        field("account_id"),
        field("account_uuid"),
        field("project_id"),
    ];
    let first = |texts: &[String]| texts.iter().find(|t| !t.is_empty()).cloned();
    let title = first(&title).filter(|title| *title != text("type"));
    Some(Listed {
        auth_index,
        kind: Kind::File,
        provider: first(&provider).unwrap_or_default(),
        title: title.unwrap_or_else(|| redact::field(name.trim_end_matches(".json"), &[], 200)),
        name: name.to_owned(),
        provider_account: first(&ids).unwrap_or_default(),
        plan: first(&[claim("plan_type"), field("plan_type"), field("plan")]).unwrap_or_default(),
        note: redact::field(text("note"), &[], 500),
        status: field("status"),
        message: redact::text(text("status_message"), &[]),
        disabled: fields::truth(object, "disabled"),
        unavailable: fields::truth(object, "unavailable"),
        retry_at: moment(text("next_retry_after")),
        priority: fields::number(object, "priority"),
        weight: fields::number(object, "weight"),
        refreshed_at: moment(text("last_refresh")),
        expires_at: moment(&claim("chatgpt_subscription_active_until")),
        fields: fields::shown(object),
    })
}

fn provider_key(list: &str, provider: &str, object: &Object) -> Option<Listed> {
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
        provider: provider.to_owned(),
        title,
        // All models excluded is how a key is switched off.
        disabled: excluded.is_some_and(|models| models.iter().any(|model| model == "*")),
        priority: fields::number(object, "priority"),
        weight: fields::number(object, "weight"),
        fields: fields::shown(object),
        ..Listed::default()
    })
}

/// The keys of one provider that speaks OpenAI's protocol, or the provider
/// itself where it needs none.
fn compatible(provider: &Object) -> Vec<Listed> {
    let base = fields::text(provider, "base-url");
    let name = redact::field(fields::text(provider, "name"), &[], 100);
    let common = Listed {
        kind: Kind::Key,
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

/// Go writes its zero time as year 1.
fn moment(text: &str) -> Option<At> {
    let at = DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(At(at.timestamp_millis())).filter(|at| at.0 > 0)
}

#[cfg(test)]
mod tests;
