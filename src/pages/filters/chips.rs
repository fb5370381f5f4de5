//! The chips above a list: each says one condition that holds and leads to the
//! same view without it.

use super::{Choices, DIMENSIONS, Form, list, shown};
use crate::domain::filter::{Cache, Cost, Outcome, Selection, WeekHours};
use crate::i18n::plain;
use crate::store::requests::Dimension;
use crate::web::ctx::Ctx;

/// One condition, and the same view without it.
#[derive(Clone, Debug)]
pub struct Chip {
    pub label: String,
    pub values: Vec<String>,
    pub or: &'static str,
    pub href: String,
}

#[must_use]
pub fn chips(form: &Form<'_>, choices: &Choices, ctx: &Ctx) -> Vec<Chip> {
    let view = form.view;
    let t = ctx.t.requests;
    let mut chips = Vec::new();
    let mut chip = |label: String, values: Vec<String>, without: &dyn Fn(&mut Selection)| {
        chips.push(Chip {
            label,
            values,
            or: t.or,
            href: (form.link)(&view.narrowed(without)),
        });
    };
    let only = &view.only;
    for (i, dimension) in DIMENSIONS.into_iter().enumerate() {
        let (_, label, chosen) = list(dimension, only, ctx);
        if chosen.is_empty() {
            continue;
        }
        let offered = choices.get(i).map(Vec::as_slice).unwrap_or_default();
        let values = chosen
            .iter()
            .map(|value| shown(dimension, value, offered, ctx))
            .collect();
        chip((t.is)(label), values, &move |only| match dimension {
            Dimension::Provider => only.providers.clear(),
            Dimension::Model => only.models.clear(),
            Dimension::Alias => only.aliases.clear(),
            Dimension::Account => only.accounts.clear(),
            Dimension::Key => only.keys.clear(),
            Dimension::Endpoint => only.endpoints.clear(),
            Dimension::Tier | Dimension::Status => only.tiers.clear(),
        });
    }
    if let Some(outcome) = only.outcome {
        let word = match outcome {
            Outcome::Ok => t.ok,
            Outcome::Failed => t.failed,
        };
        chip((t.is)(t.status), vec![word.into()], &|only| {
            only.outcome = None;
        });
    }
    if !only.http.is_empty() {
        let codes = only.http.iter().map(i32::to_string).collect();
        chip((t.is)(t.http), codes, &|only| only.http.clear());
    }
    if let Some(least) = only.min_latency {
        let span = ctx.lang.span(least);
        chip(t.at_least.into(), vec![span], &|only| {
            only.min_latency = None;
        });
    }
    if let Some(most) = only.max_latency {
        let span = ctx.lang.span(most);
        chip(t.at_most.into(), vec![span], &|only| {
            only.max_latency = None;
        });
    }
    if let Some(cache) = only.cache {
        chip((t.is)(t.cache), vec![cache_word(cache, ctx)], &|only| {
            only.cache = None;
        });
    }
    if let Some(cost) = only.cost {
        chip((t.is)(t.cost), vec![cost_word(cost, ctx)], &|only| {
            only.cost = None;
        });
    }
    if let Some(hours) = only.hours {
        let zone = hours.zone;
        let days: Vec<u32> = hours.weekdays().collect();
        let clock: Vec<u32> = hours.hours_of_day().collect();
        if !days.is_empty() {
            let names = days.iter().map(|day| ctx.lang.short_weekday(*day));
            let names = names.map(str::to_owned).collect();
            chip((t.is)(t.weekday), names, &|only| {
                only.hours = WeekHours::new(zone, [], hours.hours_of_day());
            });
        }
        if !clock.is_empty() {
            chip((t.is)(t.hours), spans(&clock), &|only| {
                only.hours = WeekHours::new(zone, hours.weekdays(), []);
            });
        }
    }
    if let Some(id) = &only.request_id {
        let id = plain(id).into_owned();
        chip((t.is)(t.trace), vec![id], &|only| {
            only.request_id = None;
        });
    }
    if let Some(text) = &only.search {
        let text = plain(text).into_owned();
        chip(t.contains.into(), vec![text], &|only| {
            only.search = None;
        });
    }
    chips
}

fn cache_word(cache: Cache, ctx: &Ctx) -> String {
    match cache {
        Cache::Hit => ctx.t.requests.cache_hit.to_owned(),
        Cache::Miss => ctx.t.requests.cache_miss.to_owned(),
    }
}

fn cost_word(cost: Cost, ctx: &Ctx) -> String {
    let t = ctx.t.requests;
    let word = match cost {
        Cost::Known => t.cost_known,
        Cost::None => t.cost_none,
        Cost::NoPrice => t.cost_no_price,
        Cost::NoCount => t.cost_no_count,
    };
    word.to_owned()
}

/// Hours in a row as one span: `08:00–18:00`.
fn spans(hours: &[u32]) -> Vec<String> {
    let runs = hours.chunk_by(|a, b| a + 1 == *b);
    runs.filter_map(|run| Some((run.first()?, run.last()?)))
        .map(|(first, last)| format!("{first:02}:00–{:02}:00", last + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_in_a_row_are_one_span() {
        assert_eq!(spans(&[8, 9, 10, 22]), ["08:00–11:00", "22:00–23:00"]);
        assert_eq!(spans(&[23]), ["23:00–24:00"]);
        assert_eq!(spans(&[]), Vec::<String>::new());
    }
}
