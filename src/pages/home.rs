//! Home: how today goes in one sentence, what needs a person, today's figures
//! beside yesterday's, and where it hurts. One region holds it all and
//! refreshes itself while something changes.

mod attention;
mod failures;
mod health;
mod ranking;
mod today;

use actix_web::HttpResponse;
use actix_web::web::{Data, Query, ServiceConfig};
use askama::Template;

use crate::accounts::{Desk, Mentions};
use crate::domain::filter::{Outcome as Ended, Selection, Sort, View};
use crate::domain::time::{Back, Grain, Range, Zone};
use crate::domain::units::{At, Ms};
use crate::pages::chart::Bars;
use crate::pages::diagnosis::Diagnosis;
use crate::pages::sheet::Link;
use crate::pages::sums::Sum;
use crate::pages::tokens::Mix;
use crate::regions;
use crate::store::lack::{self, Lack};
use crate::store::names::Names;
use crate::store::report::{self, Question, Report};
use crate::store::requests::{Choice, Dimension, From, ListQuery, Row, Totals};
use crate::store::{self, list, usage};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::reading::get;
use crate::web::state::AppState;
use attention::Item;
use failures::Failure;
use health::Health;
use ranking::Ranking;

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
    /// The same bars, and those of yesterday, to take away.
    files: Vec<Link>,
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
    /// Of today: models, accounts, clients' keys.
    rankings: Vec<Vec<(Choice, Totals)>>,
    /// The whole of yesterday, and yesterday up to this time of day.
    past: Report,
    past_so_far: Totals,
    /// Why today is not measured against yesterday.
    lack: Option<Lack>,
    health: Option<Health>,
    failures: Vec<(Row, String)>,
    troubled: Vec<attention::Troubled>,
    ever: bool,
}

async fn index(
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    seen: Query<Seen>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Home);
    // Figures change with events, with the collector, and with the clock.
    let minute = ctx.now.0 / Ms::MINUTE.0;
    let version = *state.store.version().borrow();
    let mentions = accounts.mentions(ctx.now);
    let tag = format!(
        "{version}.{}.{}.{}",
        mentions.version(),
        ctx.tag(),
        minute / 10
    );
    if want != Want::Document && seen.seen.as_deref() == Some(&tag) {
        return Ok(hx::unchanged());
    }
    let (names, copy) = (state.store.names(), ctx.clone());
    let read = state.store.read(move |c| read(c, &names, &copy)).await?;
    hx::respond(&want, &build(ctx, &read, &mentions, &tag))
}

fn read(c: &mut store::Connection, names: &Names, ctx: &Ctx) -> store::Result<Read> {
    let (zone, now) = (ctx.zone, ctx.now);
    let start = zone.day_start(now);
    let end = zone.next_day(now);
    let yesterday = zone.days_before(now, 1);
    let question = Question {
        edges: Grain::HalfHour.edges(zone, start, end),
        quantiles: true,
        ..Question::default()
    };
    // What a clock that is ahead reports is not yet of today.
    let so_far = Selection::between(start, now + Ms(1));
    let today = report::of(c, names, &so_far, &question)?;
    // Rankings without quantiles come from roll-ups.
    let question = Question {
        by: vec![Dimension::Model, Dimension::Account, Dimension::Key],
        // Those not shown one by one are counted as well.
        limit: usize::MAX,
        ..Question::default()
    };
    let rankings = report::of(c, names, &so_far, &question)?.by;
    let question = Question {
        edges: Grain::HalfHour.edges(zone, yesterday, start),
        ..Question::default()
    };
    let past = report::of(c, names, &Selection::between(yesterday, start), &question)?;
    // By the clock: days in which clocks change are not 24 hours long.
    let so_far = Back::Days(1).from(zone, now + Ms(1));
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
        rankings,
        past,
        past_so_far: past_so_far.totals,
        lack: {
            let oldest = usage::ends(c)?.0;
            lack::of(c, oldest, (yesterday, so_far), (start, now + Ms(1)))?
        },
        health: health::read(c, names, ctx)?,
        failures: failures::read(c, names, now)?,
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

fn build(ctx: Ctx, read: &Read, mentions: &Mentions, tag: &str) -> HomePage {
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
    let mut rankings = read.rankings.iter();
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
        models: ranking::models(models, &ctx),
        health: read.health.clone(),
        failures: read
            .failures
            .iter()
            .map(|(row, said)| failures::line(row, said, &ctx))
            .collect(),
        all_failed: (totals.failed > 0).then(|| {
            let text = (t.all_failed)(&lang.count(totals.failed));
            (text, ctx.url(&failed.url("/requests")))
        }),
        mix: Mix::sum(totals, &today, &ctx),
        tokens: (t.in_all)(&lang.compact(tokens)),
        unknown: match totals.unknown_tokens {
            0 => String::new(),
            n => (t.unknown_for)(&lang.count(n)),
        },
        accounts: ranking::accounts(accounts, mentions, &ctx),
        keys: ranking::keys(keys, &ctx),
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
