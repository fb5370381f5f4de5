//! One record of the spool as bytes: a header in clear (nothing in it is
//! secret), then the items sealed with AES-256-GCM. The header is bound to the
//! seal, and a checksum over both tells a torn record from a wrong key.

use std::io;

use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::domain::collection::Transport;
use crate::domain::units::At;

/// What one answer of the gateway brought, or a part of a large one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Random, never repeats: the store remembers it when it is committed.
    pub id: i64,
    pub taken_at: At,
    pub transport: Transport,
    pub items: Vec<Vec<u8>>,
}

impl Record {
    #[must_use]
    pub fn new(taken_at: At, transport: Transport, items: Vec<Vec<u8>>) -> Self {
        let mut id = [0; 8];
        fill(&mut id);
        Self {
            id: i64::from_le_bytes(id),
            taken_at,
            transport,
            items,
        }
    }
}

pub(super) const HEADER_LEN: usize = 46;
pub(super) const HEADER_BYTES: u64 = 46;
const MAGIC: [u8; 4] = *b"CPS1";
/// A header that claims more was not written by us.
const MAX_SEALED: u32 = 128 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) sealed_bytes: u32,
    checksum: u32,
    id: i64,
    pub(super) taken_at: At,
    pub(super) items: u32,
    transport: Transport,
    nonce: [u8; NONCE_LEN],
}

/// Why a record gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The bytes are not those that were written.
    Damaged,
    /// The bytes are good, the key is not.
    OtherKey,
}

impl Header {
    /// `None` when these bytes do not start a record.
    pub(super) fn decode(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let magic: [u8; 4] = take(&mut rest)?;
        let header = Self {
            sealed_bytes: u32::from_le_bytes(take(&mut rest)?),
            checksum: u32::from_le_bytes(take(&mut rest)?),
            id: i64::from_le_bytes(take(&mut rest)?),
            taken_at: At(i64::from_le_bytes(take(&mut rest)?)),
            items: u32::from_le_bytes(take(&mut rest)?),
            transport: match take(&mut rest)? {
                [1, 0] => Transport::Resp,
                [2, 0] => Transport::Subscribe,
                [3, 0] => Transport::Http,
                _ => return None,
            },
            nonce: take(&mut rest)?,
        };
        (magic == MAGIC && header.sealed_bytes <= MAX_SEALED).then_some(header)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend(MAGIC);
        bytes.extend(self.sealed_bytes.to_le_bytes());
        bytes.extend(self.checksum.to_le_bytes());
        bytes.extend(self.bound());
        bytes.extend(self.nonce);
        bytes
    }

    /// The part that the seal vouches for.
    fn bound(&self) -> Vec<u8> {
        let transport: [u8; 2] = match self.transport {
            Transport::Resp => [1, 0],
            Transport::Subscribe => [2, 0],
            Transport::Http => [3, 0],
        };
        let mut bytes = Vec::new();
        bytes.extend(self.id.to_le_bytes());
        bytes.extend(self.taken_at.0.to_le_bytes());
        bytes.extend(self.items.to_le_bytes());
        bytes.extend(transport);
        bytes
    }

    fn checksum_of(&self, sealed: &[u8]) -> u32 {
        let mut sum = flate2::Crc::new();
        sum.update(&self.bound());
        sum.update(&self.nonce);
        sum.update(sealed);
        sum.sum()
    }
}

/// Appends the record's bytes to `out`.
pub(super) fn seal(key: &LessSafeKey, record: &Record, out: &mut Vec<u8>) -> io::Result<Header> {
    let too_large = |_| io::Error::other("a spool record is too large");
    let mut sealed = Vec::new();
    for item in &record.items {
        sealed.extend(u32::try_from(item.len()).map_err(too_large)?.to_le_bytes());
        sealed.extend_from_slice(item);
    }
    let mut header = Header {
        sealed_bytes: 0,
        checksum: 0,
        id: record.id,
        taken_at: record.taken_at,
        items: u32::try_from(record.items.len()).map_err(too_large)?,
        transport: record.transport,
        nonce: [0; NONCE_LEN],
    };
    fill(&mut header.nonce);
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(header.nonce),
        Aad::from(header.bound()),
        &mut sealed,
    )
    .map_err(|_| io::Error::other("a spool record cannot be sealed"))?;
    header.sealed_bytes = u32::try_from(sealed.len()).map_err(too_large)?;
    if header.sealed_bytes > MAX_SEALED {
        return Err(io::Error::other("a spool record is too large"));
    }
    header.checksum = header.checksum_of(&sealed);
    out.extend(header.encode());
    out.extend(sealed);
    Ok(header)
}

pub(super) fn open(
    key: &LessSafeKey,
    header: &Header,
    mut sealed: Vec<u8>,
) -> Result<Record, Unreadable> {
    if header.checksum != header.checksum_of(&sealed) {
        return Err(Unreadable::Damaged);
    }
    let nonce = Nonce::assume_unique_for_key(header.nonce);
    let plain = key
        .open_in_place(nonce, Aad::from(header.bound()), &mut sealed)
        .map_err(|_| Unreadable::OtherKey)?;
    let mut rest = &*plain;
    let mut items = Vec::new();
    for _ in 0..header.items {
        let size = take(&mut rest).map(u32::from_le_bytes);
        let size = size.and_then(|size| usize::try_from(size).ok());
        let (item, tail) = size
            .and_then(|size| rest.split_at_checked(size))
            .ok_or(Unreadable::Damaged)?;
        items.push(item.to_vec());
        rest = tail;
    }
    Ok(Record {
        id: header.id,
        taken_at: header.taken_at,
        transport: header.transport,
        items,
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}

fn fill(bytes: &mut [u8]) {
    SystemRandom::new()
        .fill(bytes)
        .expect("the system has random numbers");
}
