//! One event with everything known about it, for its own page. Lists never
//! read the detail table.

use diesel::prelude::*;

use super::error::Result;
use super::events::{StoredEvent, unpack_request_id};
use super::headers;
use super::names::{Dictionary, Kind, Names};
use super::requests::{Detail, Row};
use super::schema::{event, event_detail};
use crate::domain::event::{Account, ClientKey, Event, EventId, EventKey};
use crate::domain::units::{At, Ms};

/// Attempts of one request start within this of each other.
const ATTEMPTS_WITHIN: Ms = Ms::DAY;
const ATTEMPTS_SHOWN: i64 = 50;

type DetailColumns = (Option<String>, Option<String>, Option<Vec<u8>>);

/// `None` when there is no such event.
pub fn load(c: &mut SqliteConnection, names: &Names, key: EventKey) -> Result<Option<Detail>> {
    let Some(row) = row(c, key)? else {
        return Ok(None);
    };
    let columns: Option<DetailColumns> = event_detail::table
        .find((key.at, key.id))
        .select((
            event_detail::request_id,
            event_detail::failure,
            event_detail::headers,
        ))
        .get_result(c)
        .optional()?;
    let (request_id, failure, header_bytes) = columns.unwrap_or_default();
    let attempts = attempts(c, &row, request_id.as_deref())?;
    let terms = match row.price_rule {
        Some(rule) => super::prices::terms(c, rule)?,
        None => None,
    };

    let names = names.read();
    let text = request_id.unwrap_or_default();
    let mut event = event(&names, &row, &text);
    event.failure = failure.unwrap_or_default();
    event.headers = headers::decode(&names, &header_bytes.unwrap_or_default())?;
    let attempts = attempts.iter().map(|row| list_row(&names, row, &text));
    Ok(Some(Detail {
        event,
        cost: row.cost_nanos,
        terms,
        attempts: attempts.collect(),
    }))
}

/// What the upstream said when these events failed, in their order; empty
/// where it said nothing.
pub fn failures(c: &mut SqliteConnection, keys: &[EventKey]) -> Result<Vec<String>> {
    keys.iter()
        .map(|key| {
            let said = event_detail::table
                .find((key.at, key.id))
                .select(event_detail::failure)
                .get_result::<Option<String>>(c)
                .optional()?;
            Ok(said.flatten().unwrap_or_default())
        })
        .collect()
}

fn row(c: &mut SqliteConnection, key: EventKey) -> Result<Option<StoredEvent>> {
    Ok(event::table
        .find((key.at, key.id))
        .select(StoredEvent::as_select())
        .get_result(c)
        .optional()?)
}

/// The other attempts of the same request, oldest first.
fn attempts(
    c: &mut SqliteConnection,
    of: &StoredEvent,
    text: Option<&str>,
) -> Result<Vec<StoredEvent>> {
    let (from, to) = (of.at_ms - ATTEMPTS_WITHIN, of.at_ms + ATTEMPTS_WITHIN);
    let near = event::table
        .filter(event::at_ms.between(from, to))
        .filter(event::at_ms.ne(of.at_ms).or(event::id.ne(of.id)))
        .order((event::at_ms.asc(), event::id.asc()))
        .limit(ATTEMPTS_SHOWN)
        .select(StoredEvent::as_select());
    if let Some(packed) = of.request_id {
        return Ok(near.filter(event::request_id.eq(packed)).load(c)?);
    }
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let keys: Vec<(At, EventId)> = event_detail::table
        .filter(event_detail::at_ms.between(from, to))
        .filter(event_detail::request_id.eq(text))
        .order((event_detail::at_ms.asc(), event_detail::id.asc()))
        .limit(ATTEMPTS_SHOWN + 1)
        .select((event_detail::at_ms, event_detail::id))
        .load(c)?;
    let mut rows = Vec::new();
    for (at, id) in keys
        .into_iter()
        .filter(|(at, id)| (*at, *id) != (of.at_ms, of.id))
    {
        rows.extend(row(c, EventKey { at, id })?);
    }
    Ok(rows)
}

/// The request id as the gateway wrote it: `text` when it was stored as text.
fn request_id(row: &StoredEvent, text: &str) -> String {
    row.request_id
        .map_or_else(|| text.to_owned(), unpack_request_id)
}

fn account(names: &Dictionary, row: &StoredEvent) -> Account {
    Account {
        identity: names.value(Kind::Account, row.account).to_owned(),
        label: names.title(Kind::Account, row.account).to_owned(),
        auth_type: names.value(Kind::AuthType, row.auth_type).to_owned(),
    }
}

fn client_key(names: &Dictionary, row: &StoredEvent) -> ClientKey {
    let hash = names.value(Kind::ClientKey, row.client_key);
    let alias = names.key_alias(hash);
    ClientKey {
        hash: hash.to_owned(),
        mask: names.label(Kind::ClientKey, row.client_key).to_owned(),
        alias: alias.unwrap_or_default().to_owned(),
    }
}

/// What a list shows of an event. `text` is its request id if that is not in
/// the row.
#[must_use]
pub fn list_row(names: &Dictionary, row: &StoredEvent, text: &str) -> Row {
    let name = |kind, id| names.value(kind, id).to_owned();
    Row {
        key: row.key(),
        request_id: request_id(row, text),
        provider: name(Kind::Provider, row.provider),
        model: name(Kind::Model, row.model),
        alias: name(Kind::Alias, row.alias),
        account: account(names, row),
        client_key: client_key(names, row),
        endpoint: name(Kind::Endpoint, row.endpoint),
        effort: name(Kind::Effort, row.effort),
        tier: name(Kind::Tier, row.tier),
        served_tier: name(Kind::Tier, row.served_tier),
        failed: row.flags.failed(),
        status: row.status,
        latency: row.latency_ms,
        ttft: row.ttft_ms,
        tokens: row.tokens(),
        cost: row.cost_nanos,
    }
}

/// The event without failure text and headers.
fn event(names: &Dictionary, row: &StoredEvent, text: &str) -> Event {
    let name = |kind, id| names.value(kind, id).to_owned();
    Event {
        key: row.key(),
        request_id: request_id(row, text),
        provider: name(Kind::Provider, row.provider),
        executor: name(Kind::Executor, row.executor),
        model: name(Kind::Model, row.model),
        alias: name(Kind::Alias, row.alias),
        account: account(names, row),
        client_key: client_key(names, row),
        endpoint: name(Kind::Endpoint, row.endpoint),
        effort: name(Kind::Effort, row.effort),
        tier: name(Kind::Tier, row.tier),
        served_tier: name(Kind::Tier, row.served_tier),
        client_ip: name(Kind::ClientIp, row.client_ip),
        forwarded_for: name(Kind::Forwarded, row.forwarded),
        user_agent: name(Kind::Agent, row.agent),
        failed: row.flags.failed(),
        status: row.status,
        generate: row.flags.generate(),
        latency: row.latency_ms,
        ttft: row.ttft_ms,
        tokens: row.tokens(),
        failure: String::new(),
        headers: Vec::new(),
    }
}
