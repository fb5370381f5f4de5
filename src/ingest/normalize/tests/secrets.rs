//! Wherever a secret stands in an event, it is not in what comes out.

use super::*;

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
