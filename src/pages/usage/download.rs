//! Every table and chart of the usage pages as a file, exactly as filtered:
//! the same view, read the same way, with plain figures instead of words.

mod week;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value as Json, json};

use super::tab::Tab;
use super::{order, table};
use crate::accounts::{Desk, Mentions};
use crate::domain::filter::UsageView;
use crate::domain::units::At;
use crate::pages::sheet::{self, Format, Link, Sheet, Value};
use crate::pages::who;
use crate::store::oddities;
use crate::store::requests::{Bucket, Choice, Dimension, Quantiles, Totals};
use crate::store::usage::{self, Usage, Wanted};
use crate::web::ctx::Ctx;
use crate::web::error::{Error, Result};
use crate::web::state::AppState;

/// What there is to take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The sums of the range, of the period before, and of the last half hour.
    Summary,
    /// The course over time, all metrics at once.
    Trend,
    Models,
    Keys,
    Accounts,
    Providers,
    Hours,
    Unusual,
    /// The busiest of a ranking over time.
    ModelsTrend,
    KeysTrend,
    AccountsTrend,
    ProvidersTrend,
}

impl Part {
    pub(super) const ALL: [Self; 12] = [
        Self::Summary,
        Self::Trend,
        Self::Models,
        Self::Keys,
        Self::Accounts,
        Self::Providers,
        Self::Hours,
        Self::Unusual,
        Self::ModelsTrend,
        Self::KeysTrend,
        Self::AccountsTrend,
        Self::ProvidersTrend,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Trend => "trend",
            Self::Models => "models",
            Self::Keys => "keys",
            Self::Accounts => "accounts",
            Self::Providers => "providers",
            Self::Hours => "hours",
            Self::Unusual => "unusual",
            Self::ModelsTrend => "models-trend",
            Self::KeysTrend => "keys-trend",
            Self::AccountsTrend => "accounts-trend",
            Self::ProvidersTrend => "providers-trend",
        }
    }

    pub(super) fn path(self, format: Format) -> String {
        format!("/usage/{}.{}", self.name(), format.suffix())
    }

    /// The table that a tab ranks.
    pub(super) fn of(dimension: Dimension) -> Self {
        match dimension {
            Dimension::Key => Self::Keys,
            Dimension::Account => Self::Accounts,
            Dimension::Provider => Self::Providers,
            _ => Self::Models,
        }
    }

    /// The busiest of such a table over time.
    pub(super) fn course(dimension: Dimension) -> Self {
        match dimension {
            Dimension::Key => Self::KeysTrend,
            Dimension::Account => Self::AccountsTrend,
            Dimension::Provider => Self::ProvidersTrend,
            _ => Self::ModelsTrend,
        }
    }

    fn is_course(self) -> bool {
        let all = [Self::ModelsTrend, Self::KeysTrend, Self::AccountsTrend];
        all.contains(&self) || self == Self::ProvidersTrend
    }

    fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Models | Self::ModelsTrend => Some(Dimension::Model),
            Self::Keys | Self::KeysTrend => Some(Dimension::Key),
            Self::Accounts | Self::AccountsTrend => Some(Dimension::Account),
            Self::Providers | Self::ProvidersTrend => Some(Dimension::Provider),
            Self::Summary | Self::Trend | Self::Hours | Self::Unusual => None,
        }
    }
}

/// A part in every format, as the view asks for it, all pages of it.
pub(super) fn links(part: Part, what: &str, view: &UsageView, ctx: &Ctx) -> Vec<Link> {
    let view = view.at(0);
    sheet::links(what, ctx, |format| ctx.url(&view.url(&part.path(format))))
}

/// What the whole page is about, first of its files.
pub(super) fn of_page(tab: Tab, view: &UsageView, ctx: &Ctx) -> Vec<Link> {
    let part = match tab {
        Tab::Summary => Part::Summary,
        Tab::Hours => Part::Hours,
        tab => Part::of(tab.dimension()),
    };
    links(part, tab.name(ctx), view, ctx)
}

