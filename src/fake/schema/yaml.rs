//! Configuration values in YAML: read from the file's tree, and as the tree a
//! fresh file would have.

use super::{Kind, Omit, Value, missing, zero};
use crate::domain::units::Ms;
use crate::fake::access::go_seconds;
use crate::fake::yaml::{Body, Node, Tag};

/// Reads a YAML value; wrong types are added to `errors` in Go's words and read
/// as the zero value.
pub(in crate::fake) fn read(kind: Kind, node: &Node, errors: &mut Vec<String>) -> Value {
    if node.tag() == Some(Tag::Null) {
        return zero(kind);
    }
    let text = node.scalar();
    let read = match (kind, node.tag()) {
        (Kind::Bool | Kind::MaybeBool | Kind::Switch, Some(Tag::Bool)) => {
            text.map(|text| Value::Bool(text.eq_ignore_ascii_case("true")))
        }
        (Kind::Int | Kind::MaybeInt | Kind::Duration, Some(Tag::Int)) => {
            text.and_then(|text| text.parse().ok()).map(Value::Int)
        }
        (Kind::Duration, Some(_)) => text.and_then(parse_duration).map(Value::Int),
        (Kind::Str | Kind::Switch, Some(_)) => text.map(|text| Value::Str(text.to_owned())),
        (Kind::Any, Some(tag)) => text.map(|text| match tag {
            Tag::Bool => Value::Bool(text.eq_ignore_ascii_case("true")),
            Tag::Int => text.parse().map_or(Value::Null, Value::Int),
            _ => Value::Str(text.to_owned()),
        }),
        _ => from_collection(kind, node, errors),
    };
    read.unwrap_or_else(|| {
        errors.push(format!(
            "line {}: cannot unmarshal {} into {}",
            node.line,
            describe(node),
            go_type(kind)
        ));
        zero(kind)
    })
}

fn from_collection(kind: Kind, node: &Node, errors: &mut Vec<String>) -> Option<Value> {
    match (kind, &node.body) {
        (Kind::Struct(fields) | Kind::MaybeStruct(fields), Body::Map(_)) => Some(Value::Map(
            fields
                .iter()
                .map(|field| {
                    let value = match node.get(field.key) {
                        Some(value) => read(field.kind, value, errors),
                        None => missing(field),
                    };
                    (field.key.to_owned(), value)
                })
                .collect(),
        )),
        (Kind::List(item), Body::List(items)) => Some(Value::List(
            items.iter().map(|node| read(*item, node, errors)).collect(),
        )),
        (Kind::Any, Body::List(items)) => Some(Value::List(
            items
                .iter()
                .map(|node| read(Kind::Any, node, errors))
                .collect(),
        )),
        (Kind::Map(_) | Kind::Any, Body::Map(entries)) => {
            let item = match kind {
                Kind::Map(item) => *item,
                _ => Kind::Any,
            };
            Some(Value::Map(
                entries
                    .iter()
                    .map(|(key, value)| {
                        let key = key.scalar().unwrap_or_default().to_owned();
                        (key, read(item, value, errors))
                    })
                    .collect(),
            ))
        }
        _ => None,
    }
}

fn describe(node: &Node) -> String {
    match (&node.body, node.tag()) {
        (Body::Scalar { text, .. }, Some(tag)) => {
            let shown = if text.chars().count() > 10 {
                text.chars().take(7).collect::<String>() + "..."
            } else {
                text.clone()
            };
            format!("{} `{shown}`", tag.name())
        }
        (Body::List(_), _) => "!!seq".to_owned(),
        _ => "!!map".to_owned(),
    }
}

fn go_type(kind: Kind) -> String {
    match kind {
        Kind::Bool | Kind::MaybeBool | Kind::Switch => "bool".to_owned(),
        Kind::Int | Kind::MaybeInt => "int".to_owned(),
        Kind::Str => "string".to_owned(),
        Kind::Duration => "time.Duration".to_owned(),
        Kind::Struct(_) | Kind::MaybeStruct(_) => "config.Config".to_owned(),
        Kind::List(item) => format!("[]{}", go_type(*item)),
        Kind::Map(item) => format!("map[string]{}", go_type(*item)),
        Kind::Any => "interface {}".to_owned(),
    }
}

/// The value as a new YAML tree, every field present.
pub(in crate::fake) fn tree(kind: Kind, value: &Value) -> Node {
    match (kind, value) {
        (_, Value::Null) => Node::plain("null"),
        (_, Value::Bool(on)) => Node::plain(on.to_string()),
        (Kind::Duration, Value::Int(nanos)) => Node::string(&print_duration(*nanos)),
        (_, Value::Int(number)) => Node::plain(number.to_string()),
        (_, Value::Str(text)) => Node::string(text),
        (kind, Value::List(items)) => {
            let item = match kind {
                Kind::List(item) => *item,
                _ => Kind::Any,
            };
            Node::new(Body::List(
                items.iter().map(|value| tree(item, value)).collect(),
            ))
        }
        (Kind::Struct(fields) | Kind::MaybeStruct(fields), value) => Node::new(Body::Map(
            fields
                .iter()
                .filter(|field| field.omit != Omit::Empty || !field.is_absent(value))
                .map(|field| {
                    let key = Node::string(field.key);
                    (key, tree(field.kind, value.get(field.key)))
                })
                .collect(),
        )),
        (kind, Value::Map(entries)) => {
            let item = match kind {
                Kind::Map(item) => *item,
                _ => Kind::Any,
            };
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            Node::new(Body::Map(
                sorted
                    .iter()
                    .map(|(key, value)| (Node::string(key), tree(item, value)))
                    .collect(),
            ))
        }
    }
}

/// Whole units only, as `config.yaml` writes them: `250ms`, `3s`, `1m0s`.
fn print_duration(nanos: i64) -> String {
    let millis = nanos / 1_000_000;
    if millis % 1000 == 0 {
        go_seconds(Ms(millis))
    } else {
        format!("{millis}ms")
    }
}

fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut nanos = 0_i64;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(unit_at);
        let (unit, scale) = [
            ("ms", 1_000_000),
            ("us", 1_000),
            ("ns", 1),
            ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ]
        .into_iter()
        .find(|(unit, _)| after.starts_with(unit))?;
        nanos = nanos.checked_add(number.parse::<i64>().ok()?.checked_mul(scale)?)?;
        rest = after.get(unit.len()..)?;
    }
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_go_both_ways() {
        for (text, nanos) in [
            ("250ms", 250_000_000),
            ("3s", 3_000_000_000),
            ("1m0s", 60_000_000_000),
        ] {
            assert_eq!(parse_duration(text), Some(nanos));
            assert_eq!(print_duration(nanos), text);
        }
        assert_eq!(parse_duration("soon"), None);
    }
}
