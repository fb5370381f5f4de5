//! Each case states what the gateway said and what must come of it.

mod of_counts;

use super::*;

fn counts(input: i64, output: i64, reasoning: i64, cached: i64, total: i64) -> Counts {
    Counts {
        input: Count::of(input),
        output: Count::of(output),
        reasoning: Count::of(reasoning),
        cached: Count::of(cached),
        total: Count::of(total),
        ..Counts::default()
    }
}

/// As since v7.2.74, all fields present.
fn full(c: Counts, cache_read: i64, cache_write: i64) -> Counts {
    Counts {
        cache_read: Count::of(cache_read),
        cache_read_present: true,
        cache_write: Count::of(cache_write),
        ..c
    }
}

/// Input, output and total, each with its buckets, and the remainder.
fn breakdown(
    quality: BreakdownQuality,
    [input, uncached, read, write]: [i64; 4],
    [output, non_reasoning, reasoning]: [i64; 3],
    [total, unclassified]: [i64; 2],
) -> Breakdown {
    Breakdown {
        quality,
        total: Count::of(total),
        input: Count::of(input),
        uncached: Count::of(uncached),
        cache_read: Count::of(read),
        cache_write: Count::of(write),
        output: Count::of(output),
        non_reasoning: Count::of(non_reasoning),
        reasoning: Count::of(reasoning),
        unclassified: Count::of(unclassified),
    }
}

const NONE: Option<i64> = None;

fn tokens(
    buckets: [impl Into<Option<i64>> + Copy; 5],
    unclassified: i64,
    quality: Quality,
) -> Tokens {
    let [uncached, cache_read, cache_write, output, reasoning] = buckets.map(Into::into);
    Tokens {
        uncached,
        cache_read,
        cache_write,
        output,
        reasoning,
        unclassified,
        quality,
    }
}

mod of_breakdown {
    use super::BreakdownQuality::{Complete, Inconsistent, Unclassified};
    use super::*;

    fn check(said: Breakdown, expected: Tokens) {
        let read = Tokens::read(Some(&said), None, Family::Unknown, Ending::Answered);
        assert_eq!(read, expected, "{said:?}");
    }

    #[test]
    fn complete_is_taken_as_it_is() {
        check(
            breakdown(
                Complete,
                [19209, 9, 18000, 1200],
                [420, 324, 96],
                [19629, 0],
            ),
            tokens([9, 18000, 1200, 324, 96], 0, Quality::Complete),
        );
    }

    #[test]
    fn inconsistent_knows_the_total_only() {
        check(
            breakdown(Inconsistent, [0; 4], [0; 3], [20, 20]),
            tokens([NONE; 5], 20, Quality::Inconsistent),
        );
    }

    #[test]
    fn unclassified_may_know_one_side() {
        check(
            breakdown(Unclassified, [0; 4], [0; 3], [42, 42]),
            tokens([NONE; 5], 42, Quality::Partial),
        );
        check(
            breakdown(Unclassified, [10, 6, 4, 0], [0; 3], [15, 5]),
            tokens([Some(6), Some(4), Some(0), None, None], 5, Quality::Partial),
        );
        check(
            breakdown(Unclassified, [0; 4], [10, 7, 3], [15, 5]),
            tokens([None, None, None, Some(7), Some(3)], 5, Quality::Partial),
        );
    }

    #[test]
    fn broken_invariants_fall_back_to_the_counts() {
        for broken in [
            breakdown(Complete, [10, 9, 0, 0], [5, 5, 0], [15, 0]),
            breakdown(Complete, [10, 10, 0, 0], [5, 4, 0], [15, 0]),
            breakdown(Complete, [10, 10, 0, 0], [5, 5, 0], [16, 0]),
            breakdown(Complete, [10, 10, 0, 0], [5, 5, 0], [16, 1]),
            breakdown(Complete, [10, 11, -1, 0], [5, 5, 0], [15, 0]),
            breakdown(
                Complete,
                [i64::MAX, i64::MAX, i64::MAX, 2],
                [0, 0, 0],
                [0, 0],
            ),
        ] {
            let said = counts(10, 5, 0, 0, 15);
            let read = Tokens::read(Some(&broken), Some(&said), Family::OpenAi, Ending::Answered);
            assert_eq!(read.quality, Quality::Derived, "{broken:?}");
            assert_eq!(read.uncached, Some(10), "{broken:?}");
        }
        let broken = breakdown(Complete, [10, 9, 0, 0], [5, 5, 0], [15, 0]);
        check(broken, Tokens::MISSING);
    }
}

