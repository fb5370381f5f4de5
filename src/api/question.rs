//! What an API call asks, read strictly: the parameters of the pages under the
//! same names, and an error for what a page would leave out. A script that
//! misspells a filter must not get the sum of everything.

use std::collections::HashSet;

use crate::domain::filter::{UsageView, View};
use crate::domain::time::Zone;
use crate::web::error::{Error, Result};

/// Range and conditions, which every question about requests takes.
const FILTERS: [&str; 21] = [
    "range", "from", "to", "tz", "provider", "model", "alias", "account", "key", "endpoint",
    "tier", "status", "http", "min_ms", "max_ms", "cache", "cost", "weekday", "hour", "trace", "q",
];

/// Those that may be given more than once; any of the values may hold.
const MANY: [&str; 10] = [
    "provider", "model", "alias", "account", "key", "endpoint", "tier", "http", "weekday", "hour",
];

/// A question about sums, and those parameters that only this call knows.
pub(super) fn sums(query: &str, zone: Zone, own: &[&str]) -> Result<UsageView> {
    let known: Vec<&str> = own.iter().copied().chain(FILTERS).collect();
    let rest = check(query, &known, own)?;
    let (view, ignored) = UsageView::parse(&rest, zone);
    Error::unless_understood(&ignored)?;
    Ok(view)
}

/// A question about rows.
pub(super) fn rows(query: &str, zone: Zone) -> Result<View> {
    let own = ["sort", "n", "before", "after"];
    let known: Vec<&str> = own.into_iter().chain(FILTERS).collect();
    let rest = check(query, &known, &[])?;
    let (view, ignored) = View::parse(&rest, zone);
    Error::unless_understood(&ignored)?;
    Ok(view)
}

/// Nothing but a time zone.
pub(super) fn zone(query: &str, zone: Zone) -> Result<Zone> {
    check(query, &["tz"], &[])?;
    match parameter(query, "tz") {
        Some(name) => name.parse().map_err(|_| bad("tz", &name)),
        None => Ok(zone),
    }
}

/// No parameter at all.
pub(super) fn none(query: &str) -> Result<()> {
    check(query, &[], &[]).map(|_| ())
}

/// Exactly these, each at most once.
pub(super) fn only(query: &str, known: &[&str]) -> Result<()> {
    check(query, known, &[]).map(|_| ())
}

/// A value by its name.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(known, _)| known == name);
    found.map(|(_, value)| value.trim().to_owned())
}

/// A whole number from 1 to `most`.
pub(super) fn number(query: &str, name: &'static str, most: usize) -> Result<Option<usize>> {
    let Some(text) = parameter(query, name) else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|n| (1..=most).contains(n));
    number.map(Some).ok_or_else(|| bad(name, &text))
}

/// Refuses what is unknown, empty or said twice; gives the query without
/// `apart`, which its caller reads by itself unless a view does.
fn check(query: &str, known: &[&str], apart: &[&str]) -> Result<String> {
    let mut seen = HashSet::new();
    let mut rest = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !known.contains(&&*name) {
            return Err(Error::unfit(
                "unknown_parameter",
                format!("there is no parameter {}", short(&name)),
            ));
        }
        let again = !seen.insert(name.clone()) && !MANY.contains(&&*name);
        if value.trim().is_empty() || again {
            return Err(bad(&name, &value));
        }
        // The width of bars and the comparison are part of a view of sums.
        if !apart.contains(&&*name) || matches!(&*name, "by" | "vs") {
            rest.append_pair(&name, &value);
        }
    }
    Ok(rest.finish())
}

pub(super) fn bad(name: &str, value: &str) -> Error {
    let (name, value) = (short(name), short(value));
    Error::unfit(
        "bad_parameter",
        format!("{value} is not a value of the parameter {name}"),
    )
}

/// Somebody's text, quoted and cut.
pub(super) fn short(text: &str) -> String {
    let cut: String = text.chars().take(60).collect();
    format!("{cut:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str, code: &str) {
        let error = rows(query, Zone::UTC).unwrap_err();
        assert_eq!(error.code(), code, "{query}");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        refused("modle=gpt-5", "unknown_parameter");
        refused("range=yesterday", "bad_parameter");
        refused("key=", "bad_parameter");
        refused("from=2026-13-01", "bad_parameter");
        refused("http=teapot", "bad_parameter");
        refused("n=0", "bad_parameter");
        refused("range=1h&range=24h", "bad_parameter");
        refused("sort=colour", "bad_parameter");
        refused("tz=Mars/Base", "bad_parameter");
        refused("live=1", "unknown_parameter");
    }

    #[test]
    fn conditions_may_be_said_more_than_once() {
        let view = rows("model=a&model=b&http=429&http=500", Zone::UTC).unwrap();
        assert_eq!(view.only.models, ["a", "b"]);
        let view = sums("by=hour&vs=none&n=5", Zone::UTC, &["by", "vs", "n"]).unwrap();
        assert!(view.grain.is_some() && !view.compare);
        assert!(sums("n=5", Zone::UTC, &["by"]).is_err());
    }
}
