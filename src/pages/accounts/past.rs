//! What an account did: its sums, its newest requests, and where they are
//! listed. An index may have been of several accounts, one after the other; only
//! the time in which it was this one's counts. No index means no requests, never
//! everybody's.

use std::cmp::Reverse;

use crate::domain::account::Known;
use crate::domain::account::tenure::Span;
use crate::domain::filter::{Selection, Sort, View};
use crate::domain::time::Range;
use crate::domain::units::At;
use crate::store::list;
use crate::store::report::{self, Question, Report};
use crate::store::requests::{Dimension, From, ListQuery, Row};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::state::AppState;

/// Requests and models shown of one account.
const NEWEST: usize = 10;
const MODELS: usize = 12;

pub(super) struct Read {
    /// Of the range, by model.
    pub report: Report,
    /// Of all time.
    pub newest: Vec<Row>,
    /// The first of everything that is stored.
    pub first: Option<At>,
}

/// Its requests in a range; `None` where it has none.
pub(super) fn requests(ctx: &Ctx, known: &Known, range: Range) -> Option<View> {
    let (from, to) = range.resolve(ctx.zone, ctx.now, None);
    let spans = known.spans(from, to);
    let begins = spans.iter().map(|span| span.from).min()?;
    let ends = spans.iter().map(|span| span.to).max()?;
    let range = match (begins, ends) {
        whole if whole == (from, to) => range,
        (begins, ends) if ends == to => Range::Between(begins, View::OPEN.1),
        (begins, ends) => Range::Between(begins, ends),
    };
    let mut indexes: Vec<String> = spans.into_iter().flat_map(|span| span.indexes).collect();
    indexes.sort_unstable();
    indexes.dedup();
    let view = View::default().over(range);
    Some(view.narrowed(|only| only.accounts = indexes))
}

pub(super) fn selections(known: &Known, from: At, to: At) -> Vec<Selection> {
    let of_span = |span: Span| Selection {
        accounts: span.indexes,
        ..Selection::between(span.from, span.to)
    };
    known.spans(from, to).into_iter().map(of_span).collect()
}

pub(super) async fn load(state: &AppState, ctx: &Ctx, known: &Known, range: Range) -> Result<Read> {
    let names = state.store.names();
    let (from, to) = range.resolve(ctx.zone, ctx.now, None);
    let week = selections(known, from, to);
    let ever = selections(known, View::OPEN.0, View::OPEN.1);
    let read = state.store.read(move |c| {
        let question = Question {
            by: vec![Dimension::Model],
            limit: MODELS,
            quantiles: true,
            ..Question::default()
        };
        let mut reports = Vec::new();
        for part in &week {
            reports.push(report::of(c, &names, part, &question)?);
        }
        let mut newest = Vec::new();
        let mut first = None;
        for selection in ever {
            let query = ListQuery {
                selection,
                sort: Sort::default(),
                from: From::Start,
                limit: NEWEST,
            };
            let rows = list::page(c, &names, &query)?.rows;
            if !rows.is_empty() {
                let oldest = list::page(c, &names, &oldest_of(query))?.rows;
                let at = oldest.first().map(|row| row.key.at);
                first = first.into_iter().chain(at).min();
            }
            newest.extend(rows);
        }
        newest.sort_by_key(|row| Reverse(row.key));
        newest.truncate(NEWEST);
        Ok(Read {
            report: joined(reports),
            newest,
            first,
        })
    });
    Ok(read.await?)
}

fn oldest_of(query: ListQuery) -> ListQuery {
    ListQuery {
        sort: Sort {
            descending: false,
            ..Sort::default()
        },
        limit: 1,
        ..query
    }
}

/// The answers for disjoint spans as one. Quantiles do not add up: of several
/// spans there are none.
fn joined(mut parts: Vec<Report>) -> Report {
    let Some(mut whole) = parts.pop() else {
        return Report::default();
    };
    for part in parts {
        whole.totals.add(&part.totals);
        whole.totals.latency = <_>::default();
        for (ranking, more) in whole.by.iter_mut().zip(part.by) {
            for (choice, totals) in more {
                let known = ranking
                    .iter_mut()
                    .find(|(known, _)| known.value == choice.value);
                match known {
                    Some((_, sum)) => sum.add(&totals),
                    None => ranking.push((choice, totals)),
                }
            }
            ranking.sort_by_key(|(_, totals)| Reverse(totals.requests));
            ranking.truncate(MODELS);
        }
    }
    whole
}
