//! Numbers, spans and dates as each language writes them. Zones are the
//! caller's: everything here takes a moment that is already local.

use chrono::{DateTime, Datelike};
use chrono_tz::Tz;

use super::Lang;
use crate::domain::units::{Ms, NanoUsd};

/// Stands for a value that does not exist (as opposed to an unknown one).
pub const UNKNOWN: &str = "–";

impl Lang {
    /// `4,804`
    #[must_use]
    pub fn count(self, n: i64) -> String {
        let digits = n.unsigned_abs().to_string();
        let mut text = String::with_capacity(digits.len() + 4);
        if n < 0 {
            text.push('−');
        }
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    }

    /// `166 M` or `1.66 亿`, rounded; exact below a million.
    #[must_use]
    pub fn compact(self, n: i64) -> String {
        if n.abs() < 1_000_000 {
            return self.count(n);
        }
        // The largest first; beside each, the decimals of a figure below ten.
        let units: &[(i64, u32, &str)] = match self {
            Self::En => &[
                (1_000_000_000_000, 2, "T"),
                (1_000_000_000, 2, "B"),
                (1_000_000, 1, "M"),
            ],
            Self::ZhCn => &[
                (1_000_000_000_000, 2, "万亿"),
                (100_000_000, 2, "亿"),
                (10_000, 2, "万"),
            ],
        };
        // 999,950,000 is 1.00 B: what rounds up to a unit is said in it.
        let fits = |size: i64| {
            i128::from(n).abs() * 1000 + i128::from(size) / 2 >= i128::from(size) * 1000
        };
        let (size, most, unit) = units
            .iter()
            .find(|(size, ..)| fits(*size))
            .copied()
            .unwrap_or((1, 0, ""));
        let decimals = match n.abs() / size {
            ..10 => most,
            10..100 => 1,
            _ => 0,
        };
        let parts = 10_i128.pow(decimals);
        let rounded = (i128::from(n).abs() * parts + i128::from(size) / 2) / i128::from(size);
        let sign = if n < 0 { "−" } else { "" };
        let whole = rounded / parts;
        match decimals {
            0 => format!("{sign}{whole} {unit}"),
            1 => format!("{sign}{whole}.{} {unit}", rounded % parts),
            _ => format!("{sign}{whole}.{:02} {unit}", rounded % parts),
        }
    }

    /// A share as `98.5 %`. `None` of nothing.
    #[must_use]
    pub fn share(self, part: i64, whole: i64) -> Option<String> {
        if whole <= 0 {
            return None;
        }
        // Half-way cases and 99.96 % must not become 100.0 % while one failed.
        let thousandths = (i128::from(part) * 1000 + i128::from(whole) / 2) / i128::from(whole);
        let thousandths = match thousandths {
            1000 if part < whole => 999,
            0 if part > 0 => 1,
            n => n,
        };
        Some(
            if thousandths % 10 == 0 && matches!(thousandths, 0 | 1000) {
                format!("{} %", thousandths / 10)
            } else {
                format!("{}.{} %", thousandths / 10, thousandths % 10)
            },
        )
    }

    /// A share without decimals: `83 %`.
    #[must_use]
    pub fn percent(self, part: i64, whole: i64) -> Option<String> {
        (whole > 0).then(|| {
            let rounded = (i128::from(part) * 100 + i128::from(whole) / 2) / i128::from(whole);
            format!("{rounded} %")
        })
    }

    /// Seconds with two decimals, no unit: `10.29`.
    #[must_use]
    pub fn seconds(self, span: Ms) -> String {
        let hundredths = (span.0.max(0) + 5) / 10;
        format!("{}.{:02}", self.count(hundredths / 100), hundredths % 100)
    }

    /// Milliseconds of a sketch as seconds, three figures: `6.8`, `41.2`, `1.42`.
    #[must_use]
    pub fn quantile_seconds(self, millis: f64) -> String {
        let seconds = millis / 1000.0;
        if seconds < 5.0 {
            format!("{seconds:.2}")
        } else {
            format!("{seconds:.1}")
        }
    }

