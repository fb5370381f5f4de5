//! Bodies through the relay: each side gets what the other has sent so far,
//! and learns at once that the other is gone.

use std::time::Duration;

use cpamp::relay::Patience;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::panel::{ADMIN_KEY, Browser, Panel};
use crate::support::upstream::Upstream;
use crate::support::wait::within;

const PART: usize = 100_000;

fn script(panel: &Panel) -> Browser {
    let key = format!("Bearer {ADMIN_KEY}");
    panel.visitor().with("authorization", &key)
}

/// A connection on which a request with the key begins.
async fn begun(panel: &Panel, line: &str, headers: &str) -> TcpStream {
    let address = panel.origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: panel\r\nAuthorization: Bearer {ADMIN_KEY}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_download_arrives_while_it_is_sent() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let client = script(&panel);
    for length in [
        format!("Content-Length: {}", 2 * PART),
        "Transfer-Encoding: chunked".into(),
    ] {
        let chunked = length.starts_with('T');
        let path = "/v0/management/auth-files/download?name=x.json";
        let (mut answer, mut gateway) =
            tokio::join!(client.open(Method::GET, path, "", &[]), async {
                let mut gateway = upstream.request().await;
                let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{length}\r\n\r\n");
                gateway.write(head).await;
                gateway
            });
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.content_length().is_some(), !chunked);
        for _ in 0..2 {
            let body = if chunked {
                format!("{PART:x}\r\n{}\r\n", "x".repeat(PART))
            } else {
                "x".repeat(PART)
            };
            gateway.write(body).await;
            let mut got = 0;
            while got < PART {
                let chunk = within("a chunk", answer.chunk()).await.unwrap();
                got += chunk.expect("more is to come").len();
            }
            assert_eq!(got, PART);
        }
        if chunked {
            gateway.write("0\r\n\r\n").await;
        }
        assert_eq!(within("the end", answer.chunk()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_upload_arrives_while_it_is_sent() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let length = format!("Content-Length: {}\r\n", 2 * PART);
    let mut client = begun(&panel, "POST /v0/management/auth-files", &length).await;
    client.write_all(&vec![b'a'; PART]).await.unwrap();
    let mut gateway = upstream.request().await;
    assert!(gateway.has(length.trim()), "{}", gateway.head);
    assert!(!gateway.head.to_lowercase().contains("transfer-encoding"));
    assert_eq!(gateway.read(PART).await, vec![b'a'; PART]);
    client.write_all(&vec![b'b'; PART]).await.unwrap();
    assert_eq!(gateway.read(PART).await, vec![b'b'; PART]);
    gateway
        .write("HTTP/1.1 207 Multi-Status\r\nContent-Length: 2\r\n\r\n{}")
        .await;
    let mut answer = vec![0; 12];
    within("an answer", client.read_exact(&mut answer))
        .await
        .unwrap();
    assert_eq!(answer, b"HTTP/1.1 207");
}

#[tokio::test]
async fn a_delete_keeps_its_body() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let body = r#"{"names":["a.json"]}"#;
    let client = script(&panel);
    let (answer, ()) = tokio::join!(
        client.send(Method::DELETE, "/v0/management/auth-files", body, &[]),
        async {
            let mut gateway = upstream.request().await;
            assert!(
                gateway
                    .head
                    .starts_with("DELETE /v0/management/auth-files HTTP/1.1\r\n")
            );
            assert_eq!(gateway.read(body.len()).await, body.as_bytes());
            gateway.write("HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    );
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn who_leaves_before_the_answer_ends_the_request() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let client = begun(&panel, "GET /v0/management/config", "").await;
    let gateway = upstream.request().await;
    drop(client);
    assert_eq!(gateway.rest().await, b"");
}

#[tokio::test]
async fn who_leaves_a_silent_answer_ends_the_request() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let mut client = begun(&panel, "GET /v0/management/stream", "").await;
    let mut gateway = upstream.request().await;
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    gateway.write(head).await;
    let mut seen = Vec::new();
    while !seen.ends_with(b"first\r\n") {
        seen.push(within("the beginning", client.read_u8()).await.unwrap());
    }
    drop(client);
    assert_eq!(gateway.rest().await, b"");
}

#[tokio::test]
async fn half_an_upload_is_never_a_whole_one() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    for (headers, sent) in [
        ("Content-Length: 1000\r\n", "half"),
        ("Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n"),
    ] {
        let mut client = begun(&panel, "PUT /v0/management/config.yaml", headers).await;
        client.write_all(sent.as_bytes()).await.unwrap();
        let mut gateway = upstream.request().await;
        let arrived = gateway.read(sent.len()).await;
        assert!(String::from_utf8(arrived).unwrap().contains("half"));
        drop(client);
        assert_eq!(gateway.rest().await, b"", "{headers}");
    }
}

#[tokio::test]
async fn half_a_download_is_never_a_whole_one() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let client = script(&panel);
    for head in [
        "Content-Length: 1000\r\n\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let (mut answer, ()) = tokio::join!(
            client.open(Method::GET, "/v0/management/config.yaml", "", &[]),
            async {
                let mut gateway = upstream.request().await;
                gateway.write(format!("HTTP/1.1 200 OK\r\n{head}")).await;
            }
        );
        let ended = loop {
            match within("the end", answer.chunk()).await {
                Ok(Some(_)) => {}
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        assert!(!ended, "{head:?} looked whole");
    }
}

#[tokio::test]
async fn a_gateway_that_says_nothing_is_given_up() {
    let upstream = Upstream::start().await;
    let patience = Patience {
        answer: Duration::from_millis(1),
        ..Patience::default()
    };
    let panel = upstream.panel(|setup| setup.patience(patience)).await;
    let client = script(&panel);
    let (answer, rest) = tokio::join!(
        client.send(Method::POST, "/v0/management/api-call", "{}", &[]),
        async { upstream.request().await.rest().await }
    );
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.json()["code"], "gateway_timed_out");
    assert_eq!(rest, b"{}");
}

/// A session that is over takes its streams with it.
#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let person = panel.logged_in().await;
    let here = [("sec-fetch-site", "same-origin")];
    let (mut answer, gateway) = tokio::join!(
        person.open(Method::GET, "/v0/management/stream", "", &here),
        async {
            let mut gateway = upstream.request().await;
            gateway
                .write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
                .await;
            gateway
        }
    );
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "x");
    let other = panel.logged_in().await;
    other.post("/settings/sessions/end", &[]).await;
    within("the end of the stream", answer.chunk())
        .await
        .unwrap_err();
    assert_eq!(gateway.rest().await, b"");
}

