use super::*;
use crate::domain::account::Listed;
use crate::domain::account::trouble::Report;

const NOON: At = At(1_000_000);

fn file(status: &str) -> Known {
    Known {
        listed: Listed {
            status: status.into(),
            ..Listed::default()
        },
        ..Known::default()
    }
}

fn state(known: &Known, lately: Lately) -> State {
    judge(known, lately, Some(At(500_000)), NOON).state
}

fn failed(at: i64, code: i32) -> Lately {
    Lately {
        last_failure: Some((At(at), code)),
        ..Lately::default()
    }
}

fn ok(at: i64, lately: Lately) -> Lately {
    Lately {
        last_ok: Some(At(at)),
        ..lately
    }
}

#[test]
fn the_gateway_s_word_holds_without_other_evidence() {
    let check = |status, expected| {
        assert_eq!(
            state(&file(status), Lately::default()),
            expected,
            "{status}"
        );
    };
    check("active", State::Active);
    check("refreshing", State::Active);
    check("error", State::Failing);
    check("disabled", State::Disabled);
    check("pending", State::Unclear);
    check("", State::Unclear);
    check("something new", State::Unclear);
}

#[test]
fn a_rejected_log_in_needs_a_person_until_a_request_succeeds() {
    assert_eq!(
        state(&file("active"), failed(900_000, 401)),
        State::NeedsLogin
    );
    let recovered = ok(900_001, failed(900_000, 401));
    assert_eq!(state(&file("active"), recovered), State::Active);
    let again = ok(800_000, failed(900_000, 401));
    assert_eq!(state(&file("active"), again), State::NeedsLogin);
    let mut told = file("error");
    told.listed.message = r#"{"error":"invalid_grant"}"#.into();
    assert_eq!(state(&told, Lately::default()), State::NeedsLogin);
}

#[test]
fn a_new_log_in_ends_what_the_old_one_failed_at() {
    let check = |renewed: i64, expected| {
        let mut known = file("active");
        known.listed.refreshed_at = Some(At(renewed));
        let standing = judge(&known, failed(900_000, 401), Some(At(500_000)), NOON);
        assert_eq!(standing.state, expected, "renewed at {renewed}");
        assert_eq!(standing.since.is_none(), expected == State::Active);
        // The gateway still shows what it failed at.
        known.listed.message = String::from("invalid_grant");
        assert_eq!(state(&known, failed(900_000, 401)), expected);
    };
    check(899_000, State::NeedsLogin);
    check(900_000, State::NeedsLogin);
    check(900_001, State::Active);
    // It says nothing of a failure of another kind.
    let mut known = file("active");
    known.listed.refreshed_at = Some(At(900_001));
    assert_eq!(state(&known, failed(900_000, 503)), State::Failing);
}

#[test]
fn the_caller_s_fault_says_nothing_of_the_account() {
    for code in [400, 404, 422, 499] {
        assert_eq!(
            state(&file("active"), failed(900_000, code)),
            State::Active,
            "{code}"
        );
    }
    for code in [403, 429, 500, 503, 529] {
        assert_eq!(
            state(&file("active"), failed(900_000, code)),
            State::Failing,
            "{code}"
        );
    }
}

#[test]
fn cooling_ends_by_itself() {
    let mut known = file("error");
    known.listed.unavailable = true;
    known.listed.retry_at = Some(At(1_000_001));
    let standing = judge(&known, Lately::default(), Some(At(500_000)), NOON);
    assert_eq!(
        (standing.state, standing.until),
        (State::Cooling, Some(At(1_000_001)))
    );
    let later = judge(&known, Lately::default(), Some(At(500_000)), At(1_000_001));
    assert_eq!(later.state, State::Failing, "nobody tried it since");
    let tried = ok(1_000_002, Lately::default());
    let later = judge(&known, tried, Some(At(500_000)), At(1_000_003));
    assert_eq!(later.state, State::Active);
}

#[test]
fn a_message_counts_until_a_newer_list_knows_better() {
    let mut known = file("active");
    known.trouble = Some(Trouble {
        at: At(900_000),
        heard_at: At(900_000),
        code: 429,
        status: "error".into(),
        unavailable: true,
        retry_at: Some(At(2_000_000)),
        ..Trouble::default()
    });
    assert_eq!(state(&known, Lately::default()), State::Cooling);
    let listed_later = judge(
        &known,
        ok(950_000, Lately::default()),
        Some(At(960_000)),
        NOON,
    );
    assert_eq!(listed_later.state, State::Active);
    assert!(listed_later.recovered);
}

