//! Which seller of a price list stands behind which provider of the gateway.
//! Where several sell the same model this decides whose price holds.

/// Sellers in the order in which they are asked when none of them served: those
/// that make models before those that resell them.
const MAKERS_FIRST: [&str; 14] = [
    "openai",
    "anthropic",
    "gemini",
    "xai",
    "deepseek",
    "zai",
    "moonshot",
    "minimax",
    "mistral",
    "vertex_ai-anthropic_models",
    "vertex_ai-language-models",
    "dashscope",
    "groq",
    "cerebras",
];

/// Whether a seller is known to make models, not only to resell them.
pub(super) fn is_maker(seller: &str) -> bool {
    const RESELLERS: [&str; 5] = [
        "vertex_ai-anthropic_models",
        "vertex_ai-language-models",
        "dashscope",
        "groq",
        "cerebras",
    ];
    MAKERS_FIRST.contains(&seller) && !RESELLERS.contains(&seller)
}

/// Lower is better; an entry without a seller holds for every provider.
pub(super) fn rank(provider: &str, seller: &str) -> usize {
    if seller.is_empty() || serves(provider, seller) {
        return 0;
    }
    let known = MAKERS_FIRST.iter().position(|maker| *maker == seller);
    1 + known.unwrap_or(MAKERS_FIRST.len())
}

/// Whether requests through `provider` are sold by `seller`.
pub(super) fn serves(provider: &str, seller: &str) -> bool {
    match provider {
        _ if seller.is_empty() => false,
        "claude" => seller == "anthropic",
        "codex" => seller == "openai",
        "gemini" | "gemini-interactions" | "aistudio" | "antigravity" => seller == "gemini",
        "vertex" => seller.starts_with("vertex_ai"),
        "xai" => seller == "xai",
        "kimi" => seller == "moonshot",
        "qwen" => seller == "dashscope",
        _ => {
            // An OpenAI-compatible provider bears a name of the operator's choice.
            let name = provider
                .strip_prefix("openai-compatible-")
                .unwrap_or(provider);
            name.len() > 2 && (name.contains(seller) || seller.contains(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seller_that_served_comes_first() {
        for (provider, best, other) in [
            ("claude", "anthropic", "vertex_ai-anthropic_models"),
            ("vertex", "vertex_ai-anthropic_models", "anthropic"),
            ("antigravity", "gemini", "vertex_ai-language-models"),
            ("openai-compatible-my-dashscope", "dashscope", "deepseek"),
            ("openai-compatible-x", "deepseek", "dashscope"),
            ("", "zai", "dashscope"),
            ("groq", "", "openai"),
            ("openai-compatible-groq", "groq", "openai"),
        ] {
            assert!(rank(provider, best) < rank(provider, other), "{provider}");
        }
    }
}
