//! The `errors` channel is listened to for as long as there is one: whatever
//! ended it, something begins it again.

use cpamp::accounts::Roster;
use cpamp::domain::account::standing::State as Standing;
use cpamp::domain::collection::{Gap, State};
use cpamp::domain::units::Ms;
use cpamp::fake::Gateway;
use cpamp::store::batch::Batch;
use cpamp::store::names::Kind;
use serde_json::json;

use crate::support::database::store;
use crate::support::desk::{Rig, collecting, connected, find};
use crate::support::events::{MORNING, event};
use crate::support::gateway::laboratory;
use crate::support::wait::{until, within};

async fn listening(gateway: &Gateway) -> Rig {
    let rig = Rig::start(gateway).await;
    rig.listed().await;
    rig.listening().await;
    // Opening the channel asks for a list, which must not overtake a failure.
    within("a second list", rig.until_lists(gateway, 2)).await;
    rig
}

/// Says that an attempt of this account failed.
fn failure(rig: &Rig, title: &str, code: i32) -> String {
    let index = find(&rig.desk.roster(), title).listed.auth_index.clone();
    json!({
        "timestamp": MORNING.rfc3339(),
        "auth_index": index,
        "status_code": code,
        "auth_status": {"status": "error"},
    })
    .to_string()
}

async fn heard(rig: &Rig, title: &str, code: i32) {
    let has = |roster: &Roster| {
        let trouble = find(roster, title).trouble.as_ref();
        trouble.is_some_and(|trouble| trouble.code == code)
    };
    rig.until("the failure is heard", has).await;
}

#[tokio::test]
async fn an_odd_message_is_passed_over() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = listening(&gateway).await;
    for odd in [
        r#"{"auth_index":"","status_code":429,"auth_status":{"status":"error"}}"#,
        r#"{"auth_index":"x"}"#,
        "[]",
        "no JSON",
    ] {
        gateway.push_error(odd);
    }
    gateway.push_error(&failure(&rig, "ops@example.com", 503));
    heard(&rig, "ops@example.com", 503).await;
    assert!(rig.desk.roster().listening);
    assert_eq!(gateway.tally().subscribed, 1);
}

/// A gateway that takes every channel for that of usage.
#[tokio::test]
async fn a_gateway_that_sends_usage_is_left_alone_until_it_was_away() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = listening(&gateway).await;
    gateway.push_error(r#"{"auth_index":"","tokens":{},"failed":false}"#);
    rig.until("it is left", |roster| !roster.listening).await;
    until("it hangs up", async || match gateway.error_subscribers() {
        0 => Ok(()),
        left => Err(left),
    })
    .await;
    rig.status
        .send_modify(|status| status.gateway.reachable = Some(false));
    rig.desk.stir();
    within("lists go on", rig.until_lists(&gateway, 3)).await;
    assert_eq!(gateway.tally().subscribed, 1);
    rig.status
        .send_modify(|status| status.gateway.reachable = Some(true));
    rig.listening().await;
}

/// The key is refused once, and a person says that it is to be tried again.
#[tokio::test]
async fn listening_goes_on_with_a_key_that_was_refused_for_a_while() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = listening(&gateway).await;
    let connection = connected(&gateway, &gateway.key()).connection.unwrap();
    let right = gateway.config_yaml();
    let with_another = |line: &str| match line.split_once("secret-key:") {
        Some((indent, _)) => format!("{indent}secret-key: another-management-key\n"),
        None => format!("{line}\n"),
    };
    let wrong: String = right.lines().map(with_another).collect();
    assert_ne!(right, wrong, "the key stands in the configuration");
    gateway.stop().await;
    gateway.set_config_yaml(&wrong);
    gateway.restart().await.unwrap();
    // Forgotten any sooner, the refusal that is still on its way would be the
    // last word.
    until("the key is known as refused", async || {
        rig.key.refused(&connection).then_some(()).ok_or(())
    })
    .await;
    assert!(!rig.desk.roster().listening);
    gateway.set_config_yaml(&right);
    rig.key.forget();
    rig.status
        .send_modify(|status| status.state = State::Starting);
    rig.status.send_replace(collecting(Some("7.2.140")));
    rig.listening().await;
    gateway.push_error(&failure(&rig, "ops@example.com", 502));
    heard(&rig, "ops@example.com", 502).await;
}

