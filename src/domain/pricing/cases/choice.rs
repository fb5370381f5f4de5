//! Golden cases of which price a request gets: by name, seller, origin, account
//! and alias, and when it gets none.

use super::*;

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
        ("gpt-5.5-2026-04-23-high", Via::Effort),
        ("gpt-5.5-20260423-thinking", Via::Effort),
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
fn what_is_listed_as_a_preview_is_found_without_the_word() {
    let book = PriceBook::built_in();
    for (model, listed) in [
        ("gemini-3-flash", "gemini-3-flash-preview"),
        ("gemini-3.1-pro-high", "gemini-3.1-pro-preview"),
    ] {
        let found = book.find(model, "antigravity").unwrap();
        assert_eq!(
            (found.rule.model.as_str(), found.rule.via),
            (listed, Via::Preview)
        );
    }
    let found = book.find("gemini-3-flash-preview", "gemini").unwrap();
    assert_eq!(found.rule.via, Via::Name);
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
    let mut call = price("0", "0");
    call.request = Some(crate::domain::units::NanoUsd(14_000_000));
    let of_call = PriceBook::new(vec![entry("m", call)], Vec::new(), own.clone());
    // What the call itself costs has it as well: 0.014 × 0.9
    check(&of_call, &REQUEST, HUNDRED_K, "0.012600000");
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

/// In whatever order they were added.
#[test]
fn of_several_thresholds_the_highest_exceeded_holds() {
    let above = |over, times| Multiplier {
        model: Pattern::new("m"),
        when: When::Above { over },
        input: Factor(times),
        output: Factor(times),
    };
    let (far, near) = (above(250_000, 4_000_000), above(150_000, 2_000_000));
    for own in [vec![far.clone(), near.clone()], vec![near, far]] {
        let book = PriceBook::new(vec![entry("m", price("1", "0"))], Vec::new(), own);
        // 0.3 × 4
        check(&book, &REQUEST, LONG, "1.200000000");
        let middle = Counts {
            input: 200_000,
            ..LONG
        };
        check(&book, &REQUEST, middle, "0.400000000");
        check(&book, &REQUEST, HUNDRED_K, "0.100000000");
    }
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

/// Each layer and each multiplier is part of a book that is kept.
#[test]
fn a_book_read_back_prices_the_same() {
    let synced = entry("gpt-5.5", price("7", "70"));
    let by = |when| Multiplier {
        model: Pattern::new("*"),
        when,
        input: Factor::HALF,
        output: Factor::ONE,
    };
    let own = vec![
        by(When::Account(String::from("a2"))),
        by(When::Above { over: 200_000 }),
    ];
    let book = PriceBook::new(vec![entry("m", price("1", "2"))], vec![synced], own);
    let text = serde_json::to_string(&book).unwrap();
    let back: PriceBook = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
    for model in ["m", "gpt-5.5", "claude-opus-5", "nobody-knows-me"] {
        for (account, served) in [("a1", ""), ("a2", "flex"), ("a1", "priority")] {
            for counts in [HUNDRED_K, LONG] {
                let request = Request {
                    model,
                    account,
                    served,
                    ..REQUEST
                };
                let cost = |book| request.cost(book, &counts.tokens());
                assert_eq!(cost(&back), cost(&book), "{model} {account} {served}");
            }
        }
    }
    let step = |book: &PriceBook| book.step(272_001);
    assert_eq!(step(&back), step(&book));
    assert!(step(&back) > back.step(200_000));
}
