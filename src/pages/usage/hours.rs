//! A range by weekday and hour of local clocks: which hours are busy, dear or
//! slow, and which are unlike the same hour of other weeks. Every cell leads to
//! its rows, and every unusual hour says which rule listed it.

mod map;
mod odd;

use super::download;
use crate::domain::filter::{Metric, UsageView};
use crate::domain::unusual::{RULE, cause};
use crate::pages::chart::{self, N};
use crate::pages::scale::Unit;
use crate::pages::sheet::Link;
use crate::pages::trend;
use crate::store::usage::Usage;
use crate::store::week::Week;
use crate::web::ctx::Ctx;
use map::{Map, adds_up, mean, most};
pub(super) use odd::Flagged;
use odd::{Odd, odd_hour};

/// Unusual hours listed on the page; exports have all.
pub(super) const LISTED: usize = 12;

pub(super) struct Hours {
    pub title: String,
    pub metrics: Vec<trend::Choice>,
    /// Sum or mean; empty for what does not add up.
    pub scales: Vec<trend::Choice>,
    /// Before, in and after the bold part.
    pub finding: [String; 3],
    pub note: &'static str,
    pub days: Vec<Day>,
    /// Hours of all days, with the height of their bars.
    pub clock: Vec<(Cell, N)>,
    pub whole: Cell,
    /// Class and words of each step of the ramp, after its name.
    pub ramp_name: String,
    pub ramp: Vec<(&'static str, String)>,
    pub ramp_said: String,
    pub skip: String,
    pub flagged: bool,
    pub rule: String,
    /// When somebody is named beside an unusual hour.
    pub cause_rule: String,
    pub unusual: Vec<Odd>,
    pub more: String,
    pub parts: Vec<Part>,
    pub files: Vec<Link>,
    pub unusual_files: Vec<Link>,
}

pub(super) struct Day {
    pub name: &'static str,
    pub cells: Vec<Cell>,
    pub total: Cell,
}

/// One figure of the table; no class where there is no such hour.
#[derive(Default)]
pub(super) struct Cell {
    pub class: &'static str,
    pub odd: bool,
    pub text: String,
    pub title: String,
    /// Empty where there are no rows.
    pub href: String,
}

pub(super) struct Part {
    pub name: &'static str,
    pub href: String,
    pub requests: String,
    pub share: String,
    pub cost: String,
    pub success: String,
}

impl Hours {
    pub(super) fn new(view: &UsageView, usage: &Usage, week: &Week, path: &str, ctx: &Ctx) -> Self {
        let (t, lang, metric) = (ctx.t.usage, ctx.lang, view.metric);
        let unusual = usage.unusual.as_deref().unwrap_or_default();
        let map = Map {
            view,
            usage,
            week,
            unit: Unit::of(metric, most(view, week), ctx),
            top: chart::nice(most(view, week), 5).0,
            ctx,
        };
        let name = (t.hour_metric)(metric);
        let mean = mean(view);
        let title = (t.by_week)(name);
        let ramp_name = (t.ramp)(name, map.unit.name);
        Self {
            metrics: metrics(view, path, ctx),
            scales: scales(view, path, ctx),
            finding: map.finding(),
            note: match metric {
                Metric::Failed => t.failed_share_note,
                _ if mean => t.mean_note,
                _ => "",
            },
            days: (0..7).map(|day| map.day(day)).collect(),
            clock: (0..24).map(|hour| map.hour(hour)).collect(),
            whole: map.total(&usage.report.totals, None, None, t.all_days),
            ramp: map.ramp(),
            ramp_said: (t.darker)(&ramp_name),
            ramp_name,
            skip: (t.skip_cells)(
                &lang.count(week.hours.iter().map(|hours| i64::from(*hours > 0)).sum()),
            ),
            flagged: !unusual.is_empty(),
            rule: (t.rule)(
                RULE.least_requests,
                RULE.deviations,
                RULE.weeks,
                RULE.least_weeks,
            ),
            cause_rule: (t.cause_rule)(
                cause::RULE.share * 100.0,
                cause::RULE.least_requests,
                cause::RULE.beyond * 100.0,
            ),
            unusual: unusual
                .iter()
                .take(LISTED)
                .enumerate()
                .map(|(place, odd)| odd_hour(odd, place, view, usage, ctx))
                .collect(),
            more: match unusual.len() {
                all if all > LISTED => (t.more_unusual)(all - LISTED),
                _ => String::new(),
            },
            parts: map.parts(),
            files: download::links(download::Part::Hours, &title, view, ctx),
            unusual_files: download::links(download::Part::Unusual, t.unusual, view, ctx),
            title,
        }
    }
}

fn metrics(view: &UsageView, path: &str, ctx: &Ctx) -> Vec<trend::Choice> {
    let named = trend::metrics(view, path, ctx).into_iter().zip(Metric::ALL);
    named
        .map(|(choice, metric)| trend::Choice {
            name: (ctx.t.usage.hour_metric)(metric),
            ..choice
        })
        .collect()
}

fn scales(view: &UsageView, path: &str, ctx: &Ctx) -> Vec<trend::Choice> {
    if !adds_up(view.metric) {
        return Vec::new();
    }
    let t = ctx.t.usage;
    let choice = |name, mean| trend::Choice {
        name,
        href: ctx.url(
            &UsageView {
                mean,
                ..view.clone()
            }
            .url(path),
        ),
        current: view.mean == mean,
    };
    vec![choice(t.scale_sum, false), choice(t.scale_mean, true)]
}
