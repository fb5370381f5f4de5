//! The usage pages in simplified Chinese. What a text is for stands with its field in [`Usage`].

use super::Usage;
use crate::domain::filter::Metric;
use crate::domain::unusual::What;

pub static ZH_CN: Usage = Usage {
    title: "用量",
    tabs: "用量",
    summary: "概览",
    models: "模型",
    keys: "密钥",
    accounts: "账号",
    providers: "提供商",
    hours: "时段",
    prices: "价格",
    of: |name| format!("{name} 的用量"),
    span: |from, to| format!("{from} 至 {to}"),
    up_to: |days, time| format!("{days}，今天截至 {time}"),
    in_zone: |span, zone| format!("{span}，{zone}"),

    compare: "对比",
    previous: "上一周期",
    nothing: "不对比",
    by: "粒度",
    by_auto: "自动",
    grain: ["小时", "天", "周"],

    requests: "请求",
    success: "成功率",
    tokens: "词元",
    from_cache: "缓存读取",
    cost: "费用",
    per_thousand: "每千次费用",
    latency_p50: "延迟 p50",
    ttft_p50: "首字节 p50",
    from: |base| format!("此前 {base}"),
    from_part: |base| format!("此前 {base}（该周期记录不完整）"),
    changed: |change, base| format!("{change}，此前 {base}"),
    of_input: "占输入",
    priced: |share| format!("{share} 已定价"),
    unpriced: "没有已知价格",
    p95_p99: |p95, p99| format!("p95 {p95}，p99 {p99}"),

    metric: "指标",
    metric_name: |metric| match metric {
        Metric::Requests => "请求",
        Metric::Tokens => "词元",
        Metric::Cost => "费用",
        Metric::Latency => "延迟",
        Metric::Ttft => "首字节",
        Metric::Speed => "速度",
        Metric::Failed => "失败",
    },
    per: |metric, grain| format!("每{grain}的{metric}"),
    drawn: |metric| match metric {
        Metric::Requests => "失败部分位于零线之上。",
        Metric::Tokens => "自下而上：未缓存输入、缓存读取、缓存写入、输出。",
        Metric::Cost => "仅含有价格的请求。",
        Metric::Latency | Metric::Ttft => "深色至中位数，浅色至 p95。",
        Metric::Speed => {
            "每个请求的全部输出词元（含推理）除以整个耗时：深色至最慢的 5 %，浅色至中位数。"
        }
        Metric::Failed => "失败的请求。",
    },
    peak: |metric, value, at| {
        let first = match metric {
            Metric::Latency | Metric::Ttft => "最慢",
            Metric::Speed => "最快",
            _ => "最多",
        };
        [format!("{first}（{at}）："), value.into(), "。".into()]
    },
    requests_failed: |requests, failed| format!("{requests} 条请求，其中 {failed} 条失败"),
    some_requests: |n| format!("{n} 条请求"),
    some_failed: |failed, requests| format!("{requests} 条中 {failed} 条失败"),
    some_tokens: |n| format!("{n} 词元"),
    median: |value| format!("中位数 {value}"),
    most_failures: "失败最多",
    nothing_known: "该时间范围内没有此项数据。",
    bar: |at, value| format!("{at}：{value}"),
    succeeded: "成功",
    failed: "失败",
    open: "未结束",
    cut_by_range: "被范围截断",
    open_or_cut: "尚未结束，或被范围截断",
    cut_bar: |span| format!("（仅 {span}）"),
    before: |span| format!("此前：{span}"),
    cut: |span, begun| format!("{span}，自 {begun} 起才有记录"),
    past_gap: |span, gap| format!("{span}，缺 {gap}"),
    bucket: "起始",
    as_table: "以表格显示",
    brush: "拖过柱形，或用方向键与 Shift 选择时间范围",
    latest_rows: |n| format!("最近 {n} 行；CSV 与 JSON 含全部。"),

    by_model: "按模型",
    by_key: "按密钥",
    by_account: "按账号",
    by_provider: "按提供商",
    model: "模型",
    key: "密钥",
    account: "账号",
    provider: "提供商",
    change: "变化",
    change_note: |span| format!("变化相对于 {span}；基数少于 20 条时不显示"),
    change_cut: |span, begun| {
        format!("不显示变化：记录从 {begun} 开始，处于上一周期（{span}）之内")
    },
    change_gap: |gap| format!("不显示变化：{gap} 的请求可能未被记录"),
    input: "输入",
    cached: "缓存",
    output: "输出",
    p50: "p50",
    ttft: "首字节",
    speed: "词元/秒",
    share: "占比",
    drawing: |what| format!("{what}图示"),
    all: "全部",
    no_name: "无",
    others: |n| format!("其余 {n} 项"),
    some_rows: |first, last, all| {
        format!("按此排序的第 {first}–{last} 项，共 {all} 项；CSV 与 JSON 含全部。")
    },

    mix: "词元去向",
    mix_note: "各部分互不重叠，相加即为总数",
    unknown: |n| format!("{n} 条请求未报告全部词元数；计为未知，而非零。"),
    pace: "耗时与速率",
    pace_note: "对范围内全部请求计算的百分位，误差不超过 1 %",
    measure: "指标",
    latency: "延迟",
    models_in_use: "使用中的模型",
    keys_in_use: "使用中的密钥",
    accounts_in_use: "使用中的账号",
    providers_in_use: "使用中的提供商",
    most_requests: "请求最多",
    highest_cost: "费用最高",
    lowest_success: "成功率最低",
    slowest: "最慢 (p50)",
    without_price: "没有价格",
    output_speed: "输出速度",
    speed_why: "一个请求的全部输出词元（含推理）除以其整个耗时",
    output_why: "全部输出，含推理",
    input_why: "全部输入，无论是否来自缓存",
    cached_why: "输入中从缓存读取的比例",
    rate: "速率",
    lately: "最近 30 分钟",
    average: "平均",
    busiest: "最忙时段",
    requests_a_minute: "每分钟请求",
    tokens_a_minute: "每分钟词元",

    some_unpriced: |share| format!("{share} 的请求已定价。"),
    unpriced_why: |n| format!("{n} 条请求没有价格，计为未知，而非免费。"),
    unassigned_why: |n| format!("{n} 条请求没有价格，或含有类别未知的词元，计为未知。"),
    uncounted_why: |n| format!("{n} 条请求的词元数不完整，费用未知，而非为零。"),
    set_price: "查看价格",
    more_models: |n| format!("另有 {n} 个"),

    empty: |span| format!("{span}没有请求。"),
    empty_why: |last| format!("最新的请求位于 {last}。"),
    empty_filtered: "该时间范围内没有符合筛选条件的请求。",
    show_all: "显示全部时间",
    clear: "清除全部筛选",

    by_week: |metric| format!("按星期与小时的{metric}"),
    hour_metric: |metric| match metric {
        Metric::Requests => "请求",
        Metric::Tokens => "词元",
        Metric::Cost => "费用",
        Metric::Latency => "延迟 p95",
        Metric::Ttft => "首字节 p95",
        Metric::Speed => "速度 p50",
        Metric::Failed => "失败占比",
    },
    ramp: |metric, unit| match unit {
        "" => metric.to_owned(),
        unit => format!("{metric}，{unit}"),
    },
    failed_share_note: "少于 20 条请求时不显示。",
    mean_note: "每格为其各小时的平均值。",
    skip_cells: |n| format!("跳过 {n} 个单元格"),
    download: |what, format| format!("{what} {format}"),
    scale: "刻度",
    scale_sum: "合计",
    scale_mean: "每小时平均",
    day: "日",
    all_days: "全部",
    cell: |day, hour, value, requests, failed| {
        format!("{day} {hour}：{value}；{requests} 条请求，{failed} 条失败")
    },
    no_hour: "不在范围内",
    darker: |metric| format!("{metric}：颜色越深越多"),
    flagged: "标记为异常",
    busiest_cell: |at, value| ["最高 ".into(), format!("{at}：{value}"), "。".into()],

    unusual: "异常时段",
    rule: |requests, deviations, weeks, least| {
        format!(
            "至少 {requests} 条请求，且与此前 {least} 至 {weeks} 周同一星期同一小时相差超过 {deviations} 个稳健偏差（中位数、MAD）"
        )
    },
    flagged_hour: |what, value, usual| format!("{what} {value}，该时段通常为 {usual}"),
    and_more_hours: |n| format!("另有 {n} 个"),
    cause_rule: |share, requests, beyond| {
        format!(
            "列出名称的条件：占差额至少 {share} %，不少于 {requests} 条请求，且比其在该时段的通常占比高 {beyond} 个百分点。"
        )
    },
    made_by: |share, above, kind| {
        let of = if above {
            "超出部分的"
        } else {
            "缺少部分的"
        };
        format!("{of} {share} 来自{kind}")
    },
    nobody: "没有突出的来源",
    not_looked_for: "此筛选条件下的异常时段仅在此页查找：",
    one_model: "模型",
    one_key: "密钥",
    one_account: "账号",
    one_provider: "提供商",
    lines: "折线",
    together: "合计",
    each: "最多的几项",
    split_title: |per, by| format!("各{by}{per}"),
    split_note: |drawn, all, metric| {
        let most = match metric {
            Metric::Tokens => "词元最多",
            Metric::Cost => "费用最高",
            Metric::Failed => "失败最多",
            // Times rank nobody.
            _ => "请求最多",
        };
        format!("{all} 项中{most}的 {drawn} 项，其余合为一条。")
    },
    none_unusual: "该范围内没有时段触发规则，或可供比较的历史不足三周。",
    hour: "时段",
    what: "指标",
    what_name: |what| match what {
        What::Requests => "请求",
        What::Failures => "失败",
        What::Tokens => "词元",
        What::Cost => "费用",
        What::Latency => "延迟 p95",
    },
    value: "数值",
    usual: "通常",
    why: "列出原因",
    deviations: |n, above, weeks| {
        let side = if above { "高于" } else { "低于" };
        format!("{side} {weeks} 周中位数 {n} 个偏差")
    },
    more_unusual: |n| format!("另有 {n} 项见 CSV 与 JSON。"),

    week_parts: "工作日与周末",
    part: "时段",
    work_day: "工作日 08 至 18 时",
    work_evening: "工作日 18 至 24 时",
    work_night: "工作日 00 至 08 时",
    weekend: "周末",
};
