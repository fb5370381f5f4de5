//! Which accounts, in which order, from where: the query string and what it
//! means. What is not understood counts as not said.

use serde::Deserialize;

use super::rows::Entry;
use crate::domain::account::standing::State;
use crate::domain::filter::Ignored;
use crate::domain::time::Range;

/// Rows of a page.
pub(super) const ROWS: usize = 50;

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::pages::accounts) struct View {
    pub q: String,
    pub provider: String,
    state: String,
    range: String,
    sort: String,
    /// The last account of the page before.
    #[serde(deserialize_with = "number")]
    pub after: Option<i64>,
    /// An account that was just switched.
    #[serde(deserialize_with = "number")]
    pub switched: Option<i64>,
    /// The version that the page shows already.
    #[serde(deserialize_with = "number")]
    pub seen: Option<u64>,
}

/// `None` for what is no number.
fn number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr,
{
    let text = String::deserialize(deserializer)?;
    Ok(text.parse().ok())
}

/// What the rows are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum By {
    #[default]
    State,
    Account,
    Requests,
    Failed,
    Tokens,
    Cost,
    LastUsed,
    Priority,
    Renewed,
}

impl By {
    const ALL: [(Self, &'static str); 9] = [
        (Self::State, "state"),
        (Self::Account, "account"),
        (Self::Requests, "requests"),
        (Self::Failed, "failed"),
        (Self::Tokens, "tokens"),
        (Self::Cost, "cost"),
        (Self::LastUsed, "last_used"),
        (Self::Priority, "priority"),
        (Self::Renewed, "renewed"),
    ];

    fn name(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(by, _)| *by == self);
        found.map_or("state", |(_, name)| name)
    }

    /// Figures begin with the greatest.
    fn descends_first(self) -> bool {
        !matches!(self, Self::State | Self::Account)
    }
}

/// A row's place: smaller comes first, the id decides between equals.
type Place = (i64, String, i64);

impl View {
    pub(super) const RANGES: [(&'static str, Range); 3] = [
        ("24h", Range::Last24Hours),
        ("7d", Range::Days(7)),
        ("30d", Range::Days(30)),
    ];

    pub(super) fn range(&self) -> Range {
        let found = Self::RANGES
            .into_iter()
            .find(|(name, _)| *name == self.range);
        found.map_or(Range::Days(7), |(_, range)| range)
    }

    pub(super) fn range_name(&self) -> &'static str {
        let range = self.range();
        let found = Self::RANGES.into_iter().find(|(_, other)| *other == range);
        found.map_or("7d", |(name, _)| name)
    }

    pub(super) fn state(&self) -> Option<State> {
        State::from_code(&self.state)
    }

    /// The order, and whether it is turned around.
    pub(super) fn sort(&self) -> (By, bool) {
        let name = self.sort.strip_prefix('-').unwrap_or(&self.sort);
        let found = By::ALL.into_iter().find(|(_, known)| *known == name);
        match found {
            Some((by, _)) => (by, self.sort.starts_with('-')),
            None => (By::State, false),
        }
    }

    /// What was asked for and chooses nothing.
    pub(super) fn ignored(&self) -> Vec<Ignored> {
        let questions = [
            ("state", &self.state, self.state().is_some()),
            ("range", &self.range, self.range_name() == self.range),
        ];
        let unknown = questions
            .into_iter()
            .filter(|(_, value, known)| !known && !value.is_empty());
        unknown
            .map(|(name, value, _)| Ignored::new(name, value))
            .collect()
    }

    /// All pages of it as a file at this path.
    pub(super) fn file(&self, path: &str) -> String {
        self.at_start().url().replacen("/accounts", path, 1)
    }

