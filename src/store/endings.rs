//! How the last requests of each account ended: newest first, a few of each,
//! and when one last succeeded and failed, and succeeded with each model. Looks at
//! four columns of the events since some moment, once; what arrives later is
//! added by key.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use diesel::prelude::*;

use super::error::Result;
use super::scan::columns::Column;
use super::scan::keys::KeyRange;
use super::scan::predicate::Predicate;
use super::scan::{self, Order, Rows as _};
use super::schema::event;
use crate::domain::account::standing::Lately;
use crate::domain::event::EventKey;
use crate::domain::units::At;

/// Endings kept of each account.
pub const KEPT: usize = 20;
/// What every success is stored with.
const SUCCESS: i32 = 200;

/// One request of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    pub key: EventKey,
    pub status: i32,
}

impl Ending {
    #[must_use]
    pub fn succeeded(self) -> bool {
        self.status == SUCCESS
    }
}

/// What is known of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// Oldest first, at most [`KEPT`].
    pub endings: VecDeque<Ending>,
    pub lately: Lately,
    /// When a request with a model last succeeded, by its id among the names.
    pub worked: Vec<(i32, At)>,
}

impl Recent {
    /// When a request with this model last succeeded.
    #[must_use]
    pub fn worked_with(&self, model: i32) -> Option<At> {
        let found = self.worked.iter().find(|(known, _)| *known == model);
        found.map(|(_, at)| *at)
    }

    fn works_with(&mut self, model: i32, at: At) {
        match self.worked.iter_mut().find(|(known, _)| *known == model) {
            Some((_, last)) => *last = at.max(*last),
            None => self.worked.push((model, at)),
        }
    }

    /// When it was last asked.
    #[must_use]
    pub fn last_used(&self) -> Option<At> {
        self.endings.back().map(|ending| ending.key.at)
    }

    /// What is known of a part of it, half-open. What no ending shows any more
    /// is not known of a part.
    #[must_use]
    pub fn within(&self, from: At, to: At) -> Self {
        let mut part = Self::default();
        let own = |at: &At| from <= *at && *at < to;
        for ending in self.endings.iter().filter(|ending| own(&ending.key.at)) {
            part.add(*ending);
        }
        let ok = self.lately.last_ok.filter(own);
        let failure = self.lately.last_failure.filter(|(at, _)| own(at));
        part.lately.last_ok = part.lately.last_ok.max(ok);
        part.lately.last_failure = part.lately.last_failure.max(failure);
        let worked = self.worked.iter().filter(|(_, at)| own(at));
        part.worked = worked.copied().collect();
        part
    }

    /// Takes in what is known of another account that is the same one.
    pub fn join(&mut self, other: &Self) {
        for ending in &other.endings {
            self.add(*ending);
        }
        self.lately.last_ok = self.lately.last_ok.max(other.lately.last_ok);
        self.lately.last_failure = self.lately.last_failure.max(other.lately.last_failure);
        for (model, at) in &other.worked {
            self.works_with(*model, *at);
        }
    }

    /// In any order; the same request counts once.
    pub fn add(&mut self, ending: Ending) {
        let at = ending.key.at;
        if ending.succeeded() {
            self.lately.last_ok = self.lately.last_ok.max(Some(at));
        } else {
            let failure = Some((at, ending.status));
            self.lately.last_failure = self.lately.last_failure.max(failure);
        }
        let place = self.endings.partition_point(|known| known.key < ending.key);
        let known = self
            .endings
            .get(place)
            .is_some_and(|known| known.key == ending.key);
        if known || (place == 0 && self.endings.len() == KEPT) {
            return;
        }
        self.endings.insert(place, ending);
        if self.endings.len() > KEPT {
            self.endings.pop_front();
        }
    }
}

/// Of every account, by its id among the names.
#[derive(Clone, Debug, Default)]
pub struct Recents(Vec<Recent>);

impl Recents {
    #[must_use]
    pub fn of(&self, account: i32) -> Option<&Recent> {
        self.0.get(usize::try_from(account).ok()?)
    }

