//! Golden cases. Each amount is derived by hand in its comment, in dollars:
//! tokens in millions times dollars per million. No case copies what the code
//! once printed.

use super::*;
use crate::domain::tokens::{Quality, Tokens};
use crate::domain::units::At;

/// Counts of one request; the rest zero.
#[derive(Clone, Copy, Default)]
struct Counts {
    input: i64,
    read: i64,
    write: i64,
    output: i64,
    reasoning: i64,
}

impl Counts {
    fn tokens(self) -> Tokens {
        Tokens {
            uncached: Some(self.input),
            cache_read: Some(self.read),
            cache_write: Some(self.write),
            output: Some(self.output),
            reasoning: Some(self.reasoning),
            unclassified: 0,
            quality: Quality::Complete,
        }
    }
}

const HUNDRED_K: Counts = Counts {
    input: 100_000,
    read: 0,
    write: 0,
    output: 1_000,
    reasoning: 0,
};
const LONG: Counts = Counts {
    input: 300_000,
    ..HUNDRED_K
};

struct Request {
    model: &'static str,
    provider: &'static str,
    account: &'static str,
    tier: &'static str,
    served: &'static str,
    failed: bool,
}

const REQUEST: Request = Request {
    model: "m",
    provider: "codex",
    account: "a1",
    tier: "auto",
    served: "",
    failed: false,
};

impl Request {
    fn cost(&self, book: &PriceBook, tokens: &Tokens) -> Cost {
        book.cost(&Usage {
            model: self.model,
            alias: "as-asked",
            provider: self.provider,
            account: self.account,
            tier: self.tier,
            served_tier: self.served,
            failed: self.failed,
            tokens,
        })
    }
}

fn usd(text: &str) -> Option<Rate> {
    Rate::per_million(text).ok()
}

fn entry(model: &str, price: Price) -> Entry {
    Entry {
        model: model.to_owned(),
        seller: String::new(),
        quote: Quote::Price(price),
        source: String::from("manual"),
        as_of: At(0),
    }
}

fn price(input: &str, output: &str) -> Price {
    Price {
        rates: Rates {
            input: usd(input),
            output: usd(output),
            ..Rates::default()
        },
        ..Price::default()
    }
}

fn priced(model: &str, price: Price) -> PriceBook {
    PriceBook::new(vec![entry(model, price)], Vec::new(), Vec::new())
}

/// Dollars with nine decimals.
fn dollars(cost: &Cost) -> String {
    cost.nanos().map_or_else(
        || cost.unpriced.unwrap().code().to_owned(),
        |nanos| format!("{}.{:09}", nanos.0 / 1_000_000_000, nanos.0 % 1_000_000_000),
    )
}

#[track_caller]
fn check(book: &PriceBook, request: &Request, counts: Counts, expected: &str) {
    let cost = request.cost(book, &counts.tokens());
    assert_eq!(dollars(&cost), expected, "{:#?}", cost.terms);
}

/// {5, 30, cache 0.5} entered by hand: tiers and long context come from the
/// multipliers that ship with the program.
fn gpt_5_5() -> PriceBook {
    let mut price = price("5", "30");
    price.rates.cache_read = usd("0.5");
    priced("gpt-5.5", price)
}

const GPT: Request = Request {
    model: "gpt-5.5",
    ..REQUEST
};

#[test]
fn priority_of_a_hand_made_entry_is_a_multiplier() {
    // 0.1 × 5 × 2.5 + 0.001 × 30 × 2.5
    for request in [
        Request {
            tier: "priority",
            ..GPT
        },
        Request {
            tier: "fast",
            ..GPT
        },
        Request {
            served: "Priority",
            ..GPT
        },
    ] {
        check(&gpt_5_5(), &request, HUNDRED_K, "1.325000000");
    }
}

