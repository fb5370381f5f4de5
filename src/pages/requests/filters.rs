//! The filter form and the chips: both say what the view asks, one to change
//! it, one to undo it. Parameters the form has no control for ride along.

use crate::domain::filter::{Cache, Outcome, PageOf, Selection, View};
use crate::domain::time::{Range, Zone};
use crate::domain::units::{At, Ms};
use crate::i18n::plain;
use crate::store::requests::{Choice, Dimension};
use crate::web::ctx::Ctx;

/// Options of one control; more are found by searching.
const MOST_OPTIONS: usize = 60;

/// One range as a link.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub label: String,
    pub href: String,
    pub current: bool,
}

/// Several of many: a menu of boxes to tick.
#[derive(Clone, Debug)]
pub(super) struct Pick {
    pub name: &'static str,
    pub label: &'static str,
    /// What is chosen, in a word.
    pub summary: String,
    pub options: Vec<PickOption>,
}

#[derive(Clone, Debug)]
pub(super) struct PickOption {
    pub value: String,
    pub label: String,
    pub chosen: bool,
    pub requests: String,
}

#[derive(Clone, Debug)]
pub(super) struct Filters {
    pub segments: Vec<Segment>,
    pub custom: bool,
    /// For `datetime-local`, in the zone of the view.
    pub from: String,
    pub to: String,
    pub picks: Vec<Pick>,
    /// Less usual ones, behind "More filters".
    pub more: Vec<Pick>,
    pub outcome: &'static str,
    pub cache: &'static str,
    pub http: String,
    pub min_ms: String,
    pub max_ms: String,
    pub trace: String,
    pub search: String,
    /// Name and value of what the form carries on unseen.
    pub hidden: Vec<(&'static str, String)>,
    /// How many conditions hold, and how many of them are behind "More".
    pub count: usize,
    pub more_count: usize,
}

/// Choices of every list control, in the order of [`DIMENSIONS`].
pub(super) type Choices = Vec<Vec<Choice>>;

pub(super) const DIMENSIONS: [Dimension; 7] = [
    Dimension::Provider,
    Dimension::Model,
    Dimension::Account,
    Dimension::Key,
    Dimension::Alias,
    Dimension::Endpoint,
    Dimension::Tier,
];

impl Filters {
    #[must_use]
    pub(super) fn new(view: &View, choices: &Choices, ctx: &Ctx) -> Self {
        let zone = view.zone.unwrap_or(ctx.zone);
        let mut picks: Vec<Pick> = DIMENSIONS
            .iter()
            .enumerate()
            .map(|(i, dimension)| {
                let offered = choices.get(i).map(Vec::as_slice).unwrap_or_default();
                pick(view, *dimension, offered, ctx)
            })
            .collect();
        let more = picks.split_off(4);
        let only = &view.only;
        let (from, to) = match view.range {
            Range::Between(from, to) => (local(from, zone), local(to, zone)),
            _ => (String::new(), String::new()),
        };
        let millis = |bound: Option<Ms>| bound.map_or_else(String::new, |ms| ms.0.to_string());
        let more_count = only.aliases.len().min(1)
            + only.endpoints.len().min(1)
            + only.tiers.len().min(1)
            + only.http.len().min(1)
            + usize::from(only.min_latency.is_some())
            + usize::from(only.max_latency.is_some())
            + usize::from(only.cache.is_some())
            + usize::from(only.request_id.is_some());
        Self {
            segments: segments(view, ctx),
            custom: matches!(view.range, Range::Between(..)),
            from,
            to,
            picks,
            more,
            outcome: match only.outcome {
                None => "",
                Some(Outcome::Ok) => "ok",
                Some(Outcome::Failed) => "failed",
            },
            cache: match only.cache {
                None => "",
                Some(Cache::Hit) => "hit",
                Some(Cache::Miss) => "miss",
            },
            http: join(only.http.iter().map(i32::to_string)),
            min_ms: millis(only.min_latency),
            max_ms: millis(only.max_latency),
            trace: only.request_id.clone().unwrap_or_default(),
            search: only.search.clone().unwrap_or_default(),
            hidden: hidden(view),
            count: chips(view, choices, ctx).len(),
            more_count,
        }
    }
}

fn segments(view: &View, ctx: &Ctx) -> Vec<Segment> {
    [
        Range::Today,
        Range::LastHour,
        Range::Last24Hours,
        Range::Days(7),
        Range::Days(30),
        Range::All,
    ]
    .into_iter()
    .map(|range| Segment {
        label: (ctx.t.requests.range_short)(range),
        href: ctx.url(&view.over(range).url("/requests")),
        current: view.range == range,
    })
    .collect()
}

/// What the form must repeat because none of its controls says it.
fn hidden(view: &View) -> Vec<(&'static str, String)> {
    let kept = View {
        range: match view.range {
            Range::Between(..) => Range::default(),
            range => range,
        },
        only: Selection::between(At(0), At(0)),
        page: PageOf::Start,
        ..view.clone()
    };
    let query = kept.query();
    let names = ["range", "tz", "sort", "cols", "n", "live"];
    url::form_urlencoded::parse(query.as_bytes())
        .filter_map(|(name, value)| {
            let name = names.into_iter().find(|known| *known == name)?;
            Some((name, value.into_owned()))
        })
        .collect()
}

/// What `datetime-local` reads, without seconds where there are none.
fn local(at: At, zone: Zone) -> String {
    if at == View::OPEN.0 || at == View::OPEN.1 {
        return String::new();
    }
    let format = match at.0 % 60_000 {
        0 => "%Y-%m-%dT%H:%M",
        _ => "%Y-%m-%dT%H:%M:%S%.3f",
    };
    zone.local(at).format(format).to_string()
}

fn pick(view: &View, dimension: Dimension, offered: &[Choice], ctx: &Ctx) -> Pick {
    let t = ctx.t.requests;
    let (name, label, chosen) = list(dimension, &view.only, ctx);
    let option = |value: &str, requests: Option<i64>| PickOption {
        value: value.to_owned(),
        label: shown(dimension, value, offered, ctx),
        chosen: chosen.iter().any(|c| c == value),
        requests: requests.map_or_else(String::new, |n| ctx.lang.compact(n)),
    };
    // What is chosen stays on offer, however rare it has become.
    let absent = chosen
        .iter()
        .filter(|value| !offered.iter().any(|c| c.value == **value));
    let mut options: Vec<PickOption> = absent.map(|value| option(value, None)).collect();
    options.extend(
        offered
            .iter()
            .enumerate()
            .filter(|(i, c)| *i < MOST_OPTIONS || chosen.contains(&c.value))
            .filter(|(_, c)| !c.value.is_empty())
            .map(|(_, c)| option(&c.value, Some(c.requests))),
    );
    Pick {
        name,
        label,
        summary: match chosen {
            [] => t.any.to_owned(),
            [one] => shown(dimension, one, offered, ctx),
            many => (t.chosen)(many.len()),
        },
        options,
    }
}

/// Parameter, label and chosen values of a dimension.
fn list<'a>(
    dimension: Dimension,
    only: &'a Selection,
    ctx: &Ctx,
) -> (&'static str, &'static str, &'a [String]) {
    let t = ctx.t.requests;
    match dimension {
        Dimension::Provider => ("provider", t.provider, &only.providers),
        Dimension::Model => ("model", t.model, &only.models),
        Dimension::Alias => ("alias", t.alias, &only.aliases),
        Dimension::Account => ("account", t.account, &only.accounts),
        Dimension::Key => ("key", t.key, &only.keys),
        Dimension::Endpoint => ("endpoint", t.endpoint, &only.endpoints),
        Dimension::Tier | Dimension::Status => ("tier", t.tier, &only.tiers),
    }
}

