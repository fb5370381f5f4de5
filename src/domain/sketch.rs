//! Quantiles of millions of samples in a few hundred bytes, mergeable in any
//! order. Buckets grow by γ = 2^(1/35) ≈ 1.02, so any quantile is within 1 % of
//! the exact nearest-rank one; values below about fifty are exact. Samples are
//! whole numbers: choose a unit fine enough (ms, thousandths of a token/s).
//!
//! Stored form: version byte, zeros, number of buckets, then for each bucket
//! the distance from the last one and its count, as [`varint`]s; the frequent
//! count 1 costs nothing extra.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::varint::{self, Corrupt};

const VERSION: u8 = 1;
/// Buckets an octave.
const FINENESS: u16 = 35;
/// Leading bits of a value that choose its bucket inside the octave. Values
/// below 2^15 are placed exactly; above, a boundary is off by at most 2^-15.
const MANTISSA_BITS: u32 = 15;

/// A histogram over logarithmic buckets, dense around those in use.
#[derive(Clone, Debug, Default)]
pub struct Sketch {
    zeros: u64,
    /// Bucket number of `counts[0]`.
    low: u16,
    counts: Vec<u32>,
}

impl Sketch {
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.counts
            .iter()
            .fold(self.zeros, |sum, count| sum.saturating_add((*count).into()))
    }

    pub fn add(&mut self, value: u64) {
        self.add_in(Bucket::of(value));
    }

    /// Adds a sample whose bucket is known already.
    #[inline]
    pub fn add_in(&mut self, bucket: Bucket) {
        match bucket {
            Bucket::ZERO => self.zeros += 1,
            Bucket(bucket) => self.add_many(bucket, 1),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        for (bucket, count) in other.buckets() {
            self.add_many(bucket, count);
        }
    }

    /// Forgets samples that were added before.
    pub fn take_away(&mut self, less: &Self) {
        self.zeros = self.zeros.saturating_sub(less.zeros);
        for (bucket, count) in less.buckets() {
            let place = usize::from(bucket.wrapping_sub(self.low));
            if let Some(slot) = self.counts.get_mut(place) {
                *slot = slot.saturating_sub(count);
            }
        }
    }

    /// The nearest-rank quantiles, `0.0 ..= 1.0`; `None` without samples. The
    /// shares ascend.
    #[must_use]
    pub fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [Option<f64>; N] {
        let samples = self.samples();
        if samples == 0 {
            return [None; N];
        }
        // Zeros are the bucket below all others.
        let mut bucket = None;
        let mut rest = self.buckets();
        let mut seen = self.zeros;
        shares.map(|share| {
            let rank = rank(share, samples);
            while seen < rank {
                let (next, count) = rest.next()?;
                bucket = Some(next);
                seen += u64::from(count);
            }
            Some(bucket.map_or(0.0, value_of))
        })
    }

    /// How many samples are certainly smaller and certainly larger than `value`:
    /// those in its own bucket are about the same.
    #[must_use]
    pub fn around(&self, value: u64) -> (u64, u64) {
        let own = Bucket::of(value);
        if own == Bucket::ZERO {
            return (0, self.samples() - self.zeros);
        }
        self.buckets().fold(
            (self.zeros, 0),
            |(less, more), (bucket, count)| match bucket.cmp(&own.0) {
                Ordering::Less => (less + u64::from(count), more),
                Ordering::Equal => (less, more),
                Ordering::Greater => (less, more + u64::from(count)),
            },
        )
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        varint::put(out, self.zeros);
        let used = self.buckets().count();
        varint::put(out, u64::try_from(used).unwrap_or_default());
        let mut last = 0_u16;
        for (bucket, count) in self.buckets() {
            let distance = u64::from(bucket - last) << 1;
            last = bucket;
            if count == 1 {
                varint::put(out, distance);
            } else {
                varint::put(out, distance | 1);
                varint::put(out, count.into());
            }
        }
    }

    /// Adds the sketch at the front of `bytes` to this one and moves past it.
    pub fn merge_encoded(&mut self, bytes: &mut &[u8]) -> Result<(), Corrupt> {
        let (&version, rest) = bytes.split_first().ok_or(Corrupt)?;
        if version != VERSION {
            return Err(Corrupt);
        }
        *bytes = rest;
        self.zeros = self.zeros.saturating_add(varint::take(bytes)?);
        let used = varint::take(bytes)?;
        let mut bucket = 0_u16;
        for _ in 0..used {
            let head = varint::take(bytes)?;
            let distance = u16::try_from(head >> 1).map_err(|_| Corrupt)?;
            bucket = bucket.checked_add(distance).ok_or(Corrupt)?;
            if bucket > LAST_BUCKET {
                return Err(Corrupt);
            }
            let count = if head & 1 == 0 {
                1
            } else {
                u32::try_from(varint::take(bytes)?).map_err(|_| Corrupt)?
            };
            self.add_many(bucket, count);
        }
        Ok(())
    }

    pub fn decode(bytes: &mut &[u8]) -> Result<Self, Corrupt> {
        let mut sketch = Self::default();
        sketch.merge_encoded(bytes)?;
        Ok(sketch)
    }

    /// Buckets in use, ascending.
    fn buckets(&self) -> impl Iterator<Item = (u16, u32)> + '_ {
        (self.low..)
            .zip(self.counts.iter().copied())
            .filter(|(_, count)| *count > 0)
    }

    #[inline]
    fn add_many(&mut self, bucket: u16, count: u32) {
        let place = usize::from(bucket.wrapping_sub(self.low));
        let slot = match self.counts.get_mut(place) {
            Some(slot) => slot,
            None => self.grow(bucket),
        };
        *slot = slot.saturating_add(count);
    }

    /// Makes room for a bucket below or above those in use, and for some more.
    #[cold]
    fn grow(&mut self, bucket: u16) -> &mut u32 {
        let low = bucket - bucket % STEP;
        if self.counts.is_empty() {
            self.low = low;
        } else if low < self.low {
            let missing = usize::from(self.low - low);
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.low = low;
        }
        let end = usize::from(low - self.low + STEP);
        if end > self.counts.len() {
            self.counts.resize(end, 0);
        }
        self.counts
            .get_mut(usize::from(bucket - self.low))
            .expect("the counts were just grown to hold this place")
    }
}

