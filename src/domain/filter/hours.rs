//! Hours of the local week: a condition such as "Mondays" or "working days,
//! 8 to 18". It is the product of some weekdays and some hours, on the clocks
//! of one zone, so that a cell of the weekday × hour table leads to its rows.

use crate::domain::time::{HourOfWeek, Zone};
use crate::domain::units::At;

/// As the query string names them; Monday is 0.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Some weekdays and some hours of them; never all of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WeekHours {
    pub zone: Zone,
    /// One bit a weekday, one an hour; zero stands for all.
    days: u8,
    hours: u32,
}

impl WeekHours {
    /// `None` when nothing is left out. An empty list does not choose, numbers
    /// out of range fall out.
    #[must_use]
    pub fn new(
        zone: Zone,
        days: impl IntoIterator<Item = u32>,
        hours: impl IntoIterator<Item = u32>,
    ) -> Option<Self> {
        let days = bits(days, 7);
        let chosen = Self {
            zone,
            days: u8::try_from(days).unwrap_or_default(),
            hours: bits(hours, 24),
        };
        (chosen.days != 0 || chosen.hours != 0).then_some(chosen)
    }

    #[must_use]
    pub fn contain(&self, cell: HourOfWeek) -> bool {
        let day = self.days == 0 || self.days >> cell.weekday & 1 == 1;
        let hour = self.hours == 0 || self.hours >> cell.hour & 1 == 1;
        day && hour
    }

    /// Whether a moment lies in them.
    #[must_use]
    pub fn contain_moment(&self, at: At) -> bool {
        self.contain(HourOfWeek::of(self.zone, at))
    }

    /// The weekdays chosen; empty = all.
    pub fn weekdays(&self) -> impl Iterator<Item = u32> + use<> {
        let days = self.days;
        (0..7).filter(move |day| days >> day & 1 == 1)
    }

    /// The hours chosen; empty = all.
    pub fn hours_of_day(&self) -> impl Iterator<Item = u32> + use<> {
        let hours = self.hours;
        (0..24).filter(move |hour| hours >> hour & 1 == 1)
    }

    #[must_use]
    pub fn day_name(day: u32) -> &'static str {
        let place = usize::try_from(day).unwrap_or_default();
        DAYS.get(place).copied().unwrap_or_default()
    }

    pub(super) fn read_day(text: &str) -> Option<u32> {
        (0..7).find(|day| Self::day_name(*day) == text)
    }

    pub(super) fn read_hour(text: &str) -> Option<u32> {
        text.parse().ok().filter(|hour| *hour < 24)
    }
}

/// One bit a number below `limit`; zero for none and for all of them.
fn bits(numbers: impl IntoIterator<Item = u32>, limit: u32) -> u32 {
    let all = (1 << limit) - 1;
    let bits = numbers
        .into_iter()
        .filter(|n| *n < limit)
        .fold(0, |bits, n| bits | 1 << n);
    if bits == all { 0 } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(weekday: u32, hour: u32) -> HourOfWeek {
        HourOfWeek { weekday, hour }
    }

    #[test]
    fn days_and_hours_must_both_fit() {
        let evenings = WeekHours::new(Zone::UTC, 0..5, [18, 19]).unwrap();
        assert!(evenings.contain(cell(0, 18)));
        assert!(!evenings.contain(cell(0, 17)));
        assert!(!evenings.contain(cell(5, 18)));
        let mondays = WeekHours::new(Zone::UTC, [0], []).unwrap();
        assert!(mondays.contain(cell(0, 3)) && !mondays.contain(cell(1, 3)));
    }

    #[test]
    fn everything_is_no_condition() {
        assert_eq!(WeekHours::new(Zone::UTC, 0..7, 0..24), None);
        assert_eq!(WeekHours::new(Zone::UTC, [9], []), None);
    }

    #[test]
    fn clocks_are_those_of_the_zone() {
        let kolkata: Zone = "Asia/Kolkata".parse().unwrap();
        let noon = WeekHours::new(kolkata, [], [12]).unwrap();
        // 2026-03-02T06:31Z is 12:01 in Kolkata.
        assert!(noon.contain_moment(At(1_772_433_060_000)));
        assert!(!noon.contain_moment(At(1_772_433_060_000 + 3_600_000)));
    }
}
