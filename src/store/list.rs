//! A page of requests, for any filter in any order, however far back. Pages are
//! cut by key, not by number, so that new events never shift them. Ordered by
//! time, a page ends the scan as soon as it is full; in any other order all of
//! the selection is looked at, but only the best rows are kept.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use diesel::sqlite::SqliteConnection;

use super::error::Result;
use super::names::Names;
use super::requests::{Cursor, From, ListQuery, Page};
use super::rows;
use super::scan::columns::{Column, Picked, UNKNOWN};
use super::scan::keys::{self, KeyRange};
use super::scan::predicate::{Predicate, Rows as _};
use super::scan::{self, Chunk, Order};
use crate::domain::counting::speed_milli;
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
            (places, !view.backwards(first, 1)?.is_empty(), more)
        }
        From::Before(cursor) => {
            let end = view.place(cursor.value, cursor.key);
            let mut places = view.backwards(end, limit + 1)?;
            let more = cut(&mut places, limit);
            places.reverse();
            let last = places.last().copied().unwrap_or(end);
            (places, more, !view.forwards(Some(last), 1)?.is_empty())
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

    fn by_value(&mut self, order: Order, best: &mut Best) -> Result<()> {
        let sort = self.sort;
        scan::walk(
            self.c,
            self.range,
            order,
            &self.predicate,
            |chunk, mut picked| {
                let mut ranks = sort_values(chunk, sort.by, &picked)?;
                for value in &mut ranks {
                    *value = rank(sort, *value);
                }
                let hopeful: Vec<bool> = ranks.iter().map(|rank| best.may_keep(*rank)).collect();
                picked.keep(&hopeful);
                if picked.is_empty() {
                    return Ok(ControlFlow::Continue(()));
                }
                let kept = ranks.iter().zip(hopeful).filter(|(_, hopeful)| *hopeful);
                let keys = chunk.keys(&picked)?;
                for ((rank, _), key) in kept.zip(keys) {
                    best.offer(Place {
                        rank: *rank,
                        key,
                        oldest_first: false,
                    });
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
    kept: BTreeSet<Place>,
}

impl Best {
    fn new(limit: usize, greatest: bool, boundary: Option<Place>) -> Self {
        Self {
            limit,
            greatest,
            boundary,
            kept: BTreeSet::new(),
        }
    }

    /// Whether a row of this rank can still matter. Rows are offered in the
    /// order of the list as far as ranks are equal, so a full set keeps its own.
    fn may_keep(&self, rank: i64) -> bool {
        let full = self.kept.len() == self.limit;
        if self.greatest {
            let worst = self.kept.first().filter(|_| full);
            self.boundary.is_none_or(|place| rank <= place.rank)
                && worst.is_none_or(|worst| rank > worst.rank)
        } else {
            let worst = self.kept.last().filter(|_| full);
            self.boundary.is_none_or(|place| rank >= place.rank)
                && worst.is_none_or(|worst| rank < worst.rank)
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

/// What the picked rows are ordered by; the greater the more.
fn sort_values(chunk: &mut Chunk<'_>, by: SortBy, picked: &Picked) -> Result<Vec<i64>> {
    let mut column = |column| chunk.values(column, picked);
    match by {
        SortBy::Time => column(Column::At),
        SortBy::Latency => column(Column::Latency),
        SortBy::Ttft => column(Column::Ttft),
        SortBy::Cached => column(Column::CacheRead),
        SortBy::Reasoning => column(Column::Reasoning),
        SortBy::Cost => column(Column::Cost),
        SortBy::Output => {
            let mut sum = column(Column::Output)?;
            combine(&mut sum, &column(Column::Reasoning)?, i64::checked_add);
            Ok(sum)
        }
        SortBy::Input => {
            let mut sum = column(Column::Uncached)?;
            combine(&mut sum, &column(Column::CacheRead)?, i64::checked_add);
            combine(&mut sum, &column(Column::CacheWrite)?, i64::checked_add);
            Ok(sum)
        }
        SortBy::Speed => {
            let mut speed = column(Column::Output)?;
            combine(&mut speed, &column(Column::Reasoning)?, i64::checked_add);
            let mut ms = column(Column::Latency)?;
            combine(&mut ms, &column(Column::Ttft)?, i64::checked_sub);
            combine(&mut speed, &ms, speed_milli);
            Ok(speed)
        }
    }
}

/// Row by row; unknown when either side is.
fn combine(values: &mut [i64], others: &[i64], rule: impl Fn(i64, i64) -> Option<i64>) {
    for (value, other) in values.iter_mut().zip(others) {
        *value = match (*value, *other) {
            (UNKNOWN, _) | (_, UNKNOWN) => UNKNOWN,
            (value, other) => rule(value, other).unwrap_or(UNKNOWN),
        };
    }
}
