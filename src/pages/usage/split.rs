//! The course of the busiest few of a ranking on one scale, and of all others
//! together, each with its own dashes and its name at the end; the table under
//! it has the same figures.

use super::download::{self, Part};
use super::tab::Tab;
use super::table;
use crate::domain::filter::{Metric, UsageView};
use crate::domain::time::Range;
use crate::i18n::UNKNOWN;
use crate::pages::chart::{self, Lines, Slot};
use crate::pages::filters;
use crate::pages::scale::Unit;
use crate::pages::sheet::Link;
use crate::pages::trend;
use crate::store::courses::Course;
use crate::store::requests::{Bucket, Dimension};
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;

/// Rows of the table under the chart; exports have all.
const ROWS: usize = 200;
/// Letters of a name at the end of its line.
const SHORT: usize = 18;
const CLASSES: [&str; 7] = [
    "line-1", "line-2", "line-3", "line-4", "line-5", "line-6", "line-7",
];

pub(super) struct Split {
    pub title: String,
    pub summary: String,
    pub note: String,
    pub chart: Lines,
    pub edges: String,
    pub metrics: Vec<trend::Choice>,
    /// One for each line, in the same order.
    pub names: Vec<Named>,
    /// What hatched stretches are; empty without any.
    pub hatched: &'static str,
    pub heads: Vec<String>,
    pub rows: Vec<trend::Row>,
    /// Said when there are more rows than these.
    pub more: String,
    pub files: Vec<Link>,
}

/// Whose line it is, with the figure of the whole range.
pub(super) struct Named {
    pub class: &'static str,
    pub name: String,
    /// As much of it as fits beside the chart.
    pub short: String,
    pub figure: String,
    /// Its own usage; empty for the others.
    pub href: String,
}

/// All together, or the busiest one by one.
pub(super) fn modes(tab: Tab, view: &UsageView, ctx: &Ctx) -> Vec<trend::Choice> {
    if tab == Tab::Summary {
        return Vec::new();
    }
    let t = ctx.t.usage;
    let choice = |name, split| trend::Choice {
        name,
        href: {
            let view = UsageView {
                split,
                ..view.clone()
            };
            ctx.url(&view.url(tab.path()))
        },
        current: view.split == split,
    };
    vec![choice(t.together, false), choice(t.each, true)]
}

impl Split {
    pub(super) fn new(tab: Tab, view: &UsageView, usage: &Usage, ctx: &Ctx) -> Option<Self> {
        let courses = usage.courses.as_deref().filter(|_| tab != Tab::Summary)?;
        let (t, lang, metric) = (ctx.t.usage, ctx.lang, view.metric);
        let values: Vec<Vec<Option<i64>>> = courses
            .iter()
            .map(|course| {
                let bars = course.bars.iter();
                bars.map(|totals| trend::value(metric, totals)).collect()
            })
            .collect();
        let most = values.iter().flatten().flatten().copied().max();
        let shown = Shown {
            dimension: tab.dimension(),
            view,
            usage,
            courses,
            unit: unit(metric, most.unwrap_or(0), ctx),
            values,
            ctx,
        };
        let timeline = &usage.report.timeline;
        let names = shown.names();
        let mut chart = chart::lines(&shown.values, shown.slots(&names), 200.0, &|n| {
            trend::scale(metric, n, lang)
        });
        let buckets: Vec<_> = timeline.iter().map(|b| (b.from, b.to)).collect();
        chart.missing = chart::bands(&buckets, &ctx.status.gaps);
        if let (Some(first), Some(last)) = (timeline.first(), timeline.last()) {
            chart.ticks = chart::ticks(usage.zone, first.from, last.to, 9, lang);
        }
        let begins = timeline.iter().map(|bucket| bucket.from);
        let edges = begins.chain(timeline.last().map(|bucket| bucket.to));
        let edges: Vec<String> = edges.map(|at| filters::local(at, usage.zone)).collect();
        let per = (t.per)((t.metric_name)(metric), trend::grain_name(usage.grain, ctx));
        let title = (t.split_title)(&per, by(shown.dimension, ctx));
        let figures = names.iter();
        let figures = figures.map(|one| format!("{} {}", one.name, one.figure));
        Some(Self {
            summary: figures.collect::<Vec<_>>().join("; "),
            note: shown.note(),
            edges: edges.join(" "),
            metrics: trend::metrics(view, tab.path(), ctx),
            hatched: if timeline.iter().any(|bucket| shown.is_open(bucket)) {
                t.open_or_cut
            } else {
                ""
            },
            heads: names.iter().map(|one| one.name.clone()).collect(),
            rows: shown.rows(),
            more: if timeline.len() > ROWS {
                (t.latest_rows)(ROWS)
            } else {
                String::new()
            },
            files: download::links(Part::course(shown.dimension), &title, view, ctx),
            title,
            names,
            chart,
        })
    }
}

