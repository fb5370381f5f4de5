//! Usage events as the gateway writes them, numbered by their request id, and
//! the same numbers out of an export: what was lost, what came twice.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// One finished request; `n` tells it from all others.
pub(crate) fn numbered(n: u32) -> Value {
    json!({
        "timestamp": format!("2026-11-22T18:{:02}:{:02}.{:09}Z", n / 60_000 % 60, n / 1_000 % 60, n % 1_000 * 1_000_003 % 1_000_000_000),
        "latency_ms": 120 + n % 900, "ttft_ms": 20 + n % 90,
        "source": "alice@example.com", "auth_index": "49edba963014b089",
        "client_ip": "127.0.0.1", "x_forwarded_for": "", "user_agent": "lab/1.0",
        "tokens": {"input_tokens": 1000, "output_tokens": 200, "reasoning_tokens": 120,
            "cached_tokens": 640, "cache_read_tokens": 640, "cache_read_tokens_present": true,
            "cache_creation_tokens": 0, "total_tokens": 1200},
        "failed": false, "generate": true, "fail": {"status_code": 200, "body": ""},
        "response_headers": {"X-Request-Id": [format!("up-{n}")]},
        "accounting_version": 2,
        "token_breakdown": {"schema_version": 2, "quality": "complete", "total_tokens": 1200,
            "input": {"total_tokens": 1000, "uncached_tokens": 360, "cache_read_tokens": 640, "cache_write_tokens": 0},
            "output": {"total_tokens": 200, "non_reasoning_tokens": 80, "reasoning_tokens": 120},
            "unclassified_tokens": 0},
        "provider": "codex", "executor_type": "CodexExecutor",
        "model": "gpt-5", "alias": "fast", "endpoint": "POST /v1/responses",
        "auth_type": "oauth", "api_key": "client-key-alpha-0001",
        "request_id": request_id(n), "reasoning_effort": "high", "service_tier": "auto",
    })
}

pub(crate) fn request_id(n: u32) -> String {
    format!("{n:08x}")
}

/// How often each number is in an export.
pub(crate) struct Numbers(BTreeMap<u32, u32>);

impl Numbers {
    /// Reads an export in JSON lines.
    pub(crate) fn read(export: &str) -> Self {
        let mut seen = BTreeMap::new();
        for line in export.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let id = row.get("request_id").and_then(Value::as_str).unwrap();
            *seen
                .entry(u32::from_str_radix(id, 16).unwrap())
                .or_default() += 1;
        }
        Self(seen)
    }

    pub(crate) fn rows(&self) -> u64 {
        self.0.values().copied().map(u64::from).sum()
    }

    /// Of the numbers below `made` none is there twice, and no more than
    /// `allowed` are missing. Says how many are.
    pub(crate) fn check(&self, made: u32, allowed: u32) -> usize {
        let twice: Vec<_> = self.0.iter().filter(|(_, times)| **times != 1).collect();
        assert!(twice.is_empty(), "counted more than once: {twice:?}");
        let missing: Vec<u32> = (0..made).filter(|n| !self.0.contains_key(n)).collect();
        let fine = missing.len() <= usize::try_from(allowed).unwrap();
        assert!(fine, "{} of {made} are missing: {missing:?}", missing.len());
        missing.len()
    }
}