#[test]
fn since_when_it_is_off_or_rests_is_what_the_list_says() {
    let mut known = file("active");
    known.turned_at = Some(At(600_000));
    let since = |known: &Known| {
        let standing = judge(known, failed(400_000, 429), Some(At(700_000)), NOON);
        (standing.state, standing.since)
    };
    known.listed.disabled = true;
    assert_eq!(since(&known), (State::Disabled, Some(At(600_000))));
    known.listed.disabled = false;
    known.listed.unavailable = true;
    assert_eq!(since(&known), (State::Cooling, Some(At(600_000))));
    // It was met so: the last failure is all there is to say.
    known.turned_at = None;
    assert_eq!(since(&known), (State::Cooling, Some(At(400_000))));
    known.listed.disabled = true;
    assert_eq!(since(&known), (State::Disabled, None));
}

#[test]
fn switched_off_and_gone_outweigh_all_else() {
    let mut known = file("active");
    known.listed.disabled = true;
    assert_eq!(state(&known, failed(900_000, 401)), State::Disabled);
    known.gone_at = Some(At(7));
    let standing = judge(&known, Lately::default(), None, NOON);
    assert_eq!((standing.state, standing.since), (State::Gone, Some(At(7))));
}

#[test]
fn a_configured_key_has_no_status_of_its_own() {
    let mut known = file("");
    known.listed.kind = Kind::Key;
    assert_eq!(state(&known, Lately::default()), State::Active);
    assert_eq!(state(&known, failed(900_000, 401)), State::NeedsLogin);
}

/// What each of the recorded messages says, one after another, as somebody
/// who looks half a second later would be told.
#[test]
fn recorded_messages_are_understood() {
    let recorded = include_str!("../../../../tests/fixtures/recorded/error-events.jsonl");
    let mut seen = Vec::new();
    let mut accounts: Vec<(String, Known)> = Vec::new();
    for line in recorded.lines() {
        let report = Report::read(line.as_bytes(), At(0)).expect("a message");
        let now = At(report.trouble.at.0 + 500);
        let index = report.auth_index.clone();
        if !accounts.iter().any(|(known, _)| *known == index) {
            accounts.push((index.clone(), file("active")));
        }
        let (_, known) = accounts
            .iter_mut()
            .find(|(known, _)| *known == index)
            .unwrap();
        known.trouble.get_or_insert_default().hear(report.trouble);
        assert!(!format!("{known:?}").contains("sk-abcdef1234567890abcdef"));
        let standing = judge(known, Lately::default(), None, now);
        let wait = standing.until.map(|until| (until - now).0 / 1000);
        let models: Vec<_> = standing.models.iter().map(|m| m.name.clone()).collect();
        seen.push(format!(
            "{index} {:?} {:?} {wait:?} {}",
            standing.state,
            standing.failure.map(|failure| failure.code).unwrap(),
            models.join(",")
        ));
    }
    assert_eq!(seen.len(), 15);
    assert_eq!(
        seen,
        [
            "49edba963014b089 Partly 429 Some(0) mock-429",
            "49edba963014b089 NeedsLogin 401 None mock-401,mock-429",
            "49edba963014b089 Partly 500 Some(1799) mock-401,mock-500,mock-429",
            "d3db1e6516d893cb Cooling 500 Some(59) claude-sonnet-4-5-20250929",
            "272590a70ce22f3a Cooling 500 Some(59) gpt-5.5",
            "272590a70ce22f3a Cooling 500 Some(59) gpt-5.5",
            "49edba963014b089 Partly 429 Some(1797) mock-401,mock-500,mock-429",
            "49edba963014b089 NeedsLogin 401 None mock-401,mock-500,mock-429",
            "49edba963014b089 Partly 500 Some(1799) mock-401,mock-500,mock-429",
            "d3db1e6516d893cb Cooling 500 Some(59) claude-sonnet-4-5-20250929",
            "d3db1e6516d893cb Cooling 500 Some(59) claude-opus-5,claude-sonnet-4-5-20250929",
            "e74a23dcf4c28822 Cooling 500 Some(59) grok-4.5",
            "fef4275e68269569 Cooling 500 Some(59) kimi-k2",
            "ae73d3f5035cf84a Cooling 500 Some(59) gemini-3-flash-agent",
            "272590a70ce22f3a Cooling 500 Some(59) gpt-5.5",
        ]
    );
}
