//! The JSON of figures and requests. Fields are only ever added; what is not
//! known is `null`; times are RFC 3339; money is a decimal text in dollars with
//! nine places, so that no reader rounds it.

use serde::Serialize;

use crate::accounts::Mentions;
use crate::domain::tokens::Tokens;
use crate::domain::units::{At, Ms, NanoUsd};
use crate::store::requests::{Bucket, Quantiles, Row, Totals};
use crate::web::ctx::Ctx;

/// Tokens by bucket; the buckets do not overlap.
#[derive(Serialize)]
pub(super) struct TokenSums {
    input_uncached: i64,
    input_cache_read: i64,
    input_cache_write: i64,
    /// Without reasoning.
    output_visible: i64,
    output_reasoning: i64,
    unclassified: i64,
    total: i64,
}

#[derive(Serialize)]
pub(super) struct Spread {
    samples: i64,
    p5: Option<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

/// What is counted of requests.
#[derive(Serialize)]
pub(super) struct Sums {
    requests: i64,
    failed: i64,
    /// From 0 to 1; nothing of nothing.
    success_rate: Option<f64>,
    tokens: TokenSums,
    /// Requests with a bucket that the gateway did not count.
    unknown_tokens: i64,
    cost_usd: Option<String>,
    unpriced: i64,
    latency_ms: Spread,
    ttft_ms: Spread,
    output_tokens_per_second: Spread,
}

impl From<&Totals> for Sums {
    fn from(totals: &Totals) -> Self {
        Self {
            requests: totals.requests,
            failed: totals.failed,
            success_rate: share(totals.succeeded(), totals.requests),
            tokens: TokenSums {
                input_uncached: totals.uncached,
                input_cache_read: totals.cache_read,
                input_cache_write: totals.cache_write,
                output_visible: totals.output,
                output_reasoning: totals.reasoning,
                unclassified: totals.unclassified,
                total: totals.tokens(),
            },
            unknown_tokens: totals.unknown_tokens,
            cost_usd: totals.known_cost().map(NanoUsd::decimal),
            unpriced: totals.unpriced,
            latency_ms: Spread::from(&totals.latency),
            ttft_ms: Spread::from(&totals.ttft),
            output_tokens_per_second: Spread::from(&totals.speed),
        }
    }
}

impl From<&Quantiles> for Spread {
    fn from(quantiles: &Quantiles) -> Self {
        let Quantiles {
            samples,
            p5,
            p50,
            p95,
            p99,
        } = *quantiles;
        Self {
            samples,
            p5,
            p50,
            p95,
            p99,
        }
    }
}

/// Counts are far below where a binary fraction begins to lose them.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a share has no more than a few digits that matter"
)]
pub(super) fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// One bar of a course.
#[derive(Serialize)]
pub(super) struct Bar {
    from: String,
    to: String,
    /// Whether it is over.
    finished: bool,
    #[serde(flatten)]
    sums: Sums,
}

impl Bar {
    pub(super) fn of(bucket: &Bucket, now: At) -> Self {
        Self {
            from: bucket.from.rfc3339(),
            to: bucket.to.rfc3339(),
            finished: bucket.to <= now,
            sums: Sums::from(&bucket.totals),
        }
    }
}

/// Of a client's key what may be shown.
#[derive(Serialize)]
pub(super) struct KeyName {
    pub(super) id: String,
    pub(super) mask: String,
    pub(super) alias: Option<String>,
}

#[derive(Serialize)]
pub(super) struct AccountName {
    id: String,
    label: String,
    auth_type: String,
    /// How it is now; `null` for one that the gateway never listed.
    now: Option<AccountNow>,
}

/// What the gateway and the last requests say of an account at this moment.
#[derive(Serialize)]
pub(super) struct AccountNow {
    state: &'static str,
    /// When it stops cooling down.
    until: Option<String>,
    plan: String,
    note: String,
}

impl AccountNow {
    pub(super) fn of(index: &str, mentions: &Mentions, ctx: &Ctx) -> Option<Self> {
        let (known, standing) = mentions.of(index)?;
        let title = &known.listed.title;
        Some(Self {
            state: standing.state.code(),
            until: standing.until.map(At::rfc3339),
            plan: known.listed.plan.clone(),
            note: ctx.without_name(&known.listed.note, title),
        })
    }
}

#[derive(Serialize)]
pub(super) struct RequestTokens {
    input_uncached: Option<i64>,
    input_cache_read: Option<i64>,
    input_cache_write: Option<i64>,
    output_visible: Option<i64>,
    output_reasoning: Option<i64>,
    unclassified: i64,
}

impl From<&Tokens> for RequestTokens {
    fn from(tokens: &Tokens) -> Self {
        Self {
            input_uncached: tokens.uncached,
            input_cache_read: tokens.cache_read,
            input_cache_write: tokens.cache_write,
            output_visible: tokens.output,
            output_reasoning: tokens.reasoning,
            unclassified: tokens.unclassified,
        }
    }
}

/// One upstream attempt, as a list shows it.
#[derive(Serialize)]
pub(super) struct Attempt {
    id: String,
    time: String,
    request_id: Option<String>,
    failed: bool,
    http: i32,
    provider: String,
    model: String,
    alias: String,
    account: AccountName,
    key: Option<KeyName>,
    endpoint: String,
    effort: String,
    tier: String,
    served_tier: String,
    latency_ms: Option<i64>,
    ttft_ms: Option<i64>,
    tokens: RequestTokens,
    cost_usd: Option<String>,
}

impl Attempt {
    pub(super) fn of(row: &Row, mentions: &Mentions, ctx: &Ctx) -> Self {
        let ms = |span: Option<Ms>| span.map(|span| span.0);
        let label = match row.account.label.as_str() {
            "" => &row.account.identity,
            label => label,
        };
        Self {
            id: row.key.to_string(),
            time: row.key.at.rfc3339(),
            request_id: text(&row.request_id),
            failed: row.failed,
            http: row.status,
            provider: row.provider.clone(),
            model: row.model.clone(),
            alias: row.alias.clone(),
            account: AccountName {
                id: row.account.identity.clone(),
                label: ctx.identity(label),
                auth_type: row.account.auth_type.clone(),
                now: AccountNow::of(&row.account.identity, mentions, ctx),
            },
            key: (!row.client_key.hash.is_empty()).then(|| KeyName {
                id: row.client_key.hash.clone(),
                mask: row.client_key.mask.clone(),
                alias: text(&row.client_key.alias).filter(|_| !ctx.prefs.mask),
            }),
            endpoint: row.endpoint.clone(),
            effort: row.effort.clone(),
            tier: row.tier.clone(),
            served_tier: row.served_tier.clone(),
            latency_ms: ms(row.latency),
            ttft_ms: ms(row.ttft),
            tokens: RequestTokens::from(&row.tokens),
            cost_usd: row.cost.map(NanoUsd::decimal),
        }
    }
}

/// `None` for what is empty.
pub(super) fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
