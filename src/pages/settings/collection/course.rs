//! The last hour minute by minute: whether records arrive, seen at a glance.

use crate::domain::filter::{Selection, View};
use crate::domain::time::Range;
use crate::domain::units::{At, Ms};
use crate::pages::chart::{self, Bars, Column};
use crate::store::names::Names;
use crate::store::report::{self, Question};
use crate::store::requests::Bucket;
use crate::store::{self};
use crate::web::ctx::Ctx;

const MINUTES: i64 = 60;

pub(super) struct Course {
    pub bars: Bars,
    /// Before, in and after the bold part of the caption.
    pub finding: [String; 3],
    pub summary: String,
    /// Minutes with requests, newest first.
    pub rows: Vec<Minute>,
}

pub(super) struct Minute {
    pub at: String,
    pub href: String,
    pub requests: String,
    pub failed: String,
}

/// Whole minutes, the last of them unfinished.
pub(super) fn read(
    c: &mut store::Connection,
    names: &Names,
    now: At,
) -> store::Result<Vec<Bucket>> {
    let minute = now.0.div_euclid(Ms::MINUTE.0);
    let edges: Vec<At> = (minute + 1 - MINUTES..=minute + 1)
        .map(|minute| At(minute * Ms::MINUTE.0))
        .collect();
    let (Some(from), Some(to)) = (edges.first(), edges.last()) else {
        return Ok(Vec::new());
    };
    let hour = Selection::between(*from, *to);
    let question = Question {
        edges: edges.clone(),
        ..Question::default()
    };
    Ok(report::of(c, names, &hour, &question)?.timeline)
}

impl Course {
    /// `None` when nothing arrived in that hour.
    pub(super) fn new(minutes: &[Bucket], ctx: &Ctx) -> Option<Self> {
        let (t, r, lang) = (ctx.t.settings, ctx.t.requests, ctx.lang);
        let busiest = minutes.iter().max_by_key(|minute| minute.totals.requests);
        let busiest = busiest.filter(|minute| minute.totals.requests > 0)?;
        let (first, last) = (minutes.first()?, minutes.last()?);
        let name = |minute: &Bucket| lang.minute(&ctx.local(minute.from));
        let href = |minute: &Bucket| {
            let range = Range::Between(minute.from, minute.to);
            ctx.url(&View::default().over(range).url("/requests"))
        };
        let columns = minutes
            .iter()
            .map(|minute| Column {
                requests: minute.totals.requests,
                failed: minute.totals.failed,
                open: minute.to > ctx.now,
                title: (r.bar)(&name(minute), &lang.count(minute.totals.requests)),
                href: href(minute),
            })
            .collect();
        let mut bars = chart::bars(columns, &[], 40.0, 1, lang);
        bars.ticks = chart::ticks(ctx.zone, first.from, last.to, 7, lang);
        let buckets: Vec<_> = minutes.iter().map(|m| (m.from, m.to)).collect();
        bars.missing = chart::bands(&buckets, &ctx.status.gaps);
        let finding = (t.busiest_minute)(&lang.count(busiest.totals.requests), &name(busiest));
        let rows = minutes.iter().rev();
        Some(Self {
            bars,
            summary: finding.concat(),
            finding,
            rows: rows
                .filter(|minute| minute.totals.requests > 0)
                .map(|minute| Minute {
                    at: name(minute),
                    href: href(minute),
                    requests: lang.count(minute.totals.requests),
                    failed: lang.count(minute.totals.failed),
                })
                .collect(),
        })
    }
}
