//! Prices in words: layers, rules, rates and what else a price knows.

use super::sheet::Wrong;
use crate::domain::pricing::{Entry, Price, Quote, Rate, TierHow};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::pages::cell::Cell;
pub(super) use crate::pages::terms::{layer, rule, when};
use crate::web::ctx::Ctx;

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
        rate(rates.input, t.no_rate_why),
        rate(rates.cache_read, t.like_input),
        rate(write, t.like_input),
        rate(rates.output, t.no_rate_why),
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
    // A request that uses what has no rate has no cost.
    for (missing, name) in [
        (price.rates.input.is_none(), t.input),
        (price.rates.output.is_none(), t.output),
    ] {
        if missing {
            parts.push((t.unpriced_with)(name));
        }
    }
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

/// What is wrong with what was typed.
pub(super) fn wrong(t: &'static Texts, wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::NotANumber => t.not_a_number,
        Wrong::Negative => t.negative,
        Wrong::TooLarge => t.too_large,
        Wrong::NoModel => t.no_model,
        Wrong::NoRate => t.no_rate,
        Wrong::NotACount => t.not_a_count,
        Wrong::Twice => t.twice,
    }
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
