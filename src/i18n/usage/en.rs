//! The usage pages in English. What a text is for stands with its field in [`Usage`].

use super::Usage;
use crate::domain::filter::Metric;
use crate::domain::unusual::What;

pub static EN: Usage = Usage {
    title: "Usage",
    tabs: "Usage",
    summary: "Summary",
    models: "Models",
    keys: "Keys",
    accounts: "Accounts",
    providers: "Providers",
    hours: "Hours",
    prices: "Prices",
    of: |name| format!("Usage of {name}"),
    span: |from, to| format!("{from} to {to}"),
    up_to: |days, time| format!("{days}, today up to {time}"),
    in_zone: |span, zone| format!("{span}, {zone}"),

    compare: "Compare",
    previous: "period before",
    nothing: "nothing",
    by: "By",
    by_auto: "auto",
    grain: ["hour", "day", "week"],

    requests: "Requests",
    success: "Success",
    tokens: "Tokens",
    from_cache: "Read from cache",
    cost: "Cost",
    per_thousand: "Cost per 1,000",
    latency_p50: "Latency p50",
    ttft_p50: "TTFT p50",
    from: |base| format!("from {base}"),
    from_part: |base| format!("from {base}, a period recorded only in part"),
    changed: |change, base| format!("{change} from {base}"),
    of_input: "of input",
    priced: |share| format!("{share} priced"),
    unpriced: "no price is known",
    p95_p99: |p95, p99| format!("p95 {p95}, p99 {p99}"),

    metric: "Metric",
    metric_name: |metric| match metric {
        Metric::Requests => "Requests",
        Metric::Tokens => "Tokens",
        Metric::Cost => "Cost",
        Metric::Latency => "Latency",
        Metric::Ttft => "TTFT",
        Metric::Speed => "Speed",
        Metric::Failed => "Failures",
    },
    per: |metric, grain| format!("{metric} per {grain}"),
    drawn: |metric| match metric {
        Metric::Requests => "Failures stand on the zero line.",
        Metric::Tokens => {
            "From the bottom: input uncached, read and written, then output visible and reasoning."
        }
        Metric::Cost => "Only requests that have a price.",
        Metric::Latency | Metric::Ttft => "Dark up to the median, pale up to p95.",
        Metric::Speed => {
            "Output tokens a second over the whole time of a request, reasoning included: dark up to the slowest 5 %, pale up to the median."
        }
        Metric::Failed => "Requests that failed.",
    },
    peak: |metric, value, at| {
        let first = match metric {
            Metric::Latency | Metric::Ttft => "Slowest",
            Metric::Speed => "Fastest",
            _ => "Most",
        };
        [format!("{first} on {at}: "), value.into(), ".".into()]
    },
    requests_failed: |requests, failed| match requests {
        "1" => "one request, failed".into(),
        _ => format!("{requests} requests, {failed} of them failed"),
    },
    some_requests: |n| match n {
        "1" => "one request".into(),
        _ => format!("{n} requests"),
    },
    some_failed: |failed, requests| format!("{failed} of {requests} failed"),
    some_tokens: |n| format!("{n} tokens"),
    median: |value| format!("median {value}"),
    most_failures: "Most failures",
    nothing_known: "Nothing of this is known in this range.",
    bar: |at, value| format!("{at}: {value}"),
    succeeded: "Succeeded",
    failed: "Failed",
    open: "Not finished",
    cut_by_range: "Cut by the range",
    open_or_cut: "Not finished, or cut by the range",
    cut_bar: |span| format!("(only {span})"),
    before: |span| format!("Before: {span}"),
    cut: |span, begun| format!("{span}, recorded only from {begun} on"),
    past_gap: |span, gap| format!("{span}, without {gap}"),
    bucket: "From",
    as_table: "Show as table",
    brush: "Drag across bars, or step with arrow keys and Shift, to choose a range",
    latest_rows: |n| format!("The latest {n}; CSV and JSON have all."),

    by_model: "By model",
    by_key: "By key",
    by_account: "By account",
    by_provider: "By provider",
    model: "Model",
    key: "Key",
    account: "Account",
    provider: "Provider",
    change: "Change",
    change_note: |span| format!("Change is against {span}; it is left out below 20 requests"),
    change_cut: |span, begun| {
        format!("No change is shown: records begin {begun}, within the period before ({span})")
    },
    change_gap: |gap| format!("No change is shown: requests of {gap} were probably not recorded"),
    input: "Input",
    cached: "Cached",
    output: "Output",
    p50: "p50",
    ttft: "TTFT",
    speed: "tok/s",
    share: "Share",
    drawing: |what| format!("{what} drawn"),
    all: "All",
    no_name: "none",
    others: |n| format!("The other {n}"),
    some_rows: |first, last, all| {
        format!("{first}–{last} of {all} in this order; CSV and JSON have all.")
    },

    mix: "Where the tokens went",
    mix_note: "Buckets do not overlap and add up to the total",
    unknown: |n| {
        format!("{n} requests did not say all their tokens; they count as unknown, not as none.")
    },
    pace: "Time and pace",
    pace_note: "Percentiles over all requests of the range, within 1 %",
    measure: "Measure",
    latency: "Latency",
    models_in_use: "Models in use",
    keys_in_use: "Keys in use",
    accounts_in_use: "Accounts in use",
    providers_in_use: "Providers in use",
    most_requests: "Most requests",
    highest_cost: "Highest cost",
    lowest_success: "Lowest success",
    slowest: "Slowest, p50",
    without_price: "Without a price",
    output_speed: "Output speed",
    speed_why: "All output tokens of a request, reasoning included, over its whole latency",
    output_why: "All output, reasoning included",
    input_why: "All input, whether it came from a cache or not",
    cached_why: "Share of the input that was read from a cache",
    rate: "Rate",
    lately: "Last 30 min",
    average: "Average",
    busiest: "Busiest bar",
    requests_a_minute: "Requests a minute",
    tokens_a_minute: "Tokens a minute",

    some_unpriced: |share| format!("{share} of requests are priced."),
    unpriced_why: |n| match n {
        "1" => String::from("1 request has no price and counts as unknown, not as free."),
        n => format!("{n} requests have no price and count as unknown, not as free."),
    },
    unassigned_why: |n| match n {
        "1" => String::from(
            "1 request has no price or tokens of no known kind, and counts as unknown.",
        ),
        n => {
            format!("{n} requests have no price or tokens of no known kind, and count as unknown.")
        }
    },
    uncounted_why: |n| {
        format!("Of {n} requests not all tokens are known, so their cost is unknown, not zero.")
    },
    set_price: "See prices",
    more_models: |n| format!("and {n} more"),

    empty: |span| format!("No requests, {span}."),
    empty_why: |last| format!("The newest request is of {last}."),
    empty_filtered: "Nothing in this range matches the filters.",
    show_all: "Show all time",
    clear: "Clear all filters",

    by_week: |metric| format!("{metric} by weekday and hour"),
    hour_metric: |metric| match metric {
        Metric::Requests => "Requests",
        Metric::Tokens => "Tokens",
        Metric::Cost => "Cost",
        Metric::Latency => "Latency p95",
        Metric::Ttft => "TTFT p95",
        Metric::Speed => "Speed p50",
        Metric::Failed => "Failure share",
    },
    ramp: |metric, unit| match unit {
        "" => metric.to_owned(),
        unit => format!("{metric}, {unit}"),
    },
    failed_share_note: "Left out below 20 requests.",
    mean_note: "Each cell is the mean of its hours.",
    skip_cells: |n| format!("Skip the {n} cells"),
    download: |what, format| format!("{what} as {format}"),
    scale: "Scale",
    scale_sum: "Sum",
    scale_mean: "Mean hour",
    day: "Day",
    all_days: "All days",
    cell: |day, hour, value, requests, failed| {
        format!("{day} {hour}: {value}; {requests} requests, {failed} failed")
    },
    no_hour: "not in the range",
    darker: |metric| format!("{metric}: darker is more"),
    flagged: "flagged as unusual",
    busiest_cell: |at, value| ["Most on ".into(), format!("{at}: {value}"), ".".into()],

    unusual: "Unusual hours",
    rule: |requests, deviations, weeks, least| {
        format!(
            "At least {requests} requests, and more than {deviations} robust deviations (median, MAD) \
             from the same weekday and hour of {least} to {weeks} weeks before"
        )
    },
    flagged_hour: |what, value, usual| format!("{what} {value}, usually {usual} at that hour"),
    and_more_hours: |n| format!("and {n} more"),
    cause_rule: |share, requests, beyond| {
        format!(
            "Named is who made at least {share} % of the difference with {requests} requests or more, \
             and {beyond} points more of it than of the usual hour."
        )
    },
    made_by: |share, above, kind| {
        let of = if above {
            "of the excess from"
        } else {
            "of what is missing is"
        };
        format!("{share} {of} {kind}")
    },
    nobody: "nobody stands out",
    not_looked_for: "Under this filter unusual hours are looked for only on",
    one_model: "model",
    one_key: "key",
    one_account: "account",
    one_provider: "provider",
    lines: "Lines",
    together: "All together",
    each: "The busiest",
    split_title: |per, by| format!("{per} and {by}"),
    split_note: |drawn, all, metric| {
        format!(
            "The {drawn} of {all} with {}, and all others together.",
            match metric {
                Metric::Tokens => "most tokens",
                Metric::Cost => "the highest cost",
                Metric::Failed => "most failures",
                // Times rank nobody.
                _ => "most requests",
            }
        )
    },
    none_unusual: "No hour of this range breaks the rule, or there are not yet three weeks to compare.",
    hour: "Hour",
    what: "Metric",
    what_name: |what| match what {
        What::Requests => "Requests",
        What::Failures => "Failures",
        What::Tokens => "Tokens",
        What::Cost => "Cost",
        What::Latency => "Latency p95",
    },
    value: "Value",
    usual: "Usual",
    why: "Why it is listed",
    deviations: |n, above, weeks| {
        let side = if above { "above" } else { "below" };
        format!("{n} deviations {side} the median of {weeks} weeks")
    },
    more_unusual: |n| format!("{n} more in CSV and JSON."),

    week_parts: "Working days and weekend",
    part: "Part of the week",
    work_day: "Working days, 08 to 18",
    work_evening: "Working days, 18 to 24",
    work_night: "Working days, 00 to 08",
    weekend: "Weekend",
};
