//! What a job changed, kept so that it can be put back: a blob a step, keys as
//! distances, cost and rule as they were.

use diesel::prelude::*;

use super::work::{Changed, set};
use super::{Job, State, Step, cells, set_state};
use crate::domain::event::{EventId, EventKey};
use crate::domain::units::{At, NanoUsd};
use crate::domain::varint::{self, Corrupt};
use crate::store::error::Result;
use crate::store::schema::reprice_undo;

pub(super) fn remember(c: &mut SqliteConnection, job: i32, rows: &[Changed]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let before = |row: &Changed| Before {
        key: row.before.key(),
        cost: row.before.cost_nanos,
        rule: row.before.price_rule,
    };
    let before: Vec<Before> = rows.iter().map(before).collect();
    let last: Option<i32> = reprice_undo::table
        .filter(reprice_undo::reprice.eq(job))
        .select(diesel::dsl::max(reprice_undo::step))
        .get_result(c)?;
    diesel::insert_into(reprice_undo::table)
        .values((
            reprice_undo::reprice.eq(job),
            reprice_undo::step.eq(last.unwrap_or_default() + 1),
            reprice_undo::content.eq(pack(&before)),
        ))
        .execute(c)?;
    Ok(())
}

/// Puts the last step back that is left.
pub(super) fn step(c: &mut SqliteConnection, job: &Job) -> Result<Step> {
    let row: Option<(i32, Vec<u8>)> = reprice_undo::table
        .filter(reprice_undo::reprice.eq(job.id))
        .order(reprice_undo::step.desc())
        .select((reprice_undo::step, reprice_undo::content))
        .first(c)
        .optional()?;
    let Some((step, packed)) = row else {
        set_state(c, job.id, State::Undone)?;
        return Ok(Step::Worked(0));
    };
    let rows = unpack(&packed)?;
    diesel::delete(reprice_undo::table.find((job.id, step))).execute(c)?;
    let mut changed = Vec::with_capacity(rows.len());
    for row in &rows {
        changed.push(set(c, row.key, row.cost, row.rule)?);
    }
    cells::bring(c, &changed)?;
    Ok(Step::Worked(rows.len()))
}

/// Cost and rule as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Before {
    key: EventKey,
    cost: Option<NanoUsd>,
    rule: Option<i32>,
}

fn pack(rows: &[Before]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * 16);
    varint::put(&mut out, u64::try_from(rows.len()).unwrap_or_default());
    let mut last = 0;
    for row in rows {
        varint::put_signed(&mut out, row.key.at.0.wrapping_sub(last));
        last = row.key.at.0;
        out.extend(row.key.id.0.to_le_bytes());
        // 0 = none; neither costs nor rules are negative.
        let cost = row.cost.map_or(0, |nanos| nanos.0.saturating_add(1));
        varint::put_signed(&mut out, cost);
        varint::put_signed(&mut out, row.rule.map_or(0, |rule| i64::from(rule) + 1));
    }
    out
}

fn unpack(mut bytes: &[u8]) -> Result<Vec<Before>> {
    let count = varint::take(&mut bytes)?;
    let mut rows = Vec::new();
    let mut at = 0_i64;
    for _ in 0..count {
        at = at.wrapping_add(varint::take_signed(&mut bytes)?);
        let (id, rest) = bytes.split_first_chunk::<8>().ok_or(Corrupt)?;
        bytes = rest;
        let cost = varint::take_signed(&mut bytes)?;
        let rule = varint::take_signed(&mut bytes)?;
        rows.push(Before {
            key: EventKey {
                at: At(at),
                id: EventId(i64::from_le_bytes(*id)),
            },
            cost: (cost > 0).then(|| NanoUsd(cost - 1)),
            rule: i32::try_from(rule - 1).ok().filter(|rule| *rule >= 0),
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = Before> {
        let cost = proptest::option::of(0_i64..1 << 60);
        let rule = proptest::option::of(0_i32..i32::MAX);
        (any::<i64>(), any::<i64>(), cost, rule).prop_map(|(at, id, cost, rule)| Before {
            key: EventKey {
                at: At(at),
                id: EventId(id),
            },
            cost: cost.map(NanoUsd),
            rule,
        })
    }

    proptest! {
        #[test]
        fn what_was_survives(rows in proptest::collection::vec(row(), 0..20)) {
            prop_assert_eq!(unpack(&pack(&rows)).unwrap(), rows);
        }
    }
}
