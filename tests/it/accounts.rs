//! Accounts as the gateway lists them: read, kept, named, told of as they fail.

use std::time::Duration;

use cpamp::accounts::{Roster, Tuning};
use cpamp::domain::account::standing::State as Standing;
use cpamp::domain::collection::{Settings, Status};
use cpamp::domain::units::{At, Ms};
use cpamp::fake::Gateway;
use cpamp::store::names::Kind;

use crate::support::database::Database;
use crate::support::desk::{Rig, collecting, connected, find, titles, tuning};
use crate::support::events::MORNING;
use crate::support::gateway::laboratory;
use crate::support::wait::{until, within};

const ERRORS: &str = include_str!("../fixtures/recorded/error-events.jsonl");

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

/// The gateway calls a renamed file by another index; who logged in, or the file
/// itself where it names nobody, tells whose history goes on.
#[tokio::test]
async fn history_survives_a_rename() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let before = rig.listed().await;
    gateway.rename_auth_file("claude-ops@example.com.json", "claude-operations.json");
    gateway.rename_auth_file("kimi-moon.json", "kimi-moonshot.json");
    rig.refreshes.send_modify(|count| *count += 1);
    let after = rig
        .until("the new names are there", |roster| {
            titles(roster).contains(&"kimi-moonshot")
        })
        .await;
    assert_eq!(after.accounts.len(), before.accounts.len());
    for (old, new) in [
        ("ops@example.com", "ops@example.com"),
        ("kimi-moon", "kimi-moonshot"),
    ] {
        let (old, new) = (find(&before, old), find(&after, new));
        assert_eq!(old.id, new.id);
        assert_ne!(old.listed.auth_index, new.listed.auth_index);
        let both = [new.listed.auth_index.clone(), old.listed.auth_index.clone()];
        assert_eq!(new.indexes, both);
        assert!(!new.is_gone());
    }
    // Who it is is kept in a form that does not say it.
    let person = &find(&after, "ops@example.com").listed.person;
    assert!(!person.is_empty() && !person.contains("ops"), "{person}");
}

/// A log-in may make another file; the account goes on when the old one goes.
#[tokio::test]
async fn history_survives_a_log_in_that_makes_another_file() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let before = rig.listed().await;
    let old = find(&before, "dev1@example.com").clone();
    let send = async |method, path: &str, body: &str| {
        let url = format!("{}/v0/management/auth-files?name={path}", gateway.url());
        let request = reqwest::Client::new().request(method, url);
        let request = request.bearer_auth(gateway.key()).body(body.to_owned());
        assert!(request.send().await.unwrap().status().is_success());
        rig.refreshes.send_modify(|count| *count += 1);
    };
    let files = laboratory().auth_files;
    let (name, text) = &files[2];
    send(
        reqwest::Method::POST,
        "codex-dev1@example.com-pro.json",
        text,
    )
    .await;
    let both = rig
        .until("both are listed", |roster| roster.accounts.len() == 11)
        .await;
    assert!(!find(&both, "dev1@example.com").is_gone());
    send(reqwest::Method::DELETE, name, "").await;
    let after = rig
        .until("one is left", |roster| roster.accounts.len() == 10)
        .await;
    let left = find(&after, "dev1@example.com");
    assert!(!left.is_gone() && left.indexes.contains(&old.listed.auth_index));
    assert_eq!(left.indexes.len(), 2);
}

/// Asked for once, a few accounts at a time, and kept.
#[tokio::test]
async fn models_are_part_of_what_is_known() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let roster = rig.listed().await;
    let served = async |title: &str| {
        let known = find(&roster, title);
        until("its models are known", async || {
            rig.desk.served(known).ok_or(())
        })
        .await
    };
    for title in ["ag@example.com", "ops@example.com", "grok@example.com"] {
        assert!(!served(title).await.models.is_empty(), "{title}");
    }
    let of_key = served("sk-m…0001").await;
    assert!(
        of_key.models.contains(&"mock-fast".to_owned()),
        "{of_key:?}"
    );
    rig.refreshes.send_modify(|count| *count += 1);
    rig.until_lists(&gateway, 2).await;
    let asked = gateway.requests();
    let asked = asked
        .iter()
        .filter(|line| line.contains("/auth-files/models"));
    assert_eq!(asked.count(), 5, "one of the six is switched off");

    let ops = find(&roster, "ops@example.com").clone();
    let kept = served("ops@example.com").await;
    let database = rig.stop().await;
    gateway.stop().await;
    let away = Rig::with(database, Settings::default(), Status::default(), tuning()).await;
    assert_eq!(away.desk.served_now(&ops).await, Some(kept));
}

#[tokio::test]
async fn an_account_whose_models_nobody_tells_keeps_no_other_waiting() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let held = "GET /v0/management/auth-files/models?name=antigravity-ag%40example.com.json";
    gateway.set_faults(|faults| faults.held = Some(held));
    let quick = Tuning {
        list_every: Duration::from_millis(50),
        patience: Duration::from_secs(1),
        ..tuning()
    };
    let settings = connected(&gateway, &gateway.key());
    let status = collecting(Some("7.2.140"));
    let rig = Rig::with(Database::new(), settings, status, quick).await;
    let roster = rig.listed().await;
    let ops = find(&roster, "ops@example.com");
    until("the next one is asked for", async || {
        rig.desk
            .served(ops)
            .map(drop)
            .ok_or_else(|| gateway.requests())
    })
    .await;
    let asked = gateway.requests();
    assert_eq!(asked.iter().filter(|line| *line == held).count(), 1);
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

#[tokio::test]
async fn a_failure_of_an_account_nobody_knows_asks_for_the_list() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    rig.listed().await;
    rig.listening().await;
    // Opening the channel asks for a list by itself.
    within("a second list", rig.until_lists(&gateway, 2)).await;
    let line = ERRORS.lines().next().unwrap();
    let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
    event["auth_index"] = "ffffffffffffffff".into();
    gateway.push_error(&event.to_string());
    within("a third list", rig.until_lists(&gateway, 3)).await;
}