#[test]
fn long_context_is_a_multiplier_where_no_threshold_is_stated() {
    // 0.3 × 5 × 2 + 0.001 × 30 × 1.5, and priority is not sold at that length
    for tier in ["auto", "priority"] {
        check(&gpt_5_5(), &Request { tier, ..GPT }, LONG, "3.045000000");
    }
    let asked = Request {
        tier: "priority",
        ..GPT
    };
    let terms = asked.cost(&gpt_5_5(), &LONG.tokens()).terms.unwrap();
    assert_eq!(terms.over, Some(272_000));
    let not_sold = TierUsed::NotSold {
        tier: String::from("priority"),
        up_to: 272_000,
    };
    assert_eq!(terms.tier, not_sold);
    // half of it
    check(
        &gpt_5_5(),
        &Request {
            tier: "flex",
            ..GPT
        },
        LONG,
        "1.522500000",
    );
    // 272,000 does not exceed the threshold: 0.272 × 5 + 0.03
    let at = Counts {
        input: 272_000,
        ..LONG
    };
    check(&gpt_5_5(), &GPT, at, "1.390000000");
    // cached input counts too: 0.001 × 5 × 2 + 0.272 × 0.5 × 2 + 0.001 × 30 × 1.5
    let cached = Counts {
        input: 1_000,
        read: 272_000,
        ..LONG
    };
    check(&gpt_5_5(), &GPT, cached, "0.327000000");
}

/// {2, 12; above 200,000: 4, 18; fast: input 6}.
fn with_band_and_fast() -> PriceBook {
    let mut price = price("2", "12");
    price.above.push(Above {
        over: 200_000,
        rates: Rates {
            input: usd("4"),
            output: usd("18"),
            ..Rates::default()
        },
    });
    price.tiers.push(TierPrice {
        tier: String::from("fast"),
        up_to: None,
        how: TierHow::Own {
            rates: Rates {
                input: usd("6"),
                ..Rates::default()
            },
            above: Vec::new(),
        },
    });
    priced("m", price)
}

#[test]
fn a_tier_replaces_the_rates_it_states() {
    let book = with_band_and_fast();
    let priority = Request {
        tier: "priority",
        ..REQUEST
    };
    // 0.1 × 2 + 0.001 × 12
    check(&book, &REQUEST, HUNDRED_K, "0.212000000");
    // 0.1 × 6 + 0.001 × 12
    check(&book, &priority, HUNDRED_K, "0.612000000");
    // 0.3 × 4 + 0.001 × 18
    check(&book, &REQUEST, LONG, "1.218000000");
}

/// Others drop the tier above a threshold and say 1.218. Price lists that state
/// both keep the proportion, so does an entry that states one.
#[test]
fn a_tier_keeps_its_proportion_above_a_threshold() {
    let priority = Request {
        tier: "priority",
        ..REQUEST
    };
    // 0.3 × 4 × (6 : 2) + 0.001 × 18
    check(&with_band_and_fast(), &priority, LONG, "3.618000000");
}

/// Others charge nothing for them and say 6.00.
#[test]
fn cached_tokens_without_a_cache_price_cost_as_input() {
    let counts = Counts {
        input: 600_000,
        read: 400_000,
        ..Counts::default()
    };
    let book = priced("m", price("10", "0"));
    // 0.6 × 10 + 0.4 × 10
    check(&book, &REQUEST, counts, "10.000000000");
    let cost = REQUEST.cost(&book, &counts.tokens());
    assert_eq!(cost.lines[1].like, Some(Bucket::Input));
}

#[test]
fn a_cache_price_of_zero_is_free() {
    let mut free = price("10", "0");
    free.rates.cache_read = usd("0");
    let counts = Counts {
        input: 600_000,
        read: 400_000,
        ..Counts::default()
    };
    check(&priced("m", free), &REQUEST, counts, "6.000000000");
}