    /// As a path and query, without what holds for one look only.
    pub(in crate::pages::accounts) fn url(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let numbers = [
            ("after", self.after.map(|n| n.to_string())),
            ("seen", self.seen.map(|n| n.to_string())),
        ];
        let range = if self.range() == Range::Days(7) {
            ""
        } else {
            &self.range
        };
        let texts = [
            ("q", self.q.as_str()),
            ("provider", &self.provider),
            ("state", self.state().map_or("", State::code)),
            ("range", range),
            ("sort", &self.sort),
        ];
        for (name, value) in texts.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        for (name, value) in numbers {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        match query.finish() {
            query if query.is_empty() => String::from("/accounts"),
            query => format!("/accounts?{query}"),
        }
    }

    fn at_start(&self) -> Self {
        Self {
            after: None,
            switched: None,
            seen: None,
            ..self.clone()
        }
    }

    pub(super) fn after(&self, id: Option<i64>) -> Self {
        Self {
            after: id,
            ..self.at_start()
        }
    }

    pub(super) fn seeing(&self, version: u64) -> Self {
        Self {
            seen: Some(version),
            ..self.after(self.after)
        }
    }

    pub(super) fn with_state(&self, state: &str) -> Self {
        Self {
            state: state.to_owned(),
            ..self.at_start()
        }
    }

    /// Ordered by this, or the other way round where it is already.
    pub(super) fn sorted(&self, by: By) -> Self {
        let turned = match self.sort() {
            (now, turned) if now == by => !turned,
            _ => by.descends_first(),
        };
        let sign = if turned { "-" } else { "" };
        let sort = match (by, turned) {
            (By::State, false) => String::new(),
            _ => format!("{sign}{}", by.name()),
        };
        Self {
            sort,
            ..self.at_start()
        }
    }

    /// Those that are asked for, in order.
    pub(super) fn pick<'a, 'k>(&self, all: &'a [Entry<'k>], hidden: bool) -> Vec<&'a Entry<'k>> {
        let search = self.q.trim().to_lowercase();
        let state = self.state();
        let wanted = |entry: &&Entry| {
            let of_state = match state {
                Some(state) => entry.standing.state == state,
                None => !entry.known.is_gone(),
            };
            of_state
                && (self.provider.is_empty() || entry.known.listed.provider == self.provider)
                && (search.is_empty() || entry.mentions(&search, hidden))
        };
        let mut shown: Vec<&Entry> = all.iter().filter(wanted).collect();
        shown.sort_by_cached_key(|entry| self.place(entry));
        shown
    }

    /// One page, and after which account the next one starts. `all`: the page
    /// before may have ended with one that no longer matches.
    pub(super) fn page<'a, 'k>(
        &self,
        shown: &[&'a Entry<'k>],
        all: &[Entry<'k>],
    ) -> (Vec<&'a Entry<'k>>, Option<i64>) {
        let after = self
            .after
            .and_then(|id| all.iter().find(|e| e.known.id == id));
        let after = after.map(|entry| self.place(entry));
        let first = after.map_or(0, |after| {
            shown.partition_point(|entry| self.place(entry) <= after)
        });
        let page: Vec<_> = shown.iter().skip(first).take(ROWS).copied().collect();
        let more = shown.len() > first + page.len();
        let last = page.last().filter(|_| more).map(|entry| entry.known.id);
        (page, last)
    }

    fn place(&self, entry: &Entry<'_>) -> Place {
        let (by, turned) = self.sort();
        let title = entry.known.listed.title.to_lowercase();
        let totals = &entry.totals;
        let figure = match by {
            By::State => {
                let place = State::ALL.iter().position(|s| *s == entry.standing.state);
                place.and_then(|place| i64::try_from(place).ok())
            }
            By::Account => return (0, turn(title, turned), entry.known.id),
            By::Requests => Some(totals.requests),
            By::Failed => Some(totals.failed),
            By::Tokens => Some(entry.tokens()),
            By::Cost => totals.known_cost().map(|cost| cost.0),
            By::LastUsed => entry.recent.last_used().map(|at| at.0),
            By::Priority => entry.known.listed.priority,
            By::Renewed => entry.known.listed.refreshed_at.map(|at| at.0),
        };
        // Unknown comes last either way.
        let figure = figure.map_or(i64::MAX, |n| if turned { !n } else { n });
        (figure, title, entry.known.id)
    }
}

/// Text that sorts the other way round.
fn turn(text: String, turned: bool) -> String {
    if !turned {
        return text;
    }
    let turned = |c: char| char::from_u32(0x0010_ffff - u32::from(c)).unwrap_or('\u{ffff}');
    text.chars().map(turned).chain(['\u{10ffff}']).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::rows::Sums;
    use super::*;
    use crate::domain::account::standing::{Lately, judge};
    use crate::domain::account::{Known, Listed};
    use crate::domain::units::At;
    use crate::store::endings::Recent;

    fn known(id: i64, title: &str, priority: i64) -> Arc<Known> {
        Arc::new(Known {
            id,
            listed: Listed {
                title: title.into(),
                provider: if id % 2 == 0 { "codex" } else { "claude" }.into(),
                status: "active".into(),
                priority: (priority > 0).then_some(priority),
                ..Listed::default()
            },
            ..Known::default()
        })
    }

    fn entries(known: &[Arc<Known>]) -> Vec<Entry<'_>> {
        let mut entries = Vec::new();
        for known in known {
            let standing = judge(known, Lately::default(), None, At(1));
            let (recent, totals) = (Recent::default(), Sums::default());
            entries.push(Entry::new(known, recent, standing, None, &totals));
        }
        entries
    }

