//! The list: every account with its state, the evidence, its last requests and
//! its sums, those that need attention first. Filtered, sorted and cut in memory;
//! a page starts after an account, not at a number, so that it never shifts.

pub(super) mod export;
mod rows;
mod view;

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::change::{self, Flash};
use super::{past, words};
use crate::accounts::{Desk, Roster};
use crate::domain::account::Known;
use crate::domain::account::standing::State;
use crate::domain::filter::Selection;
use crate::domain::units::At;
use crate::gateway::types::Error as GatewayError;
use crate::pages::sums::Sum;
use crate::regions;
use crate::store::endings::Recents;
use crate::store::report::{self, Question};
use crate::store::requests::{Dimension, Totals};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::reader;
use crate::web::session::Access;
use crate::web::state::AppState;
use rows::{Entry, Head, Row, Sums};
use view::View;

/// How often the list looks whether something is new, in the words of htmx.
const EVERY: &str = "every 5s";

#[derive(Template)]
#[template(path = "accounts.html", blocks = ["results"])]
struct ListPage {
    flash: Option<Flash>,
    lede: String,
    /// The gateway cannot be asked: title and text.
    notice: Option<(&'static str, String)>,
    action: String,
    csv: String,
    view: View,
    providers: Vec<String>,
    states: Vec<(&'static str, &'static str, bool)>,
    ranges: Vec<(&'static str, String, bool)>,
    every: &'static str,
    /// Where the list looks for news.
    news: String,
    sums: Vec<Sum>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    pager: String,
    next: Option<String>,
    first: Option<String>,
    /// The gateway has none at all, rather than none that matches.
    empty: bool,
    /// The gateway never said which it has.
    unasked: bool,
    ctx: Ctx,
}

regions!(ListPage, results => as_results);

pub(super) async fn show(
    request: HttpRequest,
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    desk: Data<Desk>,
    _: Access,
    view: Query<View>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Accounts);
    let view = view.into_inner();
    let version = version(&state, &desk);
    if want == Want::Region("results".into()) && view.seen == Some(version) {
        return Ok(hx::unchanged());
    }
    let totals = totals(&state, &desk, &view, &ctx).await?;
    let page = build(ctx, &desk, view, &totals, version);
    let mut response = hx::respond(&want, &page)?;
    let source = request.headers().get("hx-source");
    if source.is_some_and(|source| source == "form#filters") {
        hx::follow(&mut response, &page.ctx.url(&page.view.url()));
    }
    Ok(response)
}

/// Another number whenever anything shown may be different.
fn version(state: &AppState, desk: &Desk) -> u64 {
    desk.roster().changes + *state.store.version().borrow()
}

/// Sums of the range.
async fn totals(state: &AppState, desk: &Desk, view: &View, ctx: &Ctx) -> Result<Sums> {
    let names = state.store.names();
    let (from, to) = view.range().resolve(ctx.zone, ctx.now, None);
    let question = Question {
        by: vec![Dimension::Account],
        limit: usize::MAX,
        ..Question::default()
    };
    let apart: Vec<_> = desk
        .roster()
        .accounts
        .iter()
        .filter(|known| !known.tenures.is_empty())
        .map(|known| (known.id, past::selections(known, from, to)))
        .collect();
    let read = state.store.read(move |c| {
        let whole = report::of(c, &names, &Selection::between(from, to), &question)?;
        let mut sums = HashMap::new();
        for (id, parts) in apart {
            let sum: &mut Totals = sums.entry(id).or_default();
            for part in parts {
                sum.add(&report::of(c, &names, &part, &Question::default())?.totals);
            }
        }
        Ok((whole, sums))
    });
    let (whole, apart) = read.await?;
    let by_index = whole.by.into_iter().flatten();
    Ok(Sums {
        by_index: by_index
            .map(|(choice, totals)| (choice.value, totals))
            .collect(),
        apart,
    })
}

/// Every account with everything that is known of it.
fn entries<'r>(
    ctx: &Ctx,
    desk: &Desk,
    roster: &'r Roster,
    recents: &Recents,
    totals: &Sums,
) -> Vec<Entry<'r>> {
    let entry = |known: &'r Arc<Known>| {
        let recent = desk.recent(recents, known);
        let standing = desk.standing(roster, known, &recent, ctx.now);
        Entry::new(known, recent, standing, desk.served(known), totals)
    };
    roster.accounts.iter().map(entry).collect()
}

