//! One account as a row, and the heads of the columns.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::past;
use super::super::words::{self, Said, Strip};
use super::view::{By, View};
use crate::accounts::Served;
use crate::domain::account::standing::Standing;
use crate::domain::account::{Kind, Known};
use crate::domain::filter::Outcome;
use crate::domain::units::NanoUsd;
use crate::i18n::{UNKNOWN, plain};
use crate::store::endings::Recent;
use crate::store::requests::Totals;
use crate::web::ctx::Ctx;

/// What all accounts did in the range.
#[derive(Default)]
pub(super) struct Sums {
    pub by_index: HashMap<String, Totals>,
    /// Of accounts that have an index which others have or had as well.
    pub apart: HashMap<i64, Totals>,
}

impl Sums {
    fn of(&self, known: &Known) -> Totals {
        if !known.tenures.is_empty() {
            return self.apart.get(&known.id).cloned().unwrap_or_default();
        }
        let mut sum = Totals::default();
        let parts = known.indexes.iter();
        for part in parts.filter_map(|index| self.by_index.get(index)) {
            sum.add(part);
        }
        sum
    }
}

/// An account with everything a list can ask of it.
pub(super) struct Entry<'a> {
    pub known: &'a Arc<Known>,
    pub recent: Recent,
    pub standing: Standing,
    pub totals: Totals,
    served: Option<Served>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(
        known: &'a Arc<Known>,
        recent: Recent,
        standing: Standing,
        served: Option<Served>,
        totals: &Sums,
    ) -> Self {
        Self {
            known,
            recent,
            standing,
            totals: totals.of(known),
            served,
        }
    }

    pub(super) fn tokens(&self) -> i64 {
        let t = &self.totals;
        let input = t.uncached + t.cache_read + t.cache_write;
        input + t.output + t.reasoning + t.unclassified
    }

    /// `search` is in lower case; who it is cannot be found while names are
    /// hidden.
    pub(super) fn mentions(&self, search: &str, hidden: bool) -> bool {
        let listed = &self.known.listed;
        let names = [&listed.title, &listed.name];
        let texts = [&listed.note, &listed.plan, &listed.provider];
        let models = self.served.iter().flat_map(|served| served.models.iter());
        names
            .into_iter()
            .filter(|_| !hidden || listed.kind == Kind::Key)
            .chain(texts)
            .chain(models)
            .any(|text| text.to_lowercase().contains(search))
    }
}

pub(super) struct Row {
    pub id: i64,
    pub href: String,
    pub name: String,
    pub kind: String,
    pub note: String,
    pub said: Said,
    pub strip: Strip,
    pub requests: String,
    /// Where they are listed; `None` without any.
    pub requests_href: Option<String>,
    pub failed: String,
    pub failed_href: Option<String>,
    pub tokens: String,
    pub cost: String,
    pub last_used: String,
    pub priority: String,
    pub weight: String,
    pub renewed: String,
    pub expires: String,
    /// Whether a button switches it, and to what.
    pub switch: Option<bool>,
    /// Where the button comes back to.
    pub back: String,
}

impl Row {
    pub(super) fn new(ctx: &Ctx, entry: &Entry<'_>, view: &View) -> Self {
        let (known, lang, t) = (entry.known, ctx.lang, ctx.t.accounts);
        let listed = &known.listed;
        let rows = past::requests(ctx, known, view.range());
        let requests = |outcome| {
            let rows = rows.as_ref()?.narrowed(|only| only.outcome = outcome);
            Some(ctx.url(&rows.url("/requests")))
        };
        let number = |n: Option<i64>| n.map_or_else(String::new, |n| lang.count(n));
        Self {
            id: known.id,
            href: ctx.url(&format!("/accounts/{}", known.id)),
            name: words::name(ctx, known),
            kind: words::kind(ctx, known),
            note: plain(&listed.note).into_owned(),
            said: words::say(ctx, known, &entry.standing),
            strip: words::strip(ctx, &entry.recent),
            requests: lang.count(entry.totals.requests),
            requests_href: requests(None),
            failed: lang.count(entry.totals.failed),
            failed_href: requests(Some(Outcome::Failed)),
            tokens: lang.compact(entry.tokens()),
            cost: match entry.totals.known_cost() {
                None if entry.totals.requests > 0 => UNKNOWN.to_owned(),
                None | Some(NanoUsd(0)) => String::from("0"),
                Some(cost) => lang.cents(cost),
            },
            last_used: words::ago(ctx, entry.recent.last_used()),
            priority: listed
                .priority
                .map_or_else(|| UNKNOWN.to_owned(), |n| lang.count(n)),
            weight: match number(listed.weight) {
                weight if weight.is_empty() => weight,
                weight => (t.weight)(&weight),
            },
            renewed: words::ago(ctx, listed.refreshed_at),
            expires: listed
                .expires_at
                .map_or(String::new(), |at| (t.until)(&words::day(ctx, at))),
            switch: known.can_be_switched().then_some(!listed.disabled),
            back: view.after(view.after).url(),
        }
    }
}

pub(super) struct Head {
    pub name: &'static str,
    pub number: bool,
    /// Gives way on narrow screens.
    pub minor: bool,
    /// `None`: cannot be sorted by.
    pub href: Option<String>,
    /// `ascending`, `descending` or nothing.
    pub sorted: &'static str,
}

pub(super) fn heads(ctx: &Ctx, view: &View) -> Vec<Head> {
    let t = ctx.t.accounts;
    let head = |name, by: Option<By>, number| {
        let sorted = match (by, view.sort()) {
            (Some(by), (now, turned)) if by == now => {
                if turned {
                    "descending"
                } else {
                    "ascending"
                }
            }
            _ => "",
        };
        Head {
            name,
            number,
            minor: matches!(by, Some(By::Priority | By::Renewed)),
            href: by.map(|by| ctx.url(&view.sorted(by).url())),
            sorted,
        }
    };
    vec![
        head(t.account, Some(By::Account), false),
        head(t.state, Some(By::State), false),
        head(t.last, None, false),
        head(t.requests, Some(By::Requests), true),
        head(t.failed, Some(By::Failed), true),
        head(t.tokens, Some(By::Tokens), true),
        head(t.cost, Some(By::Cost), true),
        head(t.last_used, Some(By::LastUsed), true),
        head(t.priority, Some(By::Priority), true),
        head(t.renewed, Some(By::Renewed), true),
    ]
}
