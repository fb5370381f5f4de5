//! Events as a running gateway sent them, and the rows that must come of them;
//! then the examples of its documentation, down to the oldest form.

use std::collections::BTreeSet;

use cpamp::domain::event::Event;
use cpamp::domain::tokens::{Quality, Tokens};
use cpamp::domain::units::{At, Ms};
use cpamp::ingest::normalize::{Outcome, normalize};
use cpamp::ingest::split::split_array;
use cpamp::store::client_key::KeyHasher;
use ring::hmac;

const RECORDED: &str = include_str!("../fixtures/recorded/usage-events.jsonl");

fn keys() -> KeyHasher {
    KeyHasher::new(hmac::Key::new(hmac::HMAC_SHA256, b"of the tests"))
}

#[track_caller]
fn event(json: &str) -> Event {
    match normalize(json.as_bytes(), &keys()) {
        Outcome::Event(event) => *event,
        other => panic!("{other:?} of {json}"),
    }
}

fn recorded(line: usize) -> Event {
    event(RECORDED.lines().nth(line - 1).unwrap())
}

/// The event in the words of the table.
fn row(event: &Event) -> Vec<String> {
    let count = |count: Option<i64>| count.map_or("?".to_owned(), |count| count.to_string());
    let span = |span: Option<Ms>| count(span.map(|span| span.0));
    let or_dash = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    let joined = |left: &str, by: &str, right: &str| {
        if right.is_empty() || left == right {
            left.to_owned()
        } else {
            format!("{left}{by}{right}")
        }
    };
    let t = event.tokens;
    assert_eq!(t.unclassified, 0);
    let warm_up = if event.generate { "" } else { " warm-up" };
    vec![
        event.key.at.rfc3339()["2026-11-22T".len()..]
            .trim_end_matches('Z')
            .to_owned(),
        event.request_id.clone(),
        event.provider.clone(),
        joined(&event.model, " as ", &event.alias),
        event.account.label.clone(),
        event.account.auth_type.clone(),
        event.client_key.mask.clone(),
        format!("{}{warm_up}", event.status),
        span(event.latency),
        span(event.ttft),
        [t.uncached, t.cache_read, t.cache_write]
            .map(count)
            .join("+"),
        [t.output, t.reasoning].map(count).join("+"),
        or_dash(&event.effort),
        joined(&event.tier, "/", &event.served_tier),
        event.endpoint.clone(),
    ]
}

#[test]
fn every_recorded_event_becomes_its_row() {
    let expected = include_str!("recorded_events.txt").lines();
    let expected: Vec<Vec<_>> = expected
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    assert_eq!(expected.len(), 38);
    assert_eq!(RECORDED.lines().count(), 38);
    for (line, expected) in RECORDED.lines().zip(expected) {
        let event = event(line);
        assert_eq!(row(&event), expected);
        assert_eq!(event.failed, event.status != 200);
        assert_eq!(event.client_ip, "127.0.0.1");
    }
}

#[test]
fn what_the_table_leaves_out() {
    let failed = recorded(3);
    assert_eq!(
        failed.failure,
        r#"{"error": {"type": "usage_limit_reached", "message": "mock 429 for user [redacted]@example.com key [redacted]", "resets_in_seconds": 3600}}"#
    );
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        failed.headers,
        [
            header("retry-after", "3600"),
            header("x-ratelimit-limit-requests", "1000"),
            header("x-ratelimit-remaining-requests", "998"),
            header("x-request-id", "up-123"),
        ]
    );
    assert_eq!(failed.tokens.quality, Quality::Complete);
    assert_eq!(failed.executor, "OpenAICompatExecutor");
    assert_eq!(failed.user_agent, "lab/1.0");
    assert_eq!(failed.account.identity, "49edba963014b089");

    let through_proxies = recorded(30);
    assert_eq!(through_proxies.forwarded_for, "203.0.113.7, 10.0.0.1");
    assert_eq!(
        through_proxies.user_agent,
        "claude-cli/2.1.220 (external, cli)"
    );
    assert_eq!(through_proxies.failure, "");
    assert_eq!(
        through_proxies.headers[..2],
        [
            header("anthropic-ratelimit-unified-5h-reset", "1790000000"),
            header("anthropic-ratelimit-unified-5h-utilization", "0.31"),
        ]
    );

    let unreached = recorded(10);
    assert_eq!(
        unreached.failure,
        r#"Post "https://chatgpt.com/backend-api/codex/responses": utls: dial upstream: proxy CONNECT returned status 502 lab proxy"#
    );
    assert_eq!(unreached.headers, []);

    let cut_off = recorded(36);
    assert_eq!(cut_off.tokens, Tokens::MISSING);
    assert_eq!(
        cut_off.failure,
        r#"Post "http://127.0.0.1:9701/v1/chat/completions": context canceled"#
    );
}

