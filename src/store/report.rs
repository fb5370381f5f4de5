//! Everything a page counts of one selection, answered together: totals, a
//! timeline and rankings. Exact, whatever the range, zone or filter.

mod pair;
mod part;
pub(super) mod plan;

use std::cmp::Reverse;

use diesel::sqlite::SqliteConnection;

use self::part::Part;
use super::error::Result;
use super::fold::{Counted, Keep};
use super::measures::Measures;
use super::names::{Dictionary, Kind, Names};
use super::requests::{Bucket, Choice, Dimension, Totals};
use super::rollups::Family;
use super::scan::predicate::Predicate;
use crate::domain::filter::Selection;
use crate::domain::units::{At, Ms};

/// What to count of a selection besides its totals.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Edges of the timeline's bars, ascending, as [`Grain::edges`] gives them;
    /// empty for no timeline.
    ///
    /// [`Grain::edges`]: crate::domain::time::Grain::edges
    pub edges: Vec<At>,
    /// Rankings wanted.
    pub by: Vec<Dimension>,
    /// Values wanted of each ranking, most requests first.
    pub limit: usize,
    /// Whether quantiles are wanted; without them they are empty and an answer
    /// costs less.
    pub quantiles: bool,
    /// Whether bars do without them all the same.
    pub plain_bars: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub totals: Totals,
    /// One bar for each pair of edges.
    pub timeline: Vec<Bucket>,
    /// In the order asked for; most requests first, then by label.
    pub by: Vec<Vec<(Choice, Totals)>>,
}

/// Answers `question` for `selection`.
pub fn of(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    question: &Question,
) -> Result<Report> {
    let counted = count(c, names, selection, question, &[])?;
    let names = names.read();
    let rankings = question.by.iter().zip(counted.groups);
    Ok(Report {
        totals: counted.total.totals(),
        timeline: counted.timeline,
        by: rankings
            .map(|(dimension, groups)| ranking(&names, *dimension, groups, question.limit))
            .collect(),
    })
}

/// Where one latency stands among those of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Requests with a known latency.
    pub of: u64,
    /// Those that took less time, and those that took more; who took about as
    /// long (within 2 %) is in neither.
    pub faster: u64,
    pub slower: u64,
}

/// Compares `latency` with the requests of `selection`.
pub fn standing(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    latency: Ms,
) -> Result<Standing> {
    let question = Question {
        quantiles: true,
        ..Question::default()
    };
    let counted = count(c, names, selection, &question, &[])?;
    let all = counted.total.sketches.latency_ms;
    let (faster, slower) = all.around(u64::try_from(latency.0).unwrap_or_default());
    Ok(Standing {
        of: all.samples(),
        faster,
        slower,
    })
}

/// The total, and the bars of `question` in slots, such as the cells of a weekday
/// × hour table: `slots` has one for each bar. As many as the highest and one.
pub(super) fn slots(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    question: &Question,
    slots: &[u16],
) -> Result<(Totals, Vec<Measures>)> {
    let counted = count(c, names, selection, question, slots)?;
    Ok((counted.total.totals(), counted.slots))
}

fn count(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    question: &Question,
    slots: &[u16],
) -> Result<Counted> {
    let predicate = Predicate::compile(c, names, selection)?;
    let by: Vec<Family> = question.by.iter().copied().map(family).collect();
    let part = Part {
        predicate: &predicate,
        range: (selection.from, selection.to),
        edges: &question.edges,
        slots,
        by: &by,
        quantiles: question.quantiles,
        plain_bars: question.plain_bars,
        keep: Keep::Nothing,
    };
    part.count(c, names)
}

fn ranking(
    names: &Dictionary,
    dimension: Dimension,
    groups: Vec<(i64, Measures)>,
    limit: usize,
) -> Vec<(Choice, Totals)> {
    let mut ranking: Vec<_> = groups
        .into_iter()
        .map(|(id, measures)| {
            (
                choice(names, dimension, id, measures.sums.requests),
                measures,
            )
        })
        .collect();
    ranking.sort_by(|(a, _), (b, _)| {
        let order = |choice: &Choice| Reverse(choice.requests);
        order(a)
            .cmp(&order(b))
            .then_with(|| (&a.label, &a.value).cmp(&(&b.label, &b.value)))
    });
    ranking.truncate(limit);
    ranking
        .into_iter()
        .map(|(choice, measures)| (choice, measures.totals()))
        .collect()
}

fn choice(names: &Dictionary, dimension: Dimension, id: i64, requests: i64) -> Choice {
    let (value, label) = match kind(dimension) {
        Some(kind) => {
            let id = i32::try_from(id).unwrap_or_default();
            (
                names.value(kind, id).to_owned(),
                names.title(kind, id).to_owned(),
            )
        }
        None => (id.to_string(), id.to_string()),
    };
    Choice {
        value,
        label,
        requests,
    }
}

/// What people read of a value.
pub(super) fn label(names: &Dictionary, dimension: Dimension, value: &str) -> String {
    let title = kind(dimension).and_then(|kind| Some(names.title(kind, names.id(kind, value)?)));
    title.unwrap_or(value).to_owned()
}

/// `None` where the id is the value: HTTP codes.
pub(super) fn kind(dimension: Dimension) -> Option<Kind> {
    match dimension {
        Dimension::Provider => Some(Kind::Provider),
        Dimension::Model => Some(Kind::Model),
        Dimension::Alias => Some(Kind::Alias),
        Dimension::Account => Some(Kind::Account),
        Dimension::Key => Some(Kind::ClientKey),
        Dimension::Endpoint => Some(Kind::Endpoint),
        Dimension::Tier => Some(Kind::Tier),
        Dimension::Status => None,
    }
}

pub(super) fn family(dimension: Dimension) -> Family {
    match dimension {
        Dimension::Provider => Family::Provider,
        Dimension::Model => Family::Model,
        Dimension::Alias => Family::Alias,
        Dimension::Account => Family::Account,
        Dimension::Key => Family::ClientKey,
        Dimension::Endpoint => Family::Endpoint,
        Dimension::Tier => Family::Tier,
        Dimension::Status => Family::Status,
    }
}
