//! The request list: filters, sums, columns, live state, empty states.

mod en;
mod zh_cn;

use crate::domain::time::Range;

pub use en::EN;
pub use zh_cn::ZH_CN;

#[derive(Debug)]
pub struct Requests {
    pub title: &'static str,
    /// `4,804 of 5,920` and the plain count.
    pub some_of: fn(part: &str, whole: &str) -> String,
    pub all_of: fn(whole: &str) -> String,
    pub none: &'static str,
    /// Where the range lies, to follow the counts; never for `Between`.
    pub range_words: fn(Range) -> String,
    pub between: fn(from: &str, to: &str) -> String,
    pub since: fn(from: &str) -> String,
    pub until: fn(to: &str) -> String,
    /// Counts and where the range lies.
    pub sentence: fn(counts: &str, range: &str) -> String,
    /// Joins the sentence and the zone.
    pub in_zone: fn(sentence: &str, zone: &str) -> String,

    pub live: &'static str,
    /// Live, but nothing is shown yet.
    pub waiting: &'static str,
    pub paused: &'static str,
    pub not_live: &'static str,
    /// Requests a minute: of the whole range, and of the last ten minutes.
    pub a_minute_mean: fn(&str) -> String,
    pub a_minute_lately: fn(&str) -> String,
    pub pause: &'static str,
    pub resume: &'static str,
    pub columns: &'static str,
    pub apply: &'static str,

    pub range: &'static str,
    pub range_short: fn(Range) -> String,
    pub custom: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub filters: fn(usize) -> String,
    pub search: &'static str,
    pub search_hint: &'static str,
    pub provider: &'static str,
    pub model: &'static str,
    pub alias: &'static str,
    pub account: &'static str,
    pub key: &'static str,
    pub endpoint: &'static str,
    pub tier: &'static str,
    pub status: &'static str,
    pub any: &'static str,
    /// The choice of requests that have no such thing.
    pub without: &'static str,
    pub chosen: fn(usize) -> String,
    pub none_seen: &'static str,
    pub ok: &'static str,
    pub failed: &'static str,
    pub more: &'static str,
    pub http: &'static str,
    pub min_latency: &'static str,
    pub max_latency: &'static str,
    pub cache: &'static str,
    pub cost_known: &'static str,
    pub cost_none: &'static str,
    pub cost_no_price: &'static str,
    pub cost_no_count: &'static str,
    pub cache_hit: &'static str,
    pub cache_miss: &'static str,
    pub trace: &'static str,
    pub weekday: &'static str,
    pub hours: &'static str,

    /// Chips: what is filtered, before the values.
    pub is: fn(&str) -> String,
    pub or: &'static str,
    pub at_least: &'static str,
    pub at_most: &'static str,
    pub contains: &'static str,
    pub remove: &'static str,
    pub clear: &'static str,
    pub ignored: fn(&str) -> String,
    /// The range was given end first.
    pub swapped: &'static str,

    pub of_these: fn(&str) -> String,
    pub input_tokens: &'static str,
    pub output_tokens: &'static str,
    pub from_cache: fn(&str) -> String,
    pub reasoning_share: fn(&str) -> String,
    /// Ends the caption of the chart.
    pub unknown_for: fn(&str) -> String,
    pub cost: &'static str,
    pub priced: fn(&str) -> String,
    /// How many requests a cost leaves out.
    pub no_price_of: fn(n: &str) -> String,
    pub latency_p50: &'static str,
    pub ttft_p50: &'static str,
    pub speed_p50: &'static str,

    pub per: fn(grain: &str) -> String,
    pub grain: [&'static str; 6],
    /// Goes on from [`Self::per`]: before, in and after the bold peak.
    pub peak: fn(n: &str, at: &str) -> [String; 3],
    pub legend: &'static str,
    pub as_table: &'static str,
    pub bar: fn(at: &str, n: &str) -> String,
    pub bar_failed: fn(at: &str, n: &str, failed: &str) -> String,
    pub failed_in_all: fn(&str) -> String,

    pub time: &'static str,
    pub effort_tier: &'static str,
    pub latency: &'static str,
    pub ttft: &'static str,
    pub speed: &'static str,
    pub input: &'static str,
    pub cached: &'static str,
    pub output: &'static str,
    pub reasoning: &'static str,
    pub second: &'static str,
    pub tokens_a_second: &'static str,
    /// What a status code of a failure means, in a word.
    pub failure: fn(i32) -> &'static str,
    pub no_count: &'static str,
    /// The priority tier, short enough for its column.
    pub priority: &'static str,

    pub caption: fn(order: &str, rows: &str) -> String,
    pub newest_first: &'static str,
    pub oldest_first: &'static str,
    pub highest_first: fn(&str) -> String,
    pub lowest_first: fn(&str) -> String,
    pub first_rows: fn(last: &str, whole: &str) -> String,
    pub some_rows: fn(n: &str, whole: &str) -> String,
    pub older: &'static str,
    pub newer: &'static str,
    pub next: &'static str,
    pub previous: &'static str,
    pub rows: &'static str,

    pub nothing_matches: &'static str,
    pub filters_exclude: fn(whole: &str) -> String,
    pub show_all: &'static str,
    pub nothing_in_range: fn(words: &str) -> String,
    pub last_stored: fn(when: &str) -> String,
    pub show_everything: &'static str,
    pub no_more_rows: &'static str,
    pub first_page: &'static str,
}