impl PartialEq for Sketch {
    fn eq(&self, other: &Self) -> bool {
        self.zeros == other.zeros && self.buckets().eq(other.buckets())
    }
}

/// Buckets that room is made for at a time.
const STEP: u16 = 32;
const LAST_BUCKET: u16 = 64 * FINENESS - 1;

/// Where a sample is counted. Finding it costs more than counting, so what goes
/// into several sketches is placed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket(u16);

impl Bucket {
    const ZERO: Self = Self(u16::MAX);

    #[must_use]
    pub fn of(value: u64) -> Self {
        let Some(octave) = value.checked_ilog2() else {
            return Self::ZERO;
        };
        let mantissa = if octave <= MANTISSA_BITS {
            value << (MANTISSA_BITS - octave)
        } else {
            value >> (octave - MANTISSA_BITS)
        };
        let place = usize::try_from(mantissa & ((1 << MANTISSA_BITS) - 1)).unwrap_or_default();
        let inside = PLACES.get(place).copied().unwrap_or_default();
        let octave = u16::try_from(octave).unwrap_or_default();
        Self(octave * FINENESS + u16::from(inside))
    }
}

/// What a bucket stands for: its only whole number, or the value with the least
/// relative error to both ends.
fn value_of(bucket: u16) -> f64 {
    let (low, high) = (boundary(bucket), boundary(bucket + 1));
    let first = low.ceil();
    if first + 1.0 >= high {
        return first;
    }
    2.0 * low * high / (low + high)
}

fn boundary(bucket: u16) -> f64 {
    (f64::from(bucket) / f64::from(FINENESS)).exp2()
}