#[test]
fn zeros_mean_what_the_ending_says() {
    use BreakdownQuality::Complete;
    let zeros = breakdown(Complete, [0; 4], [0; 3], [0, 0]);
    let input_only = breakdown(Complete, [10, 6, 4, 0], [0; 3], [10, 0]);
    let both = breakdown(Complete, [10, 6, 4, 0], [3, 3, 0], [13, 0]);
    let nothing = tokens([0; 5], 0, Quality::Complete);
    let no_output = tokens([6, 4, 0, 0, 0], 0, Quality::Complete);
    let cut = tokens([Some(6), Some(4), Some(0), None, None], 0, Quality::Partial);
    let all = tokens([6, 4, 0, 3, 0], 0, Quality::Complete);
    for (said, ending, expected) in [
        (zeros, Ending::Answered, Tokens::MISSING),
        (zeros, Ending::CutOff, Tokens::MISSING),
        (zeros, Ending::Other, nothing),
        (input_only, Ending::Answered, no_output),
        (input_only, Ending::CutOff, cut),
        (input_only, Ending::Other, no_output),
        (both, Ending::Answered, all),
        (both, Ending::CutOff, all),
        (both, Ending::Other, all),
    ] {
        let read = Tokens::read(Some(&said), None, Family::Unknown, ending);
        assert_eq!(read, expected, "{said:?} {ending:?}");
    }
    for ending in [Ending::Answered, Ending::CutOff, Ending::Other] {
        let read = Tokens::read(None, None, Family::OpenAi, ending);
        assert_eq!(read, Tokens::MISSING, "{ending:?}");
    }
}

#[test]
fn a_remainder_is_not_nothing() {
    let said = breakdown(BreakdownQuality::Unclassified, [0; 4], [0; 3], [42, 42]);
    let read = Tokens::read(Some(&said), None, Family::Unknown, Ending::CutOff);
    assert_eq!(read, tokens([NONE; 5], 42, Quality::Partial));
}

#[test]
fn families_go_by_provider_and_executor() {
    for (provider, executor, expected) in [
        (
            "openai-compatible-mockrouter",
            "OpenAICompatExecutor",
            Family::OpenAi,
        ),
        // Before v7.2.21 such a provider bore its bare name.
        ("my-claude-relay", "OpenAICompatExecutor", Family::OpenAi),
        ("openai-compatible-gemini", "unknown", Family::OpenAi),
        ("openai-compatibility", "", Family::OpenAi),
        ("claude", "ClaudeExecutor", Family::Claude),
        ("Anthropic", "", Family::Claude),
        ("vertex", "ClaudeExecutor", Family::Claude),
        ("gemini", "GeminiExecutor", Family::Gemini),
        ("gemini-interactions", "GeminiExecutor", Family::Gemini),
        ("vertex", "GeminiVertexExecutor", Family::Gemini),
        ("aistudio", "AIStudioExecutor", Family::Gemini),
        ("antigravity", "AntigravityExecutor", Family::Gemini),
        ("codex", "CodexWebsocketsExecutor", Family::OpenAi),
        ("xai", "XAIExecutor", Family::OpenAi),
        ("kimi", "KimiExecutor", Family::OpenAi),
        ("qwen", "", Family::OpenAi),
        ("openrouter", "", Family::OpenAi),
        ("some-plugin", "unknown", Family::Unknown),
        ("unknown", "unknown", Family::Unknown),
        ("", "", Family::Unknown),
    ] {
        assert_eq!(
            Family::of(provider, executor),
            expected,
            "{provider} {executor}"
        );
    }
}
