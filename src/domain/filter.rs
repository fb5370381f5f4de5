//! What a page asks for. [`Selection`] is the resolved question the store
//! answers; the query string ↔ view mapping builds one.

mod hours;
mod measure;
mod query;
mod usage;
mod view;

pub use hours::WeekHours;
pub use measure::{Metric, SumBy, SumSort};
pub use query::{Ignored, Why, written};
pub use usage::{UsageView, grain_name};
pub use view::{Column, Edge, PageOf, View};

use super::units::{At, Ms};

/// Rows wanted: a half-open time range and conditions that must all hold.
/// Inside one list any value matches; an empty list does not filter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Includes `from`, excludes `to`.
    pub from: At,
    pub to: At,
    pub providers: Vec<String>,
    /// Executed model names.
    pub models: Vec<String>,
    /// Names as clients asked for them.
    pub aliases: Vec<String>,
    /// Account identities ([`super::event::Account::identity`]).
    pub accounts: Vec<String>,
    /// Client key hashes ([`super::event::ClientKey::hash`]).
    pub keys: Vec<String>,
    pub endpoints: Vec<String>,
    pub tiers: Vec<String>,
    pub outcome: Option<Outcome>,
    pub http: Vec<i32>,
    pub min_latency: Option<Ms>,
    pub max_latency: Option<Ms>,
    pub cache: Option<Cache>,
    pub cost: Option<Cost>,
    /// Local weekdays and hours; `None` = at any time.
    pub hours: Option<WeekHours>,
    /// The gateway's request id, exactly.
    pub request_id: Option<String>,
    /// Free text: request id, or part of a model, alias, provider, account
    /// label, key mask or key alias; case-insensitive, `%` and `_` are plain characters.
    pub search: Option<String>,
}

impl Selection {
    /// Whether anything but the range narrows it.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::between(self.from, self.to)
    }

    /// Everything in a range.
    #[must_use]
    pub fn between(from: At, to: At) -> Self {
        Self {
            from,
            to,
            providers: Vec::new(),
            models: Vec::new(),
            aliases: Vec::new(),
            accounts: Vec::new(),
            keys: Vec::new(),
            endpoints: Vec::new(),
            tiers: Vec::new(),
            outcome: None,
            http: Vec::new(),
            min_latency: None,
            max_latency: None,
            cache: None,
            cost: None,
            hours: None,
            request_id: None,
            search: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Ok,
    Failed,
}

/// Whether any input was read from cache. Unknown token counts are neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cache {
    Hit,
    Miss,
}

/// Whether its cost is known, and if not, what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cost {
    Known,
    /// For whatever reason.
    None,
    /// Not known although every bucket was counted: no price fits, or there are
    /// tokens of no bucket.
    NoPrice,
    /// Not known as a bucket was not counted; no price would help.
    NoCount,
}

impl Cost {
    pub const ALL: [Self; 4] = [Self::Known, Self::None, Self::NoPrice, Self::NoCount];

    /// As the query string names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::None => "none",
            Self::NoPrice => "no_price",
            Self::NoCount => "no_count",
        }
    }
}

/// What a request list is ordered by; ties are broken by time then id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortBy {
    #[default]
    Time,
    Latency,
    Ttft,
    Speed,
    Input,
    Cached,
    Output,
    Reasoning,
    Cost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    pub by: SortBy,
    pub descending: bool,
}

impl SortBy {
    pub const ALL: [Self; 9] = [
        Self::Time,
        Self::Latency,
        Self::Ttft,
        Self::Speed,
        Self::Input,
        Self::Cached,
        Self::Output,
        Self::Reasoning,
        Self::Cost,
    ];

    /// As the query string names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Latency => "latency",
            Self::Ttft => "ttft",
            Self::Speed => "speed",
            Self::Input => "input",
            Self::Cached => "cached",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::Cost => "cost",
        }
    }
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            by: SortBy::Time,
            descending: true,
        }
    }
}
