//! Every way of taking events, against every kind of gateway: what was pushed
//! is stored once, by the transport that fits.

use cpamp::domain::collection::{Mode, Reason, State, Transport};
use cpamp::fake::{Gateway, Options, Version};

use crate::support::gateway::{Resp, laboratory, recorded};
use crate::support::rig::{Rig, settings, usage, with_tls};

async fn gateway(options: Options) -> Gateway {
    Gateway::start(options).await.unwrap()
}

async fn rig(gateway: &Gateway, mode: Mode) -> Rig {
    Rig::start(settings(&gateway.url(), &gateway.key(), mode)).await
}

fn push(gateway: &Gateway, range: std::ops::Range<i64>) {
    range.for_each(|n| gateway.push(&usage(n)));
}

#[tokio::test]
async fn each_mode_takes_what_was_queued_and_what_comes() {
    for (mode, transport) in [
        (Mode::Auto, Transport::Resp),
        (Mode::Resp, Transport::Resp),
        (Mode::Http, Transport::Http),
        (Mode::Subscribe, Transport::Subscribe),
    ] {
        let gateway = gateway(Options::default()).await;
        push(&gateway, 0..700);
        let rig = rig(&gateway, mode).await;
        let status = rig.until_stored(700).await;
        assert_eq!(status.transport, Some(transport), "{mode:?}");
        assert_eq!((status.state, &status.reason), (State::Collecting, &None));

        push(&gateway, 700..900);
        let status = rig.until_stored(900).await;
        assert_eq!(status.duplicates, 0, "{mode:?}");
        assert_eq!(status.taken, 900, "{mode:?}");
        assert_eq!(status.gaps, [], "{mode:?}");
        assert_eq!(status.gateway.version.as_deref(), Some("7.2.140"));
        rig.stop().await;
    }
}

#[tokio::test]
async fn the_recorded_events_go_the_whole_way() {
    let recorded = recorded("usage-events.jsonl");
    for mode in [Mode::Resp, Mode::Http, Mode::Subscribe] {
        let gateway = gateway(Options::default()).await;
        let rig = rig(&gateway, mode).await;
        rig.until("collecting", |s| s.state == State::Collecting)
            .await;
        recorded
            .lines()
            .for_each(|event| gateway.push_raw(event.to_owned()));
        let status = rig.until_stored(38).await;
        let counts = (status.stored, status.duplicates, status.rejected);
        assert_eq!(counts, (38, 0, 0), "{mode:?}");

        // Once more: nothing changes but the count of duplicates.
        recorded
            .lines()
            .for_each(|event| gateway.push_raw(event.to_owned()));
        rig.until("duplicates", |s| s.duplicates == 38).await;
        assert_eq!(rig.status().stored, 38);
    }
}

#[tokio::test]
async fn each_version_is_taken_from() {
    for (version, transport) in [
        (Version(6, 9, 38), Transport::Resp),
        (Version(6, 10, 8), Transport::Resp),
        (Version(7, 0, 7), Transport::Resp),
        (Version(7, 1, 17), Transport::Http),
        (Version(7, 1, 43), Transport::Resp),
    ] {
        let gateway = gateway(Options::default().version(version)).await;
        push(&gateway, 0..5);
        let rig = rig(&gateway, Mode::Auto).await;
        let status = rig.until_stored(5).await;
        assert_eq!(status.transport, Some(transport), "{version}");
        assert_eq!(status.rejected, 0, "{version}");
        assert_eq!(gateway.tally().auth_refused, 0, "{version}");
    }
}

#[tokio::test]
async fn a_queue_name_of_old_days_is_replaced_by_the_one_that_works() {
    let gateway = gateway(Options::default()).await;
    push(&gateway, 0..3);
    let mut old = settings(&gateway.url(), &gateway.key(), Mode::Resp);
    old.queue = String::from("queue");
    let rig = Rig::start(old).await;
    rig.until_stored(3).await;
}

#[tokio::test]
async fn a_fixed_mode_that_does_not_exist_there_is_told() {
    let old = gateway(Options::default().version(Version(7, 0, 0))).await;
    let new = gateway(Options::default().version(Version(7, 1, 17))).await;
    let older = gateway(Options::default().version(Version(6, 9, 38))).await;
    for (gateway, mode) in [
        (old, Mode::Subscribe),
        (new, Mode::Resp),
        (older, Mode::Http),
    ] {
        let rig = rig(&gateway, mode).await;
        let unsupported = Some(Reason::TransportUnsupported);
        let status = rig.until("unsupported", |s| s.reason == unsupported).await;
        assert_eq!(status.state, State::Retrying, "{mode:?}");
        assert!(status.next_try_at.is_some());
    }
}

