//! A stored row as a line of the table. The page, the live stream and nothing
//! else show rows, so both always look the same.

use crate::accounts::Mentions;
use crate::domain::filter::{Column, Sort, SortBy, View};
use crate::i18n::{UNKNOWN, plain};
use crate::pages::cell::{self, Cell, Lag, Outcome};
use crate::pages::who::Card;
use crate::store::requests::Row;
use crate::web::ctx::Ctx;

/// Which columns are shown, for the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one per column")]
pub(super) struct Columns {
    pub status: bool,
    pub model: bool,
    pub account: bool,
    pub effort: bool,
    pub latency: bool,
    pub ttft: bool,
    pub speed: bool,
    pub input: bool,
    pub cached: bool,
    pub output: bool,
    pub reasoning: bool,
    pub cost: bool,
    pub key: bool,
}

impl Columns {
    /// Asked for in the URL, else chosen in the cookie, else all.
    #[must_use]
    pub(super) fn of(view: &View, ctx: &Ctx) -> Self {
        let chosen = view
            .columns
            .clone()
            .or_else(|| Column::list(&ctx.prefs.columns))
            .unwrap_or_else(|| Column::ALL.to_vec());
        let has = |column| chosen.contains(&column);
        Self {
            status: has(Column::Status),
            model: has(Column::Model),
            account: has(Column::Account),
            effort: has(Column::Effort),
            latency: has(Column::Latency),
            ttft: has(Column::Ttft),
            speed: has(Column::Speed),
            input: has(Column::Input),
            cached: has(Column::Cached),
            output: has(Column::Output),
            reasoning: has(Column::Reasoning),
            cost: has(Column::Cost),
            key: has(Column::Key),
        }
    }

