//! The first page in Chinese. What a text is for stands with its field in [`Home`].

use super::Home;

pub static ZH_CN: Home = Home {
    title: "首页",
    succeeded: |share, requests| {
        [
            "今天的 ".into(),
            format!("{requests} 条请求"),
            format!("中 {share} 成功。"),
        ]
    },
    all_succeeded: |requests| {
        [
            "今天的 ".into(),
            format!("{requests} 条请求"),
            "全部成功。".into(),
        ]
    },
    one_succeeded: ["今天的", "一条请求", "已成功。"],
    none_today: "今天还没有请求。",
    none_ever: "还没有请求到来。",
    needs: |n| format!("有 {n} 件事需要您处理。"),
    needs_nothing: "没有需要您处理的事。",
    lede: |day, time, zone| format!("{day} {time}，{zone}。"),
    compared: |day| format!("与{day}同一时刻之前相比。"),

    attention: "需要关注",
    collecting_stopped: "目前没有在采集记录。",
    why: "原因",
    open_doctor: "查明原因",
    damaged: "数据库已损坏。",
    damaged_why: "数字可能有误，新的记录可能无法存储。",
    not_looked_through: "无法检查数据库。",
    not_looked_through_why: "面板上次没有正常结束，因此无法确定文件是否完好。",
    account_fails: |failed, requests| format!("最近一小时 {requests} 条请求中 {failed} 条失败。"),
    mostly: |status| format!("多数为 {status}。"),
    see_failures: "查看失败",
    gap: |from, to| format!("{from} 至 {to} 的记录可能缺失。"),
    rejects: |n| format!("{n} 条记录无法读取。"),
    rejects_why: "它们连同原因一并保留，可以重试。",
    see_collection: "打开采集设置",
    waiting: |n| format!("{n} 个批次在等待写入数据库。"),
    waiting_why: "它们安全地保存在暂存区，恢复后会立即写入。",

    unpriced_one: "没有价格。",
    unpriced_several: |n| format!("{n} 个模型没有价格。"),
    unpriced_why: |requests| format!("今天有 {requests} 条请求未计入费用。"),
    set_price: "设置价格",

    requests: "请求",
    succeeded_label: "成功",
    tokens: "词元",
    from_cache: "读自缓存",
    latency_p50: "延迟 p50",
    ttft_p50: "首字节 p50",
    on_base: |change, base| format!("较 {base} {change}"),
    failed_note: |failed| format!("{failed} 条失败"),
    day_value: |day, value| format!("{day} {value}"),
    day_part: |day, value| format!("{day} {value}（记录不完整）"),
    p95: |value| format!("p95 {value}"),
    spark_requests: |most| format!("今天每半小时的请求数，最高 {most}"),
    spark_failed: |most| format!("今天每半小时的失败数，最高 {most}"),
    spark_tokens: |most| format!("今天每半小时的词元数，最高 {most}"),
    spark_cache: "今天每半小时输入读自缓存的比例",
    spark_latency: "今天每半小时的延迟中位数",
    spark_ttft: "今天每半小时的首字节中位数",

    traffic: "今天的流量",
    all_requests: "全部请求",
    busiest: |n, at| {
        [
            "最忙的半小时 ".into(),
            format!("{n} 条（{at}）"),
            "。".into(),
        ]
    },
    dotted: |day| format!("点线为{day}。"),
    dotted_from: |day, time| format!("点线为{day}；记录从 {time} 开始。"),
    dotted_gap: |day, gap| format!("点线为{day}。不显示变化：{gap} 的请求可能未被记录。"),
    no_past: "没有可供比较的前一天。",
    chart_title: |day| format!("今天与{day}每半小时的请求数"),
    chart_summary: |failed, requests| format!("{requests} 条中 {failed} 条失败。"),
    legend_ok: "成功",
    legend_failed: "失败",
    legend_open: "未结束",
    from: "开始",
    failed: "失败",

    models: "最忙的模型",
    cost_by_model: "各模型费用",
    cost: "费用",
    spark_cost: "今天每半小时的费用",
    drawn: "图示",
    share: "占比",
    others: |n| format!("其余 {n} 个"),
    model: "模型",

    health: "各提供商最近 24 小时的状况",
    health_hint: "每格十分钟。红色底部表示失败，越高失败越多；低线表示没有流量",
    provider: "提供商",
    success: "成功率",
    cells: |from, to| format!("{from} 至 {to}，每格十分钟"),
    strip: |name, failed, requests| {
        format!("{name}：最近 24 小时 {requests} 条中 {failed} 条失败，每格十分钟")
    },

    last_failures: "最近的失败",
    all_failed: |n| format!("今天全部 {n} 条"),
    no_failures: "最近 24 小时没有失败。",
    recorded: "网关的记录",

    tokens_today: "今天的词元",
    in_all: |n| format!("共 {n}"),
    bucket: "类别",
    uncached: "输入，未缓存",
    cache_read: "输入，缓存读取",
    cache_write: "输入，缓存写入",
    output: "输出，可见",
    reasoning: "输出，推理",
    unclassified: "未分类",
    total: "合计",
    unknown_for: |n| format!("{n} 条请求未知。"),

    accounts: "最忙的账号",
    account: "账号",
    keys: "最忙的密钥",
    key: "密钥",

    last_taken: |span| format!("最近一条请求取于 {span}前"),
    stored: |n| format!("已存储 {n} 条"),
    no_gaps: "没有已知缺口",
    gaps: |n| format!("已知缺口 {n} 处"),
    collection: "采集",
};
