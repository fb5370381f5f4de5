//! Accounts as the gateway lists them: read, kept, named, switched, told of as
//! they fail; and what is shown when the gateway is slow, old, new or away.

use std::time::Duration;

use cpamp::accounts::{Desk, Parts, Roster, Switched, Tuning};
use cpamp::clock::Clock;
use cpamp::domain::account::standing::{Lately, State as Standing, judge};
use cpamp::domain::collection::{Connection, Settings, State, Status};
use cpamp::domain::units::{At, Ms};
use cpamp::fake::{Gateway, Options, Version};
use cpamp::gateway::queue::Limits;
use cpamp::gateway::types::Error;
use cpamp::store::Store;
use cpamp::store::names::Kind;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::database::Database;
use crate::support::events::MORNING;
use crate::support::wait::within;

const INITIAL: &str = include_str!("../fixtures/recorded/initial/config.yaml");
const ERRORS: &str = include_str!("../fixtures/recorded/error-events.jsonl");

fn file(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

/// The gateway of the laboratory, as it was at the start.
fn laboratory() -> Options {
    let files = [
        file(
            "antigravity-ag@example.com.json",
            include_str!("../fixtures/recorded/initial/auths/antigravity-ag@example.com.json"),
        ),
        file(
            "claude-ops@example.com.json",
            include_str!("../fixtures/recorded/initial/auths/claude-ops@example.com.json"),
        ),
        file(
            "codex-dev1@example.com-plus.json",
            include_str!("../fixtures/recorded/initial/auths/codex-dev1@example.com-plus.json"),
        ),
        file(
            "codex-dev2@example.com-team.json",
            include_str!("../fixtures/recorded/initial/auths/codex-dev2@example.com-team.json"),
        ),
        file(
            "kimi-moon.json",
            include_str!("../fixtures/recorded/initial/auths/kimi-moon.json"),
        ),
        file(
            "xai-grok@example.com.json",
            include_str!("../fixtures/recorded/initial/auths/xai-grok@example.com.json"),
        ),
    ];
    Options {
        config_yaml: INITIAL.to_owned(),
        auth_files: files.to_vec(),
        ..Options::default()
    }
}

/// A desk with a database and a gateway; the collector is played by the test.
struct Rig {
    desk: Desk,
    store: Store,
    clock: Clock,
    settings: watch::Sender<Settings>,
    status: watch::Sender<Status>,
    refreshes: watch::Sender<u64>,
    stop: CancellationToken,
    database: Database,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn connected(gateway: &Gateway, key: &str) -> Settings {
    Settings {
        connection: Some(Connection {
            url: gateway.url(),
            key: key.to_owned().into(),
            insecure_tls: false,
        }),
        ..Settings::default()
    }
}

fn collecting(version: Option<&str>) -> Status {
    let mut status = Status {
        state: State::Collecting,
        ..Status::default()
    };
    status.gateway.version = version.map(str::to_owned);
    status
}

fn tuning() -> Tuning {
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
    async fn start(gateway: &Gateway) -> Self {
        let settings = connected(gateway, &gateway.key());
        Self::with(
            Database::new(),
            settings,
            collecting(Some("7.2.140")),
            tuning(),
        )
        .await
    }

    async fn with(database: Database, settings: Settings, status: Status, tuning: Tuning) -> Self {
        let store = database.open();
        let clock = Clock::fixed(MORNING);
        let (settings, status) = (watch::Sender::new(settings), watch::Sender::new(status));
        let refreshes = watch::Sender::new(0);
        let desk = Desk::open(Parts {
            store: store.clone(),
            clock: clock.clone(),
            settings: settings.subscribe(),
            status: status.subscribe(),
            refreshes: refreshes.subscribe(),
            changed: refreshes.subscribe(),
            key: std::sync::Arc::default(),
            tuning,
        });
        let desk = desk.await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(desk.clone().keep_listed(stop.clone()));
        tokio::spawn(desk.clone().keep_listening(stop.clone()));
        tokio::spawn(desk.clone().keep_counting(stop.clone()));
        Self {
            desk,
            store,
            clock,
            settings,
            status,
            refreshes,
            stop,
            database,
        }
    }

    async fn until(
        &self,
        what: &str,
        mut is: impl FnMut(&Roster) -> bool,
    ) -> std::sync::Arc<Roster> {
        let mut roster = self.desk.watch();
        let seen = within(what, roster.wait_for(|roster| is(roster))).await;
        seen.unwrap().clone()
    }

    async fn listed(&self) -> std::sync::Arc<Roster> {
        self.until("accounts are listed", |roster| roster.listed_at.is_some())
            .await
    }

    async fn listening(&self) {
        self.until("the channel is open", |roster| roster.listening)
            .await;
    }

    fn standing(&self, title: &str) -> Standing {
        let roster = self.desk.roster();
        let known = find(&roster, title);
        judge(known, Lately::default(), roster.listed_at, self.clock.now()).state
    }

    async fn stop(self) -> Database {
        self.stop.cancel();
        self.store.close().await;
        let mut rig = self;
        std::mem::replace(&mut rig.database, Database::new())
    }
}

fn find<'a>(roster: &'a Roster, title: &str) -> &'a cpamp::domain::account::Known {
    let found = roster
        .accounts
        .iter()
        .find(|known| known.listed.title == title);
    found.unwrap_or_else(|| panic!("no {title} among {:?}", titles(roster)))
}

