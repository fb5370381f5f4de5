//! How often each provider was asked and failed, by stretches of time, in one
//! pass over the rows: stretches are short, so no roll-up helps.

use std::collections::BTreeMap;

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::names::{Kind, Names};
use super::scan::columns::Column;
use super::scan::keys::KeyRange;
use super::scan::predicate::Predicate;
use super::scan::{self, Rows as _};
use crate::domain::units::At;

/// What one provider did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    pub provider: String,
    /// One for each pair of edges.
    pub cells: Vec<Cell>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub requests: i64,
    pub failed: i64,
}

impl Strip {
    /// All cells together.
    #[must_use]
    pub fn total(&self) -> Cell {
        let add = |sum: Cell, cell: &Cell| Cell {
            requests: sum.requests + cell.requests,
            failed: sum.failed + cell.failed,
        };
        self.cells.iter().fold(Cell::default(), add)
    }
}

/// The providers that were asked between the first and the last edge, most
/// requests first, then by name. Edges ascend.
pub fn by_provider(c: &mut SqliteConnection, names: &Names, edges: &[At]) -> Result<Vec<Strip>> {
    let (Some(from), Some(to)) = (edges.first(), edges.last()) else {
        return Ok(Vec::new());
    };
    let mut found: BTreeMap<i64, Vec<Cell>> = BTreeMap::new();
    let [mut at, mut provider, mut failed] = [Vec::new(), Vec::new(), Vec::new()];
    let (range, all) = (KeyRange::between(*from, *to), Predicate::everything(names));
    scan::all(c, range, &all, |chunk, picked| {
        chunk.read(Column::At, picked, &mut at)?;
        chunk.read(Column::Provider, picked, &mut provider)?;
        chunk.read(Column::Failed, picked, &mut failed)?;
        // Rows come in order of time: a stretch is looked for once.
        let (mut place, mut end) = (0, At(i64::MIN));
        for ((at, provider), failed) in at.iter().zip(&provider).zip(&failed) {
            if At(*at) >= end {
                place = edges
                    .partition_point(|edge| edge.0 <= *at)
                    .saturating_sub(1);
                end = edges.get(place + 1).copied().unwrap_or(At(i64::MAX));
            }
            let cells = (found.entry(*provider))
                .or_insert_with(|| vec![Cell::default(); edges.len().saturating_sub(1)]);
            if let Some(cell) = cells.get_mut(place) {
                cell.requests += 1;
                cell.failed += failed;
            }
        }
        Ok(())
    })?;
    let names = names.read();
    let name = |id: i64| names.value(Kind::Provider, i32::try_from(id).unwrap_or_default());
    let mut strips: Vec<Strip> = found
        .into_iter()
        .map(|(id, cells)| Strip {
            provider: name(id).to_owned(),
            cells,
        })
        .collect();
    strips.sort_by(|a, b| {
        let requests = b.total().requests.cmp(&a.total().requests);
        requests.then_with(|| a.provider.cmp(&b.provider))
    });
    Ok(strips)
}
