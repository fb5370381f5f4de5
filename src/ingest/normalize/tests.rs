//! One event, one thing changed in it at a time.

mod arbitrary;

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
fn excerpts_hold_no_secret() {
    let body = "bad key upstream-key-of-test from client-key-of-test and sk-abcdef123456";
    let event = event_with(json!({
        "timestamp": "yesterday", "source": "upstream-key-of-test", "auth_type": "apikey",
        "fail": {"status_code": 401, "body": body},
        "response_headers": {"Set-Cookie": ["a=cookie-of-test"]},
    }));
    let torn = event.to_string();
    for raw in [
        event.to_string(),
        json!(event.to_string()).to_string(),
        torn[1..].to_owned(),
    ] {
        let outcome = normalize(raw.as_bytes(), &keys());
        let Outcome::Reject(reject) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(!reject.excerpt.contains("of-test"), "{}", reject.excerpt);
        assert!(!reject.excerpt.contains("sk-a"), "{}", reject.excerpt);
        assert!(reject.excerpt.contains("yesterday"), "{}", reject.excerpt);
    }
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
        // A wrong clock is no reason to lose an event.
        ("1999-12-31T23:59:59Z", "1999-12-31T23:59:59.000Z"),
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
        json!("1969-12-31T23:59:59Z"),
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
fn accounts_have_a_name_or_a_mask() {
    let check = |changes: Value, label: &str| {
        let event = read(changes.clone());
        assert_eq!(event.account.label, label, "{changes}");
        assert_eq!(event.account.identity, "0123456789abcdef");
    };
    check(json!({"source": "dev@example.com"}), "dev@example.com");
    check(
        json!({"source": "dev@example.com", "auth_type": "unknown"}),
        "dev@example.com",
    );
    check(json!({"source": "qwen of anna"}), "qwen of anna");
    check(
        json!({"source": "my-project-1", "provider": "vertex", "auth_type": null}),
        "my-project-1",
    );
    check(
        json!({"source": "plain upstream key", "auth_type": "apikey"}),
        "plai… key",
    );
    check(
        json!({"source": "looks@like.mail", "auth_type": "apikey"}),
        "lo…il",
    );
    check(
        json!({"source": "plain upstream key", "auth_type": "unknown"}),
        "plai… key",
    );
    check(json!({"source": "sk-ant-0123456789"}), "sk-a…6789");
    check(json!({"source": "client-key-of-test"}), "clie…test");
    check(json!({"source": "short", "auth_type": "apikey"}), "…");
    check(json!({"source": ""}), "");
    check(
        json!({"source": "sk-\u{202e}ab\u{0}cdefghijklm", "auth_type": "apikey"}),
        "sk-a…jklm",
    );
}

#[test]
fn an_account_without_index_is_known_by_its_source() {
    let identity = |changes| read(changes).account.identity;
    let a = identity(json!({"auth_index": "", "source": "sk-a-upstream-0001"}));
    assert!(a.starts_with("source:") && a.len() == 23, "{a}");
    assert_eq!(
        identity(json!({"auth_index": null, "source": "sk-a-upstream-0001"})),
        a
    );
    assert_ne!(
        identity(json!({"auth_index": "", "source": "sk-b-upstream-0001"})),
        a
    );
    assert_eq!(identity(json!({"auth_index": "", "source": ""})), "");
}

#[test]
fn client_keys_are_hashed_and_masked() {
    let key = |changes| read(changes).client_key;
    let of_test = key(json!({}));
    assert_eq!(of_test.hash.len(), 16);
    assert_eq!(of_test.mask, "clie…test");
    assert_ne!(key(json!({"api_key": "client-key-or-test"})), of_test);
    assert_eq!(key(json!({"api_key": ""})), ClientKey::default());
    assert_eq!(key(json!({"api_key": null})), ClientKey::default());
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

/// Wherever a secret may stand in an event, none may come out.
#[test]
fn no_secret_comes_out() {
    let secrets = [
        "sk-MARKER0123456789abcdef",
        "sk-ant-api03-MARKER0123456789",
        "xai-MARKER0123456789abcdefghij",
        "AIzaSyMARKER0123456789abcdefghijklmnop",
        "ya29.MARKER0123456789",
        "eyJhbGciOiJIUzI1NiJ9.MARKER.c2lnbmF0dXJl",
        "ghp_MARKER0123456789abcdefg",
        "plain MARKER",
    ];
    for secret in secrets {
        for (source, auth_type) in [
            (secret, "apikey"),
            (secret, "unknown"),
            ("x@example.com", "oauth"),
        ] {
            let body = json!({"error": {"message": format!("key {secret} of it\nCookie: a={secret}")},
                "access_token": secret, "nested": json!({"refresh_token": secret}).to_string(),
                "url": format!("https://a.example/?key={secret}&b=1")});
            let event = read(json!({
                "source": source, "auth_type": auth_type, "api_key": secret,
                "failed": true, "fail": {"status_code": 401, "body": body.to_string()},
                "user_agent": format!("curl {secret}"), "x_forwarded_for": secret,
                "alias": secret, "model": format!("m {secret}"), "endpoint": secret,
                "request_id": secret, "auth_index": secret, "reasoning_effort": secret,
                "response_headers": {
                    "Set-Cookie": [format!("session={secret}")], "Authorization": [secret],
                    "X-Request-Id": [secret], "X-Codex-Note": [format!("Bearer {secret}")],
                },
            }));
            let shown = format!("{event:?}");
            assert!(
                !shown.contains("MARKER"),
                "{secret} as {auth_type}: {shown}"
            );
        }
    }
}

/// What looks like a key goes from what others wrote, whosever it is.
#[test]
fn no_foreign_secret_comes_out() {
    for secret in [
        "sk-MARKER0123456789abcdef",
        "sk-ant-api03-MARKER0123456789",
        "xai-MARKER0123456789abcdefghij",
        "AIzaSyMARKER0123456789abcdefghijklmnop",
        "ya29.MARKER0123456789",
        "eyJhbGciOiJIUzI1NiJ9.MARKER.c2lnbmF0dXJl",
        "ghp_MARKER0123456789abcdefg",
    ] {
        for body in [
            format!("key {secret}"),
            json!({ "message": secret }).to_string(),
            json!({ "message": json!({ "x": [secret] }).to_string() }).to_string(),
            format!("<html><a href=\"https://a.example/x?y={secret}\">"),
        ] {
            let event = read(json!({
                "failed": true, "fail": {"status_code": 401, "body": body},
                "user_agent": format!("curl {secret}"), "x_forwarded_for": secret,
                "alias": secret, "model": secret,
                "response_headers": {"X-Request-Id": [secret], "X-Codex-Note": [secret]},
            }));
            let shown = format!("{event:?}");
            assert!(!shown.contains("MARKER"), "{secret}: {shown}");
        }
    }
}
