//! What the list reads, all at one moment: its sums and its course, its rows,
//! and what the filters have to choose from.

use crate::domain::filter::View;
use crate::domain::time::{Grain, Zone};
use crate::domain::units::{At, Ms};
use crate::pages::filters::{Choices, DIMENSIONS};
use crate::store::names::Names;
use crate::store::report::{self, Question, Report};
use crate::store::requests::{ListQuery, Page, Totals};
use crate::store::{self, Store, choices, list, usage};
use crate::web::error::Result;

use super::figures;

/// What "now" means in a rate.
pub(super) const LATELY: Ms = Ms(600_000);

/// Everything the page reads, at one moment.
pub(super) struct Read {
    /// How much of the range has passed since records began.
    pub covered: Ms,
    pub grain: Grain,
    pub report: Report,
    /// Of the same range without conditions.
    pub whole: Totals,
    pub page: Page,
    pub choices: Choices,
    pub newest: Option<At>,
    /// Requests of the last ten minutes, where the view is live.
    pub lately: i64,
}

pub(super) async fn load(store: &Store, view: View, zone: Zone, now: At) -> Result<Read> {
    let names = store.names();
    let read = store.read(move |c| read(c, &names, &view, zone, now));
    Ok(read.await?)
}

fn read(
    c: &mut store::Connection,
    names: &Names,
    view: &View,
    zone: Zone,
    now: At,
) -> store::Result<Read> {
    let zone = view.zone.unwrap_or(zone);
    let (oldest, newest) = usage::ends(c)?;
    let span = view.resolve(zone, now, oldest);
    let selection = view.selection(span);
    let grain = Grain::fitting(span.0, span.1, figures::BARS);
    let question = Question {
        edges: usage::bars(grain, zone, span, now),
        quantiles: true,
        ..Question::default()
    };
    let report = report::of(c, names, &selection, &question)?;
    let whole = if selection.is_everything() {
        report.totals.clone()
    } else {
        report::of(
            c,
            names,
            &view.cleared().selection(span),
            &Question::default(),
        )?
        .totals
    };
    let page = list::page(
        c,
        names,
        &ListQuery {
            selection,
            sort: view.sort,
            from: view.page.into(),
            limit: view.rows,
        },
    )?;
    let mut choices = Vec::with_capacity(DIMENSIONS.len());
    for dimension in DIMENSIONS {
        choices.push(choices::of(c, names, dimension, span.0, span.1)?);
    }
    let lately = if view.is_live() {
        let lately = view.selection((span.1 - LATELY, span.1));
        report::of(c, names, &lately, &Question::default())?
            .totals
            .requests
    } else {
        0
    };
    let end = span.1.min(now + Ms(1));
    let begun = oldest.map_or(span.0, |oldest| oldest.max(span.0));
    Ok(Read {
        covered: Ms((end - begun).0.max(0)),
        grain,
        report,
        whole,
        page,
        choices,
        newest,
        lately,
    })
}
