//! Local calendars: where a day, an hour or a week begins in a zone, and the
//! edges of chart buckets. Everything in and out is [`At`]; days may last 23,
//! 25 or 0 hours, hours may start at any minute. Takes `now`, never asks for it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

use super::units::{At, Ms};

/// An IANA time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

impl Zone {
    pub const UTC: Self = Self(Tz::UTC);

    /// The name as IANA spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Every zone known, for a choice list.
    pub fn all() -> impl Iterator<Item = Self> {
        chrono_tz::TZ_VARIANTS.iter().copied().map(Self)
    }

    /// The moment on this zone's clocks, for printing.
    #[must_use]
    pub fn local(self, at: At) -> DateTime<Tz> {
        at.utc().with_timezone(&self.0)
    }

    /// First moment of the local day that contains `at`.
    #[must_use]
    pub fn day_start(self, at: At) -> At {
        self.start_of(self.local(at).date_naive())
    }

    /// First moment of the next local day that exists.
    #[must_use]
    pub fn next_day(self, at: At) -> At {
        let mut date = self.local(at).date_naive();
        loop {
            date = date.succ_opt().unwrap_or(NaiveDate::MAX);
            let start = self.start_of(date);
            // A date that the zone skipped begins where the next one does.
            if start > at || date == NaiveDate::MAX {
                return start;
            }
        }
    }

    /// First moment of the local day `days` before the one that contains `at`.
    #[must_use]
    pub fn days_before(self, at: At, days: u32) -> At {
        let date = self.local(at).date_naive();
        self.start_of(date - Duration::days(days.into()))
    }

    /// First moment of the Monday-based local week that contains `at`.
    #[must_use]
    pub fn week_start(self, at: At) -> At {
        let date = self.local(at).date_naive();
        let since_monday = date.weekday().num_days_from_monday();
        self.start_of(date - Duration::days(since_monday.into()))
    }

    /// First moment of `date`: midnight, or what follows the gap when clocks
    /// jump over it, or the first of two midnights.
    #[must_use]
    pub fn start_of(self, date: NaiveDate) -> At {
        self.at(date.and_time(chrono::NaiveTime::MIN))
    }

    /// When clocks show `local`: the first time if twice, and the end of the
    /// gap if never.
    #[must_use]
    pub fn at(self, local: NaiveDateTime) -> At {
        let found = |local: &NaiveDateTime| self.0.from_local_datetime(local).earliest();
        if let Some(found) = found(&local) {
            return At(found.timestamp_millis());
        }
        // Gaps end on quarters of an hour.
        let into = local
            .and_utc()
            .timestamp_millis()
            .rem_euclid(15 * Ms::MINUTE.0);
        let mut local = local - Duration::milliseconds(into);
        // The longest gap on record is one day (Samoa, 2011-12-30).
        for _ in 0..=48 * 4 {
            if let Some(found) = found(&local) {
                return At(found.timestamp_millis());
            }
            local += Duration::minutes(15);
        }
        At(local.and_utc().timestamp_millis())
    }

    /// How far local clocks are ahead of UTC.
    fn offset(self, at: At) -> Ms {
        let seconds = self.local(at).offset().fix().local_minus_utc();
        Ms(i64::from(seconds) * 1_000)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_| UnknownZone)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an IANA time zone")]
pub struct UnknownZone;

/// A range as people choose it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Range {
    Today,
    LastHour,
    #[default]
    Last24Hours,
    /// This many local days, today included.
    Days(u32),
    All,
    Between(At, At),
}

impl Range {
    /// Half-open moments. `first` is the oldest event there is; ranges that
    /// reach up to the present end just after `now`, so that an event of this
    /// very millisecond is in.
    #[must_use]
    pub fn resolve(self, zone: Zone, now: At, first: Option<At>) -> (At, At) {
        let end = now + Ms(1);
        match self {
            Self::Today => (zone.day_start(now), end),
            Self::LastHour => (end - Ms::HOUR, end),
            Self::Last24Hours => (end - Ms::DAY, end),
            Self::Days(days) => (zone.days_before(now, days.saturating_sub(1)), end),
            Self::All => (first.unwrap_or(now).min(now), end),
            Self::Between(from, to) => (from.min(to), to.max(from)),
        }
    }
}

