//! Answers of the store worked out the slow way: a fold over plain events,
//! sharing no code with it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use cpamp::domain::event::Event;
use cpamp::domain::filter::{Cache, Outcome, Selection, Sort, SortBy};
use cpamp::domain::units::{At, NanoUsd};
use cpamp::store::requests::{Dimension, Quantiles, Totals};

/// The tier that counts: the one served, if the upstream said so.
fn tier(event: &Event) -> &str {
    if event.served_tier.is_empty() {
        &event.tier
    } else {
        &event.served_tier
    }
}

pub(crate) fn value(event: &Event, dimension: Dimension) -> String {
    match dimension {
        Dimension::Provider => event.provider.clone(),
        Dimension::Model => event.model.clone(),
        Dimension::Alias => event.alias.clone(),
        Dimension::Account => event.account.identity.clone(),
        Dimension::Key => event.client_key.hash.clone(),
        Dimension::Endpoint => event.endpoint.clone(),
        Dimension::Tier => tier(event).to_owned(),
        Dimension::Status => event.status.to_string(),
    }
}

pub(crate) fn selects(selection: &Selection, event: &Event) -> bool {
    let named =
        |wanted: &[String], text: &str| wanted.is_empty() || wanted.iter().any(|w| w == text);
    let at = event.key.at;
    (selection.from <= at && at < selection.to)
        && named(&selection.providers, &event.provider)
        && named(&selection.models, &event.model)
        && named(&selection.aliases, &event.alias)
        && named(&selection.accounts, &event.account.identity)
        && named(&selection.keys, &event.client_key.hash)
        && named(&selection.endpoints, &event.endpoint)
        && named(&selection.tiers, tier(event))
        && selection
            .outcome
            .is_none_or(|outcome| (outcome == Outcome::Failed) == event.failed)
        && (selection.http.is_empty() || selection.http.contains(&event.status))
        && selection
            .min_latency
            .is_none_or(|least| event.latency.is_some_and(|ms| ms >= least))
        && selection
            .max_latency
            .is_none_or(|most| event.latency.is_some_and(|ms| ms <= most))
        && selection
            .cache
            .is_none_or(|cache| match event.tokens.cache_read {
                Some(0) => cache == Cache::Miss,
                Some(_) => cache == Cache::Hit,
                None => false,
            })
        && selection.hours.is_none_or(|hours| hours.contain_moment(at))
        && selection
            .request_id
            .as_ref()
            .is_none_or(|id| *id == event.request_id)
        && selection
            .search
            .as_ref()
            .is_none_or(|text| finds(text, event))
}

fn finds(text: &str, event: &Event) -> bool {
    let text = text.to_lowercase();
    let shown = |label: &str, value: &str| {
        let shown = if label.is_empty() { value } else { label };
        shown.to_lowercase().contains(&text)
    };
    shown("", &event.model)
        || shown("", &event.alias)
        || shown("", &event.provider)
        || shown(&event.account.label, &event.account.identity)
        || shown(&event.client_key.mask, &event.client_key.hash)
        || event.request_id.to_lowercase() == text
}

pub(crate) fn totals<'a>(events: impl Iterator<Item = &'a Event>) -> Totals {
    let mut totals = Totals::default();
    let (mut latency, mut ttft, mut speed) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        let tokens = &event.tokens;
        let buckets = [
            tokens.uncached,
            tokens.cache_read,
            tokens.cache_write,
            tokens.output,
            tokens.reasoning,
        ];
        totals.requests += 1;
        totals.failed += i64::from(event.failed);
        totals.unknown_tokens += i64::from(buckets.contains(&None));
        totals.uncached += tokens.uncached.unwrap_or(0);
        totals.cache_read += tokens.cache_read.unwrap_or(0);
        totals.cache_write += tokens.cache_write.unwrap_or(0);
        totals.output += tokens.output.unwrap_or(0);
        totals.reasoning += tokens.reasoning.unwrap_or(0);
        totals.unclassified += tokens.unclassified;
        totals.unpriced += 1;
        latency.extend(event.latency.map(|ms| ms.0));
        ttft.extend(event.ttft.map(|ms| ms.0));
        speed.extend(sort_value(event, SortBy::Speed));
    }
    totals.cost = NanoUsd(0);
    totals.latency = quantiles(latency, 1.0);
    totals.ttft = quantiles(ttft, 1.0);
    totals.speed = quantiles(speed, 1_000.0);
    totals
}

