//! Arbitrary bytes, and recorded events with bytes changed: nothing panics, and
//! what comes out keeps its promises.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

const RECORDED: &str = include_str!("../../../../tests/fixtures/recorded/usage-events.jsonl");

/// A recorded event with a few bytes changed, a piece cut out, or a piece of
/// another put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let line =
        (0..38_usize).prop_map(|line| RECORDED.lines().nth(line).unwrap().as_bytes().to_vec());
    let byte = prop_oneof![
        prop::sample::select(b"0123456789aZ\"{}[]:, -.eE\\".to_vec()),
        any::<u8>(),
    ];
    let bytes = prop::collection::vec((any::<Index>(), byte), 0..6);
    let spans = prop::collection::vec((any::<Index>(), 0..40_usize, any::<Index>()), 0..4);
    (line.clone(), line, bytes, spans).prop_map(|(mut event, other, bytes, spans)| {
        for (at, byte) in bytes {
            let at = at.index(event.len());
            event[at] = byte;
        }
        for (at, length, from) in spans {
            let at = at.index(event.len());
            let end = (at + length).min(event.len());
            let from = from.index(other.len());
            let piece = other[from..(from + length).min(other.len())].to_vec();
            event.splice(at..end, piece);
        }
        event
    })
}

proptest! {
    #[test]
    fn any_bytes_have_an_outcome(raw in prop::collection::vec(any::<u8>(), 0..300)) {
        let outcome = normalize(&raw, &keys());
        prop_assert_eq!(normalize(&raw, &keys()), outcome);
    }

    #[test]
    fn a_damaged_event_has_an_outcome(raw in mutated()) {
        let outcome = normalize(&raw, &keys());
        if let Outcome::Event(event) = &outcome {
            prop_assert!(event.key.at.0 >= 0);
            prop_assert!(event.failure.len() <= redact::MAX_TEXT);
            prop_assert!(event.key.to_string().parse::<EventKey>().unwrap() == event.key);
        }
        // Whole keys; damaged ones are other texts.
        let shown = format!("{outcome:?}");
        for secret in ["sk-abcdef1234567890abcdef", "sk-mock-upstream-0001", "sk-codex-mock-0001"] {
            prop_assert!(!shown.contains(secret), "{}", shown);
        }
    }

    #[test]
    fn any_json_has_an_outcome(
        name in prop::sample::select(vec!["timestamp", "latency_ms", "source", "tokens", "failed",
            "fail", "response_headers", "token_breakdown", "api_key", "accounting_version", "model"]),
        value in prop_oneof![
            Just(json!([])), Just(json!({})), Just(json!(true)), any::<i64>().prop_map(|n| json!(n)),
            any::<f64>().prop_map(|n| json!(n)), any::<String>().prop_map(|s| json!(s)),
            any::<i64>().prop_map(|n| json!({"input_tokens": n, "output_tokens": -1, "total_tokens": 0.5})),
        ],
    ) {
        let raw = event_with(json!({ name: value })).to_string();
        let outcome = normalize(raw.as_bytes(), &keys());
        prop_assert!(matches!(outcome, Outcome::Event(_) | Outcome::Reject(_)));
    }
}
