use super::*;
use crate::domain::pricing::{Entry, Quote, Rate, Rates, TierHow, TierPrice};
use crate::domain::units::At;

fn price(input: &str) -> Price {
    Price {
        rates: Rates {
            input: Rate::per_million(input).ok(),
            output: Rate::per_million("10").ok(),
            ..Rates::default()
        },
        ..Price::default()
    }
}

fn entry(model: &str, source: &str, price: Price) -> Entry {
    Entry {
        model: model.to_owned(),
        seller: String::new(),
        quote: Quote::Price(price),
        source: source.to_owned(),
        as_of: At(0),
    }
}

fn candidate(source: Source, seller: &str, model: &str, input: &str) -> Candidate {
    Candidate {
        source,
        id: format!("{seller}/{model}"),
        model: model.to_owned(),
        seller: seller.to_owned(),
        official: sellers::is_maker(seller),
        price: price(input),
    }
}

fn wanted(model: &str, provider: &str) -> Wanted {
    Wanted {
        model: model.to_owned(),
        provider: provider.to_owned(),
    }
}

fn empty() -> PriceBook {
    PriceBook::new(Vec::new(), Vec::new(), Vec::new())
}

/// Model, seller, source id and confidence of each change.
fn changes(plan: &Plan) -> Vec<(&str, &str, &str, u8)> {
    plan.changes
        .iter()
        .map(|c| {
            (
                c.model.as_str(),
                c.seller.as_str(),
                c.id.as_str(),
                c.confidence,
            )
        })
        .collect()
}

#[test]
fn the_first_source_that_knows_a_model_wins() {
    use Source::{LiteLlm, ModelsDev, OpenRouter};
    let answers = vec![
        (
            ModelsDev,
            Some(vec![candidate(ModelsDev, "openai", "gpt-x", "5")]),
        ),
        (
            LiteLlm,
            Some(vec![
                candidate(LiteLlm, "openai", "gpt-x", "6"),
                candidate(LiteLlm, "xai", "grok-x", "2"),
            ]),
        ),
        (
            OpenRouter,
            Some(vec![candidate(OpenRouter, "openrouter", "solo.x", "1")]),
        ),
    ];
    let wanted = [
        wanted("GPT-X(high)", "codex"),
        wanted("grok-x-2026-01-02", "xai"),
        wanted("solo-x", "openai-compatible-box"),
        wanted("mystery", "codex"),
        wanted("gpt-x", "codex"),
    ];
    let plan = plan(&empty(), &wanted, &answers);
    let expected = [
        ("gpt-x", "openai", "openai/gpt-x", 96),
        ("grok-x-2026-01-02", "xai", "xai/grok-x", 90),
        ("solo-x", "", "openrouter/solo.x", 90),
    ];
    assert_eq!(changes(&plan), expected);
    assert_eq!(plan.unmatched, ["mystery"]);
    assert_eq!(plan.choices, []);
}

#[test]
fn several_meanings_are_a_choice() {
    use Source::LiteLlm;
    let answers = vec![(
        LiteLlm,
        Some(vec![
            candidate(LiteLlm, "shop-a", "m-1", "1"),
            candidate(LiteLlm, "shop-b", "m-1", "2"),
            candidate(LiteLlm, "dashscope", "deep-1", "3"),
            candidate(LiteLlm, "deepseek", "deep-1", "4"),
            candidate(LiteLlm, "anthropic", "claude-next-5", "5"),
        ]),
    )];
    let wanted = [
        wanted("m-1", "codex"),
        wanted("deep-1", "openai-compatible-dashscope"),
        wanted("deep-1", "openai-compatible-box"),
        wanted("claude-next-5-fast", "claude"),
    ];
    let plan = plan(&empty(), &wanted, &answers);
    // The seller that serves, or else the maker, is no guess.
    let expected = [
        ("deep-1", "dashscope", "dashscope/deep-1", 100),
        ("deep-1", "deepseek", "deepseek/deep-1", 100),
    ];
    assert_eq!(changes(&plan), expected);
    let choices: Vec<_> = plan
        .choices
        .iter()
        .map(|c| (c.model.as_str(), c.options.len()))
        .collect();
    assert_eq!(choices, [("m-1", 2), ("claude-next-5-fast", 1)]);
    // Three of four words in common: 86 × 3 / 4.
    assert_eq!(plan.choices[1].options[0].confidence, 64);
}

/// Even if both of them make models.
#[test]
fn two_makers_with_two_prices_are_a_choice() {
    let makers = [("openai", "1"), ("xai", "2")];
    let listed = makers.map(|(maker, input)| candidate(Source::LiteLlm, maker, "open-9", input));
    let answers = vec![(Source::LiteLlm, Some(listed.to_vec()))];
    let wanted = [wanted("open-9", "openai-compatible-box")];
    let plan = plan(&empty(), &wanted, &answers);
    assert_eq!(plan.changes, []);
    assert_eq!(plan.choices[0].options.len(), 2);
}

