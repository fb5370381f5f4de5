//! One unit for a whole table of figures, so that they fit narrow cells and can
//! be compared: the unit is said once, and all have the same decimals.

use crate::domain::filter::Metric;
use crate::i18n::{Lang, UNKNOWN};
use crate::web::ctx::Ctx;

/// A unit, and how many decimals figures have in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    divisor: i64,
    decimals: u32,
    /// Said beside the table; empty of plain counts.
    pub name: &'static str,
}

impl Unit {
    /// What fits figures up to `most`, in the units of `trend::value`; shares
    /// of failures are in thousandths.
    #[must_use]
    pub fn of(metric: Metric, most: i64, ctx: &Ctx) -> Self {
        let fixed = |divisor, name| Self::fitting(divisor, name, most);
        match metric {
            Metric::Requests | Metric::Tokens => Self::count(most, ctx.lang),
            Metric::Cost if most < 100_000_000 => fixed(10_000_000, "¢"),
            Metric::Cost if most < 10_000_000_000_000 => fixed(1_000_000_000, "$"),
            Metric::Cost => fixed(1_000_000_000_000, "k$"),
            Metric::Latency | Metric::Ttft => fixed(1_000, ctx.t.requests.second),
            Metric::Speed => Self {
                divisor: 1_000,
                decimals: 0,
                name: ctx.t.requests.tokens_a_second,
            },
            Metric::Failed => Self {
                divisor: 10,
                decimals: 1,
                name: "%",
            },
        }
    }

    fn count(most: i64, lang: Lang) -> Self {
        let units: &[(i64, &str)] = match lang {
            Lang::En => &[(1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")],
            Lang::ZhCn => &[(100_000_000, "亿"), (10_000, "万")],
        };
        // Two figures at least, so that the small ones beside it say something.
        let fits = units.iter().find(|(divisor, _)| most / 10 >= *divisor);
        match fits {
            Some((divisor, name)) => Self::fitting(*divisor, name, most),
            _ => Self {
                divisor: 1,
                decimals: 0,
                name: "",
            },
        }
    }

    /// Three figures of the largest.
    fn fitting(divisor: i64, name: &'static str, most: i64) -> Self {
        let decimals = match most / divisor {
            ..10 => 2,
            10..100 => 1,
            _ => 0,
        };
        Self {
            divisor,
            decimals,
            name,
        }
    }

    /// One decimal more, where there is room for it.
    #[must_use]
    pub fn finer(self) -> Self {
        Self {
            decimals: match self.divisor {
                1 => 0,
                _ => (self.decimals + 1).min(2),
            },
            ..self
        }
    }

    /// Rounded, and `<0.1` where that would say nothing.
    #[must_use]
    pub fn say(&self, value: Option<i64>) -> String {
        let Some(value) = value else {
            return UNKNOWN.to_owned();
        };
        let parts = 10_i128.pow(self.decimals);
        let divisor = i128::from(self.divisor);
        let rounded = (i128::from(value) * parts + divisor / 2) / divisor;
        // Grouped alike in every language.
        let whole = |n: i128| Lang::En.count(i64::try_from(n / parts).unwrap_or(i64::MAX));
        let figure = |n: i128| match self.decimals {
            0 => whole(n),
            1 => format!("{}.{}", whole(n), n % parts),
            _ => format!("{}.{:02}", whole(n), n % parts),
        };
        match (value, rounded) {
            (0, _) => String::from("0"),
            (1.., 0) => format!("<{}", figure(1)),
            _ => figure(rounded),
        }
    }

    #[must_use]
    pub fn with_name(&self, value: Option<i64>) -> String {
        let said = self.say(value);
        match (value, self.name) {
            (None, _) | (_, "") => said,
            (_, "$") => format!("${said}"),
            (_, "k$") => format!("${said} k"),
            (_, name) => format!("{said} {name}"),
        }
    }
}

/// Gives the figures of a column as many decimals as the one that has most;
/// what is no number, and a plain zero, stays as it is.
pub fn even(column: &mut [&mut String]) {
    let is_number =
        |text: &str| text.ends_with(|c: char| c.is_ascii_digit()) && !matches!(text, "0" | "$0");
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, rest)| rest.len());
    let numbers = column.iter().filter(|text| is_number(text));
    let most = numbers.map(|text| decimals(text)).max().unwrap_or(0);
    for text in column.iter_mut().filter(|text| is_number(text)) {
        let has = decimals(text);
        if has == 0 && most > 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', most - has));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_as_many_decimals_as_its_finest_figure() {
        let mut texts = ["0.28", "$0.028", "3", "0", "–"].map(str::to_owned);
        even(&mut texts.iter_mut().collect::<Vec<_>>());
        assert_eq!(texts, ["0.280", "$0.028", "3.000", "0", "–"]);
        even(&mut []);
    }

    #[test]
    fn figures_of_one_table_have_one_unit() {
        let unit = Unit::count(12_345_678, Lang::En);
        assert_eq!((unit.name, unit.decimals), ("M", 1));
        let said = [0, 1, 60_000, 12_345_678].map(|n| unit.say(Some(n)));
        assert_eq!(said, ["0", "<0.1", "0.1", "12.3"]);
        assert_eq!(unit.say(None), UNKNOWN);
    }

    #[test]
    fn a_sum_just_over_a_unit_does_not_hide_its_parts() {
        let unit = Unit::count(1_050_000_000, Lang::En);
        assert_eq!(unit.name, "M");
        let said = [1_050_000_000, 230_400_000, 3_200_000].map(|n| unit.say(Some(n)));
        assert_eq!(said, ["1,050", "230", "3"]);
        assert_eq!(unit.finer().say(Some(3_200_000)), "3.2");
        assert_eq!(unit.finer().say(Some(1_050_000_000)), "1,050.0");
        assert_eq!(Unit::count(9_999, Lang::En).finer().say(Some(7)), "7");
    }

    #[test]
    fn few_are_counted_one_by_one() {
        assert_eq!(Unit::count(9_999, Lang::En).say(Some(4_321)), "4,321");
        assert_eq!(Unit::count(123_456, Lang::En).say(Some(4_321)), "4");
        assert_eq!(Unit::count(123_456, Lang::ZhCn).say(Some(4_321)), "0.4");
    }
}
