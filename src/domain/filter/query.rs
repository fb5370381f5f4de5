//! The query string of a [`View`]. Canonical: defaults are left out, order is
//! fixed, so equal views have equal URLs and `parse(render(v)) == v`. What is
//! not understood is ignored and reported, never an error.

mod value;

use std::fmt::Write as _;

pub(super) use self::value::range_name;
pub use self::value::written;
use self::value::{
    LONGEST_VALUE, MOST_VALUES, add, codes, read_bool, read_cache, read_code, read_cost, read_edge,
    read_ms, read_outcome, read_range, read_sort, read_time, with_hours, write_time,
};
use super::view::{Column, PageOf, View};
use super::{Cache, Outcome, Sort, WeekHours};
use crate::domain::time::{Range, Zone};
use crate::domain::units::{At, Ms};

/// A parameter that was not taken as it was given, cut to a length fit to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    pub name: String,
    pub value: String,
    pub why: Why,
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    NotUnderstood,
    /// `from` is after `to`: they are taken the other way round.
    Swapped,
}

impl Ignored {
    #[must_use]
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.chars().take(40).collect(),
            value: value.chars().take(60).collect(),
            why: Why::NotUnderstood,
        }
    }
}

impl View {
    /// Reads a query string. Local times without an offset are in `zone`, or
    /// in the zone the query itself asks for.
    #[must_use]
    pub fn parse(query: &str, zone: Zone) -> (Self, Vec<Ignored>) {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
            .flat_map(|(name, value)| codes(name, value))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut view = Self {
            zone: pairs
                .iter()
                .find(|(name, _)| name == "tz")
                .and_then(|(_, value)| value.parse().ok()),
            ..Self::default()
        };
        let mut custom = Self::OPEN;
        let zone = view.zone.unwrap_or(zone);
        let mut ignored = Vec::new();
        for (name, value) in pairs {
            let understood =
                value.len() <= LONGEST_VALUE && view.read(&name, &value, zone, &mut custom);
            if !understood && ignored.len() < 8 {
                ignored.push(Ignored::new(&name, &value));
            }
        }
        let (from, to) = custom;
        if from > to {
            let swapped = Ignored {
                why: Why::Swapped,
                ..Ignored::new("from", &write_time(from))
            };
            ignored.insert(0, swapped);
        }
        if custom != Self::OPEN {
            view.range = Range::Between(from.min(to), to.max(from));
        }
        (view, ignored)
    }

    /// One parameter; names of CPA Manager Plus are understood as well.
    fn read(&mut self, name: &str, value: &str, zone: Zone, custom: &mut (At, At)) -> bool {
        let only = &mut self.only;
        match name {
            "range" | "time_range" => read_range(value).map(|range| self.range = range),
            "from" | "from_ms" => read_time(value, zone).map(|at| custom.0 = at),
            "to" | "to_ms" => read_time(value, zone).map(|at| custom.1 = at),
            "tz" => value.parse::<Zone>().ok().map(|_| ()),
            "provider" => add(&mut only.providers, value),
            "model" => add(&mut only.models, value),
            "alias" => add(&mut only.aliases, value),
            "account" | "auth_index" | "auth_file" => add(&mut only.accounts, value),
            "key" | "api_key_hash" => add(&mut only.keys, value),
            "endpoint" => add(&mut only.endpoints, value),
            "tier" => add(&mut only.tiers, value),
            "status" | "cache_status" if value == "all" => Some(()),
            "status" => read_outcome(value).map(|outcome| only.outcome = Some(outcome)),
            "http" => read_code(value).map(|code| {
                if !only.http.contains(&code) && only.http.len() < MOST_VALUES {
                    only.http.push(code);
                }
            }),
            "min_ms" | "min_latency_ms" => read_ms(value).map(|ms| only.min_latency = Some(ms)),
            "max_ms" => read_ms(value).map(|ms| only.max_latency = Some(ms)),
            "weekday" => WeekHours::read_day(value).map(|day| {
                only.hours = with_hours(only.hours, zone, Some(day), None);
            }),
            "hour" => WeekHours::read_hour(value).map(|hour| {
                only.hours = with_hours(only.hours, zone, None, Some(hour));
            }),
            "cache" | "cache_status" => read_cache(value).map(|cache| only.cache = Some(cache)),
            "cost" => read_cost(value).map(|cost| only.cost = Some(cost)),
            "trace" | "header_trace_id" => {
                only.request_id = Some(value.to_owned());
                Some(())
            }
            "q" | "search" => {
                only.search = Some(value.to_owned());
                Some(())
            }
            "sort" => read_sort(value).map(|sort| self.sort = sort),
            "cols" => Column::list(value).map(|columns| self.columns = Some(columns)),
            "n" => value
                .parse()
                .ok()
                .filter(|n| (1..=Self::MOST_ROWS).contains(n))
                .map(|n| self.rows = n),
            "before" => read_edge(value).map(|edge| self.page = PageOf::Before(edge)),
            "after" => read_edge(value).map(|edge| self.page = PageOf::After(edge)),
            "live" => read_bool(value).map(|live| self.live = live),
            _ => None,
        }
        .is_some()
    }