fn titles(roster: &Roster) -> Vec<&str> {
    roster
        .accounts
        .iter()
        .map(|known| known.listed.title.as_str())
        .collect()
}

/// Requests for lists of accounts.
fn lists(gateway: &Gateway) -> usize {
    let asked = gateway.requests();
    asked
        .iter()
        .filter(|line| *line == "GET /v0/management/auth-files")
        .count()
}

#[tokio::test]
async fn accounts_and_keys_are_listed_once_and_survive_a_restart() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let roster = rig.listed().await;
    assert_eq!(
        titles(&roster),
        [
            "ag@example.com",
            "ops@example.com",
            "dev1@example.com",
            "dev2@example.com",
            "kimi-moon",
            "grok@example.com",
            "AI…01",
            "sk-a…0001",
            "sk-c…0001",
            "sk-m…0001",
        ]
    );
    let dev = find(&roster, "dev1@example.com");
    assert_eq!(
        (&*dev.listed.plan, &*dev.listed.provider_account),
        ("plus", "acct-1")
    );
    assert_eq!(rig.standing("dev2@example.com"), Standing::Disabled);
    assert_eq!(
        roster.of_index("49edba963014b089").unwrap().listed.provider,
        "mockrouter"
    );

    // What the gateway holds in secret is nowhere on our disk.
    let database = rig.stop().await;
    let held = crate::support::lab::anywhere(database.directory(), "sk-mock-upstream-0001");
    assert_eq!(held, "");
    gateway.stop().await;

    let away = Rig::with(database, Settings::default(), Status::default(), tuning()).await;
    let kept = away.desk.roster();
    assert_eq!(titles(&kept), titles(&roster));
    assert_eq!(kept.listed_at, Some(MORNING));
}

#[tokio::test]
async fn an_unchanged_list_writes_no_account() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let before = rig.listed().await;
    gateway.push(r#"{"auth_index":"24ebfa6d2cb7cfa6","failed":true}"#);
    rig.clock.set(MORNING + Ms(60_000));
    rig.refreshes.send_modify(|count| *count += 1);
    let after = rig
        .until("it is listed again", |roster| {
            roster.listed_at == Some(MORNING + Ms(60_000))
        })
        .await;
    let changed = |roster: &Roster| -> Vec<At> {
        roster
            .accounts
            .iter()
            .map(|known| known.changed_at)
            .collect()
    };
    assert_eq!(changed(&before), changed(&after));
}

#[tokio::test]
async fn a_refresh_of_the_gateway_brings_the_new_list() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    rig.listed().await;
    let text = gateway
        .config_yaml()
        .replace("sk-codex-mock-0001", "sk-codex-mock-0002");
    gateway.set_config_yaml(&text);
    rig.refreshes.send_modify(|count| *count += 1);
    let roster = rig
        .until("the new key is there", |roster| {
            titles(roster).contains(&"sk-c…0002")
        })
        .await;
    let old = find(&roster, "sk-c…0001");
    assert!(old.is_gone());
    // It keeps its name for whoever looks at old requests.
    let index = old.listed.auth_index.clone();
    let names = rig.store.names();
    assert_eq!(names.read().account_title(&index), Some("sk-c…0001"));
    assert_eq!(
        names.read().id(Kind::Account, &index),
        None,
        "no event has it"
    );
}

