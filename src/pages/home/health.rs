//! How each provider did in the last 24 hours, ten minutes a cell.

use crate::domain::filter::{Outcome, View};
use crate::domain::time::{Range, Zone};
use crate::domain::units::{At, Ms};
use crate::i18n::UNKNOWN;
use crate::pages::cell;
use crate::pages::chart::{self, Tick};
use crate::store;
use crate::store::names::Names;
use crate::store::strip::{self, Strip};
use crate::web::ctx::Ctx;

const CELL: Ms = Ms(600_000);
const CELLS: i64 = 144;
/// Providers shown; nobody watches more rows than this.
const MOST: usize = 10;

#[derive(Clone, Debug)]
pub(super) struct Health {
    pub rows: Vec<Provider>,
    pub ticks: Vec<Tick>,
    pub cells: String,
}

#[derive(Clone, Debug)]
pub(super) struct Provider {
    pub name: String,
    pub href: String,
    pub strip: chart::Strip,
    pub title: String,
    pub requests: String,
    pub failed: String,
    /// Empty when nothing failed.
    pub failed_href: String,
    pub success: String,
}

/// `None` without traffic.
pub(super) fn read(
    c: &mut store::Connection,
    names: &Names,
    ctx: &Ctx,
) -> store::Result<Option<Health>> {
    let edges = edges(ctx.zone, ctx.now);
    let (Some(from), Some(to)) = (edges.first().copied(), edges.last().copied()) else {
        return Ok(None);
    };
    let strips = strip::by_provider(c, names, &edges)?;
    let rows: Vec<Provider> = strips
        .iter()
        .take(MOST)
        .map(|strip| provider(strip, Range::Between(from, to), ctx))
        .collect();
    let time = |at| ctx.lang.minute(&ctx.local(at));
    Ok((!rows.is_empty()).then(|| Health {
        rows,
        ticks: chart::ticks(ctx.zone, from, to, 9, ctx.lang),
        cells: (ctx.t.home.cells)(&time(from), &time(to)),
    }))
}

/// Whole ten minutes on local clocks, the last one still filling.
fn edges(zone: Zone, now: At) -> Vec<At> {
    let offset = zone.local(now).naive_local().and_utc().timestamp_millis() - now.0;
    let into = (now.0 + offset).rem_euclid(CELL.0);
    let end = now.0 - into + CELL.0;
    (0..=CELLS).rev().map(|i| At(end - i * CELL.0)).collect()
}

fn provider(of: &Strip, range: Range, ctx: &Ctx) -> Provider {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let value = of.provider.clone();
    let totals = of.total();
    let cells: Vec<(i64, i64)> = (of.cells.iter())
        .map(|cell| (cell.requests, cell.failed))
        .collect();
    let view = View::default().over(range);
    let view = view.narrowed(|only| only.providers = vec![value]);
    let failing = view.narrowed(|only| only.outcome = Some(Outcome::Failed));
    let name = match cell::provider(&of.provider) {
        name if name.is_empty() => UNKNOWN.to_owned(),
        name => name,
    };
    let (requests, failed) = (lang.count(totals.requests), lang.count(totals.failed));
    Provider {
        href: ctx.url(&view.url("/requests")),
        strip: chart::strip(&cells),
        title: (t.strip)(&name, &failed, &requests),
        failed_href: if totals.failed > 0 {
            ctx.url(&failing.url("/requests"))
        } else {
            String::new()
        },
        success: lang
            .share(totals.requests - totals.failed, totals.requests)
            .unwrap_or_default(),
        name,
        requests,
        failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_begin_on_local_ten_minutes_and_hold_a_day() {
        let kathmandu: Zone = "Asia/Kathmandu".parse().unwrap();
        let now = At(1_772_359_260_000); // 10:01 UTC, 15:46 there
        let edges = edges(kathmandu, now);
        assert_eq!(edges.len(), 145);
        assert_eq!(edges[144].rfc3339(), "2026-03-01T10:05:00.000Z");
        assert_eq!((edges[144] - edges[0]), Ms::DAY);
    }
}