pub(super) async fn answer(
    part: Part,
    format: Format,
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
) -> Result<HttpResponse> {
    let (view, ignored) = UsageView::parse(request.query_string(), ctx.zone);
    Error::unless_understood(&ignored)?;
    let wanted = Wanted {
        view: view.clone(),
        zone: ctx.zone,
        now: ctx.now,
        by: part.dimension().into_iter().collect(),
        limit: usize::MAX,
        plain_bars: part != Part::Trend,
        courses: part.is_course().then_some(true),
        week: matches!(part, Part::Hours | Part::Unusual).then_some(true),
        unusual: matches!(part, Part::Hours | Part::Unusual).then(|| state.store.oddities()),
        causes: match part {
            Part::Unusual => oddities::MOST,
            _ => 0,
        },
        choices: Vec::new(),
    };
    let names = state.store.names();
    let usage = state.store.read(move |c| usage::read(c, &names, &wanted));
    let usage = usage.await?;
    let mentions = accounts.mentions(ctx.now);
    let sheet = filled(part, &view, &usage, &mentions, &ctx);
    Ok(sheet.answer(format, about(&view, &usage), &ctx))
}

/// The question that the rows answer.
fn about(view: &UsageView, usage: &Usage) -> Map<String, Json> {
    let span = |(from, to): (At, At)| json!({"from": from.rfc3339(), "to": to.rfc3339()});
    let mut about = Map::new();
    about.insert("query".into(), view.query().into());
    about.insert("zone".into(), usage.zone.name().into());
    about.insert("range".into(), span(usage.span));
    let before = usage.before.as_ref().map(|before| span(before.span));
    about.insert("previous".into(), before.into());
    about
}

fn filled(part: Part, view: &UsageView, usage: &Usage, mentions: &Mentions, ctx: &Ctx) -> Sheet {
    let (columns, rows) = match part {
        Part::Summary => summary(usage, ctx),
        Part::Trend => trend(usage, ctx),
        Part::Models | Part::Keys | Part::Accounts | Part::Providers => ranking(
            part.dimension().unwrap_or(Dimension::Model),
            view,
            usage,
            mentions,
            ctx,
        ),
        Part::ModelsTrend | Part::KeysTrend | Part::AccountsTrend | Part::ProvidersTrend => {
            courses(part.dimension().unwrap_or(Dimension::Model), usage, ctx)
        }
        Part::Hours => week::hours(usage),
        Part::Unusual => week::unusual(usage, ctx),
    };
    Sheet {
        name: part.name(),
        columns,
        rows,
    }
}

type Table = (Vec<String>, Vec<Vec<Value>>);

/// Names of [`measures`].
const MEASURES: [&str; 22] = [
    "requests",
    "failed",
    "tokens",
    "input_uncached",
    "input_cache_read",
    "input_cache_write",
    "output_visible",
    "output_reasoning",
    "unclassified",
    "unknown_token_requests",
    "cost_usd",
    "unpriced_requests",
    "latency_p50_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "ttft_p50_ms",
    "ttft_p95_ms",
    "ttft_p99_ms",
    "output_tokens_per_second_p5",
    "output_tokens_per_second_p50",
    "output_tokens_per_second_p95",
    "output_tokens_per_second_p99",
];

fn measures(totals: &Totals) -> Vec<Value> {
    let real = |value: Option<f64>| value.map_or(Value::None, Value::Real);
    let times = |times: &Quantiles| [times.p50, times.p95, times.p99].map(real);
    let mut values = vec![
        Value::Count(totals.requests),
        Value::Count(totals.failed),
        Value::Count(totals.tokens()),
        Value::Count(totals.uncached),
        Value::Count(totals.cache_read),
        Value::Count(totals.cache_write),
        Value::Count(totals.output),
        Value::Count(totals.reasoning),
        Value::Count(totals.unclassified),
        Value::Count(totals.unknown_tokens),
        totals.known_cost().map_or(Value::None, Value::Cost),
        Value::Count(totals.unpriced),
    ];
    values.extend(times(&totals.latency));
    values.extend(times(&totals.ttft));
    let speed = &totals.speed;
    values.extend([speed.p5, speed.p50, speed.p95, speed.p99].map(real));
    values
}

/// Nothing at all is known of a thing that was not there.
fn absent() -> Vec<Value> {
    vec![Value::None; MEASURES.len()]
}

fn columns(first: &[&str], compared: bool) -> Vec<String> {
    let previous = MEASURES.iter().filter(|_| compared);
    let previous = previous.map(|name| format!("previous_{name}"));
    let own = first.iter().chain(&MEASURES).map(|name| (*name).to_owned());
    own.chain(previous).collect()
}

fn summary(usage: &Usage, ctx: &Ctx) -> Table {
    let row = |period: &str, (from, to), totals: &Totals| {
        let mut row = vec![Value::text(period), Value::Time(from), Value::Time(to)];
        row.extend(measures(totals));
        row
    };
    let mut rows = vec![row("current", usage.span, &usage.report.totals)];
    if let Some(before) = &usage.before {
        rows.push(row("previous", before.span, &before.report.totals));
    }
    if let Some(lately) = &usage.lately {
        let span = usage::lately(ctx.now);
        rows.push(row("last_30_minutes", span, lately));
    }
    (columns(&["period", "from", "to"], false), rows)
}

