//! Series → SVG geometry, nothing else: bars, sparklines, strips and shares as
//! numbers that templates print. Drawings stretch, words never do, so scales
//! and ticks are text beside them. Zero is always the base line.

use std::fmt;

use chrono::{Datelike, Duration, NaiveDate, NaiveTime};

use crate::domain::time::Zone;
use crate::domain::units::{At, Ms};
use crate::i18n::Lang;

/// A coordinate; prints with at most one decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct N(pub f64);

impl fmt::Display for N {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// Counts of one bucket of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    pub requests: i64,
    pub failed: i64,
    /// Still filling.
    pub open: bool,
    /// What the mouse reads, and where it leads.
    pub title: String,
    pub href: String,
}

/// Parts of one bucket of time, from the zero line up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    pub parts: Vec<(&'static str, i64)>,
    pub open: bool,
    pub title: String,
    pub href: String,
}

/// A drawn column.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub x: N,
    pub width: N,
    /// From the zero line up; none of them empty.
    pub rects: Vec<Rect>,
    pub open: bool,
    pub title: String,
    pub href: String,
}

/// A part of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub y: N,
    pub height: N,
    pub class: &'static str,
}

/// A bar chart in a drawing `width` × `height` that is stretched to its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    pub width: N,
    pub height: N,
    pub bars: Vec<Bar>,
    /// Heights of the grid lines, zero line excluded.
    pub grid: Vec<N>,
    /// Labels beside the grid, from the top to `0`.
    pub scale: Vec<String>,
    /// The earlier period as a path; empty without one.
    pub past: String,
    pub ticks: Vec<Tick>,
}

/// A word under the drawing, placed in per cent of its width.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub x: String,
    pub label: String,
    /// Empty for a centred word; `start` or `end` at the borders.
    pub anchor: &'static str,
}

const BAR: f64 = 10.0;
const GAP: f64 = 1.6;
/// The least height a failure is drawn with, so that one is never invisible.
const LEAST: f64 = 1.2;

/// Bars of equal width: failures stand on the zero line, the rest on them.
/// `past` are the counts of an earlier period in the same buckets; `lines` is
/// how many steps the scale may have.
#[must_use]
pub fn bars(columns: Vec<Column>, past: &[i64], height: f64, lines: i64, lang: Lang) -> Bars {
    let stack = |column: Column| Stack {
        parts: vec![
            (FAILED, column.failed),
            (WHOLE, column.requests - column.failed),
        ],
        open: column.open,
        title: column.title,
        href: column.href,
    };
    let stacks = columns.into_iter().map(stack).collect();
    let past: Vec<Option<i64>> = past.iter().copied().map(Some).collect();
    self::stacks(stacks, &past, height, lines, &|n| lang.compact(n))
}

/// The classes of what failed, and of what has only one part.
pub const FAILED: &str = "fill-bad";
pub const WHOLE: &str = "fill";

/// Bars of parts that add up. `past` is drawn as a line over them, with gaps
/// where nothing is known; `label` writes the values of the scale.
#[must_use]
pub fn stacks(
    stacks: Vec<Stack>,
    past: &[Option<i64>],
    height: f64,
    lines: i64,
    label: &dyn Fn(i64) -> String,
) -> Bars {
    let width = real(stacks.len().max(past.len()).max(1)) * BAR;
    let whole = |stack: &Stack| stack.parts.iter().map(|(_, n)| *n).sum::<i64>();
    let most = stacks.iter().map(whole);
    let most = most.chain(past.iter().flatten().copied()).max();
    let most = most.unwrap_or(0);
    let (top, step) = match lines {
        // Only the top is labelled, so the steps below it need not be round.
        1 => (nice(most, 5).0, nice(most, 5).0),
        _ => nice(most, lines),
    };
    let up = |n: i64| float(n) / float(top) * height;
    let bars = stacks
        .into_iter()
        .enumerate()
        .map(|(i, stack)| Bar {
            x: N(real(i) * BAR + GAP / 2.0),
            width: N(BAR - GAP),
            rects: rects(&stack.parts, height, up),
            open: stack.open,
            title: stack.title,
            href: stack.href,
        })
        .collect();
    let steps: Vec<i64> = (1..=top / step).rev().map(|i| i * step).collect();
    Bars {
        width: N(width),
        height: N(height),
        bars,
        grid: steps.iter().map(|n| N(height - up(*n))).collect(),
        scale: steps.iter().chain(&[0]).map(|n| label(*n)).collect(),
        past: line(
            past.iter()
                .enumerate()
                .map(|(i, n)| Some(((real(i) + 0.5) * BAR, height - up((*n)?)))),
        ),
        ticks: Vec::new(),
    }
}

