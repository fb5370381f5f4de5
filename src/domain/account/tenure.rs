//! When an `auth_index` means which account. A file that is written anew with
//! another account keeps its index, so events under it are of the one account up
//! to some moment and of the other from then on. Nearly every index has one
//! account only: that one has it for all time, and no tenure. Pure.

use super::Known;
use crate::domain::units::At;

/// A time in which an index, shared with other accounts, is one account's own.
/// Half-open; what was before the first account is the first one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    pub index: String,
    pub from: At,
    pub to: At,
}

/// Indexes whose events in a span, half-open, are those of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub indexes: Vec<String>,
    pub from: At,
    pub to: At,
}

impl Tenure {
    pub const ALL: (At, At) = (At(i64::MIN), At(i64::MAX));

    /// Who had an index when, given since when each had it, in that order:
    /// account and tenure. Empty where it was always the same one.
    #[must_use]
    pub fn of(index: &str, since: &[(At, i64)]) -> Vec<(i64, Self)> {
        let mut turns: Vec<(At, i64)> = since.to_vec();
        turns.dedup_by_key(|(_, account)| *account);
        if turns.len() < 2 {
            return Vec::new();
        }
        let ends = turns.iter().skip(1).map(|(at, _)| *at);
        let ends: Vec<At> = ends.chain([Self::ALL.1]).collect();
        let mut from = Self::ALL.0;
        let mut tenures = Vec::new();
        for ((_, account), to) in turns.into_iter().zip(ends) {
            let index = index.to_owned();
            tenures.push((account, Self { index, from, to }));
            from = to;
        }
        tenures
    }
}

impl Known {
    /// Whether events under this index are its own now.
    #[must_use]
    pub fn holds(&self, index: &str) -> bool {
        self.had(index, At(i64::MAX - 1))
    }

    /// Whether an event under this index at this moment is its own.
    #[must_use]
    pub fn had(&self, index: &str, at: At) -> bool {
        let mut shared = self.tenures_of(index).peekable();
        if shared.peek().is_none() {
            return self.indexes.iter().any(|own| own == index);
        }
        shared.any(|tenure| tenure.from <= at && at < tenure.to)
    }

    /// Of an index that others have or had as well.
    pub fn tenures_of<'a>(&'a self, index: &'a str) -> impl Iterator<Item = &'a Tenure> {
        let tenures = self.tenures.iter();
        tenures.filter(move |tenure| tenure.index == index)
    }

    /// Its own part of a span: one for each time, disjoint; none where it has
    /// no events there.
    #[must_use]
    pub fn spans(&self, from: At, to: At) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut add = |index: &str, from: At, to: At| {
            if from >= to {
                return;
            }
            let same = spans
                .iter_mut()
                .find(|span| (span.from, span.to) == (from, to));
            match same {
                Some(span) => span.indexes.push(index.to_owned()),
                None => spans.push(Span {
                    indexes: vec![index.to_owned()],
                    from,
                    to,
                }),
            }
        };
        for index in &self.indexes {
            if self.tenures_of(index).next().is_none() {
                add(index, from, to);
            }
            for tenure in self.tenures_of(index) {
                add(index, tenure.from.max(from), tenure.to.min(to));
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenure(index: &str, from: At, to: At) -> Tenure {
        let index = index.to_owned();
        Tenure { index, from, to }
    }

    #[test]
    fn an_index_of_one_account_is_always_its_own() {
        assert_eq!(Tenure::of("a", &[(At(5), 1)]), []);
        assert_eq!(Tenure::of("a", &[(At(5), 1), (At(9), 1)]), []);
        let known = Known {
            indexes: vec!["a".into(), "b".into()],
            ..Known::default()
        };
        assert!(known.holds("a") && known.had("b", At(0)) && !known.holds("c"));
        let spans = known.spans(At(1), At(9));
        let all = Span {
            indexes: known.indexes.clone(),
            from: At(1),
            to: At(9),
        };
        assert_eq!(spans, [all]);
    }

    #[test]
    fn each_account_of_an_index_has_its_own_time() {
        let (start, end) = Tenure::ALL;
        let tenures = Tenure::of("a", &[(At(5), 1), (At(9), 2), (At(20), 1)]);
        assert_eq!(
            tenures,
            [
                (1, tenure("a", start, At(9))),
                (2, tenure("a", At(9), At(20))),
                (1, tenure("a", At(20), end)),
            ]
        );
        let of = |id| Known {
            indexes: vec!["a".into(), "b".into()],
            tenures: tenures
                .iter()
                .filter(|(account, _)| *account == id)
                .map(|(_, tenure)| tenure.clone())
                .collect(),
            ..Known::default()
        };
        let (first, second) = (of(1), of(2));
        assert!(first.holds("a") && !second.holds("a"));
        assert!(first.had("a", At(0)) && first.had("a", At(8)) && !first.had("a", At(9)));
        assert!(second.had("a", At(9)) && second.had("b", At(0)));
        let spans = |known: &Known| -> Vec<_> {
            let spans = known.spans(At(0), At(15)).into_iter();
            spans
                .map(|span| (span.indexes.join(","), span.from.0, span.to.0))
                .collect()
        };
        assert_eq!(spans(&first), [("a".into(), 0, 9), ("b".into(), 0, 15)]);
        assert_eq!(spans(&second), [("a".into(), 9, 15), ("b".into(), 0, 15)]);
        assert!(
            first
                .spans(At(9), At(20))
                .iter()
                .all(|span| span.indexes == ["b"])
        );
    }
}
