//! A desk of accounts with a database and a gateway; the collector is played by
//! the test.

use std::sync::Arc;
use std::time::Duration;

use cpamp::accounts::{Desk, Parts, Roster, Tuning};
use cpamp::clock::Clock;
use cpamp::domain::account::standing::{Lately, State as Standing, judge};
use cpamp::domain::collection::{Connection, Settings, State, Status};
use cpamp::fake::Gateway;
use cpamp::gateway::key_watch::KeyWatch;
use cpamp::gateway::queue::Limits;
use cpamp::store::Store;
use cpamp::store::data_key::Source;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::database::Database;
use super::events::MORNING;
use super::wait::within;

/// A desk with a database and a gateway; the collector is played by the test.
pub(crate) struct Rig {
    pub(crate) desk: Desk,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) settings: watch::Sender<Settings>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) refreshes: watch::Sender<u64>,
    pub(crate) quota_resets: broadcast::Sender<String>,
    pub(crate) key: Arc<KeyWatch>,
    pub(crate) stop: CancellationToken,
    pub(crate) database: Database,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) fn connected(gateway: &Gateway, key: &str) -> Settings {
    Settings {
        connection: Some(Connection {
            url: gateway.url(),
            key: key.to_owned().into(),
            insecure_tls: false,
        }),
        ..Settings::default()
    }
}

pub(crate) fn collecting(version: Option<&str>) -> Status {
    let mut status = Status {
        state: State::Collecting,
        ..Status::default()
    };
    status.gateway.version = version.map(str::to_owned);
    status
}

pub(crate) fn tuning() -> Tuning {
    let ms = Duration::from_millis;
    Tuning {
        list_every: Duration::from_hours(1),
        list_apart: ms(1),
        retry_first: ms(20),
        patience: ms(5_000),
        limits: Limits {
            connect: ms(5_000),
            answer: ms(5_000),
            ping: ms(50),
        },
    }
}

impl Rig {
    pub(crate) async fn start(gateway: &Gateway) -> Self {
        let settings = connected(gateway, &gateway.key());
        Self::with(
            Database::new(),
            settings,
            collecting(Some("7.2.140")),
            tuning(),
        )
        .await
    }

    pub(crate) async fn with(
        database: Database,
        settings: Settings,
        status: Status,
        tuning: Tuning,
    ) -> Self {
        let store = database.open();
        let key = Source::File(database.directory().join("data.key"));
        let keyring = watch::Sender::new(Some(store.unlock(key).await.unwrap()));
        let clock = Clock::fixed(MORNING);
        let (settings, status) = (watch::Sender::new(settings), watch::Sender::new(status));
        let refreshes = watch::Sender::new(0);
        let quota_resets = broadcast::Sender::new(8);
        let key = Arc::<KeyWatch>::default();
        let desk = Desk::open(Parts {
            store: store.clone(),
            clock: clock.clone(),
            settings: settings.subscribe(),
            keyring: keyring.subscribe(),
            status: status.subscribe(),
            refreshes: refreshes.subscribe(),
            changed: refreshes.subscribe(),
            quota_resets: quota_resets.clone(),
            key: Arc::clone(&key),
            tuning,
        });
        let desk = desk.await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(desk.clone().keep_listed(stop.clone()));
        tokio::spawn(desk.clone().keep_listening(stop.clone()));
        tokio::spawn(desk.clone().keep_counting(stop.clone()));
        tokio::spawn(desk.clone().keep_models(stop.clone()));
        tokio::spawn(desk.clone().keep_relieving(stop.clone()));
        Self {
            desk,
            store,
            clock,
            settings,
            status,
            refreshes,
            quota_resets,
            key,
            stop,
            database,
        }
    }

    pub(crate) async fn until(
        &self,
        what: &str,
        mut is: impl FnMut(&Roster) -> bool,
    ) -> Arc<Roster> {
        let mut roster = self.desk.watch();
        let seen = within(what, roster.wait_for(|roster| is(roster))).await;
        seen.unwrap().clone()
    }

    pub(crate) async fn listed(&self) -> Arc<Roster> {
        self.until("accounts are listed", |roster| roster.listed_at.is_some())
            .await
    }

    pub(crate) async fn listening(&self) {
        self.until("the channel is open", |roster| roster.listening)
            .await;
    }

    pub(crate) fn standing(&self, title: &str) -> Standing {
        let roster = self.desk.roster();
        let known = find(&roster, title);
        judge(known, Lately::default(), roster.listed_at, self.clock.now()).state
    }

    pub(crate) async fn stop(self) -> Database {
        self.stop.cancel();
        self.store.close().await;
        let mut rig = self;
        std::mem::replace(&mut rig.database, Database::new())
    }
}

pub(crate) fn find<'a>(roster: &'a Roster, title: &str) -> &'a cpamp::domain::account::Known {
    let found = roster
        .accounts
        .iter()
        .find(|known| known.listed.title == title);
    found.unwrap_or_else(|| panic!("no {title} among {:?}", titles(roster)))
}

pub(crate) fn titles(roster: &Roster) -> Vec<&str> {
    roster
        .accounts
        .iter()
        .map(|known| known.listed.title.as_str())
        .collect()
}

/// Requests for lists of accounts.
pub(crate) fn lists(gateway: &Gateway) -> usize {
    let asked = gateway.requests();
    asked
        .iter()
        .filter(|line| *line == "GET /v0/management/auth-files")
        .count()
}

impl Rig {
    pub(crate) async fn until_lists(&self, gateway: &Gateway, count: usize) {
        crate::support::wait::until("lists", async || {
            let asked = lists(gateway);
            if asked >= count { Ok(()) } else { Err(asked) }
        })
        .await;
    }
}