    #[must_use]
    pub(super) fn has(self, column: Column) -> bool {
        match column {
            Column::Status => self.status,
            Column::Model => self.model,
            Column::Account => self.account,
            Column::Effort => self.effort,
            Column::Latency => self.latency,
            Column::Ttft => self.ttft,
            Column::Speed => self.speed,
            Column::Input => self.input,
            Column::Cached => self.cached,
            Column::Output => self.output,
            Column::Reasoning => self.reasoning,
            Column::Cost => self.cost,
            Column::Key => self.key,
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The public id of the event: its element, its page.
    pub id: String,
    pub failed: bool,
    /// Arrived while the page was open.
    pub fresh: bool,
    /// Heads the rows of another day; empty where the day stays the same.
    pub heading: String,
    /// The day itself, where rows are not in order of time and it is not today.
    pub day: String,
    pub time: String,
    pub datetime: String,
    pub full_time: String,
    pub outcome: Outcome,
    pub model: String,
    /// Empty when the client asked for the model by its name.
    pub alias: String,
    pub provider: String,
    pub account: String,
    /// How the account is now.
    pub card: Card,
    pub effort_tier: String,
    pub lag: Option<Lag>,
    pub latency: Cell,
    pub ttft: Cell,
    pub speed: Cell,
    pub input: Cell,
    pub cached: Cell,
    pub output: Cell,
    pub reasoning: Cell,
    pub cost: Cell,
    pub key: String,
    /// The gateway has the key no more.
    pub key_gone: bool,
}

impl Line {
    #[must_use]
    pub(super) fn new(
        row: &Row,
        mentions: &Mentions,
        ctx: &Ctx,
        by_time: bool,
        fresh: bool,
    ) -> Self {
        let (lang, t) = (ctx.lang, ctx.t.requests);
        let local = ctx.local(row.key.at);
        let today = ctx.local(ctx.now).date_naive() == local.date_naive();
        let tokens = row.tokens;
        let or_dash = |text: String| {
            if text.is_empty() {
                UNKNOWN.to_owned()
            } else {
                text
            }
        };
        let asked = plain(&row.alias);
        Self {
            id: row.key.to_string(),
            failed: row.failed,
            fresh,
            heading: String::new(),
            day: if today || by_time {
                String::new()
            } else {
                lang.day(&local, chrono::Datelike::year(&ctx.local(ctx.now)))
            },
            time: lang.clock(&local),
            datetime: row.key.at.rfc3339(),
            full_time: lang.full(&local),
            outcome: Outcome::of(row.failed, row.status, t),
            model: or_dash(plain(&row.model).into_owned()),
            alias: if asked == row.model {
                String::new()
            } else {
                asked.into_owned()
            },
            provider: cell::provider(&row.provider),
            account: or_dash(cell::account(ctx, &row.account)),
            card: Card::of(&row.account.identity, mentions, ctx),
            effort_tier: cell::effort_tier(&row.effort, &row.tier, t),
            lag: Lag::of(row.latency, row.ttft, row.failed),
            latency: Cell::seconds(row.latency, lang),
            ttft: Cell::seconds(row.ttft, lang),
            speed: Cell::speed(tokens.speed_milli(row.latency), lang),
            input: Cell::count(tokens.input(), lang, t),
            cached: Cell::count(tokens.cache_read, lang, t),
            output: Cell::count(tokens.generated(), lang, t),
            reasoning: Cell::count(tokens.reasoning, lang, t),
            cost: Cell::dollars(row.cost, lang),
            key: or_dash(ctx.key_name(&row.client_key)),
            key_gone: mentions.key_is_gone(&row.client_key.hash),
        }
    }
}

/// The lines of a page. In order of time each earlier day gets a heading.
pub(super) fn lines(rows: &[Row], view: &View, mentions: &Mentions, ctx: &Ctx) -> Vec<Line> {
    let by_time = view.sort.by == SortBy::Time;
    let mut day = ctx.local(ctx.now).date_naive();
    rows.iter()
        .map(|row| {
            let mut line = Line::new(row, mentions, ctx, by_time, false);
            let local = ctx.local(row.key.at);
            if by_time && local.date_naive() != day {
                day = local.date_naive();
                line.heading = ctx.lang.long_day(&local);
            }
            line
        })
        .collect()
}

/// A column head; the sorted one says so.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub name: &'static str,
    pub unit: &'static str,
    pub number: bool,
    /// Class of its `<col>`.
    pub col: &'static str,
    /// `None` for columns that do not sort.
    pub href: Option<String>,
    /// `ascending`, `descending` or nothing.
    pub sorted: &'static str,
}

#[must_use]
pub(super) fn heads(view: &View, columns: Columns, ctx: &Ctx) -> Vec<Head> {
    let t = ctx.t.requests;
    let head = |name, unit, col, by: Option<SortBy>, number| {
        let sorted = match (by, view.sort) {
            (
                Some(by),
                Sort {
                    by: now,
                    descending,
                },
            ) if by == now => {
                if descending {
                    "descending"
                } else {
                    "ascending"
                }
            }
            _ => "",
        };
        Head {
            name,
            unit,
            number,
            col,
            href: by.map(|by| ctx.url(&view.sorted(by).url("/requests"))),
            sorted,
        }
    };
    let figure = |name, unit, col, by| head(name, unit, col, Some(by), true);
    let word = |name, col| head(name, "", col, None, false);
    let optional = [
        (Column::Status, word(t.status, "c-state")),
        (Column::Model, word(t.model, "c-model")),
        (Column::Account, word(t.account, "c-who")),
        (Column::Effort, word(t.effort_tier, "c-tier")),
        (
            Column::Latency,
            figure(t.latency, t.second, "c-lag", SortBy::Latency),
        ),
        (
            Column::Ttft,
            figure(t.ttft, t.second, "c-slim", SortBy::Ttft),
        ),
        (
            Column::Speed,
            figure(t.tokens_a_second, "", "c-slim", SortBy::Speed),
        ),
        (Column::Input, figure(t.input, "", "c-wide", SortBy::Input)),
        (
            Column::Cached,
            figure(t.cached, "", "c-wide", SortBy::Cached),
        ),
        (
            Column::Output,
            figure(t.output, "", "c-mid", SortBy::Output),
        ),
        (
            Column::Reasoning,
            figure(t.reasoning, "", "c-long", SortBy::Reasoning),
        ),
        (Column::Cost, figure(t.cost, "$", "c-mid", SortBy::Cost)),
        (Column::Key, word(t.key, "c-key")),
    ];
    std::iter::once(head(t.time, "", "c-time", Some(SortBy::Time), false))
        .chain(
            optional
                .into_iter()
                .filter(|(column, _)| columns.has(*column))
                .map(|(_, head)| head),
        )
        .collect()
}
