//! A page of requests, for any filter in any order, however far back. Pages are
//! cut by key, not by number, so that new events never shift them. Ordered by
//! time, a page ends the scan as soon as it is full; in any other order one
//! column of all the selection is looked at, but only the best rows are kept.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::{ControlFlow, RangeInclusive};

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::names::Names;
use super::requests::{Cursor, From, ListQuery, Page};
use super::rows;
use super::scan::columns::{Column, UNKNOWN};
use super::scan::keys::{self, KeyRange};
use super::scan::picked::Picked;
use super::scan::predicate::Predicate;
use super::scan::{self, Order, Rows as _};
use crate::domain::event::EventKey;
use crate::domain::filter::{Sort, SortBy};

/// Rows of a page at most.
const MOST_ROWS: usize = 500;

/// One page, in the order asked for. Unknown values come last in both
/// directions; equal values are ordered newest first.
pub fn page(c: &mut SqliteConnection, names: &Names, query: &ListQuery) -> Result<Page> {
    let predicate = Predicate::compile(c, names, &query.selection)?;
    let range = KeyRange::between(query.selection.from, query.selection.to);
    let mut view = List {
        c,
        predicate,
        range,
        sort: query.sort,
    };
    let limit = query.limit.clamp(1, MOST_ROWS);
    let (places, before, after) = match query.from {
        From::Start => {
            let mut places = view.forwards(None, limit + 1)?;
            let more = cut(&mut places, limit);
            (places, false, more)
        }
        From::After(cursor) => {
            let start = view.place(cursor.value, cursor.key);
            let mut places = view.forwards(Some(start), limit + 1)?;
            let more = cut(&mut places, limit);
            let first = places.first().copied().unwrap_or(start);
            (places, view.has_before(first)?, more)
        }
        From::Before(cursor) => {
            let end = view.place(cursor.value, cursor.key);
            let mut places = view.backwards(end, limit + 1)?;
            let more = cut(&mut places, limit);
            places.reverse();
            let last = places.last().copied().unwrap_or(end);
            (places, more, view.has_after(last)?)
        }
    };
    let cursor = |place: Option<&Place>, wanted: bool| {
        let place = place.filter(|_| wanted)?;
        Some(view.cursor(*place))
    };
    let before = cursor(places.first(), before);
    let after = cursor(places.last(), after);
    let keys: Vec<EventKey> = places.iter().map(|place| place.key).collect();
    Ok(Page {
        rows: rows::of_keys(view.c, names, &keys)?,
        before,
        after,
    })
}

/// Keeps `limit`; says whether there was more.
fn cut(places: &mut Vec<Place>, limit: usize) -> bool {
    let more = places.len() > limit;
    places.truncate(limit);
    more
}

/// A row's place in the list: smaller comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// The sort value, turned so that smaller comes first; unknown is greatest.
    /// Always 0 in time order.
    rank: i64,
    key: EventKey,
    /// Whether older keys come first.
    oldest_first: bool,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_key = if self.oldest_first {
            self.key.cmp(&other.key)
        } else {
            other.key.cmp(&self.key)
        };
        self.rank.cmp(&other.rank).then(by_key)
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

const LAST_RANK: i64 = i64::MAX;

fn rank(sort: Sort, value: i64) -> i64 {
    match value {
        _ if sort.by == SortBy::Time => 0,
        UNKNOWN => LAST_RANK,
        value if sort.descending => !value,
        value => value,
    }
}

struct List<'a> {
    c: &'a mut SqliteConnection,
    predicate: Predicate,
    range: KeyRange,
    sort: Sort,
}

