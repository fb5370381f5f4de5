//! What an attempt consumed, in buckets that do not overlap. [`Tokens`] is what
//! is stored and shown; [`Tokens::read`] makes it of what the gateway reported.
//! Unknown is `None`, never zero.
//!
//! Sources of the rules, all about CPA v6.9.38 to v7.2.140: its accounting
//! schema 2 (`token_breakdown`), the way it maps upstream counts to `tokens`
//! per protocol family, and its event history. Rules that are our own decision
//! say so. What was reported is in [`reported`].

mod reported;

pub use reported::{Breakdown, BreakdownQuality, Count, Counts, Ending, Family};

/// How far the buckets can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quality {
    /// CPA's own breakdown, valid and complete.
    Complete,
    /// Derived here from `tokens`, by provider and executor.
    Derived,
    /// Only a part is classified; the rest is in `unclassified`, or was cut off.
    Partial,
    /// CPA saw numbers that contradict each other; only the total is known.
    Inconsistent,
    /// Nothing was reported: every bucket is unknown.
    Missing,
}

/// Token counts of one attempt. `None` = not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub uncached: Option<i64>,
    pub cache_read: Option<i64>,
    pub cache_write: Option<i64>,
    /// Output without reasoning.
    pub output: Option<i64>,
    pub reasoning: Option<i64>,
    /// Counted by CPA but in no bucket; 0 when all is classified.
    pub unclassified: i64,
    pub quality: Quality,
}

impl Tokens {
    /// The rules, in order: a breakdown whose invariants hold is trusted;
    /// otherwise the counts are taken apart by family; then zeros that mean
    /// "not reported" become unknown.
    #[must_use]
    pub fn read(
        breakdown: Option<&Breakdown>,
        counts: Option<&Counts>,
        family: Family,
        ending: Ending,
    ) -> Self {
        breakdown
            .and_then(Self::of_breakdown)
            .or_else(|| counts.map(|counts| Self::of_counts(counts, family)))
            .unwrap_or(Self::MISSING)
            .settle(ending)
    }

    /// Nothing is known.
    pub const MISSING: Self = Self::unsplit(0, Quality::Missing);

    const fn unsplit(total: i64, quality: Quality) -> Self {
        Self {
            uncached: None,
            cache_read: None,
            cache_write: None,
            output: None,
            reasoning: None,
            unclassified: total,
            quality,
        }
    }

    /// `None` if the invariants of schema 2 do not hold.
    fn of_breakdown(b: &Breakdown) -> Option<Self> {
        let [total, input, uncached, cache_read, cache_write] =
            [b.total, b.input, b.uncached, b.cache_read, b.cache_write].map(Count::known);
        let [output, non_reasoning, reasoning, unclassified] =
            [b.output, b.non_reasoning, b.reasoning, b.unclassified].map(Count::known);
        // No overflow: a known count is at most `Count::MOST`.
        let holds = input? == uncached? + cache_read? + cache_write?
            && output? == non_reasoning? + reasoning?
            && total? == input? + output? + unclassified?
            && (b.quality != BreakdownQuality::Complete || unclassified? == 0);
        if !holds {
            return None;
        }
        Some(match b.quality {
            BreakdownQuality::Complete => Self {
                uncached,
                cache_read,
                cache_write,
                output: non_reasoning,
                reasoning,
                unclassified: 0,
                quality: Quality::Complete,
            },
            // The whole total is in `unclassified`; the zeros in the buckets
            // are placeholders.
            BreakdownQuality::Inconsistent => Self::unsplit(total?, Quality::Inconsistent),
            // Some upstreams report one side only; then the other side's zeros
            // are placeholders, and the remainder belongs there.
            BreakdownQuality::Unclassified => {
                let of_side = |side: Option<i64>, bucket: Option<i64>| {
                    bucket.filter(|_| side != Some(0) || unclassified == Some(0))
                };
                Self {
                    uncached: of_side(input, uncached),
                    cache_read: of_side(input, cache_read),
                    cache_write: of_side(input, cache_write),
                    output: of_side(output, non_reasoning),
                    reasoning: of_side(output, reasoning),
                    unclassified: unclassified?,
                    quality: Quality::Partial,
                }
            }
        })
    }

