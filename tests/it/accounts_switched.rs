//! Switching accounts and keys: read back, undone, refused in words.

use cpamp::accounts::Switched;
use cpamp::domain::account::standing::State as Standing;
use cpamp::domain::units::Ms;
use cpamp::fake::Gateway;
use cpamp::gateway::client::Meter;
use cpamp::gateway::types::Error;

use crate::support::desk::{Rig, find};
use crate::support::events::MORNING;
use crate::support::gateway::laboratory;

#[tokio::test]
async fn switching_is_read_back_and_refusals_are_told() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let roster = rig.listed().await;
    let ops = find(&roster, "ops@example.com").id;
    let later = MORNING + Ms(2_000);
    rig.clock.set(later);
    assert_eq!(
        rig.desk.switch(ops, true, &Meter::default()).await.unwrap(),
        Switched::Done
    );
    assert_eq!(rig.standing("ops@example.com"), Standing::Disabled);
    let since = rig.desk.roster().of_id(ops).unwrap().turned_at;
    assert_eq!(since, Some(later));
    assert_eq!(
        rig.desk.switch(ops, true, &Meter::default()).await.unwrap(),
        Switched::Unchanged
    );
    assert_eq!(
        rig.desk
            .switch(ops, false, &Meter::default())
            .await
            .unwrap(),
        Switched::Done
    );
    assert_eq!(rig.standing("ops@example.com"), Standing::Active);
    assert_eq!(rig.desk.outcome(ops), Some((false, Switched::Done)));

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
    let refused = rig
        .desk
        .switch(kimi, true, &Meter::default())
        .await
        .unwrap();
    let Switched::Refused(Error::Unsupported(_) | Error::Protocol(_)) = &refused else {
        panic!("{refused:?}");
    };
}

/// The gateway made its list before it was told, and was slow to send it.
#[tokio::test]
async fn a_list_that_was_under_way_does_not_undo_a_switch() {
    let gateway = Gateway::start(laboratory()).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let roster = rig.listed().await;
    rig.listening().await;
    rig.until_lists(&gateway, 2).await;
    let ops = find(&roster, "ops@example.com").id;
    gateway.set_faults(|faults| faults.held = Some("GET /v0/management/auth-files"));
    rig.desk.stir();
    rig.until_lists(&gateway, 3).await;
    assert_eq!(
        rig.desk.switch(ops, true, &Meter::default()).await.unwrap(),
        Switched::Done
    );
    let later = MORNING + Ms(5_000);
    rig.clock.set(later);
    gateway.set_faults(|faults| faults.held = None);
    rig.until("a list of later comes", |roster| {
        assert!(roster.of_id(ops).unwrap().listed.disabled);
        roster.listed_at == Some(later)
    })
    .await;
    assert_eq!(rig.standing("ops@example.com"), Standing::Disabled);
}

/// A key is off while it excludes every model; what else it excludes stays.
#[tokio::test]
async fn keys_of_providers_are_switched_where_they_stand() {
    let mut options = laboratory();
    options.config_yaml = options.config_yaml.replace(
        "  - api-key: \"sk-ant-mock-0001\"\n",
        "  - api-key: \"sk-ant-mock-0001\"\n    excluded-models:\n      - \"claude-opus-5\"\n",
    );
    let gateway = Gateway::start(options).await.unwrap();
    let rig = Rig::start(&gateway).await;
    let roster = rig.listed().await;
    for title in ["AI…01", "sk-a…0001", "sk-c…0001", "sk-m…0001"] {
        let key = find(&roster, title).id;
        let switched = rig.desk.switch(key, true, &Meter::default()).await.unwrap();
        assert_eq!(switched, Switched::Done, "{title}");
        assert_eq!(rig.standing(title), Standing::Disabled, "{title}");
        let again = rig.desk.switch(key, true, &Meter::default()).await.unwrap();
        assert_eq!(again, Switched::Unchanged, "{title}");
    }
    let yaml = gateway.config_yaml();
    assert_eq!(
        yaml.matches("\"*\"").count() + yaml.matches("'*'").count(),
        3,
        "{yaml}"
    );
    for title in ["AI…01", "sk-a…0001", "sk-c…0001", "sk-m…0001"] {
        let key = find(&roster, title).id;
        let switched = rig
            .desk
            .switch(key, false, &Meter::default())
            .await
            .unwrap();
        assert_eq!(switched, Switched::Done, "{title}");
        assert_eq!(rig.standing(title), Standing::Active, "{title}");
    }
    let yaml = gateway.config_yaml();
    assert!(
        yaml.contains("claude-opus-5") && !yaml.contains("\"*\""),
        "{yaml}"
    );

    // Somebody removed the key meanwhile.
    let yaml = yaml.replace("sk-codex-mock-0001", "sk-codex-mock-0002");
    gateway.set_config_yaml(&yaml);
    let key = find(&roster, "sk-c…0001").id;
    let refused = rig.desk.switch(key, true, &Meter::default()).await.unwrap();
    // Or a list found that out before.
    let said = matches!(
        &refused,
        Switched::Refused(Error::Protocol(_)) | Switched::Unknown
    );
    assert!(said, "{refused:?}");
}
