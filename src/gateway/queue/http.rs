//! Popping over HTTP: `GET /v0/management/usage-queue?count=N`. Slower than
//! RESP (every call pays the key check), but passes any proxy.

use std::time::Duration;

use super::Limits;
use super::split::Splitter;
use crate::domain::collection::Connection;
use crate::gateway::client::{Client, unreachable};
use crate::gateway::types::Error;

/// Items are handed on once this many bytes of them are together.
const GROUP_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub struct Queue {
    client: Client,
    limit: Duration,
}

impl Queue {
    pub fn new(connection: &Connection, limits: Limits) -> Result<Self, Error> {
        Ok(Self {
            client: Client::new(connection)?,
            limit: limits.answer * 3,
        })
    }

    /// Asks once; `Unsupported` before CPA 6.10.8.
    pub async fn pop(&mut self, count: u32) -> Result<Answer, Error> {
        let path = format!("/usage-queue?count={count}");
        let response = match self.client.get_within(&path, self.limit).await {
            // Old versions answer like this to a path they do not know.
            Err(Error::ManagementOff) => Err(Error::Unsupported(String::from("404"))),
            other => other,
        }?;
        Ok(Answer {
            response,
            state: State::Arriving(Splitter::default()),
        })
    }
}

/// An answer that is still arriving.
#[derive(Debug)]
pub struct Answer {
    response: reqwest::Response,
    state: State,
}

#[derive(Debug)]
enum State {
    Arriving(Splitter),
    /// It broke off; said once, after the items before the break.
    Broken(Error),
    Ended,
}

impl Answer {
    pub(super) async fn next(&mut self) -> Result<Vec<Vec<u8>>, Error> {
        let mut items = Vec::new();
        let mut bytes = 0;
        // An empty group means the end, so a large item is waited for.
        while (bytes < GROUP_BYTES || items.is_empty())
            && let State::Arriving(splitter) = &mut self.state
        {
            match self.response.chunk().await {
                Ok(Some(chunk)) => {
                    bytes += chunk.len();
                    if let Err(fault) = splitter.feed(&chunk, &mut items) {
                        self.state = State::Broken(Error::protocol(&fault.to_string()));
                    }
                }
                Ok(None) => self.end(None, &mut items),
                Err(e) => self.end(Some(unreachable(e)), &mut items),
            }
        }
        if items.is_empty()
            && let State::Broken(error) = std::mem::replace(&mut self.state, State::Ended)
        {
            return Err(error);
        }
        Ok(items)
    }

    /// The bytes have ended. An element cut in the middle is kept as it is: it
    /// becomes a reject, which says more than nothing.
    fn end(&mut self, error: Option<Error>, items: &mut Vec<Vec<u8>>) {
        if let State::Arriving(splitter) = std::mem::replace(&mut self.state, State::Ended) {
            let complete = splitter.is_complete();
            items.extend(splitter.rest());
            let torn = || Error::protocol("the answer ended in the middle");
            if let Some(error) = error.or_else(|| (!complete).then(torn)) {
                self.state = State::Broken(error);
            }
        }
    }
}
