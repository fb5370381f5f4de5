//! Spans of which records are missing, as bands behind the bars: where one is,
//! a low bar says nothing about the traffic. None is too narrow to be seen.

use super::bars::BAR;
use super::{N, float, real};
use crate::domain::collection::Gap;
use crate::domain::units::At;

/// A band over the whole height, in the units of its drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    pub x: N,
    pub width: N,
}

const LEAST: f64 = 2.0;

/// `buckets` are the beginnings and ends of the bars, in order and without
/// holes; gaps outside of them are left out.
#[must_use]
pub fn bands(buckets: &[(At, At)], gaps: &[Gap]) -> Vec<Band> {
    let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
        return Vec::new();
    };
    let place = |at: At| {
        let before = buckets.partition_point(|(_, to)| *to <= at);
        let part = buckets.get(before).map_or(0.0, |(from, to)| {
            float((at - *from).0.max(0)) / float((*to - *from).0.max(1))
        });
        (real(before) + part) * BAR
    };
    gaps.iter()
        .filter(|gap| gap.from < last.1 && gap.to > first.0)
        .map(|gap| {
            let (from, to) = (place(gap.from), place(gap.to));
            let width = (to - from).max(LEAST);
            Band {
                x: N(from.min(real(buckets.len()) * BAR - width)),
                width: N(width),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_drawn_where_it_was_and_never_too_narrow() {
        let buckets = [(At(0), At(100)), (At(100), At(200)), (At(200), At(300))];
        let check = |from, to, expected: &[(f64, f64)]| {
            let gap = Gap {
                from: At(from),
                to: At(to),
                why: String::new(),
            };
            let drawn = bands(&buckets, &[gap]);
            let drawn: Vec<_> = drawn.iter().map(|b| (b.x.0, b.width.0)).collect();
            assert_eq!(drawn, expected, "{from} to {to}");
        };
        check(50, 150, &[(5.0, 10.0)]);
        check(120, 121, &[(12.0, 2.0)]);
        check(-500, 900, &[(0.0, 30.0)]);
        check(299, 300, &[(28.0, 2.0)]);
        check(300, 400, &[]);
        check(-9, 0, &[]);
    }
}
