//! Golden cases. Each amount is derived by hand in its comment, in dollars:
//! tokens in millions times dollars per million. No case copies what the code
//! once printed. Here what tokens of each kind cost at a price; which price it
//! is, in [`choice`]; what a tier and a long request change, in [`tiers`].

mod choice;
mod tiers;

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