fn trend(usage: &Usage, ctx: &Ctx) -> Table {
    let before = usage.before.as_ref();
    let past = before.map(|before| before.bars().collect::<Vec<_>>());
    let row = |(at, bucket): (usize, &Bucket)| {
        let mut row = vec![
            Value::Time(bucket.from),
            Value::Time(bucket.to),
            Value::Flag(bucket.to <= ctx.now),
            Value::Flag(usage.is_whole(bucket)),
        ];
        row.extend(measures(&bucket.totals));
        if let Some(past) = &past {
            let past = past.get(at).copied().flatten();
            row.extend(past.map_or_else(absent, |past| measures(&past.totals)));
        }
        row
    };
    let rows = usage.report.timeline.iter().enumerate().map(row);
    (
        columns(&["from", "to", "finished", "whole"], before.is_some()),
        rows.collect(),
    )
}

/// One line for each of the busiest in each bar, and for all others together.
fn courses(dimension: Dimension, usage: &Usage, ctx: &Ctx) -> Table {
    let mut rows = Vec::new();
    for (at, bucket) in usage.report.timeline.iter().enumerate() {
        for course in usage.courses.iter().flatten() {
            let who = course.choice.as_ref();
            let name = who.filter(|choice| !choice.value.is_empty());
            let name = name.map(|choice| table::name(dimension, choice, ctx));
            let mut row = vec![
                Value::Time(bucket.from),
                Value::Time(bucket.to),
                Value::Flag(bucket.to <= ctx.now),
                Value::Flag(usage.is_whole(bucket)),
                Value::text(who.map_or("", |choice| &choice.value)),
                Value::Text(name.unwrap_or_default()),
                Value::Flag(who.is_none()),
            ];
            row.extend(course.bars.get(at).map_or_else(absent, measures));
            rows.push(row);
        }
    }
    let first = ["from", "to", "finished", "whole", "id", "name", "others"];
    (columns(&first, false), rows)
}

fn ranking(
    dimension: Dimension,
    view: &UsageView,
    usage: &Usage,
    mentions: &Mentions,
    ctx: &Ctx,
) -> Table {
    let found = order::sorted(view, usage);
    let before = table::before(usage);
    let row = |(choice, totals): &&(Choice, Totals)| {
        // A mask or a name says who; what is no secret identifies it.
        let mut row = vec![
            Value::text(&choice.value),
            Value::Text(match choice.value.as_str() {
                "" => String::new(),
                _ => table::name(dimension, choice, ctx),
            }),
        ];
        row.extend(measures(totals));
        if usage.before.is_some() {
            let past = before.get(choice.value.as_str());
            row.extend(past.map_or_else(absent, |past| measures(past)));
        }
        row.extend(now(dimension, &choice.value, mentions, ctx));
        row
    };
    let mut columns = columns(&["id", "name"], usage.before.is_some());
    columns.extend(now_columns(dimension).iter().map(|name| (*name).to_owned()));
    (columns, found.iter().map(row).collect())
}

/// How it is now, not in the range.
fn now_columns(dimension: Dimension) -> &'static [&'static str] {
    match dimension {
        Dimension::Account => &["plan", "state", "state_until", "note"],
        Dimension::Provider => &["accounts", "accounts_ready"],
        Dimension::Key => &["deleted"],
        _ => &[],
    }
}

fn now(dimension: Dimension, value: &str, mentions: &Mentions, ctx: &Ctx) -> Vec<Value> {
    let count = |n: usize| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
    match dimension {
        Dimension::Account => match mentions.of(value) {
            Some((known, standing)) => vec![
                Value::text(&known.listed.plan),
                Value::text(standing.state.code()),
                standing.until.map_or(Value::None, Value::Time),
                Value::Text(who::masked(ctx, known, &known.listed.note)),
            ],
            None => vec![Value::None, Value::None, Value::None, Value::None],
        },
        Dimension::Provider => match mentions.of_provider(value) {
            Some(fleet) => vec![count(fleet.whole), count(fleet.ready)],
            None => vec![Value::None, Value::None],
        },
        Dimension::Key => vec![Value::Flag(mentions.key_is_gone(value))],
        _ => Vec::new(),
    }
}
