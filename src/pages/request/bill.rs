//! The cost of one request line by line: tokens × rate × multipliers, and the
//! terms it was priced under: which price, how the name was matched, where it
//! comes from, tier, context and multipliers. Nothing is worked out anew but
//! what it would cost today, and that says so.

use chrono::Datelike as _;

use super::facts::Fact;
use crate::domain::event::Event;
use crate::domain::pricing::{
    Bucket, Factor, Layer, Line, Multiplier, PriceBook, Rule, Terms, TierUsed, Usage, Via,
};
use crate::domain::units::NanoUsd;
use crate::i18n::{UNKNOWN, plain};
use crate::pages::cell::Cell;
use crate::pages::{scale, terms};
use crate::store::requests::Detail;
use crate::web::ctx::Ctx;

pub(super) struct Bill {
    pub lines: Vec<BillLine>,
    pub total: String,
    pub tokens: String,
    /// Why there is no cost; empty when there is one.
    pub unpriced: String,
    /// Where the rates and the multipliers come from.
    pub terms: Vec<Fact>,
}

pub(super) struct BillLine {
    pub name: &'static str,
    /// Why it has the rate of another bucket; empty where it has its own.
    pub like: &'static str,
    pub amount: Cell,
    pub rate: String,
    pub factor: String,
    pub cost: String,
}

impl Bill {
    /// `book` is the one in force now.
    pub(super) fn new(detail: &Detail, book: &PriceBook, ctx: &Ctx) -> Self {
        let (event, lang) = (&detail.event, ctx.lang);
        let usage = Usage::from(event);
        let today = book.cost(&usage);
        let today = (today.nanos() != detail.cost).then(|| anew(today.nanos(), &usage, ctx));
        let Some(terms) = &detail.terms else {
            return Self {
                lines: Vec::new(),
                total: String::new(),
                tokens: String::new(),
                unpriced: match detail.cost {
                    Some(_) => String::new(),
                    None => (ctx.t.request.unpriced)("no_price").to_owned(),
                },
                terms: not_found(&usage, ctx).into_iter().chain(today).collect(),
            };
        };
        let cost = terms.clone().bill(&event.tokens, event.failed);
        let counted = cost.lines.iter();
        let counted = counted.filter(|line| line.bucket != Bucket::Request);
        let mut facts = explained(terms, event, ctx);
        facts.extend(today);
        let mut lines: Vec<BillLine> = cost.lines.iter().map(|line| shown(line, ctx)).collect();
        // The rate of a call is of another kind.
        let of_tokens = lines.iter_mut().zip(&cost.lines);
        let of_tokens = of_tokens.filter(|(_, line)| line.bucket != Bucket::Request);
        scale::even(
            &mut of_tokens
                .map(|(line, _)| &mut line.rate)
                .collect::<Vec<_>>(),
        );
        scale::even(
            &mut lines
                .iter_mut()
                .map(|line| &mut line.factor)
                .collect::<Vec<_>>(),
        );
        let mut total = detail.cost.map_or_else(|| UNKNOWN.to_owned(), exact);
        let costs = lines.iter_mut().map(|line| &mut line.cost);
        scale::even(&mut costs.chain([&mut total]).collect::<Vec<_>>());
        Self {
            tokens: lang.count(counted.map(|line| line.amount).sum()),
            total,
            lines,
            unpriced: cost.unpriced.map_or_else(String::new, |why| {
                (ctx.t.request.unpriced)(why.code()).to_owned()
            }),
            terms: facts,
        }
    }
}

/// The name that no price was found for, and where to set one.
fn not_found(usage: &Usage<'_>, ctx: &Ctx) -> Option<Fact> {
    let t = ctx.t.request;
    let pairs = [("model", usage.named()), ("provider", usage.provider)];
    (!usage.named().is_empty()).then(|| Fact {
        aside: (t.looked_up)(&plain(usage.named())),
        link: Some((
            ctx.t.prices.set_price,
            ctx.url(&query("/usage/prices/edit", &pairs)),
        )),
        ..Fact::new(t.price, UNKNOWN)
    })
}

fn shown(line: &Line, ctx: &Ctx) -> BillLine {
    let (h, p) = (ctx.t.home, ctx.t.prices);
    BillLine {
        name: match line.bucket {
            Bucket::Input => h.uncached,
            Bucket::CacheRead => h.cache_read,
            Bucket::CacheWrite => h.cache_write,
            Bucket::Output => h.output,
            Bucket::Reasoning => h.reasoning,
            Bucket::Request => ctx.t.request.per_request,
        },
        like: match line.like {
            Some(Bucket::Input) => p.like_input,
            Some(_) => p.like_output,
            None => "",
        },
        amount: match line.bucket {
            Bucket::Request => Cell::none(),
            _ => Cell::count(Some(line.amount), ctx.lang, ctx.t.requests),
        },
        // The rate of a call is kept for a million of them.
        rate: match line.bucket {
            Bucket::Request => exact(NanoUsd(line.rate.0 / 1_000_000)),
            _ => format!("${}", line.rate),
        },
        factor: line.factor.to_string(),
        cost: exact(line.nanos),
    }
}

