//! A key as a line of the table. Its name leads to its usage, each count to the
//! rows it counts.

use chrono::Datelike as _;

use super::view::{Asked, By};
use super::{RANGE, Refused};
use crate::domain::filter::{Outcome, UsageView, View};
use crate::domain::units::{At, Ms};
use crate::i18n::{UNKNOWN, plain};
use crate::pages::cell::QUIET;
use crate::pages::chart::{self, N, Spark};
use crate::store::clients::{Client, Listing};
use crate::web::ctx::Ctx;
use crate::web::reader::{OFF, Tone, WAIT, WARN};

pub(super) struct Head {
    pub name: &'static str,
    /// Says more; empty when there is nothing to say.
    pub title: &'static str,
    pub class: &'static str,
    pub href: String,
    pub sorted: &'static str,
}

/// A figure, what it is exactly, and where it leads; empty = nowhere.
pub(super) struct Figure {
    pub text: String,
    pub title: String,
    pub zero: bool,
    pub href: String,
}

pub(super) struct Line {
    pub name: String,
    /// It has no alias, or the gateway does not list it any more.
    pub nameless: bool,
    pub gone: bool,
    pub href: String,
    pub mask: String,
    pub tone: Tone,
    pub word: String,
    pub since: String,
    pub last: String,
    /// The very moment, for those who ask.
    pub last_full: String,
    pub requests: Figure,
    pub width: N,
    pub spark: Spark,
    pub trend: String,
    pub failed: Figure,
    pub tokens: Figure,
    pub cost: Figure,
    pub form: Option<AliasForm>,
}

/// Naming a key, in the menu of its line.
pub(super) struct AliasForm {
    pub hash: String,
    pub who: String,
    pub alias: String,
    /// Why what was typed is refused; empty when nothing was.
    pub wrong: String,
    /// Whether it has one to take away.
    pub named: bool,
    /// What the last change can be taken back to, and when that change was.
    pub undo: Option<(String, i64)>,
    pub requests: String,
    pub usage: String,
}

/// `18 to 24 November`, the days the figures are of.
pub(super) fn days(ctx: &Ctx) -> String {
    let (from, to) = RANGE.resolve(ctx.zone, ctx.now, None);
    let year = ctx.local(ctx.now).year();
    let day = |at: At| ctx.lang.day(&ctx.local(at), year);
    format!("{} – {}", day(from), day(to - Ms(1)))
}

pub(super) fn heads(asked: &Asked, ctx: &Ctx) -> Vec<Option<Head>> {
    let t = ctx.t.keys;
    let head = |name, by: By, class| {
        let sorted = match (asked.by == by, asked.descending) {
            (false, _) => "",
            (true, true) => "descending",
            (true, false) => "ascending",
        };
        Some(Head {
            name,
            title: if by == By::Since { t.since_hint } else { "" },
            class,
            href: ctx.url(&asked.sorted(by).url("/keys")),
            sorted,
        })
    };
    vec![
        head(t.alias, By::Alias, ""),
        head(t.key, By::Key, ""),
        head(t.state, By::State, ""),
        head(t.since, By::Since, ""),
        head(t.last_used, By::Last, ""),
        head(t.requests, By::Requests, "number"),
        None,
        head(t.failed, By::Failed, "number"),
        head(t.tokens, By::Tokens, "number"),
        head(t.cost, By::Cost, "number"),
    ]
}

pub(super) fn lines(
    shown: &[&Client],
    found: &[&Client],
    refused: Option<&Refused>,
    days: &str,
    ctx: &Ctx,
) -> Vec<Line> {
    let most = found.iter().map(|key| key.totals.requests).max();
    let most = most.unwrap_or(0);
    shown
        .iter()
        .map(|key| {
            let refused = refused.filter(|refused| refused.hash == key.hash);
            line(key, most, refused, days, ctx)
        })
        .collect()
}

/// The requests of a key.
pub(super) fn of_key(key: &Client) -> View {
    let hash = key.hash.clone();
    View::default()
        .over(RANGE)
        .narrowed(|only| only.keys = vec![hash])
}

/// How the page calls a key: by its alias, unless identities are hidden.
pub(super) fn name(key: &Client, ctx: &Ctx) -> String {
    let name = if ctx.prefs.mask {
        &key.mask
    } else {
        key.title()
    };
    plain(name).into_owned()
}

