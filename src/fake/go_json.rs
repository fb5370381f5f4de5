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

/// What Go says about a text that is no JSON; `None` = it is.
pub(super) fn syntax_error(text: &str) -> Option<String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    let text = text.trim_start();
    for literal in ["null", "true", "false"] {
        if !text.is_empty() && literal.starts_with(text) {
            break;
        }
        let mut pairs = text.chars().zip(literal.chars());
        if let Some((is, should)) = pairs.find(|(is, should)| is != should)
            && text.chars().next() == literal.chars().next()
        {
            return Some(format!(
                "invalid character '{is}' in literal {literal} (expecting '{should}')"
            ));
        }
    }
    Some(match text.chars().next() {
        None | Some('{' | '[' | '"' | 'n' | 't' | 'f') => "unexpected end of JSON input".to_owned(),
        Some(c) => format!("invalid character '{c}' looking for beginning of value"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_told_as_go_tells_it() {
        for (text, expected) in [
            (
                "not json",
                "invalid character 'o' in literal null (expecting 'u')",
            ),
            ("tru", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
        ] {
            assert_eq!(syntax_error(text).as_deref(), Some(expected));
        }
        assert_eq!(syntax_error(" {} "), None);
    }

    #[test]
    fn html_is_escaped_and_keys_are_sorted() {
        let value = serde_json::json!({"b": "<a href=\"x\">&", "a": [1, null, true]});
        assert_eq!(
            text(&value),
            r#"{"a":[1,null,true],"b":"\u003ca href=\"x\"\u003e\u0026"}"#
        );
    }
}
