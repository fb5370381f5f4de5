//! One ruled line of figures: label, figure, note, and a real trend where
//! there is one. Every sum that has rows behind it is a link to them.

use crate::i18n::Lang;
use crate::pages::chart::Spark;

/// Requests a base must have to say a change in per cent.
pub const FAIR_BASE: i64 = 20;

/// `+4.8 %`: how far a figure is from its base. `None` without a base, and on
/// one made of fewer than [`FAIR_BASE`] requests.
#[must_use]
pub fn change(now: i64, base: i64, base_requests: i64, lang: Lang) -> Option<String> {
    if base <= 0 || base_requests < FAIR_BASE {
        return None;
    }
    let more = i128::from(now) - i128::from(base);
    let sign = if more < 0 { "−" } else { "+" };
    let base = i128::from(base);
    let tenths = (more.abs() * 1_000 + base / 2) / base;
    let percent = if tenths < 1_000 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        lang.count(i64::try_from(tenths / 10).unwrap_or(i64::MAX))
    };
    Some(format!("{sign}{percent} %"))
}

/// One figure of the line.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    pub label: &'static str,
    pub figure: String,
    /// Said after the figure, quieter.
    pub unit: &'static str,
    /// The exact value of a shortened figure; empty otherwise.
    pub exact: String,
    /// Empty = there are no rows to open.
    pub href: String,
    /// A drawn trend and what it says; empty without one.
    pub spark: Spark,
    pub spark_title: String,
    pub spark_class: &'static str,
    pub note: String,
    pub bad: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_needs_a_fair_base() {
        let check = |now, base, requests, said: Option<&str>| {
            assert_eq!(change(now, base, requests, Lang::En).as_deref(), said);
        };
        check(31_534, 30_087, 30_087, Some("+4.8 %"));
        check(977, 1_000, 1_000, Some("−2.3 %"));
        check(20, 20, 20, Some("+0.0 %"));
        check(25_000, 20, 20, Some("+124,900 %"));
        check(3, 1, 19, None);
        check(9, 0, 500, None);
    }
}
