//! What was done to the gateway through the panel and its API: one row a
//! request, written before it goes and completed after. Holds no bodies and no
//! secrets: whoever writes a path here has taken them out. Bounded by age and
//! by number, so that a script that runs wild cannot fill the disk.

use diesel::prelude::*;

use super::error::Result;
use super::schema::audit;
use super::{Store, StoreError};
use crate::domain::units::{At, Ms};

/// How long a row is kept.
pub const KEPT: Ms = Ms(180 * Ms::DAY.0);
/// Rows kept at most; the oldest give way.
const MOST_ROWS: i64 = 1_000_000;
/// Rows removed at once.
const STEP: i64 = 2_000;

/// Why a request is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It may change the gateway.
    Change,
    /// Its answer may hold secrets, or it uses a credential.
    Secret,
}

impl Kind {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Secret => "secret",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [Self::Change, Self::Secret];
        all.into_iter().find(|kind| kind.code() == code)
    }
}

/// A request that is about to be passed on.
#[derive(Clone, Debug)]
pub struct Intent {
    pub at: At,
    pub kind: Kind,
    /// `key`, or `session:` and its number.
    pub who: String,
    pub address: String,
    pub method: String,
    pub path: String,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub status: Option<i32>,
    /// `done`, `cut`, `interrupted`, or the code of a refusal.
    pub text: String,
    /// Bytes of the bodies, to the gateway and from it.
    pub sent: i64,
    pub received: i64,
    pub took: Ms,
}

/// A stored row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit)]
pub struct Entry {
    pub id: i64,
    #[diesel(column_name = at_ms)]
    pub at: At,
    pub kind: String,
    pub who: String,
    pub address: String,
    pub method: String,
    pub path: String,
    pub status: Option<i32>,
    pub outcome: String,
    pub sent: i64,
    pub received: i64,
    #[diesel(column_name = took_ms)]
    pub took: Option<Ms>,
}

/// Says under which number to complete it.
pub fn begin(c: &mut SqliteConnection, intent: &Intent) -> Result<i64> {
    Ok(diesel::insert_into(audit::table)
        .values((
            audit::at_ms.eq(intent.at),
            audit::kind.eq(intent.kind.code()),
            audit::who.eq(&intent.who),
            audit::address.eq(&intent.address),
            audit::method.eq(&intent.method),
            audit::path.eq(&intent.path),
            audit::outcome.eq(""),
            audit::sent.eq(0_i64),
            audit::received.eq(0_i64),
        ))
        .returning(audit::id)
        .get_result(c)?)
}

pub fn finish(c: &mut SqliteConnection, id: i64, outcome: &Outcome) -> Result<()> {
    diesel::update(audit::table.find(id))
        .set((
            audit::status.eq(outcome.status),
            audit::outcome.eq(&outcome.text),
            audit::sent.eq(outcome.sent),
            audit::received.eq(outcome.received),
            audit::took_ms.eq(Some(outcome.took)),
        ))
        .execute(c)?;
    Ok(())
}

/// The number of the newest row; 0 when there is none.
pub fn newest(c: &mut SqliteConnection) -> Result<i64> {
    let newest: Option<i64> = audit::table
        .select(diesel::dsl::max(audit::id))
        .get_result(c)?;
    Ok(newest.unwrap_or(0))
}

/// Completes what a process before this one left open, up to this row: what
/// became of it nobody knows any more.
pub fn close_open(c: &mut SqliteConnection, newest: i64) -> Result<usize> {
    let open = audit::outcome.eq("").and(audit::id.le(newest));
    Ok(diesel::update(audit::table.filter(open))
        .set(audit::outcome.eq("interrupted"))
        .execute(c)?)
}