/// Others find no price and say 0.
#[test]
fn case_and_seller_in_a_name_do_not_matter() {
    for (model, via) in [
        ("gpt-5.5", Via::Name),
        ("GPT-5.5", Via::Case),
        ("openai/gpt-5.5", Via::Prefix),
        ("openrouter/OpenAI/GPT-5.5", Via::Prefix),
        ("gpt-5.5(high)", Via::Suffix),
        ("gpt-5.5-2026-04-23", Via::Release),
        ("gpt-5.5-high", Via::Effort),
        ("gpt-5-5", Via::Spelling),
    ] {
        let request = Request { model, ..GPT };
        // 0.1 × 5 + 0.001 × 30
        check(&gpt_5_5(), &request, HUNDRED_K, "0.530000000");
        let terms = request.cost(&gpt_5_5(), &HUNDRED_K.tokens()).terms.unwrap();
        assert_eq!(terms.rule.via, via, "{model}");
        assert_eq!(terms.rule.to_string(), "override:gpt-5.5");
    }
}

#[test]
fn a_fresh_install_prices_the_models_of_the_day() {
    let book = PriceBook::built_in();
    let sol = Request {
        model: "gpt-5.6-sol",
        ..REQUEST
    };
    // 0.1 × 4 + 0.001 × 20
    check(&book, &sol, HUNDRED_K, "0.420000000");
    // 0.3 × 8 + 0.001 × 30
    check(&book, &sol, LONG, "2.430000000");
    // 0.3 × 16 + 0.001 × 60: this one is sold with priority at any length
    let fast = Request {
        served: "priority",
        ..sol
    };
    check(&book, &fast, LONG, "4.860000000");
    // gpt-5.5 is not: 0.3 × 10 + 0.001 × 45
    let fast = Request {
        served: "priority",
        ..GPT
    };
    check(&book, &fast, LONG, "3.045000000");
    // 0.1 × 12.5 + 0.001 × 75
    check(&book, &fast, HUNDRED_K, "1.325000000");
}

#[test]
fn the_tier_that_was_served_counts() {
    let book = gpt_5_5();
    // asked for priority, got default: 0.1 × 5 + 0.001 × 30
    let downgraded = Request {
        tier: "priority",
        served: "default",
        ..GPT
    };
    check(&book, &downgraded, HUNDRED_K, "0.530000000");
    // a tier nobody lists costs as standard, and says so
    let odd = Request {
        served: "turbo",
        ..GPT
    };
    check(&book, &odd, HUNDRED_K, "0.530000000");
    let terms = odd.cost(&book, &HUNDRED_K.tokens()).terms.unwrap();
    assert_eq!(terms.tier, TierUsed::Unlisted);
}

/// Claude counts cache apart from input; the breakdown's buckets do not overlap.
#[test]
fn claude_cache_writes_and_reads() {
    let claude = Request {
        model: "claude-sonnet-4-6",
        provider: "claude",
        ..REQUEST
    };
    let counts = Counts {
        input: 9,
        read: 18_000,
        write: 1_200,
        output: 324,
        reasoning: 96,
    };
    // 9 × 3 + 18,000 × 0.3 + 1,200 × 3.75 + (324 + 96) × 15 millionths
    // = 27 + 5,400 + 4,500 + 6,300
    check(&PriceBook::built_in(), &claude, counts, "0.016227000");

    // Writes bought for an hour: 9 × 3 + 5,400 + 1,200 × 6 + 6,300
    let found = PriceBook::built_in();
    let mut hour = found
        .find("claude-sonnet-4-6", "claude")
        .unwrap()
        .price
        .clone();
    hour.long_cache = true;
    check(&priced("claude-*", hour), &claude, counts, "0.018927000");
}

/// `OpenAI` counts cached tokens inside input and reasoning inside output.
#[test]
fn openai_cache_and_reasoning() {
    let counts = Counts {
        input: 3_016,
        read: 47_104,
        write: 0,
        output: 674,
        reasoning: 1_536,
    };
    let codex = Request {
        model: "gpt-5.3-codex",
        ..REQUEST
    };
    // 3,016 × 1.75 + 47,104 × 0.175 + 674 × 14 + 1,536 × 14 millionths
    // = 5,278 + 8,243.2 + 9,436 + 21,504
    check(&PriceBook::built_in(), &codex, counts, "0.044461200");
}

