//! Who is at the top today: models, accounts and client keys, each with its
//! share and a way to its requests. The figures of a ranking add up.

use crate::accounts::Mentions;
use crate::domain::filter::{SortBy, View};
use crate::domain::time::Range;
use crate::domain::units::NanoUsd;
use crate::i18n::plain;
use crate::pages::chart::N;
use crate::pages::who::Card;
use crate::store::requests::{Choice, Totals};
use crate::web::ctx::Ctx;

/// Values shown one by one.
const SHOWN: usize = 7;

/// Most requests, or most cost, first.
pub(super) struct Ranking {
    pub title: &'static str,
    pub head: &'static str,
    pub figure: &'static str,
    pub lines: Vec<RankLine>,
}

pub(super) struct RankLine {
    pub name: String,
    /// How the account is now.
    pub card: Card,
    /// Its rows; empty for what is not shown one by one, which the page of sums
    /// has.
    pub href: String,
    pub width: N,
    pub figure: String,
    pub share: String,
}

/// By cost as soon as anything has one, until then by requests.
pub(super) fn models(found: &[(Choice, Totals)], ctx: &Ctx) -> Ranking {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let view = |choice: &Choice| {
        let name = choice.value.clone();
        (
            called(choice, plain(&choice.value).into_owned(), ctx),
            today().narrowed(|only| only.models = vec![name]),
            Card::default(),
        )
    };
    let all: i64 = found.iter().map(|(_, totals)| totals.cost.0).sum();
    if all <= 0 {
        return ranking(t.models, t.model, found, ctx, view);
    }
    let mut found = found.to_vec();
    found.sort_by_key(|(_, totals)| std::cmp::Reverse(totals.cost));
    found.retain(|(_, totals)| totals.cost.0 > 0);
    let most = longest(&found, |totals| totals.cost.0);
    let line = |name: String, href: String, cost: NanoUsd| RankLine {
        name,
        card: Card::default(),
        href,
        width: super::today::width(cost.0, most),
        figure: lang.cents(cost),
        share: lang.percent(cost.0, all).unwrap_or_default(),
    };
    let shown = found.iter().take(SHOWN).map(|(choice, totals)| {
        let (name, view, _) = view(choice);
        let dearest = view.sorted(SortBy::Cost);
        line(name, ctx.url(&dearest.url("/requests")), totals.cost)
    });
    let mut lines: Vec<RankLine> = shown.collect();
    if let Some(rest) = found.get(SHOWN..).filter(|rest| !rest.is_empty()) {
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

pub(super) fn accounts(found: &[(Choice, Totals)], mentions: &Mentions, ctx: &Ctx) -> Ranking {
    let t = ctx.t.home;
    ranking(t.accounts, t.account, found, ctx, |choice| {
        let identity = choice.value.clone();
        let view = today().narrowed(|only| only.accounts = vec![identity]);
        let card = Card::of(&choice.value, mentions, ctx);
        (called(choice, ctx.identity(name(choice)), ctx), view, card)
    })
}

pub(super) fn keys(found: &[(Choice, Totals)], ctx: &Ctx) -> Ranking {
    let t = ctx.t.home;
    ranking(t.keys, t.key, found, ctx, |choice| {
        let hash = choice.value.clone();
        let view = today().narrowed(|only| only.keys = vec![hash]);
        let name = plain(name(choice)).into_owned();
        (called(choice, name, ctx), view, Card::default())
    })
}

fn name(choice: &Choice) -> &str {
    if choice.label.is_empty() {
        &choice.value
    } else {
        &choice.label
    }
}

/// Requests without a key or an account are somebody's too.
fn called(choice: &Choice, name: String, ctx: &Ctx) -> String {
    match choice.value.as_str() {
        "" => ctx.t.requests.without.to_owned(),
        _ => name,
    }
}

fn today() -> View {
    View::default().over(Range::Today)
}

fn ranking(
    title: &'static str,
    head: &'static str,
    found: &[(Choice, Totals)],
    ctx: &Ctx,
    name: impl Fn(&Choice) -> (String, View, Card),
) -> Ranking {
    let t = ctx.t.home;
    let most = longest(found, |totals| totals.requests);
    let all: i64 = found.iter().map(|(_, totals)| totals.requests).sum();
    let line = |name: String, href: String, n: i64| RankLine {
        name,
        card: Card::default(),
        href,
        width: super::today::width(n, most),
        figure: ctx.lang.count(n),
        share: ctx.lang.percent(n, all).unwrap_or_default(),
    };
    let shown = found.iter().take(SHOWN).map(|(choice, totals)| {
        let (name, view, card) = name(choice);
        let href = ctx.url(&view.url("/requests"));
        RankLine {
            card,
            ..line(name, href, totals.requests)
        }
    });
    let mut lines: Vec<RankLine> = shown.collect();
    if let Some(rest) = found.get(SHOWN..).filter(|rest| !rest.is_empty()) {
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

/// What the longest bar stands for: the first, or the others together.
fn longest(found: &[(Choice, Totals)], of: impl Fn(&Totals) -> i64) -> i64 {
    let first = found.first().map_or(1, |(_, totals)| of(totals));
    let rest = found.iter().skip(SHOWN).map(|(_, totals)| of(totals)).sum();
    first.max(rest)
}

/// `4 others`: what a ranking leaves out, so that its figures add up.
fn others(count: usize, ctx: &Ctx) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    (ctx.t.home.others)(&ctx.lang.count(count))
}
