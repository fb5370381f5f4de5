//! Reading events column by column, pricing them, and writing what is different.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use diesel::prelude::*;

use super::book::AtWork;
use super::{Ask, Effect, Job, State, Step, cells, latest, set_state, since, undo};
use crate::domain::event::EventKey;
use crate::domain::pricing::{PriceBook, Terms, Usage, input_of, without_terms};
use crate::domain::tokens::{Quality, Tokens};
use crate::domain::units::NanoUsd;
use crate::store::error::Result;
use crate::store::events::StoredEvent;
use crate::store::names::{Dictionary, Kind, Names};
use crate::store::prices::pricer;
use crate::store::scan::columns::{Column, UNKNOWN};
use crate::store::scan::keys::{self, KeyRange};
use crate::store::scan::picked::Picked;
use crate::store::scan::{self, Chunk, Order, Rows as _};
use crate::store::schema::{event, reprice};

/// Events changed in one transaction: a few hundredths of a second.
const CHANGED: usize = 4_096;
/// Events looked at in one transaction.
const SEEN: usize = 262_144;

pub(super) fn effect(
    c: &mut SqliteConnection,
    names: &Names,
    book: &PriceBook,
    ask: &Ask,
) -> Result<Effect> {
    let mut effect = Effect::default();
    let predicate = ask.predicate(names);
    let mut rates = Rates::new(names, book);
    let range = KeyRange::between(ask.from, ask.to);
    scan::walk(c, range, Order::OldestFirst, &predicate, |chunk, picked| {
        for row in rates.price(chunk, &picked)? {
            effect.count(row.old, row.new);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(effect)
}

impl Effect {
    fn count(&mut self, old: Option<NanoUsd>, new: Option<NanoUsd>) {
        self.requests += 1;
        self.changed += i64::from(old != new);
        self.old = self.old + old.unwrap_or_default();
        self.new = self.new + new.unwrap_or_default();
        self.old_unpriced += i64::from(old.is_none());
        self.new_unpriced += i64::from(new.is_none());
    }
}

/// An event that is to have another cost.
struct Different {
    key: EventKey,
    new: Option<NanoUsd>,
    terms: Option<Arc<Terms>>,
}

pub(super) fn step(c: &mut SqliteConnection, names: &Names, at_work: &mut AtWork) -> Result<Step> {
    let job = latest(c)?;
    if let Some(job) = &job
        && job.state == State::Running
    {
        return forward(c, names, at_work, job);
    }
    at_work.forget();
    match job {
        Some(job) if job.state == State::Undoing => undo::step(c, &job),
        _ => Ok(Step::Idle),
    }
}

fn forward(
    c: &mut SqliteConnection,
    names: &Names,
    at_work: &mut AtWork,
    job: &Job,
) -> Result<Step> {
    let Some(book) = at_work.of(c, job.id)? else {
        // By which prices it was to go on is not known.
        set_state(c, job.id, State::Stopped)?;
        return Ok(Step::Worked(0));
    };
    let predicate = job.ask.predicate(names);
    let mut rates = Rates::new(names, book);
    let end = KeyRange::between(job.ask.from, job.ask.to).to;
    let range = KeyRange {
        from: job.next,
        to: end,
    };
    let stored_since = since::from(c, job.next)?;
    let (mut different, mut seen, mut next) = (Vec::new(), 0, end);
    scan::walk(c, range, Order::OldestFirst, &predicate, |chunk, picked| {
        seen += picked.len();
        let rows = rates.price(chunk, &picked)?;
        let (places, rows): (Vec<_>, Vec<_>) = picked
            .rows()
            .zip(rows)
            .filter(|(_, row)| row.old != row.new)
            .unzip();
        let keys = chunk.keys(&Picked::Some(places))?;
        for (row, key) in rows.into_iter().zip(keys) {
            if stored_since.contains(&key) {
                continue;
            }
            if different.len() == CHANGED {
                next = key;
                return Ok(ControlFlow::Break(()));
            }
            different.push(Different {
                key,
                new: row.new,
                terms: row.terms,
            });
        }
        if seen >= SEEN {
            let last = chunk.keys(&picked)?.pop();
            next = last.map_or(end, keys::after);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let changed = write(c, &different)?;
    undo::remember(c, job.id, &changed)?;
    note(c, job, next, &changed)?;
    if next == end {
        set_state(c, job.id, State::Done)?;
    }
    Ok(Step::Worked(changed.len()))
}

/// An event as it was, and its new cost.
pub(super) struct Changed {
    pub(super) before: StoredEvent,
    pub(super) new: Option<NanoUsd>,
}

/// Writes costs and rules to the events, costs to all that is derived.
fn write(c: &mut SqliteConnection, different: &[Different]) -> Result<Vec<Changed>> {
    let mut changed = Vec::with_capacity(different.len());
    let mut rules: HashMap<*const Terms, i32> = HashMap::new();
    for row in different {
        let rule = match &row.terms {
            Some(terms) => Some(rule_of(c, &mut rules, terms)?),
            None => None,
        };
        changed.push(set(c, row.key, row.new, rule)?);
    }
    cells::bring(c, &changed)?;
    Ok(changed)
}

fn rule_of(
    c: &mut SqliteConnection,
    rules: &mut HashMap<*const Terms, i32>,
    terms: &Arc<Terms>,
) -> Result<i32> {
    if let Some(rule) = rules.get(&Arc::as_ptr(terms)) {
        return Ok(*rule);
    }
    let rule = pricer::id_of(c, terms)?;
    rules.insert(Arc::as_ptr(terms), rule);
    Ok(rule)
}

/// Sets cost and rule of one event.
pub(super) fn set(
    c: &mut SqliteConnection,
    key: EventKey,
    cost: Option<NanoUsd>,
    rule: Option<i32>,
) -> Result<Changed> {
    let row = event::table.find((key.at, key.id));
    let before = row.select(StoredEvent::as_select()).get_result(c)?;
    diesel::update(row)
        .set((event::cost_nanos.eq(cost), event::price_rule.eq(rule)))
        .execute(c)?;
    Ok(Changed { before, new: cost })
}

fn note(c: &mut SqliteConnection, job: &Job, next: EventKey, changed: &[Changed]) -> Result<()> {
    let mut effect = job.effect;
    for row in changed {
        effect.count(row.before.cost_nanos, row.new);
    }
    diesel::update(reprice::table.find(job.id))
        .set((
            reprice::next_ms.eq(next.at),
            reprice::next_id.eq(next.id),
            reprice::changed.eq(effect.changed),
            reprice::old_nanos.eq(effect.old),
            reprice::new_nanos.eq(effect.new),
            reprice::old_unpriced.eq(effect.old_unpriced),
            reprice::new_unpriced.eq(effect.new_unpriced),
        ))
        .execute(c)?;
    Ok(())
}

/// One picked row, priced.
struct Priced {
    old: Option<NanoUsd>,
    new: Option<NanoUsd>,
    terms: Option<Arc<Terms>>,
}

/// Terms by the ids of what they depend on: provider, model, alias, account,
/// tier, step of the input's length.
type Kinds = HashMap<(i64, i64, i64, i64, i64, usize), Option<Arc<Terms>>>;

struct Rates<'a> {
    names: &'a Names,
    book: &'a PriceBook,
    known: Kinds,
}

impl<'a> Rates<'a> {
    fn new(names: &'a Names, book: &'a PriceBook) -> Self {
        Self {
            names,
            book,
            known: HashMap::new(),
        }
    }

    /// Prices the picked rows by the columns that pricing looks at.
    fn price(&mut self, chunk: &mut Chunk<'_>, picked: &Picked) -> Result<Vec<Priced>> {
        let mut columns: [Vec<i64>; 13] = Default::default();
        for (column, values) in PRICED.into_iter().zip(&mut columns) {
            chunk.read(column, picked, values)?;
        }
        let dictionary = self.names.read();
        let mut rows = Vec::with_capacity(picked.len());
        for place in 0..picked.len() {
            let values = columns
                .each_ref()
                .map(|values| values.get(place).copied().unwrap_or(UNKNOWN));
            rows.push(price(self.book, &mut self.known, &dictionary, values));
        }
        Ok(rows)
    }
}

const PRICED: [Column; 13] = [
    Column::Provider,
    Column::Model,
    Column::Alias,
    Column::Account,
    Column::Tier,
    Column::Failed,
    Column::Uncached,
    Column::CacheRead,
    Column::CacheWrite,
    Column::Output,
    Column::Reasoning,
    Column::Unclassified,
    Column::Cost,
];

/// `values` in the order of [`PRICED`].
fn price(
    book: &PriceBook,
    known: &mut Kinds,
    dictionary: &Dictionary,
    values: [i64; 13],
) -> Priced {
    let [provider, model, alias, account, tier, failed, counts @ ..] = values;
    let [
        uncached,
        cache_read,
        cache_write,
        output,
        reasoning,
        unclassified,
        cost,
    ] = counts;
    let maybe = |value: i64| (value != UNKNOWN).then_some(value);
    let tokens = Tokens {
        uncached: maybe(uncached),
        cache_read: maybe(cache_read),
        cache_write: maybe(cache_write),
        output: maybe(output),
        reasoning: maybe(reasoning),
        unclassified: maybe(unclassified).unwrap_or_default(),
        quality: Quality::Complete,
    };
    let name = |kind, id| dictionary.value(kind, i32::try_from(id).unwrap_or_default());
    let usage = Usage {
        model: name(Kind::Model, model),
        alias: name(Kind::Alias, alias),
        provider: name(Kind::Provider, provider),
        account: name(Kind::Account, account),
        // The served one if there was one: it is the one that counts.
        tier: name(Kind::Tier, tier),
        served_tier: "",
        failed: failed != 0,
        tokens: &tokens,
    };
    let step = book.step(input_of(&tokens));
    let terms = known
        .entry((provider, model, alias, account, tier, step))
        .or_insert_with(|| book.terms(&usage).map(Arc::new))
        .clone();
    let new = match &terms {
        Some(terms) => terms.amount(&tokens, usage.failed),
        None => without_terms(&usage),
    };
    Priced {
        old: maybe(cost).map(NanoUsd),
        new,
        terms,
    }
}
