use super::*;
use crate::domain::pricing::{Bucket, Charge, Factor, Rate, Rates, TierHow};

fn find<'a>(parsed: &'a Parsed, id: &str) -> &'a Candidate {
    let mut candidates = parsed.candidates.iter();
    candidates.find(|c| c.id == id).expect(id)
}

fn rate(text: &str) -> Option<Rate> {
    Rate::per_million(text).ok()
}

/// Dollars per million and factor of a bucket.
fn charge(price: &Price, input: i64, tier: &str, bucket: Bucket) -> (String, String) {
    let how = price.tier(tier).map(|tier| &tier.how);
    let charges = price.charges(input, how, crate::domain::pricing::price::More::NONE);
    let Charge { rate, factor, .. } = charges.iter().find(|c| c.bucket == bucket).unwrap();
    (rate.to_string(), factor.to_string())
}

#[test]
fn litellm_names_are_taken_apart() {
    let text = include_bytes!("../../../../tests/fixtures/prices/litellm-excerpt.json");
    let parsed = parse(Source::LiteLlm, text).unwrap();
    assert_eq!(parsed.problems, []);
    assert_eq!(parsed.candidates.len(), 9);

    let sol = &find(&parsed, "gpt-5.6-sol").price;
    let expected = Rates {
        input: rate("4"),
        output: rate("20"),
        cache_read: rate("0.4"),
        cache_write: rate("5"),
        cache_write_long: rate("10"),
        reasoning: None,
    };
    assert_eq!(sol.rates, expected);
    let tiers: Vec<_> = sol.tiers.iter().map(|tier| tier.tier.as_str()).collect();
    assert_eq!(tiers, ["batch", "flex", "priority"]);
    for (input, tier, bucket, expected) in [
        (272_001, "", Bucket::Input, "8.00"),
        (272_001, "flex", Bucket::CacheRead, "0.40"),
        (272_001, "priority", Bucket::Output, "60.00"),
        (1_000, "batch", Bucket::CacheWrite, "2.50"),
    ] {
        let one = (expected.to_owned(), String::from("1"));
        assert_eq!(charge(sol, input, tier, bucket), one, "{tier} {bucket:?}");
    }

    // Priority of gpt-5.5 is sold up to the threshold only.
    let gpt = find(&parsed, "gpt-5.5");
    assert_eq!(gpt.price.tier("priority").unwrap().up_to, Some(272_000));
    assert!(gpt.official);

    let kimi = find(&parsed, "moonshot/kimi-k2.6");
    assert_eq!(
        (kimi.model.as_str(), kimi.seller.as_str()),
        ("kimi-k2.6", "moonshot")
    );
    let gemini = &find(&parsed, "gemini/gemini-3.5-flash").price;
    assert_eq!(gemini.rates.reasoning, None, "the same as output");
    let chat = &find(&parsed, "deepseek/deepseek-chat").price;
    assert_eq!(chat.rates.cache_write, Some(Rate::ZERO), "zero is a price");
}

/// What the built-in catalogue says of a model, the parser must say, too.
#[test]
fn the_excerpt_agrees_with_the_catalogue() {
    let text = include_bytes!("../../../../tests/fixtures/prices/litellm-excerpt.json");
    let book = crate::domain::pricing::PriceBook::built_in();
    for candidate in parse(Source::LiteLlm, text).unwrap().candidates {
        let entries = book.layer(crate::domain::pricing::Layer::BuiltIn).iter();
        let entry = entries
            .filter(|entry| entry.model == candidate.model && entry.seller == candidate.seller)
            .find(|entry| {
                entry.quote == crate::domain::pricing::Quote::Price(candidate.price.clone())
            });
        assert!(entry.is_some(), "{candidate:#?}");
    }
}

const MODELS_DEV: &str = r#"{
  "models": {"openai/gpt-x": {}, "google/gem-x": {}},
  "providers": {
    "openai": {"id": "openai", "models": {
      "gpt-x": {"cost": {"input": 5, "output": 30.0, "cache_read": 0.5,
          "tiers": [{"input": 10, "output": 45, "tier": {"type": "context", "size": 272000}},
                    {"input": 1, "tier": {"type": "time", "size": 3}}],
          "context_over_200k": {"input": 10, "output": 45}},
        "experimental": {"modes": {
          "fast": {"cost": {"input": 12.5, "output": 75}, "provider": {"body": {"service_tier": "priority"}}},
          "pro": {"provider": {"body": {"reasoning": {"mode": "pro"}}}}}}},
      "no-cost": {"name": "nothing said"},
      "negative": {"cost": {"input": -1, "output": 2}},
      "huge": {"cost": {"input": 1e300}},
      "odd": 7
    }},
    "google": {"models": {"gem-x": {"cost": {"input": 2, "output": 12, "context_over_200k": {"input": 4, "output": 18}}}}},
    "shop": {"models": {"openai/gpt-x": {"cost": {"input": 6, "output": 36}}}},
    "broken": 3
  }
}"#;

