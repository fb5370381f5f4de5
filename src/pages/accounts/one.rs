//! One account: how it is and on what evidence, what it did and cost, by which
//! models, its last requests, what the gateway offers with it, and every field
//! the gateway lists. Secrets are in none of it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

use super::change::{self, Flash};
use super::past::{self, Read};
use super::words::{self, Said, Strip};
use crate::accounts::{Desk, Served};
use crate::domain::account::standing::{Standing, State};
use crate::domain::account::tenure::Tenure;
use crate::domain::account::{Kind, Known};
use crate::domain::filter::View;
use crate::domain::time::Range;
use crate::domain::units::At;
use crate::i18n::plain;
use crate::pages::cell::{Cell, Outcome};
use crate::pages::sums::Sum;
use crate::regions;
use crate::store::endings::Recent;
use crate::store::report::Report;
use crate::store::requests::Row;
use crate::web::ctx::{Ctx, Place};
use crate::web::error::{Error, Result};
use crate::web::hx::{self, Want};
use crate::web::session::Access;
use crate::web::state::AppState;

/// What the sums cover.
const WEEK: Range = Range::Days(7);

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    flash: Option<Flash>,
    here: String,
    id: i64,
    name: String,
    kind: String,
    said: Said,
    /// The gateway's words on it, in full.
    words: String,
    strip: Strip,
    sums: Vec<Sum>,
    /// Whether a button switches it off (or on).
    switch: Option<bool>,
    facts: Vec<(&'static str, String)>,
    /// Model, until when, why.
    cooling: Vec<(String, String, String)>,
    by_model: Vec<ModelRow>,
    newest: Vec<Newest>,
    /// Where they are listed; `None` without any.
    requests: Option<String>,
    usage: Option<String>,
    models: Vec<String>,
    /// Where the models come from; empty while nobody was asked.
    models_lede: String,
    has_models: bool,
    fields: Vec<(String, String)>,
    ctx: Ctx,
}

regions!(AccountPage);

struct ModelRow {
    model: String,
    href: String,
    requests: String,
    failed: Cell,
    tokens: String,
    cost: String,
}

struct Newest {
    href: String,
    time: String,
    model: String,
    outcome: Outcome,
    latency: Cell,
    cost: Cell,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    switched: Option<i64>,
}

pub(super) async fn show(
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    desk: Data<Desk>,
    _: Access,
    id: Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Accounts);
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    let roster = desk.roster();
    let known = roster.of_id(id).ok_or(Error::NotFound)?;
    let recent = desk.recent(&desk.recents(), known);
    let standing = desk.standing(&roster, known, &recent, ctx.now);
    let read = past::load(&state, &ctx, known, WEEK).await?;
    let served = desk.served_now(known).await;
    let flash = asked.switched.filter(|switched| *switched == id);
    let page = AccountPage {
        flash: flash.and_then(|_| change::flash(&ctx, &desk, known)),
        models: models(served.as_ref()),
        models_lede: match &served {
            Some(served) if known.is_file() => {
                (ctx.t.accounts.models_lede)(&words::ago(&ctx, Some(served.at)))
            }
            Some(_) => ctx.t.accounts.models_of_key.to_owned(),
            None => String::new(),
        },
        has_models: known.is_file() || served.is_some(),
        facts: facts(
            &ctx,
            known,
            &standing,
            &recent,
            read.first,
            roster.listening,
        ),
        ..build(ctx, known, &standing, &recent, &read)
    };
    hx::respond(&want, &page)
}

