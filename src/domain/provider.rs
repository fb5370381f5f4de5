//! Names of providers. Since v7.2.21 the gateway says `openai-compatible-` before
//! the name that its configuration gives an OpenAI-compatible provider, and said
//! the bare name before; people know only the name.

const PREFIX: &str = "openai-compatible-";

/// Those that the gateway knows by itself: what is compatible and has one of
/// these names keeps what tells it apart.
const NATIVE: [&str; 9] = [
    "aistudio",
    "antigravity",
    "claude",
    "codex",
    "gemini",
    "gemini-interactions",
    "kimi",
    "vertex",
    "xai",
];

/// What people call it.
#[must_use]
pub fn short(name: &str) -> &str {
    let rest = name.strip_prefix(PREFIX);
    rest.filter(|rest| !rest.is_empty() && !NATIVE.contains(rest))
        .unwrap_or(name)
}

/// The other name under which events may have it.
#[must_use]
pub fn other(name: &str) -> String {
    match name.strip_prefix(PREFIX) {
        Some(rest) => rest.to_owned(),
        None => format!("{PREFIX}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_has_the_name_that_tells_it_apart() {
        assert_eq!(short("openai-compatible-openrouter"), "openrouter");
        assert_eq!(
            short("openai-compatible-gemini"),
            "openai-compatible-gemini"
        );
        assert_eq!(short("openai-compatible-"), "openai-compatible-");
        assert_eq!(short("codex"), "codex");
        assert_eq!(other("openrouter"), "openai-compatible-openrouter");
        assert_eq!(other("openai-compatible-openrouter"), "openrouter");
    }
}
