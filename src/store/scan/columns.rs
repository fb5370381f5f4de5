//! Columns of a segment: whole numbers in fixed width, so that a scan reads
//! only what it asks for and finds row `n` without decoding the rows before.
//! A number is stored as its distance from the smallest one, in as few bytes as
//! the largest distance needs; in a column with unknown values 0 means unknown.
//!
//! Stored form: version, width 0–8, whether values can be unknown, base (8
//! bytes), then the rows, little-endian. Width 0: every row is the base.

use crate::domain::varint::Corrupt;
use crate::store::events::{Flags, StoredEvent};
use crate::store::scan::picked::Picked;

/// What a segment keeps of an event. The code is stored: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) enum Column {
    At,
    Id,
    RequestId,
    Provider,
    Model,
    Alias,
    Account,
    ClientKey,
    Endpoint,
    /// The tier that was served, or the one asked for when none was reported.
    Tier,
    Status,
    Failed,
    Latency,
    Ttft,
    Uncached,
    CacheRead,
    CacheWrite,
    Output,
    Reasoning,
    Unclassified,
    Cost,
    /// All input, cached or not.
    Input,
    /// All output, reasoning included.
    Generated,
    /// Thousandths of a token a second.
    Speed,
    AuthType,
    Effort,
    AskedTier,
    ServedTier,
    Flags,
}

impl Column {
    pub(in crate::store) const ALL: [Self; 29] = [
        Self::At,
        Self::Id,
        Self::RequestId,
        Self::Provider,
        Self::Model,
        Self::Alias,
        Self::Account,
        Self::ClientKey,
        Self::Endpoint,
        Self::Tier,
        Self::Status,
        Self::Failed,
        Self::Latency,
        Self::Ttft,
        Self::Uncached,
        Self::CacheRead,
        Self::CacheWrite,
        Self::Output,
        Self::Reasoning,
        Self::Unclassified,
        Self::Cost,
        Self::Input,
        Self::Generated,
        Self::Speed,
        Self::AuthType,
        Self::Effort,
        Self::AskedTier,
        Self::ServedTier,
        Self::Flags,
    ];

    /// The number under which the database knows this column.
    pub(in crate::store) fn code(self) -> i32 {
        match self {
            Self::At => 1,
            Self::Id => 2,
            Self::RequestId => 3,
            Self::Provider => 4,
            Self::Model => 5,
            Self::Alias => 6,
            Self::Account => 7,
            Self::ClientKey => 8,
            Self::Endpoint => 9,
            Self::Tier => 10,
            Self::Status => 11,
            Self::Failed => 12,
            Self::Latency => 13,
            Self::Ttft => 14,
            Self::Uncached => 15,
            Self::CacheRead => 16,
            Self::CacheWrite => 17,
            Self::Output => 18,
            Self::Reasoning => 19,
            Self::Unclassified => 20,
            Self::Cost => 21,
            Self::Input => 22,
            Self::Generated => 23,
            Self::Speed => 24,
            Self::AuthType => 25,
            Self::Effort => 26,
            Self::AskedTier => 27,
            Self::ServedTier => 28,
            Self::Flags => 29,
        }
    }

    /// The value of an event in this column; `None` = unknown.
    pub(in crate::store) fn of(self, event: &StoredEvent) -> Option<i64> {
        match self {
            Self::At => Some(event.at_ms.0),
            Self::Id => Some(event.id.0),
            Self::RequestId => event.request_id.map(i64::from),
            Self::Provider => Some(event.provider.into()),
            Self::Model => Some(event.model.into()),
            Self::Alias => Some(event.alias.into()),
            Self::Account => Some(event.account.into()),
            Self::ClientKey => Some(event.client_key.into()),
            Self::Endpoint => Some(event.endpoint.into()),
            Self::Tier if event.served_tier != 0 => Some(event.served_tier.into()),
            Self::Tier | Self::AskedTier => Some(event.tier.into()),
            Self::Status => Some(event.status.into()),
            Self::Failed => Some((event.flags.0 & Flags::FAILED).into()),
            Self::Latency => event.latency_ms.map(|ms| ms.0),
            Self::Ttft => event.ttft_ms.map(|ms| ms.0),
            Self::Uncached => event.uncached,
            Self::CacheRead => event.cache_read,
            Self::CacheWrite => event.cache_write,
            Self::Output => event.output,
            Self::Reasoning => event.reasoning,
            Self::Unclassified => Some(event.unclassified),
            Self::Cost => event.cost_nanos.map(|cost| cost.0),
            Self::Input => event.tokens().input(),
            Self::Generated => event.tokens().generated(),
            Self::Speed => event.tokens().speed_milli(event.latency_ms),
            Self::AuthType => Some(event.auth_type.into()),
            Self::Effort => Some(event.effort.into()),
            Self::ServedTier => Some(event.served_tier.into()),
            Self::Flags => Some(event.flags.0.into()),
        }
    }
}

