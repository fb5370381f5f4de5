//! The first page in English. What a text is for stands with its field in [`Home`].

use super::Home;

pub static EN: Home = Home {
    title: "Home",
    succeeded: |share, requests| {
        [
            format!("{share} of today’s "),
            format!("{requests} requests"),
            " succeeded.".into(),
        ]
    },
    all_succeeded: |requests| {
        [
            "All of today’s ".into(),
            format!("{requests} requests"),
            " succeeded.".into(),
        ]
    },
    one_succeeded: ["Today’s ", "one request", " succeeded."],
    none_today: "No request yet today.",
    none_ever: "No request has arrived yet.",
    needs: |n| match n {
        1 => "One thing needs you.".into(),
        2 => "Two things need you.".into(),
        3 => "Three things need you.".into(),
        n => format!("{n} things need you."),
    },
    needs_nothing: "Nothing needs you.",
    lede: |day, time, zone| format!("{day}, {time} in {zone}."),
    compared: |day| format!("Compared with {day} up to the same time."),

    attention: "Needs attention",
    collecting_stopped: "Records are not being collected.",
    why: "Why",
    open_doctor: "Find out why",
    damaged: "The database is damaged.",
    damaged_why: "Figures may be wrong, and what comes may not be stored.",
    not_looked_through: "The database could not be looked through.",
    not_looked_through_why: "The panel did not end in order, so it is not certain that the file is sound.",
    account_fails: |failed, requests| {
        format!("failed {failed} of {requests} requests in the last hour.")
    },
    mostly: |status| format!("Mostly {status}."),
    see_failures: "See failures",
    gap: |from, to| format!("Records may be missing from {from} to {to}."),
    rejects: |n| match n {
        "1" => "1 record could not be read.".to_owned(),
        n => format!("{n} records could not be read."),
    },
    rejects_why: "They are kept with their reason and can be tried again.",
    see_collection: "Open collection",
    waiting: |n| format!("{n} batches wait for the database."),
    waiting_why: "They are safe on the spool and are stored as soon as it works again.",

    unpriced_one: "has no price.",
    unpriced_several: |n| format!("{n} models have no price."),
    unpriced_why: |requests| match requests {
        "1" => "Without a price, one request of today is not in the cost.".into(),
        n => format!("Without a price, {n} requests of today are not in the cost."),
    },
    set_price: "Set a price",

    requests: "Requests",
    succeeded_label: "Succeeded",
    tokens: "Tokens",
    from_cache: "Read from cache",
    latency_p50: "Latency p50",
    ttft_p50: "TTFT p50",
    on_base: |change, base| format!("{change} on {base}"),
    failed_note: |failed| format!("{failed} failed"),
    day_value: |day, value| format!("{day} {value}"),
    day_part: |day, value| format!("{day} {value}, recorded only in part"),
    p95: |value| format!("p95 {value}"),
    spark_requests: |most| format!("Requests per half hour today, highest {most}"),
    spark_failed: |most| format!("Failures per half hour today, highest {most}"),
    spark_tokens: |most| format!("Tokens per half hour today, highest {most}"),
    spark_cache: "Share of input read from cache per half hour today",
    spark_latency: "Median latency per half hour today",
    spark_ttft: "Median time to first byte per half hour today",

    traffic: "Traffic today",
    all_requests: "All requests",
    busiest: |n, at| {
        [
            "Busiest half hour ".into(),
            format!("{n} at {at}"),
            ".".into(),
        ]
    },
    dotted: |day| format!("The dotted line is {day}."),
    dotted_from: |day, time| format!("The dotted line is {day}; records begin at {time}."),
    dotted_gap: |day, gap| {
        format!(
            "The dotted line is {day}. No change is shown: requests of {gap} were probably not recorded."
        )
    },
    no_past: "There is no earlier day to compare with.",
    chart_title: |day| format!("Requests per half hour, today and {day}"),
    chart_summary: |failed, requests| format!("{failed} of {requests} failed so far."),
    legend_ok: "Succeeded",
    legend_failed: "Failed",
    legend_open: "Not finished",
    from: "From",
    failed: "Failed",

    models: "Busiest models",
    cost_by_model: "Cost by model",
    cost: "Cost",
    spark_cost: "Cost per half hour today",
    drawn: "Drawn",
    share: "Share",
    others: |n| format!("{n} others"),
    model: "Model",

    health: "Health by provider, last 24 hours",
    health_hint: "Ten minutes per cell. A red foot marks failures, taller when more failed; a low line means no traffic",
    provider: "Provider",
    success: "Success",
    cells: |from, to| format!("Ten minute cells from {from} to {to}"),
    strip: |name, failed, requests| {
        format!("{name}: {failed} of {requests} failed in the last 24 hours, ten minutes per cell")
    },

    last_failures: "Last failures",
    all_failed: |n| format!("All {n} of today"),
    no_failures: "Nothing failed in the last 24 hours.",
    recorded: "What the gateway recorded",

    tokens_today: "Tokens today",
    in_all: |n| format!("{n} in all"),
    bucket: "Bucket",
    uncached: "Input, uncached",
    cache_read: "Input, cache read",
    cache_write: "Input, cache write",
    output: "Output, visible",
    reasoning: "Output, reasoning",
    unclassified: "Not classified",
    total: "Total",
    unknown_for: |n| format!("Not known for {n} requests."),

    accounts: "Busiest accounts",
    account: "Account",
    keys: "Busiest keys",
    key: "Key",

    last_taken: |span| format!("Last request taken {span} ago"),
    stored: |n| format!("{n} stored"),
    no_gaps: "No gaps known",
    gaps: |n| format!("{n} gaps known"),
    collection: "Collection",
};
