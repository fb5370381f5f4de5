//! The shape of a usage event on the wire, as CPA v6.9.38 to v7.2.140 writes
//! it. Tolerant: an unknown field is ignored, a field of the wrong type counts
//! as absent, a number may come as text. It judges nothing; `normalize` does.

use serde_json::{Map, Value};

use crate::domain::tokens::{Breakdown, BreakdownQuality, Count, Counts};

/// Absent text is empty. Defaults of fields that older versions did not send
/// are those of the contract.
#[derive(Clone, Debug)]
pub struct Payload<'a> {
    pub timestamp: &'a str,
    pub latency_ms: Option<i64>,
    pub ttft_ms: Option<i64>,
    /// An e-mail address, a project, or an upstream key in clear.
    pub source: &'a str,
    pub auth_index: &'a str,
    pub client_ip: &'a str,
    pub x_forwarded_for: &'a str,
    pub user_agent: &'a str,
    pub tokens: Option<Counts>,
    /// Only of accounting version 2 and schema 2.
    pub token_breakdown: Option<Breakdown>,
    pub failed: Option<bool>,
    pub generate: bool,
    pub fail: Fail<'a>,
    pub response_headers: Option<&'a Map<String, Value>>,
    pub provider: &'a str,
    pub executor_type: &'a str,
    pub model: &'a str,
    pub alias: &'a str,
    pub endpoint: &'a str,
    pub auth_type: &'a str,
    /// The client's key in clear.
    pub api_key: &'a str,
    pub request_id: &'a str,
    pub reasoning_effort: &'a str,
    pub service_tier: &'a str,
    pub response_service_tier: &'a str,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Fail<'a> {
    pub status_code: Option<i64>,
    pub body: &'a str,
}

impl<'a> Payload<'a> {
    #[must_use]
    pub fn of(event: &'a Map<String, Value>) -> Self {
        let text = |name| text(event, name);
        Self {
            timestamp: text("timestamp"),
            latency_ms: number(event, "latency_ms"),
            ttft_ms: number(event, "ttft_ms"),
            source: text("source"),
            auth_index: text("auth_index"),
            client_ip: text("client_ip"),
            x_forwarded_for: text("x_forwarded_for"),
            user_agent: text("user_agent"),
            tokens: object(event, "tokens").map(counts),
            token_breakdown: breakdown(event),
            failed: truth(event, "failed"),
            generate: truth(event, "generate").unwrap_or(true),
            fail: object(event, "fail").map(fail).unwrap_or_default(),
            response_headers: object(event, "response_headers"),
            provider: text("provider"),
            executor_type: text("executor_type"),
            model: text("model"),
            alias: text("alias"),
            endpoint: text("endpoint"),
            auth_type: text("auth_type"),
            api_key: text("api_key"),
            request_id: text("request_id"),
            reasoning_effort: text("reasoning_effort"),
            service_tier: text("service_tier"),
            response_service_tier: text("response_service_tier"),
        }
    }

    /// Name and value of each response header, as often as it came.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, String)> {
        let headers = self.response_headers.into_iter().flatten();
        headers.map(|(name, value)| (name.as_str(), header_value(value)))
    }
}

fn header_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().filter_map(Value::as_str).collect();
            values.join(", ")
        }
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Object(_) => String::new(),
    }
}

fn fail(fail: &Map<String, Value>) -> Fail<'_> {
    Fail {
        status_code: number(fail, "status_code"),
        body: text(fail, "body"),
    }
}

fn counts(tokens: &Map<String, Value>) -> Counts {
    Counts {
        input: count(tokens, "input_tokens"),
        output: count(tokens, "output_tokens"),
        reasoning: count(tokens, "reasoning_tokens"),
        cached: count(tokens, "cached_tokens"),
        cache_read: count(tokens, "cache_read_tokens"),
        cache_read_present: truth(tokens, "cache_read_tokens_present").unwrap_or(false),
        cache_write: count(tokens, "cache_creation_tokens"),
        total: count(tokens, "total_tokens"),
    }
}