/// Says that this model rests with this account for a week.
fn resting(rig: &Rig, title: &str, model: &str) -> String {
    let index = find(&rig.desk.roster(), title).listed.auth_index.clone();
    json!({
        "timestamp": MORNING.rfc3339(),
        "auth_index": index,
        "status_code": 429,
        "auth_status": {"status": "active", "model": {
            "name": model,
            "unavailable": true,
            "next_retry_after": (MORNING + Ms(7 * Ms::DAY.0)).rfc3339(),
        }},
    })
    .to_string()
}

fn state(rig: &Rig, title: &str) -> (Standing, usize) {
    let roster = rig.desk.roster();
    let known = find(&roster, title);
    let recent = rig.desk.recent(&rig.desk.recents(), known);
    let now = rig.clock.now();
    let standing = rig.desk.standing(&roster, known, &recent, now);
    (standing.state, standing.models.len())
}

/// What the gateway forgets or tries again is not shown for days.
#[tokio::test]
async fn a_model_rests_no_longer_than_at_the_gateway() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = listening(&gateway).await;
    let ops = "ops@example.com";
    for model in ["claude-opus-5", "claude-haiku-5"] {
        gateway.push_error(&resting(&rig, ops, model));
    }
    let both = |roster: &Roster| {
        let trouble = find(roster, ops).trouble.as_ref();
        trouble.is_some_and(|trouble| trouble.models.len() == 2)
    };
    rig.until("both models rest", both).await;
    assert_eq!(state(&rig, ops), (Standing::Partly, 2));

    // A request with one of them succeeds.
    let index = find(&rig.desk.roster(), ops).listed.auth_index.clone();
    let mut success = event(9);
    success.account.identity = index.clone();
    success.model = String::from("claude-opus-5");
    let batch = Batch {
        events: vec![success],
        taken: 1,
        ..Batch::default()
    };
    rig.store.ingest(batch).await.unwrap();
    until("one is over", async || match state(&rig, ops) {
        (Standing::Partly, 1) => Ok(()),
        other => Err(other),
    })
    .await;

    // The gateway was started anew.
    let restart = Gap {
        from: MORNING,
        to: MORNING + Ms(1_000),
        why: String::from("gateway_restarted"),
    };
    rig.status.send_modify(|status| status.gaps = vec![restart]);
    assert_ne!(state(&rig, ops).0, Standing::Partly);
    rig.status.send_modify(|status| status.gaps.clear());
    assert_eq!(state(&rig, ops), (Standing::Partly, 1));

    // Somebody reset its quota, and that lasts.
    rig.quota_resets.send(index).unwrap();
    let none = |roster: &Roster| {
        let trouble = find(roster, ops).trouble.as_ref();
        trouble.is_some_and(|trouble| trouble.models.is_empty())
    };
    rig.until("nothing rests", none).await;
    let kept = async || {
        let all = rig.store.read(cpamp::store::accounts::all).await.unwrap();
        let ops = all.into_iter().find(|known| known.listed.title == ops);
        match ops.unwrap().trouble.unwrap().models.len() {
            0 => Ok(()),
            left => Err(left),
        }
    };
    until("it is kept", kept).await;
}

/// Requests are stored about in the order in which they began, and of the newest
/// only so many are remembered: what began a little before is looked up.
#[tokio::test]
async fn a_request_that_is_no_longer_remembered_is_looked_up() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let of = |n: i64, account: &str, after: Ms| {
        let mut event = event(n);
        event.key.at = MORNING + after;
        event.account.identity = account.to_owned();
        event
    };
    let known = async |account: &str| {
        let names = rig.store.names();
        let id = names.read().id(Kind::Account, account);
        let recents = rig.desk.recents();
        id.and_then(|id| recents.of(id)?.last_used()).ok_or(())
    };
    store(&rig.store, vec![of(0, "first", Ms(0))])
        .await
        .unwrap();
    until("requests are counted", async || known("first").await).await;

    let mut many = vec![of(1, "early", Ms(-29 * Ms::MINUTE.0))];
    many.extend((2..2_200).map(|n| of(n, "busy", Ms(n))));
    store(&rig.store, many).await.unwrap();
    let early = until("what began before them is known", async || {
        known("early").await
    })
    .await;
    assert_eq!(early, MORNING - Ms(29 * Ms::MINUTE.0));
}
