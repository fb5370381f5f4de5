//! Home: how today goes in one sentence, what needs a person, today's figures
//! beside yesterday's, and where it hurts. One region holds it all and
//! refreshes itself while something changes.

mod attention;
mod health;
mod today;

use actix_web::HttpResponse;
use actix_web::web::{Data, Query, ServiceConfig, get};
use askama::Template;

use crate::domain::filter::{Outcome as Ended, Selection, Sort, View};
use crate::domain::time::{Grain, Range, Zone};
use crate::domain::units::{At, Ms, NanoUsd};
use crate::i18n::{UNKNOWN, plain};
use crate::pages::cell::{self, Outcome};
use crate::pages::chart::Bars;
use crate::pages::diagnosis::Diagnosis;
use crate::pages::sums::Sum;
use crate::pages::tokens::Mix;
use crate::regions;
use crate::store::names::Names;
use crate::store::report::{self, Question, Report};
use crate::store::requests::{Choice, Dimension, From, ListQuery, Row, Totals};
use crate::store::{self, detail, list};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::state::AppState;
use attention::Item;
use health::Health;

/// Failures shown, and values of each ranking.
const FAILURES: usize = 6;
const RANKED: usize = 7;

pub fn routes(config: &mut ServiceConfig) {
    config.route("/", get().to(index));
}

#[derive(Template)]
#[template(path = "home.html", blocks = ["today"])]
struct HomePage {
    ctx: Ctx,
    /// Where the region refreshes itself from.
    refresh: String,
    verdict: Verdict,
    lede: String,
    attention: Vec<Item>,
    /// Nothing was ever stored: why, in place of figures.
    diagnosis: Option<Box<Diagnosis>>,
    sums: Vec<Sum>,
    traffic: Option<Traffic>,
    models: Ranking,
    health: Option<Health>,
    failures: Vec<Failure>,
    all_failed: Option<(String, String)>,
    mix: Mix,
    tokens: String,
    unknown: String,
    accounts: Ranking,
    keys: Ranking,
    foot: Vec<String>,
}

regions!(HomePage, today => as_today);

/// Before, in and after the link to today's rows.
struct Verdict {
    parts: [String; 3],
    href: String,
    needs: String,
}

struct Traffic {
    bars: Bars,
    title: String,
    summary: String,
    finding: [String; 3],
    past: String,
    /// Name of the day the dotted line shows; empty without one.
    past_day: String,
    rows: Vec<TrafficRow>,
}

struct TrafficRow {
    at: String,
    href: String,
    requests: String,
    failed: String,
    past: String,
}

/// Most requests, or most cost, first.
struct Ranking {
    title: &'static str,
    head: &'static str,
    figure: &'static str,
    lines: Vec<RankLine>,
}

struct RankLine {
    name: String,
    /// Empty for what is not shown one by one.
    href: String,
    width: crate::pages::chart::N,
    figure: String,
    share: String,
}

struct Failure {
    href: String,
    time: String,
    datetime: String,
    outcome: Outcome,
    model: String,
    account: String,
    said: String,
}

#[derive(serde::Deserialize)]
struct Seen {
    seen: Option<String>,
}

/// Everything Home reads, at one moment.
struct Read {
    /// Start of today, of tomorrow and of yesterday.
    start: At,
    end: At,
    yesterday: At,
    today: Report,
    /// The whole of yesterday, and yesterday up to this time of day.
    past: Report,
    past_so_far: Totals,
    health: Option<Health>,
    failures: Vec<(Row, String)>,
    troubled: Vec<attention::Troubled>,
    ever: bool,
}

async fn index(
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    seen: Query<Seen>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Home);
    // Figures change with events, with the collector, and with the clock.
    let minute = ctx.now.0 / Ms::MINUTE.0;
    let version = *state.store.version().borrow();
    let tag = format!("{version}.{}.{}", ctx.reader.tag(), minute / 10);
    if want != Want::Document && seen.seen.as_deref() == Some(&tag) {
        return Ok(hx::unchanged());
    }
    let (names, copy) = (state.store.names(), ctx.clone());
    let read = state.store.read(move |c| read(c, &names, &copy)).await?;
    hx::respond(&want, &build(ctx, &read, &tag))
}

