//! A view of the request list: which range, which conditions, in what order,
//! which page of it, shown how. Two equal views have equal URLs. Knows no
//! store: pages resolve it to a [`Selection`].

use std::fmt;

use super::{Selection, Sort, SortBy};
use crate::domain::event::EventKey;
use crate::domain::time::{Range, Zone};
use crate::domain::units::{At, Ms};

/// The optional columns of the list, in their order; time is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    Status,
    Model,
    Account,
    Effort,
    Latency,
    Ttft,
    Speed,
    Input,
    Cached,
    Output,
    Reasoning,
    Cost,
    Key,
}

impl Column {
    pub const ALL: [Self; 13] = [
        Self::Status,
        Self::Model,
        Self::Account,
        Self::Effort,
        Self::Latency,
        Self::Ttft,
        Self::Speed,
        Self::Input,
        Self::Cached,
        Self::Output,
        Self::Reasoning,
        Self::Cost,
        Self::Key,
    ];

    /// As the query string and the cookie name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Model => "model",
            Self::Account => "account",
            Self::Effort => "effort",
            Self::Latency => "latency",
            Self::Ttft => "ttft",
            Self::Speed => "speed",
            Self::Input => "input",
            Self::Cached => "cached",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::Cost => "cost",
            Self::Key => "key",
        }
    }

    /// Reads a comma-separated list; unknown names fall out, none left = `None`.
    #[must_use]
    pub fn list(text: &str) -> Option<Vec<Self>> {
        let wanted: Vec<&str> = text.split(',').map(str::trim).collect();
        let columns: Vec<Self> = Self::ALL
            .into_iter()
            .filter(|column| wanted.contains(&column.name()))
            .collect();
        (!columns.is_empty()).then_some(columns)
    }
}

/// The row a page starts after or ends before, with its sort value where the
/// order is not time. Prints as `[value~]key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub value: Option<i64>,
    pub key: EventKey,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(value) = self.value {
            write!(f, "{value}~")?;
        }
        self.key.fmt(f)
    }
}

/// Which page of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageOf {
    #[default]
    Start,
    After(Edge),
    Before(Edge),
}

/// Everything a URL of the request list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub range: Range,
    /// Asked for in the URL; `None` = the visitor's own.
    pub zone: Option<Zone>,
    /// The conditions. Its range is empty: [`Self::selection`] fills it in.
    pub only: Selection,
    pub sort: Sort,
    pub page: PageOf,
    /// Rows on a page, 1 to [`Self::MOST_ROWS`].
    pub rows: usize,
    /// Chosen in the URL; `None` = the visitor's own choice, or all.
    pub columns: Option<Vec<Column>>,
    /// Not paused. Whether rows really arrive: [`Self::is_live`].
    pub live: bool,
}

impl Default for View {
    fn default() -> Self {
        Self {
            range: Range::default(),
            zone: None,
            only: Selection::between(At(0), At(0)),
            sort: Sort::default(),
            page: PageOf::Start,
            rows: Self::ROWS,
            columns: None,
            live: true,
        }
    }
}

/// So far from all events nobody looks.
const FAR: Ms = Ms(366 * Ms::DAY.0);

impl View {
    pub const ROWS: usize = 50;
    pub const MOST_ROWS: usize = 500;
    /// An open end in `from` or `to`.
    pub const OPEN: (At, At) = (At(0), At(i64::MAX));

    /// The whole range with nothing filtered, by default order: what "clear
    /// all" leads to.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self {
            only: Selection::between(At(0), At(0)),
            page: PageOf::Start,
            ..self.clone()
        }
    }

    /// The same question with other conditions, from the first page.
    #[must_use]
    pub fn narrowed(&self, change: impl FnOnce(&mut Selection)) -> Self {
        let mut view = self.at(PageOf::Start);
        change(&mut view.only);
        view
    }

    #[must_use]
    pub fn at(&self, page: PageOf) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    #[must_use]
    pub fn over(&self, range: Range) -> Self {
        Self {
            range,
            ..self.at(PageOf::Start)
        }
    }

    #[must_use]
    pub fn of_rows(&self, rows: usize) -> Self {
        Self {
            rows,
            ..self.at(PageOf::Start)
        }
    }

    /// Sorted by a column: descending first, then the other way round.
    #[must_use]
    pub fn sorted(&self, by: SortBy) -> Self {
        let descending = self.sort.by != by || !self.sort.descending;
        Self {
            sort: Sort { by, descending },
            ..self.at(PageOf::Start)
        }
    }

    #[must_use]
    pub fn paused(&self, paused: bool) -> Self {
        Self {
            live: !paused,
            ..self.at(PageOf::Start)
        }
    }

    /// Whether new rows belong at the top of this very page.
    #[must_use]
    pub fn can_be_live(&self) -> bool {
        let to_the_present = !matches!(self.range, Range::Between(_, to) if to != Self::OPEN.1);
        self.page == PageOf::Start && self.sort == Sort::default() && to_the_present
    }

    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live && self.can_be_live()
    }

    /// The moments asked for, open ends closed: `first` is the oldest event.
    /// What lies far before it or far ahead is left out: a link to all of ten
    /// thousand years would make millions of bars of nothing.
    #[must_use]
    pub fn resolve(&self, zone: Zone, now: At, first: Option<At>) -> (At, At) {
        let (from, to) = self.range.resolve(zone, now, first);
        let end = now + Ms(1);
        let from = if from == Self::OPEN.0 {
            first.unwrap_or(end).min(end)
        } else {
            from
        };
        let to = if to == Self::OPEN.1 {
            end.max(from)
        } else {
            to
        };
        if !matches!(self.range, Range::Between(..)) {
            return (from, to.max(from));
        }
        let from = from.max(first.unwrap_or(now).min(now) - FAR);
        (from, to.min(now + FAR).max(from))
    }

    #[must_use]
    pub fn selection(&self, (from, to): (At, At)) -> Selection {
        Selection {
            from,
            to,
            ..self.only.clone()
        }
    }
}