    fn add(&mut self, account: i64, model: i32, ending: Ending) {
        let Ok(place) = usize::try_from(account) else {
            return;
        };
        if place >= self.0.len() {
            self.0.resize_with(place + 1, Recent::default);
        }
        if let Some(recent) = self.0.get_mut(place) {
            recent.add(ending);
            if ending.succeeded() {
                recent.works_with(model, ending.key.at);
            }
        }
    }

    /// The newest request of all.
    #[must_use]
    pub fn newest(&self) -> Option<At> {
        self.0.iter().filter_map(Recent::last_used).max()
    }
}

/// Adds what happened since `from`.
pub fn since(c: &mut SqliteConnection, from: At, recents: &mut Recents) -> Result<()> {
    let range = KeyRange::between(from, At(i64::MAX));
    let everything = Predicate::default();
    scan::walk(
        c,
        range,
        Order::NewestFirst,
        &everything,
        |chunk, picked| {
            let keys = chunk.keys(&picked)?;
            let mut values = |column| -> Result<Vec<i64>> {
                let mut values = Vec::new();
                chunk.read(column, &picked, &mut values)?;
                Ok(values)
            };
            let (accounts, statuses) = (values(Column::Account)?, values(Column::Status)?);
            let models = values(Column::Model)?;
            let rows = keys.into_iter().zip(accounts).zip(statuses).zip(models);
            // Newest first, so that most rows find their account full.
            for (((key, account), status), model) in rows.rev() {
                let status = i32::try_from(status).unwrap_or_default();
                let model = i32::try_from(model).unwrap_or_default();
                recents.add(account, model, Ending { key, status });
            }
            Ok(ControlFlow::Continue(()))
        },
    )
}

/// Adds requests that have just been stored.
pub fn add(c: &mut SqliteConnection, keys: &[EventKey], recents: &mut Recents) -> Result<()> {
    for key in keys {
        let found: Option<(i32, i32, i32)> = event::table
            .find((key.at, key.id))
            .select((event::account, event::model, event::status))
            .get_result(c)
            .optional()?;
        if let Some((account, model, status)) = found {
            recents.add(account.into(), model, Ending { key: *key, status });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventId;

    fn ending(at: i64, status: i32) -> Ending {
        let key = EventKey {
            at: At(at),
            id: EventId(at),
        };
        Ending { key, status }
    }

    #[test]
    fn the_newest_are_kept_in_whatever_order_they_come() {
        let mut forwards = Recent::default();
        let mut backwards = Recent::default();
        for n in 0..40 {
            let status = |n| if n % 7 == 0 { 429 } else { 200 };
            forwards.add(ending(n, status(n)));
            forwards.add(ending(n, status(n)));
            backwards.add(ending(39 - n, status(39 - n)));
        }
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.endings.len(), KEPT);
        assert_eq!(forwards.endings[0].key.at, At(20));
        assert_eq!(forwards.lately.last_ok, Some(At(39)));
        assert_eq!(forwards.lately.last_failure, Some((At(35), 429)));
    }

    #[test]
    fn a_success_long_before_twenty_failures_is_remembered() {
        let mut recent = Recent::default();
        for n in (0..60).rev() {
            recent.add(ending(n, if n < 5 { 200 } else { 500 }));
        }
        assert_eq!(recent.lately.last_ok, Some(At(4)));
    }

    #[test]
    fn a_part_tells_only_of_its_own_time() {
        let mut recent = Recent::default();
        for n in 0..10 {
            recent.add(ending(n, if n % 2 == 0 { 200 } else { 500 }));
        }
        let part = recent.within(At(3), At(5));
        assert_eq!(part.endings, [ending(3, 500), ending(4, 200)]);
        assert_eq!(part.lately.last_ok, Some(At(4)));
        assert_eq!(part.lately.last_failure, Some((At(3), 500)));
        assert_eq!(recent.within(At(10), At(20)), Recent::default());
    }

    #[test]
    fn two_indexes_of_one_account_are_one_story() {
        let mut one = Recent::default();
        let mut other = Recent::default();
        one.add(ending(1, 200));
        other.add(ending(2, 500));
        one.join(&other);
        assert_eq!(one.endings, [ending(1, 200), ending(2, 500)]);
        assert_eq!(one.last_used(), Some(At(2)));
    }
}