fn build(
    ctx: Ctx,
    known: &Known,
    standing: &Standing,
    recent: &Recent,
    read: &Read,
) -> AccountPage {
    let listed = &known.listed;
    let of_it = past::requests(&ctx, known, WEEK);
    let url = |view: &View, path| ctx.url(&view.url(path));
    let list = |path| of_it.as_ref().map(|view| url(view, path));
    let (requests, usage) = (list("/requests"), list("/usage"));
    let cooling = standing.models.iter().map(|model| {
        let until = model.retry_at.map(|at| words::when(&ctx, at));
        let code = format!("{} {}", model.code, (ctx.t.requests.failure)(model.code));
        (
            plain(&model.name).into_owned(),
            until.unwrap_or_default(),
            (ctx.t.accounts.at)(&code, &words::when(&ctx, model.at)),
        )
    });
    let ranking = read
        .report
        .by
        .first()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let by_model = ranking.iter().map(|(choice, totals)| {
        let model = choice.value.clone();
        ModelRow {
            model: plain(&choice.label).into_owned(),
            href: of_it.as_ref().map_or_else(String::new, |view| {
                url(
                    &view.narrowed(|only| only.models = vec![model]),
                    "/requests",
                )
            }),
            requests: ctx.lang.count(totals.requests),
            failed: Cell::count(Some(totals.failed), ctx.lang, ctx.t.requests),
            tokens: ctx.lang.compact(tokens(totals)),
            cost: words::cost(&ctx, totals),
        }
    });
    AccountPage {
        flash: None,
        here: format!("/accounts/{}", known.id),
        id: known.id,
        name: words::name(&ctx, known),
        kind: words::kind(&ctx, known),
        said: words::say(&ctx, known, standing),
        words: words::masked(&ctx, known, &standing.said),
        strip: words::strip(&ctx, recent),
        sums: sums(&ctx, &read.report, requests.as_deref(), usage.as_deref()),
        switch: known.can_be_switched().then_some(!listed.disabled),
        facts: Vec::new(),
        cooling: cooling.collect(),
        by_model: by_model.collect(),
        newest: read.newest.iter().map(|row| newest(&ctx, row)).collect(),
        requests,
        usage,
        models: Vec::new(),
        models_lede: String::new(),
        has_models: false,
        fields: listed
            .fields
            .iter()
            .map(|(name, value)| (plain(name).into_owned(), words::masked(&ctx, known, value)))
            .collect(),
        ctx,
    }
}

fn models(served: Option<&Served>) -> Vec<String> {
    let models = served.iter().flat_map(|served| served.models.iter());
    models.map(|model| plain(model).into_owned()).collect()
}

fn tokens(totals: &crate::store::requests::Totals) -> i64 {
    let input = totals.uncached + totals.cache_read + totals.cache_write;
    input + totals.output + totals.reasoning + totals.unclassified
}

fn sums(ctx: &Ctx, report: &Report, requests: Option<&str>, usage: Option<&str>) -> Vec<Sum> {
    let (t, lang, totals) = (ctx.t.accounts, ctx.lang, &report.totals);
    let sum = |label, figure, href: Option<&str>| Sum {
        label,
        figure,
        href: href.unwrap_or_default().to_owned(),
        note: (ctx.t.requests.range_short)(WEEK),
        ..Sum::default()
    };
    let share = lang.percent(totals.failed, totals.requests);
    let latency = totals.latency.p50;
    vec![
        sum(t.requests, lang.compact(totals.requests), requests),
        Sum {
            note: share.unwrap_or_default(),
            ..sum(
                t.failed,
                lang.count(totals.failed),
                requests
                    .map(|requests| format!("{requests}&status=failed"))
                    .as_deref(),
            )
        },
        sum(t.tokens, lang.compact(tokens(totals)), usage),
        Sum {
            note: words::costs_in(ctx, WEEK, totals),
            ..sum(t.cost, words::cost(ctx, totals), usage)
        },
        Sum {
            unit: ctx.t.requests.second,
            ..sum(
                ctx.t.requests.latency_p50,
                latency.map_or_else(|| "–".to_owned(), |ms| lang.quantile_seconds(ms)),
                None,
            )
        },
    ]
}

fn newest(ctx: &Ctx, row: &Row) -> Newest {
    Newest {
        href: ctx.url(&format!("/requests/{}", row.key)),
        time: words::when(ctx, row.key.at),
        model: plain(&row.model).into_owned(),
        outcome: Outcome::of(row.failed, row.status, ctx.t.requests),
        latency: Cell::seconds(row.latency, ctx.lang),
        cost: Cell::dollars(row.cost, ctx.lang),
    }
}

