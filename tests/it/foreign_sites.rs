//! Forms and scripts of other sites change nothing: where a request comes from,
//! by what it says of itself, against what it may do.

use reqwest::{Method, StatusCode};

use crate::support::binary::script;
use crate::support::panel::{ADMIN_KEY, Browser, Panel};

/// What browsers say in `Sec-Fetch-Site`, and whether a form may come from there.
const SITES: [(Option<&str>, Option<bool>); 5] = [
    (Some("same-origin"), Some(true)),
    (Some("same-site"), Some(false)),
    (Some("cross-site"), Some(false)),
    (Some("none"), Some(false)),
    // Over plain http to an address they say nothing: `Origin` decides.
    (None, None),
];

/// What stands in `Origin` of a page at `own`, and whether it is ours.
fn origins(own: &str) -> Vec<(Option<String>, bool)> {
    let (_, host) = own.split_once("://").unwrap();
    let name = host.split(':').next().unwrap();
    vec![
        (Some(own.to_owned()), true),
        (None, false),
        (Some(String::from("null")), false),
        (Some(String::from("http://evil.example")), false),
        (Some(format!("{own}.evil.example")), false),
        (Some(format!("http://{name}")), false),
        (Some(format!("http://{name}:1")), false),
        (Some(format!("http://evil.example/{host}")), false),
        (Some(format!("ftp://{host}")), false),
        (Some(host.to_owned()), false),
        (Some(String::new()), false),
    ]
}

async fn answer(
    browser: &Browser,
    method: Method,
    path: &str,
    site: Option<&str>,
    origin: Option<&str>,
) -> StatusCode {
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(site.map(|site| ("sec-fetch-site", site)));
    headers.extend(origin.map(|origin| ("origin", origin)));
    browser
        .send(method, path, "theme=dark", &headers)
        .await
        .status
}

/// Every unsafe method, from everywhere, by everybody, at a form, at the log-in
/// and where nothing is.
async fn check(panel: &Panel, own: &str) {
    let person = panel.logged_in().await;
    let stranger = panel.visitor();
    for (site, by_site) in SITES {
        for (origin, ours) in origins(own) {
            let allowed = by_site.unwrap_or(ours);
            let origin = origin.as_deref();
            let what = format!("site {site:?}, origin {origin:?}");
            for path in ["/prefs", "/settings/sessions/end-nothing", "/login"] {
                for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                    let status = answer(&person, method.clone(), path, site, origin).await;
                    let refused = status == StatusCode::FORBIDDEN;
                    assert_eq!(refused, !allowed, "{method} {path}, {what}: {status}");
                }
            }
            let status = answer(&stranger, Method::POST, "/prefs", site, origin).await;
            let expected = if allowed {
                StatusCode::SEE_OTHER
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(status, expected, "{what}");
            // Looking is allowed from anywhere, and changes nothing.
            let status = answer(&person, Method::GET, "/settings/about", site, origin).await;
            assert_eq!(status, StatusCode::OK, "{what}");
        }
    }
}

#[tokio::test]
async fn only_pages_of_this_panel_may_change_something() {
    let panel = Panel::start().await;
    check(&panel, &panel.origin).await;
}

#[tokio::test]
async fn the_public_address_is_what_a_page_must_come_from() {
    let panel = Panel::setup().env("CPAMP_PUBLIC_URL", "http://panel.example:8080");
    let panel = panel.start().await;
    check(&panel, "http://panel.example:8080").await;
    // What the connection says does not count then.
    let person = panel.logged_in().await;
    let direct = Some(panel.origin.as_str());
    let status = answer(&person, Method::POST, "/prefs", None, direct).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

/// No other site can make a browser send a key, so a key needs no origin; but it
/// must be right, and a cookie beside it does not help.
#[tokio::test]
async fn a_key_needs_no_origin_and_a_cookie_beside_a_wrong_one_counts_for_nothing() {
    let panel = Panel::start().await;
    let scripts = [
        script(&panel.origin, ADMIN_KEY),
        script(&panel.origin, "wrong-key-000000000"),
    ];
    for (site, _) in SITES {
        let [right, _] = &scripts;
        let status = answer(
            right,
            Method::POST,
            "/prefs",
            site,
            Some("http://evil.example"),
        )
        .await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{site:?}");
    }
    let [_, wrong] = scripts;
    let session = panel.logged_in().await.cookie("cpamp_session").unwrap();
    wrong.set_cookie("cpamp_session", &session);
    let status = answer(&wrong, Method::POST, "/prefs", Some("cross-site"), None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

/// Only whole names of an interface, not what begins like one.
#[tokio::test]
async fn a_named_page_may_read_the_interface_and_nothing_else() {
    let named = "https://named.example";
    let panel = Panel::setup().env("CPAMP_CORS_ORIGINS", named);
    let panel = panel.start().await;
    let visitor = panel.visitor();
    for (path, readable) in [
        ("/status", true),
        ("/v0/management/usage", true),
        ("/v1/models", true),
        ("/statuses", false),
        ("/v1beta/models", false),
        ("/v0x", false),
        ("/", false),
        ("/usage", false),
    ] {
        for method in [Method::GET, Method::OPTIONS] {
            let headers = [("origin", named)];
            let answer = visitor.send(method, path, "", &headers).await;
            let expected = if readable { named } else { "" };
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed, expected, "{path}: {}", answer.status);
        }
    }
}