fn quantiles(mut samples: Vec<i64>, unit: f64) -> Quantiles {
    samples.sort_unstable();
    let count = i64::try_from(samples.len()).unwrap();
    // Nearest rank, in hundredths.
    let quantile = |hundredths: i64| {
        let rank = (count * hundredths + 99) / 100;
        let place = usize::try_from(rank.max(1) - 1).unwrap();
        samples
            .get(place)
            .map(|value| f64::from(i32::try_from(*value).unwrap()) / unit)
    };
    Quantiles {
        samples: count,
        p5: quantile(5),
        p50: quantile(50),
        p95: quantile(95),
        p99: quantile(99),
    }
}

/// Sums are equal and quantiles within 1 %.
pub(crate) fn assert_same(found: &Totals, expected: &Totals, of: &str) {
    let sums = |totals: &Totals| Totals {
        latency: Quantiles::default(),
        ttft: Quantiles::default(),
        speed: Quantiles::default(),
        ..totals.clone()
    };
    assert_eq!(sums(found), sums(expected), "{of}");
    for (found, expected, what) in [
        (&found.latency, &expected.latency, "latency"),
        (&found.ttft, &expected.ttft, "ttft"),
        (&found.speed, &expected.speed, "speed"),
    ] {
        assert_eq!(found.samples, expected.samples, "{of} {what}");
        for (found, expected) in [
            (found.p5, expected.p5),
            (found.p50, expected.p50),
            (found.p95, expected.p95),
            (found.p99, expected.p99),
        ] {
            let close = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() <= expected * 0.01,
                (found, expected) => found == expected,
            };
            assert!(close, "{of} {what}: {found:?} for {expected:?}");
        }
    }
}

pub(crate) fn by(events: &[&Event], dimension: Dimension) -> BTreeMap<String, Totals> {
    let mut groups: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in events {
        groups
            .entry(value(event, dimension))
            .or_default()
            .push(event);
    }
    groups
        .into_iter()
        .map(|(value, events)| (value, totals(events.into_iter())))
        .collect()
}

pub(crate) fn between(events: &[&Event], from: At, to: At) -> Totals {
    totals(
        events
            .iter()
            .copied()
            .filter(|event| from <= event.key.at && event.key.at < to),
    )
}

pub(crate) fn sort_value(event: &Event, by: SortBy) -> Option<i64> {
    let tokens = &event.tokens;
    let generated = || Some(tokens.output? + tokens.reasoning?);
    match by {
        SortBy::Time => Some(event.key.at.0),
        SortBy::Latency => event.latency.map(|ms| ms.0),
        SortBy::Ttft => event.ttft.map(|ms| ms.0),
        SortBy::Input => Some(tokens.uncached? + tokens.cache_read? + tokens.cache_write?),
        SortBy::Cached => tokens.cache_read,
        SortBy::Output => generated(),
        SortBy::Reasoning => tokens.reasoning,
        SortBy::Cost => None,
        SortBy::Speed => {
            let (generated, ms) = (generated()?, event.latency?.0);
            (generated > 0 && ms > 0).then(|| generated * 1_000_000 / ms)
        }
    }
}

/// Everything selected, in the order of a list.
pub(crate) fn sorted<'a>(events: &[&'a Event], sort: Sort) -> Vec<&'a Event> {
    let mut sorted = events.to_vec();
    sorted.sort_by(|a, b| {
        let newest_first = b.key.cmp(&a.key);
        if sort.by == SortBy::Time {
            return if sort.descending {
                newest_first
            } else {
                newest_first.reverse()
            };
        }
        let by_value = match (sort_value(a, sort.by), sort_value(b, sort.by)) {
            (Some(a), Some(b)) if sort.descending => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_value.then(newest_first)
    });
    sorted
}
