//! Listening to a channel of the gateway. It drops a listener that is 256
//! messages behind, without a word, so whoever listens must drain quickly; and
//! a peer that is gone without a word is noticed by asking for a sign of life.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use redis::RedisConnectionInfo;
use redis::aio::{PubSubSink, PubSubStream};
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;

use super::resp::{client_for, explain};
use super::{Limits, control};
use crate::domain::collection::Connection;
use crate::gateway::types::{Cause, Error};

/// Usage events, and whether the configuration or the accounts changed.
pub const USAGE: &str = "usage";
/// Failures of single credentials, since 7.1.44.
pub const ERRORS: &str = "errors";

/// A confirmed subscription. Dropping it closes the connection.
pub struct Subscription {
    channel: &'static str,
    sink: PubSubSink,
    stream: PubSubStream,
    alive: JoinHandle<()>,
    heard: Heard,
}

/// When the other side last gave a sign of life.
type Heard = Arc<Mutex<Instant>>;

/// What came over the channel.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Events, in order.
    pub events: Vec<Vec<u8>>,
    /// The gateway's configuration or accounts changed.
    pub refreshed: bool,
}

impl Subscription {
    /// Connects, authenticates and waits for the confirmation. The crate hides
    /// the gateway's sentence here, so prove the key on a popping connection
    /// first; that one is needed anyway, to drain what was queued before.
    pub async fn open(
        to: &Connection,
        channel: &'static str,
        limits: Limits,
    ) -> Result<Self, Error> {
        let info = RedisConnectionInfo::default().set_password(to.key.expose_secret().trim());
        let client = client_for(to, info, limits.connect).await?;
        let (mut sink, stream) = within(limits.connect, client.get_async_pubsub())
            .await?
            .split();
        within(limits.answer, sink.subscribe(channel)).await?;
        let heard = Arc::new(Mutex::new(Instant::now()));
        let alive = tokio::spawn(watch(sink.clone(), limits, Arc::clone(&heard)));
        Ok(Self {
            channel,
            sink,
            stream,
            alive,
            heard,
        })
    }

    /// When the last message or answer came.
    #[must_use]
    pub fn heard(&self) -> Instant {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for messages and returns those that are there, at most `limit`.
    /// Cancel-safe: nothing is lost when the future is dropped while waiting.
    /// `TimedOut` when the other side gives no sign of life.
    pub async fn next(&mut self, limit: usize) -> Result<Messages, Error> {
        let first = tokio::select! {
            biased;
            message = self.stream.next() => message,
            // Ends only when the other side is dead.
            _ = &mut self.alive => return Err(Error::TimedOut),
        };
        let mut messages = Messages::default();
        let mut next = Some(first.ok_or(Error::Unreachable(Cause::Dropped))?);
        note(&self.heard);
        while let Some(message) = next {
            let payload = message.get_payload_bytes();
            match control(payload) {
                Some(refresh) => messages.refreshed |= refresh,
                None => messages.events.push(payload.to_vec()),
            }
            if messages.events.len() >= limit {
                break;
            }
            next = self.stream.next().now_or_never().flatten();
        }
        Ok(messages)
    }
}

impl Subscription {
    /// Ends the subscription in order: the events that were sent before the
    /// gateway heard of it come back, later ones are queued there.
    pub async fn close(mut self, limit: Duration) -> Vec<Vec<u8>> {
        self.alive.abort();
        let mut events = Vec::new();
        let farewell = async {
            let ended = self.sink.unsubscribe(self.channel).await;
            if let Err(error) = ended {
                log::debug!("the subscription was gone already: {error}");
            }
            while let Some(message) = self.stream.next().await {
                let payload = message.get_payload_bytes();
                if control(payload).is_none() {
                    events.push(payload.to_vec());
                }
            }
        };
        if tokio::time::timeout(limit, farewell).await.is_err() {
            log::warn!("a subscription did not end in time");
        }
        events
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.alive.abort();
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

fn note(heard: &Heard) {
    *heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
}

/// Asks for a sign of life at intervals; returns when none comes.
async fn watch(mut sink: PubSubSink, limits: Limits, heard: Heard) {
    loop {
        tokio::time::sleep(limits.ping).await;
        let pong = tokio::time::timeout(limits.answer, sink.ping::<redis::Value>());
        if !matches!(pong.await, Ok(Ok(_))) {
            return;
        }
        note(&heard);
    }
}

async fn within<T>(
    limit: Duration,
    step: impl Future<Output = redis::RedisResult<T>>,
) -> Result<T, Error> {
    let done = tokio::time::timeout(limit, step).await;
    done.map_err(|_| Error::TimedOut)?.map_err(|e| explain(&e))
}