impl Column {
    /// What a decoded number of this column says.
    pub(in crate::store) fn known(self, value: i64) -> Option<i64> {
        (value != UNKNOWN || self == Self::Id).then_some(value)
    }
}

/// Unknown, in a decoded column. No stored number is this small but an event
/// id, and ids are never unknown.
pub(in crate::store) const UNKNOWN: i64 = i64::MIN;

const VERSION: u8 = 1;
const HEADER: usize = 11;

/// One column of one segment as it is stored.
#[derive(Clone, Debug)]
pub(in crate::store) struct Packed {
    width: u8,
    nullable: bool,
    base: i64,
    /// Header included.
    bytes: Vec<u8>,
}

impl Packed {
    /// The stored form of a column.
    pub(in crate::store) fn pack(values: &[Option<i64>]) -> Vec<u8> {
        let known = || values.iter().copied().flatten();
        let nullable = values.contains(&None);
        let base = known()
            .min()
            .unwrap_or_default()
            .wrapping_sub(nullable.into());
        let distance = |value: i64| value.wrapping_sub(base).cast_unsigned();
        let largest = known().map(distance).max().unwrap_or_default();
        let width = (8 - largest.leading_zeros() / 8).min(8);
        let width = usize::try_from(width).unwrap_or(8);

        let mut bytes = Vec::with_capacity(HEADER + values.len() * width);
        bytes.push(VERSION);
        bytes.push(u8::try_from(width).unwrap_or(8));
        bytes.push(nullable.into());
        bytes.extend(base.to_le_bytes());
        for value in values {
            let stored = value.map_or(0, distance).to_le_bytes();
            bytes.extend(stored.iter().take(width));
        }
        bytes
    }

    pub(in crate::store) fn parse(bytes: Vec<u8>) -> Result<Self, Corrupt> {
        let (header, _) = bytes.split_first_chunk::<HEADER>().ok_or(Corrupt)?;
        let [version, width, nullable, base @ ..] = *header;
        if version != VERSION || width > 8 || nullable > 1 {
            return Err(Corrupt);
        }
        Ok(Self {
            width,
            nullable: nullable == 1,
            base: i64::from_le_bytes(base),
            bytes,
        })
    }

    /// Values of the picked rows, [`UNKNOWN`] where there is none, into `out`.
    pub(in crate::store) fn read(
        &self,
        picked: &Picked,
        out: &mut Vec<i64>,
    ) -> Result<(), Corrupt> {
        out.clear();
        match self.width {
            0 => {
                let only = if self.nullable { UNKNOWN } else { self.base };
                out.resize(picked.len(), only);
                Ok(())
            }
            1 => self.read_wide::<1>(picked, out),
            2 => self.read_wide::<2>(picked, out),
            3 => self.read_wide::<3>(picked, out),
            4 => self.read_wide::<4>(picked, out),
            5 => self.read_wide::<5>(picked, out),
            6 => self.read_wide::<6>(picked, out),
            7 => self.read_wide::<7>(picked, out),
            _ => self.read_wide::<8>(picked, out),
        }
    }

    /// What `test` says of each picked row's value. Of a column with few values
    /// each is tested once.
    pub(in crate::store) fn flags(
        &self,
        picked: &Picked,
        test: impl Fn(i64) -> bool,
    ) -> Result<Vec<bool>, Corrupt> {
        let (1, Picked::All(range)) = (self.width, picked) else {
            let mut values = Vec::new();
            self.read(picked, &mut values)?;
            return Ok(values.into_iter().map(test).collect());
        };
        let rows = self.bytes.get(HEADER..).unwrap_or_default();
        let rows = rows.get(range.clone()).ok_or(Corrupt)?;
        let outcomes: [bool; 256] = std::array::from_fn(|distance| match distance {
            0 if self.nullable => test(UNKNOWN),
            distance => {
                let distance = i64::try_from(distance).unwrap_or_default();
                test(self.base.wrapping_add(distance))
            }
        });
        let outcome = |stored: &u8| outcomes.get(usize::from(*stored)).copied();
        Ok(rows
            .iter()
            .map(|stored| outcome(stored).unwrap_or_default())
            .collect())
    }

