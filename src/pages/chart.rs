//! Series → SVG geometry, nothing else: bars, sparklines, strips and shares as
//! numbers that templates print. Drawings stretch, words never do, so scales
//! and ticks are text beside them. Zero is always the base line.

use std::fmt;

mod axis;
mod bars;
mod lines;
mod missing;

pub use axis::{Tick, second_ticks, ticks};
pub use bars::{Bar, Bars, Column, FAILED, Rect, Stack, WHOLE, bars, nice, stacks};
pub use lines::{Line, Lines, Slot, lines};
pub use missing::{Band, bands};

/// A coordinate; prints with at most one decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct N(pub f64);

impl fmt::Display for N {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// A trend as two paths over 100 × 20, two units of air above, with gaps where
/// nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spark {
    pub path: String,
    /// From the last finished value to the one that still grows.
    pub open: String,
}

impl Spark {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.path.is_empty() && self.open.is_empty()
    }
}

/// The course of something up to now: the last value is of a time that is not
/// over, and looks it.
#[must_use]
pub fn spark(values: &[Option<f64>]) -> Spark {
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let steps = real(values.len().saturating_sub(1).max(1));
    let points = values.iter().enumerate().map(|(i, value)| {
        let up = if most > 0.0 { (*value)? / most } else { 0.0 };
        Some((real(i) / steps * 100.0, 20.0 - up * 18.0))
    });
    let points: Vec<_> = points.collect();
    let over = points.len().saturating_sub(1);
    let open = points.iter().skip(over.saturating_sub(1));
    Spark {
        path: line(points.iter().copied().take(over)),
        open: match points.last() {
            Some(Some(_)) => line(open.copied()),
            _ => String::new(),
        },
    }
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

/// A part of a whole in thousandths.
#[must_use]
pub fn per_mille(part: i64, whole: i64) -> f64 {
    float(part) / float(whole.max(1)) * 1000.0
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
