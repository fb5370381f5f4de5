//! The stored form of one roll-up: all groups of a dimension in one stretch of
//! time, in two blobs, so that many days are read with few rows.
//!
//! Sums: version, number of groups, then for each group, ascending, its number
//! (as the distance from the last) and its sums. Sketches: for each group in
//! the same order the length of its sketches in bytes, then these.

use std::collections::BTreeMap;

use crate::domain::varint::{self, Corrupt};
use crate::store::measures::{Measures, Sketches, Sums};

const VERSION: u8 = 1;

pub(super) fn encode_sums<'a>(groups: impl ExactSizeIterator<Item = (i64, &'a Sums)>) -> Vec<u8> {
    let mut out = vec![VERSION];
    varint::put(&mut out, u64::try_from(groups.len()).unwrap_or_default());
    let mut last = 0;
    for (group, sums) in groups {
        varint::put_signed(&mut out, group - last);
        last = group;
        sums.encode(&mut out);
    }
    out
}

pub(super) fn encode_sketches<'a>(groups: impl Iterator<Item = &'a Sketches>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = Vec::new();
    for sketches in groups {
        bytes.clear();
        sketches.encode(&mut bytes);
        varint::put(&mut out, u64::try_from(bytes.len()).unwrap_or_default());
        out.extend_from_slice(&bytes);
    }
    out
}

/// One group as it is stored.
pub(in crate::store) struct Cell<'a> {
    pub(in crate::store) group: i64,
    pub(in crate::store) sums: Sums,
    /// Encoded; `None` where none are kept.
    sketches: Option<&'a [u8]>,
}

impl Cell<'_> {
    pub(in crate::store) fn add_to(&self, measures: &mut Measures) -> Result<(), Corrupt> {
        self.add_sums_to(measures);
        self.add_sketches_to(measures)
    }

    pub(in crate::store) fn add_sums_to(&self, measures: &mut Measures) {
        measures.sums.add(&self.sums);
    }

    pub(in crate::store) fn add_sketches_to(&self, measures: &mut Measures) -> Result<(), Corrupt> {
        if let Some(mut bytes) = self.sketches {
            measures.sketches.merge_encoded(&mut bytes)?;
        }
        Ok(())
    }
}

/// Shows every group of a block.
pub(super) fn for_each<'a>(
    mut sums: &'a [u8],
    mut sketches: Option<&'a [u8]>,
    mut visit: impl FnMut(Cell<'a>) -> Result<(), Corrupt>,
) -> Result<(), Corrupt> {
    let (&version, rest) = sums.split_first().ok_or(Corrupt)?;
    if version != VERSION {
        return Err(Corrupt);
    }
    sums = rest;
    let groups = varint::take(&mut sums)?;
    let mut group = 0_i64;
    for _ in 0..groups {
        group = group
            .checked_add(varint::take_signed(&mut sums)?)
            .ok_or(Corrupt)?;
        visit(Cell {
            group,
            sums: Sums::decode(&mut sums)?,
            sketches: sketches.as_mut().map(take_sketches).transpose()?,
        })?;
    }
    Ok(())
}

fn take_sketches<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Corrupt> {
    let len = usize::try_from(varint::take(bytes)?).map_err(|_| Corrupt)?;
    let (sketches, rest) = bytes.split_at_checked(len).ok_or(Corrupt)?;
    *bytes = rest;
    Ok(sketches)
}

/// Adds a stored block to groups in memory.
pub(super) fn merge(
    sums: &[u8],
    sketches: Option<&[u8]>,
    groups: &mut BTreeMap<i64, Measures>,
) -> Result<(), Corrupt> {
    for_each(sums, sketches, |cell| {
        cell.add_to(groups.entry(cell.group).or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn groups() -> impl Strategy<Value = BTreeMap<i64, Measures>> {
        let measures = proptest::collection::vec(0..1_000_000_i64, 4).prop_map(|values| {
            let mut measures = Measures::default();
            measures.sums.requests = values[0];
            measures.sums.cost_nanos = values[1] * 1_000;
            measures.sums.ttft_samples = values[2];
            measures.sketches.speed.add(values[3].unsigned_abs());
            measures
        });
        proptest::collection::btree_map(0..700_i64, measures, 0..20)
    }

    proptest! {
        #[test]
        fn blocks_survive(groups in groups()) {
            let sums = encode_sums(groups.iter().map(|(group, m)| (*group, &m.sums)));
            let sketches = encode_sketches(groups.values().map(|m| &m.sketches));
            let mut back = BTreeMap::new();
            merge(&sums, Some(&sketches), &mut back).unwrap();
            prop_assert_eq!(back, groups);
        }

        #[test]
        fn garbage_never_panics(
            sums in proptest::collection::vec(any::<u8>(), 0..90),
            sketches in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let _ = for_each(&sums, Some(&sketches), |cell| cell.add_to(&mut Measures::default()));
        }
    }
}
