//! Prices in words: layers, rules, rates and what else a price knows.

use std::fmt::Write as _;

use crate::domain::pricing::{Entry, Layer, Price, Quote, Rate, Rule, TierHow, Via};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::pages::cell::Cell;
use crate::web::ctx::Ctx;

pub(super) fn layer(t: &'static Texts, layer: Layer) -> &'static str {
    match layer {
        Layer::Override => t.own,
        Layer::Synced => t.synced,
        Layer::BuiltIn => t.built_in,
    }
}

/// How the name was met, where it was not simply the name.
pub(super) fn via(t: &'static Texts, via: Via) -> &'static str {
    match via {
        Via::Name => "",
        Via::Case => t.via_case,
        Via::Suffix => t.via_suffix,
        Via::Prefix => t.via_prefix,
        Via::Release => t.via_release,
        Via::Effort => t.via_effort,
        Via::Spelling => t.via_spelling,
        Via::ListPrefix => t.via_list_prefix,
        Via::Pattern => t.via_pattern,
    }
}

/// The rule that matched, and how.
pub(super) fn rule(t: &'static Texts, rule: &Rule) -> String {
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

/// A rate; `why` says what is charged where there is none.
pub(super) fn rate(rate: Option<Rate>, why: &'static str) -> Cell {
    match rate {
        Some(Rate::ZERO) => Cell {
            class: "zero",
            ..Cell::new(String::from("0"))
        },
        Some(rate) => Cell::new(rate.to_string()),
        None => Cell {
            why,
            ..Cell::none()
        },
    }
}

/// Input, cache read, cache write, output.
pub(super) fn rates(t: &'static Texts, price: &Price) -> [Cell; 4] {
    let rates = &price.rates;
    let write = if price.long_cache {
        rates.cache_write_long.or(rates.cache_write)
    } else {
        rates.cache_write
    };
    [
        rate(rates.input, ""),
        rate(rates.cache_read, t.like_input),
        rate(write, t.like_input),
        rate(rates.output, ""),
    ]
}

/// What the price knows besides: thresholds, tiers, a price a call.
pub(super) fn more(ctx: &Ctx, price: &Price) -> String {
    let t = ctx.t.prices;
    let thousands = |tokens: i64| match tokens % 1_000 {
        0 => format!("{} k", tokens / 1_000),
        _ => ctx.lang.count(tokens),
    };
    let mut parts: Vec<String> = Vec::new();
    for band in &price.above {
        parts.push((t.above)(&thousands(band.over)));
    }
    for tier in &price.tiers {
        parts.push(match &tier.how {
            TierHow::Times(factor) => format!("{} × {factor}", plain(&tier.tier)),
            TierHow::Own { .. } => plain(&tier.tier).into_owned(),
        });
    }
    if let Some(reasoning) = price.rates.reasoning {
        parts.push(format!("{} {reasoning}", t.reasoning));
    }
    if let Some(request) = price.request {
        parts.push(format!("{} {}", t.per_request, ctx.lang.money(request)));
    }
    parts.join(", ")
}

/// Where an entry comes from and since when.
pub(super) fn source(ctx: &Ctx, entry: &Entry) -> String {
    use chrono::Datelike as _;
    let year = ctx.local(ctx.now).year();
    let day = ctx.lang.day(&ctx.local(entry.as_of), year);
    match entry.source.as_str() {
        "manual" => format!("{}, {day}", ctx.t.prices.own),
        source => format!("{}, {day}", plain(source)),
    }
}

pub(super) fn price(quote: &Quote) -> Option<&Price> {
    match quote {
        Quote::Price(price) => Some(price),
        Quote::Like(_) => None,
    }
}

/// A path of the panel with a query.
pub(super) fn address<'a>(
    ctx: &Ctx,
    path: &str,
    query: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut query = query
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .peekable();
    if query.peek().is_none() {
        return ctx.url(path);
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    format!("{}?{query}", ctx.url(path))
}
