//! Events for tests: believable by default, changed where a test cares.

use cpamp::domain::event::{Account, ClientKey, Event, EventId, EventKey};
use cpamp::domain::tokens::{Quality, Tokens};
use cpamp::domain::units::{At, Ms};

/// 2026-03-01T10:00:00Z.
pub(crate) const MORNING: At = At(1_772_359_200_000);

/// An ordinary successful request. `n` makes it distinct: one second later and
/// under another id than `n - 1`.
pub(crate) fn event(n: i64) -> Event {
    Event {
        key: EventKey {
            at: At(MORNING.0 + n * 1_000),
            id: EventId(n.wrapping_mul(0x1234_5678_9abc_def1)),
        },
        request_id: format!("{:08x}", 0x66fb_aaaf + n),
        provider: String::from("codex"),
        executor: String::from("CodexExecutor"),
        model: String::from("gpt-5"),
        alias: String::from("fast"),
        account: Account {
            identity: String::from("49edba963014b089"),
            label: String::from("alice@example.com"),
            auth_type: String::from("oauth"),
        },
        client_key: ClientKey {
            hash: String::from("0123456789abcdef"),
            mask: String::from("clie…0001"),
            alias: String::new(),
        },
        endpoint: String::from("POST /v1/chat/completions"),
        effort: String::from("high"),
        tier: String::from("auto"),
        served_tier: String::from("default"),
        client_ip: String::from("127.0.0.1"),
        forwarded_for: String::new(),
        user_agent: String::from("lab/1.0"),
        failed: false,
        status: 200,
        generate: true,
        latency: Some(Ms(1_200)),
        ttft: Some(Ms(300)),
        tokens: Tokens {
            uncached: Some(360),
            cache_read: Some(640),
            cache_write: Some(0),
            output: Some(80),
            reasoning: Some(120),
            unclassified: 0,
            quality: Quality::Complete,
        },
        failure: String::new(),
        headers: vec![
            (
                String::from("x-ratelimit-limit-requests"),
                String::from("1000"),
            ),
            (String::from("x-request-id"), format!("up-{n}")),
        ],
    }
}

/// `count` ordinary requests from number `first` on.
pub(crate) fn events(first: i64, count: i64) -> Vec<Event> {
    (first..first + count).map(event).collect()
}
