//! A database file that is damaged: whoever looks at the panel learns of it, and
//! what to do.

use cpamp::domain::soundness::Soundness;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::support::panel::{Browser, Panel};
use crate::support::wait::within;

/// Orders a look from the settings and waits for its end.
async fn look(panel: &Panel, browser: &Browser) -> Soundness {
    let mut soundness = panel.store().soundness();
    let sent = browser.post("/settings/about/check", &[]).await;
    assert_eq!(sent.header("location"), "/settings/about");
    let done = soundness.wait_for(|known| *known != Soundness::Looking);
    within("the database is looked through", done)
        .await
        .unwrap()
        .clone()
}

#[tokio::test]
async fn damage_is_told_at_home_and_by_the_doctor_with_a_way_out() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let about = browser.get("/settings/about").await.body;
    assert!(about.contains("Closed in order the last time"), "{about}");

    let path = panel.store().path().to_str().unwrap();
    let mut stranger = SqliteConnection::establish(path).unwrap();
    // A row that nobody who keeps to the schema could have written.
    let row = "pragma ignore_check_constraints = on; insert into gap values ('x', 'y', 'z')";
    stranger.batch_execute(row).unwrap();
    let found = look(&panel, &browser).await;
    assert!(found.damage().is_some(), "{found:?}");

    let home = browser.get("/").await.body;
    assert!(home.contains("The database is damaged."), "{home}");
    assert!(home.contains("href=\"/doctor\""), "{home}");
    let doctor = browser.get("/doctor").await.body;
    for words in [
        "The database is damaged.",
        "CHECK constraint failed in gap",
        "restore a backup",
        ".recover",
    ] {
        assert!(doctor.contains(words), "{words}: {doctor}");
    }
    let about = browser.region("/settings/about", "file").await.body;
    assert!(about.contains("Damaged: CHECK constraint"), "{about}");

    stranger.batch_execute("delete from gap").unwrap();
    assert_eq!(look(&panel, &browser).await, Soundness::Sound);
    let doctor = browser.get("/doctor").await.body;
    assert!(!doctor.contains("The database is damaged."), "{doctor}");
    assert!(doctor.contains("nothing is wrong"), "{doctor}");
    let home = browser.get("/").await.body;
    assert!(!home.contains("The database is damaged."), "{home}");
}