    /// The canonical query string, without `?`; empty for the default view.
    #[must_use]
    pub fn query(&self) -> String {
        let mut out = Writer(String::new());
        match self.range {
            Range::Between(from, to) => {
                if from != Self::OPEN.0 {
                    out.pair("from", &write_time(from));
                }
                if to != Self::OPEN.1 {
                    out.pair("to", &write_time(to));
                }
            }
            range if range != Range::default() => out.pair("range", &range_name(range)),
            _ => {}
        }
        if let Some(zone) = self.zone {
            out.pair("tz", zone.name());
        }
        let only = &self.only;
        for (name, values) in [
            ("provider", &only.providers),
            ("model", &only.models),
            ("alias", &only.aliases),
            ("account", &only.accounts),
            ("key", &only.keys),
            ("endpoint", &only.endpoints),
            ("tier", &only.tiers),
        ] {
            for value in values {
                out.pair(name, &written(value));
            }
        }
        match only.outcome {
            Some(Outcome::Ok) => out.pair("status", "ok"),
            Some(Outcome::Failed) => out.pair("status", "failed"),
            None => {}
        }
        for code in &only.http {
            out.pair("http", &code.to_string());
        }
        for (name, bound) in [("min_ms", only.min_latency), ("max_ms", only.max_latency)] {
            if let Some(Ms(ms)) = bound {
                out.pair(name, &ms.to_string());
            }
        }
        match only.cache {
            Some(Cache::Hit) => out.pair("cache", "hit"),
            Some(Cache::Miss) => out.pair("cache", "miss"),
            None => {}
        }
        if let Some(cost) = only.cost {
            out.pair("cost", cost.name());
        }
        if let Some(hours) = only.hours {
            for day in hours.weekdays() {
                out.pair("weekday", WeekHours::day_name(day));
            }
            for hour in hours.hours_of_day() {
                out.pair("hour", &hour.to_string());
            }
        }
        for (name, text) in [("trace", &only.request_id), ("q", &only.search)] {
            if let Some(text) = text {
                out.pair(name, text);
            }
        }
        if self.sort != Sort::default() {
            let minus = if self.sort.descending { "-" } else { "" };
            out.pair("sort", &format!("{minus}{}", self.sort.by.name()));
        }
        if let Some(columns) = &self.columns {
            let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
            out.pair("cols", &names.join(","));
        }
        if self.rows != Self::ROWS {
            out.pair("n", &self.rows.to_string());
        }
        match self.page {
            PageOf::Start => {}
            PageOf::After(edge) => out.pair("after", &edge.to_string()),
            PageOf::Before(edge) => out.pair("before", &edge.to_string()),
        }
        if !self.live {
            out.pair("live", "0");
        }
        out.0
    }

    /// A path with this view's query.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        match self.query() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// Percent-encodes what a query must not hold, and no more, so that people can
/// read their links.
struct Writer(String);

impl Writer {
    fn pair(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => self.0.push(char::from(byte)),
                b'-' | b'_' | b'.' | b'~' | b':' | b',' | b'/' | b'@' => {
                    self.0.push(char::from(byte));
                }
                b' ' => self.0.push('+'),
                _ => {
                    let _ = write!(self.0, "%{byte:02X}");
                }
            }
        }
    }
}