#[test]
fn keys_and_accounts_are_told_apart_without_being_told() {
    let hashes = |lines: std::ops::RangeInclusive<usize>| -> BTreeSet<String> {
        lines.map(|line| recorded(line).client_key.hash).collect()
    };
    assert_eq!(hashes(1..=15).len(), 1);
    assert_eq!(hashes(16..=28).len(), 1);
    assert_eq!(hashes(1..=38).len(), 2);
    for line in RECORDED.lines() {
        let shown = format!("{:?}", event(line));
        for secret in [
            "client-key-alpha-0001",
            "client-key-beta-0002",
            "sk-mock-upstream-0001",
            "sk-ant-mock-0001",
            "sk-codex-mock-0001",
            "AIzaMock0001",
            "sk-abcdef1234567890abcdef",
            "someone@",
            "1a375664a1e968504a0fb6ffcd2c5e09d8a601982f164c1867a70174985a9407",
        ] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[test]
fn an_event_is_the_same_whichever_way_it_came() {
    let alone: Vec<_> = RECORDED.lines().map(event).collect();
    let distinct: BTreeSet<_> = alone.iter().map(|event| event.key).collect();
    assert_eq!(distinct.len(), 38);

    // The HTTP queue sends them in one array, as objects or as strings, and a
    // proxy may have written the JSON anew.
    let objects: Vec<_> = RECORDED.lines().map(str::to_owned).collect();
    let strings = objects
        .iter()
        .map(|line| serde_json::to_string(line).unwrap());
    let anew = objects.iter().map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    });
    for items in [objects.clone(), strings.collect(), anew.collect()] {
        let body = format!("[{}]", items.join(",\n"));
        let items = split_array(body.as_bytes()).unwrap();
        let again: Vec<_> = items
            .iter()
            .map(|item| event(std::str::from_utf8(item).unwrap()))
            .collect();
        assert_eq!(again, alone);
    }
}

#[test]
fn events_that_differ_in_anything_counted_are_two() {
    let line = RECORDED.lines().nth(10).unwrap();
    let key = event(line).key;
    for (from, to) in [
        ("\"latency_ms\":3", "\"latency_ms\":4"),
        ("\"input_tokens\":2000", "\"input_tokens\":2001"),
        ("38.74968415Z", "38.749684151Z"),
        ("68a49470e77f1d52", "68a49470e77f1d53"),
        ("client-key-alpha-0001", "client-key-alpha-0002"),
        ("\"model\":\"gpt-5.5\"", "\"model\":\"gpt-5.6\""),
        ("\"failed\":false", "\"failed\":true"),
    ] {
        let changed = line.replacen(from, to, 1);
        assert_ne!(changed, line, "{from}");
        assert_ne!(event(&changed).key, key, "{from}");
    }
}

fn tokens(
    [uncached, cache_read, cache_write, output, reasoning]: [Option<i64>; 5],
    quality: Quality,
) -> Tokens {
    Tokens {
        uncached,
        cache_read,
        cache_write,
        output,
        reasoning,
        unclassified: 0,
        quality,
    }
}

#[test]
fn documented_success_with_an_openai_compatible_key() {
    let event = event(
        r#"{"timestamp":"2026-08-23T10:15:02.418233107+08:00","latency_ms":1874,"ttft_ms":1661,"source":"sk-or-v1-EXAMPLE000000","auth_index":"5f0c2b7e91d3a846","client_ip":"10.0.4.21","x_forwarded_for":"","user_agent":"OpenAI/Python 1.99.0","tokens":{"input_tokens":812,"output_tokens":143,"reasoning_tokens":0,"cached_tokens":0,"cache_read_tokens":0,"cache_read_tokens_present":true,"cache_creation_tokens":0,"total_tokens":955},"failed":false,"generate":true,"fail":{"status_code":200,"body":""},"response_headers":{"Content-Type":["application/json"],"X-Request-Id":["up-7f31"]},"accounting_version":2,"token_breakdown":{"schema_version":2,"quality":"complete","total_tokens":955,"input":{"total_tokens":812,"uncached_tokens":812,"cache_read_tokens":0,"cache_write_tokens":0},"output":{"total_tokens":143,"non_reasoning_tokens":143,"reasoning_tokens":0},"unclassified_tokens":0},"provider":"openai-compatible-openrouter","executor_type":"OpenAICompatExecutor","model":"moonshotai/kimi-k2:free","alias":"kimi-k2","endpoint":"POST /v1/chat/completions","auth_type":"apikey","api_key":"team-a-key-1","request_id":"9c41e0aa","reasoning_effort":"","service_tier":"auto"}"#,
    );
    assert_eq!(event.key.at.rfc3339(), "2026-08-23T02:15:02.418Z");
    assert_eq!(event.account.label, "sk-o…0000");
    assert_eq!(event.client_key.mask, "te…-1");
    assert_eq!(event.model, "moonshotai/kimi-k2:free");
    assert_eq!(event.alias, "kimi-k2");
    assert_eq!(
        event.headers,
        [("x-request-id".to_owned(), "up-7f31".to_owned())]
    );
    let expected = [812, 0, 0, 143, 0].map(Some);
    assert_eq!(event.tokens, tokens(expected, Quality::Complete));
}

