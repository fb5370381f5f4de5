//! What attackers send, byte by byte: other spellings of a path, headers that
//! choose an address, requests that two programs read in two ways. Each is
//! stopped at the panel.

use cpamp::domain::units::Ms;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::support::door::Door;
use crate::support::panel::ADMIN_KEY;

/// A request line and headers, with the Admin Key and nothing kept open.
fn with_key(line: &str, headers: &str) -> String {
    format!(
        "{line}\r\nHost: panel\r\nConnection: close\r\nAuthorization: Bearer {ADMIN_KEY}\r\n{headers}\r\n"
    )
}

fn status(answer: &str) -> u16 {
    let status = answer.split(' ').nth(1);
    status.and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// Where the queue would be, if anybody read these as the gateway does.
#[tokio::test]
async fn other_spellings_of_a_path_reach_nobody() {
    let door = Door::open().await;
    for path in [
        "/v0/management/../management/usage-queue",
        "/v0/management/%2e%2e/management/usage-queue",
        "/v0/management/.%2E/x",
        "/v0/management/%252e%252e/x",
        "/v0/management/config/..",
        "/v0/management//usage-queue",
        "/v0/management//",
        "/v0//management/config",
        "//v0/management/config",
        "/v0/management/usage-queue;x",
        "/v0/management/;x/usage-queue",
        "/v0/management/config%3bx",
        "/v0/management/auth-files%2fdownload",
        "/v0/management/auth-files%2Fdownload",
        "/v0/management/auth-files\\download",
        "/v0/management\\usage-queue",
        "/v0/management/auth-files%5cdownload",
        "/v0/management/config%00",
        "/v0/management/%0d%0ax",
        "/v0/management/%zz",
        "/v0/management/%c0%ae%c0%ae/x",
        "/V0/Management/config",
        "/v0/Management/config",
        "/v0/%6danagement/config",
        "/v0/management/USAGE-QUEUE",
        "/v0/management/%75sage-queue",
        "http://elsewhere/v0/management/config",
        "https://127.0.0.1/v0/management/config",
        "elsewhere:80",
        "*",
    ] {
        let answer = door
            .raw(&with_key(&format!("GET {path} HTTP/1.1"), ""))
            .await;
        let refused = matches!(status(&answer), 400 | 403 | 404 | 405);
        assert!(refused, "{path}: {answer}");
        assert!(
            answer.contains("\"code\":") || status(&answer) == 400,
            "{path}: {answer}"
        );
    }
    assert_eq!(
        door.gateway.tally().http_requests,
        0,
        "{:?}",
        door.gateway.requests()
    );
}

/// Harmless spellings are written plainly before they go on.
#[tokio::test]
async fn the_gateway_sees_the_path_that_was_checked() {
    let door = Door::open().await;
    let line = "GET /v0/management/de%62ug?x=%2e%2e&y=a;b HTTP/1.1";
    let answer = door.raw(&with_key(line, "")).await;
    assert_eq!(status(&answer), 200, "{answer}");
    assert_eq!(
        door.gateway.requests(),
        ["GET /v0/management/debug?x=%2e%2e&y=a;b"]
    );
}

#[tokio::test]
async fn connect_and_trace_are_not_relayed() {
    let door = Door::open().await;
    for line in [
        "TRACE /v0/management/config HTTP/1.1",
        "CONNECT panel:80 HTTP/1.1",
        "CONNECT /v0/management/config HTTP/1.1",
    ] {
        let answer = door.raw(&with_key(line, "")).await;
        assert!((400..500).contains(&status(&answer)), "{line}: {answer}");
        assert!(!answer.contains(ADMIN_KEY), "{answer}");
    }
    assert_eq!(door.gateway.tally().http_requests, 0);
}

/// The gateway believes these; a caller must not choose whom it bans.
#[tokio::test]
async fn headers_that_choose_an_address_do_not_cross() {
    let door = Door::open().await;
    let headers = "X-Forwarded-For: 203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n\
        Forwarded: for=203.0.113.9\r\nX-Forwarded-Host: evil.example\r\n\
        X-Forwarded-Proto: https\r\nX-Original-URL: /v0/management/usage-queue\r\n\
        X-Rewrite-URL: /v0/management/usage-queue\r\nX-HTTP-Method-Override: DELETE\r\n\
        True-Client-IP: 203.0.113.9\r\nCF-Connecting-IP: 203.0.113.9\r\n\
        X-Management-Key: another\r\nCookie: cpamp_session=x; __Host-cpamp_session=y\r\n\
        TE: trailers\r\nTrailer: X-Late\r\nUpgrade: h2c\r\nKeep-Alive: 9\r\n\
        Proxy-Authorization: Basic eDp5\r\nProxy-Connection: keep-alive\r\nHTTP2-Settings: AA\r\n";
    let answer = door
        .raw(&with_key("GET /v0/management/debug HTTP/1.1", headers))
        .await;
    assert_eq!(status(&answer), 200, "{answer}");
    let seen = door.gateway.headers_seen();
    let names: Vec<_> = seen.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["accept", "authorization", "host"]);
    let host = door.gateway.addr().to_string();
    assert!(seen.contains(&("host".into(), host)), "{seen:?}");
}

#[tokio::test]
async fn what_connection_names_is_dropped() {
    let door = Door::open().await;
    let request = format!(
        "GET /v0/management/debug HTTP/1.1\r\nHost: panel\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\
         Connection: close, Range, If-None-Match, Authorization\r\nRange: bytes=0-1\r\n\
         If-None-Match: x\r\nUser-Agent: script/1\r\n\r\n"
    );
    let answer = door.raw(&request).await;
    assert_eq!(status(&answer), 200, "{answer}");
    let seen = door.gateway.headers_seen();
    let names: Vec<_> = seen.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["accept", "authorization", "host", "user-agent"]);
}

