//! Secrets with a face go in through every door of the real binary; then every
//! page, export, log line, error and file is searched for them.

use std::collections::{BTreeSet, VecDeque};

use cpamp::fake::{Gateway, Options};
use regex::Regex;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::binary::{self, Binary, script};
use crate::support::lab::anywhere;
use crate::support::panel::{Answer, Browser};
use crate::support::routes::{filled, registered};
use crate::support::traffic;

const ADMIN: &str = "marker-of-the-admin-key";
const MANAGEMENT: &str = "marker-of-the-management-key";
const DATA: &str = "marker-of-the-data-key";
const CLIENT: &str = "marker-of-a-client-0001";
const UPSTREAM: &str = "sk-marker-of-upstream-0001";
const SHORT: &str = "zq7w";
const WRONG: [&str; 3] = [
    "sk-marker-wrong-key-00001",
    "$2a$10$markerwronghash0000000000",
    "marker-wrong-admin-key",
];

/// What upstreams put into their answers: the text around it, and what must
/// not be seen of it.
const LEAKS: [(&str, &str); 12] = [
    ("Authorization: Bearer {}", "markerbearer0000000001"),
    (r#"{"api_key":"{}"}"#, "markerapikey0000000001"),
    (r#"{"refresh_token": "{}"}"#, "1//0markerrefresh00000001"),
    ("Cookie: session={}; theme=dark", "markercookie000000001"),
    ("Set-Cookie: sid={}; HttpOnly", "markersetcookie00001"),
    ("key {} is out of quota", "sk-proj-markerinbody0000001"),
    ("key {} is out of quota", "xai-markerinbody000000001"),
    ("key {} is out of quota", "AIzaMarkerInBody0000000000001"),
    ("token {} has expired", "ya29.markerinbody00000001"),
    (
        "token {} has expired",
        "eyJhbGciOiJIUzI1NiJ9.eyJtYXJrZXIiOjF9.markersignature01",
    ),
    ("no seat for {}@example.com", "markerlocalpart"),
    (
        "https://api.example/v1?key={}&x=1",
        "markerinquery000000001",
    ),
];

/// An event with other fields.
fn with(mut event: Value, fields: &Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    event.as_object_mut().unwrap().extend(fields);
    event
}

fn failed(n: u32, leak: &str, secret: &str) -> Value {
    let fields = json!({
        "api_key": CLIENT,
        "source": UPSTREAM,
        "auth_type": "apikey",
        "user_agent": format!("curl/8 ({CLIENT}) {UPSTREAM}"),
        "x_forwarded_for": CLIENT,
        "failed": true,
        "fail": {"status_code": 429, "body": leak.replace("{}", secret)},
        "response_headers": {
            "Set-Cookie": [format!("sid={secret}")],
            "X-Api-Key": [UPSTREAM],
            "X-Request-Id": [format!("up {CLIENT} {UPSTREAM}")],
            "Retry-After": ["5"],
        },
    });
    with(traffic::numbered(n), &fields)
}

/// All events, and how many of them there are.
fn push(gateway: &Gateway) -> u64 {
    let mut n = 0;
    for (leak, secret) in LEAKS {
        gateway.push(&failed(n, leak, secret).to_string());
        n += 1;
    }
    let fields = json!({
        "api_key": SHORT,
        "user_agent": format!("tool/1 {SHORT} x"),
        "failed": true,
        "fail": {"status_code": 401, "body": format!("unknown key {SHORT}")},
    });
    let short = with(traffic::numbered(n), &fields);
    gateway.push(&short.to_string());
    for torn in [
        format!(r#"{{"api_key":"{CLIENT}","source":"{UPSTREAM}","x"#),
        format!(r#"{{"timestamp":"no time","tokens":{{}},"api_key":"{CLIENT}"}}"#),
        format!("[\"{UPSTREAM}\"]"),
    ] {
        gateway.push_raw(torn);
    }
    u64::from(n) + 1
}

/// Everything that must not be seen, anywhere.
fn markers() -> Vec<&'static str> {
    let leaks = LEAKS.iter().map(|(_, secret)| *secret);
    [ADMIN, MANAGEMENT, DATA, CLIENT, UPSTREAM, SHORT]
        .into_iter()
        .chain(WRONG)
        .chain(leaks)
        .collect()
}

fn check(what: &str, answer: &Answer) {
    let headers = format!("{:?}", answer.headers);
    for marker in markers() {
        assert!(
            !answer.body.contains(marker),
            "{what} shows {marker}:\n{}",
            answer.body
        );
        assert!(
            !headers.contains(marker),
            "{what} sends {marker}: {headers}"
        );
    }
}

/// Through the set-up, as a person goes.
async fn set_up(browser: &Browser, gateway: &Gateway) {
    for wrong in WRONG {
        check(
            "a wrong log-in",
            &browser.post("/login", &[("key", wrong)]).await,
        );
    }
    let steps: [(&str, &[(&str, &str)]); 5] = [
        ("/login", &[("key", ADMIN)]),
        ("/setup/gateway", &[("url", &gateway.url())]),
        ("/setup/key", &[("management_key", WRONG[1])]),
        ("/setup/key", &[("management_key", MANAGEMENT)]),
        (
            "/setup/collection",
            &[
                ("enabled", "1"),
                ("mode", "auto"),
                ("poll_ms", "50"),
                ("batch", "500"),
            ],
        ),
    ];
    for (step, fields) in steps {
        let answer = browser.post(step, fields).await;
        check(step, &answer);
    }
}

/// Every page that can be reached, and every address there is. Gives how many
/// there were, and how many of them show that something was taken out.
async fn crawl(browser: &Browser) -> (usize, usize) {
    let link = Regex::new(r##"(?:href|hx-get)="(/[^"#]*)"##).unwrap();
    let ours = registered()
        .into_iter()
        .filter(|(method, _)| *method == Method::GET);
    let mut waiting: VecDeque<String> = ours
        .map(|(_, path)| filled(&path))
        .filter(|path| path != "/events" && path != "/logout")
        .collect();
    waiting.extend([String::from("/requests?range=all&status=failed")]);
    let (mut seen, mut marked) = (BTreeSet::new(), 0);
    while let Some(path) = waiting.pop_front() {
        // A list links to itself in hundreds of ways.
        if seen.len() > 500 || path.starts_with("/assets") || !seen.insert(path.clone()) {
            continue;
        }
        let answer = browser.get(&path).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.body);
        check(&path, &answer);
        marked += usize::from(answer.body.contains("[redacted]"));
        if answer.header("content-type").starts_with("text/html") {
            let links = link.captures_iter(&answer.body);
            waiting.extend(links.map(|found| found[1].replace("&amp;", "&").replace("&#38;", "&")));
        }
    }
    (seen.len(), marked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_ever_seen_again() {
    let data = TempDir::new().unwrap();
    let gateway = Gateway::start(Options::with_key(MANAGEMENT)).await.unwrap();
    let mut command = binary::bare(data.path());
    command
        .env("CPAMP_ADMIN_KEY", ADMIN)
        .env("CPAMP_DATA_KEY", DATA)
        .env("CPAMP_LOG", "debug");
    let panel = Binary::start(command).await;
    let browser = Browser::new(panel.url());
    set_up(&browser, &gateway).await;
    let session = browser.cookie("cpamp_session").unwrap();
    let pushed = push(&gateway);

    let scripted = script(panel.url(), ADMIN);
    let all = |status: &Value| {
        let events = &status["events"];
        events["stored"].as_u64() == Some(pushed) && events["rejected"].as_u64() == Some(3)
    };
    crate::support::wait::until("all is stored", async || {
        let status = scripted.get("/status").await;
        check("the status", &status);
        let status = status.json();
        if all(&status) { Ok(()) } else { Err(status) }
    })
    .await;

    let (pages, marked) = crawl(&browser).await;
    assert!(pages > 60, "only {pages} pages were found");
    assert!(
        marked >= LEAKS.len(),
        "only {marked} of {pages} pages show failures"
    );
    for (method, path) in registered() {
        if method != Method::GET && path != "/logout" && !path.ends_with("/end") {
            let ours = [("sec-fetch-site", "same-origin")];
            let answer = browser.send(method, &filled(&path), "", &ours).await;
            check(&path, &answer);
        }
    }
    for wrong in WRONG {
        let answer = script(panel.url(), wrong)
            .get("/v0/management/config")
            .await;
        assert!(!answer.status.is_success());
        check("a wrong key at the API", &answer);
    }
    for export in ["/requests.jsonl?range=all", "/requests.csv?range=all"] {
        let answer = browser.get(export).await;
        assert_eq!(answer.status, StatusCode::OK);
        // What may be seen is there, so the search was not in vain.
        assert!(answer.body.contains("mark…0001"), "{}", answer.body);
        check(export, &answer);
    }

    let said = panel.said();
    assert!(said.contains("a wrong Admin Key came from"), "{said}");
    assert!(panel.stop().await.success());
    for marker in markers().into_iter().chain([session.as_str()]) {
        assert!(!said.contains(marker), "the log holds {marker}:\n{said}");
        assert_eq!(anywhere(data.path(), marker), "", "{marker} is on the disk");
    }
    assert!(
        !anywhere(data.path(), "mark\u{2026}0001").is_empty(),
        "the database was searched"
    );
}
