//! Full rows of known events, as tables and exports show them.

use std::collections::HashMap;

use diesel::prelude::*;

use super::detail::list_row;
use super::error::Result;
use super::events::StoredEvent;
use super::names::Names;
use super::requests::Row;
use super::schema::{event, event_detail};
use crate::domain::event::EventKey;

/// The events of these keys, in this order; a key without event is left out.
pub(in crate::store) fn of_keys(
    c: &mut SqliteConnection,
    names: &Names,
    keys: &[EventKey],
) -> Result<Vec<Row>> {
    let mut events = Vec::with_capacity(keys.len());
    for key in keys {
        let found = event::table
            .find((key.at, key.id))
            .select(StoredEvent::as_select());
        events.extend(found.get_result(c).optional()?);
    }
    of_events(c, names, &events)
}

pub(in crate::store) fn of_events(
    c: &mut SqliteConnection,
    names: &Names,
    events: &[StoredEvent],
) -> Result<Vec<Row>> {
    let texts = request_texts(c, events)?;
    let names = names.read();
    let row = |event: &StoredEvent| {
        let text = texts.get(&event.key()).map_or("", String::as_str);
        list_row(&names, event, text)
    };
    Ok(events.iter().map(row).collect())
}

/// Request ids of unusual shape.
fn request_texts(
    c: &mut SqliteConnection,
    events: &[StoredEvent],
) -> Result<HashMap<EventKey, String>> {
    let mut texts = HashMap::new();
    for event in events.iter().filter(|event| event.request_id.is_none()) {
        let text: Option<Option<String>> = event_detail::table
            .find((event.at_ms, event.id))
            .select(event_detail::request_id)
            .get_result(c)
            .optional()?;
        if let Some(text) = text.flatten() {
            texts.insert(event.key(), text);
        }
    }
    Ok(texts)
}
