//! Configuration values in JSON: request bodies in, answers out.

use serde_json::Value as Json;

use super::{Field, Kind, Omit, Value, missing, zero};
use crate::fake::go_json;

/// Reads a request body's value. `None` = a wrong type somewhere. Unknown
/// fields are ignored, `null` is the zero value.
pub(in crate::fake) fn read(kind: Kind, json: &Json) -> Option<Value> {
    if json.is_null() {
        return Some(zero(kind));
    }
    Some(match kind {
        Kind::Bool | Kind::MaybeBool => Value::Bool(json.as_bool()?),
        Kind::Int | Kind::MaybeInt | Kind::Duration => Value::Int(json.as_i64()?),
        Kind::Str => Value::Str(json.as_str()?.to_owned()),
        Kind::Switch => match json {
            Json::Bool(on) => Value::Bool(*on),
            other => Value::Str(other.as_str()?.to_owned()),
        },
        Kind::Struct(fields) | Kind::MaybeStruct(fields) => {
            let object = json.as_object()?;
            let read = |field: &Field| {
                let value = match object.get(field.json_name()) {
                    Some(value) => read(field.kind, value)?,
                    None => missing(field),
                };
                Some((field.key.to_owned(), value))
            };
            Value::Map(fields.iter().map(read).collect::<Option<_>>()?)
        }
        Kind::List(item) => {
            let items = json.as_array()?.iter().map(|value| read(*item, value));
            Value::List(items.collect::<Option<_>>()?)
        }
        Kind::Map(item) => {
            let entries = json.as_object()?.iter();
            let read = entries.map(|(key, value)| Some((key.clone(), read(*item, value)?)));
            Value::Map(read.collect::<Option<_>>()?)
        }
        Kind::Any => any(json),
    })
}

fn any(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(on) => Value::Bool(*on),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Str(number.to_string()), Value::Int),
        Json::String(text) => Value::Str(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(any).collect()),
        Json::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), any(value)))
                .collect(),
        ),
    }
}

/// As Go marshals the struct.
pub(in crate::fake) fn print(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) => "null".to_owned(),
        (_, Value::Bool(on)) => on.to_string(),
        (_, Value::Int(number)) => number.to_string(),
        (_, Value::Str(text)) => go_json::string(text),
        (Kind::List(item), Value::List(items)) => list_json(*item, items),
        (_, Value::List(items)) => list_json(Kind::Any, items),
        (Kind::Struct(fields) | Kind::MaybeStruct(fields), value) => {
            let texts: Vec<String> = fields.iter().filter_map(|f| member(f, value)).collect();
            format!("{{{}}}", texts.join(","))
        }
        (kind, Value::Map(entries)) => {
            let item = match kind {
                Kind::Map(item) => *item,
                _ => Kind::Any,
            };
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            let texts: Vec<String> = sorted
                .iter()
                .map(|(key, value)| format!("{}:{}", go_json::string(key), print(item, value)))
                .collect();
            format!("{{{}}}", texts.join(","))
        }
    }
}

/// `"name":value` of one field; `None` when it is left out.
pub(in crate::fake) fn member(field: &Field, of: &Value) -> Option<String> {
    let shown = match field.omit {
        Omit::Never => true,
        Omit::Empty => !field.is_absent(of),
        Omit::Always => false,
    };
    let name = go_json::string(field.json_name());
    shown.then(|| format!("{name}:{}", print(field.kind, of.get(field.key))))
}

fn list_json(item: Kind, items: &[Value]) -> String {
    let texts: Vec<String> = items.iter().map(|value| print(item, value)).collect();
    format!("[{}]", texts.join(","))
}