/// The terms, one fact each.
fn explained(terms: &Terms, event: &Event, ctx: &Ctx) -> Vec<Fact> {
    let (t, p, lang) = (ctx.t.request, ctx.t.prices, ctx.lang);
    let rule = &terms.rule;
    let day = lang.day(&ctx.local(terms.as_of), ctx.local(ctx.now).year());
    let mut of = vec![terms::layer(p, rule.layer).to_owned()];
    if !rule.seller.is_empty() {
        of.push((p.sold_by)(&plain(&rule.seller)));
    }
    let mut facts = vec![
        Fact {
            code: true,
            aside: of.join(", "),
            link: Some((t.open_price, ctx.url(&listed(rule)))),
            ..Fact::new(t.price, &rule.model)
        },
        Fact {
            aside: (t.looked_up)(&plain(Usage::from(event).named())),
            ..Fact::new(t.matched, &matched(rule, ctx))
        },
        Fact {
            aside: (t.known_from)(&day),
            ..Fact::new(
                t.source,
                match terms.source.as_str() {
                    "" | "manual" => terms::layer(p, rule.layer),
                    source => source,
                },
            )
        },
        Fact::new(t.tier, &tier(&terms.tier, event, ctx)),
    ];
    if let Some(over) = terms.over {
        let value = match &terms.stretched {
            Some(by) => format!("{}: {}", terms::when(ctx, &by.when), times(by, ctx)),
            None => (t.own_rates_above)(&lang.count(over)),
        };
        facts.push(Fact::new(t.long_context, &value));
    }
    facts.push(match &terms.adjusted {
        Some(by) => Fact {
            link: Some((p.multipliers, ctx.url("/usage/prices/multipliers"))),
            ..Fact::new(
                t.multiplier,
                &format!("{}: {}", terms::when(ctx, &by.when), times(by, ctx)),
            )
        },
        None => Fact::new(t.multiplier, t.no_multiplier),
    });
    facts
}

/// How the name of the model was met by the name of the price.
fn matched(rule: &Rule, ctx: &Ctx) -> String {
    let (t, p) = (ctx.t.request, ctx.t.prices);
    let how = match rule.via {
        Via::Name => t.by_name,
        via => terms::via(p, via),
    };
    match &rule.like {
        Some(like) => format!(
            "{}, {how}; {}",
            plain(like),
            (p.costs_like)(&plain(&rule.model))
        ),
        None => how.to_owned(),
    }
}

/// The price in its list.
fn listed(rule: &Rule) -> String {
    let show = match rule.layer {
        Layer::Override => "own",
        Layer::Synced => "synced",
        Layer::BuiltIn => "built_in",
    };
    query("/usage/prices", &[("show", show), ("q", &rule.model)])
}

fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("{path}?{query}")
}

/// What the tier asked for and the one served made of the price.
fn tier(used: &TierUsed, event: &Event, ctx: &Ctx) -> String {
    let t = ctx.t.request;
    let (asked, served) = (plain(&event.tier), plain(&event.served_tier));
    let said = match (asked.as_ref(), served.as_ref()) {
        ("", "") => return t.tier_standard.to_owned(),
        (tier, "") | ("", tier) => tier.to_owned(),
        (asked, served) if asked == served => served.to_owned(),
        (asked, served) => (t.asked_got)(asked, served),
    };
    let means = match used {
        TierUsed::Standard => t.tier_standard.to_owned(),
        TierUsed::Own(tier) => (t.tier_own)(&plain(tier)),
        TierUsed::Times(_, input, output) => in_out(*input, *output, ctx),
        TierUsed::NotSold { tier, up_to } => {
            (t.tier_not_sold)(&plain(tier), &ctx.lang.count(*up_to))
        }
        TierUsed::Unlisted => t.tier_unlisted.to_owned(),
    };
    format!("{said}: {means}")
}

fn times(by: &Multiplier, ctx: &Ctx) -> String {
    in_out(by.input, by.output, ctx)
}

fn in_out(input: Factor, output: Factor, ctx: &Ctx) -> String {
    if input == output {
        return format!("× {input}");
    }
    (ctx.t.request.in_out)(&input.to_string(), &output.to_string())
}

/// What the same tokens would cost with the prices of today.
fn anew(cost: Option<NanoUsd>, usage: &Usage<'_>, ctx: &Ctx) -> Fact {
    let t = ctx.t.request;
    let value = cost.map_or_else(|| t.no_cost_today.to_owned(), exact);
    let pairs = [("model", usage.named()), ("range", "all")];
    Fact {
        link: Some((
            ctx.t.prices.anew,
            ctx.url(&query("/usage/prices/anew", &pairs)),
        )),
        ..Fact::new(t.today, &value)
    }
}

/// To the nano-dollar, so that a bill adds up as it is read; six decimals where
/// they say all.
fn exact(cost: NanoUsd) -> String {
    let dollars = cost.decimal();
    if cost.0 == 0 {
        return "$0".to_owned();
    }
    format!("${}", dollars.strip_suffix("000").unwrap_or(&dollars))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_of_a_bill_is_whole() {
        assert_eq!(exact(NanoUsd(5_278_000)), "$0.005278");
        assert_eq!(exact(NanoUsd(0)), "$0");
        assert_eq!(exact(NanoUsd(1_234_567_890)), "$1.234567890");
        assert_eq!(exact(NanoUsd(1_000_000_000)), "$1.000000");
    }
}
