//! In what order a ranking stands: by one of its columns, ties by requests and
//! name, and what is not known last whatever the direction.

use std::cmp::Ordering;

use crate::domain::filter::{SumBy, SumSort, UsageView};
use crate::pages::chart;
use crate::store::requests::{Choice, Totals};
use crate::store::usage::Usage;

/// What is found, in the order asked for.
pub(super) fn sorted<'a>(view: &UsageView, usage: &'a Usage) -> Vec<&'a (Choice, Totals)> {
    let sort = sort(view, usage);
    let mut found: Vec<&(Choice, Totals)> = usage.report.by.iter().flatten().collect();
    found.sort_by(|a, b| order(a, b, sort));
    found
}

/// The order in force: what costs most first, or what is asked for most.
pub(super) fn sort(view: &UsageView, usage: &Usage) -> SumSort {
    let by = if usage.report.totals.cost.0 > 0 {
        SumBy::Cost
    } else {
        SumBy::Requests
    };
    view.sort.unwrap_or(SumSort {
        by,
        descending: true,
    })
}

/// What is not known comes last, whatever the direction.
fn order(a: &(Choice, Totals), b: &(Choice, Totals), sort: SumSort) -> Ordering {
    let tie = b.1.requests.cmp(&a.1.requests);
    let tie = tie.then_with(|| (&a.0.label, &a.0.value).cmp(&(&b.0.label, &b.0.value)));
    if sort.by == SumBy::Name {
        let names = a.0.label.to_lowercase().cmp(&b.0.label.to_lowercase());
        let names = if sort.descending {
            names.reverse()
        } else {
            names
        };
        return names.then(tie);
    }
    let by = match (key(&a.1, sort.by), key(&b.1, sort.by)) {
        (Some(a), Some(b)) if sort.descending => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    by.then(tie)
}

fn key(totals: &Totals, by: SumBy) -> Option<f64> {
    let count = |n: i64| Some(chart::per_mille(n, 1_000));
    let share = |part, whole: i64| (whole > 0).then(|| chart::per_mille(part, whole));
    match by {
        SumBy::Name => None,
        SumBy::Requests => count(totals.requests),
        SumBy::Failed => count(totals.failed),
        SumBy::Success => share(totals.succeeded(), totals.requests),
        SumBy::Input => count(totals.input()),
        SumBy::Cached => share(totals.cache_read, totals.input()),
        SumBy::Output => count(totals.generated()),
        SumBy::Latency => totals.latency.p50,
        SumBy::Ttft => totals.ttft.p50,
        SumBy::Speed => totals.speed.p50,
        SumBy::Cost => totals.known_cost().and_then(|cost| count(cost.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::NanoUsd;

    fn entry(label: &str, requests: i64, cost: Option<i64>) -> (Choice, Totals) {
        let choice = Choice {
            value: label.to_owned(),
            label: label.to_owned(),
            requests,
        };
        let totals = Totals {
            requests,
            cost: NanoUsd(cost.unwrap_or(0)),
            unpriced: if cost.is_some() { 0 } else { requests },
            ..Totals::default()
        };
        (choice, totals)
    }

    fn sorted(by: SumBy, descending: bool) -> String {
        let mut entries = [
            entry("b", 5, Some(7)),
            entry("A", 9, None),
            entry("c", 5, Some(9)),
        ];
        entries.sort_by(|a, b| order(a, b, SumSort { by, descending }));
        entries
            .iter()
            .map(|(choice, _)| choice.label.as_str())
            .collect()
    }

    #[test]
    fn unknown_comes_last_both_ways() {
        assert_eq!(sorted(SumBy::Cost, true), "cbA");
        assert_eq!(sorted(SumBy::Cost, false), "bcA");
    }

    #[test]
    fn names_sort_without_case_and_ties_by_requests() {
        assert_eq!(sorted(SumBy::Name, false), "Abc");
        assert_eq!(sorted(SumBy::Requests, false), "bcA");
    }
}