fn line(key: &Client, most: i64, refused: Option<&Refused>, days: &str, ctx: &Ctx) -> Line {
    let (t, lang) = (ctx.t.keys, ctx.lang);
    let totals = &key.totals;
    let rows = of_key(key);
    let has_key = !key.hash.is_empty();
    let nameless = key.alias.is_empty() || ctx.prefs.mask;
    let requests = |n: i64, view: &View| match n {
        n if n > 0 => ctx.url(&view.url("/requests")),
        _ => String::new(),
    };
    let usage = match totals.requests {
        n if n > 0 => ctx.url(&UsageView::of_rows(&rows).url("/usage")),
        _ => String::new(),
    };
    let count = |n: i64, href: String| Figure {
        text: lang.count(n),
        title: String::new(),
        zero: n == 0,
        href,
    };
    let failed = rows.narrowed(|only| only.outcome = Some(Outcome::Failed));
    let (tone, word) = state(key, ctx);
    let trend: Vec<Option<f64>> = key
        .parts
        .iter()
        .map(|n| Some(chart::per_mille(*n, 1_000)))
        .collect();
    let date = |at: At| {
        let local = ctx.local(at);
        lang.day(&local, 0)
    };
    Line {
        name: if !has_key {
            t.no_key.to_owned()
        } else if nameless {
            t.no_alias.to_owned()
        } else {
            plain(&key.alias).into_owned()
        },
        nameless,
        gone: matches!(key.listing, Listing::Gone(_)),
        href: usage.clone(),
        mask: plain(&key.mask).into_owned(),
        tone,
        word,
        since: key.since().map_or_else(|| UNKNOWN.to_owned(), date),
        last: key
            .used
            .map_or_else(|| t.never.to_owned(), |span| when(span.last, ctx)),
        last_full: key
            .used
            .map_or_else(String::new, |span| lang.full(&ctx.local(span.last))),
        requests: count(totals.requests, requests(totals.requests, &rows)),
        width: match totals.requests {
            0 => N(0.0),
            n => N((chart::per_mille(n, most) / 10.0).max(0.6)),
        },
        spark: chart::spark(&trend),
        trend: (t.trend)(days),
        failed: count(totals.failed, requests(totals.failed, &failed)),
        tokens: Figure {
            text: lang.compact(totals.tokens()),
            title: lang.count(totals.tokens()),
            zero: totals.tokens() == 0,
            href: usage.clone(),
        },
        cost: Figure {
            text: match totals.known_cost() {
                _ if totals.requests == 0 => lang.cents(totals.cost),
                Some(cost) => lang.cents(cost),
                None => UNKNOWN.to_owned(),
            },
            title: match totals.unpriced {
                0 => String::new(),
                n => (t.unpriced)(&lang.count(n)),
            },
            zero: totals.cost.0 == 0,
            href: usage.clone(),
        },
        form: has_key.then(|| form(key, refused, requests(totals.requests, &rows), usage, ctx)),
    }
}

fn form(
    key: &Client,
    refused: Option<&Refused>,
    requests: String,
    usage: String,
    ctx: &Ctx,
) -> AliasForm {
    let t = ctx.t.keys;
    AliasForm {
        hash: key.hash.clone(),
        who: name(key, ctx),
        alias: match refused {
            Some(refused) => refused.typed.clone(),
            None if ctx.prefs.mask => String::new(),
            None => key.alias.clone(),
        },
        wrong: refused.map_or_else(String::new, |refused| refused.why.clone()),
        named: !key.alias.is_empty(),
        undo: key.kept.as_ref().map(|kept| {
            let text = match kept.before.as_str() {
                "" => t.undo_to_none.to_owned(),
                _ if ctx.prefs.mask => t.undo.to_owned(),
                before => (t.undo_to)(&plain(before)),
            };
            (text, kept.changed_at.0)
        }),
        requests,
        usage,
    }
}

fn state(key: &Client, ctx: &Ctx) -> (Tone, String) {
    let t = ctx.t.keys;
    if key.hash.is_empty() {
        return (OFF, UNKNOWN.to_owned());
    }
    match key.listing {
        Listing::Listed if key.totals.requests > 0 => (QUIET, t.in_use.to_owned()),
        Listing::Listed => (OFF, t.idle.to_owned()),
        Listing::Never => (WARN, t.not_listed.to_owned()),
        Listing::Unknown => (WAIT, t.not_read.to_owned()),
        Listing::Gone(at) => {
            let year = ctx.local(ctx.now).year();
            (OFF, (t.deleted)(&ctx.lang.day(&ctx.local(at), year)))
        }
    }
}

/// The closer, the finer: `2 s ago`, `09:20 today`, `Wed 18 Nov`.
pub(super) fn when(at: At, ctx: &Ctx) -> String {
    let (t, lang) = (ctx.t.keys, ctx.lang);
    let local = ctx.local(at);
    // A clock that is ahead is no use of just now.
    if at > ctx.now + Ms::MINUTE {
        return lang.full(&local);
    }
    if ctx.now - at < Ms::HOUR {
        return (t.ago)(&ago(ctx.now - at, ctx));
    }
    if at >= ctx.zone.day_start(ctx.now) {
        return (t.today_at)(&lang.minute(&local));
    }
    let year = ctx.local(ctx.now).year();
    let weekday = local.weekday().num_days_from_monday();
    format!("{} {}", lang.short_weekday(weekday), lang.day(&local, year))
}

/// A span without tenths.
pub(super) fn ago(span: Ms, ctx: &Ctx) -> String {
    ctx.lang.span(Ms(span.0 / 1_000 * 1_000))
}
