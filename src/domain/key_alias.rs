//! The name people give a client's key. A line of readable text that differs
//! from every other by more than case; what holds a whole key is no name, since
//! names are shown and stored in clear.

use std::fmt;

use super::mask;

/// Never empty; spaces are single and inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAlias(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAlias {
    #[error("the alias is empty")]
    Empty,
    #[error("the alias has more than {} characters", KeyAlias::LONGEST)]
    TooLong,
    /// Control characters, or such that turn the direction of text.
    #[error("the alias has characters that cannot be seen")]
    Unprintable,
    #[error("the alias looks like a key")]
    Secret,
}

impl KeyAlias {
    /// In characters.
    pub const LONGEST: usize = 60;

    pub fn parse(text: &str) -> Result<Self, BadAlias> {
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let alias = words.join(" ");
        let unprintable = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        if alias.is_empty() {
            Err(BadAlias::Empty)
        } else if alias.chars().count() > Self::LONGEST {
            Err(BadAlias::TooLong)
        } else if alias.chars().any(unprintable) {
            Err(BadAlias::Unprintable)
        } else if mask::looks_secret(&alias) {
            Err(BadAlias::Secret)
        } else {
            Ok(Self(alias))
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Equal for names that must not both exist.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for KeyAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tidied() {
        let check = |text, name| assert_eq!(KeyAlias::parse(text).unwrap().as_str(), name);
        check("team-web", "team-web");
        check("  Anna's   desk ", "Anna's desk");
        check("夜间任务", "夜间任务");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let check = |text: &str, why| assert_eq!(KeyAlias::parse(text), Err(why), "{text:?}");
        check(" ", BadAlias::Empty);
        check(&"a".repeat(61), BadAlias::TooLong);
        check("a\u{202e}b", BadAlias::Unprintable);
        check("a\tb", BadAlias::Unprintable);
        check("sk-proj-0123456789abcdef0123", BadAlias::Secret);
    }

    #[test]
    fn case_does_not_tell_names_apart() {
        let folded = |text| KeyAlias::parse(text).unwrap().folded();
        assert_eq!(folded("Team Ü"), folded("team ü"));
    }
}
