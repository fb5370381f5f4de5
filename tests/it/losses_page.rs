//! The pages of what was not collected: rejected records with their reason, and
//! trying them again.

use cpamp::clock::Clock;
use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Options, traffic};

use crate::support::events::MORNING;
use crate::support::panel::Panel;

const KEY: &str = "the-management-key-marker";

#[tokio::test]
async fn rejected_records_say_why_and_are_tried_again() {
    let options = Options::with_key(KEY).clock(Clock::fixed(MORNING));
    let gateway = Gateway::start(options).await.unwrap();
    let panel = Panel::setup()
        .env("CPAMP_CPA_URL", &gateway.url())
        .env("CPAMP_CPA_MANAGEMENT_KEY", KEY)
        .env("CPAMP_COLLECTOR_ENABLED", "true")
        .start()
        .await;
    let browser = panel.logged_in().await;
    let none = browser.get("/settings/rejects").await.body;
    assert!(none.contains("No record was rejected."), "{none}");

    let (_, event) = traffic::events_between(MORNING - Ms::HOUR, MORNING, 7)
        .next()
        .unwrap();
    gateway.push_raw(event.replace("\"timestamp\"", "\"moment\""));
    gateway.push_raw("Bearer sk-secret-0123456789abcdef is no event");
    panel.until(|status| status.rejected == 2).await;
    let list = browser.get("/settings/rejects").await.body;
    for words in ["it does not say when", "it is not JSON", "kept, sealed"] {
        assert!(list.contains(words), "{words}: {list}");
    }
    assert!(!list.contains("sk-secret"), "{list}");

    // The time it was taken stands in for the one that is missing.
    let sent = browser.post("/settings/rejects/retry", &[]).await;
    let told = browser.get(sent.header("location")).await.body;
    assert!(told.contains("1 were stored now, 1 remain."), "{told}");
    assert!(!told.contains("it does not say when"), "{told}");
    panel
        .until(|status| (status.stored, status.rejected) == (1, 1))
        .await;
    let home = browser.get("/").await.body;
    assert!(home.contains("1 record could not be read."), "{home}");
}