/// The chart while it is being written.
struct Shown<'a> {
    dimension: Dimension,
    view: &'a UsageView,
    usage: &'a Usage,
    courses: &'a [Course],
    /// Of each course what is drawn, bar by bar.
    values: Vec<Vec<Option<i64>>>,
    unit: Unit,
    ctx: &'a Ctx,
}

impl Shown<'_> {
    fn drawn(&self) -> usize {
        let courses = self.courses.iter();
        courses.filter(|one| one.choice.is_some()).count()
    }

    /// How many are drawn as one.
    fn others(&self) -> usize {
        self.usage.report.by.iter().flatten().count() - self.drawn()
    }

    fn names(&self) -> Vec<Named> {
        let (t, ctx, metric) = (self.ctx.t.usage, self.ctx, self.view.metric);
        let value = |course: &Course| trend::value(metric, &course.totals);
        let most = self.courses.iter().filter_map(value).max();
        let unit = unit(metric, most.unwrap_or(0), ctx);
        let named = |(course, class): (&Course, &'static str)| {
            let figure = unit.with_name(value(course));
            let Some(choice) = &course.choice else {
                let name = (t.others)(&ctx.lang.count(counted(self.others())));
                return Named {
                    // The same however many are drawn.
                    class: "line-7",
                    short: short(&name),
                    name,
                    figure,
                    href: String::new(),
                };
            };
            let name = table::name(self.dimension, choice, ctx);
            let own = self.view.narrowed(|only| {
                table::choose(only, self.dimension, &choice.value);
            });
            let own = UsageView {
                split: false,
                ..own
            };
            Named {
                class,
                short: short(&name),
                name,
                figure,
                href: ctx.url(&own.url("/usage")),
            }
        };
        self.courses.iter().zip(CLASSES).map(named).collect()
    }

    fn note(&self) -> String {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        match self.others() {
            0 => String::new(),
            others => {
                let all = lang.count(counted(self.drawn() + others));
                (t.split_note)(self.drawn(), &all, self.view.metric)
            }
        }
    }

    fn at(&self, bucket: &Bucket) -> String {
        trend::moment(bucket.from, self.usage.grain, self.usage.zone, self.ctx)
    }

    fn href(&self, bucket: &Bucket) -> String {
        let range = Range::Between(bucket.from, bucket.to);
        self.ctx.url(&self.view.rows().over(range).url("/requests"))
    }

    /// Still filling, or cut by the range.
    fn is_open(&self, bucket: &Bucket) -> bool {
        bucket.to > self.ctx.now || !self.usage.is_whole(bucket)
    }

    /// What each course came to in a bucket.
    fn cells(&self, place: usize) -> impl Iterator<Item = String> {
        self.values
            .iter()
            .map(move |course| match course.get(place) {
                Some(value) => self.unit.with_name(*value),
                None => UNKNOWN.to_owned(),
            })
    }

    fn slots(&self, names: &[Named]) -> Vec<Slot> {
        let slot = |(place, bucket): (usize, &Bucket)| {
            let all = names.iter().zip(self.cells(place));
            let all: Vec<String> = all
                .map(|(one, cell)| format!("{} {cell}", one.name))
                .collect();
            Slot {
                x: place * 10,
                open: self.is_open(bucket),
                title: (self.ctx.t.usage.bar)(&self.at(bucket), &all.join("; ")),
                href: self.href(bucket),
            }
        };
        let timeline = self.usage.report.timeline.iter();
        timeline.enumerate().map(slot).collect()
    }

    fn rows(&self) -> Vec<trend::Row> {
        let row = |(place, bucket): (usize, &Bucket)| trend::Row {
            at: self.at(bucket),
            href: self.href(bucket),
            cells: self.cells(place).collect(),
        };
        let timeline = self.usage.report.timeline.iter();
        timeline.enumerate().rev().take(ROWS).map(row).collect()
    }
}

fn counted(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Failures are counted here, not shares of them.
fn unit(metric: Metric, most: i64, ctx: &Ctx) -> Unit {
    match metric {
        Metric::Failed => Unit::of(Metric::Requests, most, ctx),
        metric => Unit::of(metric, most, ctx),
    }
}

fn by(dimension: Dimension, ctx: &Ctx) -> &'static str {
    let t = ctx.t.usage;
    match dimension {
        Dimension::Key => t.one_key,
        Dimension::Account => t.one_account,
        Dimension::Provider => t.one_provider,
        _ => t.one_model,
    }
}

fn short(name: &str) -> String {
    if name.chars().count() <= SHORT {
        return name.to_owned();
    }
    let cut: String = name.chars().take(SHORT - 1).collect();
    format!("{cut}…")
}
