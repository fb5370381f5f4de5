//! What needs a person: a collector that does not collect, records that may be
//! missing or could not be read, accounts that fail. Each says why and offers
//! one way on.

use crate::domain::collection::State;
use crate::domain::filter::{Outcome, Selection, View};
use crate::domain::soundness::Soundness;
use crate::domain::time::Range;
use crate::domain::units::{At, Ms};
use crate::i18n::plain;
use crate::pages::cell;
use crate::pages::diagnosis::Diagnosis;
use crate::store;
use crate::store::names::Names;
use crate::store::report::{self, Question};
use crate::store::requests::{Choice, Dimension, Totals};
use crate::web::ctx::Ctx;
use crate::web::reader::{BAD, INFO, Tone, WARN};

/// An account fails when at least half of at least so many requests of the
/// last hour did.
const FAIR_SAMPLE: i64 = 5;
const MOST: usize = 5;

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub tone: Tone,
    pub who: String,
    pub what: String,
    pub why: String,
    pub action: &'static str,
    pub href: String,
}

/// An account that fails, and its commonest status.
#[derive(Clone, Debug)]
pub(super) struct Troubled {
    pub account: Choice,
    pub requests: i64,
    pub failed: i64,
    pub status: Option<i32>,
}

pub(super) fn troubled(
    c: &mut store::Connection,
    names: &Names,
    now: At,
) -> store::Result<Vec<Troubled>> {
    let hour = Selection::between(now - Ms::HOUR, now + Ms(1));
    let question = Question {
        by: vec![Dimension::Account],
        limit: 1000,
        ..Question::default()
    };
    let found = report::of(c, names, &hour, &question)?.by;
    let mut troubled = Vec::new();
    for (account, totals) in found.into_iter().flatten() {
        let fails = totals.requests >= FAIR_SAMPLE && totals.failed * 2 >= totals.requests;
        if !fails || account.value.is_empty() || troubled.len() == MOST {
            continue;
        }
        let question = Question {
            by: vec![Dimension::Status],
            limit: 1,
            ..Question::default()
        };
        let only = Selection {
            accounts: vec![account.value.clone()],
            outcome: Some(Outcome::Failed),
            ..hour.clone()
        };
        let statuses = report::of(c, names, &only, &question)?.by;
        let status = statuses.iter().flatten().next();
        troubled.push(Troubled {
            status: status.and_then(|(choice, _)| choice.value.parse().ok()),
            requests: totals.requests,
            failed: totals.failed,
            account,
        });
    }
    Ok(troubled)
}

pub(super) fn items(ctx: &Ctx, troubled: &[Troubled], models: &[(Choice, Totals)]) -> Vec<Item> {
    let (t, lang, status) = (ctx.t.home, ctx.lang, &ctx.status);
    let mut items = Vec::new();
    let diagnosis = Diagnosis::of(ctx);
    let damaged = ctx.soundness.damage().is_some();
    if damaged || matches!(ctx.soundness, Soundness::Unknown(_)) {
        items.push(Item {
            tone: if damaged { BAD } else { WARN },
            who: String::new(),
            what: if damaged {
                t.damaged
            } else {
                t.not_looked_through
            }
            .to_owned(),
            why: if damaged {
                t.damaged_why
            } else {
                t.not_looked_through_why
            }
            .to_owned(),
            action: t.open_doctor,
            href: ctx.url("/doctor"),
        });
    }
    if !damaged && !diagnosis.fine && status.state != State::Starting {
        items.push(Item {
            tone: if status.state == State::Retrying {
                WARN
            } else {
                BAD
            },
            who: String::new(),
            what: diagnosis.verdict.to_owned(),
            why: t.collecting_stopped.to_owned(),
            action: t.open_doctor,
            href: ctx.url("/doctor"),
        });
    }
    if status.spooled > 0 && status.lag.is_some_and(|lag| lag > Ms(30_000)) {
        items.push(Item {
            tone: WARN,
            who: String::new(),
            what: (t.waiting)(&lang.count(status.spooled)),
            why: t.waiting_why.to_owned(),
            action: t.open_doctor,
            href: ctx.url("/doctor"),
        });
    }
    for one in troubled {
        items.push(account(one, ctx));
    }
    let since = ctx.now - Ms::DAY;
    if let Some(gap) = status.gaps.iter().find(|gap| gap.to >= since) {
        let time = |at| lang.clock(&ctx.local(at));
        items.push(Item {
            tone: INFO,
            who: String::new(),
            what: (t.gap)(&time(gap.from), &time(gap.to)),
            why: format!("{}: {}.", t.why, (ctx.t.losses.gap)(&gap.why)),
            action: t.see_collection,
            href: ctx.url("/settings/collection"),
        });
    }
    if status.rejected > 0 {
        items.push(Item {
            tone: INFO,
            who: String::new(),
            what: (t.rejects)(&lang.count(status.rejected)),
            why: t.rejects_why.to_owned(),
            action: t.see_collection,
            href: ctx.url("/settings/collection"),
        });
    }
    items.extend(unpriced(models, ctx));
    items
}

/// Models whose requests cost something nobody knows, in one item.
fn unpriced(models: &[(Choice, Totals)], ctx: &Ctx) -> Option<Item> {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let tokens = |totals: &Totals| totals.uncached + totals.output + totals.unclassified;
    let unpriced: Vec<&(Choice, Totals)> = models
        .iter()
        .filter(|(model, totals)| {
            let never = totals.cost.0 == 0 && totals.unpriced > 0;
            never && tokens(totals) > 0 && !model.value.is_empty()
        })
        .collect();
    let requests: i64 = unpriced.iter().map(|(_, totals)| totals.unpriced).sum();
    let names: Vec<_> = unpriced
        .iter()
        .map(|(model, _)| plain(&model.value))
        .collect();
    let why = (t.unpriced_why)(&lang.count(requests));
    let (who, what, why) = match names.as_slice() {
        [] => return None,
        [one] => (one.to_string(), t.unpriced_one.to_owned(), why),
        several => {
            let listed = several.get(..3).unwrap_or(several).join(", ");
            let dots = if several.len() > 3 { ", …" } else { "" };
            let why = format!("{listed}{dots}. {why}");
            (String::new(), (t.unpriced_several)(several.len()), why)
        }
    };
    Some(Item {
        tone: INFO,
        who,
        what,
        why,
        action: t.set_price,
        href: ctx.url("/usage/prices"),
    })
}

fn account(one: &Troubled, ctx: &Ctx) -> Item {
    let (t, lang) = (ctx.t.home, ctx.lang);
    let label = if one.account.label.is_empty() {
        &one.account.value
    } else {
        &one.account.label
    };
    let identity = one.account.value.clone();
    let view = View::default().over(Range::LastHour).narrowed(|only| {
        only.accounts = vec![identity];
        only.outcome = Some(Outcome::Failed);
    });
    Item {
        tone: WARN,
        who: ctx.identity(label),
        what: (t.account_fails)(&lang.count(one.failed), &lang.count(one.requests)),
        why: one.status.map_or_else(String::new, |status| {
            (t.mostly)(&cell::Outcome::of(true, status, ctx.t.requests).word)
        }),
        action: t.see_failures,
        href: ctx.url(&view.url("/requests")),
    }
}
