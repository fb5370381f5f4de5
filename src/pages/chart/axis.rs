//! Words under a drawing: round local times, or seconds from zero, placed in
//! per cent of its width. How a time is written is the language's.

use chrono::{Datelike, Duration, NaiveDate, NaiveTime};

use super::{float, nice, per_mille};
use crate::domain::time::Zone;
use crate::domain::units::{At, Ms};
use crate::i18n::Lang;

/// A word under the drawing, placed in per cent of its width.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub x: String,
    pub label: String,
    /// Empty for a centred word; `start` or `end` at the borders.
    pub anchor: &'static str,
}

/// Words for a time axis: round local times, as many as fit in `room`.
#[must_use]
pub fn ticks(zone: Zone, from: At, to: At, room: i64, lang: Lang) -> Vec<Tick> {
    const HOURLY: [i64; 8] = [5, 10, 15, 30, 60, 180, 360, 720];
    const DAILY: [i64; 4] = [1, 2, 7, 14];
    let span = (to - from).0.max(1);
    let fits = |step: i64| span / step <= room;
    let hourly = HOURLY.into_iter().find(|n| fits(n * Ms::MINUTE.0));
    let daily = DAILY.into_iter().find(|n| fits(n * Ms::DAY.0));
    let first = zone.local(from).date_naive();
    let last = zone.local(to).date_naive();
    let days = || first.iter_days().take_while(|day| *day <= last);
    let year = zone.local(to).year();
    let mut marks: Vec<(At, String)> = Vec::new();
    if let Some(minutes) = hourly {
        for day in days() {
            for minute in (0..1440).step_by(usize::try_from(minutes).unwrap_or(60)) {
                let at = zone.at(day.and_time(NaiveTime::MIN) + Duration::minutes(minute));
                marks.push((at, lang.minute(&zone.local(at))));
            }
        }
    } else {
        let months = i64::from(last.year() - first.year()) * 12 / room.max(1) + 1;
        let chosen = |day: &NaiveDate| match daily {
            Some(step) => i64::from(day.num_days_from_ce()) % step == 0,
            None => day.day() == 1 && i64::from(day.month0()) % months.min(12) == 0,
        };
        for day in days().filter(chosen) {
            let at = zone.start_of(day);
            marks.push((at, lang.day(&zone.local(at), year)));
        }
    }
    marks
        .into_iter()
        .filter(|(at, _)| (from..=to).contains(at))
        .map(|(at, label)| {
            let share = float((at - from).0) / float(span) * 100.0;
            Tick {
                x: format!("{share:.2}%"),
                label,
                anchor: match share {
                    ..2.0 => "start",
                    98.0.. => "end",
                    _ => "",
                },
            }
        })
        .collect()
}

/// Words for an axis of seconds that begins at zero.
#[must_use]
pub fn second_ticks(span: Ms, second: &str) -> Vec<Tick> {
    let (top, step) = nice(span.0, 5);
    // Below a second the round steps of milliseconds print as decimals.
    let label = |ms: i64| match ms % 1000 {
        0 => format!("{} {second}", ms / 1000),
        rest => {
            let text = format!("{}.{rest:03}", ms / 1000);
            format!("{} {second}", text.trim_end_matches('0'))
        }
    };
    (0..=top / step)
        .map(|i| i * step)
        .filter(|ms| *ms <= span.0)
        .map(|ms| {
            let share = per_mille(ms, span.0) / 10.0;
            Tick {
                x: format!("{share:.2}%"),
                label: label(ms),
                anchor: match share {
                    ..2.0 => "start",
                    97.0.. => "end",
                    _ => "",
                },
            }
        })
        .collect()
}