#[test]
fn documented_stream_of_a_codex_account() {
    let event = event(
        r#"{"timestamp":"2026-08-23T02:16:40.003915Z","latency_ms":48210,"ttft_ms":2930,"source":"dev@example.com","auth_index":"a19d44c07be25f13","access_token_sha256":"0f4c","client_ip":"172.18.0.1","x_forwarded_for":"203.0.113.7","user_agent":"codex_cli_rs/0.130.0","tokens":{"input_tokens":50120,"output_tokens":2210,"reasoning_tokens":1536,"cached_tokens":47104,"cache_read_tokens":47104,"cache_read_tokens_present":true,"cache_creation_tokens":0,"total_tokens":52330},"failed":false,"generate":true,"fail":{"status_code":200,"body":""},"response_headers":{"X-Codex-Primary-Used-Percent":["37"]},"accounting_version":2,"token_breakdown":{"schema_version":2,"quality":"complete","total_tokens":52330,"input":{"total_tokens":50120,"uncached_tokens":3016,"cache_read_tokens":47104,"cache_write_tokens":0},"output":{"total_tokens":2210,"non_reasoning_tokens":674,"reasoning_tokens":1536},"unclassified_tokens":0},"provider":"codex","executor_type":"CodexExecutor","model":"gpt-5.5","alias":"gpt-5.5(high)","endpoint":"POST /v1/responses","auth_type":"oauth","api_key":"team-a-key-1","request_id":"41b7d2f0","reasoning_effort":"high","service_tier":"priority","response_service_tier":"default"}"#,
    );
    assert_eq!(event.account.label, "dev@example.com");
    assert_eq!(event.latency, Some(Ms(48210)));
    assert_eq!(event.ttft, Some(Ms(2930)));
    assert_eq!(
        (event.tier.as_str(), event.served_tier.as_str()),
        ("priority", "default")
    );
    let expected = [3016, 47104, 0, 674, 1536].map(Some);
    assert_eq!(event.tokens, tokens(expected, Quality::Complete));
}

/// Claude without its breakdown, as gateways before v7.2.97 send it, must come
/// to the same numbers.
#[test]
fn documented_claude_with_and_without_breakdown() {
    let counts = r#""timestamp":"2026-08-23T02:20:11.5Z","latency_ms":9120,"tokens":{"input_tokens":9,"output_tokens":420,"reasoning_tokens":96,"cached_tokens":18000,"cache_read_tokens":18000,"cache_read_tokens_present":true,"cache_creation_tokens":1200,"total_tokens":19629},"failed":false,"provider":"claude","executor_type":"ClaudeExecutor","model":"claude-sonnet-4-6","auth_type":"oauth","source":"ops@example.com","api_key":"""#;
    let breakdown = r#""accounting_version":2,"token_breakdown":{"schema_version":2,"quality":"complete","total_tokens":19629,"input":{"total_tokens":19209,"uncached_tokens":9,"cache_read_tokens":18000,"cache_write_tokens":1200},"output":{"total_tokens":420,"non_reasoning_tokens":324,"reasoning_tokens":96},"unclassified_tokens":0}"#;
    let expected = [9, 18000, 1200, 324, 96].map(Some);
    let with = event(&format!("{{{counts},{breakdown}}}"));
    assert_eq!(with.tokens, tokens(expected, Quality::Complete));
    let without = event(&format!("{{{counts}}}"));
    assert_eq!(without.tokens, tokens(expected, Quality::Derived));
    assert_eq!(
        without.client_key,
        cpamp::domain::event::ClientKey::default()
    );
}