/// How a value reads: identities and hashes by their label.
fn shown(dimension: Dimension, value: &str, offered: &[Choice], ctx: &Ctx) -> String {
    let label = offered
        .iter()
        .find(|choice| choice.value == value)
        .map(|choice| choice.label.as_str())
        .filter(|label| !label.is_empty())
        .unwrap_or(value);
    match dimension {
        Dimension::Account => ctx.identity(label),
        _ => plain(label).into_owned(),
    }
}

/// One condition, and the same view without it.
#[derive(Clone, Debug)]
pub(super) struct Chip {
    pub label: String,
    pub values: Vec<String>,
    pub or: &'static str,
    pub href: String,
}

#[must_use]
pub(super) fn chips(view: &View, choices: &Choices, ctx: &Ctx) -> Vec<Chip> {
    let t = ctx.t.requests;
    let mut chips = Vec::new();
    let mut chip = |label: String, values: Vec<String>, without: &dyn Fn(&mut Selection)| {
        chips.push(Chip {
            label,
            values,
            or: t.or,
            href: ctx.url(&view.narrowed(without).url("/requests")),
        });
    };
    let only = &view.only;
    for (i, dimension) in DIMENSIONS.into_iter().enumerate() {
        let (_, label, chosen) = list(dimension, only, ctx);
        if chosen.is_empty() {
            continue;
        }
        let offered = choices.get(i).map(Vec::as_slice).unwrap_or_default();
        let values = chosen
            .iter()
            .map(|value| shown(dimension, value, offered, ctx))
            .collect();
        chip((t.is)(label), values, &move |only| match dimension {
            Dimension::Provider => only.providers.clear(),
            Dimension::Model => only.models.clear(),
            Dimension::Alias => only.aliases.clear(),
            Dimension::Account => only.accounts.clear(),
            Dimension::Key => only.keys.clear(),
            Dimension::Endpoint => only.endpoints.clear(),
            Dimension::Tier | Dimension::Status => only.tiers.clear(),
        });
    }
    if let Some(outcome) = only.outcome {
        let word = match outcome {
            Outcome::Ok => t.ok,
            Outcome::Failed => t.failed,
        };
        chip((t.is)(t.status), vec![word.into()], &|only| {
            only.outcome = None;
        });
    }
    if !only.http.is_empty() {
        let codes = only.http.iter().map(i32::to_string).collect();
        chip((t.is)(t.http), codes, &|only| only.http.clear());
    }
    if let Some(least) = only.min_latency {
        let span = ctx.lang.span(least);
        chip(t.at_least.into(), vec![span], &|only| {
            only.min_latency = None;
        });
    }
    if let Some(most) = only.max_latency {
        let span = ctx.lang.span(most);
        chip(t.at_most.into(), vec![span], &|only| {
            only.max_latency = None;
        });
    }
    if let Some(cache) = only.cache {
        let word = match cache {
            Cache::Hit => t.cache_hit,
            Cache::Miss => t.cache_miss,
        };
        chip((t.is)(t.cache), vec![word.into()], &|only| {
            only.cache = None;
        });
    }
    if let Some(id) = &only.request_id {
        let id = plain(id).into_owned();
        chip((t.is)(t.trace), vec![id], &|only| {
            only.request_id = None;
        });
    }
    if let Some(text) = &only.search {
        let text = plain(text).into_owned();
        chip(t.contains.into(), vec![text], &|only| {
            only.search = None;
        });
    }
    chips
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
