//! What the gateway reported of an attempt's tokens, as it arrived: counts that
//! may be absent or absurd, and the family whose habits say how they overlap.
//! Nothing is judged here; [`Tokens::read`](super::Tokens::read) does.

/// One number as it arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Count {
    #[default]
    Absent,
    /// Between 0 and [`Count::MOST`].
    Known(i64),
    /// Negative, or more than one attempt can consume.
    Absurd,
}

impl Count {
    /// Ten billion tokens in one attempt are a fault, not a number; and sums
    /// over any number of attempts stay far from the end of `i64`.
    pub const MOST: i64 = 10_000_000_000;

    #[must_use]
    pub fn of(number: i64) -> Self {
        if (0..=Self::MOST).contains(&number) {
            Self::Known(number)
        } else {
            Self::Absurd
        }
    }

    #[must_use]
    pub fn known(self) -> Option<i64> {
        match self {
            Self::Known(number) => Some(number),
            Self::Absent | Self::Absurd => None,
        }
    }
}

/// `tokens` of an event: what the upstream said, mapped by CPA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub input: Count,
    pub output: Count,
    pub reasoning: Count,
    /// The oldest cache count: tokens read, or for Claude tokens written if
    /// none were read.
    pub cached: Count,
    pub cache_read: Count,
    /// `cache_read` means what it says even when it is 0.
    pub cache_read_present: bool,
    pub cache_write: Count,
    pub total: Count,
}

/// `token_breakdown` of an event: accounting schema 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breakdown {
    pub quality: BreakdownQuality,
    pub total: Count,
    pub input: Count,
    pub uncached: Count,
    pub cache_read: Count,
    pub cache_write: Count,
    pub output: Count,
    pub non_reasoning: Count,
    pub reasoning: Count,
    pub unclassified: Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakdownQuality {
    Complete,
    Inconsistent,
    Unclassified,
}

/// How an attempt ended, as far as it decides what zeros mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It succeeded and was asked to generate.
    Answered,
    /// The client went away (499) or the time was up (504).
    CutOff,
    /// A failure by status, or a warm-up call: consuming nothing is normal.
    Other,
}

/// How an upstream's counts overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Input includes cached tokens, output includes reasoning.
    OpenAi,
    /// Input excludes cached tokens, output includes reasoning.
    Claude,
    /// Input includes cached tokens, output excludes reasoning.
    Gemini,
    Unknown,
}

impl Family {
    /// By the text of provider and executor, in the order CPA itself uses:
    /// OpenAI-compatible first, because such a provider may be called anything.
    #[must_use]
    pub fn of(provider: &str, executor: &str) -> Self {
        let provider = provider.trim().to_ascii_lowercase();
        let executor = executor.trim().to_ascii_lowercase();
        let named = |words: &[&str]| {
            words
                .iter()
                .any(|word| provider.contains(word) || executor.contains(word))
        };
        if executor == "openaicompatexecutor"
            || provider == "openai-compatibility"
            || provider.starts_with("openai-compatible-")
        {
            Self::OpenAi
        } else if named(&["claude", "anthropic"]) {
            Self::Claude
        } else if named(&["gemini", "aistudio", "antigravity", "vertex", "interaction"]) {
            Self::Gemini
        } else if named(&[
            "openai",
            "codex",
            "xai",
            "grok",
            "kimi",
            "qwen",
            "deepseek",
            "openrouter",
        ]) {
            Self::OpenAi
        } else {
            Self::Unknown
        }
    }
}

impl Counts {
    /// Tokens read from cache. `cache_read` counts since v7.0.3, but only with
    /// its mark (v7.2.74) a 0 there is more than a default; without it `cached`
    /// decides, unless that is the count of written tokens.
    pub(super) fn read(&self) -> Option<i64> {
        let read = self.cache_read.known();
        if self.cache_read_present || read.is_some_and(|read| read > 0) {
            return read;
        }
        match (self.cached.known(), self.cache_write.known()) {
            (Some(cached), Some(written)) if cached == written => Some(0),
            (Some(cached), _) => Some(cached),
            (None, _) => read,
        }
    }
}