#[test]
fn a_choice_once_made_is_asked_again_only_when_its_price_changes() {
    let shops = |first| {
        let shops = [("shop-a", first), ("shop-b", "2")];
        let listed = shops.map(|(shop, input)| candidate(Source::LiteLlm, shop, "m-1", input));
        vec![(Source::LiteLlm, Some(listed.to_vec()))]
    };
    let wanted = [wanted("m-1", "codex")];
    let held = |source| vec![entry("m-1", source, price("1"))];
    let asked = |held, first| {
        let book = PriceBook::new(Vec::new(), held, Vec::new());
        let plan = plan(&book, &wanted, &shops(first));
        (plan.choices.len(), plan.unchanged)
    };
    assert_eq!(asked(Vec::new(), "1"), (1, 0));
    assert_eq!(asked(held("LiteLLM"), "1"), (0, 1));
    assert_eq!(asked(held("LiteLLM"), "1.5"), (1, 0));
    assert_eq!(asked(held("models.dev"), "1"), (1, 0), "of another source");
}

#[test]
fn overrides_are_named_and_what_is_known_already_is_left_alone() {
    use Source::ModelsDev;
    let book = PriceBook::new(
        vec![entry("gpt-*", "manual", price("9"))],
        vec![
            entry("gpt-x", "models.dev", price("5")),
            entry("gpt-y", "models.dev", price("5")),
        ],
        Vec::new(),
    );
    let answers = vec![(
        ModelsDev,
        Some(vec![
            candidate(ModelsDev, "openai", "gpt-x", "5"),
            candidate(ModelsDev, "openai", "gpt-y", "6"),
        ]),
    )];
    let plan = plan(
        &book,
        &[wanted("gpt-x", "codex"), wanted("gpt-y", "codex")],
        &answers,
    );
    assert_eq!(plan.unchanged, 1);
    assert_eq!(plan.changes.len(), 1);
    let change = &plan.changes[0];
    assert!(change.overridden);
    assert_eq!(change.old, Some((Layer::Synced, price("5"))));
    assert_eq!(change.new, price("6"));
}

#[test]
fn a_failed_source_keeps_its_prices() {
    use Source::{LiteLlm, ModelsDev};
    let book = PriceBook::new(
        Vec::new(),
        vec![
            entry("m-1", "models.dev", price("5")),
            entry("m-2", "LiteLLM", price("5")),
        ],
        Vec::new(),
    );
    let list = ["m-1", "m-2", "m-3"].map(|model| candidate(LiteLlm, "openai", model, "7"));
    let answers = vec![(ModelsDev, None), (LiteLlm, Some(list.to_vec()))];
    let plan = plan(
        &book,
        &["m-1", "m-2", "m-3"].map(|m| wanted(m, "codex")),
        &answers,
    );
    assert_eq!(plan.kept, ["m-1"]);
    let changed: Vec<_> = plan.changes.iter().map(|c| c.model.as_str()).collect();
    assert_eq!(changed, ["m-2", "m-3"]);
}

/// Whoever sells the model in the lists below, for whichever provider.
#[test]
fn what_is_applied_is_what_holds() {
    use Source::{LiteLlm, ModelsDev, OpenRouter};
    let made_by_acme = Candidate {
        official: true,
        ..candidate(ModelsDev, "acme", "llama3.1-8b", "71")
    };
    let resold = candidate(OpenRouter, "openrouter", "openai/gpt-5.5", "72");
    let by_groq = candidate(LiteLlm, "groq", "llama-9", "73");
    let by_its_maker = candidate(LiteLlm, "mistral", "llama-9", "74");
    let by_google = candidate(ModelsDev, "gemini", "gemini-2.5-pro", "75");
    let answers = vec![
        (ModelsDev, Some(vec![made_by_acme, by_google])),
        (LiteLlm, Some(vec![by_groq, by_its_maker])),
        (OpenRouter, Some(vec![resold])),
    ];
    let wanted = [
        wanted("llama3.1-8b", "openai-compatible-box"),
        wanted("llama-9", "openai-compatible-box"),
        wanted("llama-9", "openai-compatible-groq"),
        wanted("gpt-5.5", "codex"),
        wanted("gpt-5.5", "openai-compatible-box"),
        wanted("gemini-2.5-pro", "vertex"),
        wanted("gemini-2.5-pro", "gemini"),
    ];
    let chosen: Vec<Entry> = plan(&empty(), &wanted, &answers)
        .changes
        .into_iter()
        .map(|change| Entry {
            seller: change.seller,
            ..entry(&change.model, change.source.name(), change.new)
        })
        .collect();
    let book = PriceBook::new(Vec::new(), chosen, Vec::new());
    let holds = wanted.each_ref().map(|w| {
        let found = book.find(&w.model, &w.provider).unwrap();
        (
            found.price.rates.input.unwrap().to_string(),
            found.rule.layer,
        )
    });
    let expected = [
        "71.00", "74.00", "73.00", "72.00", "72.00", "75.00", "75.00",
    ];
    assert_eq!(holds, expected.map(|rate| (rate.to_owned(), Layer::Synced)));
}

#[test]
fn a_source_that_says_less_takes_nothing_away() {
    let mut known = price("5");
    known.rates.cache_write_long = Some(Rate(1));
    known.tiers.push(TierPrice {
        tier: String::from("flex"),
        up_to: None,
        how: TierHow::Times(crate::domain::pricing::Factor::HALF),
    });
    assert_eq!(price("5").completed_by(&known), known);
    // With another base price the rest is not comparable.
    assert_eq!(price("6").completed_by(&known), price("6"));
}

#[test]
fn names_without_end_are_left_out() {
    let plan = plan(
        &empty(),
        &[wanted(&"x".repeat(5_000), "codex"), wanted(" ", "codex")],
        &vec![],
    );
    assert_eq!(plan, Plan::default());
}