    /// A span in one unit, coarse: `0.3 s`, `12 s`, `5 min`, `3 h`, `2 d`.
    #[must_use]
    pub fn span(self, span: Ms) -> String {
        let ms = span.0.max(0);
        let (n, unit) = match ms {
            ..10_000 => {
                let text = if ms % 1000 == 0 {
                    (ms / 1000).to_string()
                } else {
                    format!("{}.{}", ms / 1000, ms % 1000 / 100)
                };
                return match self {
                    Self::En => format!("{text} s"),
                    Self::ZhCn => format!("{text} 秒"),
                };
            }
            10_000..120_000 => (ms / 1000, ["s", "秒"]),
            120_000..7_200_000 => (ms / 60_000, ["min", "分钟"]),
            7_200_000..172_800_000 => (ms / 3_600_000, ["h", "小时"]),
            _ => (ms / 86_400_000, ["d", "天"]),
        };
        let [en, zh] = unit;
        match self {
            Self::En => format!("{n} {en}"),
            Self::ZhCn => format!("{n} {zh}"),
        }
    }

    /// `$0.0397`: four decimals below ten dollars, two above. For a figure that
    /// stands alone.
    #[must_use]
    pub fn money(self, cost: NanoUsd) -> String {
        if cost.0.abs() < 10_000_000_000 {
            format!("${}", self.dollars(cost))
        } else {
            self.cents(cost)
        }
    }

    /// A sum as `$7.63`: cents, and `<$0.01` for what is less than one.
    #[must_use]
    pub fn cents(self, cost: NanoUsd) -> String {
        let nanos = i128::from(cost.0);
        if (1..5_000_000).contains(&nanos) {
            return "<$0.01".to_owned();
        }
        let sign = if nanos < 0 { "−" } else { "" };
        let cents = (nanos.abs() + 5_000_000) / 10_000_000;
        let whole = i64::try_from(cents / 100).unwrap_or(i64::MAX);
        format!("{sign}${}.{:02}", self.count(whole), cents % 100)
    }

    /// As [`Self::cents`], but whole dollars from a thousand on: for what stands
    /// beside an exact sum.
    #[must_use]
    pub fn about(self, cost: NanoUsd) -> String {
        if cost.0.abs() < 1_000_000_000_000 {
            return self.cents(cost);
        }
        let sign = if cost.0 < 0 { "−" } else { "" };
        let whole = (i128::from(cost.0).abs() + 500_000_000) / 1_000_000_000;
        format!(
            "{sign}${}",
            self.count(i64::try_from(whole).unwrap_or(i64::MAX))
        )
    }

    /// `0.0397`: four decimals and no sign, for a column that has it in its head.
    #[must_use]
    pub fn dollars(self, cost: NanoUsd) -> String {
        let nanos = i128::from(cost.0);
        if nanos == 0 {
            return "0".to_owned();
        }
        let sign = if nanos < 0 { "−" } else { "" };
        let units = (nanos.abs() + 50_000) / 100_000;
        let whole = i64::try_from(units / 10_000).unwrap_or(i64::MAX);
        format!("{sign}{}.{:04}", self.count(whole), units % 10_000)
    }

    /// `14:32:04`
    #[must_use]
    pub fn clock(self, at: &DateTime<Tz>) -> String {
        at.format("%H:%M:%S").to_string()
    }

    /// `14:32:04.9`
    #[must_use]
    pub fn tenths(self, at: &DateTime<Tz>) -> String {
        format!("{}.{}", self.clock(at), at.timestamp_subsec_millis() / 100)
    }

    /// `14:32`
    #[must_use]
    pub fn minute(self, at: &DateTime<Tz>) -> String {
        at.format("%H:%M").to_string()
    }

    /// `24 Nov` or `11月24日`; with the year when it is not `this_year`.
    #[must_use]
    pub fn day(self, at: &DateTime<Tz>, this_year: i32) -> String {
        let year = at.year();
        match (self, year == this_year) {
            (Self::En, true) => at.format("%-d %b").to_string(),
            (Self::En, false) => at.format("%-d %b %Y").to_string(),
            (Self::ZhCn, true) => at.format("%-m月%-d日").to_string(),
            (Self::ZhCn, false) => at.format("%Y年%-m月%-d日").to_string(),
        }
    }

    /// `Tuesday 24 November` or `11月24日 星期二`.
    #[must_use]
    pub fn long_day(self, at: &DateTime<Tz>) -> String {
        match self {
            Self::En => at.format("%A %-d %B").to_string(),
            Self::ZhCn => format!("{} {}", at.format("%-m月%-d日"), self.weekday(at)),
        }
    }

    /// `Tuesday` or `星期二`.
    #[must_use]
    pub fn weekday(self, at: &DateTime<Tz>) -> String {
        match self {
            Self::En => at.format("%A").to_string(),
            Self::ZhCn => {
                let days = ["一", "二", "三", "四", "五", "六", "日"];
                let day = usize::try_from(at.weekday().num_days_from_monday()).unwrap_or(0);
                format!("星期{}", days.get(day).unwrap_or(&"日"))
            }
        }
    }