fn build(ctx: Ctx, desk: &Desk, view: View, totals: &Sums, version: u64) -> ListPage {
    let t = ctx.t.accounts;
    let (roster, recents) = (desk.roster(), desk.recents());
    let all = entries(&ctx, desk, &roster, &recents, totals);
    let listed = all.iter().filter(|entry| !entry.known.is_gone());
    let ready = listed
        .clone()
        .filter(|entry| entry.standing.state.takes_requests());
    let (ready, whole) = (ready.count(), listed.count());
    let mut providers: Vec<String> = all
        .iter()
        .map(|entry| entry.known.listed.provider.clone())
        .collect();
    providers.sort_unstable();
    providers.dedup();
    let shown: Vec<&Entry> = view.pick(&all, ctx.prefs.mask);
    let (page, next) = view.page(&shown, &all);
    let count = |n: usize| ctx.lang.count(i64::try_from(n).unwrap_or(i64::MAX));
    let first_place = page.first().and_then(|first| {
        shown
            .iter()
            .position(|entry| entry.known.id == first.known.id)
    });
    let pager = first_place.map_or(String::new(), |place| {
        (t.rows)(
            &count(place + 1),
            &count(place + page.len()),
            &count(shown.len()),
        )
    });
    let flash = view
        .switched
        .and_then(|id| change::flash(&ctx, desk, roster.of_id(id)?));
    ListPage {
        flash,
        lede: lede(&ctx, ready, whole, roster.listed_at),
        notice: notice(&ctx, roster.listed_at, roster.problem.as_ref()),
        action: ctx.url("/accounts"),
        csv: ctx.url(&view.file("/accounts.csv")),
        states: states(&ctx, &view),
        ranges: ranges(&ctx, &view),
        every: EVERY,
        news: ctx.url(&view.seeing(version).url()),
        sums: sums(&ctx, &all, &view),
        heads: rows::heads(&ctx, &view),
        rows: page
            .iter()
            .map(|entry| Row::new(&ctx, entry, &view))
            .collect(),
        pager,
        next: next.map(|id| ctx.url(&view.after(Some(id)).url())),
        first: view.after.map(|_| ctx.url(&view.after(None).url())),
        empty: all.is_empty(),
        unasked: all.is_empty() && roster.listed_at.is_none(),
        providers,
        view,
        ctx,
    }
}

fn lede(ctx: &Ctx, ready: usize, whole: usize, listed_at: Option<At>) -> String {
    let t = ctx.t.accounts;
    let count = |n: usize| ctx.lang.count(i64::try_from(n).unwrap_or(i64::MAX));
    let ready = if whole == 0 {
        t.none_yet.to_owned()
    } else {
        (t.ready)(&count(ready), &count(whole))
    };
    let age = listed_at.map_or_else(
        || t.never_asked.to_owned(),
        |at| (t.reported)(&words::ago(ctx, Some(at))),
    );
    (t.and)(&ready, &age)
}

fn notice(
    ctx: &Ctx,
    listed_at: Option<At>,
    problem: Option<&GatewayError>,
) -> Option<(&'static str, String)> {
    use crate::domain::collection::State as Collecting;
    let t = ctx.t.accounts;
    let troubled = matches!(ctx.status.state, Collecting::Retrying | Collecting::Stopped);
    let problem = problem.map(|error| error.reason(ctx.now));
    match listed_at {
        None if problem.is_some() || troubled => {
            let why = problem.as_ref().or(ctx.status.reason.as_ref());
            let why = why.map(|why| (t.because)(reader::reason(why, ctx.t.shell)));
            let then = t.when_it_answers;
            let text = why.map_or_else(|| then.to_owned(), |why| (t.and)(&why, then));
            Some((t.stale, text))
        }
        None => Some((t.not_asked, t.not_asked_text.to_owned())),
        Some(at) if problem.is_some() || troubled => {
            Some((t.stale, (t.stale_text)(&words::ago(ctx, Some(at)))))
        }
        Some(_) => None,
    }
}

fn states(ctx: &Ctx, view: &View) -> Vec<(&'static str, &'static str, bool)> {
    let option = |state: State| {
        let name = (ctx.t.accounts.state_of)(state);
        (state.code(), name, view.state() == Some(state))
    };
    State::ALL.into_iter().map(option).collect()
}

fn ranges(ctx: &Ctx, view: &View) -> Vec<(&'static str, String, bool)> {
    let option = |(name, range)| {
        (
            name,
            (ctx.t.requests.range_short)(range),
            view.range() == range,
        )
    };
    View::RANGES.into_iter().map(option).collect()
}

/// How many in each state that occurs, then what all of them did.
fn sums(ctx: &Ctx, all: &[Entry], view: &View) -> Vec<Sum> {
    let (t, lang) = (ctx.t.accounts, ctx.lang);
    let in_state = |state| all.iter().filter(|e| e.standing.state == state).count();
    let count = |n: usize| lang.count(i64::try_from(n).unwrap_or(i64::MAX));
    let link = |state: &str| ctx.url(&view.with_state(state).url());
    let listed = all.iter().filter(|entry| !entry.known.is_gone()).count();
    let mut sums = vec![Sum {
        label: t.all,
        figure: count(listed),
        href: link(""),
        ..Sum::default()
    }];
    let usual = [
        State::Active,
        State::Cooling,
        State::NeedsLogin,
        State::Disabled,
    ];
    let order = [
        State::Active,
        State::Cooling,
        State::Partly,
        State::NeedsLogin,
        State::Failing,
        State::Unclear,
        State::Disabled,
        State::Gone,
    ];
    for state in order {
        let n = in_state(state);
        if n > 0 || usual.contains(&state) {
            sums.push(Sum {
                label: (t.state_of)(state),
                figure: count(n),
                href: link(state.code()),
                ..Sum::default()
            });
        }
    }
    let mut whole = Totals::default();
    for entry in all {
        whole.add(&entry.totals);
    }
    let range = (ctx.t.requests.range_short)(view.range());
    let priced = words::costs_in(ctx, view.range(), &whole);
    for (label, figure, path, note) in [
        (t.requests, lang.compact(whole.requests), "/requests", range),
        (t.cost, words::cost(ctx, &whole), "/usage", priced),
    ] {
        sums.push(Sum {
            label,
            figure,
            href: ctx.url(&format!("{path}?range={}", view.range_name())),
            note,
            ..Sum::default()
        });
    }
    sums
}

impl ListPage {
    fn t(&self) -> &'static crate::i18n::accounts::Accounts {
        self.ctx.t.accounts
    }
}