    fn view(query: &str) -> View {
        actix_web::web::Query::<View>::from_query(query)
            .unwrap()
            .into_inner()
    }

    fn ids(view: &View, known: &[Arc<Known>]) -> Vec<i64> {
        let all = entries(known);
        view.pick(&all, false)
            .iter()
            .map(|entry| entry.known.id)
            .collect()
    }

    #[test]
    fn filters_search_and_order() {
        let all = [
            known(1, "b@x.org", 0),
            known(2, "a@x.org", 5),
            known(3, "ab", 9),
        ];
        assert_eq!(ids(&view(""), &all), [2, 3, 1]);
        assert_eq!(ids(&view("sort=-account"), &all), [1, 3, 2]);
        assert_eq!(ids(&view("sort=-priority"), &all), [3, 2, 1]);
        assert_eq!(
            ids(&view("sort=priority"), &all),
            [2, 3, 1],
            "unknown is last"
        );
        assert_eq!(ids(&view("q=X.ORG"), &all), [2, 1]);
        assert_eq!(ids(&view("provider=codex"), &all), [2]);
        assert_eq!(ids(&view("state=disabled"), &all), [0; 0]);
        assert_eq!(
            ids(&view("state=nonsense&sort=what&after=x"), &all).len(),
            3
        );
    }

    #[test]
    fn pages_follow_each_other_whatever_the_order() {
        let all: Vec<_> = (1..=120)
            .map(|id| known(id, &format!("n{}", id % 7), id % 5))
            .collect();
        for sort in ["", "account", "-account", "-priority", "renewed"] {
            let mut view = view(&format!("sort={sort}"));
            let all = entries(&all);
            let mut seen = Vec::new();
            loop {
                let shown = view.pick(&all, false);
                let (page, next) = view.page(&shown, &all);
                seen.extend(page.iter().map(|entry| entry.known.id));
                let Some(next) = next else { break };
                view = view.after(Some(next));
            }
            assert_eq!(seen.len(), 120, "{sort}");
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 120, "{sort}");
        }
    }

    #[test]
    fn a_view_is_its_address() {
        let asked = view("q=a%26b&state=cooling&range=30d&sort=-cost&after=7&switched=3");
        assert_eq!(
            asked.url(),
            "/accounts?q=a%26b&state=cooling&range=30d&sort=-cost&after=7"
        );
        assert_eq!(
            asked.sorted(By::Cost).url(),
            "/accounts?q=a%26b&state=cooling&range=30d&sort=cost"
        );
        assert_eq!(view("range=7d").url(), "/accounts");
    }
}
