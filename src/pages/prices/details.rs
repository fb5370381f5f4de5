//! What the columns of a price table leave out, amount by amount: thresholds,
//! tiers, long cache life, reasoning, the price of a call. So that a preview
//! shows every change, also one that only long requests or a tier would feel.

use crate::domain::pricing::{Above, Price, Rates, TierHow};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::web::ctx::Ctx;

/// An amount, and what it was; empty where there is none.
pub(super) struct Detail {
    pub name: String,
    pub old: String,
    pub new: String,
}

/// All amounts beyond the columns; `old` is `None` for a price that is new.
/// Those that stay have the same text twice.
pub(super) fn compare(ctx: &Ctx, old: Option<&Price>, new: &Price) -> Vec<Detail> {
    let before = old.map_or_else(Vec::new, |old| amounts(ctx, old));
    let after = amounts(ctx, new);
    let of = |all: &[(String, String)], name: &str| {
        let mut found = all.iter().filter(|(known, _)| known == name);
        found.next().map_or(String::new(), |(_, text)| text.clone())
    };
    let gone = before
        .iter()
        .filter(|(name, _)| of(&after, name).is_empty());
    let names = after.iter().chain(gone).map(|(name, _)| name.clone());
    names
        .map(|name| Detail {
            old: of(&before, &name),
            new: of(&after, &name),
            name,
        })
        .collect()
}

fn amounts(ctx: &Ctx, price: &Price) -> Vec<(String, String)> {
    let t = ctx.t.prices;
    let mut all = Vec::new();
    let mut add = |name: String, text: String| all.push((name, text));
    let own = Rates {
        cache_write_long: price.rates.cache_write_long,
        reasoning: price.rates.reasoning,
        ..Rates::default()
    };
    rates(t, "", &own, &mut add);
    if let Some(request) = price.request {
        add(t.per_request.to_owned(), ctx.lang.money(request));
    }
    bands(ctx, "", &price.above, &mut add);
    for tier in &price.tiers {
        let name = plain(&tier.tier);
        match &tier.how {
            TierHow::Times(factor) => add(name.to_string(), format!("× {factor}")),
            TierHow::Own { rates: own, above } => {
                let prefix = format!("{name}, ");
                rates(t, &prefix, own, &mut add);
                bands(ctx, &prefix, above, &mut add);
            }
        }
        if let Some(most) = tier.up_to {
            add(format!("{name}, {}", t.up_to), ctx.lang.count(most));
        }
    }
    all
}

fn bands(ctx: &Ctx, prefix: &str, bands: &[Above], add: &mut impl FnMut(String, String)) {
    let t = ctx.t.prices;
    for band in bands {
        let prefix = format!("{prefix}{}, ", (t.above)(&ctx.lang.count(band.over)));
        rates(t, &prefix, &band.rates, add);
    }
}

fn rates(t: &Texts, prefix: &str, rates: &Rates, add: &mut impl FnMut(String, String)) {
    for (name, rate) in [
        (t.input, rates.input),
        (t.cache_read, rates.cache_read),
        (t.cache_write, rates.cache_write),
        (t.cache_write_long, rates.cache_write_long),
        (t.output, rates.output),
        (t.reasoning, rates.reasoning),
    ] {
        if let Some(rate) = rate {
            add(format!("{prefix}{name}"), rate.to_string());
        }
    }
}