fn read(c: &mut store::Connection, names: &Names, ctx: &Ctx) -> store::Result<Read> {
    let (zone, now) = (ctx.zone, ctx.now);
    let start = zone.day_start(now);
    let end = zone.next_day(now);
    let yesterday = zone.days_before(now, 1);
    let question = Question {
        edges: Grain::HalfHour.edges(zone, start, end),
        by: vec![Dimension::Model, Dimension::Account, Dimension::Key],
        limit: 50,
        quantiles: true,
        ..Question::default()
    };
    let today = report::of(c, names, &Selection::between(start, end), &question)?;
    let question = Question {
        edges: Grain::HalfHour.edges(zone, yesterday, start),
        ..Question::default()
    };
    let past = report::of(c, names, &Selection::between(yesterday, start), &question)?;
    let so_far = yesterday + (now - start);
    let question = Question {
        quantiles: true,
        ..Question::default()
    };
    let past_so_far = report::of(c, names, &Selection::between(yesterday, so_far), &question)?;
    let newest = newest(c, names, Selection::between(At(0), now + Ms::DAY), 1)?;
    Ok(Read {
        start,
        end,
        yesterday,
        today,
        past,
        past_so_far: past_so_far.totals,
        health: health::read(c, names, ctx)?,
        failures: failures(c, names, now)?,
        troubled: attention::troubled(c, names, now)?,
        ever: !newest.is_empty(),
    })
}

fn newest(
    c: &mut store::Connection,
    names: &Names,
    selection: Selection,
    limit: usize,
) -> store::Result<Vec<Row>> {
    let query = ListQuery {
        selection,
        sort: Sort::default(),
        from: From::Start,
        limit,
    };
    Ok(list::page(c, names, &query)?.rows)
}

fn failures(
    c: &mut store::Connection,
    names: &Names,
    now: At,
) -> store::Result<Vec<(Row, String)>> {
    let selection = Selection {
        outcome: Some(Ended::Failed),
        ..Selection::between(now - Ms::DAY, now + Ms(1))
    };
    let rows = newest(c, names, selection, FAILURES)?;
    let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
    let said = detail::failures(c, &keys)?;
    Ok(rows.into_iter().zip(said).collect())
}

fn build(ctx: Ctx, read: &Read, tag: &str) -> HomePage {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let totals = &read.today.totals;
    let today = View::default().over(Range::Today);
    let failed = today.narrowed(|only| only.outcome = Some(Ended::Failed));
    let local = ctx.local(ctx.now);
    let mut lede = (t.lede)(
        &lang.long_day(&local),
        &lang.minute(&local),
        ctx.zone.name(),
    );
    if read.past_so_far.requests > 0 {
        lede.push(' ');
        lede.push_str(&(t.compared)(&lang.weekday(&ctx.local(read.yesterday))));
    }
    let tokens = totals.uncached
        + totals.cache_read
        + totals.cache_write
        + totals.output
        + totals.reasoning
        + totals.unclassified;
    let mut rankings = read.today.by.iter();
    let mut ranked = || rankings.next().map(Vec::as_slice).unwrap_or_default();
    let (models, accounts, keys) = (ranked(), ranked(), ranked());
    let attention = attention::items(&ctx, &read.troubled, models);
    HomePage {
        refresh: format!("{}?seen={tag}", ctx.url("/")),
        verdict: verdict(read, attention.len(), &ctx),
        lede,
        diagnosis: (!read.ever).then(|| Box::new(Diagnosis::of(&ctx))),
        sums: today::sums(read, &ctx),
        traffic: today::traffic(read, &ctx),
        models: models_ranking(models, &ctx),
        health: read.health.clone(),
        failures: read
            .failures
            .iter()
            .map(|(row, said)| failure(row, said, &ctx))
            .collect(),
        all_failed: (totals.failed > 0).then(|| {
            let text = (t.all_failed)(&lang.count(totals.failed));
            (text, ctx.url(&failed.url("/requests")))
        }),
        mix: Mix::sum(totals, &ctx),
        tokens: (t.in_all)(&lang.compact(tokens)),
        unknown: match totals.unknown_tokens {
            0 => String::new(),
            n => (t.unknown_for)(&lang.count(n)),
        },
        accounts: ranking(t.accounts, t.account, accounts, &ctx, |choice| {
            let name = if choice.label.is_empty() {
                &choice.value
            } else {
                &choice.label
            };
            let identity = choice.value.clone();
            (
                ctx.identity(name),
                today.narrowed(|only| only.accounts = vec![identity]),
            )
        }),
        keys: ranking(t.keys, t.key, keys, &ctx, |choice| {
            let name = if choice.label.is_empty() {
                &choice.value
            } else {
                &choice.label
            };
            let hash = choice.value.clone();
            (
                plain(name).into_owned(),
                today.narrowed(|only| only.keys = vec![hash]),
            )
        }),
        foot: foot(&ctx),
        attention,
        ctx,
    }
}

