//! The terms of a price in words: its layer, how the name was met, when a
//! multiplier holds. Pages of prices and the bill of a request say them alike.

use std::fmt::Write as _;

use crate::domain::pricing::{Layer, Rule, Via, When};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::web::ctx::Ctx;

/// The layer an entry is of.
#[must_use]
pub fn layer(t: &'static Texts, layer: Layer) -> &'static str {
    match layer {
        Layer::Override => t.own,
        Layer::Synced => t.synced,
        Layer::BuiltIn => t.built_in,
    }
}

/// How the name was met, where it was not simply the name.
#[must_use]
pub fn via(t: &'static Texts, via: Via) -> &'static str {
    match via {
        Via::Name => "",
        Via::Case => t.via_case,
        Via::Suffix => t.via_suffix,
        Via::Prefix => t.via_prefix,
        Via::Release => t.via_release,
        Via::Effort => t.via_effort,
        Via::Spelling => t.via_spelling,
        Via::ListPrefix => t.via_list_prefix,
        Via::Preview => t.via_preview,
        Via::Pattern => t.via_pattern,
    }
}

/// The rule that matched, and how.
#[must_use]
pub fn rule(t: &'static Texts, rule: &Rule) -> String {
    let mut text = plain(&rule.model).into_owned();
    if let Some(like) = &rule.like {
        text = format!("{}, {}", plain(like), (t.costs_like)(&text));
    }
    let how = via(t, rule.via);
    if !how.is_empty() {
        let _ = write!(text, ", {how}");
    }
    text
}

/// When a multiplier holds.
#[must_use]
pub fn when(ctx: &Ctx, when: &When) -> String {
    let t = ctx.t.prices;
    match when {
        When::Tier { tier, up_to: None } => (t.when_tier)(&plain(tier)),
        When::Tier {
            tier,
            up_to: Some(most),
        } => (t.when_tier_up_to)(&plain(tier), &ctx.lang.count(*most)),
        When::Above { over } => (t.when_above)(&ctx.lang.count(*over)),
        When::Provider(name) => (t.when_provider)(&plain(name.as_str())),
        When::Account(identity) => (t.when_account)(&ctx.identity(identity)),
    }
}