fn rects(parts: &[(&'static str, i64)], height: f64, up: impl Fn(i64) -> f64) -> Vec<Rect> {
    let mut rects = Vec::new();
    let (mut sum, mut top) = (0, 0.0);
    for (class, n) in parts.iter().filter(|(_, n)| *n > 0) {
        sum += n;
        let least = if *class == FAILED { LEAST } else { 0.0 };
        let reached = up(sum).max(top + least);
        if reached > top {
            rects.push(Rect {
                y: N(height - reached),
                height: N(reached - top),
                class,
            });
        }
        top = reached;
    }
    rects
}

/// The top of a scale and its step: the lowest round top over `most` that has
/// at most `lines` steps. Never zero.
#[must_use]
pub fn nice(most: i64, lines: i64) -> (i64, i64) {
    let most = most.max(1);
    let fewest = lines.min(3);
    (fewest..=lines.max(1))
        .rev()
        .map(|steps| {
            let step = round_up((most + steps - 1) / steps);
            (step * ((most + step - 1) / step), step)
        })
        .min_by_key(|(top, _)| *top)
        .unwrap_or((most, most))
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn round_up(n: i64) -> i64 {
    let mut power = 1;
    loop {
        for step in [10, 20, 25, 50] {
            let step = step * power / 10;
            if step >= n && step * 10 % power == 0 {
                return step;
            }
        }
        power *= 10;
    }
}

/// A trend over 100 × 20, two units of air above; gaps where nothing is known.
#[must_use]
pub fn spark(values: &[Option<f64>]) -> String {
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let steps = real(values.len().saturating_sub(1).max(1));
    line(values.iter().enumerate().map(|(i, value)| {
        let up = if most > 0.0 { (*value)? / most } else { 0.0 };
        Some((real(i) / steps * 100.0, 20.0 - up * 18.0))
    }))
}

/// `M` at the start and after each gap; a lone point becomes a dot.
fn line(points: impl Iterator<Item = Option<(f64, f64)>>) -> String {
    use fmt::Write as _;
    let mut path = String::new();
    let mut drawn = 0;
    for point in points {
        let Some((x, y)) = point else {
            if drawn == 1 {
                path.push_str("h.1");
            }
            drawn = 0;
            continue;
        };
        let pen = if drawn == 0 { "M" } else { " " };
        let _ = write!(path, "{pen}{} {}", N(x), N(y));
        drawn += 1;
    }
    if drawn == 1 {
        path.push_str("h.1");
    }
    path
}

/// Outcomes in equal cells as three paths, ten units a cell and twenty high:
/// succeeded, failed (a foot, taller when more failed), no traffic (a low line).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    pub width: usize,
    pub good: String,
    pub fail: String,
    pub none: String,
}

#[must_use]
pub fn strip(cells: &[(i64, i64)]) -> Strip {
    use fmt::Write as _;
    let mut strip = Strip {
        width: cells.len() * 10,
        ..Strip::default()
    };
    for (i, (requests, failed)) in cells.iter().enumerate() {
        let x = i * 10;
        if *requests == 0 {
            let _ = write!(strip.none, "M{x} 18h8v2h-8z");
            continue;
        }
        let foot = if *failed == 0 {
            0.0
        } else {
            (float(*failed) / float(*requests) * 20.0).clamp(4.0, 20.0)
        };
        if foot < 20.0 {
            let _ = write!(strip.good, "M{x} 0h8v{}h-8z", N(20.0 - foot));
        }
        if foot > 0.0 {
            let _ = write!(strip.fail, "M{x} {}h8v{}h-8z", N(20.0 - foot), N(foot));
        }
    }
    strip
}

/// One part of a share bar, in thousandths of its width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub x: N,
    pub width: N,
    pub class: &'static str,
}

/// Parts of a whole side by side, two units apart; empty parts are left out.
#[must_use]
pub fn shares(parts: &[(&'static str, i64)]) -> Vec<Part> {
    let whole: i64 = parts.iter().map(|(_, n)| *n).sum();
    let mut x = 0.0;
    parts
        .iter()
        .filter(|(_, n)| *n > 0 && whole > 0)
        .map(|(class, n)| {
            let room = float(*n) / float(whole) * 1000.0;
            let part = Part {
                x: N(x),
                width: N((room - 2.0).max(1.0)),
                class,
            };
            x += room;
            part
        })
        .collect()
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

/// A part of a whole in thousandths.
#[must_use]
pub fn per_mille(part: i64, whole: i64) -> f64 {
    float(part) / float(whole.max(1)) * 1000.0
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

/// Counts as coordinates: a chart is narrower than 2^53.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "drawing only"
)]
fn float(n: i64) -> f64 {
    n as f64
}

fn real(n: usize) -> f64 {
    float(i64::try_from(n).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
