//! All accounts as they are known at one moment, by our id and by the index that
//! events have. Read from memory only; the database has the same.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::account::Known;
use crate::domain::units::At;
use crate::gateway::types::Error;

/// Everything known at one moment.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub accounts: Vec<Arc<Known>>,
    by_index: HashMap<String, usize>,
    /// When the gateway last gave its list; `None` = never.
    pub listed_at: Option<At>,
    /// Why the last attempt to ask gave nothing.
    pub problem: Option<Error>,
    /// Failures are heard as they happen.
    pub listening: bool,
    /// Grows with every change.
    pub changes: u64,
}

impl Roster {
    pub(super) fn new(accounts: Vec<Known>, listed_at: Option<At>) -> Self {
        let mut roster = Self {
            listed_at,
            ..Self::default()
        };
        roster.take(accounts);
        roster
    }

    /// What was heard is here before it is in the database, so it outlasts what
    /// was read there.
    pub(super) fn take(&mut self, mut accounts: Vec<Known>) {
        for known in &mut accounts {
            if let Some(heard) = self.of_id(known.id).and_then(|old| old.trouble.clone()) {
                known.trouble = Some(heard);
            }
        }
        self.accounts = accounts.into_iter().map(Arc::new).collect();
        self.by_index.clear();
        for (place, known) in self.accounts.iter().enumerate() {
            for index in known.indexes.iter().filter(|index| known.holds(index)) {
                self.by_index.insert(index.clone(), place);
            }
        }
    }

    /// The account that events call by this index.
    #[must_use]
    pub fn of_index(&self, index: &str) -> Option<&Arc<Known>> {
        self.accounts.get(*self.by_index.get(index)?)
    }

    pub(super) fn of_index_mut(&mut self, index: &str) -> Option<&mut Known> {
        let place = self.by_index.get(index)?;
        Some(Arc::make_mut(self.accounts.get_mut(*place)?))
    }

    #[must_use]
    pub fn of_id(&self, id: i64) -> Option<&Arc<Known>> {
        let place = self.accounts.binary_search_by_key(&id, |known| known.id);
        self.accounts.get(place.ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::trouble::Trouble;

    #[test]
    fn a_failure_heard_while_a_list_is_kept_is_not_forgotten() {
        let known = |id| Known {
            id,
            ..Known::default()
        };
        let mut roster = Roster::new(vec![known(1), known(2)], None);
        let heard = Some(Trouble {
            code: 429,
            ..Trouble::default()
        });
        if let Some(second) = roster.accounts.get_mut(1) {
            Arc::make_mut(second).trouble.clone_from(&heard);
        }
        roster.take(vec![known(1), known(2), known(3)]);
        let troubles: Vec<_> = roster.accounts.iter().map(|k| k.trouble.clone()).collect();
        assert_eq!(troubles, [None, heard, None]);
    }
}
