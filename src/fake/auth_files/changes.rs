//! Changes inside one auth file: on and off, and its fields.

use serde_json::{Map, Value as Json, json};

use crate::fake::reply::{Reply, Request};
use crate::fake::world::World;

const MAX_WEIGHT: i64 = 1_000_000;

/// Spellings that become the file's own.
const KEBAB: &[&str] = &[
    "proxy-url",
    "excluded-models",
    "disable-cooling",
    "request-retry",
    "model-aliases",
    "fingerprint-profile",
    "request-scoped-errors",
    "base-url",
    "api-key",
    "tool-prefix-disabled",
];

/// `{"name":…,"disabled":…}`.
pub(in crate::fake) fn patch_status(world: &mut World, request: &Request) -> Reply {
    let Some(Json::Object(body)) = request.json() else {
        return Reply::error(400, "invalid request body");
    };
    let Some(name) = name_in(&body) else {
        return Reply::error(400, "name is required");
    };
    let Some(disabled) = body.get("disabled").and_then(Json::as_bool) else {
        return Reply::error(400, "disabled is required");
    };
    if world.auth_files.get(&name).is_none() {
        return Reply::error(404, "auth file not found");
    }
    let now = world.now();
    world.auth_files.edit(&name, now, |content| {
        content.insert("disabled".to_owned(), json!(disabled));
    });
    world.auth_files_changed();
    Reply::value(200, &json!({"status": "ok", "disabled": disabled}))
}

/// `{"name":…,"<field>":value,…}`; dots reach into nested objects.
pub(in crate::fake) fn patch_fields(world: &mut World, request: &Request) -> Reply {
    let Some(Json::Object(mut body)) = request.json() else {
        return Reply::error(400, "invalid request body");
    };
    let Some(name) = name_in(&body) else {
        return Reply::error(400, "name is required");
    };
    body.remove("name");
    if body.is_empty() {
        return Reply::error(400, "no fields to update");
    }
    let mut changes: Vec<(String, Json)> = Vec::new();
    for (field, value) in body {
        let field = if KEBAB.contains(&field.as_str()) {
            field.replace('-', "_")
        } else {
            field
        };
        if let Err(refusal) = check(&field, &value) {
            return Reply::error(400, &refusal);
        }
        changes.push((field, value));
    }
    if world.auth_files.get(&name).is_none() {
        return Reply::error(404, "auth file not found");
    }
    let now = world.now();
    world.auth_files.edit(&name, now, |content| {
        for (field, value) in changes {
            set(content, &field, value);
        }
    });
    world.auth_files_changed();
    Reply::ok()
}

fn name_in(body: &Map<String, Json>) -> Option<String> {
    let name = body.get("name")?.as_str()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn check(field: &str, value: &Json) -> Result<(), String> {
    if ["weight.", "request_retry."]
        .iter()
        .any(|nested| field.starts_with(nested))
    {
        let field = field.split('.').next().unwrap_or(field);
        return Err(format!("{field} does not support nested fields"));
    }
    match (field, value) {
        ("weight" | "request_retry", Json::Null) => Ok(()),
        ("weight", value) => match value.as_i64() {
            Some(weight) if weight > MAX_WEIGHT => {
                Err(format!("weight must not exceed {MAX_WEIGHT}"))
            }
            Some(_) => Ok(()),
            None => Err("weight must be an integer".to_owned()),
        },
        ("request_retry", value) if value.as_i64().is_none() => {
            Err("request_retry must be an integer or null".to_owned())
        }
        _ => Ok(()),
    }
}

fn set(content: &mut Map<String, Json>, field: &str, value: Json) {
    if let Some((outer, inner)) = field.split_once('.') {
        let nested = content.entry(outer).or_insert_with(|| json!({}));
        if let Some(nested) = nested.as_object_mut() {
            set(nested, inner, value);
        }
        return;
    }
    match (field, &value) {
        ("headers", Json::Object(changes)) => merge_headers(content, changes),
        ("priority", value) if value.as_i64() == Some(0) => {
            content.remove(field);
        }
        ("request_retry", value) if value.as_i64().is_none_or(|retry| retry < 0) => {
            content.remove(field);
        }
        (_, Json::Null) => {
            content.remove(field);
        }
        (_, Json::String(text))
            if text.is_empty() && matches!(field, "note" | "prefix" | "proxy_url") =>
        {
            content.remove(field);
        }
        _ => {
            content.insert(field.to_owned(), value);
        }
    }
}

/// An empty text removes the header; no header left, no field left.
fn merge_headers(content: &mut Map<String, Json>, changes: &Map<String, Json>) {
    let headers = content.entry("headers").or_insert_with(|| json!({}));
    if let Some(headers) = headers.as_object_mut() {
        for (name, value) in changes {
            if value == "" {
                headers.remove(name);
            } else {
                headers.insert(name.clone(), value.clone());
            }
        }
        if headers.is_empty() {
            content.remove("headers");
        }
    }
}
