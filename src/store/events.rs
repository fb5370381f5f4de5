//! The event table: one row of integers an upstream attempt. An event is
//! inserted once; its key decides. Lists, sums and scans are not here.

use diesel::prelude::*;

use super::error::Result;
use super::names::{Interner, Kind};
use super::prices::pricer::Pricer;
use super::schema::{event, event_detail};
use crate::domain::event::{Event, EventId, EventKey};
use crate::domain::tokens::{Quality, Tokens};
use crate::domain::units::{At, Ms, NanoUsd};

/// An event as it is stored. Every text is an id of [`super::names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = event, treat_none_as_default_value = false)]
pub struct StoredEvent {
    pub at_ms: At,
    pub id: EventId,
    /// Eight lower-case hex digits as 32 bits; other shapes are in the detail.
    pub request_id: Option<i32>,
    pub provider: i32,
    pub executor: i32,
    pub model: i32,
    pub alias: i32,
    pub account: i32,
    pub auth_type: i32,
    pub client_key: i32,
    pub endpoint: i32,
    pub effort: i32,
    pub tier: i32,
    pub served_tier: i32,
    pub client_ip: i32,
    pub forwarded: i32,
    pub agent: i32,
    pub status: i32,
    pub flags: Flags,
    pub latency_ms: Option<Ms>,
    pub ttft_ms: Option<Ms>,
    pub uncached: Option<i64>,
    pub cache_read: Option<i64>,
    pub cache_write: Option<i64>,
    pub output: Option<i64>,
    pub reasoning: Option<i64>,
    pub unclassified: i64,
    pub cost_nanos: Option<NanoUsd>,
    pub price_rule: Option<i32>,
}

impl StoredEvent {
    #[must_use]
    pub fn key(&self) -> EventKey {
        EventKey {
            at: self.at_ms,
            id: self.id,
        }
    }

    #[must_use]
    pub fn tokens(&self) -> Tokens {
        Tokens {
            uncached: self.uncached,
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            output: self.output,
            reasoning: self.reasoning,
            unclassified: self.unclassified,
            quality: self.flags.quality(),
        }
    }
}

/// Bit 0: failed. Bit 1: a warm-up call that generates nothing. Bits 2–4:
/// quality of the token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, diesel_derive_newtype::DieselNewType)]
pub struct Flags(pub i32);

impl Flags {
    pub const FAILED: i32 = 1;
    pub const NO_GENERATE: i32 = 2;
    const QUALITY_SHIFT: i32 = 2;
    const QUALITY_MASK: i32 = 0b111;

    #[must_use]
    pub fn new(failed: bool, generate: bool, quality: Quality) -> Self {
        let quality = match quality {
            Quality::Complete => 0,
            Quality::Derived => 1,
            Quality::Partial => 2,
            Quality::Inconsistent => 3,
            Quality::Missing => 4,
        };
        Self(i32::from(failed) | i32::from(!generate) << 1 | quality << Self::QUALITY_SHIFT)
    }

    #[must_use]
    pub fn failed(self) -> bool {
        self.0 & Self::FAILED != 0
    }

    #[must_use]
    pub fn generate(self) -> bool {
        self.0 & Self::NO_GENERATE == 0
    }

    #[must_use]
    pub fn quality(self) -> Quality {
        match self.0 >> Self::QUALITY_SHIFT & Self::QUALITY_MASK {
            0 => Quality::Complete,
            1 => Quality::Derived,
            2 => Quality::Partial,
            3 => Quality::Inconsistent,
            _ => Quality::Missing,
        }
    }
}

/// The stored form of a request id; `None` when it has another shape.
#[must_use]
pub fn pack_request_id(text: &str) -> Option<i32> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() != 8 || !text.bytes().all(hex) {
        return None;
    }
    u32::from_str_radix(text, 16).ok().map(u32::cast_signed)
}

#[must_use]
pub fn unpack_request_id(packed: i32) -> String {
    format!("{packed:08x}")
}

/// What an insert did.
#[derive(Debug, Default)]
pub(super) struct Inserted {
    /// The events that were not there before.
    pub(super) new: Vec<StoredEvent>,
    pub(super) duplicates: usize,
}