impl Range {
    /// Where the period before lies, to compare with; `span` is this range
    /// resolved. `None` of all time and of nothing.
    #[must_use]
    pub fn back(self, zone: Zone, (from, to): (At, At)) -> Option<Back> {
        let whole_days = || {
            let midnights = zone.day_start(from) == from && zone.day_start(to) == to;
            let days = zone.local(to).date_naive() - zone.local(from).date_naive();
            let days = u32::try_from(days.num_days()).ok()?;
            (midnights && days > 0).then_some(Back::Days(days))
        };
        match self {
            Self::All => None,
            _ if from >= to => None,
            Self::Today => Some(Back::Days(1)),
            Self::Days(days) => Some(Back::Days(days)),
            Self::LastHour | Self::Last24Hours => Some(Back::Span(to - from)),
            Self::Between(..) => whole_days().or(Some(Back::Span(to - from))),
        }
    }
}

/// A step into the past: days on local clocks, or a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    Days(u32),
    Span(Ms),
}

impl Back {
    /// The moment that corresponds to `at`, by the clock for days.
    #[must_use]
    pub fn from(self, zone: Zone, at: At) -> At {
        match self {
            Self::Days(days) => zone.at(zone.local(at).naive_local() - Duration::days(days.into())),
            Self::Span(span) => at - span,
        }
    }

    /// As many edges as there are, each from its own, never descending: a
    /// bucket is empty where clocks were set back in between.
    #[must_use]
    pub fn edges(self, zone: Zone, edges: &[At]) -> Vec<At> {
        let mut last = At(i64::MIN);
        let back = |at: &At| {
            last = last.max(self.from(zone, *at));
            last
        };
        edges.iter().map(back).collect()
    }
}

/// Width of a chart bucket, on local clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    FiveMinutes,
    Quarter,
    HalfHour,
    Hour,
    Day,
    Week,
}

impl Grain {
    pub const ALL: [Self; 6] = [
        Self::FiveMinutes,
        Self::Quarter,
        Self::HalfHour,
        Self::Hour,
        Self::Day,
        Self::Week,
    ];

    /// The finest grain that draws a range in at most `bars` bars.
    #[must_use]
    pub fn fitting(from: At, to: At, bars: i64) -> Self {
        Self::ALL
            .into_iter()
            .find(|grain| (to - from).0 / grain.usual().0 < bars)
            .unwrap_or(Self::Week)
    }

    /// How long a bucket usually lasts.
    #[must_use]
    pub fn usual(self) -> Ms {
        Ms(match self {
            Self::FiveMinutes => 5 * Ms::MINUTE.0,
            Self::Quarter => 15 * Ms::MINUTE.0,
            Self::HalfHour => 30 * Ms::MINUTE.0,
            Self::Hour => Ms::HOUR.0,
            Self::Day => Ms::DAY.0,
            Self::Week => 7 * Ms::DAY.0,
        })
    }

    /// First moment of the bucket that contains `at`.
    #[must_use]
    pub fn start(self, zone: Zone, at: At) -> At {
        match self {
            Self::Week => zone.week_start(at),
            Self::Day => zone.day_start(at),
            _ => at - Ms(self.into_step(zone, at)),
        }
    }

    /// First moment of the bucket after the one that contains `at`.
    #[must_use]
    pub fn next(self, zone: Zone, at: At) -> At {
        match self {
            Self::Week => {
                let next = zone.week_start(at) + Ms(7 * Ms::DAY.0 + Ms::DAY.0 / 2);
                zone.week_start(next)
            }
            Self::Day => zone.next_day(at),
            // Stepping from the local clock, not from the last edge, keeps
            // hours whole after a change of 30 minutes (Lord Howe).
            _ => at + Ms(self.usual().0 - self.into_step(zone, at)),
        }
    }

    /// Edges of the buckets that cover `[from, to)`: starts with `from`, ends
    /// with `to`, strictly ascending, local bucket starts between them. The
    /// first and the last bucket may be cut. Empty when the range is.
    #[must_use]
    pub fn edges(self, zone: Zone, from: At, to: At) -> Vec<At> {
        if from >= to {
            return Vec::new();
        }
        let mut edges = vec![from];
        let mut edge = self.next(zone, from);
        while edge < to {
            edges.push(edge);
            edge = self.next(zone, edge);
        }
        edges.push(to);
        edges
    }

    /// Milliseconds that local clocks are past the start of the bucket.
    fn into_step(self, zone: Zone, at: At) -> i64 {
        (at.0 + zone.offset(at).0).rem_euclid(self.usual().0)
    }
}

/// A cell of the weekday × hour table, on local clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HourOfWeek {
    /// Monday is 0.
    pub weekday: u32,
    pub hour: u32,
}

impl HourOfWeek {
    #[must_use]
    pub fn of(zone: Zone, at: At) -> Self {
        let local = zone.local(at);
        Self {
            weekday: local.weekday().num_days_from_monday(),
            hour: local.hour(),
        }
    }
}

#[cfg(test)]
mod tests;