fn verdict(read: &Read, needs: usize, ctx: &Ctx) -> Verdict {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let totals = &read.today.totals;
    let requests = lang.count(totals.requests);
    let plain_text = |text: &str| [text.to_owned(), String::new(), String::new()];
    let parts = match (totals.requests, totals.failed) {
        (0, _) if !read.ever => plain_text(t.none_ever),
        (0, _) => plain_text(t.none_today),
        (1, 0) => t.one_succeeded.map(str::to_owned),
        (_, 0) => (t.all_succeeded)(&requests),
        (all, failed) => {
            let share = lang.share(all - failed, all).unwrap_or_default();
            (t.succeeded)(&share, &requests)
        }
    };
    Verdict {
        parts,
        href: ctx.url(&View::default().over(Range::Today).url("/requests")),
        needs: match needs {
            0 if totals.requests > 0 => t.needs_nothing.to_owned(),
            0 => String::new(),
            n => (t.needs)(n),
        },
    }
}

fn failure(row: &Row, said: &str, ctx: &Ctx) -> Failure {
    let local = ctx.local(row.key.at);
    let account = cell::account(ctx, &row.account);
    Failure {
        href: ctx.url(&format!("/requests/{}", row.key)),
        time: ctx.lang.clock(&local),
        datetime: row.key.at.rfc3339(),
        outcome: Outcome::of(true, row.status, ctx.t.requests),
        model: plain(&row.model).into_owned(),
        account: if account.is_empty() {
            UNKNOWN.to_owned()
        } else {
            account
        },
        said: first_words(said),
    }
}

/// The message inside a JSON body, or the first line; at most 90 characters.
fn first_words(said: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(said).ok();
    let message = json.as_ref().and_then(|body| {
        let error = body.get("error").unwrap_or(body);
        let text = |name: &str| error.get(name).and_then(|value| value.as_str());
        text("message")
            .or_else(|| text("type"))
            .or_else(|| error.as_str())
    });
    let line = message.unwrap_or(said).lines().next().unwrap_or_default();
    let line = plain(line.trim());
    if line.chars().count() <= 90 {
        return line.into_owned();
    }
    line.chars().take(89).chain(['…']).collect()
}