impl List<'_> {
    fn place(&self, value: Option<i64>, key: EventKey) -> Place {
        Place {
            rank: rank(self.sort, value.unwrap_or(UNKNOWN)),
            key,
            oldest_first: self.sort.by == SortBy::Time && !self.sort.descending,
        }
    }

    fn cursor(&self, place: Place) -> Cursor {
        let value = match place.rank {
            LAST_RANK => None,
            _ if self.sort.by == SortBy::Time => None,
            rank if self.sort.descending => Some(!rank),
            rank => Some(rank),
        };
        Cursor {
            value,
            key: place.key,
        }
    }

    /// The first rows after a place, first one first.
    fn forwards(&mut self, after: Option<Place>, limit: usize) -> Result<Vec<Place>> {
        if self.sort.by == SortBy::Time {
            return self.by_time(after, limit, self.sort.descending);
        }
        let mut best = Best::new(limit, false, after);
        self.by_value(Order::NewestFirst, &mut best)?;
        Ok(best.kept.into_iter().collect())
    }

    /// The last rows before a place, last one first.
    fn backwards(&mut self, before: Place, limit: usize) -> Result<Vec<Place>> {
        if self.sort.by == SortBy::Time {
            return self.by_time(Some(before), limit, !self.sort.descending);
        }
        let mut best = Best::new(limit, true, Some(before));
        self.by_value(Order::OldestFirst, &mut best)?;
        Ok(best.kept.into_iter().rev().collect())
    }

    fn by_time(
        &mut self,
        after: Option<Place>,
        limit: usize,
        newest_first: bool,
    ) -> Result<Vec<Place>> {
        let mut range = self.range;
        let order = if newest_first {
            range.to = after.map_or(range.to, |place| range.to.min(place.key));
            Order::NewestFirst
        } else {
            range.from = after.map_or(range.from, |place| range.from.max(keys::after(place.key)));
            Order::OldestFirst
        };
        let mut found = Vec::new();
        scan::walk(self.c, range, order, &self.predicate, |chunk, picked| {
            let rows = picked.len().min(limit - found.len());
            let nearest = match order {
                Order::OldestFirst => 0..rows,
                Order::NewestFirst => picked.len() - rows..picked.len(),
            };
            let mut keys = chunk.keys(&picked.slice(nearest))?;
            if newest_first {
                keys.reverse();
            }
            found.extend(keys);
            Ok(if found.len() < limit {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        })?;
        Ok(found.into_iter().map(|key| self.place(None, key)).collect())
    }

    /// Whether there is a row before, or after, a place.
    fn has_before(&mut self, place: Place) -> Result<bool> {
        if self.sort.by == SortBy::Time {
            return Ok(!self.backwards(place, 1)?.is_empty());
        }
        let mut any = Best::any(true, place);
        self.by_value(Order::OldestFirst, &mut any)?;
        Ok(!any.kept.is_empty())
    }

    fn has_after(&mut self, place: Place) -> Result<bool> {
        if self.sort.by == SortBy::Time {
            return Ok(!self.forwards(Some(place), 1)?.is_empty());
        }
        let mut any = Best::any(false, place);
        self.by_value(Order::NewestFirst, &mut any)?;
        Ok(!any.kept.is_empty())
    }

    /// Offers `best` all rows. Those of equal rank come in such an order that
    /// the ones offered first are the better ones.
    fn by_value(&mut self, order: Order, best: &mut Best) -> Result<()> {
        let (sort, mut ranks) = (self.sort, Vec::new());
        scan::walk(
            self.c,
            self.range,
            order,
            &self.predicate,
            |chunk, picked| {
                let mut pieces: Vec<Picked> = picked.pieces().collect();
                if order == Order::NewestFirst {
                    pieces.reverse();
                }
                for mut piece in pieces {
                    chunk.read(column(sort.by), &piece, &mut ranks)?;
                    for value in &mut ranks {
                        *value = rank(sort, *value);
                    }
                    let hopeful = best.window();
                    // Nearly always there is none.
                    let any = |any, rank| any | hopeful.contains(rank);
                    if !ranks.iter().fold(false, any) {
                        continue;
                    }
                    let flags: Vec<bool> =
                        ranks.iter().map(|rank| hopeful.contains(rank)).collect();
                    piece.keep(&flags);
                    let ranks = ranks.iter().filter(|rank| hopeful.contains(rank));
                    for (rank, key) in ranks.zip(chunk.keys(&piece)?) {
                        best.offer(Place {
                            rank: *rank,
                            key,
                            oldest_first: false,
                        });
                    }
                    if best.is_done() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Ok(ControlFlow::Continue(()))
            },
        )
    }
}

/// The places next to a boundary: the smallest above it, or the greatest below.
struct Best {
    limit: usize,
    greatest: bool,
    boundary: Option<Place>,
    /// Whether a single one is enough.
    any: bool,
    kept: BTreeSet<Place>,
}

impl Best {
    fn new(limit: usize, greatest: bool, boundary: Option<Place>) -> Self {
        Self {
            limit,
            greatest,
            boundary,
            any: false,
            kept: BTreeSet::new(),
        }
    }

    /// For the question whether there is any.
    fn any(greatest: bool, boundary: Place) -> Self {
        Self {
            any: true,
            ..Self::new(1, greatest, Some(boundary))
        }
    }

    fn is_done(&self) -> bool {
        self.any && !self.kept.is_empty()
    }

    /// Ranks that can still matter. A full set keeps its own against others of
    /// the same rank, which come later.
    fn window(&self) -> RangeInclusive<i64> {
        let full = self.kept.len() == self.limit;
        let boundary = self.boundary.map(|place| place.rank);
        if self.greatest {
            let worst = self.kept.first().filter(|_| full);
            let least = worst.map_or(i64::MIN, |worst| worst.rank.saturating_add(1));
            least..=boundary.unwrap_or(i64::MAX)
        } else {
            let worst = self.kept.last().filter(|_| full);
            let most = worst.map_or(i64::MAX, |worst| worst.rank.saturating_sub(1));
            boundary.unwrap_or(i64::MIN)..=most
        }
    }

    fn offer(&mut self, place: Place) {
        let outside = |boundary| {
            if self.greatest {
                place < boundary
            } else {
                place > boundary
            }
        };
        if !self.boundary.is_none_or(outside) {
            return;
        }
        self.kept.insert(place);
        if self.kept.len() > self.limit {
            if self.greatest {
                self.kept.pop_first();
            } else {
                self.kept.pop_last();
            }
        }
    }
}

/// What rows are ordered by; the greater the more.
fn column(by: SortBy) -> Column {
    match by {
        SortBy::Time => Column::At,
        SortBy::Latency => Column::Latency,
        SortBy::Ttft => Column::Ttft,
        SortBy::Speed => Column::Speed,
        SortBy::Input => Column::Input,
        SortBy::Cached => Column::CacheRead,
        SortBy::Output => Column::Generated,
        SortBy::Reasoning => Column::Reasoning,
        SortBy::Cost => Column::Cost,
    }
}
