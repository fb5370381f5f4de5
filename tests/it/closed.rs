//! Nobody who is not logged in gets past the door: every address the sources
//! register is tried, so a new one is tried too.

use reqwest::{Method, StatusCode};

use crate::support::panel::{Answer, Panel};
use crate::support::routes::{filled, registered};

/// Open to everybody, on purpose.
const OPEN: [&str; 8] = [
    "/login",
    "/setup",
    "/healthz",
    "/readyz",
    "/assets/{hash}/{name}",
    // Asks the gateway with the key that the caller brings.
    "/v1/models",
    // The one-file panel: a page without data, opened with the gateway's key.
    "/management.html",
    // Leads to the base path when there is one.
    "/",
];

/// Addresses that scripts use, and one that nobody does.
const OTHERS: [&str; 6] = [
    "/nothing-here",
    "/v0/management/config",
    "/v0/management/usage-queue?count=1",
    "/v0/management/nothing-here",
    "/assets/0/nothing.js",
    "/login/x",
];

fn closed() -> Vec<(Method, String)> {
    let routes = registered();
    assert!(routes.len() > 40, "{routes:?}");
    for open in OPEN {
        assert!(
            routes.iter().any(|(_, path)| path == open),
            "{open} is gone"
        );
    }
    let others = OTHERS.map(|path| (Method::GET, path.to_owned()));
    routes
        .into_iter()
        .filter(|(_, path)| path == "/" || !OPEN.contains(&path.as_str()))
        .chain(others)
        .collect()
}

/// The gateway's interface: its clients take any page for a success.
fn is_interface(path: &str) -> bool {
    path.starts_with("/v0/management/") || path.starts_with("/v1/")
}

fn is_public(path: &str) -> bool {
    path.starts_with("/assets/") || path.starts_with("/login/")
}

/// Where it leads, or that a key is missing; never what is there.
fn check_refused(answer: &Answer, base: &str, what: &str) {
    match answer.status {
        StatusCode::SEE_OTHER => {
            let to = answer.header("location");
            assert!(
                to.starts_with(&format!("{base}/login")),
                "{what} leads to {to}"
            );
            assert_eq!(answer.body, "", "{what}");
        }
        StatusCode::UNAUTHORIZED => {
            assert!(
                answer.json().get("code").unwrap() == "missing_admin_key",
                "{what}: {}",
                answer.body
            );
        }
        status => panic!("{what} answers {status}: {}", answer.body),
    }
}

#[tokio::test]
async fn every_address_is_closed_to_strangers() {
    for base in ["", "/cpamp"] {
        let panel = Panel::setup().env("CPAMP_BASE_PATH", base).start().await;
        let stranger = panel.visitor();
        for (method, path) in closed() {
            let address = format!("{base}{}", filled(&path));
            let what = format!("{method} {address}");
            let ours = [("sec-fetch-site", "same-origin")];
            let answer = stranger.send(method.clone(), &address, "", &ours).await;
            if is_public(&path) {
                let fine = [StatusCode::NOT_FOUND, StatusCode::SEE_OTHER];
                assert!(fine.contains(&answer.status), "{what}: {}", answer.status);
                continue;
            }
            if method == Method::HEAD {
                assert!(!answer.status.is_success(), "{what}: {}", answer.status);
                continue;
            }
            check_refused(&answer, base, &what);
            if is_interface(&path) {
                let page = [("sec-fetch-site", "same-origin"), ("accept", "text/html")];
                let opened = stranger.send(method.clone(), &address, "", &page).await;
                for answer in [&answer, &opened] {
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
                    assert_eq!(answer.json()["code"], "missing_admin_key", "{what}");
                }
                let wrong = [("authorization", "Bearer x"), ("accept", "text/html")];
                let wrong = stranger.send(method.clone(), &address, "", &wrong).await;
                assert!(wrong.status.is_client_error(), "{what}: {}", wrong.status);
                assert_eq!(wrong.header("content-type"), "application/json", "{what}");
            }
            if method == Method::GET {
                let region = stranger.region(&address, "x").await;
                assert_eq!(region.status, StatusCode::UNAUTHORIZED, "{what}");
                assert!(!region.body.contains("<main"), "{what}: {}", region.body);
            } else {
                // Without a word on where it comes from it is not even looked at.
                let foreign = stranger.send(method, &address, "", &[]).await;
                assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{what}");
            }
        }
    }
}

/// What is there and what is not look the same from outside.
#[tokio::test]
async fn a_stranger_does_not_learn_what_there_is() {
    let panel = Panel::start().await;
    let stranger = panel.visitor();
    let there = stranger.get("/settings/about").await;
    let not_there = stranger.get("/settings/absent").await;
    assert_eq!(there.status, not_there.status);
    assert_eq!(
        there.header("location").replace("about", "absent"),
        not_there.header("location")
    );
    assert_eq!((there.body, not_there.body), (String::new(), String::new()));
    let with = |key: &'static str| panel.visitor().with("authorization", key);
    for credential in ["Bearer wrong-key-0000000", "Basic YTpi", "Bearer", ""] {
        let answer = with(credential).get("/status").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{credential}");
        assert!(answer.json().get("collector").is_none());
    }
    let forged = panel.visitor();
    for token in [
        "",
        "0",
        "../../etc",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        forged.set_cookie("cpamp_session", token);
        let answer = forged.get("/status").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
    }
}

/// The set-up is no way in either.
#[tokio::test]
async fn before_the_set_up_strangers_see_only_its_first_step() {
    let panel = Panel::setup().not_set_up().start().await;
    let stranger = panel.visitor();
    for (method, path) in closed() {
        if is_public(&path) || method == Method::HEAD {
            continue;
        }
        let ours = [("sec-fetch-site", "same-origin")];
        let address = filled(&path);
        let answer = stranger.send(method.clone(), &address, "", &ours).await;
        let what = format!("{method} {address}");
        match answer.status {
            StatusCode::SEE_OTHER => assert_eq!(answer.header("location"), "/setup", "{what}"),
            status => assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}"),
        }
    }
    let first = stranger.get("/setup").await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(!first.body.contains("management_key"), "{}", first.body);
}
