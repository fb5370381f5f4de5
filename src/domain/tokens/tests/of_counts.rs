//! Counts without a breakdown, as each family of providers means them.

use super::*;

fn check(family: Family, said: Counts, expected: Tokens) {
    let read = Tokens::read(None, Some(&said), family, Ending::Answered);
    assert_eq!(read, expected, "{family:?} {said:?}");
}

#[test]
fn openai_includes_cache_in_input_and_reasoning_in_output() {
    check(
        Family::OpenAi,
        full(counts(100, 30, 12, 40, 130), 40, 10),
        tokens([50, 40, 10, 18, 12], 0, Quality::Derived),
    );
    // A total nobody computed contradicts nothing.
    check(
        Family::OpenAi,
        full(counts(100, 30, 12, 40, 0), 40, 10),
        tokens([50, 40, 10, 18, 12], 0, Quality::Derived),
    );
}

#[test]
fn claude_excludes_cache_from_input() {
    check(
        Family::Claude,
        full(counts(9, 420, 96, 18000, 19629), 18000, 1200),
        tokens([9, 18000, 1200, 324, 96], 0, Quality::Derived),
    );
    // Old versions left the cache out of the total.
    check(
        Family::Claude,
        full(counts(9, 420, 0, 18000, 429), 18000, 1200),
        tokens([9, 18000, 1200, 420, 0], 0, Quality::Derived),
    );
}

#[test]
fn gemini_excludes_reasoning_from_output() {
    check(
        Family::Gemini,
        full(counts(1500, 200, 350, 1024, 2050), 1024, 0),
        tokens([476, 1024, 0, 200, 350], 0, Quality::Derived),
    );
}

#[test]
fn an_unknown_family_has_a_sum_only() {
    for total in [0, 130] {
        check(
            Family::Unknown,
            full(counts(100, 30, 12, 0, total), 0, 0),
            tokens([NONE; 5], 130, Quality::Partial),
        );
    }
}

#[test]
fn the_oldest_form_has_one_cache_count() {
    // What no field told is unknown.
    check(
        Family::OpenAi,
        counts(10, 20, 0, 4, 30),
        tokens(
            [Some(6), Some(4), None, Some(20), Some(0)],
            0,
            Quality::Derived,
        ),
    );
    check(
        Family::Gemini,
        counts(10, 20, 5, 4, 35),
        tokens(
            [Some(6), Some(4), None, Some(20), Some(5)],
            0,
            Quality::Derived,
        ),
    );
    check(
        Family::Claude,
        counts(10, 20, 0, 0, 30),
        tokens([10, 0, 0, 20, 0], 0, Quality::Derived),
    );
    // Read or written: nobody knows any more.
    check(
        Family::Claude,
        counts(10, 20, 0, 500, 30),
        tokens(
            [Some(10), None, None, Some(20), Some(0)],
            500,
            Quality::Partial,
        ),
    );
}

#[test]
fn an_unmarked_cache_read_of_zero_is_no_evidence() {
    let unmarked = |cached, read, write| Counts {
        cache_read_present: false,
        ..full(counts(1000, 20, 0, cached, 0), read, write)
    };
    for (said, read) in [
        (unmarked(500, 500, 0), 500),
        (unmarked(500, 0, 0), 500),
        (unmarked(500, 0, 500), 0),
        (unmarked(0, 0, 0), 0),
    ] {
        let tokens = Tokens::read(None, Some(&said), Family::Claude, Ending::Answered);
        assert_eq!(tokens.cache_read, Some(read), "{said:?}");
    }
    let marked = full(counts(1000, 20, 0, 500, 0), 0, 0);
    let tokens = Tokens::read(None, Some(&marked), Family::Claude, Ending::Answered);
    assert_eq!(tokens.cache_read, Some(0));
}

#[test]
fn contradictions_leave_the_total() {
    let unsplit = |total| tokens([NONE; 5], total, Quality::Inconsistent);
    // More cached than read, more reasoning than output, another total.
    check(
        Family::OpenAi,
        full(counts(10, 5, 0, 11, 15), 11, 0),
        unsplit(15),
    );
    check(
        Family::OpenAi,
        full(counts(10, 5, 6, 0, 15), 0, 0),
        unsplit(15),
    );
    check(
        Family::OpenAi,
        full(counts(10, 3, 1, 4, 20), 4, 0),
        unsplit(20),
    );
    check(
        Family::Gemini,
        full(counts(10, 5, 0, 6, 15), 6, 5),
        unsplit(15),
    );
    check(
        Family::Claude,
        full(counts(10, 5, 6, 0, 0), 0, 0),
        unsplit(15),
    );
    check(
        Family::Claude,
        full(counts(10, 5, 0, 0, 17), 0, 0),
        unsplit(17),
    );
}

#[test]
fn absurd_numbers_are_not_counted() {
    for (said, total) in [
        (counts(-5, 20, 0, 0, 15), 15),
        (counts(10, i64::MAX, 0, 0, i64::MAX), 0),
        (full(counts(10, 20, 0, 0, 30), i64::MIN, 0), 30),
        (counts(Count::MOST + 1, 20, 0, 0, 30), 30),
    ] {
        let read = Tokens::read(None, Some(&said), Family::OpenAi, Ending::Other);
        assert_eq!(
            read,
            tokens([NONE; 5], total, Quality::Inconsistent),
            "{said:?}"
        );
    }
}

#[test]
fn missing_counts_are_not_guessed() {
    check(Family::OpenAi, Counts::default(), Tokens::MISSING);
    let told = |input, output, total| Counts {
        input,
        output,
        total,
        ..Counts::default()
    };
    let absent = Count::Absent;
    check(
        Family::OpenAi,
        told(absent, absent, Count::of(42)),
        tokens([NONE; 5], 42, Quality::Partial),
    );
    check(
        Family::OpenAi,
        told(Count::of(40), absent, absent),
        tokens([NONE; 5], 40, Quality::Partial),
    );
    check(
        Family::OpenAi,
        told(Count::of(40), Count::of(2), absent),
        tokens([Some(40), None, None, Some(2), None], 0, Quality::Derived),
    );
}
