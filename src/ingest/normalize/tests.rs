//! One event, one thing changed in it at a time.

mod arbitrary;
mod secrets;
mod who;

use ring::hmac;
use serde_json::json;

use super::*;
use crate::domain::tokens::Quality;

fn keys() -> KeyHasher {
    KeyHasher::new(hmac::Key::new(hmac::HMAC_SHA256, b"of the tests"))
}

/// A successful event with these fields set; `null` takes one away.
fn event_with(changes: Value) -> Value {
    let mut event = json!({
        "timestamp": "2026-03-01T10:00:00Z", "latency_ms": 1500, "ttft_ms": 300,
        "source": "dev@example.com", "auth_index": "0123456789abcdef", "auth_type": "oauth",
        "tokens": {"input_tokens": 100, "output_tokens": 20, "reasoning_tokens": 5,
                   "cached_tokens": 40, "cache_read_tokens": 40,
                   "cache_read_tokens_present": true, "cache_creation_tokens": 0,
                   "total_tokens": 120},
        "failed": false, "generate": true, "fail": {"status_code": 200, "body": ""},
        "provider": "codex", "executor_type": "CodexExecutor", "model": "m", "alias": "a",
        "endpoint": "POST /v1/responses", "api_key": "client-key-of-test", "request_id": "00c0ffee",
        "reasoning_effort": "high", "service_tier": "auto",
    });
    let fields = event.as_object_mut().unwrap();
    let Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    for (name, value) in changes {
        if value.is_null() {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
    event
}

#[track_caller]
fn read(changes: Value) -> Event {
    let raw = event_with(changes).to_string();
    match normalize(raw.as_bytes(), &keys()) {
        Outcome::Event(event) => *event,
        other => panic!("{other:?} of {raw}"),
    }
}

#[track_caller]
fn rejected(raw: &[u8], fault: Fault) -> String {
    match normalize(raw, &keys()) {
        Outcome::Reject(reject) if reject.fault == fault => reject.excerpt,
        other => panic!("{other:?} of {}", String::from_utf8_lossy(raw)),
    }
}

#[test]
fn what_is_no_event_is_told_apart() {
    for (raw, expected) in [
        (r#"{"refresh":true}"#, Outcome::Control(Control::Refresh)),
        (
            r#" {"support_refresh": true} "#,
            Outcome::Control(Control::SupportRefresh),
        ),
        (
            r#""{\"refresh\":true}""#,
            Outcome::Control(Control::Refresh),
        ),
        ("null", Outcome::Nothing),
        ("", Outcome::Nothing),
        (" \r\n\t", Outcome::Nothing),
        ("\u{feff}", Outcome::Nothing),
        (r#""""#, Outcome::Nothing),
        (r#"" null ""#, Outcome::Nothing),
    ] {
        assert_eq!(normalize(raw.as_bytes(), &keys()), expected, "{raw}");
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let deep = "[".repeat(100_000);
    for (raw, fault) in [
        ("{", Fault::NotJson),
        ("hello", Fault::NotJson),
        ("{} x", Fault::NotJson),
        ("{\"a\":\"\0\"}", Fault::NotJson),
        (&deep, Fault::NotJson),
        ("[]", Fault::NotAnObject),
        ("42", Fault::NotAnObject),
        (r#""hello""#, Fault::NotAnObject),
        (r#""\"{}\"""#, Fault::NotAnObject),
        ("{}", Fault::NotAnEvent),
        (r#"{"refresh":false}"#, Fault::NotAnEvent),
        (
            r#"{"refresh":true,"timestamp":"2026-03-01T10:00:00Z"}"#,
            Fault::NotAnEvent,
        ),
        // As the `errors` channel has them.
        (
            r#"{"timestamp":"2026-03-01T10:00:00Z","body":"x","status_code":429}"#,
            Fault::NotAnEvent,
        ),
    ] {
        rejected(raw.as_bytes(), fault);
    }
    rejected(b"{\"a\":\"\xff\"}", Fault::NotUtf8);
    let mut large = event_with(json!({"padding": "x".repeat(LONGEST_ITEM)})).to_string();
    rejected(large.as_bytes(), Fault::TooLarge);
    large = event_with(json!({"padding": "x".repeat(LONGEST_ITEM / 2)})).to_string();
    assert!(matches!(
        normalize(large.as_bytes(), &keys()),
        Outcome::Event(_)
    ));
}

#[test]
fn timestamps_are_moments() {
    for (text, at) in [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z"),
        ("2026-03-01T10:00:00.123456789Z", "2026-03-01T10:00:00.123Z"),
        ("2026-03-01T10:00:00.9999+08:00", "2026-03-01T02:00:00.999Z"),
        ("2026-03-01T10:00:00.5-03:30", "2026-03-01T13:30:00.500Z"),
        (" 2026-03-01t10:00:00z ", "2026-03-01T10:00:00.000Z"),
        ("2026-02-28T23:59:60Z", "2026-03-01T00:00:00.000Z"),
        // A clock that is off is no reason to ask a person.
        ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
    ] {
        assert_eq!(
            read(json!({ "timestamp": text })).key.at.rfc3339(),
            at,
            "{text}"
        );
    }
}

#[test]
fn an_event_without_a_time_waits_for_a_person() {
    let taken_at = At(1_772_359_200_000);
    for timestamp in [
        json!(null),
        json!(""),
        json!(1_772_359_200),
        json!("2026-03-01 10:00"),
        json!("2026-02-30T10:00:00Z"),
        json!("0001-01-01T00:00:00Z"),
        json!("1970-01-01T00:00:30Z"),
        json!("2024-12-31T23:59:59Z"),
    ] {
        let raw = event_with(json!({ "timestamp": timestamp })).to_string();
        rejected(raw.as_bytes(), Fault::NoTimestamp);
        let again = retry(raw.as_bytes(), &keys(), taken_at);
        let Outcome::Event(event) = &again else {
            panic!("{again:?}")
        };
        assert_eq!(event.key.at, taken_at);
        assert_eq!(retry(raw.as_bytes(), &keys(), taken_at), again);
    }
    let told = event_with(json!({})).to_string();
    let told = told.as_bytes();
    assert_eq!(retry(told, &keys(), taken_at), normalize(told, &keys()));
}

#[test]
fn status_is_200_or_the_failure() {
    for (failed, fail, status) in [
        (json!(false), json!({"status_code": 200}), 200),
        (json!(false), json!({"status_code": 500}), 200),
        (json!(true), json!({"status_code": 429}), 429),
        (json!(true), json!({"status_code": "403"}), 403),
        (json!(true), json!({"status_code": 0}), 500),
        (json!(true), json!({"status_code": 200}), 500),
        (json!(true), json!({"status_code": 70000}), 500),
        (json!(true), json!(null), 500),
        (json!(null), json!({"status_code": 502}), 502),
        (json!(null), json!(null), 200),
    ] {
        let event = read(json!({ "failed": failed, "fail": fail }));
        assert_eq!(event.status, status, "{failed} {fail}");
        assert_eq!(event.failed, status != 200, "{failed} {fail}");
    }
}

#[test]
fn spans_are_known_or_not() {
    let spans = |latency: Value, ttft: Value| {
        let event = read(json!({"latency_ms": latency, "ttft_ms": ttft, "failed": false}));
        (event.latency.map(|ms| ms.0), event.ttft.map(|ms| ms.0))
    };
    assert_eq!(spans(json!(0), json!(0)), (Some(0), None));
    assert_eq!(spans(json!("12"), json!(3.9)), (Some(12), Some(3)));
    assert_eq!(spans(json!(null), json!(null)), (None, None));
    assert_eq!(spans(json!(-1), json!(-1)), (None, None));
    assert_eq!(spans(json!(i64::MAX), json!(1e300)), (None, None));
}

#[test]
fn zeros_depend_on_how_it_ended() {
    let zeros = json!({"input_tokens": 0, "output_tokens": 0, "reasoning_tokens": 0,
        "cached_tokens": 0, "cache_read_tokens": 0, "cache_creation_tokens": 0, "total_tokens": 0});
    for (failed, code, generate, known) in [
        (false, 200, true, false),
        (false, 200, false, true),
        (true, 429, true, true),
        (true, 500, true, true),
        (true, 499, true, false),
        (true, 504, true, false),
    ] {
        let event = read(json!({
            "tokens": zeros, "failed": failed, "fail": {"status_code": code}, "generate": generate,
        }));
        let uncached = known.then_some(0);
        assert_eq!(
            event.tokens.uncached, uncached,
            "{failed} {code} {generate}"
        );
    }
    let cut_off = read(json!({
        "failed": true, "fail": {"status_code": 499},
        "tokens": {"input_tokens": 10, "output_tokens": 0, "reasoning_tokens": 0, "total_tokens": 10},
    }));
    assert_eq!(cut_off.tokens.uncached, Some(10));
    assert_eq!(cut_off.tokens.output, None);
    assert_eq!(read(json!({"tokens": null})).tokens, Tokens::MISSING);
    assert_eq!(read(json!({"tokens": "many"})).tokens, Tokens::MISSING);
}

#[test]
fn a_breakdown_of_another_version_is_not_trusted() {
    let breakdown = json!({"schema_version": 2, "quality": "complete", "total_tokens": 3,
        "input": {"total_tokens": 1, "uncached_tokens": 1, "cache_read_tokens": 0, "cache_write_tokens": 0},
        "output": {"total_tokens": 2, "non_reasoning_tokens": 2, "reasoning_tokens": 0},
        "unclassified_tokens": 0});
    let quality = |version: Value, breakdown: &Value| {
        let event = read(json!({"accounting_version": version, "token_breakdown": breakdown}));
        event.tokens.quality
    };
    assert_eq!(quality(json!(2), &breakdown), Quality::Complete);
    assert_eq!(quality(json!("2"), &breakdown), Quality::Complete);
    assert_eq!(quality(json!(3), &breakdown), Quality::Derived);
    assert_eq!(quality(json!(null), &breakdown), Quality::Derived);
    for (field, value) in [
        ("schema_version", json!(3)),
        ("quality", json!("guessed")),
        ("input", json!(1)),
        ("output", json!({})),
        ("total_tokens", json!(4)),
        ("unclassified_tokens", json!(null)),
    ] {
        let mut changed = breakdown.clone();
        changed[field] = value;
        assert_eq!(quality(json!(2), &changed), Quality::Derived, "{field}");
    }
}

#[test]
fn text_is_bounded_and_plain() {
    let long = "ä".repeat(2_000);
    let event = read(json!({
        "model": long, "alias": "", "user_agent": long, "x_forwarded_for": long,
        "client_ip": long, "endpoint": "POST\u{202e}\u{7} /v1\n", "request_id": long,
    }));
    let chars = |text: &str| text.chars().count();
    assert_eq!(chars(&event.model), 200);
    assert_eq!(event.alias, event.model);
    assert_eq!(chars(&event.user_agent), 512);
    assert_eq!(chars(&event.forwarded_for), 512);
    assert_eq!(chars(&event.client_ip), 64);
    assert_eq!(chars(&event.request_id), 64);
    assert_eq!(event.endpoint, "POST /v1");
}

#[test]
fn a_success_has_no_failure_text() {
    let event = read(json!({"fail": {"status_code": 200, "body": "leftover"}}));
    assert_eq!(event.failure, "");
}

#[test]
fn of_two_equal_names_the_last_counts() {
    let raw = event_with(json!({})).to_string();
    let twice = raw.replacen('{', r#"{"model":"other","model":"another","#, 1);
    let plain = normalize(raw.as_bytes(), &keys());
    assert_eq!(normalize(twice.as_bytes(), &keys()), plain);
}
