//! The price sources: how they are, what they would change, and when they are
//! asked. A check takes seconds; its form waits for it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

use super::details::{self, Detail};
use super::{Done, Flash, Tab, see, see_batch, tabs, words};
use crate::domain::pricing::plan::{Chosen, Plan, PriceChange};
use crate::domain::pricing::sources::Source;
use crate::domain::units::At;
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::pages::cell::Cell;
use crate::prices::schedule::{Every, Schedule};
use crate::prices::{Applied, Desk};
use crate::store::prices::sources::{self, SourceState};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx;
use crate::web::session::Access;
use crate::web::state::AppState;

#[derive(Template)]
#[template(path = "prices_sources.html")]
struct SourcesPage {
    tabs: [Tab; 4],
    flash: Option<Flash>,
    sources: Vec<SourceRow>,
    schedule: Schedule,
    preview: Option<Preview>,
    ctx: Ctx,
}

impl SourcesPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.prices
    }
}

struct SourceRow {
    name: &'static str,
    read: String,
    tried: String,
    /// Nobody can say how it is.
    never: bool,
    problem: String,
}

struct Preview {
    /// Names the preview that was looked at.
    made: i64,
    time: String,
    changes: Vec<ChangeRow>,
    choices: Vec<ChoiceRow>,
    /// Nothing is known of any source.
    no_answer: bool,
    unmatched: Vec<String>,
    unmatched_head: &'static str,
    kept: Vec<String>,
    same: String,
}

struct ChangeRow {
    n: usize,
    model: String,
    old: Vec<Cell>,
    new: Vec<Cell>,
    more: String,
    details: Vec<Detail>,
    /// Whether a detail of a price that is known changes.
    open: bool,
    source: String,
    confidence: String,
    overridden: bool,
}

struct ChoiceRow {
    n: usize,
    model: String,
    options: Vec<String>,
}

pub(super) async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    desk: Data<Desk>,
    _: Access,
    done: Query<Done>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Usage);
    let read = |c: &mut _| Ok((sources::states(c)?, sources::plan(c)?));
    let (states, plan) = state.store.read(read).await?;
    let page = SourcesPage {
        tabs: tabs(&ctx, "/usage/prices/sources"),
        flash: done.flash(&ctx, &state).await?,
        sources: source_rows(&ctx, &states),
        schedule: desk.schedule().await?,
        preview: plan.map(|(made, plan)| preview(&ctx, made, &plan)),
        ctx,
    };
    Ok(hx::html_response(StatusCode::OK).body(page.render()?))
}

fn source_rows(ctx: &Ctx, states: &[SourceState]) -> Vec<SourceRow> {
    let time = |at: Option<At>| {
        at.map_or(ctx.t.prices.never.to_owned(), |at| {
            ctx.lang.full(&ctx.local(at))
        })
    };
    let row = |source: Source| {
        let state = states.iter().find(|state| state.name == source.name());
        SourceRow {
            name: source.name(),
            read: time(state.and_then(|state| state.read_at)),
            tried: time(state.map(|state| state.tried_at)),
            never: state.is_none(),
            problem: state
                .and_then(|state| state.problem.as_deref())
                .map_or(String::new(), |problem| plain(problem).into_owned()),
        }
    };
    Source::ALL.into_iter().map(row).collect()
}

fn preview(ctx: &Ctx, made: At, plan: &Plan) -> Preview {
    let names = |names: &[String]| names.iter().map(|name| plain(name).into_owned()).collect();
    let choice = |(n, choice): (usize, &crate::domain::pricing::plan::Choice)| ChoiceRow {
        n,
        model: plain(&choice.model).into_owned(),
        options: choice
            .options
            .iter()
            .map(|option| said(ctx, option))
            .collect(),
    };
    Preview {
        made: made.0,
        time: ctx.lang.full(&ctx.local(made)),
        changes: plan
            .changes
            .iter()
            .enumerate()
            .map(|(n, c)| change(ctx, n, c))
            .collect(),
        choices: plan.choices.iter().enumerate().map(choice).collect(),
        no_answer: plan.silent.len() == Source::ALL.len(),
        unmatched: names(&plan.unmatched),
        unmatched_head: if plan.silent.is_empty() {
            ctx.t.prices.unmatched
        } else {
            ctx.t.prices.unmatched_so_far
        },
        kept: names(&plan.kept),
        same: match plan.unchanged {
            0 => String::new(),
            n => (ctx.t.prices.same)(&ctx.lang.count(i64::try_from(n).unwrap_or(i64::MAX))),
        },
    }
}

