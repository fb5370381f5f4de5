//! Which response headers of an upstream are kept: those that say why a request
//! was refused, when it may be tried again, how much quota is left, and under
//! which id the upstream knows it. Everything else, cookies first, is dropped.

use std::collections::BTreeMap;

use super::redact;

/// More of one attempt are not kept.
pub const MOST: usize = 40;

/// Longest kept value, in characters.
pub const MAX_VALUE: usize = 256;

const FAMILIES: [&str; 6] = [
    "anthropic-ratelimit-",
    "ratelimit-",
    "retry-after",
    "x-codex-",
    "x-rate-limit-",
    "x-ratelimit-",
];

/// Ids of requests and traces, as upstreams and the proxies before them call
/// them.
const IDENTIFIERS: [&str; 16] = [
    "apim-request-id",
    "cf-ray",
    "eagleeye-traceid",
    "msh-request-id",
    "msh-trace-id",
    "request-id",
    "traceparent",
    "x-amzn-requestid",
    "x-client-request-id",
    "x-cloudaicompanion-trace-id",
    "x-goog-request-id",
    "x-ms-request-id",
    "x-oneapi-request-id",
    "x-request-id",
    "x-trace-id",
    "x-zeabur-request-id",
];

const OTHERS: [&str; 4] = [
    "openai-processing-ms",
    "ratelimit",
    "server-timing",
    "x-should-retry",
];

/// Kept headers: lower-case names, sorted, values without secrets. Several
/// values of one name are joined with `, `.
pub fn keep<'a>(
    headers: impl Iterator<Item = (&'a str, String)>,
    known: &[&str],
) -> Vec<(String, String)> {
    let mut kept = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let name = name.trim().to_ascii_lowercase();
        let identifier = IDENTIFIERS.contains(&name.as_str());
        if !identifier && !is_evidence(&name) {
            continue;
        }
        let value = redact::header(&value, known, identifier, MAX_VALUE);
        if !value.is_empty() {
            kept.insert(name, value);
        }
    }
    kept.into_iter().take(MOST).collect()
}

fn is_evidence(name: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let family = FAMILIES.iter().any(|family| name.starts_with(family));
    (family || OTHERS.contains(&name)) && name.len() <= 80 && name.chars().all(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, expected: Option<(&str, &str)>) {
        let kept = keep(
            [(name, value.to_owned())].into_iter(),
            &["plain-upstream-key"],
        );
        let expected: Vec<_> = expected
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(kept, expected, "{name}: {value}");
    }

    #[test]
    fn evidence_is_kept_under_a_lower_case_name() {
        for (name, value, lower) in [
            ("Retry-After", "3600", "retry-after"),
            (
                "X-Ratelimit-Limit-Requests",
                "1000",
                "x-ratelimit-limit-requests",
            ),
            (
                "Anthropic-Ratelimit-Unified-5h-Utilization",
                "0.31",
                "anthropic-ratelimit-unified-5h-utilization",
            ),
            ("X-Codex-Plan-Type", "plus", "x-codex-plan-type"),
            ("X-Request-Id", "up-123", "x-request-id"),
            ("Cf-Ray", "8f1c2d3e4f5a6b7c-FRA", "cf-ray"),
            ("Server-Timing", "chatgpt;dur=12", "server-timing"),
            (
                "Traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "traceparent",
            ),
        ] {
            check(name, value, Some((lower, value)));
        }
    }

    #[test]
    fn the_rest_is_dropped() {
        for name in [
            "Set-Cookie",
            "Authorization",
            "X-Api-Key",
            "Date",
            "Server",
            "Content-Length",
            "Openai-Organization",
            "X-Ratelimit-\u{202e}Evil",
            "",
        ] {
            check(name, "value", None);
        }
    }

    #[test]
    fn values_lose_secrets_and_length() {
        check(
            "X-Codex-Active-Limit",
            "someone@example.com sk-abcdef123456",
            Some(("x-codex-active-limit", "[redacted]@example.com [redacted]")),
        );
        check(
            "X-Request-Id",
            "a plain-upstream-key\r\nb",
            Some(("x-request-id", "a [redacted] b")),
        );
        let long = "1 ".repeat(400);
        check(
            "Retry-After",
            &long,
            Some(("retry-after", long.get(..256).unwrap())),
        );
        check("Retry-After", " ", None);
    }

    #[test]
    fn forty_are_enough() {
        let headers = (0..100).map(|i| (format!("x-codex-{i:03}"), i.to_string()));
        let headers: Vec<_> = headers.collect();
        let kept = keep(headers.iter().map(|(n, v)| (n.as_str(), v.clone())), &[]);
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept[39].0, "x-codex-039");
    }
}
