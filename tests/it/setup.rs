//! From nothing to the first request, and what stands in the way.

use cpamp::clock::Clock;
use cpamp::domain::collection::State;
use cpamp::domain::units::Ms;
use cpamp::fake::{Gateway, Options};
use cpamp::web::collection;
use reqwest::StatusCode;

use crate::support::events::MORNING;
use crate::support::gateway::within;
use crate::support::panel::{ADMIN_KEY, Browser, Panel};
use crate::support::upstream::Upstream;

const KEY: &str = "the-management-key-marker";
const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

async fn gateway() -> Gateway {
    let options = Options::with_key(KEY).clock(Clock::fixed(MORNING));
    Gateway::start(options).await.unwrap()
}

async fn fresh() -> (Panel, Browser) {
    let panel = Panel::setup().not_set_up().start().await;
    let browser = panel.logged_in().await;
    (panel, browser)
}

/// Through the second step.
async fn reach(browser: &Browser, url: &str) {
    let sent = browser.post("/setup/gateway", &[("url", url)]).await;
    assert_eq!(sent.header("location"), "/setup/key", "{}", sent.body);
}

const USUAL: [(&str, &str); 4] = [
    ("enabled", "1"),
    ("mode", "auto"),
    ("poll_ms", "250"),
    ("batch", "500"),
];

#[tokio::test]
async fn every_page_leads_to_the_set_up_and_it_to_the_first_request() {
    let gateway = gateway().await;
    gateway.set_statistics(false);
    let panel = Panel::setup().not_set_up().start().await;
    let browser = panel.visitor();
    for path in [
        "/",
        "/requests?range=7d",
        "/settings/about",
        "/nothing-here",
    ] {
        assert_eq!(
            browser.get(path).await.header("location"),
            "/setup",
            "{path}"
        );
    }
    let first = browser.get("/setup").await;
    assert!(first.body.contains("Step 1 of 5"), "{}", first.body);
    let inside = browser.post("/login", &[("key", ADMIN_KEY)]).await;
    assert_eq!(inside.header("location"), "/");
    assert_eq!(browser.get("/").await.header("location"), "/setup");
    assert_eq!(
        browser.get("/setup").await.header("location"),
        "/setup/gateway"
    );
    assert!(
        browser
            .get("/setup/gateway")
            .await
            .body
            .contains("Step 2 of 5")
    );

    reach(&browser, &gateway.url()).await;
    assert!(gateway.auth_attempts().is_empty(), "no key is sent yet");
    let step = browser.get("/setup/key").await;
    assert!(step.body.contains("Step 3 of 5"));
    let sent = browser.post("/setup/key", &[("management_key", KEY)]).await;
    assert_eq!(
        sent.header("location"),
        "/setup/collection",
        "{}",
        sent.body
    );
    assert_eq!(gateway.auth_attempts().len(), 1);

    let step = browser.get("/setup/collection").await;
    assert!(
        step.body.contains("Turn usage statistics on"),
        "{}",
        step.body
    );
    assert!(!step.body.contains(KEY));
    let mut fields = USUAL.to_vec();
    fields.push(("turn_on", "1"));
    let sent = browser.post("/setup/collection", &fields).await;
    assert_eq!(sent.header("location"), "/setup/first", "{}", sent.body);
    assert!(
        gateway
            .config_yaml()
            .contains("usage-statistics-enabled: true")
    );

    panel
        .until(|status| status.state == State::Collecting)
        .await;
    let waiting = browser.get("/setup/first").await;
    assert!(waiting.body.contains("Waiting for the first request"));
    let (_, event) = cpamp::fake::traffic::events_between(MORNING - Ms::HOUR, MORNING, 7)
        .next()
        .unwrap();
    gateway.push(&event);
    panel.until(|status| status.stored == 1).await;
    let arrived = browser.region("/setup/first", "arrival").await;
    assert!(
        arrived.body.starts_with("<div id=\"arrival\""),
        "{}",
        arrived.body
    );
    assert!(arrived.body.contains("It arrived."));
    assert_eq!(browser.get("/settings/about").await.status, StatusCode::OK);
    assert_eq!(
        browser.get("/setup").await.header("location"),
        "/setup/gateway"
    );
    assert_eq!(
        browser.get("/setup/gateway").await.header("location"),
        "/settings/collection"
    );
    assert!(!panel.disk_holds(KEY));
    let status = browser.get("/status").await;
    assert!(!status.body.contains(KEY));
    within(gateway.stop()).await;
}