fn change(ctx: &Ctx, n: usize, change: &PriceChange) -> ChangeRow {
    let t = ctx.t.prices;
    let none = || std::iter::repeat_with(Cell::none).take(4).collect();
    let old = change.old.as_ref().map(|(_, old)| old);
    let details = details::compare(ctx, old, &change.new);
    ChangeRow {
        open: old.is_some() && details.iter().any(|detail| detail.old != detail.new),
        details,
        n,
        model: plain(&change.model).into_owned(),
        old: old.map_or_else(none, |old| words::rates(t, old).into()),
        new: words::rates(t, &change.new).into(),
        more: words::more(ctx, &change.new),
        source: format!("{}: {}", change.source.name(), plain(&change.id)),
        confidence: format!("{} %", change.confidence),
        overridden: change.overridden,
    }
}

/// One option of a choice in a line: `models.dev: a/b, 1.25 / 10, 94 %`.
fn said(ctx: &Ctx, option: &PriceChange) -> String {
    let [input, _, _, output] = words::rates(ctx.t.prices, &option.new);
    format!(
        "{}: {}, {} / {}, {} %",
        option.source.name(),
        plain(&option.id),
        input.text,
        output.text,
        option.confidence
    )
}

pub(super) async fn check(ctx: Ctx, desk: Data<Desk>, _: Access) -> Result<HttpResponse> {
    desk.check().await?;
    Ok(see(&ctx, "/usage/prices/sources", &[]))
}

pub(super) async fn apply(
    ctx: Ctx,
    desk: Data<Desk>,
    _: Access,
    fields: Form<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let mut made = At(0);
    let mut chosen = Chosen::default();
    for (name, value) in fields.iter() {
        let number = value.parse::<usize>().ok();
        match (name.as_str(), number) {
            ("made", _) => made = At(value.parse().unwrap_or_default()),
            ("change", Some(n)) => chosen.changes.push(n),
            (name, Some(option)) => {
                let choice = name.strip_prefix("choice-").and_then(|n| n.parse().ok());
                chosen.choices.extend(choice.map(|n| (n, option)));
            }
            // An empty option leaves the model as it is.
            _ => {}
        }
    }
    Ok(match desk.apply(made, chosen).await? {
        Applied::Batch(batch, count) => {
            let count = ctx.lang.count(i64::try_from(count).unwrap_or(i64::MAX));
            see_batch(&ctx, "/usage/prices", "applied", &count, Some(batch))
        }
        Applied::Nothing => see(&ctx, "/usage/prices/sources", &[("done", "unchanged")]),
        Applied::NoneChosen => see(&ctx, "/usage/prices/sources", &[("done", "none_chosen")]),
        Applied::Outdated => see(&ctx, "/usage/prices/sources", &[("done", "outdated")]),
    })
}

#[derive(Deserialize)]
pub(super) struct Wish {
    every: Every,
    apply: Option<String>,
}

pub(super) async fn schedule(
    ctx: Ctx,
    desk: Data<Desk>,
    _: Access,
    wish: Form<Wish>,
) -> Result<HttpResponse> {
    let schedule = Schedule {
        every: wish.every,
        apply: wish.apply.is_some(),
    };
    desk.set_schedule(schedule).await?;
    Ok(see(&ctx, "/usage/prices/sources", &[("done", "scheduled")]))
}
