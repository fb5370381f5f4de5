//! The first page: how today goes, and what needs a person.

mod en;
mod zh_cn;

pub use en::EN;
pub use zh_cn::ZH_CN;

#[derive(Debug)]
pub struct Home {
    pub title: &'static str,
    /// Before, in and after the link to today's rows.
    pub succeeded: fn(share: &str, requests: &str) -> [String; 3],
    pub all_succeeded: fn(requests: &str) -> [String; 3],
    pub one_succeeded: [&'static str; 3],
    pub none_today: &'static str,
    pub none_ever: &'static str,
    pub needs: fn(usize) -> String,
    pub needs_nothing: &'static str,
    pub lede: fn(day: &str, time: &str, zone: &str) -> String,
    pub compared: fn(day: &str) -> String,

    pub attention: &'static str,
    pub collecting_stopped: &'static str,
    pub why: &'static str,
    pub open_doctor: &'static str,
    pub damaged: &'static str,
    pub damaged_why: &'static str,
    pub not_looked_through: &'static str,
    pub not_looked_through_why: &'static str,
    pub account_fails: fn(failed: &str, requests: &str) -> String,
    pub mostly: fn(status: &str) -> String,
    pub see_failures: &'static str,
    pub gap: fn(from: &str, to: &str) -> String,
    pub rejects: fn(n: &str) -> String,
    pub rejects_why: &'static str,
    pub see_collection: &'static str,
    pub waiting: fn(n: &str) -> String,
    pub waiting_why: &'static str,

    pub unpriced_one: &'static str,
    pub unpriced_several: fn(usize) -> String,
    pub unpriced_why: fn(requests: &str) -> String,
    pub set_price: &'static str,

    pub requests: &'static str,
    pub succeeded_label: &'static str,
    pub tokens: &'static str,
    pub from_cache: &'static str,
    pub latency_p50: &'static str,
    pub ttft_p50: &'static str,
    pub on_base: fn(change: &str, base: &str) -> String,
    pub failed_note: fn(failed: &str) -> String,
    pub day_value: fn(day: &str, value: &str) -> String,
    /// Of a day that was not recorded from its beginning on.
    pub day_part: fn(day: &str, value: &str) -> String,
    pub p95: fn(&str) -> String,
    pub spark_requests: fn(most: &str) -> String,
    pub spark_failed: fn(most: &str) -> String,
    pub spark_tokens: fn(most: &str) -> String,
    pub spark_cache: &'static str,
    pub spark_latency: &'static str,
    pub spark_ttft: &'static str,

    pub traffic: &'static str,
    pub all_requests: &'static str,
    /// Before, in and after the bold figure.
    pub busiest: fn(n: &str, at: &str) -> [String; 3],
    pub dotted: fn(day: &str) -> String,
    pub dotted_from: fn(day: &str, time: &str) -> String,
    pub dotted_gap: fn(day: &str, gap: &str) -> String,
    pub no_past: &'static str,
    pub chart_title: fn(day: &str) -> String,
    pub chart_summary: fn(failed: &str, requests: &str) -> String,
    pub legend_ok: &'static str,
    pub legend_failed: &'static str,
    pub legend_open: &'static str,
    pub from: &'static str,
    pub failed: &'static str,

    pub models: &'static str,
    pub cost_by_model: &'static str,
    pub cost: &'static str,
    pub spark_cost: &'static str,
    pub drawn: &'static str,
    pub share: &'static str,
    pub others: fn(&str) -> String,
    pub model: &'static str,

    pub health: &'static str,
    pub health_hint: &'static str,
    pub provider: &'static str,
    pub success: &'static str,
    pub cells: fn(from: &str, to: &str) -> String,
    pub strip: fn(name: &str, failed: &str, requests: &str) -> String,

    pub last_failures: &'static str,
    pub all_failed: fn(&str) -> String,
    pub no_failures: &'static str,
    pub recorded: &'static str,

    pub tokens_today: &'static str,
    pub in_all: fn(&str) -> String,
    pub bucket: &'static str,
    pub uncached: &'static str,
    pub cache_read: &'static str,
    pub cache_write: &'static str,
    pub output: &'static str,
    pub reasoning: &'static str,
    pub unclassified: &'static str,
    pub total: &'static str,
    pub unknown_for: fn(&str) -> String,

    pub accounts: &'static str,
    pub account: &'static str,
    pub keys: &'static str,
    pub key: &'static str,

    pub last_taken: fn(&str) -> String,
    pub stored: fn(&str) -> String,
    pub no_gaps: &'static str,
    pub gaps: fn(&str) -> String,
    pub collection: &'static str,
}
