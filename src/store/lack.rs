//! What two periods lack to be compared: nothing is measured against a period,
//! or of one, that was recorded only in part. What is missing is not estimated.

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::gaps;
use crate::domain::collection::Gap;
use crate::domain::units::{At, Ms};

/// Why a comparison says no percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Records begin then, within the period before.
    Begun(At),
    /// Requests of this time, in the period before, were probably lost.
    GapBefore(At, At),
    /// The same in the period itself.
    GapWithin(At, At),
}

impl Lack {
    /// Whether it is the period before that is not whole.
    #[must_use]
    pub fn is_before(self) -> bool {
        !matches!(self, Self::GapWithin(..))
    }
}

/// What there is to say of a period and the one before it; `oldest` is the
/// first event there is.
pub fn of(
    c: &mut SqliteConnection,
    oldest: Option<At>,
    before: (At, At),
    period: (At, At),
) -> Result<Option<Lack>> {
    if let Some(begun) = oldest.filter(|oldest| *oldest > before.0) {
        return Ok(Some(Lack::Begun(begun)));
    }
    if let Some((from, to)) = gap(c, before)? {
        return Ok(Some(Lack::GapBefore(from, to)));
    }
    Ok(gap(c, period)?.map(|(from, to)| Lack::GapWithin(from, to)))
}

/// Whether a period was recorded from its beginning on, and without a gap that
/// matters.
pub fn is_whole(c: &mut SqliteConnection, oldest: Option<At>, period: (At, At)) -> Result<bool> {
    let begun = oldest.is_some_and(|oldest| oldest > period.0);
    Ok(!begun && gap(c, period)?.is_none())
}

fn gap(c: &mut SqliteConnection, (from, to): (At, At)) -> Result<Option<(At, At)>> {
    Ok(longest(&gaps::within(c, from, to)?, (from, to)))
}

/// The longest gap in a period, unless all of them together are less than a
/// thousandth of it: that changes no percentage by what is said of it.
fn longest(gaps: &[Gap], (from, to): (At, At)) -> Option<(At, At)> {
    let mut lost = Ms(0);
    let mut seen = from;
    let mut longest: Option<(At, At)> = None;
    for gap in gaps {
        let (begin, end) = (gap.from.max(from), gap.to.min(to));
        lost.0 += (end.0 - begin.max(seen).0).max(0);
        seen = seen.max(end);
        if longest.is_none_or(|(a, b)| end - begin > b - a) {
            longest = Some((begin, end));
        }
    }
    longest.filter(|_| lost.0.saturating_mul(1_000) >= (to - from).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(gaps: &[(i64, i64)]) -> Option<(i64, i64)> {
        let gap = |(from, to): &(i64, i64)| Gap {
            from: At(*from),
            to: At(*to),
            why: String::new(),
        };
        let gaps: Vec<Gap> = gaps.iter().map(gap).collect();
        longest(&gaps, (At(10_000), At(20_000))).map(|(from, to)| (from.0, to.0))
    }

    #[test]
    fn the_longest_gap_is_named_once_they_matter() {
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[(9_000, 10_009)]), None, "nine of ten thousand");
        assert_eq!(found(&[(9_000, 10_010)]), Some((10_000, 10_010)));
        assert_eq!(
            found(&[(11_000, 11_006), (12_000, 12_005)]),
            Some((11_000, 11_006))
        );
        // The same six twice are six.
        assert_eq!(found(&[(11_000, 11_006), (11_000, 11_006)]), None);
        assert_eq!(
            found(&[(11_000, 11_500), (19_000, 90_000)]),
            Some((19_000, 20_000))
        );
    }
}
