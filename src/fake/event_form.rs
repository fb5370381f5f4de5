//! How older releases wrote a usage event: today's event without the fields
//! they did not know, and with the texts they used. Current events pass through
//! as the bytes they are.

use serde_json::{Map, Value};

use super::version::Version;

/// A field, and the first release that wrote it.
type Field = (&'static str, Version);

const FIRST: Version = Version(6, 9, 38);

/// In wire order.
const EVENT: &[Field] = &[
    ("timestamp", FIRST),
    ("latency_ms", FIRST),
    ("ttft_ms", Version(7, 1, 24)),
    ("source", FIRST),
    ("auth_index", FIRST),
    ("access_token_sha256", Version(7, 2, 111)),
    ("client_ip", Version(7, 2, 104)),
    ("x_forwarded_for", Version(7, 2, 104)),
    ("user_agent", Version(7, 2, 104)),
    ("tokens", FIRST),
    ("failed", FIRST),
    ("generate", Version(7, 2, 78)),
    ("fail", Version(7, 0, 0)),
    ("response_headers", Version(7, 1, 13)),
    ("accounting_version", Version(7, 2, 97)),
    ("token_breakdown", Version(7, 2, 97)),
    ("provider", FIRST),
    ("executor_type", Version(7, 1, 38)),
    ("model", FIRST),
    ("alias", Version(6, 10, 7)),
    ("endpoint", FIRST),
    ("auth_type", FIRST),
    ("api_key", FIRST),
    ("request_id", FIRST),
    ("reasoning_effort", Version(7, 1, 18)),
    ("service_tier", Version(7, 1, 27)),
    ("request_service_tier", Version(7, 2, 65)),
    ("response_service_tier", Version(7, 2, 65)),
];

const TOKENS: &[Field] = &[
    ("input_tokens", FIRST),
    ("output_tokens", FIRST),
    ("reasoning_tokens", FIRST),
    ("cached_tokens", FIRST),
    ("cache_read_tokens", Version(7, 0, 3)),
    ("cache_read_tokens_present", Version(7, 2, 74)),
    ("cache_creation_tokens", Version(7, 0, 3)),
    ("total_tokens", FIRST),
];

const FAIL: &[Field] = &[("status_code", FIRST), ("body", FIRST)];

/// The event as that release would have written it; `None` when it is not an
/// event or needs no change.
pub(super) fn written_by(version: Version, event: &str) -> Option<String> {
    if version >= Version(7, 2, 116) {
        return None;
    }
    let mut event: Map<String, Value> = serde_json::from_str(event).ok()?;
    restate(version, &mut event);
    Some(object(EVENT, version, &event))
}

/// Texts that changed over time.
fn restate(version: Version, event: &mut Map<String, Value>) {
    // The token hash disappeared for four releases.
    if version >= Version(7, 2, 112) {
        event.remove("access_token_sha256");
    }
    if version < Version(7, 2, 74) && event.get("service_tier") == Some(&"auto".into()) {
        event.insert("service_tier".to_owned(), "default".into());
    }
    event.remove("request_service_tier");
    if version < Version(7, 2, 74)
        && let Some(tier) = event.get("service_tier").cloned()
    {
        event.insert("request_service_tier".to_owned(), tier);
    }
    if version < Version(7, 2, 21)
        && let Some(Value::String(provider)) = event.get_mut("provider")
        && let Some(name) = provider.strip_prefix("openai-compatible-")
    {
        *provider = name.to_owned();
    }
}

fn object(fields: &[Field], version: Version, values: &Map<String, Value>) -> String {
    let known: Vec<String> = fields
        .iter()
        .filter(|(_, since)| version >= *since)
        .filter_map(|(name, _)| {
            Some(format!(
                "\"{name}\":{}",
                text(name, version, values.get(*name)?)
            ))
        })
        .collect();
    format!("{{{}}}", known.join(","))
}

fn text(name: &str, version: Version, value: &Value) -> String {
    match (name, value) {
        ("tokens", Value::Object(tokens)) => object(TOKENS, version, tokens),
        ("fail", Value::Object(fail)) => object(FAIL, version, fail),
        _ => super::go_json::text(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = r#"{"timestamp":"2026-08-23T02:16:40Z","latency_ms":1,"ttft_ms":2,"source":"s","auth_index":"a","client_ip":"::1","tokens":{"input_tokens":1,"output_tokens":2,"reasoning_tokens":0,"cached_tokens":0,"cache_read_tokens":0,"cache_read_tokens_present":true,"cache_creation_tokens":0,"total_tokens":3},"failed":false,"generate":true,"fail":{"status_code":200,"body":""},"provider":"openai-compatible-acme","model":"m","alias":"n","endpoint":"POST /v1/messages","auth_type":"apikey","api_key":"k","request_id":"00000001","service_tier":"auto"}"#;

    fn check(version: Version, expected: &str) {
        assert_eq!(written_by(version, NOW).as_deref(), Some(expected));
    }

    #[test]
    fn the_oldest_form_has_no_later_field() {
        check(
            Version(6, 9, 38),
            r#"{"timestamp":"2026-08-23T02:16:40Z","latency_ms":1,"source":"s","auth_index":"a","tokens":{"input_tokens":1,"output_tokens":2,"reasoning_tokens":0,"cached_tokens":0,"total_tokens":3},"failed":false,"provider":"acme","model":"m","endpoint":"POST /v1/messages","auth_type":"apikey","api_key":"k","request_id":"00000001"}"#,
        );
    }

    #[test]
    fn a_middle_form_repeats_the_tier() {
        check(
            Version(7, 2, 70),
            r#"{"timestamp":"2026-08-23T02:16:40Z","latency_ms":1,"ttft_ms":2,"source":"s","auth_index":"a","tokens":{"input_tokens":1,"output_tokens":2,"reasoning_tokens":0,"cached_tokens":0,"cache_read_tokens":0,"cache_creation_tokens":0,"total_tokens":3},"failed":false,"fail":{"status_code":200,"body":""},"provider":"openai-compatible-acme","model":"m","alias":"n","endpoint":"POST /v1/messages","auth_type":"apikey","api_key":"k","request_id":"00000001","service_tier":"default","request_service_tier":"default"}"#,
        );
    }

    #[test]
    fn the_current_release_changes_nothing() {
        assert_eq!(written_by(Version::CURRENT, NOW), None);
    }
}
