//! Fields of the gateway's JSON as people may see them: named with dots, without
//! anything that is or may be a secret, without what changes with every request.
//! New versions bring fields nobody here knows; they are shown if they look
//! harmless.

use serde_json::{Map, Value};

use crate::domain::{mask, redact};

type Object = Map<String, Value>;

/// Counters and stamps that change without meaning anything new.
const VOLATILE: [&str; 4] = ["success", "failed", "recent_requests", "updated_at"];
/// Known, and never a secret, whatever they look like.
const HARMLESS: [&str; 14] = [
    "id",
    "auth_index",
    "auth-index",
    "name",
    "path",
    "type",
    "provider",
    "label",
    "email",
    "status",
    "source",
    "account_type",
    "base-url",
    "alias",
];
/// Names under which there are keys, tokens, passwords.
const SECRET: [&str; 10] = [
    "token",
    "secret",
    "password",
    "cookie",
    "authorization",
    "api-key",
    "api_key",
    "apikey",
    "jwt",
    "credential",
];
const LONGEST_VALUE: usize = 500;
const MOST_FIELDS: usize = 120;

/// Name and value of everything that may be shown.
#[must_use]
pub(super) fn shown(object: &Object) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (name, value) in object {
        if !VOLATILE.contains(&name.as_str()) {
            add(&mut fields, name, name, value, is_key_file(object));
        }
    }
    fields.truncate(MOST_FIELDS);
    fields
}

/// The file of such an account holds an API key, which it is then called by.
fn is_key_file(object: &Object) -> bool {
    let kind = text(object, "account_type");
    !kind.is_empty() && kind != "oauth"
}

fn add(fields: &mut Vec<(String, String)>, path: &str, name: &str, value: &Value, key_file: bool) {
    let secret = SECRET.iter().any(|part| name.to_lowercase().contains(part));
    let value = match value {
        Value::Object(members) if name == "headers" => {
            members.keys().cloned().collect::<Vec<_>>().join(", ")
        }
        // Of a token only the claims that the gateway took out of it.
        Value::Object(members) if !secret || name == "id_token" => {
            for (name, value) in members {
                add(fields, &format!("{path}.{name}"), name, value, key_file);
            }
            return;
        }
        _ if secret => return,
        Value::Null => return,
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (n, item) in items.iter().enumerate() {
                add(fields, &format!("{path}.{n}"), name, item, key_file);
            }
            return;
        }
        Value::Array(items) => {
            let texts = items.iter().map(|item| match item {
                Value::String(text) => harmless(name, text, key_file),
                other => other.to_string(),
            });
            texts.collect::<Vec<_>>().join(", ")
        }
        Value::String(text) => harmless(name, text, key_file),
        other => other.to_string(),
    };
    if !value.is_empty() {
        fields.push((path.to_owned(), redact::field(&value, &[], LONGEST_VALUE)));
    }
}

fn harmless(name: &str, text: &str, key_file: bool) -> String {
    match name {
        "account" if key_file => mask::secret(&redact::visible(text, ' ')),
        "proxy-url" | "proxy_url" | "base-url" | "base_url" => origin(text),
        name if HARMLESS.contains(&name) => text.to_owned(),
        // Models, plans, times and notes have spaces, or are short.
        _ if mask::looks_secret(text) && chrono::DateTime::parse_from_rfc3339(text).is_err() => {
            mask::secret(text)
        }
        _ => text.to_owned(),
    }
}

/// An address without user, password and query, which may hold keys.
#[must_use]
pub(super) fn origin(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(url) if url.has_host() => {
            let port = url.port().map_or(String::new(), |port| format!(":{port}"));
            let path = url.path().trim_end_matches('/');
            let host = url.host_str().unwrap_or_default();
            redact::field(&format!("{}://{host}{port}{path}", url.scheme()), &[], 300)
        }
        // `direct`, `none`
        _ if text.len() <= 8 && text.bytes().all(|b| b.is_ascii_lowercase()) => text.to_owned(),
        _ => mask::secret(text),
    }
}

pub(super) fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim()
}

pub(super) fn truth(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// Numbers may come as text.
pub(super) fn number(object: &Object, name: &str) -> Option<i64> {
    match object.get(name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(value: &Value) -> String {
        let fields = shown(value.as_object().unwrap());
        let lines = fields.iter().map(|(name, value)| format!("{name}={value}"));
        lines.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn secrets_are_left_out_and_the_unknown_is_shown() {
        let object = json!({
            "name": "codex-somebody-with-a-long-name-plus.json",
            "access_token": "eyJhbGciOi", "id_token": {"plan_type": "plus"},
            "api-key": "sk-1", "headers": {"X-Secret-Header": "abc"},
            "proxy-url": "http://user:pass@proxy:8080/?k=1",
            "credentials": {"pin": "1234"}, "token": {"value": "short"},
            "brand_new": {"depth": [1, "two"]}, "odd": "sk-ant-0123456789abcdef",
            "success": 4, "recent_requests": [], "updated_at": "x", "empty": "", "nothing": null,
        });
        assert_eq!(
            seen(&object),
            "brand_new.depth=1, two headers=X-Secret-Header id_token.plan_type=plus \
             name=codex-somebody-with-a-long-name-plus.json odd=sk-a…cdef \
             proxy-url=http://proxy:8080"
        );
    }

    #[test]
    fn an_account_that_is_a_key_is_masked() {
        let key = json!({"account": "AIzaMock0001", "account_type": "api_key"});
        assert_eq!(seen(&key), "account=AI…01 account_type=api_key");
        let person = json!({"account": "dev@example.com", "account_type": "oauth"});
        assert_eq!(seen(&person), "account=dev@example.com account_type=oauth");
        assert_eq!(seen(&json!({"id_token": "eyJ.a.b"})), "");
    }

    #[test]
    fn numbers_may_be_text() {
        let object = json!({"a": 5, "b": " 7 ", "c": "x", "d": 1.5});
        let object = object.as_object().unwrap();
        let numbers = ["a", "b", "c", "d", "e"].map(|name| number(object, name));
        assert_eq!(numbers, [Some(5), Some(7), None, None, None]);
    }
}
