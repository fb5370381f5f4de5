//! A gateway of which every byte is the test's: it answers when and what it is
//! told, and sees what arrives when it arrives.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::panel::{Panel, Setup};
use super::wait::within;

pub(crate) struct Upstream {
    listener: TcpListener,
}

/// One connection of the panel's, its request read up to the empty line.
pub(crate) struct Incoming {
    stream: TcpStream,
    pub(crate) head: String,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    /// A panel in front of it.
    pub(crate) async fn panel(&self, change: impl FnOnce(Setup) -> Setup) -> Panel {
        let setup = Panel::setup().silent().env("CPAMP_CPA_URL", &self.url());
        change(setup).start().await
    }

    pub(crate) async fn request(&self) -> Incoming {
        let accepted = within("a request at the gateway", self.listener.accept());
        let (stream, _) = accepted.await.unwrap();
        let mut incoming = Incoming {
            stream,
            head: String::new(),
        };
        incoming.read_head().await;
        incoming
    }
}

impl Incoming {
    /// The next request on this connection.
    pub(crate) async fn read_head(&mut self) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within("a head", self.stream.read_u8()).await.unwrap());
        }
        self.head = String::from_utf8(head).unwrap();
    }

    pub(crate) async fn read(&mut self, bytes: usize) -> Vec<u8> {
        let mut read = vec![0; bytes];
        within("a body", self.stream.read_exact(&mut read))
            .await
            .unwrap();
        read
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything until the panel closes the connection.
    pub(crate) async fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = within(
            "the end of a connection",
            self.stream.read_to_end(&mut rest),
        )
        .await;
        rest
    }

    pub(crate) fn has(&self, line: &str) -> bool {
        let wanted = line.to_ascii_lowercase();
        self.head
            .lines()
            .any(|seen| seen.to_ascii_lowercase() == wanted)
    }
}
