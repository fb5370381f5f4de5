//! A corpus of texts with secrets in them, and of texts that must stay.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(given: &str, expected: &str) {
    assert_eq!(text(given, &[]), expected);
}

#[test]
fn named_values_go() {
    check(
        "Authorization: Bearer abc.def-123",
        "Authorization: [redacted]",
    );
    check(
        "authorization: Basic dXNlcjpwYXNz\nHost: a",
        "authorization: [redacted]\nHost: a",
    );
    check("Proxy-Authorization=abc", "Proxy-Authorization=[redacted]");
    check("Cookie: a=1; session=xyz", "Cookie: [redacted]");
    check(
        "HTTP/1.1 401\r\nSet-Cookie: __cf_bm=q; path=/\r\nServer: x",
        "HTTP/1.1 401\nSet-Cookie: [redacted]\nServer: x",
    );
    check("x-api-key: abcdef", "x-api-key: [redacted]");
    check("X-Goog-Api-Key: short", "X-Goog-Api-Key: [redacted]");
    check(
        r#"{"headers":{"Authorization":["Bearer one","Bearer two"],"a":1}}"#,
        r#"{"headers":{"Authorization":[redacted],"a":1}}"#,
    );
    check(
        r#"{"cookie":"a=\"b c\"; session=xyz","n":1}"#,
        r#"{"cookie":"[redacted]","n":1}"#,
    );
}

