//! A panel in front of a simulated gateway, and scripts that come to its door.

use cpamp::fake::{Gateway, Options};
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::panel::{ADMIN_KEY, Answer, Browser, Panel, Setup};
use super::wait::within;

pub(crate) struct Door {
    pub(crate) gateway: Gateway,
    pub(crate) panel: Panel,
}

impl Door {
    pub(crate) async fn open() -> Self {
        Self::with(Options::default(), |setup| setup).await
    }

    /// With another gateway and other settings; collecting stays off, so that
    /// nobody but the relay talks to the gateway.
    pub(crate) async fn with(options: Options, change: impl FnOnce(Setup) -> Setup) -> Self {
        let gateway = Gateway::start(options).await.unwrap();
        let setup = Panel::setup()
            .silent()
            .env("CPAMP_CPA_URL", &gateway.url())
            .env("CPAMP_CPA_MANAGEMENT_KEY", &gateway.key());
        let panel = change(setup).start().await;
        Self { gateway, panel }
    }

    /// A script with the Admin Key.
    pub(crate) fn script(&self) -> Browser {
        self.panel
            .visitor()
            .with("authorization", &format!("Bearer {ADMIN_KEY}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.script().get(path).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        let (script, body) = (self.script(), body.to_string());
        script.send(Method::PUT, path, &body, &[]).await
    }

    /// How many bytes the gateway has seen.
    pub(crate) fn bytes_seen(&self) -> u64 {
        self.gateway.tally().bytes_in
    }

    /// Sends these bytes and reads what comes until the other side closes.
    pub(crate) async fn raw(&self, request: &str) -> String {
        rest(self.sent(request).await).await
    }

    /// The same, but says that nothing else will come.
    pub(crate) async fn raw_then_closed(&self, request: &str) -> String {
        let mut stream = self.sent(request).await;
        // It may be refused and closed by now.
        let _ = stream.shutdown().await;
        rest(stream).await
    }

    /// A connection on which these bytes were sent.
    pub(crate) async fn sent(&self, bytes: &str) -> TcpStream {
        let address = self.panel.origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A refusal may come as a reset after its text.
    let _ = within("the end of an answer", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}
