//! Storing batches: what is kept, what is counted, what others see of it.

use cpamp::domain::event::Event;
use cpamp::domain::tokens::{Quality, Tokens};
use cpamp::domain::units::{At, Ms};
use cpamp::store::batch::{self, Batch, Ingested};
use cpamp::store::counters::{self, Counters};
use cpamp::store::names::{Kind, OTHER};
use cpamp::store::rejects::{self, NewReject};
use cpamp::store::requests::Detail;
use cpamp::store::secret::Keyring;
use cpamp::store::{Store, detail};

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event, events};

async fn counted(open: &Store) -> Counters {
    open.read(counters::all).await.unwrap()
}

async fn detail(open: &Store, of: &Event) -> Option<Detail> {
    let (names, key) = (open.names(), of.key);
    let found = open.read(move |c| detail::load(c, &names, key)).await;
    found.unwrap()
}

fn keyring() -> Keyring {
    Keyring::derive(&[1; 32])
}

#[tokio::test]
async fn replayed_events_are_counted_once() {
    let database = Database::new();
    let open = database.open();
    let first = store(&open, events(0, 5)).await.unwrap();
    assert_eq!((first.stored, first.duplicates), (5, 0));
    let again = store(&open, events(3, 5)).await.unwrap();
    assert_eq!((again.stored, again.duplicates), (3, 2));

    let wanted = Counters {
        taken: 10,
        stored: 8,
        duplicates: 2,
        ..Counters::default()
    };
    assert_eq!(counted(&open).await, wanted);
}

#[tokio::test]
async fn an_event_twice_in_one_batch_is_counted_once() {
    let database = Database::new();
    let open = database.open();
    let done = store(&open, vec![event(1), event(1)]).await.unwrap();
    assert_eq!((done.stored, done.duplicates), (1, 1));
}

#[tokio::test]
async fn events_with_another_key_both_stay() {
    let database = Database::new();
    let open = database.open();
    let one = event(1);
    let mut other_id = event(1);
    other_id.key.id.0 += 1;
    let mut other_time = event(1);
    other_time.key.at.0 += 1;
    let done = store(&open, vec![one, other_id, other_time]).await.unwrap();
    assert_eq!((done.stored, done.duplicates), (3, 0));
}

#[tokio::test]
async fn an_event_comes_back_as_it_was() {
    let database = Database::new();
    let open = database.open();
    let mut odd = event(7);
    odd.request_id = String::from("req_With:Other-Shape");
    odd.failed = true;
    odd.status = 499;
    odd.generate = false;
    odd.latency = None;
    odd.ttft = None;
    odd.failure = String::from("{\"error\":\"no\u{0}pe 漢字\"}");
    odd.headers = vec![(String::from("retry-after"), "9".repeat(300))];
    odd.forwarded_for = String::from("10.0.0.1, 10.0.0.2");
    odd.tokens = Tokens {
        uncached: None,
        cache_read: None,
        cache_write: None,
        output: None,
        reasoning: None,
        unclassified: 12,
        quality: Quality::Inconsistent,
    };
    let mut bare = event(8);
    bare.request_id = String::new();
    bare.headers = Vec::new();
    bare.account = cpamp::domain::event::Account::default();
    bare.client_key = cpamp::domain::event::ClientKey::default();
    let all = vec![event(6), odd, bare];
    store(&open, all.clone()).await.unwrap();

    for stored in &all {
        assert_eq!(&detail(&open, stored).await.unwrap().event, stored);
    }
    assert_eq!(detail(&open, &event(9)).await, None);

    open.close().await;
    let reopened = database.open();
    for stored in &all {
        assert_eq!(&detail(&reopened, stored).await.unwrap().event, stored);
    }
}