#[tokio::test]
async fn every_recorded_failure_reaches_its_account_at_once() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    rig.listed().await;
    rig.listening().await;
    // Opening the channel asks for a list, which must not overtake the failures.
    within("a second list", rig.until_lists(&gateway, 2)).await;
    let known: Vec<_> = rig
        .desk
        .roster()
        .accounts
        .iter()
        .map(|known| (**known).clone())
        .collect();
    for (n, line) in ERRORS.lines().enumerate() {
        let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
        // The laboratory had another directory in its recording.
        let id = event["auth_id"].as_str().unwrap().to_owned();
        let account = known.iter().find(|known| known.listed.name == id);
        let account = account.or_else(|| {
            let index = event["auth_index"].as_str().unwrap();
            known.iter().find(|known| known.listed.auth_index == index)
        });
        let account = account.unwrap_or_else(|| panic!("nobody is {id}"));
        event["auth_index"] = account.listed.auth_index.clone().into();
        let at = MORNING + Ms(1_000 * i64::try_from(n).unwrap());
        event["timestamp"] = at.rfc3339().into();
        rig.clock.set(at);
        gateway.push_error(&event.to_string());
        let code = i32::try_from(event["status_code"].as_i64().unwrap()).unwrap();
        let heard = |roster: &Roster| {
            let known = roster.of_id(account.id).unwrap();
            known
                .trouble
                .as_ref()
                .is_some_and(|trouble| (trouble.at, trouble.code) == (at, code))
        };
        rig.until(&format!("failure {n} is heard"), heard).await;
    }
    let roster = rig.desk.roster();
    let mock = roster.of_index("49edba963014b089").unwrap();
    let models = &mock.trouble.as_ref().unwrap().models;
    assert_eq!(models.len(), 3);
    // Heard in memory, and on the disk for the next start.
    let database = rig.stop().await;
    let again = Rig::with(database, Settings::default(), Status::default(), tuning()).await;
    let mock = again
        .desk
        .roster()
        .of_index("49edba963014b089")
        .unwrap()
        .clone();
    assert_eq!(mock.trouble.as_ref().unwrap().models.len(), 3);
}

impl Rig {
    async fn until_lists(&self, gateway: &Gateway, count: usize) {
        crate::support::wait::until("lists", async || {
            let asked = lists(gateway);
            if asked >= count { Ok(()) } else { Err(asked) }
        })
        .await;
    }
}

#[tokio::test]
async fn an_old_gateway_is_not_asked_for_the_channel() {
    let old = Version(7, 1, 43);
    let gateway = Gateway::start(laboratory().version(old)).await.unwrap();
    let settings = connected(&gateway, &gateway.key());
    let status = collecting(Some("7.1.43"));
    let rig = Rig::with(Database::new(), settings, status, tuning()).await;
    rig.listed().await;
    rig.until_lists(&gateway, 1).await;
    assert_eq!(gateway.tally().subscribed, 0);
    assert!(!rig.desk.roster().listening);
    // A version that does not say its number is asked once, and never again.
    let before = gateway.tally().auth_ok;
    rig.status.send_replace(collecting(None));
    let refused = gateway.wait(|tally| tally.auth_ok > before);
    within("the channel is refused", refused).await;
    rig.refreshes.send_modify(|count| *count += 1);
    rig.until_lists(&gateway, 2).await;
    assert_eq!(gateway.tally().subscribed, 0);
}

#[tokio::test]
async fn a_gateway_that_lists_less_is_read_as_far_as_it_goes() {
    let oldest = Version(6, 9, 38);
    let gateway = Gateway::start(laboratory().version(oldest)).await.unwrap();
    let settings = connected(&gateway, &gateway.key());
    let rig = Rig::with(
        Database::new(),
        settings,
        collecting(Some("6.9.38")),
        tuning(),
    )
    .await;
    let roster = rig.listed().await;
    assert!(titles(&roster).contains(&"dev1@example.com"));
    assert!(roster.problem.is_none());
}