/// Gemini counts thoughts beside output; they are billed as output.
#[test]
fn gemini_thoughts_are_not_free() {
    let counts = Counts {
        input: 476,
        read: 1_024,
        write: 0,
        output: 200,
        reasoning: 350,
    };
    let gemini = Request {
        model: "gemini-2.5-pro",
        provider: "gemini",
        ..REQUEST
    };
    // 476 × 1.25 + 1,024 × 0.125 + 550 × 10 millionths = 595 + 128 + 5,500
    check(&PriceBook::built_in(), &gemini, counts, "0.006223000");
}

#[test]
fn reasoning_may_have_its_own_price() {
    let counts = Counts {
        input: 1_000_000,
        output: 100_000,
        reasoning: 100_000,
        ..Counts::default()
    };
    let qwen = Request {
        model: "qwen-turbo",
        provider: "openai-compatible-dashscope",
        ..REQUEST
    };
    // 1 × 0.05 + 0.1 × 0.2 + 0.1 × 0.5
    check(&PriceBook::built_in(), &qwen, counts, "0.120000000");
}

#[test]
fn the_seller_that_served_sets_the_price() {
    let book = PriceBook::built_in();
    let million = Counts {
        input: 1_000_000,
        ..Counts::default()
    };
    for (provider, expected) in [
        ("openai-compatible-dashscope", "2.400000000"),
        ("openai-compatible-deepseek", "1.320000000"),
        ("openai-compatible-box", "1.320000000"),
    ] {
        let request = Request {
            model: "deepseek-v4-pro",
            provider,
            ..REQUEST
        };
        check(&book, &request, million, expected);
    }
    // A list that writes the maker in front is found by the bare name, too.
    let oss = Request {
        model: "gpt-oss-20b",
        provider: "openai-compatible-groq",
        ..REQUEST
    };
    let terms = oss.cost(&book, &million.tokens()).terms.unwrap();
    assert_eq!(terms.rule.to_string(), "built-in:groq/openai/gpt-oss-20b");
    assert_eq!(terms.rule.via, Via::ListPrefix);
}

#[test]
fn image_models_answer_with_image_tokens() {
    let counts = Counts {
        input: 1_000,
        output: 4_000,
        ..Counts::default()
    };
    let image = Request {
        model: "gpt-image-1",
        ..REQUEST
    };
    // 0.001 × 5 + 0.004 × 40
    check(&PriceBook::built_in(), &image, counts, "0.165000000");
}

#[test]
fn overrides_win_then_synced_then_built_in() {
    let synced = vec![entry("gpt-5.5", price("7", "0"))];
    let mut like = entry("my-*", price("0", "0"));
    like.quote = Quote::Like(String::from("gpt-5.5"));
    let overrides = vec![
        entry("gpt-*", price("3", "0")),
        entry("gpt-5.5-pro", price("4", "0")),
        like,
    ];
    let million = Counts {
        input: 200_000,
        ..Counts::default()
    };
    let with = PriceBook::new(overrides.clone(), synced.clone(), Vec::new());
    let without = PriceBook::new(overrides[1..].to_vec(), synced, Vec::new());
    for (book, model, rule, expected) in [
        (&with, "gpt-5.5", "override:gpt-*", "0.600000000"),
        (&with, "gpt-5.5-pro", "override:gpt-5.5-pro", "0.800000000"),
        (&without, "gpt-5.5", "synced:gpt-5.5", "1.400000000"),
        (&without, "my-model", "synced:gpt-5.5", "1.400000000"),
        (
            &without,
            "gpt-5.4",
            "built-in:openai/gpt-5.4",
            "0.500000000",
        ),
    ] {
        let request = Request { model, ..REQUEST };
        check(book, &request, million, expected);
        let terms = request.cost(book, &million.tokens()).terms.unwrap();
        assert_eq!(terms.rule.to_string(), rule);
        let like = model.starts_with("my-").then(|| String::from("my-*"));
        assert_eq!(terms.rule.like, like);
    }
}

