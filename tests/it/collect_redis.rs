//! Popping from a real Redis list: the same commands mean the same there, but
//! for the empty answer, which is nil.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use cpamp::domain::collection::{Connection, PopSide};
use cpamp::gateway::queue::resp::{Key, Queue};
use cpamp::gateway::queue::{Limits, Poller};
use cpamp::gateway::types::Error;
use tempfile::TempDir;

use crate::support::rig::usage;

const PASSWORD: &str = "redis-test-password";

struct Redis {
    child: Child,
    port: u16,
    _directory: TempDir,
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Redis {
    /// A server of our own on a free port, without persistence.
    fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--requirepass", PASSWORD, "--dir"])
            .arg(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is installed");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.unwrap().contains("Ready to accept connections"));
        assert!(ready, "redis-server did not start");
        Self {
            child,
            port,
            _directory: directory,
        }
    }

    fn push(&self, items: impl IntoIterator<Item = String>) {
        let url = format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port);
        let client = redis::Client::open(url).unwrap();
        let mut connection = client.get_connection().unwrap();
        for item in items {
            let mut push = redis::cmd("RPUSH");
            push.arg("usage").arg(item).exec(&mut connection).unwrap();
        }
    }

    async fn queue(&self, password: &str, side: PopSide) -> Result<Queue, Error> {
        let to = Connection {
            url: format!("http://127.0.0.1:{}", self.port),
            key: password.to_owned().into(),
            insecure_tls: false,
        };
        let key = Key {
            name: String::from("usage"),
            side,
        };
        Queue::connect(&to, key, Limits::default()).await
    }
}

fn texts(items: Vec<Vec<u8>>) -> Vec<String> {
    let text = |item| String::from_utf8(item).unwrap();
    items.into_iter().map(text).collect()
}

#[tokio::test]
async fn a_list_is_popped_in_order_until_it_is_empty() {
    let redis = Redis::start();
    let mut queue = redis.queue(PASSWORD, PopSide::Left).await.unwrap();
    assert_eq!(queue.pop(10).await, Ok(vec![]));
    let all: Vec<_> = (0..2_500).map(usage).collect();
    redis.push(all.clone());
    let mut popped = Vec::new();
    for expected in [1_000, 1_000, 500, 0] {
        let items = queue.pop(1_000).await.unwrap();
        assert_eq!(items.len(), expected);
        popped.extend(texts(items));
    }
    assert_eq!(popped, all);
}

#[tokio::test]
async fn the_other_side_is_popped_where_it_matters() {
    let redis = Redis::start();
    redis.push(["a", "b", "c"].map(String::from));
    let mut right = redis.queue(PASSWORD, PopSide::Right).await.unwrap();
    assert_eq!(texts(right.pop(1).await.unwrap()), ["c"]);
    let mut left = redis.queue(PASSWORD, PopSide::Left).await.unwrap();
    assert_eq!(texts(left.pop(5).await.unwrap()), ["a", "b"]);
}

#[tokio::test]
async fn large_items_come_whole_through_the_common_door() {
    let redis = Redis::start();
    let large = "x".repeat(5 << 20);
    redis.push([large.clone(), String::from("small")]);
    let mut poller = Poller::Resp(redis.queue(PASSWORD, PopSide::Left).await.unwrap());
    let mut answer = poller.pop(10).await.unwrap();
    let items = texts(answer.next().await.unwrap());
    assert_eq!(items, [large, String::from("small")]);
    assert_eq!(answer.next().await, Ok(vec![]));
}

#[tokio::test]
async fn a_wrong_password_is_an_error_and_not_an_empty_list() {
    let redis = Redis::start();
    let refused = redis.queue("wrong", PopSide::Left).await;
    assert!(matches!(refused, Err(Error::Protocol(_))), "{refused:?}");
}
