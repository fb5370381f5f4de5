//! What the page is asked: a search, an order, a page. What is not understood
//! is the default.

use std::cmp::Ordering;

use crate::store::clients::{Client, Listing};
use crate::store::requests::Totals;

/// Columns the table is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Alias,
    Key,
    State,
    Since,
    Last,
    Requests,
    Failed,
    Tokens,
    Cost,
}

impl By {
    const ALL: [Self; 9] = [
        Self::Alias,
        Self::Key,
        Self::State,
        Self::Since,
        Self::Last,
        Self::Requests,
        Self::Failed,
        Self::Tokens,
        Self::Cost,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::Key => "key",
            Self::State => "state",
            Self::Since => "since",
            Self::Last => "last",
            Self::Requests => "requests",
            Self::Failed => "failed",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
        }
    }

    /// Figures and times begin with the largest, words with the first.
    fn starts_descending(self) -> bool {
        !matches!(self, Self::Alias | Self::Key | Self::State)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub q: String,
    pub by: By,
    pub descending: bool,
    pub page: usize,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            q: String::new(),
            by: By::Requests,
            descending: true,
            page: 0,
        }
    }
}

impl Asked {
    pub(super) fn parse(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "q" => asked.q = value.trim().chars().take(200).collect(),
                "page" => asked.page = value.parse().unwrap_or(0).min(10_000),
                "sort" => {
                    let (name, descending) = match value.strip_prefix('-') {
                        Some(name) => (name, true),
                        None => (&*value, false),
                    };
                    if let Some(by) = By::ALL.into_iter().find(|by| by.name() == name) {
                        (asked.by, asked.descending) = (by, descending);
                    }
                }
                _ => {}
            }
        }
        asked
    }

    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !self.q.is_empty() {
            query.append_pair("q", &self.q);
        }
        let default = Self::default();
        if (self.by, self.descending) != (default.by, default.descending) {
            query.append_pair("sort", &self.sort());
        }
        if self.page > 0 {
            query.append_pair("page", &self.page.to_string());
        }
        query.finish()
    }

    /// As the parameter says it.
    pub(super) fn sort(&self) -> String {
        let minus = if self.descending { "-" } else { "" };
        format!("{minus}{}", self.by.name())
    }

    pub(super) fn url(&self, path: &str) -> String {
        match self.query() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    pub(super) fn at(&self, page: usize) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    pub(super) fn sorted(&self, by: By) -> Self {
        let descending = if self.by == by {
            !self.descending
        } else {
            by.starts_descending()
        };
        Self {
            by,
            descending,
            page: 0,
            ..self.clone()
        }
    }

    /// The keys searched for, in order. Where aliases are hidden, they are not
    /// searched either.
    pub(super) fn pick<'a>(&self, all: &'a [Client], hidden: bool) -> Vec<&'a Client> {
        let wanted = self.q.to_lowercase();
        let hit = |text: &str| text.to_lowercase().contains(&wanted);
        let mut found: Vec<&Client> = all
            .iter()
            .filter(|key| !key.hash.is_empty() || key.totals.requests > 0)
            .filter(|key| {
                wanted.is_empty()
                    || hit(&key.mask)
                    || key.hash == wanted
                    || (!hidden && hit(&key.alias))
            })
            .collect();
        found.sort_by(|a, b| self.order(a, b));
        found
    }

    /// What is not known comes last, whatever the direction.
    fn order(&self, a: &Client, b: &Client) -> Ordering {
        let text = |a: &str, b: &str| {
            let known = b.is_empty().cmp(&a.is_empty()).reverse();
            known.then_with(|| self.turn(a.to_lowercase().cmp(&b.to_lowercase())))
        };
        let order = match self.by {
            By::Alias => text(&a.alias, &b.alias),
            By::Key => text(&a.mask, &b.mask),
            By::State => self.turn(rank(a).cmp(&rank(b))),
            By::Since => self.number(a, b, |key| key.since().map(|at| at.0)),
            By::Last => self.number(a, b, |key| key.used.map(|span| span.last.0)),
            By::Requests => self.number(a, b, |key| Some(key.totals.requests)),
            By::Failed => self.number(a, b, |key| Some(key.totals.failed)),
            By::Tokens => self.number(a, b, |key| Some(key.totals.tokens())),
            By::Cost => self.number(a, b, |key| cost(&key.totals)),
        };
        order
            .then_with(|| b.totals.requests.cmp(&a.totals.requests))
            .then_with(|| {
                b.used
                    .map(|span| span.last)
                    .cmp(&a.used.map(|span| span.last))
            })
            .then_with(|| a.hash.cmp(&b.hash))
    }

    fn number(&self, a: &Client, b: &Client, of: impl Fn(&Client) -> Option<i64>) -> Ordering {
        match (of(a), of(b)) {
            (Some(a), Some(b)) => self.turn(a.cmp(&b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }

    fn turn(&self, order: Ordering) -> Ordering {
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }
}

fn cost(totals: &Totals) -> Option<i64> {
    totals.known_cost().map(|cost| cost.0)
}

/// What needs a look first.
fn rank(key: &Client) -> u8 {
    match key.listing {
        Listing::Never => 0,
        Listing::Listed if key.totals.requests > 0 => 1,
        Listing::Listed => 2,
        Listing::Unknown => 3,
        Listing::Gone(_) => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_is_written() {
        let check = |query: &str, canonical: &str| {
            let asked = Asked::parse(query);
            assert_eq!(asked.query(), canonical);
            assert_eq!(Asked::parse(canonical), asked);
        };
        check("", "");
        check("q=+web+&sort=-requests&page=0", "q=web");
        check("sort=alias&page=2&unknown=1", "sort=alias&page=2");
        check("sort=nonsense&page=x", "");
    }

    #[test]
    fn a_column_is_turned_around_when_chosen_again() {
        let asked = Asked::default().at(3);
        let cost = asked.sorted(By::Cost);
        assert_eq!((cost.sort().as_str(), cost.page), ("-cost", 0));
        assert_eq!(cost.sorted(By::Cost).sort(), "cost");
        assert_eq!(cost.sorted(By::Alias).sort(), "alias");
    }
}
