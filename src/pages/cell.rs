//! What a value looks like: a figure, a soft zero, a dash for what does not
//! exist and a question mark for what nobody counted. They are not the same.

use crate::domain::event::Account;
use crate::domain::provider;
use crate::domain::units::{Ms, NanoUsd};
use crate::i18n::requests::Requests;
use crate::i18n::{Lang, UNKNOWN, plain};
use crate::web::ctx::Ctx;
use crate::web::reader::{BAD, Tone, WARN};

/// One figure of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    /// `zero`, `soft` or nothing.
    pub class: &'static str,
    /// Why it is unknown; empty when it is known.
    pub why: &'static str,
}

impl Cell {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self {
            text,
            class: "",
            why: "",
        }
    }

    #[must_use]
    pub fn none() -> Self {
        Self {
            class: "soft",
            ..Self::new(UNKNOWN.to_owned())
        }
    }

    /// A count that may be unknown.
    #[must_use]
    pub fn count(n: Option<i64>, lang: Lang, t: &'static Requests) -> Self {
        match n {
            Some(0) => Self {
                class: "zero",
                ..Self::new("0".to_owned())
            },
            Some(n) => Self::new(lang.count(n)),
            None => Self {
                why: t.no_count,
                ..Self::new("?".to_owned())
            },
        }
    }

    #[must_use]
    pub fn seconds(span: Option<Ms>, lang: Lang) -> Self {
        span.map_or_else(Self::none, |span| Self::new(lang.seconds(span)))
    }

    /// Tokens a second; nothing where nothing was generated.
    #[must_use]
    pub fn speed(milli: Option<i64>, lang: Lang) -> Self {
        milli.map_or_else(Self::none, |milli| {
            Self::new(lang.count((milli + 500) / 1000))
        })
    }

    #[must_use]
    pub fn dollars(cost: Option<NanoUsd>, lang: Lang) -> Self {
        match cost {
            Some(NanoUsd(0)) => Self {
                class: "zero",
                ..Self::new("0".to_owned())
            },
            Some(cost) => Self::new(lang.dollars(cost)),
            None => Self::none(),
        }
    }
}

/// Shape, word and colour of how an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub tone: Tone,
    pub word: String,
}

/// The quiet state of a row that succeeded.
pub const QUIET: Tone = Tone {
    class: "ok off",
    icon: "dot",
};

impl Outcome {
    #[must_use]
    pub fn of(failed: bool, status: i32, t: &Requests) -> Self {
        if !failed {
            return Self {
                tone: QUIET,
                word: t.ok.to_owned(),
            };
        }
        let word = (t.failure)(status);
        Self {
            // The client went away: nobody's fault up there.
            tone: if status == 499 { WARN } else { BAD },
            word: match status {
                100..=999 if status != 200 => format!("{status} {word}"),
                _ => word.to_owned(),
            },
        }
    }
}

/// The latency of a row drawn behind its figure, 0 to 40 seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Whole length, and of it the wait for the first byte.
    pub whole: String,
    pub wait: Option<String>,
    pub failed: bool,
}

impl Lag {
    #[must_use]
    pub fn of(latency: Option<Ms>, ttft: Option<Ms>, failed: bool) -> Option<Self> {
        let tenths = |ms: Ms, least: i64| {
            let n = (ms.0 / 100).clamp(least, 400);
            format!("{}.{}", n / 10, n % 10)
        };
        let whole = latency?;
        Some(Self {
            whole: tenths(whole, if failed { 8 } else { 1 }),
            wait: ttft
                .filter(|_| !failed)
                .map(|ttft| tenths(Ms(ttft.0.min(whole.0)), 0)),
            failed,
        })
    }
}

/// The account as people know it, or as little of it as they asked to see.
#[must_use]
pub fn account(ctx: &Ctx, account: &Account) -> String {
    let label = if account.label.is_empty() {
        &account.identity
    } else {
        &account.label
    };
    ctx.identity(label)
}

/// The provider as people know it.
#[must_use]
pub fn provider(name: &str) -> String {
    plain(provider::short(name)).into_owned()
}

/// Effort and tier in one cell: `high · prio`.
#[must_use]
pub fn effort_tier(effort: &str, tier: &str, t: &Requests) -> String {
    let tier = match tier {
        // These say nothing that an empty cell would not say.
        "auto" | "default" => "",
        "priority" => t.priority,
        tier => tier,
    };
    match (effort.is_empty(), tier.is_empty()) {
        (_, true) => plain(effort).into_owned(),
        (true, false) => plain(tier).into_owned(),
        (false, false) => format!("{} · {}", plain(effort), plain(tier)),
    }
}

/// Text that no spreadsheet takes for a formula.
#[must_use]
pub fn inert(text: &str) -> String {
    if is_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Whether a spreadsheet would take a text for a formula.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// Exact: nine decimals.
#[must_use]
pub fn dollars(cost: NanoUsd) -> String {
    cost.decimal()
}

/// The same for those who write many.
pub fn write_dollars(out: &mut String, cost: NanoUsd) {
    cost.write_decimal(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::messages;

    #[test]
    fn a_formula_is_only_text() {
        assert_eq!(inert("=1+1"), "'=1+1");
        assert_eq!(inert("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(inert("gpt-5"), "gpt-5");
        assert_eq!(inert(""), "");
    }

    #[test]
    fn money_is_exact() {
        assert_eq!(dollars(NanoUsd(44_461_000)), "0.044461000");
        assert_eq!(dollars(NanoUsd(-1)), "-0.000000001");
    }

    #[test]
    fn zero_unknown_and_absent_differ() {
        let t = messages(Lang::En).requests;
        let text = |n| Cell::count(n, Lang::En, t);
        assert_eq!(
            (text(Some(0)).text.as_str(), text(Some(0)).class),
            ("0", "zero")
        );
        assert_eq!(text(None).text, "?");
        assert!(!text(None).why.is_empty());
        assert_eq!(Cell::seconds(None, Lang::En).text, "–");
        assert_eq!(Cell::dollars(None, Lang::En).text, "–");
    }

    #[test]
    fn the_client_s_own_end_is_no_alarm() {
        let t = messages(Lang::En).requests;
        assert_eq!(Outcome::of(true, 499, t).tone, WARN);
        assert_eq!(Outcome::of(true, 429, t).word, "429 limit");
        assert_eq!(Outcome::of(true, 200, t).word, "failed");
        assert_eq!(Outcome::of(false, 200, t).word, "OK");
    }

    #[test]
    fn a_bar_ends_at_forty_seconds_and_never_vanishes() {
        let lag = |ms, failed| Lag::of(Some(Ms(ms)), Some(Ms(ms)), failed).unwrap();
        assert_eq!(lag(54_920, false).whole, "40.0");
        assert_eq!(lag(12, false).whole, "0.1");
        assert_eq!(
            lag(12, true),
            Lag {
                whole: "0.8".into(),
                wait: None,
                failed: true
            }
        );
        assert_eq!(Lag::of(None, None, false), None);
    }
}
