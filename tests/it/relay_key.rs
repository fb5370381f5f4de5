//! The Management Key is changed at the gateway while the relay is at work. CPA
//! bans whoever shows five wrong keys in a row, for half an hour.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cpamp::domain::units::Ms;
use reqwest::{Method, StatusCode};

use crate::support::binary::script;
use crate::support::door::Door;
use crate::support::panel::ADMIN_KEY;
use crate::support::upstream::Upstream;

const SCRIPTS: usize = 32;

/// Far fewer wrong keys than are forgiven arrive, however many requests are
/// under way; whoever asks later learns why, and nothing is sent any more.
#[tokio::test]
async fn a_key_that_changes_in_a_burst_bans_nobody() {
    for delay in [20, 400] {
        let door = Door::open().await;
        let (first, rotated) = (door.gateway.key(), "another-management-key");
        assert_eq!(
            door.get("/v0/management/debug").await.status,
            StatusCode::OK
        );
        let delay = Duration::from_millis(delay);
        door.gateway.set_faults(|faults| faults.delay = delay);
        let succeeded = AtomicUsize::new(0);
        let many = (0..SCRIPTS).map(async |_| {
            let script = door.script();
            loop {
                let answer = script.get("/v0/management/debug").await;
                if answer.status != StatusCode::OK {
                    return answer;
                }
                if succeeded.fetch_add(1, Ordering::SeqCst) == 4 {
                    let text = door.gateway.config_yaml();
                    let line = text.lines().find(|line| line.contains("secret-key"));
                    let other = format!("  secret-key: \"{rotated}\"");
                    let text = text.replace(line.unwrap(), &other);
                    door.gateway.set_config_yaml(&text);
                }
            }
        });
        for answer in futures_util::future::join_all(many).await {
            assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
            assert_eq!(answer.json()["code"], "management_key_rejected");
        }
        let refused = door.gateway.tally().auth_refused;
        assert!((1..=3).contains(&refused), "{refused} wrong keys arrived");
        door.gateway
            .set_faults(|faults| faults.delay = Duration::ZERO);
        let gone = script(&door.gateway.url(), &first);
        let answer = gone.get("/v0/management/debug").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
        let right = script(&door.gateway.url(), rotated);
        let answer = right.get("/v0/management/debug").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(door.gateway.tally().auth_refused, refused + 1);
        // Time alone does not make anybody try it again.
        let clock = &door.panel.clock;
        clock.set(clock.now() + Ms::DAY);
        let answer = door.get("/v0/management/debug").await;
        assert_eq!(answer.json()["code"], "management_key_rejected");
        assert_eq!(door.gateway.tally().auth_refused, refused + 1);
    }
}

/// Answers that take long hold nobody up: a quick question shows that the key
/// still opens.
#[tokio::test]
async fn slow_answers_hold_nobody_up() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let client = panel
        .visitor()
        .with("authorization", &format!("Bearer {ADMIN_KEY}"));
    let call = || client.send(Method::POST, "/v0/management/api-call", "{}", &[]);
    let config = client.get("/v0/management/config");
    let gateway = async {
        let ok = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
        let mut slow = upstream.request().await;
        // Nobody knows the key yet, so it is this that the second one waits for.
        let mut question = upstream.request().await;
        assert!(
            question.head.starts_with("GET /v0/management/debug"),
            "{}",
            question.head
        );
        question.write(ok).await;
        drop(question);
        let mut others = vec![upstream.request().await];
        loop {
            let mut next = upstream.request().await;
            let is_question = next.head.starts_with("GET /v0/management/debug");
            if is_question {
                next.write(ok).await;
                continue;
            }
            others.push(next);
            if others.len() == 2 {
                break;
            }
        }
        for mut other in others {
            other.write(ok).await;
        }
        slow.write(ok).await;
    };
    let (first, second, third, ()) = tokio::join!(call(), call(), config, gateway);
    for answer in [first, second, third] {
        assert_eq!(answer.status, StatusCode::OK);
    }
}