/// As above, for Gemini.
#[test]
fn documented_gemini_with_and_without_breakdown() {
    let counts = r#""timestamp":"2026-08-23T02:21:00Z","latency_ms":3300,"tokens":{"input_tokens":1500,"output_tokens":200,"reasoning_tokens":350,"cached_tokens":1024,"cache_read_tokens":1024,"cache_read_tokens_present":true,"cache_creation_tokens":0,"total_tokens":2050},"failed":false,"provider":"gemini","executor_type":"GeminiExecutor","model":"gemini-2.5-pro","auth_type":"apikey","source":"AIzaEXAMPLE","api_key":"team-b""#;
    let breakdown = r#""accounting_version":2,"token_breakdown":{"schema_version":2,"quality":"complete","total_tokens":2050,"input":{"total_tokens":1500,"uncached_tokens":476,"cache_read_tokens":1024,"cache_write_tokens":0},"output":{"total_tokens":550,"non_reasoning_tokens":200,"reasoning_tokens":350},"unclassified_tokens":0}"#;
    let expected = [476, 1024, 0, 200, 350].map(Some);
    let with = event(&format!("{{{counts},{breakdown}}}"));
    assert_eq!(with.tokens, tokens(expected, Quality::Complete));
    let without = event(&format!("{{{counts}}}"));
    assert_eq!(without.tokens, tokens(expected, Quality::Derived));
    assert_eq!(without.account.label, "AI…LE");
    assert_eq!(without.client_key.mask, "…");
}

#[test]
fn documented_failure_of_a_first_attempt() {
    let event = event(
        r#"{"timestamp":"2026-08-23T02:22:07.120001Z","latency_ms":412,"ttft_ms":371,"source":"dev@example.com","auth_index":"a19d44c07be25f13","client_ip":"10.0.4.21","x_forwarded_for":"","user_agent":"curl/8.9.1","tokens":{"input_tokens":0,"output_tokens":0,"reasoning_tokens":0,"cached_tokens":0,"cache_read_tokens":0,"cache_read_tokens_present":true,"cache_creation_tokens":0,"total_tokens":0},"failed":true,"generate":true,"fail":{"status_code":429,"body":"{\"error\":{\"type\":\"usage_limit_reached\",\"message\":\"The usage limit has been reached\",\"resets_in_seconds\":5400}}"},"response_headers":{"Retry-After":["5400"]},"accounting_version":2,"token_breakdown":{"schema_version":2,"quality":"complete","total_tokens":0,"input":{"total_tokens":0,"uncached_tokens":0,"cache_read_tokens":0,"cache_write_tokens":0},"output":{"total_tokens":0,"non_reasoning_tokens":0,"reasoning_tokens":0},"unclassified_tokens":0},"provider":"codex","executor_type":"CodexExecutor","model":"gpt-5.5","alias":"gpt-5.5","endpoint":"POST /v1/chat/completions","auth_type":"oauth","api_key":"team-a-key-1","request_id":"ee5210c7","reasoning_effort":"","service_tier":"auto"}"#,
    );
    assert!(event.failed);
    assert_eq!(event.status, 429);
    assert_eq!(
        event.failure,
        r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_in_seconds":5400}}"#
    );
    assert_eq!(
        event.headers,
        [("retry-after".to_owned(), "5400".to_owned())]
    );
    assert_eq!(event.tokens, tokens([Some(0); 5], Quality::Complete));
}

#[test]
fn documented_oldest_form() {
    let event = event(
        r#"{"timestamp":"2026-04-26T09:00:00Z","latency_ms":1500,"source":"user@example.com","auth_index":"3b1f","tokens":{"input_tokens":10,"output_tokens":20,"reasoning_tokens":0,"cached_tokens":0,"total_tokens":30},"failed":false,"provider":"codex","model":"gpt-5.4","endpoint":"POST /v1/chat/completions","auth_type":"oauth","api_key":"k1","request_id":"a1b2c3d4"}"#,
    );
    assert_eq!(event.key.at, At(1_777_194_000_000));
    assert_eq!(event.alias, "gpt-5.4");
    assert_eq!(event.ttft, None);
    assert!(event.generate);
    assert_eq!(event.status, 200);
    assert_eq!(event.account.label, "user@example.com");
    assert_eq!(event.client_key.mask, "…");
    assert_eq!(event.executor, "");
    // It has no count of tokens written to the cache, so that is unknown.
    let expected = [Some(10), Some(0), None, Some(20), Some(0)];
    assert_eq!(event.tokens, tokens(expected, Quality::Derived));
}