/// Inserts what is new; an event that is there already stays as it is.
pub(super) fn insert(
    c: &mut SqliteConnection,
    interner: &mut Interner<'_>,
    pricer: &mut Pricer,
    events: &[Event],
) -> Result<Inserted> {
    let mut inserted = Inserted::default();
    for event in events {
        let mut row = intern(c, interner, event)?;
        (row.cost_nanos, row.price_rule) = pricer.price(c, &event.into())?;
        // Not `insert or ignore`, which would also hide a broken constraint.
        let added = diesel::insert_into(event::table)
            .values(row)
            .on_conflict((event::at_ms, event::id))
            .do_nothing()
            .execute(c)?;
        if added == 0 {
            inserted.duplicates += 1;
            continue;
        }
        insert_detail(c, interner, event)?;
        let (account, key) = (&event.account, &event.client_key);
        interner.relabel(c, Kind::Account, &account.identity, &account.label)?;
        interner.relabel(c, Kind::ClientKey, &key.hash, &key.mask)?;
        inserted.new.push(row);
    }
    Ok(inserted)
}

fn intern(
    c: &mut SqliteConnection,
    interner: &mut Interner<'_>,
    event: &Event,
) -> Result<StoredEvent> {
    let mut id = |kind, value: &str, label: &str| interner.id(c, kind, value, label);
    let tokens = &event.tokens;
    Ok(StoredEvent {
        at_ms: event.key.at,
        id: event.key.id,
        request_id: pack_request_id(&event.request_id),
        provider: id(Kind::Provider, &event.provider, "")?,
        executor: id(Kind::Executor, &event.executor, "")?,
        model: id(Kind::Model, &event.model, "")?,
        alias: id(Kind::Alias, &event.alias, "")?,
        account: id(Kind::Account, &event.account.identity, &event.account.label)?,
        auth_type: id(Kind::AuthType, &event.account.auth_type, "")?,
        client_key: id(
            Kind::ClientKey,
            &event.client_key.hash,
            &event.client_key.mask,
        )?,
        endpoint: id(Kind::Endpoint, &event.endpoint, "")?,
        effort: id(Kind::Effort, &event.effort, "")?,
        tier: id(Kind::Tier, &event.tier, "")?,
        served_tier: id(Kind::Tier, &event.served_tier, "")?,
        client_ip: id(Kind::ClientIp, &event.client_ip, "")?,
        forwarded: id(Kind::Forwarded, &event.forwarded_for, "")?,
        agent: id(Kind::Agent, &event.user_agent, "")?,
        status: event.status,
        flags: Flags::new(event.failed, event.generate, tokens.quality),
        latency_ms: event.latency,
        ttft_ms: event.ttft,
        uncached: tokens.uncached,
        cache_read: tokens.cache_read,
        cache_write: tokens.cache_write,
        output: tokens.output,
        reasoning: tokens.reasoning,
        unclassified: tokens.unclassified,
        cost_nanos: None,
        price_rule: None,
    })
}

fn insert_detail(
    c: &mut SqliteConnection,
    interner: &mut Interner<'_>,
    event: &Event,
) -> Result<()> {
    let request_id = pack_request_id(&event.request_id)
        .is_none()
        .then_some(event.request_id.as_str())
        .filter(|text| !text.is_empty());
    let failure = Some(event.failure.as_str()).filter(|text| !text.is_empty());
    let headers = super::headers::encode(c, interner, &event.headers)?;
    if request_id.is_none() && failure.is_none() && headers.is_none() {
        return Ok(());
    }
    diesel::insert_into(event_detail::table)
        .values((
            event_detail::at_ms.eq(event.key.at),
            event_detail::id.eq(event.key.id),
            event_detail::request_id.eq(request_id),
            event_detail::failure.eq(failure),
            event_detail::headers.eq(headers),
        ))
        .execute(c)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_of_the_usual_shape_are_packed() {
        for id in ["00000000", "66fbaaaf", "ffffffff", "80000000"] {
            assert_eq!(
                pack_request_id(id).map(unpack_request_id),
                Some(id.to_owned())
            );
        }
    }

    #[test]
    fn other_request_ids_stay_text() {
        for id in ["", "66FBAAAF", "66fbaaa", "+6fbaaaf", "req_0123"] {
            assert_eq!(pack_request_id(id), None, "{id}");
        }
    }

    #[test]
    fn flags_keep_what_they_are_given() {
        use Quality::{Complete, Derived, Inconsistent, Missing, Partial};
        for quality in [Complete, Derived, Partial, Inconsistent, Missing] {
            for (failed, generate) in [(false, false), (false, true), (true, false), (true, true)] {
                let flags = Flags::new(failed, generate, quality);
                let kept = (flags.failed(), flags.generate(), flags.quality());
                assert_eq!(kept, (failed, generate, quality));
            }
        }
    }
}
