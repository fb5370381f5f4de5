//! The usage queue. Taking is destructive and unacknowledged: what is not
//! taken in full is lost, so an answer is handed on in the pieces in which it
//! arrives, and nothing is ever asked twice.

pub mod http;
pub mod resp;
pub mod split;
pub mod subscribe;

use std::time::Duration;

use super::types::Error;
use crate::domain::collection::Transport;

/// How long the other side may take. Tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until a connection stands, name look-up and TLS included.
    pub connect: Duration,
    /// Until a command is answered. The key check alone costs the gateway a
    /// bcrypt comparison.
    pub answer: Duration,
    /// Pause between two signs of life asked of a subscription.
    pub ping: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            ping: Duration::from_secs(15),
        }
    }
}

/// A queue that is asked again and again.
#[derive(Debug)]
pub enum Poller {
    Resp(resp::Queue),
    Http(http::Queue),
}

impl Poller {
    #[must_use]
    pub fn transport(&self) -> Transport {
        match self {
            Self::Resp(_) => Transport::Resp,
            Self::Http(_) => Transport::Http,
        }
    }

    /// Takes up to `count` of the oldest items. After an error the poller must
    /// be dropped: its connection may be out of step.
    pub async fn pop(&mut self, count: u32) -> Result<Answer, Error> {
        Ok(match self {
            Self::Resp(queue) => Answer::Whole(queue.pop(count).await?),
            Self::Http(queue) => Answer::Streamed(Box::new(queue.pop(count).await?)),
        })
    }
}

/// Items taken, oldest first, possibly still arriving.
#[derive(Debug)]
pub enum Answer {
    Whole(Vec<Vec<u8>>),
    Streamed(Box<http::Answer>),
}

impl Answer {
    /// The next items; empty when there are no more. Items handed out before
    /// an error are good.
    pub async fn next(&mut self) -> Result<Vec<Vec<u8>>, Error> {
        match self {
            Self::Whole(items) => Ok(std::mem::take(items)),
            Self::Streamed(answer) => answer.next().await,
        }
    }
}

/// Messages of the `usage` channel that are no events; see
/// [`subscribe::Subscription`]. `Some(true)` asks to read the configuration anew.
#[must_use]
pub fn control(message: &[u8]) -> Option<bool> {
    const LONGEST: usize = 64;
    if message.len() > LONGEST {
        return None;
    }
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(message).ok()?;
    let (name, value) = object.iter().next().filter(|_| object.len() == 1)?;
    match (name.as_str(), value) {
        ("refresh", serde_json::Value::Bool(true)) => Some(true),
        ("support_refresh", serde_json::Value::Bool(true)) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_messages_are_told_from_events() {
        let check = |message: &str, expected: Option<bool>| {
            assert_eq!(control(message.as_bytes()), expected, "{message}");
        };
        check(r#"{"refresh":true}"#, Some(true));
        check(r#"{"support_refresh":true}"#, Some(false));
        check(r#" { "refresh" : true } "#, Some(true));
        check(r#"{"refresh":false}"#, None);
        check(r#"{"refresh":true,"model":"m"}"#, None);
        check(r#"{"model":"m"}"#, None);
        check("[]", None);
        check("", None);
    }
}