fn ranking(
    title: &'static str,
    head: &'static str,
    found: &[(Choice, Totals)],
    ctx: &Ctx,
    name: impl Fn(&Choice) -> (String, View),
) -> Ranking {
    let t = ctx.t.home;
    let most = found.first().map_or(1, |(_, totals)| totals.requests);
    let all: i64 = found.iter().map(|(_, totals)| totals.requests).sum();
    let line = |name: String, href: String, n: i64| RankLine {
        name,
        href,
        width: today::width(n, most),
        figure: ctx.lang.count(n),
        share: ctx.lang.percent(n, all).unwrap_or_default(),
    };
    let named: Vec<_> = found
        .iter()
        .filter(|(choice, _)| !choice.value.is_empty())
        .collect();
    let shown = named.iter().take(RANKED).map(|(choice, totals)| {
        let (name, view) = name(choice);
        line(name, ctx.url(&view.url("/requests")), totals.requests)
    });
    let mut lines: Vec<RankLine> = shown.collect();
    if let Some(rest) = named.get(RANKED..).filter(|rest| !rest.is_empty()) {
        let n = rest.iter().map(|(_, totals)| totals.requests).sum();
        lines.push(line(others(rest.len(), ctx), String::new(), n));
    }
    Ranking {
        title,
        head,
        figure: t.requests,
        lines,
    }
}

/// `4 others`: what a ranking leaves out, so that its figures add up.
fn others(count: usize, ctx: &Ctx) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    (ctx.t.home.others)(&ctx.lang.count(count))
}

/// By cost as soon as anything has one, until then by requests.
fn models_ranking(found: &[(Choice, Totals)], ctx: &Ctx) -> Ranking {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let today = View::default().over(Range::Today);
    let view = |choice: &Choice| {
        let name = choice.value.clone();
        (
            plain(&choice.value).into_owned(),
            today.narrowed(|only| only.models = vec![name]),
        )
    };
    let all: i64 = found.iter().map(|(_, totals)| totals.cost.0).sum();
    if all <= 0 {
        return ranking(t.models, t.model, found, ctx, view);
    }
    let mut found = found.to_vec();
    found.sort_by_key(|(_, totals)| std::cmp::Reverse(totals.cost));
    let most = found.first().map_or(1, |(_, totals)| totals.cost.0);
    let line = |name: String, href: String, cost: NanoUsd| RankLine {
        name,
        href,
        width: today::width(cost.0, most),
        figure: lang.cents(cost),
        share: lang.percent(cost.0, all).unwrap_or_default(),
    };
    found.retain(|(choice, totals)| !choice.value.is_empty() && totals.cost.0 > 0);
    let shown = found.iter().take(RANKED).map(|(choice, totals)| {
        let (name, view) = view(choice);
        line(name, ctx.url(&view.url("/requests")), totals.cost)
    });
    let mut lines: Vec<RankLine> = shown.collect();
    if let Some(rest) = found.get(RANKED..).filter(|rest| !rest.is_empty()) {
        let costs = rest.iter().map(|(_, totals)| totals.cost);
        let cost = costs.fold(NanoUsd(0), |sum, cost| sum + cost);
        lines.push(line(others(rest.len(), ctx), String::new(), cost));
    }
    Ranking {
        title: t.cost_by_model,
        head: t.model,
        figure: t.cost,
        lines,
    }
}

/// The collector in one line.
fn foot(ctx: &Ctx) -> Vec<String> {
    let (t, lang, status) = (ctx.t.home, ctx.lang, &ctx.status);
    let mut foot = Vec::new();
    if let Some(taken) = status.last_taken_at {
        foot.push((t.last_taken)(&lang.span(ctx.now - taken)));
    }
    if status.stored > 0 {
        foot.push((t.stored)(&lang.count(status.stored)));
    }
    foot.push(match status.gaps.len() {
        0 => t.no_gaps.to_owned(),
        n => (t.gaps)(&n.to_string()),
    });
    foot
}

/// Half hours since midnight as a time: `14:30`.
fn half_hour(at: At, zone: Zone, ctx: &Ctx) -> String {
    ctx.lang.minute(&zone.local(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_by_its_message() {
        let json = r#"{"error":{"type":"usage_limit_reached","message":"The limit is reached"}}"#;
        assert_eq!(first_words(json), "The limit is reached");
        assert_eq!(
            first_words("upstream connect error\nreset"),
            "upstream connect error"
        );
        assert_eq!(first_words(r#"{"error":"plain words"}"#), "plain words");
        assert_eq!(first_words(&"x".repeat(200)).chars().count(), 90);
        assert_eq!(first_words(""), "");
    }
}
