//! Which rows of a chunk are looked at: all of a stretch, or some by their
//! numbers. Knows nothing of columns.

use std::ops::Range;

/// Rows looked at together.
const PIECE: usize = 2_048;

/// Rows of a chunk, ascending.
#[derive(Clone, Debug)]
pub(in crate::store) enum Picked {
    All(Range<usize>),
    Some(Vec<usize>),
}

impl Picked {
    pub(in crate::store) fn len(&self) -> usize {
        match self {
            Self::All(rows) => rows.len(),
            Self::Some(rows) => rows.len(),
        }
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(in crate::store) fn rows(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        match self {
            Self::All(rows) => Box::new(rows.clone()),
            Self::Some(rows) => Box::new(rows.iter().copied()),
        }
    }

    /// Keeps the rows whose flag is set; one flag a row.
    pub(in crate::store) fn keep(&mut self, flags: &[bool]) {
        if flags.iter().all(|flag| *flag) {
            return;
        }
        *self = Self::Some(match self {
            Self::All(rows) => kept(rows.clone(), flags),
            Self::Some(rows) => kept(rows.drain(..), flags),
        });
    }

    pub(in crate::store) fn append_to(self, rows: &mut Vec<usize>) {
        match self {
            Self::All(range) => rows.extend(range),
            Self::Some(some) => rows.extend(some),
        }
    }

    /// Pieces of which all columns fit into the processor's cache.
    pub(in crate::store) fn pieces(&self) -> impl Iterator<Item = Self> + '_ {
        let starts = (0..self.len()).step_by(PIECE);
        starts.map(|start| self.slice(start..self.len().min(start + PIECE)))
    }

    /// The rows at these places of the list of picked rows.
    pub(in crate::store) fn slice(&self, places: Range<usize>) -> Self {
        match self {
            Self::All(rows) => Self::All(rows.start + places.start..rows.start + places.end),
            Self::Some(rows) => Self::Some(rows.get(places).unwrap_or_default().to_vec()),
        }
    }
}

/// Writes every row and moves on only after one that is kept: which rows these
/// are cannot be foreseen, so the processor should not have to guess.
fn kept(rows: impl Iterator<Item = usize>, flags: &[bool]) -> Vec<usize> {
    let mut kept = vec![0; flags.len()];
    let mut len = 0;
    for (row, flag) in rows.zip(flags) {
        if let Some(place) = kept.get_mut(len) {
            *place = row;
        }
        len += usize::from(*flag);
    }
    kept.truncate(len);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_are_everything(
            flags in proptest::collection::vec(any::<bool>(), 5_000),
        ) {
            let mut kept = Picked::All(3..5_003);
            kept.keep(&flags);
            let mut pieces = Vec::new();
            kept.pieces().for_each(|piece| piece.append_to(&mut pieces));
            prop_assert_eq!(pieces, kept.rows().collect::<Vec<_>>());
        }
    }
}
