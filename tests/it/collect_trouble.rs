//! When the gateway refuses, is gone, or loses things: the collector says why,
//! tries again where that helps, and records what was probably lost.

use std::time::Duration;

use cpamp::clock::Clock;
use cpamp::domain::collection::{Gap, Mode, Reason, Settings, State, Status, Transport};
use cpamp::domain::units::{At, Ms};
use cpamp::fake::{Gateway, Options};
use cpamp::store::gaps;

use crate::support::database::Database;
use crate::support::events::MORNING;
use crate::support::gateway::{http, within};
use crate::support::rig::{Rig, settings, tuning, usage};

async fn gateway() -> Gateway {
    Gateway::start(Options::default()).await.unwrap()
}

async fn rig(gateway: &Gateway, mode: Mode) -> Rig {
    Rig::start(settings(&gateway.url(), &gateway.key(), mode)).await
}

fn push(gateway: &Gateway, range: std::ops::Range<i64>) {
    range.for_each(|n| gateway.push(&usage(n)));
}

fn because(reason: Reason) -> impl Fn(&Status) -> bool {
    move |status| status.reason.as_ref() == Some(&reason)
}

fn collecting(status: &Status) -> bool {
    status.state == State::Collecting
}

fn whys(gaps: &[Gap]) -> Vec<&str> {
    gaps.iter().map(|gap| gap.why.as_str()).collect()
}

/// Attempts with a key that the gateway refused.
fn refused(gateway: &Gateway) -> usize {
    let attempts = gateway.auth_attempts();
    attempts.iter().filter(|a| a.refused.is_some()).count()
}

#[tokio::test]
async fn a_wrong_key_reaches_the_gateway_once_and_the_right_one_starts_it() {
    for mode in [Mode::Auto, Mode::Resp, Mode::Http, Mode::Subscribe] {
        let gateway = gateway().await;
        let rig = Rig::start(settings(&gateway.url(), "wrong", mode)).await;
        let status = rig.until("rejected", because(Reason::KeyRejected)).await;
        assert_eq!((status.state, status.next_try_at), (State::Stopped, None));

        // Other settings with the same key are a new attempt, the same are not.
        rig.settings
            .send_replace(settings(&gateway.url(), "wrong", mode));
        let right = settings(&gateway.url(), &gateway.key(), mode);
        rig.settings.send_replace(right);
        push(&gateway, 0..2);
        rig.until_stored(2).await;
        assert_eq!(refused(&gateway), 1, "{mode:?}");
    }
}

#[tokio::test]
async fn a_rejected_key_is_tried_again_on_request() {
    let gateway = gateway().await;
    let rig = Rig::start(settings(&gateway.url(), "wrong", Mode::Auto)).await;
    rig.until("rejected", because(Reason::KeyRejected)).await;
    rig.handle.try_again();
    gateway.wait(|tally| tally.auth_refused == 2).await;
}

#[tokio::test]
async fn a_key_that_changes_under_us_stops_it() {
    let gateway = gateway().await;
    let rig = rig(&gateway, Mode::Auto).await;
    rig.until("collecting", collecting).await;
    let yaml = gateway.config_yaml();
    let secret = yaml.lines().find(|l| l.contains("secret-key")).unwrap();
    gateway.set_config_yaml(&yaml.replace(secret, "  secret-key: another-key"));
    let status = rig.until("rejected", because(Reason::KeyRejected)).await;
    assert_eq!(status.state, State::Stopped);
    assert_eq!(refused(&gateway), 1);
}

