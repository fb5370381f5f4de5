//! Answers of the HTTP queue that break off: the events before the break are
//! kept, because the gateway has forgotten them.

use cpamp::domain::collection::Connection;
use cpamp::gateway::queue::{Limits, Poller, http};
use cpamp::gateway::types::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::gateway::within;

/// A gateway that gives this answer once and closes the connection.
async fn answering(answer: Vec<u8>) -> Poller {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = Connection {
        url: format!("http://{}", listener.local_addr().unwrap()),
        key: String::from("key").into(),
        insecure_tls: false,
    };
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _head = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(&answer).await.unwrap();
    });
    Poller::Http(http::Queue::new(&to, Limits::default()).unwrap())
}

fn response(length: usize, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

async fn taken(mut poller: Poller) -> (Vec<String>, Result<(), Error>) {
    let mut items = Vec::new();
    let mut answer = match within(poller.pop(10)).await {
        Ok(answer) => answer,
        Err(error) => return (items, Err(error)),
    };
    loop {
        match within(answer.next()).await {
            Ok(group) if group.is_empty() => return (items, Ok(())),
            Ok(group) => {
                items.extend(
                    group
                        .into_iter()
                        .map(|item| String::from_utf8(item).unwrap()),
                );
            }
            Err(error) => return (items, Err(error)),
        }
    }
}

#[tokio::test]
async fn items_before_a_break_are_kept_and_the_break_is_told() {
    let body = r#"[{"a":1},{"b":2},{"c":"#;
    let (items, end) = taken(answering(response(1_000, body)).await).await;
    assert_eq!(items, [r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":"#]);
    assert!(matches!(end, Err(Error::Unreachable(_))), "{end:?}");

    // Complete by its length, but not by its brackets.
    let (items, end) = taken(answering(response(body.len(), body)).await).await;
    assert_eq!(items.len(), 3);
    assert!(matches!(end, Err(Error::Protocol(_))), "{end:?}");
}

#[tokio::test]
async fn a_page_instead_of_an_array_is_an_error() {
    let body = "<html>Welcome</html>";
    let (items, end) = taken(answering(response(body.len(), body)).await).await;
    assert_eq!(items, [""; 0]);
    assert!(matches!(end, Err(Error::Protocol(_))), "{end:?}");
}

#[tokio::test]
async fn a_large_answer_comes_in_groups() {
    let item = format!("{{\"x\":\"{}\"}}", "y".repeat(300_000));
    let body = format!("[{}]", [item.as_str(); 12].join(","));
    let mut poller = answering(response(body.len(), &body)).await;
    let mut answer = within(poller.pop(12)).await.unwrap();
    let mut sizes = Vec::new();
    loop {
        let group = within(answer.next()).await.unwrap();
        if group.is_empty() {
            break;
        }
        sizes.push(group.len());
    }
    assert_eq!(sizes.iter().sum::<usize>(), 12);
    assert!(sizes.len() >= 3, "{sizes:?}");
}