    /// `Tue` or `周二`; Monday is 0.
    #[must_use]
    pub fn short_weekday(self, day: u32) -> &'static str {
        let names = match self {
            Self::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
            Self::ZhCn => ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
        };
        let place = usize::try_from(day).unwrap_or_default();
        names.get(place).copied().unwrap_or_default()
    }

    /// `24 Nov 2026, 14:29:16.003` with its offset, for titles and facts.
    #[must_use]
    pub fn full(self, at: &DateTime<Tz>) -> String {
        match self {
            Self::En => at.format("%-d %b %Y, %H:%M:%S%.3f %:z").to_string(),
            Self::ZhCn => at.format("%Y年%-m月%-d日 %H:%M:%S%.3f %:z").to_string(),
        }
    }

    /// `40 MB`, in thousands.
    #[must_use]
    pub fn bytes(self, n: i64) -> String {
        match n {
            ..1_000 => format!("{n} B"),
            1_000..1_000_000 => format!("{} kB", n / 1_000),
            1_000_000..1_000_000_000 => {
                format!("{}.{} MB", n / 1_000_000, n % 1_000_000 / 100_000)
            }
            _ => format!(
                "{}.{} GB",
                n / 1_000_000_000,
                n % 1_000_000_000 / 100_000_000
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_exact_and_grouped() {
        let check = |n, text| assert_eq!(Lang::En.count(n), text);
        check(0, "0");
        check(999, "999");
        check(4804, "4,804");
        check(-1_284_551, "−1,284,551");
        check(i64::MIN, "−9,223,372,036,854,775,808");
    }

    #[test]
    fn large_sums_read_in_the_language_s_own_steps() {
        let check = |n, en, zh| {
            assert_eq!(
                (Lang::En.compact(n), Lang::ZhCn.compact(n)),
                (String::from(en), String::from(zh))
            );
        };
        check(999_999, "999,999", "999,999");
        check(4_604_187, "4.6 M", "460 万");
        check(16_030_000, "16.0 M", "1603 万");
        check(166_254_711, "166 M", "1.66 亿");
        check(999_400_000, "999 M", "9.99 亿");
        check(999_999_999, "1.00 B", "10.00 亿");
        check(1_058_600_000, "1.06 B", "10.6 亿");
        check(-25_899_000, "−25.9 M", "−2590 万");
        check(2_500_000_000, "2.50 B", "25.0 亿");
        check(i64::MAX, "9223372 T", "9223372 万亿");
    }

    #[test]
    fn one_failure_is_never_rounded_away() {
        assert_eq!(Lang::En.share(99_999, 100_000).unwrap(), "99.9 %");
        assert_eq!(Lang::En.share(1, 100_000).unwrap(), "0.1 %");
        assert_eq!(Lang::En.share(3261, 3310).unwrap(), "98.5 %");
        assert_eq!(Lang::En.share(5, 5).unwrap(), "100 %");
        assert_eq!(Lang::En.share(0, 5).unwrap(), "0 %");
        assert_eq!(Lang::En.share(0, 0), None);
    }

    #[test]
    fn money_keeps_the_decimals_that_matter() {
        let check = |nanos, text| assert_eq!(Lang::En.money(NanoUsd(nanos)), text);
        check(0, "$0");
        check(39_700_000, "$0.0397");
        check(9_999_960_000, "$10.0000");
        check(160_750_000_000, "$160.75");
        let check = |nanos, text| assert_eq!(Lang::En.cents(NanoUsd(nanos)), text);
        check(0, "$0.00");
        check(4_999_999, "<$0.01");
        check(7_630_100_000, "$7.63");
        check(1_234_567_000_000, "$1,234.57");
        let check = |nanos, text| assert_eq!(Lang::En.about(NanoUsd(nanos)), text);
        check(999_994_000_000, "$999.99");
        check(1_234_567_000_000, "$1,235");
        check(-1_234_567_000_000, "−$1,235");
    }

    #[test]
    fn spans_take_one_unit() {
        let check = |ms, text| assert_eq!(Lang::En.span(Ms(ms)), text);
        check(-5, "0 s");
        check(300, "0.3 s");
        check(12_400, "12 s");
        check(300_000, "5 min");
        check(19_200_000, "5 h");
        check(864_000_000, "10 d");
    }
}