#[tokio::test]
async fn a_ban_is_waited_for_without_a_single_attempt() {
    let gateway = gateway().await;
    for _ in 0..5 {
        let wrong = [("Authorization", "Bearer wrong")];
        http(&gateway, "GET", "/v0/management/config", &wrong, b"").await;
    }
    let rig = rig(&gateway, Mode::Auto).await;
    let status = rig
        .until("banned", |s| {
            matches!(s.reason, Some(Reason::Banned { .. }))
        })
        .await;
    assert_eq!(status.state, State::Stopped);
    let Some(Reason::Banned { until: Some(until) }) = status.reason else {
        panic!("no end told");
    };
    assert!(status.next_try_at.unwrap() >= until);
    let now = rig.clock.now();
    assert!(until > now + Ms(29 * 60_000) && until <= now + Ms(30 * 60_000));

    // A person's impatience changes nothing; other settings are one attempt.
    rig.handle.try_again();
    let before = gateway.auth_attempts().len();
    let other = settings(&gateway.url(), &gateway.key(), Mode::Http);
    rig.settings.send_replace(other);
    rig.until("banned again", |s| {
        s.mode == Mode::Http && s.state == State::Stopped
    })
    .await;
    assert_eq!(gateway.auth_attempts().len(), before + 1);
}

#[tokio::test]
async fn management_that_is_switched_off_and_on_is_survived() {
    let gateway = gateway().await;
    let rig = rig(&gateway, Mode::Auto).await;
    rig.until("collecting", collecting).await;
    let yaml = gateway.config_yaml();
    gateway.set_config_yaml("host: \"127.0.0.1\"\nusage-statistics-enabled: true\n");
    let off = rig.until("off", because(Reason::ManagementOff)).await;
    assert_eq!(off.state, State::Retrying);
    gateway.set_config_yaml(&yaml);
    rig.until("collecting again", collecting).await;
    push(&gateway, 0..2);
    rig.until_stored(2).await;
}

#[tokio::test]
async fn statistics_that_are_off_are_told_and_noticed_when_on() {
    let gateway = gateway().await;
    gateway.set_statistics(false);
    let rig = rig(&gateway, Mode::Auto).await;
    let status = rig.until("off", because(Reason::StatisticsOff)).await;
    assert_eq!(status.state, State::Collecting, "it keeps polling");
    assert_eq!(status.gateway.usage_statistics_enabled, Some(false));
    gateway.set_statistics(true);
    rig.until("on", |s| s.reason.is_none()).await;
    push(&gateway, 0..1);
    rig.until_stored(1).await;
}

#[tokio::test]
async fn switching_off_and_on_works_without_a_gateway() {
    let gateway = gateway().await;
    gateway.stop().await;
    let rig = rig(&gateway, Mode::Auto).await;
    let status = rig.until("away", because(Reason::Unreachable)).await;
    assert_eq!(status.gateway.reachable, Some(false));
    rig.settings
        .send_modify(|settings| settings.enabled = false);
    rig.until("off", |s| s.state == State::Off && s.reason.is_none())
        .await;
    rig.settings.send_replace(Settings::default());
    rig.until("unconfigured", |s| s.state == State::Unconfigured)
        .await;
    rig.settings.send_replace(Settings {
        key_unreadable: true,
        ..Settings::default()
    });
    rig.until("unreadable", because(Reason::SealedKeyUnreadable))
        .await;
}

#[tokio::test]
async fn a_restarted_gateway_is_taken_from_again_and_leaves_a_gap() {
    for mode in [Mode::Resp, Mode::Http, Mode::Subscribe] {
        let gateway = gateway().await;
        let rig = rig(&gateway, mode).await;
        push(&gateway, 0..3);
        rig.until_stored(3).await;
        gateway.stop().await;
        // The first failure may be the broken connection; the next one finds
        // nobody at the port.
        let first = rig.until("away", because(Reason::Unreachable)).await;
        rig.until("still away", |s| s.next_try_at > first.next_try_at)
            .await;
        gateway.restart().await.unwrap();
        rig.until("back", collecting).await;
        push(&gateway, 3..6);
        let status = rig.until_stored(6).await;
        assert_eq!(whys(&status.gaps), ["gateway_restarted"], "{mode:?}");
        assert!(status.gaps[0].from < status.gaps[0].to);
    }
}

