//! The relay behind a real nginx with the shipped example, below a path: bodies
//! pass on as they come, large ones too, and redirects stay below the path.

use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::binary::script;
use crate::support::nginx::{Nginx, Scheme, free_port};
use crate::support::panel::{ADMIN_KEY, Panel};
use crate::support::upstream::Upstream;
use crate::support::wait::within;

const PART: usize = 100_000;
/// Larger than any form of the panel may be.
const LARGE: usize = 3 << 20;

async fn stage() -> (Upstream, Panel, Nginx) {
    let upstream = Upstream::start().await;
    let below = |setup: crate::support::panel::Setup| {
        setup
            .env("CPAMP_BASE_PATH", "/cpamp")
            .env("CPAMP_TRUSTED_PROXIES", "127.0.0.1")
    };
    let panel = upstream.panel(below).await;
    let port = panel.origin.rsplit(':').next().unwrap().parse().unwrap();
    let nginx = Nginx::start(Scheme::Http, free_port(), "/cpamp", port).await;
    (upstream, panel, nginx)
}

#[tokio::test]
async fn answers_pass_on_as_they_come() {
    let (upstream, _panel, nginx) = stage().await;
    let client = script(&format!("http://{}", nginx.address()), ADMIN_KEY);
    let (mut answer, mut gateway) = tokio::join!(
        client.open(
            Method::GET,
            "/cpamp/v0/management/auth-files/download?name=x.json",
            "",
            &[]
        ),
        async {
            let mut gateway = upstream.request().await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 2 * PART);
            gateway.write(head + &"x".repeat(PART)).await;
            gateway
        }
    );
    assert!(
        gateway
            .head
            .starts_with("GET /v0/management/auth-files/download?name=x.json HTTP/1.1"),
        "{}",
        gateway.head
    );
    assert!(
        !gateway.head.to_lowercase().contains("x-forwarded"),
        "{}",
        gateway.head
    );
    for _ in 0..2 {
        let mut got = 0;
        while got < PART {
            let chunk = within("a chunk", answer.chunk()).await.unwrap();
            got += chunk.expect("more is to come").len();
        }
        gateway.write("x".repeat(PART)).await;
    }
}

#[tokio::test]
async fn large_uploads_pass_on_as_they_come() {
    let (upstream, _panel, nginx) = stage().await;
    let mut client = TcpStream::connect(nginx.address()).await.unwrap();
    let head = format!(
        "POST /cpamp/v0/management/auth-files HTTP/1.1\r\nHost: panel\r\nConnection: close\r\n\
         Authorization: Bearer {ADMIN_KEY}\r\nContent-Length: {}\r\n\r\n",
        LARGE + PART
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&vec![b'a'; PART]).await.unwrap();
    let mut gateway = upstream.request().await;
    assert_eq!(gateway.read(PART).await, vec![b'a'; PART]);
    let rest = vec![b'b'; LARGE];
    let (sent, arrived) = tokio::join!(client.write_all(&rest), gateway.read(LARGE));
    sent.unwrap();
    assert!(arrived == rest);
    gateway
        .write("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}")
        .await;
    let mut answer = String::new();
    within("an answer", client.read_to_string(&mut answer))
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("{\"status\":\"ok\"}"));
}

#[tokio::test]
async fn redirects_stay_below_the_path() {
    let (upstream, _panel, nginx) = stage().await;
    let client = script(&format!("http://{}", nginx.address()), ADMIN_KEY);
    let (answer, ()) = tokio::join!(client.get("/cpamp/v0/management/config/"), async {
        let mut gateway = upstream.request().await;
        let head = "HTTP/1.1 301 Moved Permanently\r\nLocation: /v0/management/config\r\n";
        gateway
            .write(format!("{head}Content-Length: 0\r\n\r\n"))
            .await;
    });
    assert_eq!(answer.status, StatusCode::MOVED_PERMANENTLY);
    assert!(
        answer
            .header("location")
            .ends_with("/cpamp/v0/management/config")
    );
    let outside = client.get("/v0/management/config").await;
    assert_eq!(outside.status, StatusCode::NOT_FOUND);
}
