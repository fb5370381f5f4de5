//! The list in words: how much of what, when, and in which order.

use super::read::Read;
use crate::domain::filter::{SortBy, View};
use crate::domain::time::{Range, Zone};
use crate::domain::units::At;
use crate::web::ctx::Ctx;

/// `4,804 of 5,920 in the last 24 h, Europe/Berlin`
pub(super) fn lede(view: &View, read: &Read, ctx: &Ctx) -> String {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let zone = view.zone.unwrap_or(ctx.zone);
    let (part, whole) = (read.report.totals.requests, read.whole.requests);
    let counts = if whole == 0 {
        t.none.to_owned()
    } else if view.only.is_everything() {
        (t.all_of)(&lang.count(whole))
    } else {
        (t.some_of)(&lang.count(part), &lang.count(whole))
    };
    let sentence = (t.sentence)(&counts, &range(view, zone, ctx));
    (t.in_zone)(&sentence, zone.name())
}

pub(super) fn range(view: &View, zone: Zone, ctx: &Ctx) -> String {
    let t = ctx.t.requests;
    let year = chrono::Datelike::year(&zone.local(ctx.now));
    let word = |at: At| {
        let local = zone.local(at);
        format!("{} {}", ctx.lang.day(&local, year), ctx.lang.minute(&local))
    };
    match view.range {
        Range::Between(from, to) if to == View::OPEN.1 => (t.since)(&word(from)),
        Range::Between(from, to) if from == View::OPEN.0 => (t.until)(&word(to)),
        Range::Between(from, to) => (t.between)(&word(from), &word(to)),
        range => (t.range_words)(range),
    }
}

pub(super) fn order(view: &View, ctx: &Ctx) -> String {
    let t = ctx.t.requests;
    let name = match view.sort.by {
        SortBy::Time => {
            let newest = view.sort.descending;
            return if newest {
                t.newest_first
            } else {
                t.oldest_first
            }
            .to_owned();
        }
        SortBy::Latency => t.latency,
        SortBy::Ttft => t.ttft,
        SortBy::Speed => t.speed,
        SortBy::Input => t.input,
        SortBy::Cached => t.cached,
        SortBy::Output => t.output,
        SortBy::Reasoning => t.reasoning,
        SortBy::Cost => t.cost,
    };
    if view.sort.descending {
        (t.highest_first)(name)
    } else {
        (t.lowest_first)(name)
    }
}
