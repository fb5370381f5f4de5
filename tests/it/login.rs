//! Logging in and out, deep links, and sessions over time.

use cpamp::domain::units::Ms;
use reqwest::StatusCode;

use crate::support::panel::{ADMIN_KEY, Panel};

#[tokio::test]
async fn a_deep_link_survives_the_log_in() {
    let panel = Panel::start().await;
    let visitor = panel.visitor();
    let wanted = "/settings/sessions?x=a%26b";
    let sent_away = visitor.get(wanted).await;
    assert_eq!(sent_away.status, StatusCode::SEE_OTHER);
    let login = sent_away.header("location").to_owned();
    assert_eq!(login, "/login?next=%2Fsettings%2Fsessions%3Fx%3Da%2526b");
    let form = visitor.get(&login).await;
    assert!(
        form.body
            .contains(&format!(r#"name="next" value="{wanted}""#))
    );
    let fields = [("key", ADMIN_KEY), ("next", wanted)];
    let inside = visitor.post("/login", &fields).await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER);
    assert_eq!(inside.header("location"), wanted);
}

#[tokio::test]
async fn next_never_leads_off_the_panel() {
    let panel = Panel::start().await;
    let visitor = panel.visitor();
    for next in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%2f/e",
        "/\t/e",
    ] {
        let fields = [("key", ADMIN_KEY), ("next", next)];
        let inside = visitor.post("/login", &fields).await;
        assert_eq!(inside.header("location"), "/", "{next:?}");
    }
}

#[tokio::test]
async fn logging_out_ends_the_session_for_good() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let session = browser.cookie("cpamp_session").unwrap();
    assert_eq!(browser.get("/status").await.status, StatusCode::OK);
    let out = browser.post("/logout", &[]).await;
    assert_eq!(out.header("location"), "/login");
    assert_eq!(browser.cookie("cpamp_session"), None);
    let thief = panel.visitor();
    thief.set_cookie("cpamp_session", &session);
    assert_eq!(thief.get("/status").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_log_in_makes_a_new_session_and_ends_the_old_one() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let old = browser.cookie("cpamp_session").unwrap();
    browser.post("/login", &[("key", ADMIN_KEY)]).await;
    let new = browser.cookie("cpamp_session").unwrap();
    assert_ne!(old, new);
    let thief = panel.visitor();
    thief.set_cookie("cpamp_session", &old);
    assert_eq!(thief.get("/status").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_unused_session_ends_after_twelve_hours() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let start = panel.clock.now();
    panel.clock.set(start + Ms(12 * 3_600_000 - 1));
    assert_eq!(browser.get("/status").await.status, StatusCode::OK);
    // It was used just now, so the twelve hours begin again.
    panel.clock.set(start + Ms(24 * 3_600_000 - 2));
    assert_eq!(browser.get("/status").await.status, StatusCode::OK);
    panel.clock.set(start + Ms(36 * 3_600_000));
    assert_eq!(
        browser.get("/status").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_used_session_ends_after_seven_days() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let start = panel.clock.now();
    for hours in (6..168).step_by(6) {
        panel.clock.set(start + Ms(hours * 3_600_000));
        assert_eq!(browser.get("/status").await.status, StatusCode::OK);
    }
    panel.clock.set(start + Ms(168 * 3_600_000));
    assert_eq!(
        browser.get("/status").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn who_asked_to_stay_stays_thirty_days() {
    let panel = Panel::start().await;
    let browser = panel.visitor();
    let fields = [("key", ADMIN_KEY), ("keep", "1")];
    let inside = browser.post("/login", &fields).await;
    assert!(inside.header("set-cookie").contains("Max-Age=2592000"));
    let start = panel.clock.now();
    panel.clock.set(start + Ms(30 * 86_400_000 - 1));
    assert_eq!(browser.get("/status").await.status, StatusCode::OK);
    panel.clock.set(start + Ms(30 * 86_400_000));
    assert_eq!(
        browser.get("/status").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_database_holds_no_token() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let token = browser.cookie("cpamp_session").unwrap();
    assert!(!panel.disk_holds(&token));
}

#[tokio::test]
async fn a_wrong_key_is_explained_by_its_shape_and_never_shown() {
    let panel = Panel::start().await;
    let visitor = panel.visitor();
    for (key, words) in [
        ("sk-secret-marker-1", "looks like a CPA API Key"),
        ("$2a$10$secret-marker-2", "the hash that CPA writes"),
        ("secret-marker-3", "is not the Admin Key of this panel"),
        ("", "Enter the Admin Key"),
    ] {
        let answer = visitor.post("/login", &[("key", key)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(words), "{key}: {}", answer.body);
        assert!(!answer.body.contains("secret-marker"));
    }
}

#[tokio::test]
async fn cookies_are_strict_by_scheme() {
    let http = Panel::start().await;
    let cookie = http.visitor().post("/login", &[("key", ADMIN_KEY)]).await;
    let cookie = cookie.header("set-cookie").to_owned();
    assert!(cookie.starts_with("cpamp_session="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");

    let https = Panel::setup().env("CPAMP_PUBLIC_URL", "https://panel.example");
    let https = https.start().await;
    let cookie = https.visitor().post("/login", &[("key", ADMIN_KEY)]).await;
    let cookie = cookie.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-cpamp_session="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_says_that_it_is_https() {
    let strangers = Panel::start().await;
    let visitor = strangers.visitor().with("x-forwarded-proto", "https");
    let cookie = visitor.post("/login", &[("key", ADMIN_KEY)]).await;
    assert!(!cookie.header("set-cookie").contains("Secure"));

    let trusting = Panel::setup().env("CPAMP_TRUSTED_PROXIES", "127.0.0.1");
    let trusting = trusting.start().await;
    let visitor = trusting.visitor().with("x-forwarded-proto", "https");
    let cookie = visitor.post("/login", &[("key", ADMIN_KEY)]).await;
    assert!(cookie.header("set-cookie").contains("Secure"));
}
