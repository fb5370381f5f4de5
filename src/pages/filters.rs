//! The filter form: it says what the view asks, and changes it. Parameters it
//! has no control for ride along. Every page with range and conditions has this
//! one form, and above its rows the [`chips()`] that undo each condition.

mod chips;

use crate::domain::filter::{Cache, Ignored, Outcome, Selection, View, Why, written};
use crate::domain::time::{Range, Zone};
use crate::domain::units::{At, Ms};
use crate::i18n::plain;
use crate::store::requests::{Choice, Dimension};
use crate::web::ctx::Ctx;

pub use chips::{Chip, chips};

/// Options of one control; more are found by searching.
const MOST_OPTIONS: usize = 60;

/// The page that the form belongs to.
pub struct Form<'a> {
    /// Range and conditions in force.
    pub view: &'a View,
    /// The page with other ones.
    pub link: &'a dyn Fn(&View) -> String,
    /// Its canonical query, all parameters included.
    pub query: String,
    pub ranges: &'a [Range],
    /// Choices that only this page has.
    pub selects: Vec<Select>,
}

/// One of few, in a control of the page's own.
#[derive(Clone, Debug)]
pub struct Select {
    pub name: &'static str,
    pub label: &'static str,
    /// Value, label, chosen.
    pub options: Vec<(&'static str, String, bool)>,
}

/// One range as a link.
#[derive(Clone, Debug)]
pub struct Segment {
    pub label: String,
    pub href: String,
    pub current: bool,
}

/// Several of many: a menu of boxes to tick.
#[derive(Clone, Debug)]
pub struct Pick {
    pub name: &'static str,
    pub label: &'static str,
    /// What is chosen, in a word.
    pub summary: String,
    pub options: Vec<PickOption>,
}

#[derive(Clone, Debug)]
pub struct PickOption {
    pub value: String,
    pub label: String,
    pub chosen: bool,
    pub requests: String,
}

#[derive(Clone, Debug)]
pub struct Filters {
    pub segments: Vec<Segment>,
    pub custom: bool,
    /// For `datetime-local`, in the zone of the view.
    pub from: String,
    pub to: String,
    /// Of the page's own; with them, search and status are less usual.
    pub selects: Vec<Select>,
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
    pub hidden: Vec<(String, String)>,
    /// How many conditions hold, and how many of them are behind "More".
    pub count: usize,
    pub more_count: usize,
}

/// Choices of every list control, in the order of [`DIMENSIONS`].
pub type Choices = Vec<Vec<Choice>>;

pub const DIMENSIONS: [Dimension; 7] = [
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
    pub fn new(form: Form<'_>, choices: &Choices, ctx: &Ctx) -> Self {
        let view = form.view;
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
            + usize::from(only.request_id.is_some())
            + if form.selects.is_empty() {
                0
            } else {
                usize::from(only.outcome.is_some()) + usize::from(only.search.is_some())
            };
        Self {
            segments: segments(&form, ctx),
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
            hidden: hidden(&form),
            count: chips(&form, choices, ctx).len(),
            more_count,
            selects: form.selects,
        }
    }
}

fn segments(form: &Form<'_>, ctx: &Ctx) -> Vec<Segment> {
    let segment = |range: &Range| Segment {
        label: (ctx.t.requests.range_short)(*range),
        href: (form.link)(&form.view.over(*range)),
        current: form.view.range == *range,
    };
    form.ranges.iter().map(segment).collect()
}

/// What the controls of the form say.
const CONTROLS: [&str; 16] = [
    "from", "to", "provider", "model", "alias", "account", "key", "endpoint", "tier", "status",
    "http", "min_ms", "max_ms", "cache", "trace", "q",
];

/// What the form must repeat because none of its controls says it; another
/// question begins on the first page.
fn hidden(form: &Form<'_>) -> Vec<(String, String)> {
    let said = |name: &str| {
        CONTROLS.contains(&name)
            || matches!(name, "before" | "after" | "page")
            || form.selects.iter().any(|select| select.name == name)
    };
    url::form_urlencoded::parse(form.query.as_bytes())
        .filter(|(name, _)| !said(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// What `datetime-local` reads, without seconds where there are none.
pub(super) fn local(at: At, zone: Zone) -> String {
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
        value: written(value).into_owned(),
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
    if value.is_empty() {
        return ctx.t.requests.without.to_owned();
    }
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

/// What of the address was not taken as it was given; empty when all was.
#[must_use]
pub fn unread(ignored: &[Ignored], ctx: &Ctx) -> String {
    let t = ctx.t.requests;
    let unknown = ignored.iter().filter(|one| one.why == Why::NotUnderstood);
    let unknown = join(unknown.map(|one| format!("{}={}", one.name, one.value)));
    let swapped = ignored.iter().any(|one| one.why == Why::Swapped);
    match (swapped, unknown.is_empty()) {
        (false, true) => String::new(),
        (true, true) => t.swapped.to_owned(),
        (false, false) => (t.ignored)(&plain(&unknown)),
        (true, false) => format!("{} {}", t.swapped, (t.ignored)(&plain(&unknown))),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