/// Newest first, those before a number.
pub fn list(
    c: &mut SqliteConnection,
    kind: Option<Kind>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>> {
    let mut query = audit::table.select(Entry::as_select()).into_boxed();
    if let Some(kind) = kind {
        query = query.filter(audit::kind.eq(kind.code()));
    }
    if let Some(before) = before {
        query = query.filter(audit::id.lt(before));
    }
    Ok(query.order(audit::id.desc()).limit(limit).load(c)?)
}

/// Removes what is too old or too much, a few rows at a time.
pub async fn prune(store: &Store, now: At) -> Result<()> {
    loop {
        let removed = store.write(move |c| prune_step(c, now, MOST_ROWS)).await?;
        if removed < usize::try_from(STEP).map_err(|_| StoreError::Closed)? {
            return Ok(());
        }
    }
}

fn prune_step(c: &mut SqliteConnection, now: At, most: i64) -> Result<usize> {
    let first = newest(c)? - most;
    let old: Vec<i64> = audit::table
        .filter(audit::at_ms.lt(now - KEPT))
        .select(audit::id)
        .order(audit::at_ms)
        .limit(STEP)
        .load(c)?;
    let many: Vec<i64> = audit::table
        .filter(audit::id.le(first))
        .select(audit::id)
        .order(audit::id)
        .limit(STEP)
        .load(c)?;
    let old = diesel::delete(audit::table.filter(audit::id.eq_any(old))).execute(c)?;
    let many = diesel::delete(audit::table.filter(audit::id.eq_any(many))).execute(c)?;
    Ok(old.max(many))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;

    const NOW: At = At(1_800_000_000_000);

    fn intent(at: At) -> Intent {
        Intent {
            at,
            kind: Kind::Change,
            who: String::from("key"),
            address: String::from("127.0.0.1"),
            method: String::from("PUT"),
            path: String::from("/v0/management/debug"),
        }
    }

    #[tokio::test]
    async fn rows_go_when_they_are_old_or_too_many() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::at(directory.path().join("db"))).unwrap();
        let fill = |c: &mut SqliteConnection| {
            for n in 0..5_000 {
                begin(c, &intent(NOW - KEPT + Ms(n - 2_500)))?;
            }
            Ok(())
        };
        store.write(fill).await.unwrap();
        prune(&store, NOW).await.unwrap();
        let left = store.read(|c| list(c, None, None, 9_000)).await.unwrap();
        assert_eq!(left.len(), 2_500);
        let removed = store.write(|c| prune_step(c, NOW, 1_000)).await.unwrap();
        assert_eq!(removed, 1_500);
        let left = store.read(|c| list(c, None, None, 9_000)).await.unwrap();
        assert_eq!((left.len(), left[0].id), (1_000, 5_000));
    }

    #[tokio::test]
    async fn an_entry_is_completed() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::at(directory.path().join("db"))).unwrap();
        let outcome = Outcome {
            status: Some(207),
            text: String::from("done"),
            sent: 9,
            received: 7,
            took: Ms(3),
        };
        let id = store.write(|c| begin(c, &intent(NOW))).await.unwrap();
        store.write(move |c| finish(c, id, &outcome)).await.unwrap();
        let all = store
            .read(|c| list(c, Some(Kind::Change), None, 9))
            .await
            .unwrap();
        assert_eq!(
            (all[0].status, all[0].outcome.as_str()),
            (Some(207), "done")
        );
        assert_eq!(
            (all[0].sent, all[0].received, all[0].took),
            (9, 7, Some(Ms(3)))
        );
        let others = store
            .read(|c| list(c, Some(Kind::Secret), None, 9))
            .await
            .unwrap();
        assert!(others.is_empty());
    }
    #[tokio::test]
    async fn what_a_dead_process_left_open_is_closed() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::at(directory.path().join("db"))).unwrap();
        let fill = |c: &mut SqliteConnection| {
            let done = Outcome {
                text: String::from("done"),
                ..Outcome::default()
            };
            let first = begin(c, &intent(NOW))?;
            finish(c, first, &done)?;
            begin(c, &intent(NOW))?;
            let before = newest(c)?;
            begin(c, &intent(NOW))?;
            close_open(c, before)
        };
        assert_eq!(store.write(fill).await.unwrap(), 1);
        let all = store.read(|c| list(c, None, None, 9)).await.unwrap();
        let outcomes: Vec<_> = all.iter().map(|entry| entry.outcome.as_str()).collect();
        assert_eq!(outcomes, ["", "interrupted", "done"]);
    }
}
