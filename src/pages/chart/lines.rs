//! Several courses on one scale, as lines from the middle of each bucket to the
//! next, with their names beside the end of each. What is not known is a gap.

use super::axis::Tick;
use super::bars::{BAR, nice};
use super::missing::Band;
use super::{N, float, line, real};

/// One line in the units of its drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub path: String,
    /// Where its name is written, in per cent of the height from the top.
    pub name_at: N,
}

/// Lines in a drawing `width` × `height` that is stretched to its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    pub width: N,
    pub height: N,
    pub lines: Vec<Line>,
    /// Heights of the grid lines, zero line excluded.
    pub grid: Vec<N>,
    /// Labels beside the grid, from the top to `0`.
    pub scale: Vec<String>,
    /// One band for each bucket.
    pub slots: Vec<Slot>,
    /// Where records are missing.
    pub missing: Vec<Band>,
    pub ticks: Vec<Tick>,
}

/// The room of one bucket: what the mouse reads, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub x: usize,
    /// Still filling, or cut by the range.
    pub open: bool,
    pub title: String,
    pub href: String,
}

/// Names need so much of the height, in per cent.
const NAME: f64 = 8.0;

/// Draws `courses`, each with one value for every bucket; `label` writes the
/// values of the scale.
#[must_use]
pub fn lines(
    courses: &[Vec<Option<i64>>],
    slots: Vec<Slot>,
    height: f64,
    label: &dyn Fn(i64) -> String,
) -> Lines {
    let width = real(slots.len().max(1)) * BAR;
    let most = courses.iter().flatten().flatten().copied().max();
    let (top, step) = nice(most.unwrap_or(0), 5);
    let up = |n: i64| height - float(n) / float(top) * height;
    let last = |course: &Vec<Option<i64>>| course.iter().rev().flatten().next().copied();
    let ends: Vec<f64> = courses
        .iter()
        .map(|course| up(last(course).unwrap_or(0)) / height * 100.0)
        .collect();
    let names = apart(&ends);
    let drawn = courses.iter().zip(names).map(|(course, name_at)| {
        let points = course.iter().enumerate();
        let points = points.map(|(at, n)| Some(((real(at) + 0.5) * BAR, up((*n)?))));
        Line {
            path: line(points),
            name_at: N(name_at),
        }
    });
    let steps: Vec<i64> = (1..=top / step).rev().map(|i| i * step).collect();
    Lines {
        width: N(width),
        height: N(height),
        lines: drawn.collect(),
        grid: steps.iter().map(|n| N(up(*n))).collect(),
        scale: steps.iter().chain(&[0]).map(|n| label(*n)).collect(),
        slots,
        missing: Vec::new(),
        ticks: Vec::new(),
    }
}

/// Places as near to those wanted as names can be without touching each other,
/// in the same order from the top.
fn apart(wanted: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    let at = |place: &usize| wanted.get(*place).copied().unwrap_or_default();
    order.sort_by(|a, b| at(a).total_cmp(&at(b)));
    let mut places: Vec<f64> = order.iter().map(at).collect();
    // Down from the top, then up from the bottom.
    let mut least = NAME / 2.0;
    for place in &mut places {
        *place = place.max(least);
        least = *place + NAME;
    }
    let mut most = 100.0 - NAME / 2.0;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - NAME;
    }
    let mut found = vec![0.0; wanted.len()];
    for (place, name) in order.into_iter().zip(places) {
        if let Some(slot) = found.get_mut(place) {
            *slot = name;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_touch_and_keep_their_order() {
        let places = apart(&[100.0, 99.0, 20.0, 100.0, 98.0, 0.0]);
        let mut sorted = places.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(
            sorted
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= NAME - 0.001)
        );
        assert!(places[5] < places[2] && places[2] < places[4] && places[4] < places[1]);
        assert!((places[2] - 20.0).abs() < 0.001, "room enough: {places:?}");
        assert!(sorted[5] <= 100.0 - NAME / 2.0);
    }

    #[test]
    fn what_is_not_known_is_a_gap_and_nothing_is_zero() {
        let slot = |x| Slot {
            x,
            open: false,
            title: String::new(),
            href: String::new(),
        };
        let courses = [
            vec![Some(10), None, Some(5)],
            vec![Some(0), Some(0), Some(0)],
        ];
        let drawn = lines(&courses, (0..3).map(slot).collect(), 100.0, &|n| {
            n.to_string()
        });
        assert_eq!(drawn.lines[0].path, "M5 0h.1M25 50h.1");
        assert_eq!(drawn.lines[1].path, "M5 100 15 100 25 100");
    }
}