/// Mantissa → place inside the octave, so that adding a sample needs no logarithm.
static PLACES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let steps = 1_u32 << MANTISSA_BITS;
    let mut place = 0_u8;
    (0..steps)
        .map(|step| {
            let mantissa = 1.0 + f64::from(step) / f64::from(steps);
            while mantissa >= boundary(u16::from(place) + 1) {
                place += 1;
            }
            place
        })
        .collect()
});

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is a share of a count; both are far below 2^53 and the result is clamped"
)]
fn rank(share: f64, samples: u64) -> u64 {
    ((samples as f64 * share).ceil() as u64).clamp(1, samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: &[u64]) -> Sketch {
        let mut sketch = Sketch::default();
        for value in values {
            sketch.add(*value);
        }
        sketch
    }

    fn exact(values: &[u64], share: f64) -> u64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let rank = rank(share, sorted.len().try_into().unwrap());
        sorted[usize::try_from(rank).unwrap() - 1]
    }

    /// Zero, small, and everything up to 2^40, small ones as likely as large.
    fn samples() -> impl Strategy<Value = Vec<u64>> {
        let value = prop_oneof![
            1 => Just(0_u64),
            9 => (0_u32..41).prop_flat_map(|bits| 0..(1_u64 << bits)),
        ];
        proptest::collection::vec(value, 1..200)
    }

    proptest! {
        #[test]
        fn quantiles_are_within_one_percent(values in samples(), share in 0.0..=1.0_f64) {
            let exact = f64::from(u32::try_from(exact(&values, share) >> 9).unwrap()) * 512.0
                + f64::from(u32::try_from(exact(&values, share) & 511).unwrap());
            let estimate = sketch(&values).quantiles([share])[0].unwrap();
            prop_assert!((estimate - exact).abs() <= exact * 0.01, "{estimate} for {exact}");
        }

        #[test]
        fn merging_is_adding_in_any_order(a in samples(), b in samples(), c in samples()) {
            let whole = sketch(&[a.clone(), b.clone(), c.clone()].concat());
            let (a, b, c) = (sketch(&a), sketch(&b), sketch(&c));
            let mut left = a.clone();
            left.merge(&b);
            left.merge(&c);
            let mut right = c;
            right.merge(&b);
            right.merge(&a);
            prop_assert_eq!(&left, &whole);
            prop_assert_eq!(&right, &whole);
        }

        #[test]
        fn taking_away_undoes_adding(a in samples(), b in samples()) {
            let mut both = sketch(&[a.clone(), b.clone()].concat());
            both.take_away(&sketch(&b));
            prop_assert_eq!(both, sketch(&a));
        }

        #[test]
        fn the_stored_form_survives(a in samples(), b in samples()) {
            let (a, b) = (sketch(&a), sketch(&b));
            let mut stored = Vec::new();
            a.encode(&mut stored);
            b.encode(&mut stored);
            let mut bytes = stored.as_slice();
            prop_assert_eq!(Sketch::decode(&mut bytes).unwrap(), a);
            prop_assert_eq!(Sketch::decode(&mut bytes).unwrap(), b);
            prop_assert!(bytes.is_empty());
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Sketch::decode(&mut bytes.as_slice());
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Sketch::default().quantiles([0.5]), [None]);
        assert_eq!(sketch(&[0, 0]).quantiles([0.99]), [Some(0.0)]);
    }

    #[test]
    fn a_value_stands_between_smaller_and_larger_ones() {
        let many = sketch(&[0, 0, 10, 20, 20, 1_000, 1_001, 50_000]);
        assert_eq!(many.around(0), (0, 6));
        assert_eq!(many.around(20), (3, 3));
        assert_eq!(many.around(15), (3, 5));
        assert_eq!(many.around(1_000), (5, 1), "two of them are about the same");
        assert_eq!(many.around(1 << 40), (8, 0));
        assert_eq!(Sketch::default().around(7), (0, 0));
    }

    #[test]
    fn small_whole_numbers_are_exact() {
        for value in 1..50_u64 {
            let estimate = sketch(&[value]).quantiles([0.5])[0].unwrap();
            assert_eq!(
                estimate.to_bits(),
                f64::from(u32::try_from(value).unwrap()).to_bits()
            );
        }
    }

    #[test]
    fn few_samples_take_few_bytes() {
        let mut stored = Vec::new();
        sketch(&[1_500]).encode(&mut stored);
        assert!(stored.len() <= 5, "{}", stored.len());
        stored.clear();
        sketch(&(1..=50).map(|n| n * 97).collect::<Vec<_>>()).encode(&mut stored);
        assert!(stored.len() <= 70, "{}", stored.len());
    }
}
