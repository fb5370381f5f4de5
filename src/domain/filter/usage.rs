//! A view of the usage pages: the range and conditions of the request list,
//! under the same names, and what only sums have: bucket, metric, comparison,
//! order of a table. Two equal views have equal URLs; links between the pages
//! and to the rows carry everything that both understand.

use super::measure::{Metric, SumBy, SumSort};
use super::query::Ignored;
use super::{Selection, View};
use crate::domain::time::{Back, Grain, Range, Zone};
use crate::domain::units::At;

/// Everything a URL of a usage page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageView {
    pub range: Range,
    /// Asked for in the URL; `None` = the visitor's own.
    pub zone: Option<Zone>,
    /// The conditions. Its range is empty: [`Self::selection`] fills it in.
    pub only: Selection,
    /// Width of the buckets; `None` = what fits the range.
    pub grain: Option<Grain>,
    pub metric: Metric,
    /// Whether the period before is shown as well.
    pub compare: bool,
    /// `None` = what matters most first.
    pub sort: Option<SumSort>,
    /// The heat map shows the mean hour instead of the sum of its hours.
    pub mean: bool,
    /// The busiest of a ranking are drawn one by one.
    pub split: bool,
    /// Of a long table; 0 is the first. Another question begins there again.
    pub page: usize,
}

impl Default for UsageView {
    fn default() -> Self {
        Self {
            range: Self::RANGE,
            zone: None,
            only: Selection::between(At(0), At(0)),
            grain: None,
            metric: Metric::default(),
            compare: true,
            sort: None,
            mean: false,
            split: false,
            page: 0,
        }
    }
}

impl UsageView {
    /// A week: long enough to compare, short enough to draw by the hour.
    pub const RANGE: Range = Range::Days(7);
    /// Bars a chart may have.
    pub const MOST_BARS: i64 = 750;
    /// Bars it has when nobody chose their width.
    const FITTING_BARS: i64 = 200;
    const LAST_PAGE: usize = 10_000;
    /// Widths that people are offered; links know the narrower ones, too.
    pub const GRAINS: [Grain; 3] = [Grain::Hour, Grain::Day, Grain::Week];