#[tokio::test]
async fn attempts_of_one_request_are_found_within_a_day() {
    async fn attempts(open: &Store, of: &Event) -> Vec<At> {
        let found = detail(open, of).await.unwrap();
        found.attempts.iter().map(|row| row.key.at).collect()
    }
    let database = Database::new();
    let open = database.open();
    for request_id in ["0a0b0c0d", "not hexadecimal"] {
        let at = |n: i64, later: Ms| {
            let mut event = event(n);
            event.request_id = String::from(request_id);
            event.key.at = MORNING + later;
            event.key.id.0 ^= i64::try_from(request_id.len()).unwrap();
            event
        };
        let first = at(1, Ms(0));
        let second = at(2, Ms::MINUTE);
        let other = event(3);
        let next_day = at(4, Ms(Ms::DAY.0 + 2));
        let batch = vec![first.clone(), second.clone(), other, next_day];
        store(&open, batch).await.unwrap();

        assert_eq!(
            attempts(&open, &first).await,
            [second.key.at],
            "{request_id}"
        );
        assert_eq!(attempts(&open, &second).await.len(), 2, "{request_id}");
    }
    assert!(attempts(&open, &event(3)).await.is_empty());
}

#[tokio::test]
async fn names_are_kept_once_and_found_again() {
    let database = Database::new();
    let open = database.open();
    let mut other = event(1);
    other.model = String::from("claude");
    store(&open, vec![event(0), other, event(2)]).await.unwrap();
    let names = open.names();
    let check = || {
        let names = names.read();
        assert_eq!(names.len(Kind::Model), 2);
        let id = names.id(Kind::Model, "claude").unwrap();
        assert_eq!(names.value(Kind::Model, id), "claude");
        assert_eq!(names.id(Kind::Model, ""), Some(0));
        assert_eq!(names.id(Kind::Model, "nobody"), None);
        assert_eq!(names.len(Kind::Forwarded), 0);
    };
    check();
    open.close().await;
    let _reopened = database.open();
    check();
}

#[tokio::test]
async fn labels_follow_new_events_and_ignore_replays() {
    fn labelled(n: i64, label: &str) -> Event {
        let mut event = event(n);
        event.account.label = String::from(label);
        event
    }
    fn label(open: &Store) -> String {
        let names = open.names();
        let names = names.read();
        let id = names.id(Kind::Account, "49edba963014b089").unwrap();
        names.label(Kind::Account, id).to_owned()
    }
    let database = Database::new();
    let open = database.open();
    let batch = vec![labelled(0, ""), labelled(1, "first"), labelled(2, "second")];
    store(&open, batch).await.unwrap();
    assert_eq!(label(&open), "second");
    store(&open, vec![labelled(1, "first"), labelled(3, "")])
        .await
        .unwrap();
    assert_eq!(label(&open), "second");
    store(&open, vec![labelled(4, "third")]).await.unwrap();
    assert_eq!(label(&open), "third");
    open.close().await;
    assert_eq!(label(&database.open()), "third");
}

#[tokio::test]
async fn a_full_kind_takes_everything_else_as_one() {
    let database = Database::new();
    let open = database.open();
    let many = (0..10_005).map(|n| {
        let mut event = event(n);
        event.user_agent = format!("agent/{n}");
        event
    });
    let done = store(&open, many.collect()).await.unwrap();
    assert_eq!(done.stored, 10_005);
    let names = open.names();
    let names = names.read();
    assert_eq!(names.len(Kind::Agent), 10_001);
    assert!(names.id(Kind::Agent, "agent/9999").is_some());
    assert_eq!(names.id(Kind::Agent, "agent/10000"), None);
    assert!(names.id(Kind::Agent, OTHER).is_some());
}

#[tokio::test]
async fn a_long_name_is_found_again() {
    let database = Database::new();
    let open = database.open();
    let long = "ä".repeat(400);
    for n in 0..2 {
        let mut event = event(n);
        event.user_agent.clone_from(&long);
        store(&open, vec![event]).await.unwrap();
    }
    let names = open.names();
    let names = names.read();
    assert_eq!(names.len(Kind::Agent), 1);
    assert!(names.id(Kind::Agent, &long).is_some());
}

