//! Names of models as they are met and as price lists spell them: the forms
//! under which a name is looked up, in order, and patterns with `*` and `?`.
//! It knows no price and no list.

use serde::{Deserialize, Serialize};

/// What had to be done to the name until a price was found, from the surest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The name as it is.
    Name,
    /// Upper and lower case differ.
    Case,
    /// Without a thinking suffix in brackets: `gpt-5.5(high)`.
    Suffix,
    /// Without the seller in front: `openai/gpt-5.5`.
    Prefix,
    /// Without a release: `-20250929`, `-2026-04-23`, `@default`.
    Release,
    /// Without an effort at the end: `-thinking`, `-high`.
    Effort,
    /// Dots, dashes and underscores taken as one.
    Spelling,
    /// The list has a seller in front of its name, the request has not.
    ListPrefix,
    /// The list has the model as a preview, the request without saying so.
    Preview,
    /// A pattern of the operator.
    Pattern,
}

/// One way to write a name, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub name: String,
    pub via: Via,
}

/// The forms of a name, surest first; never empty, never the same twice.
#[must_use]
pub fn forms(name: &str) -> Vec<Form> {
    let trimmed = name.trim();
    let folded = trimmed.to_lowercase();
    let mut forms = vec![Form {
        via: if folded == trimmed {
            Via::Name
        } else {
            Via::Case
        },
        name: folded,
    }];
    extend(&mut forms, Via::Suffix, without_brackets);
    while extend(&mut forms, Via::Prefix, without_seller) {}
    extend(&mut forms, Via::Release, without_release);
    if extend(&mut forms, Via::Effort, without_effort) {
        // `claude-sonnet-4-5-20250929-thinking` has its release before the effort.
        extend(&mut forms, Via::Effort, without_release);
    }
    forms
}

/// Adds what `cut` leaves of the last form; false when nothing was cut.
fn extend(forms: &mut Vec<Form>, via: Via, cut: fn(&str) -> Option<&str>) -> bool {
    let shorter = forms
        .last()
        .and_then(|form| cut(&form.name))
        .map(str::to_owned);
    let Some(name) = shorter.filter(|name| !name.is_empty()) else {
        return false;
    };
    forms.push(Form { name, via });
    true
}

fn without_brackets(name: &str) -> Option<&str> {
    let (name, _) = name.strip_suffix(')')?.rsplit_once('(')?;
    Some(name.trim_end())
}

fn without_seller(name: &str) -> Option<&str> {
    name.split_once('/').map(|(_, rest)| rest)
}

fn without_release(name: &str) -> Option<&str> {
    if let Some((name, _)) = name.split_once('@') {
        return Some(name);
    }
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let (rest, last) = name.rsplit_once('-')?;
    if digits(last, 8) && last.starts_with("20") {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-')?;
    let (rest, year) = rest.rsplit_once('-')?;
    (digits(last, 2) && digits(month, 2) && digits(year, 4) && year.starts_with("20"))
        .then_some(rest)
}

fn without_effort(name: &str) -> Option<&str> {
    let (rest, last) = name.rsplit_once(['-', ':'])?;
    let effort = matches!(
        last,
        "thinking" | "nothinking" | "none" | "minimal" | "low" | "medium" | "high" | "xhigh"
    );
    effort.then_some(rest)
}

/// `claude-opus-4.5` and `claude_opus_4-5` as one spelling.
#[must_use]
pub fn spelling(folded: &str) -> String {
    folded.replace(['.', '_'], "-")
}

/// A name with `*` (any run of characters) and `?` (one character), without
/// regard to case. Without either it is a plain name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Pattern(String);

impl Pattern {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// How much of the pattern is said outright; the higher wins.
    #[must_use]
    pub fn weight(&self) -> usize {
        let literal = self.0.chars().filter(|c| !matches!(c, '*' | '?')).count();
        literal * 2 + usize::from(self.is_plain())
    }

    /// `name` in lower case. Time is at most the product of both lengths.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let (mut pattern, mut name) = (self.0.chars(), name.chars());
        let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
        loop {
            let mut rest = pattern.clone();
            match (rest.next(), name.clone().next()) {
                (None, None) => return true,
                (Some('*'), _) => {
                    retry = Some((rest.clone(), name.clone()));
                    pattern = rest;
                }
                (Some(p), Some(c)) if p == '?' || p == c => {
                    pattern = rest;
                    name.next();
                }
                _ => {
                    // Let the last `*` swallow one character more.
                    let Some((after, from)) = &mut retry else {
                        return false;
                    };
                    if from.next().is_none() {
                        return false;
                    }
                    pattern = after.clone();
                    name = from.clone();
                }
            }
        }
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &[&str]) {
        let forms: Vec<_> = forms(name).into_iter().map(|form| form.name).collect();
        assert_eq!(forms, expected, "{name}");
    }

    #[test]
    fn a_name_is_cut_down_step_by_step() {
        check("gpt-5.5", &["gpt-5.5"]);
        check("GPT-5.5", &["gpt-5.5"]);
        check("gpt-5.5(high)", &["gpt-5.5(high)", "gpt-5.5"]);
        check(
            "groq/OpenAI/gpt-oss-120b",
            &[
                "groq/openai/gpt-oss-120b",
                "openai/gpt-oss-120b",
                "gpt-oss-120b",
            ],
        );
        check(
            "claude-sonnet-4-5-20250929",
            &["claude-sonnet-4-5-20250929", "claude-sonnet-4-5"],
        );
        check(
            "vertex/claude-opus-4-5@20251101",
            &[
                "vertex/claude-opus-4-5@20251101",
                "claude-opus-4-5@20251101",
                "claude-opus-4-5",
            ],
        );
        check("gpt-5.5-2026-04-23", &["gpt-5.5-2026-04-23", "gpt-5.5"]);
        check("grok-4.20-0309", &["grok-4.20-0309"]);
        check("gemini-3-pro-high", &["gemini-3-pro-high", "gemini-3-pro"]);
        check("gpt-5.1-codex-max", &["gpt-5.1-codex-max"]);
        check("", &[""]);
        check("a/", &["a/"]);
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("gpt-5*", "gpt-5.5", true),
            ("gpt-5*", "gpt-5", true),
            ("gpt-5*", "chatgpt-5", false),
            ("*-mini", "gpt-5-mini", true),
            ("*-mini", "gpt-5-mini-2", false),
            ("gpt-?.5", "gpt-5.5", true),
            ("gpt-?.5", "gpt-15.5", false),
            ("*a*b*c", "xxaxbxxbc", true),
            ("*a*b*c", "xxaxbxxcb", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("GPT-5", "gpt-5", true),
            ("gpt-5%", "gpt-5x", false),
            ("*ü", "grün-ü", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(name),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn hostile_patterns_end() {
        let pattern = Pattern::new(&"*a".repeat(60));
        assert!(!pattern.matches(&"a".repeat(2_000).replace("aa", "ab")));
    }

    #[test]
    fn a_plain_name_outweighs_a_pattern() {
        assert!(Pattern::new("gpt-5").weight() > Pattern::new("gpt-5*").weight());
        assert!(Pattern::new("gpt-5*").weight() > Pattern::new("gpt*").weight());
    }
}