#[test]
fn models_dev_tiers_and_modes() {
    let parsed = parse(Source::ModelsDev, MODELS_DEV.as_bytes()).unwrap();
    let ids: Vec<_> = parsed
        .candidates
        .iter()
        .map(|c| (c.id.as_str(), c.official))
        .collect();
    let expected = [
        ("google/gem-x", true),
        ("openai/gpt-x", true),
        ("shop/openai/gpt-x", false),
    ];
    assert_eq!(ids, expected);
    let problems: Vec<_> = parsed.problems.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(
        problems,
        ["broken", "openai/huge", "openai/negative", "openai/odd"]
    );

    let gpt = &find(&parsed, "openai/gpt-x").price;
    assert_eq!(gpt.above.len(), 1);
    assert_eq!(
        gpt.above[0].over, 272_000,
        "the named size, not the older field"
    );
    let fast = gpt.tier("fast").unwrap();
    assert_eq!(
        (fast.tier.as_str(), fast.up_to),
        ("priority", Some(272_000))
    );
    let gem = find(&parsed, "google/gem-x");
    assert_eq!(gem.seller, "gemini");
    assert_eq!(gem.price.above[0].over, 200_000);
}

#[test]
fn models_dev_with_providers_at_the_root() {
    let text = br#"{"xai": {"models": {"grok-x": {"cost": {"input": 2, "output": 6}}}}}"#;
    let parsed = parse(Source::ModelsDev, text).unwrap();
    assert!(parsed.candidates[0].official);
}

#[test]
fn open_router_strings() {
    let text = br#"{"data": [
      {"id": "openai/gpt-x", "pricing": {"prompt": "0.000005", "completion": "0.00003",
        "request": "0", "internal_reasoning": "0", "input_cache_read": "0.0000005"}},
      {"id": "perplexity/sonar", "pricing": {"prompt": "0.000001", "completion": "0.000001", "request": "0.005"}},
      {"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}},
      {"pricing": {}}
    ]}"#;
    let parsed = parse(Source::OpenRouter, text).unwrap();
    let gpt = find(&parsed, "openai/gpt-x");
    assert_eq!(gpt.model, "gpt-x");
    assert_eq!(gpt.price.rates.cache_read, rate("0.5"));
    assert_eq!((gpt.price.request, gpt.price.rates.reasoning), (None, None));
    let sonar = find(&parsed, "perplexity/sonar");
    assert_eq!(sonar.price.request.unwrap().0, 5_000_000);
    let problems: Vec<_> = parsed.problems.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(problems, ["openrouter/auto", "#3"]);
}

#[test]
fn lists_of_another_shape_are_refused_whole() {
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    for source in Source::ALL {
        assert_eq!(parse(source, deep.as_bytes()), Err(BadList::Depth));
        for text in [
            "",
            "[]",
            "null",
            "\"x\"",
            "{\"a\":NaN}",
            "<html>",
            "{\"data\":7}",
        ] {
            let refused = parse(source, text.as_bytes());
            assert!(refused.is_err(), "{source:?} {text}: {refused:?}");
        }
    }
    assert_eq!(parse(Source::LiteLlm, b"{}"), Err(BadList::Empty));
    let braces_in_text = format!(r#"{{"m": "{}\"["}}"#, "[".repeat(50));
    assert_eq!(depth(braces_in_text.as_bytes()), 1);
}

#[test]
fn a_tier_may_be_a_factor() {
    let price: Price = serde_json::from_str(
        r#"{"rates": {"input": 1000000000}, "tiers": [{"tier": "flex", "how": {"times": 500000}}]}"#,
    )
    .unwrap();
    price.check().unwrap();
    assert_eq!(price.tiers[0].how, TierHow::Times(Factor::HALF));
    let (rate, factor) = charge(&price, 1, "flex", Bucket::Input);
    assert_eq!((rate.as_str(), factor.as_str()), ("1.00", "0.5"));
}