    fn of_counts(c: &Counts, family: Family) -> Self {
        let all = [
            c.input,
            c.output,
            c.reasoning,
            c.cached,
            c.cache_read,
            c.cache_write,
            c.total,
        ];
        let total = c.total.known().unwrap_or(0);
        if all.contains(&Count::Absurd) {
            return Self::unsplit(total, Quality::Inconsistent);
        }
        if all.iter().all(|count| *count == Count::Absent) {
            return Self::MISSING;
        }
        let (Some(input), Some(output)) = (c.input.known(), c.output.known()) else {
            let told = c.input.known().or(c.output.known()).unwrap_or(0);
            return Self::unsplit(total.max(told), Quality::Partial);
        };
        let split = match family {
            Family::OpenAi => Self::of_openai(c, input, output),
            Family::Claude => Self::of_claude(c, input, output),
            Family::Gemini => Self::of_gemini(c, input, output),
            Family::Unknown => {
                // How its counts overlap cannot be known, so only their sum is.
                let sum = if total == 0 { input + output } else { total };
                return Self::unsplit(sum, Quality::Partial);
            }
        };
        split.unwrap_or_else(|| {
            let sum = if total == 0 { input + output } else { total };
            Self::unsplit(sum, Quality::Inconsistent)
        })
    }

    fn of_openai(c: &Counts, input: i64, output: i64) -> Option<Self> {
        let (cache_read, cache_write) = (c.read(), c.cache_write.known());
        Self::derived(
            input - cache_read.unwrap_or(0) - cache_write.unwrap_or(0),
            (cache_read, cache_write),
            output - c.reasoning.known().unwrap_or(0),
            c.reasoning.known(),
        )?
        .adding_up_to(c.total, &[input + output])
    }

    fn of_gemini(c: &Counts, input: i64, output: i64) -> Option<Self> {
        let (cache_read, cache_write) = (c.read(), c.cache_write.known());
        Self::derived(
            input - cache_read.unwrap_or(0) - cache_write.unwrap_or(0),
            (cache_read, cache_write),
            output,
            c.reasoning.known(),
        )?
        .adding_up_to(
            c.total,
            &[input + output + c.reasoning.known().unwrap_or(0)],
        )
    }

    fn of_claude(c: &Counts, input: i64, output: i64) -> Option<Self> {
        let cached = c.cached.known().unwrap_or(0);
        let sides_told = c.cache_read != Count::Absent || c.cache_write != Count::Absent;
        // Before v7.0.3 one number stood for tokens read or, if there were
        // none, for tokens written. Zero is zero for both; anything else could
        // be either, and their prices differ by a factor of twelve.
        let unclassified = if sides_told { 0 } else { cached };
        let cache = match (sides_told, cached) {
            (true, _) => (c.read(), c.cache_write.known()),
            (false, 0) => (c.cached.known(), c.cached.known()),
            (false, _) => (None, None),
        };
        let split = Self::derived(
            input,
            cache,
            output - c.reasoning.known().unwrap_or(0),
            c.reasoning.known(),
        )?;
        let cache_sum = cache.0.unwrap_or(0) + cache.1.unwrap_or(0) + unclassified;
        // Old versions left the cache out of the total.
        let split = split.adding_up_to(c.total, &[input + output + cache_sum, input + output])?;
        Some(if unclassified == 0 {
            split
        } else {
            Self {
                unclassified,
                quality: Quality::Partial,
                ..split
            }
        })
    }

    /// `None` if a part is bigger than its whole.
    fn derived(
        uncached: i64,
        (cache_read, cache_write): (Option<i64>, Option<i64>),
        output: i64,
        reasoning: Option<i64>,
    ) -> Option<Self> {
        (uncached >= 0 && output >= 0).then_some(Self {
            uncached: Some(uncached),
            cache_read,
            cache_write,
            output: Some(output),
            reasoning,
            unclassified: 0,
            quality: Quality::Derived,
        })
    }

    /// `None` if the reported total contradicts the parts. A total of 0 is one
    /// that nobody computed.
    fn adding_up_to(self, total: Count, sums: &[i64]) -> Option<Self> {
        let total = total.known().unwrap_or(0);
        (total == 0 || sums.contains(&total)).then_some(self)
    }

    /// CPA sends zeros for what the upstream did not report. Our decision, what
    /// zeros mean: an answer consumes something, so all zeros are "not
    /// reported"; so they are when the attempt was cut off, where the counts
    /// come last in the stream; a failure by status has really consumed nothing.
    fn settle(self, ending: Ending) -> Self {
        let zero = |bucket: Option<i64>| bucket.unwrap_or(0) == 0;
        let no_output = zero(self.output) && zero(self.reasoning);
        let no_input = [self.uncached, self.cache_read, self.cache_write]
            .into_iter()
            .all(zero);
        if ending == Ending::Other || !no_output || self.unclassified != 0 {
            return self;
        }
        match ending {
            _ if no_input => Self::MISSING,
            // The input is told at the start of a stream, the output at its end.
            Ending::CutOff => Self {
                output: None,
                reasoning: None,
                quality: Quality::Partial,
                ..self
            },
            Ending::Answered | Ending::Other => self,
        }
    }
}

#[cfg(test)]
mod tests;