#[test]
fn an_account_or_provider_may_have_a_factor() {
    let factor = |when, factor| Multiplier {
        model: Pattern::new("*"),
        when,
        input: Factor(factor),
        output: Factor(factor),
    };
    let own = vec![
        factor(When::Provider(Pattern::new("codex")), 900_000),
        factor(When::Account(String::from("plan")), 0),
    ];
    let entries = vec![entry("gpt-5.5", price("5", "30"))];
    let book = PriceBook::new(entries, Vec::new(), own);
    // (0.1 × 5 + 0.001 × 30) × 0.9, with flex × 0.5 on top; free on the plan
    check(&book, &GPT, HUNDRED_K, "0.477000000");
    check(
        &book,
        &Request {
            tier: "flex",
            ..GPT
        },
        HUNDRED_K,
        "0.238500000",
    );
    check(
        &book,
        &Request {
            account: "plan",
            ..GPT
        },
        HUNDRED_K,
        "0.000000000",
    );
    check(
        &book,
        &Request {
            provider: "xai",
            ..GPT
        },
        HUNDRED_K,
        "0.530000000",
    );
}

#[test]
fn a_call_may_have_a_price_of_its_own() {
    let mut call = price("1", "1");
    call.request = Some(crate::domain::units::NanoUsd(14_000_000));
    let book = priced("m", call);
    // 0.1 + 0.001 + 0.014
    check(&book, &REQUEST, HUNDRED_K, "0.115000000");
    check(
        &book,
        &Request {
            failed: true,
            ..REQUEST
        },
        HUNDRED_K,
        "0.101000000",
    );
}

#[test]
fn unpriced_is_never_free() {
    let book = PriceBook::built_in();
    check(&book, &REQUEST, HUNDRED_K, "no_price");
    check(&book, &REQUEST, Counts::default(), "no_price");
    let failed = Request {
        failed: true,
        ..REQUEST
    };
    check(&book, &failed, HUNDRED_K, "no_price");
    check(&book, &failed, Counts::default(), "0.000000000");
    let embedding = Request {
        model: "mistral-embed",
        ..REQUEST
    };
    check(&book, &embedding, HUNDRED_K, "no_rate");
}

#[test]
fn unknown_tokens_leave_a_request_unpriced_but_show_what_is_known() {
    let unknown = Tokens {
        output: None,
        ..HUNDRED_K.tokens()
    };
    let cost = GPT.cost(&gpt_5_5(), &unknown);
    assert_eq!(cost.nanos(), None);
    assert_eq!(cost.unpriced, Some(Unpriced::TokensUnknown));
    assert_eq!(cost.known().0, 500_000_000);

    let rest = Tokens {
        unclassified: 7,
        ..HUNDRED_K.tokens()
    };
    let cost = GPT.cost(&gpt_5_5(), &rest);
    assert_eq!(cost.nanos(), None);
    assert_eq!(cost.unpriced, Some(Unpriced::Unclassified(7)));
    assert_eq!(cost.known().0, 530_000_000);
}

#[test]
fn the_alias_prices_only_a_model_that_is_unknown() {
    let book = priced("as-asked", price("1", "1"));
    check(&book, &REQUEST, HUNDRED_K, "no_price");
    check(
        &book,
        &Request {
            model: "unknown",
            ..REQUEST
        },
        HUNDRED_K,
        "0.101000000",
    );
}

#[test]
fn terms_survive_being_written_down() {
    let cost = Request {
        tier: "priority",
        ..GPT
    }
    .cost(&gpt_5_5(), &LONG.tokens());
    let terms = cost.terms.clone().unwrap();
    let written = serde_json::to_string(&terms).unwrap();
    let read: Terms = serde_json::from_str(&written).unwrap();
    assert_eq!(read.bill(&LONG.tokens(), false), cost);
}
