//! A selection row by row, oldest first, in chunks: each chunk is one short
//! read, so an export of any length neither pins the log nor fills memory. Rows
//! are put together from columns; texts are lent, never copied.

use std::ops::ControlFlow;

use diesel::prelude::*;

use super::error::Result;
use super::events::{Flags, unpack_request_id};
use super::names::{Dictionary, Kind, Names};
use super::scan::columns::{Column, UNKNOWN};
use super::scan::keys::{self, KeyRange};
use super::scan::picked::Picked;
use super::scan::predicate::Predicate;
use super::scan::{self, Chunk, Order, Rows as _};
use super::schema::event_detail;
use crate::domain::event::{EventId, EventKey};
use crate::domain::filter::Selection;
use crate::domain::tokens::Tokens;
use crate::domain::units::{At, Ms, NanoUsd};

/// One row of an export, for as long as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub key: EventKey,
    /// Empty when the gateway sent none.
    pub request_id: &'a str,
    pub provider: &'a str,
    pub model: &'a str,
    pub alias: &'a str,
    /// What people read; the identity where there is nothing better.
    pub account: &'a str,
    pub account_id: &'a str,
    pub auth_type: &'a str,
    pub key_mask: &'a str,
    pub key_hash: &'a str,
    /// What people call the key; empty when nothing.
    pub key_alias: &'a str,
    pub endpoint: &'a str,
    pub effort: &'a str,
    pub tier: &'a str,
    pub served_tier: &'a str,
    pub failed: bool,
    pub status: i64,
    pub latency: Option<Ms>,
    pub ttft: Option<Ms>,
    pub tokens: Tokens,
    /// `None` = unpriced.
    pub cost: Option<NanoUsd>,
}

/// Shows `write` at most `limit` rows after a key (from the start without one).
/// Gives the key to go on after; `None` when there are no more.
pub fn chunk(
    c: &mut SqliteConnection,
    names: &Names,
    selection: &Selection,
    after: Option<EventKey>,
    limit: usize,
    mut write: impl FnMut(&Line<'_>),
) -> Result<Option<EventKey>> {
    let predicate = Predicate::compile(c, names, selection)?;
    let mut range = KeyRange::between(selection.from, selection.to);
    range.from = after.map_or(range.from, |key| range.from.max(keys::after(key)));
    let (mut left, mut last) = (limit, None);
    let mut columns = Columns::default();
    scan::walk(c, range, Order::OldestFirst, &predicate, |chunk, picked| {
        for piece in picked.slice(0..picked.len().min(left)).pieces() {
            last = columns.read(chunk, &piece, names, &mut write)?.or(last);
        }
        left -= picked.len().min(left);
        Ok(if left > 0 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    Ok(last.filter(|_| left == 0))
}

/// What a row is made of.
const EXPORTED: [Column; 24] = [
    Column::At,
    Column::Id,
    Column::RequestId,
    Column::Provider,
    Column::Model,
    Column::Alias,
    Column::Account,
    Column::AuthType,
    Column::ClientKey,
    Column::Endpoint,
    Column::Effort,
    Column::AskedTier,
    Column::ServedTier,
    Column::Status,
    Column::Flags,
    Column::Latency,
    Column::Ttft,
    Column::Uncached,
    Column::CacheRead,
    Column::CacheWrite,
    Column::Output,
    Column::Reasoning,
    Column::Unclassified,
    Column::Cost,
];

/// In the order of [`EXPORTED`].
#[derive(Default)]
struct Columns([Vec<i64>; EXPORTED.len()]);

impl Columns {
    /// Writes the picked rows; gives the key of the last one.
    fn read(
        &mut self,
        chunk: &mut Chunk<'_>,
        picked: &Picked,
        names: &Names,
        write: &mut impl FnMut(&Line<'_>),
    ) -> Result<Option<EventKey>> {
        for (column, values) in EXPORTED.into_iter().zip(&mut self.0) {
            chunk.read(column, picked, values)?;
        }
        let texts = self.request_texts(chunk.connection())?;
        let mut texts = texts.iter().map(String::as_str);
        // Nothing is read while the names are held.
        let names = names.read();
        let mut last = None;
        for row in 0..picked.len() {
            let values = self
                .0
                .each_ref()
                .map(|values| values.get(row).copied().unwrap_or(UNKNOWN));
            let usual = request_id(values).map(unpack_request_id);
            let request_id = match &usual {
                Some(usual) => usual,
                None => texts.next().unwrap_or_default(),
            };
            let line = line(&names, values, request_id);
            write(&line);
            last = Some(line.key);
        }
        Ok(last)
    }

    /// Of the rows whose request id is no number, in order.
    fn request_texts(&self, c: &mut SqliteConnection) -> Result<Vec<String>> {
        let [at, id, request_id, ..] = &self.0;
        let keys = at.iter().zip(id).zip(request_id);
        let unusual = keys.filter(|(_, request_id)| **request_id == UNKNOWN);
        unusual
            .map(|((at, id), _)| {
                let text: Option<Option<String>> = event_detail::table
                    .find((At(*at), EventId(*id)))
                    .select(event_detail::request_id)
                    .get_result(c)
                    .optional()?;
                Ok(text.flatten().unwrap_or_default())
            })
            .collect()
    }
}

fn request_id([_, _, id, ..]: [i64; EXPORTED.len()]) -> Option<i32> {
    known(id).and_then(|id| i32::try_from(id).ok())
}

fn known(value: i64) -> Option<i64> {
    (value != UNKNOWN).then_some(value)
}

/// `values` in the order of [`EXPORTED`].
fn line<'a>(names: &'a Dictionary, values: [i64; EXPORTED.len()], request_id: &'a str) -> Line<'a> {
    let [
        at,
        id,
        _,
        provider,
        model,
        alias,
        account,
        auth_type,
        rest @ ..,
    ] = values;
    let [
        client_key,
        endpoint,
        effort,
        tier,
        served_tier,
        status,
        flags,
        rest @ ..,
    ] = rest;
    let [latency, ttft, uncached, cache_read, cache_write, rest @ ..] = rest;
    let [output, reasoning, unclassified, cost] = rest;
    let small = |value: i64| i32::try_from(value).unwrap_or_default();
    let name = |kind, id| names.value(kind, small(id));
    let flags = Flags(small(flags));
    let key_hash = name(Kind::ClientKey, client_key);
    Line {
        key: EventKey {
            at: At(at),
            id: EventId(id),
        },
        request_id,
        provider: name(Kind::Provider, provider),
        model: name(Kind::Model, model),
        alias: name(Kind::Alias, alias),
        account: names.label(Kind::Account, small(account)),
        account_id: name(Kind::Account, account),
        auth_type: name(Kind::AuthType, auth_type),
        key_mask: names.label(Kind::ClientKey, small(client_key)),
        key_hash,
        key_alias: names.key_alias(key_hash).unwrap_or_default(),
        endpoint: name(Kind::Endpoint, endpoint),
        effort: name(Kind::Effort, effort),
        tier: name(Kind::Tier, tier),
        served_tier: name(Kind::Tier, served_tier),
        failed: flags.failed(),
        status,
        latency: known(latency).map(Ms),
        ttft: known(ttft).map(Ms),
        tokens: Tokens {
            uncached: known(uncached),
            cache_read: known(cache_read),
            cache_write: known(cache_write),
            output: known(output),
            reasoning: known(reasoning),
            unclassified: known(unclassified).unwrap_or_default(),
            quality: flags.quality(),
        },
        cost: known(cost).map(NanoUsd),
    }
}
