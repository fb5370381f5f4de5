//! Pricing events that are stored already: what it would change, doing it step
//! by step, and undoing it. A step is one short transaction over events,
//! segments and sums, so every answer is right at every moment; the job is a
//! row and has its own copy of the prices, so it goes on after a restart and
//! ends as the preview said, whatever becomes of the prices and whatever is
//! stored meanwhile. Events keep the terms they were priced under until a step
//! reaches them.

mod book;
mod cells;
mod since;
mod undo;
mod work;

pub(super) use book::AtWork;
pub use book::mark;
pub(super) use since::note;

use diesel::prelude::*;

use super::error::{Result, StoreError};
use super::names::Names;
use super::scan::predicate::Predicate;
use super::schema::{event, reprice, reprice_undo};
use super::{Store, Writer};
use crate::domain::event::{EventId, EventKey};
use crate::domain::pricing::PriceBook;
use crate::domain::units::{At, Ms, NanoUsd};

/// Which events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Includes `from`, excludes `to`.
    pub from: At,
    pub to: At,
    /// Names that prices are looked up by: executed models, aliases where those
    /// are not known. Empty = all.
    pub models: Vec<String>,
}

impl Ask {
    fn predicate(&self, names: &Names) -> Predicate {
        if self.models.is_empty() {
            Predicate::everything(names)
        } else {
            Predicate::priced_as(names, &self.models)
        }
    }
}

/// What pricing anew changes. Sums cover the priced ones among the requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    pub requests: i64,
    /// Requests whose cost is different afterwards.
    pub changed: i64,
    pub old: NanoUsd,
    pub new: NanoUsd,
    pub old_unpriced: i64,
    pub new_unpriced: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Running,
    Done,
    /// By the operator, half way; what was done can be undone.
    Stopped,
    Undoing,
    Undone,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Running,
        Self::Done,
        Self::Stopped,
        Self::Undoing,
        Self::Undone,
    ];

    /// Stable code, stored and for JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Whether steps are left to do.
    #[must_use]
    pub fn is_at_work(self) -> bool {
        matches!(self, Self::Running | Self::Undoing)
    }
}

/// A job, of which there is one at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: i32,
    pub made_at: At,
    pub ask: Ask,
    pub state: State,
    /// The next step begins here.
    pub next: EventKey,
    /// Of the requests it changed so far; `requests` equals `changed`.
    pub effect: Effect,
}