/// The gateway shows pages of plugins to anybody: a plugin is not given the key,
/// and what it says of keys is not about ours.
#[tokio::test]
async fn a_plugin_never_sees_the_management_key() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let client = script(&panel);
    let said = r#"{"error":"invalid management key"}"#;
    let (answer, ()) = tokio::join!(client.get("/v0/resource/plugins/p/page"), async {
        let mut gateway = upstream.request().await;
        let head = gateway.head.to_lowercase();
        assert!(!head.contains("authorization"), "{head}");
        assert!(!head.contains("a-management-key-for-tests"), "{head}");
        let length = said.len();
        let head = format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {length}\r\n");
        gateway
            .write(format!("{head}Connection: close\r\n\r\n{said}"))
            .await;
    });
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::UNAUTHORIZED, said)
    );
    let (answer, ()) = tokio::join!(client.get("/v0/management/debug"), async {
        let mut gateway = upstream.request().await;
        assert!(gateway.has("authorization: Bearer a-management-key-for-tests"));
        gateway
            .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            .await;
    });
    assert_eq!(answer.status, StatusCode::OK);
}

/// What a gateway, a plugin or whoever stands there must not do to the panel.
#[tokio::test]
async fn dangerous_headers_do_not_come_back() {
    let upstream = Upstream::start().await;
    let panel = upstream.panel(|setup| setup).await;
    let client = script(&panel);
    let (answer, ()) = tokio::join!(client.get("/v0/resource/plugins/p/page"), async {
        let mut gateway = upstream.request().await;
        assert!(
            gateway
                .head
                .starts_with("GET /v0/resource/plugins/p/page HTTP/1.1\r\n")
        );
        let headers = "Set-Cookie: cpamp_session=stolen\r\nLocation: https://evil.example/\r\n\
            Refresh: 0;url=https://evil.example/\r\nAccess-Control-Allow-Origin: *\r\n\
            Content-Security-Policy: script-src *\r\nX-Accel-Redirect: /etc/passwd\r\n\
            Clear-Site-Data: \"*\"\r\nService-Worker-Allowed: /\r\nX-Frame-Options: ALLOWALL\r\n\
            Content-Type: text/html\r\nX-CPA-VERSION: 7.2.140\r\nETag: \"x\"\r\nContent-Length: 31\r\n";
        let body = "<script>alert(document)</script>".split_at(31).0;
        gateway
            .write(format!("HTTP/1.1 302 Found\r\n{headers}\r\n{body}"))
            .await;
    });
    assert_eq!(answer.status, StatusCode::FOUND);
    for absent in [
        "set-cookie",
        "location",
        "refresh",
        "access-control-allow-origin",
        "x-accel-redirect",
        "clear-site-data",
        "service-worker-allowed",
    ] {
        assert_eq!(answer.header(absent), "", "{absent}");
    }
    assert_eq!(answer.header("content-security-policy"), "sandbox");
    assert_eq!(answer.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("etag"), "\"x\"");
    assert_eq!(answer.header("x-cpa-version"), "7.2.140");
}
