//! `/v0/management/usage/unusual`: hours unlike the same hour of other weeks,
//! the rules that listed them, and who made them.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::question;
use super::usage::{Period, label};
use crate::domain::filter::Metric;
use crate::domain::unusual::{RULE, Unusual, What, cause};
use crate::store::oddities::{self, Cause};
use crate::store::usage;
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::session::Access;
use crate::web::state::AppState;

/// Hours listed, unless the call wants fewer or more.
const ROWS: usize = 100;
const MOST_ROWS: usize = 1_000;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    period: Period,
    time_zone: &'static str,
    rule: Rule,
    /// How many there are; fewer may be listed.
    found: usize,
    hours: Vec<Hour>,
}

/// When an hour is listed, and when somebody is named beside it.
#[derive(Serialize)]
struct Rule {
    least_requests: i64,
    least_deviations: f64,
    weeks: usize,
    least_weeks: usize,
    least_share: f64,
    least_share_beyond_usual: f64,
    least_requests_named: i64,
}

const THE_RULE: Rule = Rule {
    least_requests: RULE.least_requests,
    least_deviations: RULE.deviations,
    weeks: RULE.weeks,
    least_weeks: RULE.least_weeks,
    least_share: cause::RULE.share,
    least_share_beyond_usual: cause::RULE.beyond,
    least_requests_named: cause::RULE.least_requests,
};

#[derive(Serialize)]
struct Hour {
    from: String,
    to: String,
    metric: &'static str,
    value: f64,
    usual: f64,
    deviations: f64,
    weeks: usize,
    /// Of the first [`oddities::MOST`] hours.
    causes: Option<Vec<Made>>,
}

/// Who made most of the difference.
#[derive(Serialize)]
struct Made {
    /// The filter that leaves only its requests, and the value of it.
    by: &'static str,
    value: String,
    label: String,
    share: f64,
    /// Its requests of the hour; of those judged by time only the slow ones.
    requests: i64,
}

pub(super) async fn hours(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
) -> Result<HttpResponse> {
    let query = request.query_string();
    let view = question::sums(query, ctx.zone, &["n"])?;
    let limit = question::number(query, "n", MOST_ROWS)?.unwrap_or(ROWS);
    let (names, memory) = (state.store.names(), state.store.oddities());
    let (zone, now) = (view.zone.unwrap_or(ctx.zone), ctx.now);
    let read = state.store.read(move |c| {
        let (oldest, _) = usage::ends(c)?;
        let span = view.rows().resolve(zone, now, oldest);
        let selection = view.rows().selection(span);
        let found = memory.of(c, &names, &selection, zone, now, true)?;
        let mut found = found.unwrap_or_default();
        let all = found.len();
        found.truncate(limit);
        let causes = memory.causes(c, &names, &selection, &found)?;
        Ok((span, all, found, causes))
    });
    let (span, all, found, causes) = read.await?;
    let made = |cause: &Cause| made(cause, &ctx, &state);
    let hours = found.iter().enumerate().map(|(place, odd)| {
        let causes = causes.get(place);
        hour(odd, causes.map(|all| all.iter().map(made).collect()))
    });
    Ok(HttpResponse::Ok().json(Answer {
        period: Period::of(span),
        time_zone: zone.name(),
        rule: THE_RULE,
        found: all,
        hours: hours.collect(),
    }))
}

fn hour(odd: &Unusual, causes: Option<Vec<Made>>) -> Hour {
    let (metric, unit) = match odd.what {
        What::Requests => (Metric::Requests.name(), 1.0),
        What::Failures => (Metric::Failed.name(), 1.0),
        What::Tokens => (Metric::Tokens.name(), 1.0),
        What::Cost => ("cost_usd", 1e9),
        What::Latency => ("latency_p95_ms", 1.0),
    };
    Hour {
        from: odd.from.rfc3339(),
        to: odd.to.rfc3339(),
        metric,
        value: odd.value / unit,
        usual: odd.usual / unit,
        deviations: odd.deviations,
        weeks: odd.base.len(),
        causes,
    }
}

fn made(cause: &Cause, ctx: &Ctx, state: &AppState) -> Made {
    let Cause {
        dimension, choice, ..
    } = cause;
    Made {
        by: oddities::filter(*dimension),
        value: choice.value.clone(),
        label: label(*dimension, choice, ctx, state),
        share: cause.share,
        requests: choice.requests,
    }
}
