//! A server on loopback that stands for the price sources: it answers each path
//! as it is told and remembers what it was asked.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub(crate) enum Reply {
    /// Status, headers, body.
    Say(u16, &'static str, Vec<u8>),
    /// Take the question and say nothing.
    Hang,
}

#[derive(Clone)]
pub(crate) struct Lists {
    pub(crate) address: SocketAddr,
    replies: Arc<Mutex<HashMap<String, Reply>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Lists {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let lists = Self {
            address: listener.local_addr().unwrap(),
            replies: Arc::default(),
            asked: Arc::default(),
        };
        let server = lists.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().answer(stream));
            }
        });
        lists
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(crate) fn set(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    pub(crate) fn say(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.set(path, Reply::Say(200, "", body.into()));
    }

    /// Request line and headers of each question since the last look.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    async fn answer(self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut chunk = [0; 1024];
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(n) => head.extend(chunk.iter().take(n)),
            }
        }
        let head = String::from_utf8(head).unwrap();
        // Through a proxy the whole address is asked for.
        let target = head.split(' ').nth(1).unwrap_or_default();
        let path = target.rsplit('/').next().unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(head);
        let reply = self.replies.lock().unwrap().get(&path).cloned();
        match reply.unwrap_or(Reply::Say(404, "", Vec::new())) {
            Reply::Say(status, headers, body) => {
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
            }
            Reply::Hang => std::future::pending().await,
        }
    }
}