#[tokio::test]
async fn watchers_hear_of_new_events_only() {
    let database = Database::new();
    let open = database.open();
    let (mut version, arrivals) = (open.version(), open.arrivals());
    let before = *version.borrow_and_update();

    store(&open, events(0, 2)).await.unwrap();
    assert!(version.has_changed().unwrap());
    assert!(*version.borrow_and_update() > before);
    let keys: Vec<_> = arrivals.since(0).unwrap().iter().map(|a| a.1).collect();
    assert_eq!(keys, [event(0).key, event(1).key]);

    store(&open, events(0, 2)).await.unwrap();
    assert!(!version.has_changed().unwrap());
    assert_eq!(arrivals.since(2), Ok(vec![]));
}

#[tokio::test]
async fn rejects_are_kept_once_and_can_be_recovered() {
    let database = Database::new();
    let open = database.open();
    let reject = |raw: &[u8]| NewReject::new(&keyring(), MORNING, "not_json", "{…", raw);
    let batch = Batch {
        rejects: vec![reject(b"{one"), reject(b"{two"), reject(b"{one")],
        taken: 3,
        retried: 1,
        ..Batch::default()
    };
    let done = open.ingest(batch).await.unwrap();
    assert_eq!((done.rejected, done.duplicates), (2, 1));

    let listed = open.read(|c| rejects::list(c, 10)).await.unwrap();
    assert_eq!(listed.len(), 2);
    let id = listed[0].id;
    assert!(listed[0].retriable);
    let original = open
        .read(move |c| rejects::original(c, &keyring(), id))
        .await
        .unwrap();
    assert!([&b"{one"[..], b"{two"].contains(&original.unwrap().as_slice()));

    open.write(move |c| rejects::failed_again(c, id, "not_an_event"))
        .await
        .unwrap();
    let again = open.read(|c| rejects::list(c, 10)).await.unwrap();
    let tried = again.iter().find(|reject| reject.id == id).unwrap();
    assert_eq!((tried.tries, tried.reason.as_str()), (1, "not_an_event"));

    let recovered = Batch {
        events: events(0, 1),
        recovered: vec![id],
        ..Batch::default()
    };
    open.ingest(recovered).await.unwrap();
    assert_eq!(open.read(rejects::count).await.unwrap(), 1);
    let totals = counted(&open).await;
    assert_eq!(
        (totals.stored, totals.rejected, totals.batches_retried),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn a_huge_reject_keeps_its_reason_only() {
    let database = Database::new();
    let open = database.open();
    let huge = NewReject::new(&keyring(), MORNING, "too_large", "x", &vec![b'x'; 2 << 20]);
    let batch = Batch {
        rejects: vec![huge],
        ..Batch::default()
    };
    open.ingest(batch).await.unwrap();
    let listed = open.read(|c| rejects::list(c, 10)).await.unwrap();
    assert!(!listed[0].retriable);
}

#[tokio::test]
async fn the_oldest_rejects_give_way() {
    let database = Database::new();
    let open = database.open();
    let rejects = (0..5_003).map(|n: i64| {
        let raw = n.to_le_bytes();
        NewReject::new(&keyring(), At(MORNING.0 + n), "not_json", "", &raw)
    });
    let batch = Batch {
        rejects: rejects.collect(),
        ..Batch::default()
    };
    assert_eq!(open.ingest(batch).await.unwrap().rejected, 5_003);
    assert_eq!(open.read(rejects::count).await.unwrap(), 5_000);
    let newest = open.read(|c| rejects::list(c, 1)).await.unwrap();
    assert_eq!(newest[0].taken_at, At(MORNING.0 + 5_002));
}

#[tokio::test]
async fn committed_spool_records_are_remembered() {
    let database = Database::new();
    let open = database.open();
    let batch = Batch {
        records: vec![11, -12],
        ..Batch::default()
    };
    assert_eq!(open.ingest(batch).await.unwrap(), Ingested::default());
    let known = |record| open.read(move |c| batch::is_committed(c, record));
    assert!(known(11).await.unwrap());
    assert!(known(-12).await.unwrap());
    assert!(!known(13).await.unwrap());
}