#[tokio::test]
async fn http_stands_in_behind_a_proxy_and_resp_returns_without_it() {
    let gateway = gateway(Options::default()).await;
    gateway.set_faults(|faults| faults.http_only = true);
    let rig = rig(&gateway, Mode::Auto).await;
    push(&gateway, 0..3);
    let status = rig.until_stored(3).await;
    assert_eq!(status.transport, Some(Transport::Http));

    gateway.set_faults(|faults| faults.http_only = false);
    rig.until("back on RESP", |s| s.transport == Some(Transport::Resp))
        .await;
    push(&gateway, 3..6);
    rig.until_stored(6).await;
    assert_eq!(rig.status().gaps, []);
}

#[tokio::test]
async fn every_transport_passes_tls() {
    let gateway = gateway(with_tls(Options::default())).await;
    for (n, mode) in (0..).zip([Mode::Resp, Mode::Http, Mode::Subscribe]) {
        let mut settings = settings(&gateway.url(), &gateway.key(), mode);
        settings.connection.as_mut().unwrap().insecure_tls = true;
        let rig = Rig::start(settings).await;
        rig.until("collecting", |s| s.state == State::Collecting)
            .await;
        push(&gateway, n..n + 1);
        rig.until_stored(1).await;
        rig.stop().await;
    }
}

#[tokio::test]
async fn tls_is_verified_on_resp_too() {
    let gateway = gateway(with_tls(Options::default())).await;
    let rig = rig(&gateway, Mode::Resp).await;
    rig.until("unreachable", |s| s.reason == Some(Reason::Unreachable))
        .await;
    assert_eq!(gateway.auth_attempts(), []);
}

#[tokio::test]
async fn another_subscriber_is_noticed_and_met_by_subscribing() {
    let gateway = gateway(laboratory()).await;
    let rig = rig(&gateway, Mode::Auto).await;
    rig.until("popping", |s| s.transport == Some(Transport::Resp))
        .await;
    let rival = Resp::subscribed(&gateway, "usage").await;

    // The rival gets these, and the gateway counts them.
    let mut pushed = 0;
    while rig.status().transport != Some(Transport::Subscribe) {
        push(&gateway, pushed..pushed + 1);
        pushed += 1;
        let before = gateway.tally().http_requests;
        gateway.wait(|tally| tally.http_requests > before + 5).await;
    }
    let status = rig
        .until("competing", |s| {
            s.reason == Some(Reason::CompetingConsumer) && s.state == State::Collecting
        })
        .await;
    assert!(status.competing_consumer);
    assert_eq!(status.gaps[0].why, "competing_consumer");
    push(&gateway, 1_000..1_010);
    rig.until_stored(10).await;

    // It is remembered over a restart of ours, so nothing is lost then.
    let database = rig.stop().await;
    let settings = settings(&gateway.url(), &gateway.key(), Mode::Auto);
    let (tuning, clock) = (crate::support::rig::tuning(), cpamp::clock::Clock::System);
    let rig = Rig::start_with(database, settings, tuning, clock).await;
    let status = rig
        .until("subscribed", |s| s.transport == Some(Transport::Subscribe))
        .await;
    assert!(status.competing_consumer);
    drop(rival);
}

#[tokio::test]
async fn a_fixed_mode_is_kept_against_another_subscriber_but_it_is_told() {
    let gateway = gateway(laboratory()).await;
    let rig = rig(&gateway, Mode::Resp).await;
    rig.until("popping", |s| s.transport == Some(Transport::Resp))
        .await;
    let _rival = Resp::subscribed(&gateway, "usage").await;
    let mut pushed = 0;
    while !rig.status().competing_consumer {
        push(&gateway, pushed..pushed + 1);
        pushed += 1;
        let before = gateway.tally().http_requests;
        gateway.wait(|tally| tally.http_requests > before + 5).await;
    }
    let status = rig.status();
    assert_eq!(status.transport, Some(Transport::Resp));
    assert_eq!(status.reason, Some(Reason::CompetingConsumer));
}

#[tokio::test]
async fn requests_without_events_are_no_competitor() {
    let gateway = gateway(laboratory()).await;
    let rig = rig(&gateway, Mode::Auto).await;
    rig.until("popping", |s| s.transport == Some(Transport::Resp))
        .await;
    let mut counted = 0;
    let mut subscribed = false;
    while !(subscribed && rig.status().transport == Some(Transport::Resp)) {
        subscribed |= rig.status().transport == Some(Transport::Subscribe);
        gateway.count_silently();
        counted += 1;
        assert!(counted < 1_000, "it never came back to popping");
        let before = gateway.tally().http_requests;
        gateway.wait(|tally| tally.http_requests > before + 5).await;
    }
    let status = rig.until("alone", |s| !s.competing_consumer).await;
    assert_eq!(status.reason, None);
}
