//! All attempts of one request on one time axis, from the first start to the
//! last end.

use crate::accounts::Mentions;
use crate::domain::event::EventKey;
use crate::domain::units::{At, Ms};
use crate::pages::cell::{self, Cell, Outcome};
use crate::pages::chart::{self, N, Tick};
use crate::pages::who::Card;
use crate::store::requests::{Detail, Row};
use crate::web::ctx::Ctx;
use crate::web::reader::GOOD;

#[derive(Clone, Debug)]
pub(super) struct Attempts {
    pub rows: Vec<Attempt>,
    /// Which of them this page is about, from 1.
    pub this: usize,
    pub ticks: Vec<Tick>,
    pub summary: String,
}

#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub name: String,
    /// Empty for the one this page is about.
    pub href: String,
    pub provider: String,
    pub account: String,
    /// How the account is now.
    pub card: Card,
    pub outcome: Outcome,
    pub failed: bool,
    /// In thousandths of the axis.
    pub x: N,
    pub width: N,
    pub wait: N,
    pub start: Cell,
    pub ttft: Cell,
    pub latency: Cell,
}

/// What an attempt needs of an event, whether it is this one or another.
struct Span<'a> {
    key: EventKey,
    provider: &'a str,
    account: String,
    card: Card,
    failed: bool,
    status: i32,
    latency: Option<Ms>,
    ttft: Option<Ms>,
}

impl Attempts {
    /// `None` when there was only one.
    pub(super) fn new(detail: &Detail, mentions: &Mentions, ctx: &Ctx) -> Option<Self> {
        if detail.attempts.is_empty() {
            return None;
        }
        let (t, lang) = (ctx.t.request, ctx.lang);
        let event = &detail.event;
        let mut spans: Vec<Span<'_>> = detail
            .attempts
            .iter()
            .map(|row| span(row, mentions, ctx))
            .collect();
        spans.push(Span {
            key: event.key,
            provider: &event.provider,
            account: cell::account(ctx, &event.account),
            card: Card::of(&event.account.identity, mentions, ctx),
            failed: event.failed,
            status: event.status,
            latency: event.latency,
            ttft: event.ttft,
        });
        spans.sort_by_key(|span| span.key);
        let start = spans.first().map_or(event.key.at, |span| span.key.at);
        let end = spans.iter().map(end).max().unwrap_or(start);
        let whole = (end - start).0.max(1);
        let on_axis = |ms: i64| N(chart::per_mille(ms, whole));
        let of = spans.len();
        let this = spans
            .iter()
            .position(|span| span.key == event.key)
            .unwrap_or(0)
            + 1;
        let rows = spans
            .iter()
            .enumerate()
            .map(|(i, span)| {
                let here = i + 1 == this;
                let latency = span.latency.unwrap_or_default().0;
                let outcome = Outcome::of(span.failed, span.status, ctx.t.requests);
                Attempt {
                    name: if here {
                        t.this_one.to_owned()
                    } else {
                        (t.one_of)(i + 1, of)
                    },
                    href: if here {
                        String::new()
                    } else {
                        ctx.url(&format!("/requests/{}", span.key))
                    },
                    provider: cell::provider(span.provider),
                    account: span.account.clone(),
                    card: span.card.clone(),
                    outcome: if span.failed {
                        outcome
                    } else {
                        Outcome {
                            tone: GOOD,
                            ..outcome
                        }
                    },
                    failed: span.failed,
                    x: on_axis((span.key.at - start).0),
                    width: on_axis(latency.max(whole / 120)),
                    wait: on_axis(span.ttft.map_or(0, |ttft| ttft.0.min(latency))),
                    start: Cell::new(lang.seconds(span.key.at - start)),
                    ttft: Cell::seconds(span.ttft, lang),
                    latency: Cell::seconds(span.latency, lang),
                }
            })
            .collect();
        Some(Self {
            rows,
            this,
            ticks: chart::second_ticks(Ms(whole), ctx.t.requests.second),
            summary: (t.waited)(&lang.seconds(Ms(whole)), &of.to_string()),
        })
    }
}

fn span<'a>(row: &'a Row, mentions: &Mentions, ctx: &Ctx) -> Span<'a> {
    Span {
        key: row.key,
        provider: &row.provider,
        account: cell::account(ctx, &row.account),
        card: Card::of(&row.account.identity, mentions, ctx),
        failed: row.failed,
        status: row.status,
        latency: row.latency,
        ttft: row.ttft,
    }
}

fn end(span: &Span<'_>) -> At {
    span.key.at + span.latency.unwrap_or_default()
}