/// The gateway is called by its own name, whoever the client thinks it calls.
#[tokio::test]
async fn a_host_of_somebody_else_does_not_cross() {
    let door = Door::open().await;
    let line = "GET /v0/management/debug HTTP/1.1";
    let request = with_key(line, "").replace("Host: panel", "Host: evil.example");
    assert_eq!(status(&door.raw(&request).await), 200);
    let seen = door.gateway.headers_seen();
    assert!(
        seen.contains(&("host".into(), door.gateway.addr().to_string())),
        "{seen:?}"
    );
    for bad in ["Host: a\r\nHost: b", "", "Host: a b"] {
        let request = with_key(line, "").replace("Host: panel\r\n", &format!("{bad}\r\n"));
        let request = if bad.is_empty() {
            with_key(line, "").replace("Host: panel\r\n", "")
        } else {
            request
        };
        let answer = door.raw(&request).await;
        assert_eq!(status(&answer), 400, "{bad:?}: {answer}");
    }
    assert_eq!(door.gateway.tally().http_requests, 1);
}

/// Shapes in which one request hides another.
#[tokio::test]
async fn smuggled_requests_reach_nobody() {
    let door = Door::open().await;
    let inner = format!(
        "DELETE /v0/management/logs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\r\n"
    );
    let line = "POST /v0/management/reset-quota HTTP/1.1";
    for headers in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 0\r\nContent-Length: 90\r\n",
        "Content-Length: 0, 90\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 5\r\n",
        " Content-Length: 5\r\n",
        "X: a\r\n b\r\n",
        "X: a\rb\r\n",
        "X: a\0b\r\n",
        "X\r\n",
        "X: a\nContent-Length: 5\rX: b\r\n",
    ] {
        let request = with_key(line, headers) + "0\r\n\r\n" + &inner;
        let answer = door.raw(&request).await;
        assert_eq!(status(&answer), 400, "{headers:?}: {answer}");
        assert_eq!(
            answer.matches("HTTP/1.1 ").count(),
            1,
            "{headers:?}: {answer}"
        );
    }
    assert_eq!(
        door.gateway.tally().http_requests,
        0,
        "{:?}",
        door.gateway.requests()
    );
}

/// Wrong keys never reach the gateway, so nobody can make it ban the panel.
#[tokio::test]
async fn wrong_keys_are_slowed_down_here() {
    let door = Door::open().await;
    let mut seen = Vec::new();
    for n in 0..12 {
        let line = "GET /v0/management/config HTTP/1.1";
        let request = with_key(line, "").replace(ADMIN_KEY, &format!("wrong-{n}"));
        let answer = door.raw(&request).await;
        seen.push(status(&answer));
    }
    assert_eq!(seen[..5], [401; 5]);
    assert_eq!(seen[5..], [429; 7]);
    assert_eq!(door.bytes_seen(), 0);
    assert_eq!(door.gateway.tally().connections, 0);
}

/// A request as nobody would write it, without a valid credential.
fn anonymous_request() -> impl Strategy<Value = String> {
    let method = select(vec![
        "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "FOO",
        "get",
    ]);
    let root = select(vec![
        "/v0/management",
        "/v0/resource/plugins",
        "/V0/management",
        "/v1",
        "http://x/v0/management",
        "//v0/management",
        "/v0",
        "",
        "/assets/x/../../v0/management",
        "/login/../v0/management",
    ]);
    let part = select(vec![
        "config",
        "usage-queue",
        "auth-files",
        "plugins",
        "..",
        "%2e%2e",
        "",
        "%2f",
        ";x",
        "v1",
        "models",
        "oauth-callback",
        "management",
        "\\",
        "%00",
    ]);
    let header = select(vec![
        "Authorization: ",
        "Authorization: Bearer",
        "Authorization: Basic eDp5",
        "Authorization: Bearer wrong",
        "X-Management-Key: ",
        "X-Management-Key: wrong",
        "Cookie: cpamp_session=forged",
        "Cookie: __Host-cpamp_session=forged",
        "X-Forwarded-For: 127.0.0.1",
        "Origin: http://panel",
        "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-Site: none",
        "Content-Length: 0",
        "Upgrade: websocket",
        "Hx-Request: true",
        "Accept: text/event-stream",
        "X-HTTP-Method-Override: GET",
        "Host: elsewhere",
        "Expect: 100-continue",
    ]);
    let (parts, headers) = (vec(part, 0..4), vec(header, 0..5));
    (method, root, parts, headers).prop_map(|(method, root, parts, headers)| {
        format!(
            "{method} {root}/{} HTTP/1.1\r\nHost: panel\r\n{}\r\n\r\n",
            parts.join("/"),
            headers.join("\r\n")
        )
    })
}

#[test]
fn without_a_credential_the_gateway_sees_no_byte() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let door = runtime.block_on(Door::open());
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&anonymous_request(), |request| {
        // Any key is a credential for the list of models, and judged there.
        let keyed = request.contains("Authorization: Bearer wrong")
            || request.contains("Authorization: Basic");
        prop_assume!(!(keyed && request.contains(" /v1/models")));
        // Wrong keys of one case must not shadow the next one.
        let clock = &door.panel.clock;
        clock.set(clock.now() + Ms::HOUR);
        let answer = runtime.block_on(door.raw_then_closed(&request));
        prop_assert_eq!(
            door.gateway.tally().connections,
            0,
            "{}\n{}",
            request,
            answer
        );
        Ok(())
    });
    outcome.unwrap();
    let fine = runtime.block_on(door.get("/v0/management/debug"));
    assert_eq!(fine.json(), json!({"debug": false}));
}