#[test]
fn fields_go() {
    for name in [
        "access_token",
        "refresh_token",
        "id_token",
        "accessToken",
        "api_key",
        "apiKey",
        "client_secret",
        "password",
        "session-id",
        "private_key",
        "key",
    ] {
        check(
            &format!(r#"{{"{name}":"v/1\/2\u003d=","n":1}}"#),
            &format!(r#"{{"{name}":"[redacted]","n":1}}"#),
        );
        check(
            &format!(r#"{{"{name}": "torn by the en"#),
            &format!(r#"{{"{name}": "[redacted]"#),
        );
        check(
            &format!(r#"{{"message":"{{\"{name}\":\"v1\",\"n\":\"ok\"}}"}}"#),
            &format!(r#"{{"message":"{{\"{name}\":\"[redacted]\",\"n\":\"ok\"}}"}}"#),
        );
        check(
            &format!("{{'{name}': 'v1', 'n': 1}}"),
            &format!("{{'{name}': '[redacted]', 'n': 1}}"),
        );
    }
    check(
        r#"{"refresh_tokens":["a1","b2"]}"#,
        r#"{"refresh_tokens":["a1","b2"]}"#,
    );
    check(
        r#"{"secret":["a1","b2"],"n":1}"#,
        r#"{"secret":[redacted],"n":1}"#,
    );
    // Not secret, or no text.
    for same in [
        r#"{"max_tokens":4096,"input_tokens":"12","token":null,"key":true}"#,
        r#"{"error":{"type":"invalid_api_key","param":"token","code":"token_expired"}}"#,
        r#"{"error":{"type":"usage_limit_reached","resets_in_seconds":3600}}"#,
        r#"{"error":"invalid_grant","error_description":"Token has been revoked."}"#,
    ] {
        check(same, same);
    }
}

#[test]
fn urls_and_forms_lose_their_secrets() {
    check(
        r#"Post "https://a.example/v1/models:go?key=abc123&alt=sse": EOF"#,
        r#"Post "https://a.example/v1/models:go?key=[redacted]&alt=sse": EOF"#,
    );
    check(
        "grant_type=refresh_token&refresh_token=rt-1.abc&client_id=app&client_secret=xyz",
        "grant_type=refresh_token&refresh_token=[redacted]&client_id=app&client_secret=[redacted]",
    );
    check(
        "?access_token=abc\\u0026api_key=def",
        "?access_token=[redacted]&api_key=[redacted]",
    );
    check(
        "?code=4/0AbCdEf&state=xyz1",
        "?code=[redacted]&state=[redacted]",
    );
    check(
        "https://user:pass@proxy.example:8080/x",
        "https://[redacted]@proxy.example:8080/x",
    );
    check(
        "socks5://token@10.0.0.1:1080",
        "socks5://[redacted]@10.0.0.1:1080",
    );
    check("status=429 code=429 id=7", "status=429 code=429 id=7");
}

#[test]
fn prose_loses_its_secrets() {
    check(
        "Incorrect API key provided: hunter2. See docs",
        "Incorrect API key provided: [redacted] See docs",
    );
    check("token: abcdefghijklmnopq", "token: [redacted]");
    check("sent Bearer abcdef and", "sent Bearer [redacted] and");
    check("Bearer%20abcdef1", "Bearer%20[redacted]");
    for same in [
        "Your authentication token has expired",
        "token: expired",
        "missing bearer token",
        "Www-Authenticate: Bearer realm=\"x\"",
        "api key: https://docs.example.com/keys-2",
        "the monkey=1 key west",
    ] {
        check(same, same);
    }
}

#[test]
fn shapes_go_wherever_they_are() {
    for secret in [
        "sk-abcdef1234567890abcdef",
        "sk-ant-mock-0001",
        "sk-ant-api03-AbC_dEf-123",
        "sk-proj-****************1234",
        "sk-mock-upstream-0001",
        "xai-abcDEF123456",
        "AIzaMock0001",
        "AIzaSyA-1234567890_abcdefghijklmnopqrstu",
        "ya29.a0AfH6SMBx-y_z.1",
        "1//0gAbCdEfGhIjK",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "eyJhbGciOiJIUzI1NiJ9",
        "ghp_abcdefghijklmnopqrst",
        "github_pat_11ABCDEFG0abcdefghij",
        "gsk_abcdefghijklmnop",
        "hf_abcdefghijklmnop",
        "AKIAIOSFODNN7EXAMPLE",
        "cmp_admin_0123456789abcdefghijABCDEFGHIJ01",
        "0123456789abcdef0123456789abcdef01234567",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn+/8=",
        r"QUJDREVGR0hJSktMTU5PUFF\/U1RVVldYWVphYmNkZWZn",
    ] {
        check(&format!("key {secret} no"), "key [redacted] no");
        check(&format!("<b>{secret}</b>"), "<b>[redacted]</b>");
        check(
            &format!(r#"{{"message":"got\n{secret}"}}"#),
            r#"{"message":"got\n[redacted]"}"#,
        );
    }
    for same in [
        "a risk-averse task-oriented desk-bound disk-full",
        "550e8400-e29b-41d4-a716-446655440000",
        "req_011CSHoEeqs5C35K2UUqR7Fy",
        "/v1/projects/my-project/locations/us-central1/publishers/google/models",
        "https://cloudcode-pa.googleapis.com/v1internal:generateContent",
        "claude-sonnet-4-5-20250929 gemini-3-flash-agent",
    ] {
        check(same, same);
    }
}

#[test]
fn email_addresses_keep_their_domain() {
    check(
        "user someone@example.com is",
        "user [redacted]@example.com is",
    );
    check(
        "first.last+tag@mail.example.co.uk,",
        "[redacted]@mail.example.co.uk,",
    );
    check("login=user%40example.com", "login=[redacted]%40example.com");
    check(
        "für jürgen@bücher.example!",
        "für [redacted]@bücher.example!",
    );
    check("someone\\u0040example.com", "[redacted]@example.com");
    check("python@3.11.7 a @ b", "python@3.11.7 a @ b");
}

#[test]
fn private_keys_go_whole() {
    check(
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nabc\n-----END RSA PRIVATE KEY-----\nx",
        "[redacted]\nx",
    );
    check("-----BEGIN PRIVATE KEY-----\nMIIB torn", "[redacted]");
}

#[test]
fn known_values_go_whatever_they_look_like() {
    let known = ["plain upstream", "k1", "", "x"];
    for (given, expected) in [
        ("got plain upstream!", "got [redacted]!"),
        ("plain upstreamplain upstream", "[redacted][redacted]"),
        (
            "key k1 but not k100 or ak1, (k1)",
            "key [redacted] but not k100 or ak1, ([redacted])",
        ),
        ("x stays", "x stays"),
    ] {
        assert_eq!(text(given, &known), expected);
    }
}

#[test]
fn a_short_key_goes_from_what_a_client_says_and_not_from_names() {
    let known = ["k1", ""];
    assert_eq!(
        remark("tool/1.0 (k1) k100", &known, 99),
        "tool/1.0 ([redacted]) k100"
    );
    assert_eq!(field("k1", &known, 99), "k1");
    let long = ["client-key", ""];
    assert_eq!(field("for client-key-1", &long, 99), "for [redacted]-1");
}

#[test]
fn hidden_characters_hide_no_secret() {
    check("sk-abc\u{200b}def\u{0}123456", "[redacted]");
    check("a\u{202e}b\u{1b}[31mc\u{85}d\r\n\te", "ab[31mcd\n e");
    check(
        r"\u0073k-abcdef123456 \u003cb\u003e \u0022 \u005c \u00",
        r"[redacted] <b> \u0022 \u005c \u00",
    );
}

#[test]
fn long_text_is_cut_after_redaction() {
    let secret = "sk-abcdef1234567890abcdef";
    for before in MAX_TEXT - 30..MAX_TEXT + 3 {
        let given = format!(
            "{}{secret} {}",
            " é".repeat(before / 3),
            "tail ".repeat(100)
        );
        let result = text(&given, &[]);
        assert!(result.len() <= MAX_TEXT);
        assert!(result.ends_with('…'));
        assert!(!result.contains("sk-a"), "{before}");
    }
    assert_eq!(text(&"a ".repeat(2048), &[]).len(), MAX_TEXT);
}

#[test]
fn a_secret_torn_by_the_window_does_not_show() {
    let known = "the-secret-of-a-client";
    for before in WINDOW - 40..WINDOW + 2 {
        // One long run collapses to a mark, so the end of the window shows.
        let given = format!("{} {known}", "a1B".repeat(before / 3));
        let result = text(&given, &[known]);
        assert!(!result.contains("the-"), "{before}: {result}");
        let given = format!("{}.{known}", "a1B".repeat(before / 3));
        let result = text(&given, &[known]);
        assert!(!result.contains("the-"), "{before}: {result}");
    }
}

#[test]
fn fields_keep_what_is_no_key() {
    for (given, expected) in [
        (
            "claude-cli/2.1.220 (external, cli)",
            "claude-cli/2.1.220 (external, cli)",
        ),
        ("xai-grok-4-fast-reasoning", "xai-grok-4-fast-reasoning"),
        (
            "accounts/fireworks/models/llama-v3p1-405b-instruct",
            "accounts/fireworks/models/llama-v3p1-405b-instruct",
        ),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7, 10.0.0.1"),
        (" a\r\nb\u{202e}c\u{7}\t ", "a bc"),
        ("curl sk-abcdef1234567890abcdef", "curl [redacted]"),
        ("agent client-key-1", "agent [redacted]"),
        ("gpt-5", "gpt-5"),
    ] {
        assert_eq!(field(given, &["client-key-1", "gpt"], 200), expected);
    }
    assert_eq!(field(&"é".repeat(300), &[], 200), "é".repeat(200));
}

#[test]
fn items_lose_what_they_call_a_key() {
    let given =
        r#"{"source":"upstream","api_key":"clientkey","fail":{"body":"upstream says clientkey"},"#;
    let expected = r#"{"source":"[redacted]","api_key":"[redacted]","fail":{"body":"[redacted] says [redacted]"},"#;
    assert_eq!(item(given), expected);
    let nested = r#""{\"source\":\"upstream\",\"x\":\"upstream\"}"#;
    assert_eq!(
        item(nested),
        r#""{\"source\":\"[redacted]\",\"x\":\"[redacted]\"}"#
    );
}

proptest! {
    #[test]
    fn any_text_stays_short_and_visible(given in "(\\PC|\\pC|[\"'\\\\:=@{}\\[\\]/ -]|sk-|token|key|Bearer ){0,60}") {
        let result = text(&given, &["token", "key"]);
        prop_assert!(result.len() <= MAX_TEXT);
        prop_assert!(!result.contains(|c: char| c.is_control() && c != '\n'), "{:?}", result);
    }

    #[test]
    fn no_marker_survives(before in "\\PC{0,20}", after in "\\PC{0,20}", n in 0..8_usize) {
        let marker = "MARKERx9y8z7";
        let form = [
            format!(" sk-{marker}"), format!(" xai-{marker}"), format!("AIza{marker}"),
            format!("ya29.{marker}"), format!("Authorization: {marker}"),
            format!("\"refresh_token\": \"{marker}"), format!("?key={marker}"),
            format!("Bearer {marker}"),
        ];
        let given = format!("{before}\n{}\n{after}", form[n]);
        prop_assert!(!text(&given, &[]).contains(marker), "{}", text(&given, &[]));
    }
}
