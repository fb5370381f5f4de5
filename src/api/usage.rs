//! `/v0/management/usage…`: the sums of the usage pages, for any range and any
//! conditions.

use std::collections::HashMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::question;
use super::shape::{AccountNow, Bar, Sums, share};
use crate::accounts::{Desk, Fleet, Mentions};
use crate::domain::filter::{UsageView, WeekHours, grain_name};
use crate::domain::units::At;
use crate::store::names::Kind;
use crate::store::requests::{Bucket, Choice, Dimension, Totals};
use crate::store::usage::{self, LATELY, Usage, Wanted};
use crate::store::week;
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::session::Access;
use crate::web::state::AppState;

/// What requests are grouped by, and its name in the address.
pub(super) const DIMENSIONS: [(&str, Dimension); 8] = [
    ("models", Dimension::Model),
    ("aliases", Dimension::Alias),
    ("keys", Dimension::Key),
    ("accounts", Dimension::Account),
    ("providers", Dimension::Provider),
    ("endpoints", Dimension::Endpoint),
    ("tiers", Dimension::Tier),
    ("statuses", Dimension::Status),
];

/// Rows of a ranking, unless the call wants fewer or more.
const ROWS: usize = 1_000;
const MOST_ROWS: usize = 100_000;

#[derive(Serialize)]
pub(super) struct Period {
    from: String,
    to: String,
}

impl Period {
    pub(super) fn of((from, to): (At, At)) -> Self {
        Self {
            from: from.rfc3339(),
            to: to.rfc3339(),
        }
    }
}

#[derive(Serialize)]
struct Summary {
    #[serde(flatten)]
    period: Period,
    time_zone: &'static str,
    /// Whether it was recorded from its beginning on, and without a gap.
    period_complete: bool,
    totals: Sums,
    previous: Option<Previous>,
    last_half_hour: Option<Pace>,
}

#[derive(Serialize)]
struct Previous {
    #[serde(flatten)]
    period: Period,
    /// Whether it was recorded from its beginning on, and without a gap.
    complete: bool,
    totals: Sums,
}

/// Rolling, over the half hour up to now.
#[derive(Serialize)]
pub(super) struct Pace {
    requests_per_minute: Option<f64>,
    tokens_per_minute: Option<f64>,
}

impl Pace {
    pub(super) fn of(totals: &Totals) -> Self {
        let minutes = LATELY.0 / 60_000;
        Self {
            requests_per_minute: share(totals.requests, minutes),
            tokens_per_minute: share(totals.tokens(), minutes),
        }
    }
}

async fn read(
    view: &UsageView,
    ctx: &Ctx,
    state: &AppState,
    by: Vec<Dimension>,
    limit: usize,
) -> Result<Usage> {
    let wanted = Wanted {
        view: view.clone(),
        zone: ctx.zone,
        now: ctx.now,
        by,
        limit,
        plain_bars: false,
        courses: None,
        week: None,
        unusual: None,
        causes: 0,
        choices: Vec::new(),
    };
    let names = state.store.names();
    let read = state.store.read(move |c| usage::read(c, &names, &wanted));
    Ok(read.await?)
}

pub(super) async fn summary(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let view = question::sums(request.query_string(), ctx.zone, &["vs"])?;
    let usage = read(&view, &ctx, &state, Vec::new(), 0).await?;
    Ok(HttpResponse::Ok().json(Summary {
        period: Period::of(usage.span),
        time_zone: usage.zone.name(),
        period_complete: usage.whole,
        totals: Sums::from(&usage.report.totals),
        previous: usage.before.as_ref().map(|before| Previous {
            period: Period::of(before.span),
            complete: before.is_complete(),
            totals: Sums::from(&before.report.totals),
        }),
        last_half_hour: usage.lately.as_ref().map(Pace::of),
    }))
}

#[derive(Serialize)]
struct Timeline {
    #[serde(flatten)]
    period: Period,
    time_zone: &'static str,
    /// `five_minutes`, `quarter_hour`, `half_hour`, `hour`, `day` or `week`.
    grain: &'static str,
    /// Whether the range was recorded from its beginning on, and without a gap.
    period_complete: bool,
    buckets: Vec<Bar>,
    /// The same buckets of the period before, one for each; `null` instead of
    /// those that have no counterpart yet.
    previous: Option<Vec<Option<Bar>>>,
    /// Whether that was recorded from its beginning on; `null` without one.
    previous_complete: Option<bool>,
}

pub(super) async fn timeline(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let view = question::sums(request.query_string(), ctx.zone, &["by", "vs"])?;
    let usage = read(&view, &ctx, &state, Vec::new(), 0).await?;
    let bar = |bucket: &Bucket| Bar::of(bucket, ctx.now);
    let before = usage.before.as_ref();
    let before = before.map(|before| before.bars().map(|bucket| bucket.map(bar)).collect());
    Ok(HttpResponse::Ok().json(Timeline {
        period: Period::of(usage.span),
        time_zone: usage.zone.name(),
        grain: grain_name(usage.grain),
        period_complete: usage.whole,
        buckets: usage.report.timeline.iter().map(bar).collect(),
        previous: before,
        previous_complete: complete(&usage),
    }))
}