#[tokio::test]
async fn a_wrong_key_reaches_the_gateway_exactly_once() {
    let gateway = gateway().await;
    let (_panel, browser) = fresh().await;
    reach(&browser, &gateway.url()).await;
    let wrong = [("management_key", "not-the-key-marker")];
    let refused = browser.post("/setup/key", &wrong).await;
    assert_eq!(refused.status, WRONG);
    assert!(
        refused.body.contains("CPA did not accept this key"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("At most 4 tries are left"));
    assert!(!refused.body.contains("not-the-key-marker"));
    let again = browser.post("/setup/key", &wrong).await;
    assert!(again.body.contains("refused this very key before"));
    assert_eq!(gateway.auth_attempts().len(), 1);
    let right = browser.post("/setup/key", &[("management_key", KEY)]).await;
    assert_eq!(right.header("location"), "/setup/collection");
}

#[tokio::test]
async fn keys_of_the_wrong_kind_are_not_sent() {
    let gateway = gateway().await;
    let (_panel, browser) = fresh().await;
    reach(&browser, &gateway.url()).await;
    for (key, words) in [
        ("cmp_admin_0123456789", "This is the Admin Key of CPAMP"),
        ("$2a$10$0123456789", "This is the hash of a Management Key"),
        ("sk-0123456789", "This looks like a CPA API Key"),
        ("", "The field is empty"),
    ] {
        let refused = browser.post("/setup/key", &[("management_key", key)]).await;
        assert_eq!(refused.status, WRONG);
        assert!(refused.body.contains(words), "{key}: {}", refused.body);
    }
    assert!(gateway.auth_attempts().is_empty());
    // Somebody may really have such a key, and says so by entering it again.
    browser
        .post("/setup/key", &[("management_key", "sk-0123456789")])
        .await;
    assert_eq!(gateway.auth_attempts().len(), 1);
}

#[tokio::test]
async fn a_ban_is_told_and_nothing_is_sent_while_it_lasts() {
    let gateway = gateway().await;
    let (panel, browser) = fresh().await;
    reach(&browser, &gateway.url()).await;
    for n in 0..5 {
        let key = format!("wrong-{n}");
        browser
            .post("/setup/key", &[("management_key", &key)])
            .await;
    }
    let right = [("management_key", KEY)];
    let banned = browser.post("/setup/key", &right).await;
    assert!(
        banned.body.contains("The gateway bans this address"),
        "{}",
        banned.body
    );
    assert!(
        banned.body.contains("The ban lasts for another 30 min"),
        "{}",
        banned.body
    );
    assert_eq!(gateway.auth_attempts().len(), 6);
    panel.clock.set(MORNING + Ms(10 * 60_000));
    let still = browser.post("/setup/key", &right).await;
    assert!(still.body.contains("another 20 min"), "{}", still.body);
    assert_eq!(
        gateway.auth_attempts().len(),
        6,
        "nothing is sent during a ban"
    );
}

#[tokio::test]
async fn each_failure_names_its_cause() {
    let gateway = gateway().await;
    let (_panel, browser) = fresh().await;
    for (url, words) in [
        ("", "Enter the address of the gateway"),
        ("ftp://cpa", "must begin with http"),
        (
            "http://169.254.169.254",
            "No gateway can live at this address",
        ),
        ("http://127.0.0.1:9", "Nothing listens at that port"),
        ("http://cpa.invalid:8317", "The host name is not known"),
    ] {
        let refused = browser.post("/setup/gateway", &[("url", url)]).await;
        assert_eq!(refused.status, WRONG);
        assert!(refused.body.contains(words), "{url}: {}", refused.body);
        let kept = format!(r#"value="{url}""#);
        assert!(refused.body.contains(&kept), "{url}: {}", refused.body);
    }
    let https = gateway.url().replace("http:", "https:");
    let refused = browser.post("/setup/gateway", &[("url", &https)]).await;
    let words = "This port does not speak https";
    assert!(refused.body.contains(words), "{}", refused.body);
    // Without a gateway step 3 is out of reach.
    assert_eq!(
        browser.get("/setup/key").await.header("location"),
        "/setup/gateway"
    );

    let yaml = gateway.config_yaml();
    gateway.set_config_yaml("host: \"127.0.0.1\"\n");
    reach(&browser, &gateway.url()).await;
    let off = browser.post("/setup/key", &[("management_key", KEY)]).await;
    assert!(
        off.body.contains("Management is switched off"),
        "{}",
        off.body
    );
    gateway.set_config_yaml(&yaml);
    gateway.set_faults(|faults| faults.half_open = true);
}

#[tokio::test]
async fn another_web_server_is_not_mistaken_for_a_gateway() {
    let other = Upstream::start().await;
    let (_panel, browser) = fresh().await;
    let fields = [("url", other.url())];
    let fields = fields.each_ref().map(|(name, url)| (*name, url.as_str()));
    let answers = async {
        loop {
            let mut asked = other.request().await;
            let nothing =
                "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            asked.write(nothing).await;
        }
    };
    let refused = tokio::select! {
        refused = browser.post("/setup/gateway", &fields) => refused,
        () = answers => unreachable!(),
    };
    let words = "Something else answers there";
    assert!(refused.body.contains(words), "{}", refused.body);
}

/// The address in the browser's own bar is easily taken for the gateway's.
#[tokio::test]
async fn a_panel_is_not_mistaken_for_a_gateway() {
    let other = Panel::setup()
        .env("CPAMP_BASE_PATH", "/cpamp")
        .start()
        .await;
    let (panel, browser) = fresh().await;
    for url in [
        panel.origin.clone(),
        format!("{}/", panel.origin),
        format!("{}/cpamp", other.origin),
    ] {
        let refused = browser.post("/setup/gateway", &[("url", &url)]).await;
        assert_eq!(refused.status, WRONG, "{url}");
        let words = "This is the address of a CPAMP";
        assert!(refused.body.contains(words), "{url}: {}", refused.body);
    }
    // Whoever wanted another page reads why they are here.
    let led = browser.get("/doctor").await;
    assert_eq!(led.header("location"), "/setup");
    let step = browser.get("/setup/gateway").await;
    assert!(step.body.contains("every page leads here"), "{}", step.body);
}

#[tokio::test]
async fn the_set_up_can_be_finished_before_the_gateway_is_there() {
    let (panel, browser) = fresh().await;
    let url = ("url", "http://127.0.0.1:9");
    let refused = browser.post("/setup/gateway", &[url]).await;
    assert!(refused.body.contains("Continue without checking"));
    let on = browser
        .post("/setup/gateway", &[url, ("unchecked", "1")])
        .await;
    assert_eq!(on.header("location"), "/setup/key");
    let key = ("management_key", KEY);
    let refused = browser.post("/setup/key", &[key]).await;
    assert!(
        refused.body.contains("Continue without checking"),
        "{}",
        refused.body
    );
    // The field is empty then, because no page shows a key; nobody types it
    // again.
    assert!(refused.body.contains("as you entered it"));
    assert!(!refused.body.contains(KEY));
    let empty = ("management_key", "");
    let on = browser
        .post("/setup/key", &[empty, ("unchecked", "1")])
        .await;
    assert_eq!(on.header("location"), "/setup/collection", "{}", on.body);
    let done = browser.post("/setup/collection", &USUAL).await;
    assert_eq!(done.header("location"), "/setup/first");
    assert!(panel.state.is_set_up());
    assert!(!panel.disk_holds(KEY));
}

#[tokio::test]
async fn an_interval_the_gateway_would_outrun_is_refused() {
    let gateway = gateway().await;
    let (_panel, browser) = fresh().await;
    reach(&browser, &gateway.url()).await;
    browser.post("/setup/key", &[("management_key", KEY)]).await;
    let fields = [("mode", "resp"), ("poll_ms", "45000"), ("batch", "9999999")];
    let refused = browser.post("/setup/collection", &fields).await;
    assert_eq!(refused.status, WRONG);
    assert!(
        refused.body.contains("longer than a third of the gateway"),
        "{}",
        refused.body
    );
    assert!(
        refused
            .body
            .contains("Enter a whole number from 1 to 5,000")
    );
    assert!(refused.body.contains(r#"value="45000""#), "input is kept");
}

#[tokio::test]
async fn an_address_from_the_environment_is_locked() {
    let gateway = gateway().await;
    let setup = Panel::setup()
        .not_set_up()
        .env("CPA_UPSTREAM_URL", &gateway.url());
    let panel = setup.start().await;
    let browser = panel.logged_in().await;
    let step = browser.get("/setup/gateway").await;
    assert!(
        step.body.contains("set by CPA_UPSTREAM_URL"),
        "{}",
        step.body
    );
    let sent = browser
        .post("/setup/gateway", &[("url", "http://elsewhere")])
        .await;
    assert_eq!(sent.header("location"), "/setup/key", "{}", sent.body);
    browser.post("/setup/key", &[("management_key", KEY)]).await;
    let done = browser.post("/setup/collection", &USUAL).await;
    assert_eq!(done.header("location"), "/setup/first");
    panel
        .until(|status| status.state == State::Collecting)
        .await;
    let chosen = panel.store().read(collection::chosen).await.unwrap();
    assert_eq!(chosen.url, None, "a fixed value is never stored");
    assert!(!panel.disk_holds("elsewhere"));
}
