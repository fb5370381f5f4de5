//! The simulated gateway as tests want it: the laboratory of the recording, a
//! RESP and an HTTP client that see raw bytes, and deadlines on everything.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use cpamp::clock::Clock;
use cpamp::domain::units::At;
use cpamp::fake::{Gateway, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The key of the laboratory, and the hash its gateway once made of it.
pub(crate) const LAB_KEY: &str = "lab-management-key";
const LAB_HASH: &str = "$2a$10$9cigao71oCh5t1gq9vezJucupuU1luWkTRPlKcwCR7.ZZ99ulCYbK";

/// 2026-11-22T18:58:39Z, when the exchanges were recorded.
pub(crate) const LAB_TIME: At = At(1_795_373_919_000);

/// Far beyond what anything here takes; only a hang reaches it.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what)
        .await
        .expect("no hang")
}

pub(crate) fn recorded(name: &str) -> String {
    fixture(&format!("recorded/{name}"))
}

/// A certificate for 127.0.0.1 and its key, in PEM; nothing else trusts it.
pub(crate) fn self_signed() -> (String, String) {
    (fixture("tls/cert.pem"), fixture("tls/key.pem"))
}

fn fixture(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/fixtures", name]
        .iter()
        .collect();
    std::fs::read_to_string(path).unwrap()
}

/// The gateway of the recording as it was started, on a clock that stands.
pub(crate) fn laboratory() -> Options {
    let files = [
        "antigravity-ag@example.com.json",
        "claude-ops@example.com.json",
        "codex-dev1@example.com-plus.json",
        "codex-dev2@example.com-team.json",
        "kimi-moon.json",
        "xai-grok@example.com.json",
    ];
    Options {
        config_yaml: recorded("initial/config.yaml"),
        auth_files: files
            .iter()
            .map(|name| {
                (
                    String::from(*name),
                    recorded(&format!("initial/auths/{name}")),
                )
            })
            .collect(),
        version_text: String::from("dev"),
        key_hash: Some((String::from(LAB_KEY), String::from(LAB_HASH))),
        clock: Clock::fixed(LAB_TIME),
        ..Options::default()
    }
}

/// A RESP connection on which nothing is understood, only bytes.
pub(crate) struct Resp(TcpStream);

impl Resp {
    pub(crate) async fn open(gateway: &Gateway) -> Self {
        Self(within(TcpStream::connect(gateway.addr())).await.unwrap())
    }

    /// From an address that is not the gateway's own machine to it.
    pub(crate) async fn open_from_elsewhere(gateway: &Gateway) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        Self(within(socket.connect(gateway.addr())).await.unwrap())
    }

    /// Connected and authenticated with the gateway's own key.
    pub(crate) async fn authenticated(gateway: &Gateway) -> Self {
        let mut resp = Self::open(gateway).await;
        resp.command(&["AUTH", &gateway.key()]).await;
        resp.expect("+OK\r\n").await;
        resp
    }

    pub(crate) async fn subscribed(gateway: &Gateway, channel: &str) -> Self {
        let mut resp = Self::authenticated(gateway).await;
        resp.command(&["SUBSCRIBE", channel]).await;
        let length = channel.len();
        resp.expect(&format!(
            "*3\r\n$9\r\nsubscribe\r\n${length}\r\n{channel}\r\n:1\r\n"
        ))
        .await;
        resp
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        within(self.0.write_all(bytes)).await.unwrap();
    }

    pub(crate) async fn command(&mut self, words: &[&str]) {
        let mut bytes = format!("*{}\r\n", words.len());
        for word in words {
            write!(bytes, "${}\r\n{word}\r\n", word.len()).unwrap();
        }
        self.send(bytes.as_bytes()).await;
    }

    /// Exactly these bytes come next.
    pub(crate) async fn expect(&mut self, bytes: &str) {
        self.expect_bytes(bytes.as_bytes()).await;
    }

    pub(crate) async fn expect_bytes(&mut self, bytes: &[u8]) {
        let mut got = vec![0; bytes.len()];
        within(self.0.read_exact(&mut got)).await.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&got),
            String::from_utf8_lossy(bytes)
        );
    }

    /// Sends a command; exactly these bytes are the answer.
    pub(crate) async fn check(&mut self, words: &[&str], answer: &str) {
        self.command(words).await;
        self.expect(answer).await;
    }

    pub(crate) async fn expect_message(&mut self, channel: &str, payload: &str) {
        let (c, p) = (channel.len(), payload.len());
        self.expect(&format!(
            "*3\r\n$7\r\nmessage\r\n${c}\r\n{channel}\r\n${p}\r\n{payload}\r\n"
        ))
        .await;
    }

    /// The rest of the stream, up to an orderly close.
    pub(crate) async fn rest(&mut self) -> String {
        String::from_utf8(self.rest_bytes().await.unwrap()).unwrap()
    }

    pub(crate) async fn rest_bytes(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        within(self.0.read_to_end(&mut rest)).await?;
        Ok(rest)
    }
}

/// An HTTP answer, header names in lower case.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// One request on a connection of its own.
pub(crate) async fn http(
    gateway: &Gateway,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    http_at(gateway.addr(), method, target, headers, body).await
}

/// The same to whoever listens there.
pub(crate) async fn http_at(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let length = body.len();
    write!(
        head,
        "Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut stream = within(TcpStream::connect(address)).await.unwrap();
    within(stream.write_all(head.as_bytes())).await.unwrap();
    within(stream.write_all(body)).await.unwrap();
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    parsed(&String::from_utf8(answer).unwrap())
}

/// GET with the gateway's own key.
pub(crate) async fn get(gateway: &Gateway, target: &str) -> Answer {
    let key = format!("Bearer {}", gateway.key());
    http(gateway, "GET", target, &[("Authorization", &key)], b"").await
}

fn parsed(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    Answer {
        status: status.parse().unwrap(),
        headers: lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}
