//! The recorded management exchanges, sent to the simulated gateway in order,
//! straight and through the relay: each must come out as it was recorded.

use cpamp::domain::units::Ms;
use cpamp::fake::Gateway;

use crate::support::door::Door;
use crate::support::gateway::{Answer, LAB_KEY, get, http, http_at, laboratory};
use crate::support::panel::ADMIN_KEY;
use crate::support::recording::{Asked, Replay};

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = headers.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[tokio::test]
async fn recorded_exchanges_come_out_the_same() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let listed = get(&gateway, "/v0/management/auth-files").await.body;
    let mut replay = Replay::new(&gateway, &listed);
    assert_eq!(replay.steps(), 207);
    for step in 1..=207 {
        let asked = replay.ask(step);
        let got = straight(&gateway, &asked).await;
        replay.compare(step, &got);
    }
}

async fn straight(gateway: &Gateway, asked: &Asked) -> Answer {
    let headers = borrowed(&asked.headers);
    let body = asked.body.as_bytes();
    http(gateway, &asked.method, &asked.path, &headers, body).await
}

/// What the panel does with a recorded step.
enum Through {
    /// Everything as recorded.
    Same,
    /// As recorded, once the Admin Key comes with it: nothing of the gateway's
    /// is open to everybody here.
    SameWithKey,
    /// The panel answers by itself, with this status; the gateway sees nothing.
    Own(u16),
    /// The gateway answers, but not as recorded: the caller no longer chooses
    /// the address it sees.
    Allowed,
    /// These are asked of the gateway itself.
    NotRelayed,
}

fn through(step: usize) -> Through {
    match step {
        // No key, wrong keys.
        1 | 2 | 5 | 12 | 202..=206 => Through::Own(401),
        // Pages of its own.
        10 => Through::Own(200),
        11 => Through::Own(303),
        15 => Through::Allowed,
        138..=141 | 191 => Through::SameWithKey,
        14 | 167 | 168 => Through::NotRelayed,
        // An encoded slash.
        175 => Through::Own(400),
        // They belong to the collector.
        176..=179 => Through::Own(403),
        // The gateway banned for the wrong keys before; here the panel waits.
        207 => Through::Own(429),
        _ => Through::Same,
    }
}

#[tokio::test]
async fn recorded_exchanges_come_out_the_same_through_the_relay() {
    let door = Door::with(laboratory(), |setup| {
        setup.env("CPAMP_CPA_MANAGEMENT_KEY", LAB_KEY)
    })
    .await;
    let listed = door.get("/v0/management/auth-files").await.body;
    let mut replay = Replay::new(&door.gateway, &listed);
    let panel = door
        .panel
        .origin
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let key = format!("Bearer {ADMIN_KEY}");
    let mut same = 0;
    for step in 1..=replay.steps() {
        let mut asked = replay.ask(step);
        let way = through(step);
        for (name, value) in &mut asked.headers {
            if name == "Authorization" && value.contains(LAB_KEY) {
                value.clone_from(&key);
            }
        }
        if matches!(way, Through::SameWithKey) {
            asked.headers.push(("Authorization".into(), key.clone()));
        }
        if matches!(way, Through::NotRelayed) {
            let got = straight(&door.gateway, &asked).await;
            replay.compare(step, &got);
            continue;
        }
        let seen = door.gateway.tally().http_requests;
        let (headers, body) = (borrowed(&asked.headers), asked.body.as_bytes());
        let got = http_at(panel, &asked.method, &asked.path, &headers, body).await;
        match way {
            Through::Same | Through::SameWithKey => {
                replay.compare(step, &got);
                same += 1;
            }
            Through::Own(status) => {
                assert_eq!(got.status, status, "step {step}: {}", got.body);
                assert_eq!(door.gateway.tally().http_requests, seen, "step {step}");
            }
            Through::Allowed => assert_eq!(got.status, 200, "step {step}: {}", got.body),
            Through::NotRelayed => unreachable!("handled above"),
        }
    }
    assert_eq!(same, 186);
    // Nobody made the gateway ban the panel.
    door.panel.clock.set(door.panel.clock.now() + Ms::HOUR);
    let answer = door.get("/v0/management/config").await;
    assert_eq!(answer.status, reqwest::StatusCode::OK, "{}", answer.body);
}
