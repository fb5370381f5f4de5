//! The credentials the gateway has: auth files and provider keys. Tolerant: a
//! field of the wrong type counts as absent, unknown fields are kept for people
//! to read, lists that an old version does not have are empty. Upstream keys
//! become masks here and go no further; nothing is read that holds tokens.

mod keys;

use chrono::DateTime;
use serde_json::{Map, Value};

use super::client::Client;
use super::fields;
use super::types::Error;
use crate::domain::account::{Kind, Listed};
use crate::domain::units::At;
use crate::domain::{mask, redact};

type Object = Map<String, Value>;

/// A credential as it was found, with the address of whoever logged in.
#[derive(Debug)]
pub struct Found {
    listed: Listed,
    address: String,
}

impl Found {
    /// `person` makes of an address what tells people apart without telling who
    /// they are.
    #[must_use]
    pub fn listed(self, person: impl Fn(&str) -> String) -> Listed {
        let person = match self.address.as_str() {
            "" => String::new(),
            address => person(address),
        };
        Listed {
            person,
            ..self.listed
        }
    }
}

impl From<Listed> for Found {
    fn from(listed: Listed) -> Self {
        let address = String::new();
        Self { listed, address }
    }
}

impl Client {
    /// Auth files, then provider keys in the order of their lists. One request
    /// a list, one after another; the first failure ends it.
    pub async fn credentials(&self) -> Result<Vec<Found>, Error> {
        let mut all = self.auth_files("").await?;
        for list in keys::LISTS {
            let keys = self.provider_keys(list).await?;
            all.extend(keys.into_iter().map(Found::from));
        }
        Ok(all)
    }

    /// The auth files: all for the empty name, else the one of this name, as far
    /// as the version can tell them apart.
    pub async fn auth_files(&self, name: &str) -> Result<Vec<Found>, Error> {
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
}

/// `None` for an entry without any name.
fn auth_file(object: &Object) -> Option<Found> {
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
    let addresses = [text("email"), text("account")];
    let address = addresses.into_iter().find(|text| mask::is_email(text));
    let listed = Listed {
        auth_index,
        kind: Kind::File,
        provider: first(&provider).unwrap_or_default(),
        title: title.unwrap_or_else(|| redact::field(name.trim_end_matches(".json"), &[], 200)),
        name: name.to_owned(),
        list: String::new(),
        provider_account: first(&ids).unwrap_or_default(),
        person: String::new(),
        stamp: stamp(object),
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
    };
    Some(Found {
        listed,
        address: address.unwrap_or_default().to_owned(),
    })
}

/// A file that is only renamed keeps its length and the moment it was written.
fn stamp(object: &Object) -> String {
    match (
        fields::number(object, "size"),
        fields::text(object, "modtime"),
    ) {
        (Some(1..), "") | (None | Some(..=0), _) => String::new(),
        (Some(size), at) => format!("{size}@{}", redact::field(at, &[], 40)),
    }
}

/// Go writes its zero time as year 1.
fn moment(text: &str) -> Option<At> {
    let at = DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(At(at.timestamp_millis())).filter(|at| at.0 > 0)
}

#[cfg(test)]
mod tests;
