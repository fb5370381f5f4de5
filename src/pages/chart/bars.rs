//! Bars on a scale with round steps: parts that stand on each other from the
//! zero line up, an earlier period as a line over them.

use super::axis::Tick;
use super::missing::Band;
use super::{N, float, line, real};
use crate::i18n::Lang;

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
    /// Where records are missing.
    pub missing: Vec<Band>,
    pub ticks: Vec<Tick>,
}

pub(super) const BAR: f64 = 10.0;
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
        missing: Vec::new(),
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
