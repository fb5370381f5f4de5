//! Other costs for events that are counted already. Only sums hold costs, so
//! sketches stay as they are and closed days stay closed.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::block;
use super::family::{self, Family};
use crate::domain::units::NanoUsd;
use crate::store::error::Result;
use crate::store::events::StoredEvent;
use crate::store::measures::{Measures, Sums};
use crate::store::schema::rollup;

type Differences = HashMap<i64, BTreeMap<i64, Measures>>;

/// Brings the roll-ups of events up to date, in the transaction that gave them
/// another cost: each as it was before, with its new cost.
pub(in crate::store) fn recost<'a>(
    c: &mut SqliteConnection,
    changed: impl Iterator<Item = (&'a StoredEvent, Option<NanoUsd>)>,
) -> Result<()> {
    let changed: Vec<_> = changed.collect();
    super::anew::changed(c, changed.iter().map(|(before, _)| *before))?;
    let mut differences = Differences::new();
    for (before, new) in changed {
        let after = StoredEvent {
            cost_nanos: new,
            ..*before
        };
        let difference = Sums::of(&after).minus(&Sums::of(before));
        for family in Family::ALL {
            for width in family.widths() {
                let place = family::place(family, *width, width.of(before.at_ms));
                let groups = differences.entry(place).or_default();
                let measures = groups.entry(family.group_of(before)).or_default();
                measures.sums.add(&difference);
            }
        }
    }
    for (place, mut groups) in differences {
        let stored: Option<Vec<u8>> = rollup::table
            .find(place)
            .select(rollup::sums)
            .get_result(c)
            .optional()?;
        // A day that was never closed has none.
        let Some(sums) = stored else { continue };
        block::merge(&sums, None, &mut groups)?;
        let sums = block::encode_sums(groups.iter().map(|(group, m)| (*group, &m.sums)));
        diesel::update(rollup::table.find(place))
            .set(rollup::sums.eq(sums))
            .execute(c)?;
    }
    Ok(())
}