fn breakdown(event: &Map<String, Value>) -> Option<Breakdown> {
    let parts = object(event, "token_breakdown")?;
    if number(event, "accounting_version") != Some(2) || number(parts, "schema_version") != Some(2)
    {
        return None;
    }
    let (input, output) = (object(parts, "input")?, object(parts, "output")?);
    Some(Breakdown {
        quality: match text(parts, "quality") {
            "complete" => BreakdownQuality::Complete,
            "inconsistent" => BreakdownQuality::Inconsistent,
            "unclassified" => BreakdownQuality::Unclassified,
            _ => return None,
        },
        total: count(parts, "total_tokens"),
        input: count(input, "total_tokens"),
        uncached: count(input, "uncached_tokens"),
        cache_read: count(input, "cache_read_tokens"),
        cache_write: count(input, "cache_write_tokens"),
        output: count(output, "total_tokens"),
        non_reasoning: count(output, "non_reasoning_tokens"),
        reasoning: count(output, "reasoning_tokens"),
        unclassified: count(parts, "unclassified_tokens"),
    })
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn object<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    object.get(name).and_then(Value::as_object)
}

fn truth(object: &Map<String, Value>, name: &str) -> Option<bool> {
    match object.get(name)? {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn count(object: &Map<String, Value>, name: &str) -> Count {
    number(object, name).map_or(Count::Absent, Count::of)
}

/// A whole number; a fraction is cut off, and what does not fit becomes the
/// nearest end of `i64`, where it is seen to be absurd.
fn number(object: &Map<String, Value>, name: &str) -> Option<i64> {
    match object.get(name)? {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    if number.is_nan() {
        return None;
    }
    let end = if number < 0.0 { i64::MIN } else { i64::MAX };
    Some(format!("{:.0}", number.trunc()).parse().unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Option<i64>) {
        let event = serde_json::from_str(&format!(r#"{{"n":{json}}}"#)).unwrap();
        assert_eq!(number(&event, "n"), expected, "{json}");
    }

    #[test]
    fn numbers_come_in_many_forms() {
        check("12", Some(12));
        check("12.0", Some(12));
        check("12.9", Some(12));
        check("1e3", Some(1000));
        check("\"12\"", Some(12));
        check("\" 12.5 \"", Some(12));
        check("-3", Some(-3));
        check("-0.5", Some(0));
        check("18446744073709551615", Some(i64::MAX));
        check("1e300", Some(i64::MAX));
        check("-1e300", Some(i64::MIN));
        check("\"inf\"", Some(i64::MAX));
        for nothing in ["null", "true", "[]", "{}", "\"\"", "\"twelve\"", "\"nan\""] {
            check(nothing, None);
        }
    }

    #[test]
    fn wrong_types_count_as_absent() {
        let event = serde_json::json!({
            "timestamp": 7, "source": null, "tokens": [], "fail": "no", "failed": "TRUE",
            "generate": {}, "response_headers": 1, "model": ["m"], "token_breakdown": {},
        });
        let payload = Payload::of(event.as_object().unwrap());
        assert_eq!(payload.timestamp, "");
        assert_eq!(payload.model, "");
        assert_eq!(payload.tokens, None);
        assert_eq!(payload.token_breakdown, None);
        assert_eq!(payload.failed, Some(true));
        assert!(payload.generate);
        assert_eq!(payload.fail.status_code, None);
        assert_eq!(payload.headers().count(), 0);
    }

    #[test]
    fn header_values_may_be_a_list_or_one() {
        let event = serde_json::json!({"response_headers": {
            "A": ["1", "2", 3], "B": "x", "C": 5, "D": null,
        }});
        let payload = Payload::of(event.as_object().unwrap());
        let headers: Vec<_> = payload.headers().collect();
        let expected = [("A", "1, 2"), ("B", "x"), ("C", "5"), ("D", "")];
        assert_eq!(
            headers,
            expected.map(|(name, value)| (name, value.to_owned()))
        );
    }
}
