//! Measures by the groups of one dimension.

use crate::store::error::Result;
use crate::store::measures::Measures;
use crate::store::rollups::Family;
use crate::store::scan::Rows;
use crate::store::scan::columns::Column;
use crate::store::scan::picked::Picked;

pub(super) struct Groups {
    family: Family,
    /// Place in `measures` by group, plus one; 0 = not met yet. Groups are ids:
    /// small and not negative.
    places: Vec<u32>,
    measures: Vec<(i64, Measures)>,
}

impl Groups {
    pub(super) fn new(family: Family) -> Self {
        Self {
            family,
            places: Vec::new(),
            measures: Vec::new(),
        }
    }

    /// The column that decides the group of a row; `None` = none does.
    pub(super) fn column(&self) -> Option<Column> {
        self.family.column()
    }

    /// The values that decide the groups of the picked rows.
    pub(super) fn read(
        &self,
        chunk: &mut impl Rows,
        picked: &Picked,
        values: &mut Vec<i64>,
    ) -> Result<()> {
        if let Some(column) = self.column() {
            return chunk.read(column, picked, values);
        }
        values.clear();
        values.resize(picked.len(), 0);
        Ok(())
    }

    pub(super) fn of_value(&mut self, value: i64) -> &mut Measures {
        self.of(self.family.group(value))
    }

    pub(super) fn of(&mut self, group: i64) -> &mut Measures {
        let index = usize::try_from(group).unwrap_or_default();
        if index >= self.places.len() {
            self.places.resize(index + 1, 0);
        }
        let place = self
            .places
            .get_mut(index)
            .expect("the places were just grown");
        if *place == 0 {
            self.measures.push((group, Measures::default()));
            *place = u32::try_from(self.measures.len()).unwrap_or(u32::MAX);
        }
        let place = usize::try_from(*place - 1).unwrap_or_default();
        let (_, measures) = self
            .measures
            .get_mut(place)
            .expect("every place was pushed");
        measures
    }

    pub(super) fn measures(&self) -> &[(i64, Measures)] {
        &self.measures
    }

    pub(super) fn finish(self) -> Vec<(i64, Measures)> {
        self.measures
    }
}
