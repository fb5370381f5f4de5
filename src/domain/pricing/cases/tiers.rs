//! Golden cases of tiers and long context: stated by a price, or by the
//! multipliers that ship with the program.

use super::*;

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

/// Terms are remembered by the steps of a book: they have to change there.
#[test]
fn a_threshold_itself_is_not_exceeded() {
    let mut stepped = price("1", "0");
    stepped.above.push(Above {
        over: 200_000,
        rates: Rates {
            input: usd("2"),
            ..Rates::default()
        },
    });
    stepped.tiers.push(TierPrice {
        tier: String::from("priority"),
        up_to: Some(200_000),
        how: TierHow::Times(Factor(3_000_000)),
    });
    let book = priced("m", stepped);
    let fast = Request {
        served: "priority",
        ..REQUEST
    };
    let input = |input| Counts {
        input,
        ..Counts::default()
    };
    check(&book, &REQUEST, input(200_000), "0.200000000");
    check(&book, &fast, input(200_000), "0.600000000");
    // One more: twice the price, and priority is not sold.
    check(&book, &REQUEST, input(200_001), "0.400002000");
    check(&book, &fast, input(200_001), "0.400002000");
    assert_eq!(book.step(199_999), book.step(200_000));
    assert_ne!(book.step(200_000), book.step(200_001));
}

#[test]
fn reasoning_is_stretched_like_output() {
    let counts = Counts {
        reasoning: 1_000,
        ..LONG
    };
    // 0.3 × 5 × 2 + 0.002 × 30 × 1.5
    check(&gpt_5_5(), &GPT, counts, "3.090000000");
}

#[test]
fn a_multiplier_of_ones_own_comes_before_those_that_ship() {
    let times = |tier: &str, times| Multiplier {
        model: Pattern::new("*"),
        when: When::Tier {
            tier: tier.to_owned(),
            up_to: None,
        },
        input: Factor(times),
        output: Factor(times),
    };
    let own = vec![times("flex", 250_000), times("priority", 3_000_000)];
    let entries = vec![entry("gpt-5.5", price("5", "30"))];
    let book = PriceBook::new(entries, Vec::new(), own);
    for (served, expected) in [
        // (0.1 × 5 + 0.001 × 30) × 0.25, where 0.5 ships for the same pattern
        ("flex", "0.132500000"),
        // × 3, where 2.5 ships for a closer one
        ("priority", "1.590000000"),
    ] {
        let request = Request { served, ..GPT };
        check(&book, &request, HUNDRED_K, expected);
    }
}
