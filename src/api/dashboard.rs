//! `/v0/management/dashboard/summary` and `…/monitoring/summary`: today beside
//! yesterday, and how the last 24 hours went, each in one call.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::question;
use super::shape::{Attempt, Bar, Sums, text};
use super::usage::{Pace, Ranked};
use crate::accounts::{Desk, Mentions};
use crate::domain::filter::{Outcome, Selection, Sort};
use crate::domain::time::{Back, Grain};
use crate::domain::units::{At, Ms};
use crate::store::lack::{self, Lack};
use crate::store::report::{self, Question, Report};
use crate::store::requests::{Dimension, From, ListQuery, Totals};
use crate::store::usage::{self, LATELY};
use crate::store::{detail, list};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::session::Access;
use crate::web::state::AppState;

/// Values of each ranking, most requests first.
const RANKED: usize = 50;
const FAILURES: usize = 20;

#[derive(Serialize)]
struct Day {
    from: String,
    to: String,
    totals: Sums,
}

#[derive(Serialize)]
struct Base {
    #[serde(flatten)]
    day: Day,
    /// Whether it was recorded from its beginning on.
    complete: bool,
}

#[derive(Serialize)]
struct Dashboard {
    at: String,
    time_zone: &'static str,
    today: Base,
    /// Up to the same time of day.
    yesterday_so_far: Base,
    last_half_hour: Pace,
    /// Half hours of today, those to come included.
    traffic: Vec<Bar>,
    models: Vec<Ranked>,
    accounts: Vec<Ranked>,
    keys: Vec<Ranked>,
}

const BY: [Dimension; 3] = [Dimension::Model, Dimension::Account, Dimension::Key];

pub(super) async fn dashboard(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    _: Access,
) -> Result<HttpResponse> {
    let zone = question::zone(request.query_string(), ctx.zone)?;
    let (names, now) = (state.store.names(), ctx.now);
    let start = zone.day_start(now);
    let end = zone.next_day(now);
    let yesterday = zone.days_before(now, 1);
    let same_time = Back::Days(1).from(zone, now + Ms(1));
    let read = state.store.read(move |c| {
        let question = Question {
            edges: Grain::HalfHour.edges(zone, start, end),
            by: BY.to_vec(),
            limit: RANKED,
            quantiles: true,
            ..Question::default()
        };
        let today = report::of(
            c,
            &names,
            &Selection::between(start, now + Ms(1)),
            &question,
        )?;
        let sums = Question {
            quantiles: true,
            ..Question::default()
        };
        let past = report::of(c, &names, &Selection::between(yesterday, same_time), &sums)?;
        let lately = Selection::between(now + Ms(1) - LATELY, now + Ms(1));
        let lately = report::of(c, &names, &lately, &Question::default())?;
        let oldest = usage::ends(c)?.0;
        let lack = lack::of(c, oldest, (yesterday, same_time), (start, now + Ms(1)))?;
        let complete = [
            lack::is_whole(c, oldest, (start, now + Ms(1)))?,
            !lack.is_some_and(Lack::is_before),
        ];
        Ok((today, past.totals, complete, lately.totals))
    });
    let (today, past, [complete, past_complete], lately) = read.await?;
    let day = |from: At, to: At, totals: &Totals| Day {
        from: from.rfc3339(),
        to: to.rfc3339(),
        totals: Sums::from(totals),
    };
    let mentions = accounts.mentions(now);
    let mut rankings = rankings(&today, &mentions, &ctx, &state);
    let mut next = || rankings.next().unwrap_or_default();
    Ok(HttpResponse::Ok().json(Dashboard {
        at: now.rfc3339(),
        time_zone: zone.name(),
        today: Base {
            day: day(start, now + Ms(1), &today.totals),
            complete,
        },
        yesterday_so_far: Base {
            day: day(yesterday, same_time, &past),
            complete: past_complete,
        },
        last_half_hour: Pace::of(&lately),
        traffic: today
            .timeline
            .iter()
            .map(|bucket| Bar::of(bucket, now))
            .collect(),
        models: next(),
        accounts: next(),
        keys: next(),
    }))
}

fn rankings<'a>(
    report: &'a Report,
    mentions: &'a Mentions,
    ctx: &'a Ctx,
    state: &'a AppState,
) -> impl Iterator<Item = Vec<Ranked>> + 'a {
    report.by.iter().zip(BY).map(move |(found, dimension)| {
        let rows = found.iter();
        rows.map(|row| Ranked::of(dimension, row, None, mentions, ctx, state))
            .collect()
    })
}

#[derive(Serialize)]
struct Monitoring {
    from: String,
    to: String,
    totals: Sums,
    last_half_hour: Pace,
    providers: Vec<Ranked>,
    accounts: Vec<Ranked>,
    statuses: Vec<Ranked>,
    /// Newest first, with what the upstream said.
    recent_failures: Vec<Failure>,
}

#[derive(Serialize)]
struct Failure {
    #[serde(flatten)]
    request: Attempt,
    failure: Option<String>,
}

pub(super) async fn monitoring(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    _: Access,
) -> Result<HttpResponse> {
    question::none(request.query_string())?;
    let (names, now) = (state.store.names(), ctx.now);
    let by = [Dimension::Provider, Dimension::Account, Dimension::Status];
    let span = (now + Ms(1) - Ms::DAY, now + Ms(1));
    let read = state.store.read(move |c| {
        let all = Selection::between(span.0, span.1);
        let question = Question {
            by: by.to_vec(),
            limit: RANKED,
            quantiles: true,
            ..Question::default()
        };
        let report = report::of(c, &names, &all, &question)?;
        let lately = Selection::between(span.1 - LATELY, span.1);
        let lately = report::of(c, &names, &lately, &Question::default())?;
        let failed = ListQuery {
            selection: Selection {
                outcome: Some(Outcome::Failed),
                ..all
            },
            sort: Sort::default(),
            from: From::Start,
            limit: FAILURES,
        };
        let failed = list::page(c, &names, &failed)?.rows;
        let keys: Vec<_> = failed.iter().map(|row| row.key).collect();
        let said = detail::failures(c, &keys)?;
        Ok((report, lately.totals, failed, said))
    });
    let (report, lately, failed, said) = read.await?;
    let mentions = accounts.mentions(now);
    let mut found = report.by.iter().zip(by).map(|(found, dimension)| {
        let rows = found.iter();
        rows.map(|row| Ranked::of(dimension, row, None, &mentions, &ctx, &state))
            .collect()
    });
    let mut next = || found.next().unwrap_or_default();
    Ok(HttpResponse::Ok().json(Monitoring {
        from: span.0.rfc3339(),
        to: span.1.rfc3339(),
        totals: Sums::from(&report.totals),
        last_half_hour: Pace::of(&lately),
        providers: next(),
        accounts: next(),
        statuses: next(),
        recent_failures: failed
            .iter()
            .zip(&said)
            .map(|(row, said)| Failure {
                request: Attempt::of(row, &mentions, &ctx),
                failure: text(said),
            })
            .collect(),
    }))
}
