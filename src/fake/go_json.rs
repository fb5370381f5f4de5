//! JSON as Go's `encoding/json` writes it: compact, map keys sorted, and the
//! characters that matter to HTML escaped.

use serde_json::Value;

/// Compact text. `serde_json` maps are sorted, as Go prints maps.
pub(super) fn text(value: &Value) -> String {
    escaped(&value.to_string())
}

/// A quoted and escaped string.
pub(super) fn string(value: &str) -> String {
    escaped(&Value::from(value).to_string())
}

/// These characters can only stand inside strings, so the text as a whole can
/// be escaped.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_escaped_and_keys_are_sorted() {
        let value = serde_json::json!({"b": "<a href=\"x\">&", "a": [1, null, true]});
        assert_eq!(
            text(&value),
            r#"{"a":[1,null,true],"b":"\u003ca href=\"x\"\u003e\u0026"}"#
        );
    }
}