    /// Reads a query string as [`View::parse`] does.
    #[must_use]
    pub fn parse(query: &str, zone: Zone) -> (Self, Vec<Ignored>) {
        let mut usage = Self::default();
        let mut ignored = Vec::new();
        let mut rest = url::form_urlencoded::Serializer::new(String::new());
        // Whatever range is asked for comes later and wins.
        rest.append_pair("range", &super::query::range_name(Self::RANGE));
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match usage.read(&name, value.trim()) {
                Some(true) => {}
                Some(false) => ignored.push(Ignored::new(&name, &value)),
                None => {
                    rest.append_pair(&name, &value);
                }
            }
        }
        let (view, others) = View::parse(&rest.finish(), zone);
        ignored.extend(others);
        ignored.truncate(8);
        let view = Self {
            range: view.range,
            zone: view.zone,
            only: view.only,
            ..usage
        };
        (view, ignored)
    }

    /// One parameter of ours and whether it was understood; `None` for the
    /// parameters that the request list has as well, and for its very own.
    fn read(&mut self, name: &str, value: &str) -> Option<bool> {
        Some(match name {
            _ if value.is_empty() => true,
            "by" | "granularity" => match value {
                "auto" => {
                    self.grain = None;
                    true
                }
                _ => set(&mut self.grain, grain(value).map(Some)),
            },
            "metric" => {
                let metric = Metric::ALL.into_iter().find(|m| m.name() == value);
                set(&mut self.metric, metric)
            }
            "vs" => set(
                &mut self.compare,
                match value {
                    "previous" => Some(true),
                    "none" => Some(false),
                    _ => None,
                },
            ),
            "sort" => {
                // The request list has other columns; its order is no error.
                self.sort = SumSort::parse(value);
                true
            }
            "scale" => set(
                &mut self.mean,
                match value {
                    "mean" => Some(true),
                    "sum" => Some(false),
                    _ => None,
                },
            ),
            "lines" => set(
                &mut self.split,
                match value {
                    "each" => Some(true),
                    "all" => Some(false),
                    _ => None,
                },
            ),
            "page" => {
                let page = value.parse().ok();
                set(
                    &mut self.page,
                    page.map(|page: usize| page.min(Self::LAST_PAGE)),
                )
            }
            "cols" | "n" | "before" | "after" | "live" => true,
            _ => return None,
        })
    }

    /// The canonical query string, without `?`; empty for the default view.
    #[must_use]
    pub fn query(&self) -> String {
        let mut query = match self.range {
            // The default of the request list must be said here, and ours not.
            range if range == Range::default() => {
                let rest = self.rows().query();
                let range = format!("range={}", super::query::range_name(range));
                join(&range, &rest)
            }
            Self::RANGE => View {
                range: Range::default(),
                ..self.rows()
            }
            .query(),
            _ => self.rows().query(),
        };
        let mut pair = |name: &str, value: &str| query = join(&query, &format!("{name}={value}"));
        if let Some(grain) = self.grain {
            pair("by", grain_name(grain));
        }
        if self.metric != Metric::default() {
            pair("metric", self.metric.name());
        }
        if !self.compare {
            pair("vs", "none");
        }
        if let Some(sort) = self.sort {
            let minus = if sort.descending { "-" } else { "" };
            pair("sort", &format!("{minus}{}", sort.by.name()));
        }
        if self.mean {
            pair("scale", "mean");
        }
        if self.split {
            pair("lines", "each");
        }
        if self.page > 0 {
            pair("page", &self.page.to_string());
        }
        query
    }

    /// A path with this view's query.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        match self.query() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// The rows behind it, as a view of the request list.
    #[must_use]
    pub fn rows(&self) -> View {
        View {
            range: self.range,
            zone: self.zone,
            only: self.only.clone(),
            ..View::default()
        }
    }

    /// The sums of a view of the request list.
    #[must_use]
    pub fn of_rows(view: &View) -> Self {
        Self {
            range: view.range,
            zone: view.zone,
            only: view.only.clone(),
            ..Self::default()
        }
    }

    /// The same question with other conditions.
    #[must_use]
    pub fn narrowed(&self, change: impl FnOnce(&mut Selection)) -> Self {
        let mut view = self.at(0);
        change(&mut view.only);
        view
    }

    #[must_use]
    pub fn over(&self, range: Range) -> Self {
        Self {
            range,
            ..self.at(0)
        }
    }

    #[must_use]
    pub fn at(&self, page: usize) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    #[must_use]
    pub fn showing(&self, metric: Metric) -> Self {
        Self {
            metric,
            ..self.clone()
        }
    }

    /// Ordered by a column: figures descending first, names ascending, then the
    /// other way round. `now` is the order in force.
    #[must_use]
    pub fn sorted(&self, by: SumBy, now: SumSort) -> Self {
        let descending = if now.by == by {
            !now.descending
        } else {
            by != SumBy::Name
        };
        Self {
            sort: Some(SumSort { by, descending }),
            ..self.at(0)
        }
    }

    /// The step to the period it is compared with; `None` when it is not.
    #[must_use]
    pub fn back(&self, zone: Zone, span: (At, At)) -> Option<Back> {
        let from_the_start = matches!(self.range, Range::Between(from, _) if from == View::OPEN.0);
        if !self.compare || from_the_start {
            return None;
        }
        self.range.back(zone, span)
    }

    /// The width asked for, as long as its bars can be drawn, or what fits.
    #[must_use]
    pub fn grain_over(&self, (from, to): (At, At)) -> Grain {
        let fitting = Grain::fitting(from, to, Self::FITTING_BARS);
        self.grain
            .filter(|grain| Self::can_draw(*grain, (from, to)))
            .unwrap_or(fitting)
    }

    #[must_use]
    pub fn can_draw(grain: Grain, (from, to): (At, At)) -> bool {
        (to - from).0 / grain.usual().0 < Self::MOST_BARS
    }
}

fn set<T>(place: &mut T, value: Option<T>) -> bool {
    let understood = value.is_some();
    if let Some(value) = value {
        *place = value;
    }
    understood
}

fn join(query: &str, more: &str) -> String {
    match (query.is_empty(), more.is_empty()) {
        (true, _) => more.to_owned(),
        (_, true) => query.to_owned(),
        _ => format!("{query}&{more}"),
    }
}

fn grain(name: &str) -> Option<Grain> {
    let mut all = Grain::ALL.into_iter();
    all.find(|grain| grain_name(*grain) == name)
}

/// As the query string and the API name it.
#[must_use]
pub fn grain_name(grain: Grain) -> &'static str {
    match grain {
        Grain::FiveMinutes => "five_minutes",
        Grain::Quarter => "quarter_hour",
        Grain::HalfHour => "half_hour",
        Grain::Hour => "hour",
        Grain::Day => "day",
        Grain::Week => "week",
    }
}