#[tokio::test]
async fn a_slow_gateway_is_waited_for() {
    let gateway = gateway().await;
    gateway.set_faults(|faults| faults.delay = Duration::from_millis(150));
    let rig = rig(&gateway, Mode::Auto).await;
    push(&gateway, 0..3);
    let status = rig.until_stored(3).await;
    assert_eq!(status.gaps, []);
}

#[tokio::test]
async fn a_peer_that_is_gone_without_a_word_is_noticed() {
    for (mode, why) in [
        (Mode::Resp, "answer_lost"),
        (Mode::Http, "answer_lost"),
        (Mode::Subscribe, "subscription_lost"),
    ] {
        let gateway = gateway().await;
        let mut tuning = tuning();
        tuning.limits.answer = Duration::from_millis(100);
        let settings = settings(&gateway.url(), &gateway.key(), mode);
        let rig = Rig::start_with(Database::new(), settings, tuning, Clock::System).await;
        rig.until("collecting", collecting).await;
        gateway.set_faults(|faults| faults.half_open = true);
        rig.until("timed out", because(Reason::TimedOut)).await;
        gateway.set_faults(|faults| faults.half_open = false);
        rig.until("collecting again", collecting).await;
        push(&gateway, 0..3);
        let status = rig.until_stored(3).await;
        assert_eq!(whys(&status.gaps), [why], "{mode:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_on_the_wire_leaves_a_gap() {
    for mode in [Mode::Resp, Mode::Http] {
        let gateway = gateway().await;
        let rig = rig(&gateway, mode).await;
        rig.until("collecting", collecting).await;
        gateway.set_faults(|faults| faults.reset_after_pop = 1);
        push(&gateway, 0..1);
        gateway.wait(|tally| tally.popped == 1).await;
        rig.until("a gap", |s| whys(&s.gaps) == ["answer_lost"])
            .await;
        push(&gateway, 1..4);
        rig.until_stored(3).await;
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_before_the_end_leaves_a_gap() {
    for mode in [Mode::Resp, Mode::Http] {
        let gateway = gateway().await;
        let mut tuning = tuning();
        tuning.limits.answer = Duration::from_mins(1);
        tuning.grace = Duration::ZERO;
        let settings = settings(&gateway.url(), &gateway.key(), mode);
        let rig = Rig::start_with(Database::new(), settings, tuning, Clock::System).await;
        rig.until("collecting", collecting).await;
        gateway.set_faults(|faults| faults.half_open = true);
        push(&gateway, 0..1);
        gateway.wait(|tally| tally.popped == 1).await;
        let database = rig.stop().await;
        let gaps = database.open().read(|c| gaps::newest(c, 9)).await.unwrap();
        assert_eq!(whys(&gaps), ["answer_lost"], "{mode:?}");
    }
}

#[tokio::test]
async fn a_subscription_dropped_for_being_slow_is_made_again_and_drained() {
    let gateway = gateway().await;
    let rig = rig(&gateway, Mode::Subscribe).await;
    rig.until("subscribed", |s| s.transport == Some(Transport::Subscribe))
        .await;
    // All at once, so that the gateway's buffer of 256 overflows; what comes
    // after the drop is queued.
    push(&gateway, 0..2_000);
    let tally = gateway.wait(|tally| tally.dropped_subscribers == 1).await;
    let lost = 1 + i64::try_from(tally.pushed).unwrap();
    rig.until_stored(2_000 - lost).await;
    let known = |s: &Status| whys(&s.gaps).contains(&"subscription_lost");
    let status = rig.until("the loss known", known).await;
    push(&gateway, 2_000..2_001);
    rig.until_stored(status.stored + 1).await;
}

/// A look that is refused ends the session, and what the channel still carries
/// is taken: the gateway has taken it out of its queue already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_ends_in_order_when_the_key_is_refused() {
    let gateway = gateway().await;
    let rig = rig(&gateway, Mode::Subscribe).await;
    rig.until("subscribed", |s| s.transport == Some(Transport::Subscribe))
        .await;
    let yaml = gateway.config_yaml();
    let secret = yaml.lines().find(|l| l.contains("secret-key")).unwrap();
    let other = yaml.replace(secret, "  secret-key: another-key");
    let mut pushed = 0;
    within(async {
        while rig.status().state != State::Stopped {
            // Less than a subscriber may be behind, and never nothing.
            if pushed - rig.status().stored < 100 {
                push(&gateway, pushed..pushed + 1);
                pushed += 1;
                if pushed == 200 {
                    gateway.set_config_yaml(&other);
                }
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let queued = i64::try_from(gateway.queue_len()).unwrap();
    let stored = |status: &Status| status.spooled == 0 && status.stored == pushed - queued;
    rig.until("all of them stored", stored).await;
}

#[tokio::test]
async fn being_away_longer_than_the_retention_leaves_a_gap() {
    let gateway = gateway().await;
    let settings = settings(&gateway.url(), &gateway.key(), Mode::Auto);
    let clock = Clock::fixed(MORNING);
    let rig = Rig::start_with(Database::new(), settings.clone(), tuning(), clock.clone()).await;
    rig.until("collecting", collecting).await;
    let mut database = rig.stop().await;

    for (minutes, gaps) in [(1, 0), (11, 1)] {
        clock.set(MORNING + Ms(minutes * 60_000));
        let rig = Rig::start_with(database, settings.clone(), tuning(), clock.clone()).await;
        let status = rig.until("collecting", collecting).await;
        assert_eq!(status.gaps.len(), gaps, "{minutes} min");
        if let [gap] = status.gaps.as_slice() {
            let from = At(MORNING.0 + 60_000);
            assert_eq!((gap.from, gap.to), (from, from + Ms(9 * 60_000)));
            assert_eq!(gap.why, "away_longer_than_retention");
        }
        database = rig.stop().await;
    }
}

#[tokio::test]
async fn a_clock_that_jumps_disturbs_nothing() {
    let gateway = gateway().await;
    let settings = settings(&gateway.url(), &gateway.key(), Mode::Auto);
    let clock = Clock::fixed(MORNING);
    let rig = Rig::start_with(Database::new(), settings, tuning(), clock.clone()).await;
    for (n, hours) in (0..).zip([0, 5, -24, 24 * 365]) {
        clock.set(MORNING + Ms(hours * 3_600_000));
        push(&gateway, n..n + 1);
        rig.until_stored(n + 1).await;
    }
    assert_eq!(rig.status().gaps, []);
}

#[tokio::test]
async fn garbage_and_giants_cost_no_neighbour() {
    for mode in [Mode::Resp, Mode::Http, Mode::Subscribe] {
        let gateway = gateway().await;
        let rig = rig(&gateway, mode).await;
        rig.until("collecting", collecting).await;
        push(&gateway, 0..2);
        gateway.push_raw(r#"{"half":"#);
        gateway.push_raw("\u{0}\u{1}garbage");
        push(&gateway, 2..4);
        gateway.push_raw("[1,2,3]");
        gateway.push_raw(vec![0xff, 0xfe, b'{']);
        gateway.push_raw(vec![b'x'; 17 << 20]);
        push(&gateway, 4..5);
        // Large, and an event nevertheless.
        let body = format!(r#""body":"{}""#, "x".repeat(12 << 20));
        gateway.push(&usage(5).replace(r#""body":"""#, &body));
        let status = rig.until_stored(6).await;
        let status = if status.rejected < 5 {
            rig.until("all rejected", |s| s.rejected == 5).await
        } else {
            status
        };
        assert_eq!((status.stored, status.rejected), (6, 5), "{mode:?}");
        assert_eq!(status.gaps, [], "{mode:?}");
    }
}