#[derive(Serialize)]
struct Ranking {
    #[serde(flatten)]
    period: Period,
    time_zone: &'static str,
    /// Whether the range was recorded from its beginning on, and without a gap.
    period_complete: bool,
    totals: Sums,
    rows: Vec<Ranked>,
    /// Whether the period before was recorded from its beginning on; `null`
    /// where it is not compared.
    previous_complete: Option<bool>,
}

fn complete(usage: &Usage) -> Option<bool> {
    usage.before.as_ref().map(usage::Before::is_complete)
}

/// One value of a dimension.
#[derive(Serialize)]
pub(super) struct Ranked {
    /// What the filter of this dimension takes; empty, in the filter `-`, for
    /// requests without one.
    value: String,
    /// What people read.
    label: String,
    totals: Sums,
    /// Of the period before; `null` where it is not compared or had none.
    previous: Option<Sums>,
    /// Only of accounts: how each is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountNow>,
    /// Only of providers: the accounts that the gateway has of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    accounts: Option<Accounts>,
    /// Only of client keys: the gateway had it and has it no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
}

#[derive(Serialize)]
struct Accounts {
    whole: usize,
    /// Those that can take requests now.
    ready: usize,
}

impl Ranked {
    pub(super) fn of(
        dimension: Dimension,
        (choice, totals): &(Choice, Totals),
        previous: Option<&Totals>,
        mentions: &Mentions,
        ctx: &Ctx,
        state: &AppState,
    ) -> Self {
        let fleet = || mentions.of_provider(&choice.value);
        let account = || AccountNow::of(&choice.value, mentions, ctx);
        let deleted = || mentions.key_is_gone(&choice.value);
        Self {
            account: (dimension == Dimension::Account).then(account).flatten(),
            accounts: (dimension == Dimension::Provider)
                .then(fleet)
                .flatten()
                .map(|Fleet { ready, whole }| Accounts { whole, ready }),
            deleted: (dimension == Dimension::Key).then(deleted),
            value: choice.value.clone(),
            label: label(dimension, choice, ctx, state),
            totals: Sums::from(totals),
            previous: previous.map(Sums::from),
        }
    }
}

/// Identities as the visitor wants to see them.
pub(super) fn label(dimension: Dimension, choice: &Choice, ctx: &Ctx, state: &AppState) -> String {
    match dimension {
        Dimension::Account => ctx.identity(&choice.label),
        Dimension::Key if ctx.prefs.mask => {
            let names = state.store.names();
            let names = names.read();
            let id = names.id(Kind::ClientKey, &choice.value).unwrap_or(0);
            names.label(Kind::ClientKey, id).to_owned()
        }
        _ => choice.label.clone(),
    }
}

pub(super) async fn by(
    dimension: Dimension,
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    _: Access,
) -> Result<HttpResponse> {
    let query = request.query_string();
    let view = question::sums(query, ctx.zone, &["vs", "n"])?;
    let limit = question::number(query, "n", MOST_ROWS)?.unwrap_or(ROWS);
    let usage = read(&view, &ctx, &state, vec![dimension], limit).await?;
    let before: HashMap<&str, &Totals> = usage
        .before
        .iter()
        .flat_map(|before| before.report.by.iter().flatten())
        .map(|(choice, totals)| (choice.value.as_str(), totals))
        .collect();
    let mentions = accounts.mentions(ctx.now);
    let found = usage.report.by.iter().flatten();
    let rows = found.map(|row| {
        let previous = before.get(row.0.value.as_str()).copied();
        Ranked::of(dimension, row, previous, &mentions, &ctx, &state)
    });
    Ok(HttpResponse::Ok().json(Ranking {
        period: Period::of(usage.span),
        time_zone: usage.zone.name(),
        period_complete: usage.whole,
        totals: Sums::from(&usage.report.totals),
        rows: rows.collect(),
        previous_complete: complete(&usage),
    }))
}

#[derive(Serialize)]
struct Hours {
    #[serde(flatten)]
    period: Period,
    time_zone: &'static str,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    /// `mon` to `sun`, on local clocks; and the hour, 0 to 23.
    weekday: &'static str,
    hour: u32,
    /// How many hours of the range are in it.
    hours: i64,
    totals: Sums,
}

pub(super) async fn hours(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let view = question::sums(request.query_string(), ctx.zone, &[])?;
    let (names, now) = (state.store.names(), ctx.now);
    let zone = view.zone.unwrap_or(ctx.zone);
    let read = state.store.read(move |c| {
        let (oldest, _) = usage::ends(c)?;
        let span = view.rows().resolve(zone, now, oldest);
        let selection = view.rows().selection(span);
        let week = week::of(c, &names, &selection, zone, now, true)?;
        Ok((span, week))
    });
    let (span, week) = read.await?;
    let places = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
    let counted = week.cells.iter().zip(&week.hours);
    Ok(HttpResponse::Ok().json(Hours {
        period: Period::of(span),
        time_zone: zone.name(),
        cells: places
            .zip(counted)
            .map(|((day, hour), (totals, hours))| Cell {
                weekday: WeekHours::day_name(day),
                hour,
                hours: *hours,
                totals: Sums::from(totals),
            })
            .collect(),
    }))
}
