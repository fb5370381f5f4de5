//! A list without rows says why, and leads to where there are some.

use super::read::Read;
use super::words;
use crate::domain::filter::{PageOf, View};
use crate::domain::time::Range;
use crate::pages::diagnosis::Diagnosis;
use crate::web::ctx::Ctx;

/// Why there are no rows.
pub(super) enum Empty {
    /// Nothing was ever stored: the doctor says why.
    Never(Box<Diagnosis>),
    /// There are rows, but not here.
    Elsewhere {
        verdict: String,
        why: String,
        action: &'static str,
        href: String,
    },
}

pub(super) fn empty(view: &View, read: &Read, ctx: &Ctx) -> Empty {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let Some(newest) = read.newest else {
        return Empty::Never(Box::new(Diagnosis::of(ctx)));
    };
    let zone = view.zone.unwrap_or(ctx.zone);
    let local = zone.local(newest);
    let at = format!("{}, {}", lang.long_day(&local), lang.clock(&local));
    let last = (t.last_stored)(&at);
    if read.report.totals.requests > 0 {
        return Empty::Elsewhere {
            verdict: t.no_more_rows.to_owned(),
            why: last,
            action: t.first_page,
            href: ctx.url(&view.at(PageOf::Start).url("/requests")),
        };
    }
    if read.whole.requests > 0 {
        return Empty::Elsewhere {
            verdict: t.nothing_matches.to_owned(),
            why: (t.filters_exclude)(&lang.count(read.whole.requests)),
            action: t.show_all,
            href: ctx.url(&view.cleared().url("/requests")),
        };
    }
    Empty::Elsewhere {
        verdict: (t.nothing_in_range)(&words::range(view, zone, ctx)),
        why: last,
        action: t.show_everything,
        href: ctx.url(&view.over(Range::All).url("/requests")),
    }
}
