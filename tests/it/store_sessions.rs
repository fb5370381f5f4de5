//! Sessions end when they should, settings and gaps are kept as they were put.

use cpamp::domain::collection::Gap;
use cpamp::domain::units::{At, Ms};
use cpamp::store::sessions::{self, NewSession};
use cpamp::store::{Store, admin, gaps};

use crate::support::database::Database;
use crate::support::events::MORNING;

const IDLE: Ms = Ms(12 * Ms::HOUR.0);

fn session(n: u8) -> NewSession {
    NewSession {
        token_hash: [n; 32],
        now: MORNING,
        expires_at: MORNING + Ms(7 * Ms::DAY.0),
        address: String::from("192.0.2.1"),
        agent: String::from("browser"),
    }
}

async fn log_in(open: &Store, n: u8) -> sessions::SessionId {
    let new = session(n);
    open.write(move |c| sessions::create(c, &new))
        .await
        .unwrap()
}

async fn found(open: &Store, n: u8, now: At) -> bool {
    let found = open
        .read(move |c| sessions::find(c, &[n; 32], now, IDLE))
        .await;
    found.unwrap().is_some()
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let database = Database::new();
    let open = database.open();
    let id = log_in(&open, 1).await;
    assert!(found(&open, 1, MORNING + Ms(IDLE.0 - 1)).await);
    assert!(!found(&open, 1, MORNING + IDLE).await);
    assert!(!found(&open, 2, MORNING).await);

    let later = MORNING + Ms::HOUR;
    open.write(move |c| sessions::touch(c, id, later))
        .await
        .unwrap();
    assert!(found(&open, 1, MORNING + IDLE).await);
    assert!(!found(&open, 1, later + IDLE).await);
}

#[tokio::test]
async fn a_session_ends_however_busy_it_is() {
    let database = Database::new();
    let open = database.open();
    let id = log_in(&open, 1).await;
    let end = session(1).expires_at;
    let just_before = end - Ms(1);
    open.write(move |c| sessions::touch(c, id, just_before))
        .await
        .unwrap();
    assert!(found(&open, 1, just_before).await);
    assert!(!found(&open, 1, end).await);
    let purged = open
        .write(move |c| sessions::purge(c, end, IDLE))
        .await
        .unwrap();
    assert_eq!(purged, 1);
}

#[tokio::test]
async fn use_is_noted_once_a_minute_and_never_backwards() {
    let database = Database::new();
    let open = database.open();
    let id = log_in(&open, 1).await;
    let seen = |now: At| {
        let open = open.clone();
        async move {
            open.write(move |c| sessions::touch(c, id, now))
                .await
                .unwrap();
            let list = open
                .read(|c| sessions::list(c, MORNING, IDLE))
                .await
                .unwrap();
            list[0].last_seen
        }
    };
    assert_eq!(seen(MORNING + Ms(59_999)).await, MORNING);
    assert_eq!(seen(MORNING + Ms::MINUTE).await, MORNING + Ms::MINUTE);
    assert_eq!(seen(MORNING - Ms::HOUR).await, MORNING + Ms::MINUTE);
}

#[tokio::test]
async fn sessions_are_revoked_one_by_one_or_all() {
    let database = Database::new();
    let open = database.open();
    let first = log_in(&open, 1).await;
    log_in(&open, 2).await;
    assert!(
        open.write(move |c| sessions::revoke(c, first))
            .await
            .unwrap()
    );
    assert!(
        !open
            .write(move |c| sessions::revoke(c, first))
            .await
            .unwrap()
    );
    assert!(!found(&open, 1, MORNING).await);
    assert!(found(&open, 2, MORNING).await);
    assert_eq!(open.write(sessions::revoke_all).await.unwrap(), 1);
    assert!(!found(&open, 2, MORNING).await);
}

#[tokio::test]
async fn another_admin_key_ends_all_sessions() {
    let database = Database::new();
    let open = database.open();
    open.write(|c| admin::replace(c, "pbkdf2$one", MORNING))
        .await
        .unwrap();
    log_in(&open, 1).await;
    open.write(|c| admin::replace(c, "pbkdf2$two", MORNING))
        .await
        .unwrap();
    assert!(!found(&open, 1, MORNING).await);
    let kept = open.read(admin::credential).await.unwrap();
    assert_eq!(kept.as_deref(), Some("pbkdf2$two"));

    let epoch = |text: &'static str| open.write(move |c| sessions::begin_epoch(c, text));
    epoch("a").await.unwrap();
    log_in(&open, 2).await;
    assert!(!epoch("a").await.unwrap());
    assert!(found(&open, 2, MORNING).await);
    assert!(epoch("b").await.unwrap());
    assert!(!found(&open, 2, MORNING).await);
}

#[tokio::test]
async fn a_gap_is_prolonged_and_listed() {
    let database = Database::new();
    let open = database.open();
    let gap = |from: i64, to: i64| Gap {
        from: At(from),
        to: At(to),
        why: String::from("gateway_restarted"),
    };
    for new in [gap(10, 20), gap(10, 30), gap(50, 60)] {
        open.write(move |c| gaps::record(c, &new)).await.unwrap();
    }
    let newest = open.read(|c| gaps::newest(c, 50)).await.unwrap();
    assert_eq!(newest, [gap(50, 60), gap(10, 30)]);
}