/// Label and value; what is unknown is left out.
fn facts(
    ctx: &Ctx,
    known: &Known,
    standing: &Standing,
    recent: &Recent,
    first: Option<At>,
    listening: bool,
) -> Vec<(&'static str, String)> {
    let (t, listed) = (ctx.t.accounts, &known.listed);
    let text = |text: &str| plain(text).into_owned();
    let full = |at: Option<At>| at.map_or(String::new(), |at| ctx.lang.full(&ctx.local(at)));
    let number = |n: Option<i64>| n.map_or(String::new(), |n| ctx.lang.count(n));
    let failure = standing.failure.map_or(String::new(), |failure| {
        let code = format!(
            "{} {}",
            failure.code,
            (ctx.t.requests.failure)(failure.code)
        );
        (t.at)(&code, &words::when(ctx, failure.at))
    });
    let weight = number(listed.weight);
    let priority = match (number(listed.priority), weight.is_empty()) {
        (priority, true) => priority,
        (priority, false) if priority.is_empty() => (t.weight)(&weight),
        (priority, false) => format!("{priority}, {}", (t.weight)(&weight)),
    };
    let mut facts = vec![
        (t.identity, words::name(ctx, known)),
        (t.provider, text(&listed.provider)),
        (t.plan, text(&listed.plan)),
        (t.note, text(&listed.note)),
        (t.priority, priority),
        (t.gateway_status, text(&listed.status)),
        (t.last_failure, failure),
        (t.last_success, full(recent.lately.last_ok)),
        (t.last_used, full(recent.last_used())),
        (t.renewed, full(listed.refreshed_at)),
        (t.expires, full(listed.expires_at)),
        (t.first_request, full(first)),
        (t.first_seen, full(Some(known.first_seen))),
        (t.changed, full(Some(known.changed_at))),
        (
            t.provider_account,
            words::masked(ctx, known, &listed.provider_account),
        ),
        (t.configured_in, listed.list.clone()),
        (t.switching, switching(ctx, known)),
        (t.log_in_again, log_in_again(ctx, known)),
        (t.indexes, indexes(ctx, known)),
    ];
    if standing.state != State::Gone && listed.kind == Kind::File {
        let how = if listening {
            t.heard_at_once
        } else {
            t.heard_by_list
        };
        facts.push((t.heard, how.to_owned()));
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// Said of a file that names nobody: nothing ties another file to it. Empty
/// where a new log-in goes on as the same account.
fn log_in_again(ctx: &Ctx, known: &Known) -> String {
    let listed = &known.listed;
    let named = !listed.person.is_empty() || !listed.provider_account.is_empty();
    if listed.kind == Kind::Key || named {
        return String::new();
    }
    ctx.t.accounts.becomes_another.to_owned()
}

/// Under which it is met, and when, where that was not always.
fn indexes(ctx: &Ctx, known: &Known) -> String {
    let t = ctx.t.accounts;
    let mut indexes: Vec<String> = Vec::new();
    for index in &known.indexes {
        let mut times: Vec<String> = Vec::new();
        for tenure in known.tenures_of(index) {
            let from = (tenure.from > Tenure::ALL.0).then_some(tenure.from);
            let to = (tenure.to < Tenure::ALL.1).then_some(tenure.to);
            times.extend(from.map(|at| (t.since)(&words::when(ctx, at))));
            times.extend(to.map(|at| (t.until)(&words::when(ctx, at))));
        }
        indexes.push(match times.as_slice() {
            [] => index.clone(),
            times => format!("{index} ({})", times.join(", ")),
        });
    }
    indexes.join(", ")
}

/// What is to be known of the switch; empty where it is an ordinary one.
fn switching(ctx: &Ctx, known: &Known) -> String {
    let t = ctx.t.accounts;
    if known.is_gone() {
        String::new()
    } else if !known.can_be_switched() {
        t.cannot_switch.to_owned()
    } else if known.shares_its_switch() {
        (t.switches_all)(&plain(&known.listed.provider))
    } else {
        String::new()
    }
}

impl AccountPage {
    fn t(&self) -> &'static crate::i18n::accounts::Accounts {
        self.ctx.t.accounts
    }
}
