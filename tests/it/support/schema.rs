//! Whether a JSON value is as an `OpenAPI` document says: the part of JSON Schema
//! that our own document uses, and a panic for anything else.

use regex::Regex;
use serde_json::{Map, Value};

const KNOWN: [&str; 18] = [
    "$ref",
    "type",
    "enum",
    "properties",
    "required",
    "items",
    "anyOf",
    "additionalProperties",
    "pattern",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "format",
    "default",
    "description",
];

/// What a reference leads to.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document
            .pointer(reference.strip_prefix('#').unwrap())
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => value,
    }
}

/// Every way in which `value` is not what `schema` says.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(document, schema, value, "", &mut faults);
    faults
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let schema = resolve(document, schema).as_object().unwrap();
    for keyword in schema.keys() {
        assert!(
            KNOWN.contains(&keyword.as_str()),
            "{keyword} is not checked"
        );
    }
    let mut fault = |what: String| faults.push(format!("{at}: {what}"));
    if let Some(types) = schema.get("type") {
        let types = types
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![types.clone()]);
        if !types.iter().any(|kind| is(value, kind.as_str().unwrap())) {
            fault(format!("{value} is not {types:?}"));
            return;
        }
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && !values.contains(value)
    {
        fault(format!("{value} is not one of {values:?}"));
    }
    if let (Some(pattern), Some(text)) = (schema.get("pattern"), value.as_str())
        && !Regex::new(pattern.as_str().unwrap())
            .unwrap()
            .is_match(text)
    {
        fault(format!("{text:?} is not {pattern}"));
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(number) = value.as_f64()
        && (bound("minimum").is_some_and(|least| number < least)
            || bound("maximum").is_some_and(|most| number > most))
    {
        fault(format!("{number} is out of bounds"));
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let fits = |choice: &Value| self::faults(document, choice, value).is_empty();
        if !choices.iter().any(fits) {
            let first = self::faults(document, choices.first().unwrap(), value);
            fault(format!("fits none: {first:?}"));
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (n, value) in values.iter().enumerate() {
            check(document, items, value, &format!("{at}/{n}"), faults);
        }
    }
    if let Some(object) = value.as_object() {
        fields(document, schema, object, at, faults);
    }
}

/// All that must be there are, and nothing is there that is not described.
fn fields(
    document: &Value,
    schema: &Map<String, Value>,
    object: &Map<String, Value>,
    at: &str,
    faults: &mut Vec<String>,
) {
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            faults.push(format!("{at}: {name} is missing"));
        }
    }
    let Some(known) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for (name, value) in object {
        match known.get(name) {
            Some(schema) => check(document, schema, value, &format!("{at}/{name}"), faults),
            None => faults.push(format!("{at}: {name} is not described")),
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}
