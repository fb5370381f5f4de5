//! How single values are written in a query string, and read from it: ranges,
//! moments, codes, names. What is not understood is `None`; nothing here knows
//! under which parameter a value stands.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::super::view::Edge;
use super::super::{Cache, Cost, Outcome, Sort, SortBy, WeekHours};
use crate::domain::time::{Range, Zone};
use crate::domain::units::{At, Ms};

/// Year 9999: later moments are typing errors.
const LATEST: i64 = 253_402_300_799_999;
pub(super) const LONGEST_VALUE: usize = 300;
pub(super) const MOST_VALUES: usize = 50;

/// The name of a range in the query string; a range between two moments has none.
pub(in crate::domain::filter) fn range_name(range: Range) -> String {
    match range {
        Range::Today => "today".into(),
        Range::LastHour => "1h".into(),
        Range::Last24Hours => "24h".into(),
        Range::Days(days) => format!("{days}d"),
        Range::All => "all".into(),
        Range::Between(..) => String::new(),
    }
}

pub(super) fn read_range(text: &str) -> Option<Range> {
    Some(match text {
        "today" => Range::Today,
        "1h" => Range::LastHour,
        "24h" => Range::Last24Hours,
        "all" => Range::All,
        _ => {
            let days: u32 = text.strip_suffix('d')?.parse().ok()?;
            Range::Days(days.clamp(1, 3660))
        }
    })
}

/// RFC 3339, milliseconds since 1970, or a local date with or without a time.
pub(super) fn read_time(text: &str, zone: Zone) -> Option<At> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().filter(|ms| *ms <= LATEST).map(At);
    }
    // An unescaped plus of an offset arrives as a space.
    let text = text.replace(' ', "+");
    let at = if let Ok(moment) = DateTime::parse_from_rfc3339(&text) {
        At(moment.timestamp_millis())
    } else if let Ok(date) = NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
        zone.start_of(date)
    } else {
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())?;
        zone.at(local)
    };
    (0..=LATEST).contains(&at.0).then_some(at)
}

pub(super) fn write_time(at: At) -> String {
    at.utc()
        .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

pub(super) fn read_outcome(text: &str) -> Option<Outcome> {
    match text {
        "ok" | "success" => Some(Outcome::Ok),
        "failed" | "failure" | "error" => Some(Outcome::Failed),
        _ => None,
    }
}

pub(super) fn read_cache(text: &str) -> Option<Cache> {
    match text {
        "hit" => Some(Cache::Hit),
        "miss" => Some(Cache::Miss),
        _ => None,
    }
}

pub(super) fn read_cost(text: &str) -> Option<Cost> {
    Cost::ALL.into_iter().find(|cost| cost.name() == text)
}

/// Several codes in one value, as people type them (`429, 503`), one by one:
/// a wrong one must not take the others with it.
pub(super) fn codes(name: String, value: String) -> Vec<(String, String)> {
    if name != "http" || value.len() > LONGEST_VALUE {
        return vec![(name, value)];
    }
    let codes = value.split([',', ' ']);
    codes.map(|code| (name.clone(), code.to_owned())).collect()
}

pub(super) fn read_code(text: &str) -> Option<i32> {
    text.parse().ok().filter(|code| (0..1000).contains(code))
}

/// The hours chosen so far, and one more weekday or hour.
pub(super) fn with_hours(
    chosen: Option<WeekHours>,
    zone: Zone,
    day: Option<u32>,
    hour: Option<u32>,
) -> Option<WeekHours> {
    let days = chosen.iter().flat_map(WeekHours::weekdays).chain(day);
    let hours = chosen.iter().flat_map(WeekHours::hours_of_day).chain(hour);
    WeekHours::new(zone, days.collect::<Vec<_>>(), hours.collect::<Vec<_>>())
}

pub(super) fn read_ms(text: &str) -> Option<Ms> {
    text.parse().ok().filter(|ms| *ms >= 0).map(Ms)
}

pub(super) fn read_sort(text: &str) -> Option<Sort> {
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    };
    let by = SortBy::ALL.into_iter().find(|by| by.name() == name)?;
    Some(Sort { by, descending })
}

pub(super) fn read_edge(text: &str) -> Option<Edge> {
    let (value, key) = match text.split_once('~') {
        Some((value, key)) => (Some(value.parse().ok()?), key),
        None => (None, text),
    };
    let key = key.parse().ok()?;
    Some(Edge { value, key })
}

pub(super) fn read_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "true" | "on" => Some(true),
        "0" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// How the query string writes a value of a dimension: `-` is what has none,
/// such as requests without a key. A name that is itself made of nothing but
/// dashes gets one more.
#[must_use]
pub fn written(value: &str) -> Cow<'_, str> {
    if value.bytes().all(|byte| byte == b'-') {
        Cow::Owned(format!("-{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

/// Takes one more value of a dimension, once.
pub(super) fn add(list: &mut Vec<String>, value: &str) -> Option<()> {
    let dashes = value.bytes().all(|byte| byte == b'-');
    let value = value.get(usize::from(dashes)..)?;
    if list.iter().any(|known| known == value) {
        return Some(());
    }
    (list.len() < MOST_VALUES).then(|| list.push(value.to_owned()))
}