    fn read_wide<const WIDTH: usize>(
        &self,
        picked: &Picked,
        out: &mut Vec<i64>,
    ) -> Result<(), Corrupt> {
        let rows = self.bytes.get(HEADER..).unwrap_or_default();
        let (rows, _) = rows.as_chunks::<WIDTH>();
        let value = |stored: &[u8; WIDTH]| {
            let distance = widen(stored);
            if self.nullable && distance == 0 {
                UNKNOWN
            } else {
                self.base.wrapping_add(distance.cast_signed())
            }
        };
        match picked {
            Picked::All(range) => {
                out.extend(rows.get(range.clone()).ok_or(Corrupt)?.iter().map(value));
            }
            Picked::Some(places) => {
                out.reserve(places.len());
                for place in places {
                    out.push(value(rows.get(*place).ok_or(Corrupt)?));
                }
            }
        }
        Ok(())
    }
}

fn widen<const WIDTH: usize>(stored: &[u8; WIDTH]) -> u64 {
    let mut wide = [0; 8];
    for (to, from) in wide.iter_mut().zip(stored) {
        *to = *from;
    }
    u64::from_le_bytes(wide)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(values: &[Option<i64>], picked: &Picked) -> Vec<i64> {
        let column = Packed::parse(Packed::pack(values)).unwrap();
        let mut out = Vec::new();
        column.read(picked, &mut out).unwrap();
        out
    }

    fn values() -> impl Strategy<Value = Vec<Option<i64>>> {
        (0_u32..62, any::<bool>(), any::<u32>()).prop_flat_map(|(bits, nullable, base)| {
            let value = (0..1_i64 << bits).prop_map(move |v| v + i64::from(base));
            let value = if nullable {
                proptest::option::of(value).boxed()
            } else {
                value.prop_map(Some).boxed()
            };
            proptest::collection::vec(value, 0..50)
        })
    }

    proptest! {
        #[test]
        fn values_survive(values in values(), flags in proptest::collection::vec(any::<bool>(), 50)) {
            let expected: Vec<_> = values.iter().map(|v| v.unwrap_or(UNKNOWN)).collect();
            let mut picked = Picked::All(0..values.len());
            prop_assert_eq!(decoded(&values, &picked), expected.clone());

            let odd = |value: i64| value % 2 != 0;
            let column = Packed::parse(Packed::pack(&values)).unwrap();
            let tested: Vec<_> = expected.iter().map(|value| odd(*value)).collect();
            prop_assert_eq!(column.flags(&picked, odd).unwrap(), tested);

            picked.keep(&flags[..values.len()]);
            let kept: Vec<_> = expected.iter().zip(&flags).filter(|(_, f)| **f).map(|(v, _)| *v).collect();
            prop_assert_eq!(decoded(&values, &picked), kept);
        }

        #[test]
        fn ids_of_any_size_survive(ids in proptest::collection::vec(any::<i64>(), 1..20)) {
            let values: Vec<_> = ids.iter().copied().map(Some).collect();
            prop_assert_eq!(decoded(&values, &Picked::All(0..ids.len())), ids);
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(packed) = Packed::parse(bytes) {
                let _ = packed.read(&Picked::All(0..9), &mut Vec::new());
            }
        }
    }

    #[test]
    fn a_constant_column_takes_no_room() {
        assert_eq!(Packed::pack(&[Some(7); 1_000]).len(), HEADER);
        assert_eq!(Packed::pack(&[None; 1_000]).len(), HEADER);
        assert_eq!(decoded(&[None, None], &Picked::All(0..2)), [UNKNOWN; 2]);
    }

    #[test]
    fn columns_have_different_codes() {
        let codes: std::collections::HashSet<_> = Column::ALL.map(Column::code).into();
        assert_eq!(codes.len(), Column::ALL.len());
    }
}