#[tokio::test]
async fn a_gateway_that_is_away_leaves_the_last_list() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    rig.listed().await;
    gateway.stop().await;
    rig.clock.set(MORNING + Ms(90_000));
    rig.desk.stir();
    let roster = rig
        .until("it fails", |roster| roster.problem.is_some())
        .await;
    assert_eq!(
        (roster.accounts.len(), roster.listed_at),
        (10, Some(MORNING))
    );
    // It comes back by itself.
    gateway.restart().await.unwrap();
    let later = MORNING + Ms(90_000);
    rig.until("it is listed again", |roster| {
        roster.listed_at == Some(later)
    })
    .await;
    assert!(rig.desk.roster().problem.is_none());
}

#[tokio::test]
async fn a_slow_gateway_is_waited_for_and_then_left_alone() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let quick = Tuning {
        patience: Duration::from_millis(50),
        ..tuning()
    };
    gateway.set_faults(|faults| faults.delay = Duration::from_secs(10));
    let settings = connected(&gateway, &gateway.key());
    let rig = Rig::with(Database::new(), settings, collecting(None), quick).await;
    let roster = rig
        .until("it gives up", |roster| roster.problem.is_some())
        .await;
    assert_eq!(roster.problem, Some(Error::TimedOut));
    gateway.set_faults(|faults| faults.delay = Duration::ZERO);
    rig.listed().await;
}

#[tokio::test]
async fn a_rejected_key_is_sent_once() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    // The collector is off, so nobody has proven the key.
    let off = Status {
        state: State::Off,
        ..Status::default()
    };
    let settings = connected(&gateway, "not-the-key");
    let rig = Rig::with(Database::new(), settings, off, tuning()).await;
    rig.until("it is rejected", |roster| {
        roster.problem == Some(Error::KeyRejected)
    })
    .await;
    for _ in 0..3 {
        rig.desk.stir();
        rig.refreshes.send_modify(|count| *count += 1);
        tokio::task::yield_now().await;
    }
    let again = gateway.wait(|tally| tally.auth_refused > 1);
    let again = tokio::time::timeout(10 * tuning().retry_first, again).await;
    assert!(again.is_err(), "it was sent again");
    let switched = rig.desk.switch(1, true).await.unwrap();
    assert_eq!(switched, Switched::Unknown);
    assert_eq!(gateway.tally().auth_refused, 1);
    // Another key is another attempt.
    rig.settings
        .send_replace(connected(&gateway, &gateway.key()));
    rig.listed().await;
    assert_eq!(gateway.tally().auth_refused, 1);
}

#[tokio::test]
async fn nothing_is_asked_before_the_collector_has_proven_the_key() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let settings = connected(&gateway, &gateway.key());
    let starting = Status {
        state: State::Starting,
        ..Status::default()
    };
    let rig = Rig::with(Database::new(), settings, starting, tuning()).await;
    rig.desk.stir();
    tokio::task::yield_now().await;
    assert_eq!(gateway.tally().auth_ok, 0);
    rig.status.send_replace(collecting(None));
    rig.listed().await;
}

#[tokio::test]
async fn switching_is_read_back_and_refusals_are_told() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let roster = rig.listed().await;
    let ops = find(&roster, "ops@example.com").id;
    assert_eq!(rig.desk.switch(ops, true).await.unwrap(), Switched::Done);
    assert_eq!(rig.standing("ops@example.com"), Standing::Disabled);
    assert_eq!(
        rig.desk.switch(ops, true).await.unwrap(),
        Switched::Unchanged
    );
    assert_eq!(rig.desk.switch(ops, false).await.unwrap(), Switched::Done);
    assert_eq!(rig.standing("ops@example.com"), Standing::Active);
    assert_eq!(rig.desk.outcome(ops), Some((false, Switched::Done)));

    // A configured key is no file.
    let key = find(&roster, "sk-a…0001").id;
    assert_eq!(rig.desk.switch(key, true).await.unwrap(), Switched::Unknown);

    // Somebody deleted the file meanwhile.
    let client = reqwest::Client::new();
    let url = format!(
        "{}/v0/management/auth-files?name=kimi-moon.json",
        gateway.url()
    );
    let deleted = client
        .delete(url)
        .bearer_auth(gateway.key())
        .send()
        .await
        .unwrap();
    assert!(deleted.status().is_success());
    let kimi = find(&roster, "kimi-moon").id;
    let refused = rig.desk.switch(kimi, true).await.unwrap();
    let Switched::Refused(Error::Unsupported(_) | Error::Protocol(_)) = &refused else {
        panic!("{refused:?}");
    };
}