impl Job {
    /// How far it is, in percent of the range of time.
    #[must_use]
    pub fn percent(&self) -> i64 {
        let part = (self.next.at.0 - self.ask.from.0).max(0);
        let whole = (self.ask.to.0 - self.ask.from.0).max(1);
        match self.state {
            State::Done | State::Undone => 100,
            _ => (part.saturating_mul(100) / whole).min(99),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing is at work.
    Idle,
    /// This many events were changed; there may be more.
    Worked(usize),
}

/// Sums before and after, without changing anything. Reads every event asked
/// for: about a second for a few millions.
pub fn preview(
    c: &mut SqliteConnection,
    names: &Names,
    book: &PriceBook,
    ask: &Ask,
) -> Result<Effect> {
    work::effect(c, names, book, ask)
}

/// The last job, whatever became of it.
pub fn latest(c: &mut SqliteConnection) -> Result<Option<Job>> {
    let row: Option<Row> = reprice::table
        .order(reprice::id.desc())
        .select(Row::as_select())
        .first(c)
        .optional()?;
    row.map(Job::try_from).transpose()
}

/// By the prices of `book` from the first step to the last. `None` while another
/// one is at work. The one before can no longer be undone.
pub fn start(
    c: &mut SqliteConnection,
    now: At,
    ask: &Ask,
    book: &PriceBook,
) -> Result<Option<Job>> {
    if latest(c)?.is_some_and(|job| job.state.is_at_work()) {
        return Ok(None);
    }
    diesel::delete(reprice_undo::table).execute(c)?;
    let (from, to) = within_events(c, ask)?;
    let models = serde_json::to_string(&ask.models).map_err(bad)?;
    diesel::insert_into(reprice::table)
        .values((
            reprice::made_at_ms.eq(now),
            reprice::from_ms.eq(from),
            reprice::to_ms.eq(to),
            reprice::models.eq(models),
            reprice::state.eq(State::Running.code()),
            reprice::next_ms.eq(from),
            reprice::next_id.eq(i64::MIN),
            reprice::changed.eq(0),
            reprice::old_nanos.eq(0),
            reprice::new_nanos.eq(0),
            reprice::old_unpriced.eq(0),
            reprice::new_unpriced.eq(0),
            reprice::book.eq(book::kept(book)?),
        ))
        .execute(c)?;
    latest(c)
}

/// The part of the range that has events, so that progress means something.
fn within_events(c: &mut SqliteConnection, ask: &Ask) -> Result<(At, At)> {
    use diesel::dsl::{max, min};
    let first: Option<At> = event::table.select(min(event::at_ms)).get_result(c)?;
    let last: Option<At> = event::table.select(max(event::at_ms)).get_result(c)?;
    let from = ask.from.max(first.unwrap_or(ask.from));
    let to = ask.to.min(last.unwrap_or(ask.from) + Ms(1));
    Ok((from, to.max(from)))
}

/// Leaves it where it is. False: nothing was running.
pub fn stop(c: &mut SqliteConnection) -> Result<bool> {
    turn(c, &[State::Running], State::Stopped)
}

/// Begins to put everything back as it was. False: there is nothing to undo.
pub fn undo(c: &mut SqliteConnection) -> Result<bool> {
    turn(
        c,
        &[State::Running, State::Stopped, State::Done],
        State::Undoing,
    )
}

fn turn(c: &mut SqliteConnection, from: &[State], to: State) -> Result<bool> {
    match latest(c)? {
        Some(job) if from.contains(&job.state) => {
            set_state(c, job.id, to)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn set_state(c: &mut SqliteConnection, id: i32, state: State) -> Result<()> {
    let row = reprice::table.find(id);
    diesel::update(row)
        .set(reprice::state.eq(state.code()))
        .execute(c)?;
    if state != State::Running {
        // It never runs again.
        diesel::update(row)
            .set(reprice::book.eq(None::<Vec<u8>>))
            .execute(c)?;
        since::forget(c)?;
    }
    Ok(())
}

impl Store {
    /// One step of the job at work. Call it until it is [`Step::Idle`], with
    /// pauses for others who write.
    pub async fn reprice_step(&self) -> Result<Step> {
        let names = self.names();
        self.run(move |writer: &mut Writer| {
            let mut at_work = std::mem::take(&mut writer.repricing);
            let step = writer.transaction(|c| {
                let step = work::step(c, &names, &mut at_work)?;
                if matches!(step, Step::Worked(n) if n > 0) {
                    super::counters::add(c, super::counters::Counter::Version, 1)?;
                }
                Ok(step)
            });
            writer.repricing = at_work;
            if !matches!(step, Ok(Step::Idle | Step::Worked(0))) {
                writer.changed();
            }
            step
        })
        .await
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = reprice)]
struct Row {
    id: i32,
    made_at_ms: At,
    from_ms: At,
    to_ms: At,
    models: String,
    state: String,
    next_ms: At,
    next_id: EventId,
    changed: i64,
    old_nanos: NanoUsd,
    new_nanos: NanoUsd,
    old_unpriced: i64,
    new_unpriced: i64,
}

impl TryFrom<Row> for Job {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self> {
        let state = State::ALL.into_iter().find(|s| s.code() == row.state);
        Ok(Self {
            id: row.id,
            made_at: row.made_at_ms,
            ask: Ask {
                from: row.from_ms,
                to: row.to_ms,
                models: serde_json::from_str(&row.models).map_err(bad)?,
            },
            state: state.ok_or_else(|| bad(row.state))?,
            next: EventKey {
                at: row.next_ms,
                id: row.next_id,
            },
            effect: Effect {
                requests: row.changed,
                changed: row.changed,
                old: row.old_nanos,
                new: row.new_nanos,
                old_unpriced: row.old_unpriced,
                new_unpriced: row.new_unpriced,
            },
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "reads well in map_err")]
fn bad(what: impl ToString) -> StoreError {
    StoreError::BadValue(format!("pricing anew: {}", what.to_string()))
}
