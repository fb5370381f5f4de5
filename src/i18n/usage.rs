//! The usage pages: sums, trends, tables, hours of the week.

mod en;
mod zh_cn;

pub use en::EN;
pub use zh_cn::ZH_CN;

use crate::domain::filter::Metric;
use crate::domain::unusual::What;

#[derive(Debug)]
pub struct Usage {
    pub title: &'static str,
    pub tabs: &'static str,
    pub summary: &'static str,
    pub models: &'static str,
    pub keys: &'static str,
    pub accounts: &'static str,
    pub providers: &'static str,
    pub hours: &'static str,
    pub prices: &'static str,
    /// Title of a page narrowed to one thing.
    pub of: fn(&str) -> String,
    pub span: fn(from: &str, to: &str) -> String,
    pub up_to: fn(days: &str, time: &str) -> String,
    pub in_zone: fn(span: &str, zone: &str) -> String,

    pub compare: &'static str,
    pub previous: &'static str,
    pub nothing: &'static str,
    pub by: &'static str,
    pub by_auto: &'static str,
    /// Hour, day, week.
    pub grain: [&'static str; 3],

    pub requests: &'static str,
    pub success: &'static str,
    pub tokens: &'static str,
    pub from_cache: &'static str,
    pub cost: &'static str,
    pub per_thousand: &'static str,
    pub latency_p50: &'static str,
    pub ttft_p50: &'static str,
    pub from: fn(base: &str) -> String,
    /// A base that was not recorded from its beginning on.
    pub from_part: fn(base: &str) -> String,
    pub changed: fn(change: &str, base: &str) -> String,
    pub of_input: &'static str,
    pub priced: fn(share: &str) -> String,
    pub unpriced: &'static str,
    pub p95_p99: fn(p95: &str, p99: &str) -> String,

    pub metric: &'static str,
    pub metric_name: fn(Metric) -> &'static str,
    pub per: fn(metric: &str, grain: &str) -> String,
    /// What a chart of the metric draws, said once.
    pub drawn: fn(Metric) -> &'static str,
    /// Before, in and after the bold value.
    pub peak: fn(metric: Metric, value: &str, at: &str) -> [String; 3],
    /// A value with its unit: requests and how many of them failed, and others.
    pub requests_failed: fn(requests: &str, failed: &str) -> String,
    pub some_requests: fn(&str) -> String,
    pub some_failed: fn(failed: &str, requests: &str) -> String,
    pub some_tokens: fn(&str) -> String,
    pub median: fn(&str) -> String,
    pub most_failures: &'static str,
    pub nothing_known: &'static str,
    pub bar: fn(at: &str, value: &str) -> String,
    pub succeeded: &'static str,
    pub failed: &'static str,
    pub open: &'static str,
    pub cut_by_range: &'static str,
    pub open_or_cut: &'static str,
    /// Of a bar that the range cuts: what of it is counted.
    pub cut_bar: fn(&str) -> String,
    pub before: fn(span: &str) -> String,
    pub cut: fn(span: &str, begun: &str) -> String,
    pub past_gap: fn(span: &str, gap: &str) -> String,
    pub bucket: &'static str,
    pub as_table: &'static str,
    pub brush: &'static str,
    pub latest_rows: fn(n: usize) -> String,

    pub by_model: &'static str,
    pub by_key: &'static str,
    pub by_account: &'static str,
    pub by_provider: &'static str,
    pub model: &'static str,
    pub key: &'static str,
    pub account: &'static str,
    pub provider: &'static str,
    pub change: &'static str,
    pub change_note: fn(span: &str) -> String,
    /// Why there is no change: records begin within the period before.
    pub change_cut: fn(span: &str, begun: &str) -> String,
    /// Why there is no change: a gap in one of the periods.
    pub change_gap: fn(gap: &str) -> String,
    pub input: &'static str,
    pub cached: &'static str,
    pub output: &'static str,
    pub p50: &'static str,
    pub ttft: &'static str,
    pub speed: &'static str,
    pub share: &'static str,
    pub drawing: fn(&str) -> String,
    pub all: &'static str,
    pub no_name: &'static str,
    /// What a table leaves out, together.
    pub others: fn(n: &str) -> String,
    pub some_rows: fn(first: &str, last: &str, all: &str) -> String,

    pub mix: &'static str,
    pub mix_note: &'static str,
    pub unknown: fn(&str) -> String,
    pub pace: &'static str,
    pub pace_note: &'static str,
    pub measure: &'static str,
    pub latency: &'static str,
    /// The head of a ranking.
    pub models_in_use: &'static str,
    pub keys_in_use: &'static str,
    pub accounts_in_use: &'static str,
    pub providers_in_use: &'static str,
    pub most_requests: &'static str,
    pub highest_cost: &'static str,
    pub lowest_success: &'static str,
    pub slowest: &'static str,
    pub without_price: &'static str,
    pub output_speed: &'static str,
    /// What a column counts, where its name alone could mean two things.
    pub speed_why: &'static str,
    pub output_why: &'static str,
    pub input_why: &'static str,
    pub cached_why: &'static str,
    pub rate: &'static str,
    pub lately: &'static str,
    pub average: &'static str,
    pub busiest: &'static str,
    pub requests_a_minute: &'static str,
    pub tokens_a_minute: &'static str,

    pub some_unpriced: fn(share: &str) -> String,
    pub unpriced_why: fn(n: &str) -> String,
    pub unassigned_why: fn(n: &str) -> String,
    /// Of requests whose tokens are not all known.
    pub uncounted_why: fn(n: &str) -> String,
    pub set_price: &'static str,
    pub more_models: fn(usize) -> String,

    pub empty: fn(span: &str) -> String,
    pub empty_why: fn(last: &str) -> String,
    pub empty_filtered: &'static str,
    pub show_all: &'static str,
    pub clear: &'static str,

    pub by_week: fn(metric: &str) -> String,
    /// What the table of hours shows of a metric.
    pub hour_metric: fn(Metric) -> &'static str,
    pub ramp: fn(metric: &str, unit: &str) -> String,
    pub failed_share_note: &'static str,
    pub mean_note: &'static str,
    pub skip_cells: fn(n: &str) -> String,
    pub download: fn(what: &str, format: &str) -> String,
    pub scale: &'static str,
    pub scale_sum: &'static str,
    pub scale_mean: &'static str,
    pub day: &'static str,
    pub all_days: &'static str,
    pub cell: fn(day: &str, hour: &str, value: &str, requests: &str, failed: &str) -> String,
    pub no_hour: &'static str,
    pub darker: fn(metric: &str) -> String,
    pub flagged: &'static str,
    /// Before, in and after the bold value.
    pub busiest_cell: fn(at: &str, value: &str) -> [String; 3],

    pub unusual: &'static str,
    pub rule: fn(requests: i64, deviations: f64, weeks: usize, least: usize) -> String,
    /// When somebody is named beside an unusual hour; shares in hundredths.
    pub cause_rule: fn(share: f64, requests: i64, beyond: f64) -> String,
    /// Said before the name of who made a share of the difference.
    pub made_by: fn(share: &str, above: bool, kind: &str) -> String,
    pub nobody: &'static str,
    /// Of a summary under several conditions; before the name of the page.
    pub not_looked_for: &'static str,
    pub one_model: &'static str,
    pub one_key: &'static str,
    pub one_account: &'static str,
    pub one_provider: &'static str,
    /// One chart of all together, or of the busiest one by one.
    pub lines: &'static str,
    pub together: &'static str,
    pub each: &'static str,
    pub split_title: fn(per: &str, by: &str) -> String,
    /// Who is drawn: so many of all, by what.
    pub split_note: fn(drawn: usize, all: &str, metric: Metric) -> String,
    pub none_unusual: &'static str,
    pub flagged_hour: fn(what: &str, value: &str, usual: &str) -> String,
    pub and_more_hours: fn(usize) -> String,
    pub hour: &'static str,
    pub what: &'static str,
    pub what_name: fn(What) -> &'static str,
    pub value: &'static str,
    pub usual: &'static str,
    pub why: &'static str,
    pub deviations: fn(n: &str, above: bool, weeks: usize) -> String,
    pub more_unusual: fn(usize) -> String,

    pub week_parts: &'static str,
    pub part: &'static str,
    pub work_day: &'static str,
    pub work_evening: &'static str,
    pub work_night: &'static str,
    pub weekend: &'static str,
}
