//! Requests of others, passed on to the gateway and streamed both ways: what
//! comes back is what the gateway said, except where it refuses our own key.
//! Redirects are handed back, nothing is retried. What may be passed on at all
//! is decided by the caller.

use futures_util::stream::{self, Stream, StreamExt as _};
use hyper::body::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderValue};
use reqwest::{Body, Method, Response, StatusCode};

use super::client::{base, bearer, builder, error_text, unreachable};
use super::types::{Error, short};
use crate::domain::collection::Connection;

/// Connections kept for the next request.
const IDLE_CONNECTIONS: usize = 32;
/// The sentences of a refusal are short; a longer body is no such sentence.
const LONGEST_REFUSAL: usize = 8 << 10;

/// A way to one gateway. It belongs to the thread it was first used on: its
/// connections live there.
#[derive(Debug)]
pub struct Passage {
    http: reqwest::Client,
    base: String,
    authorization: HeaderValue,
}

/// A request that was found fit to be passed on.
#[derive(Debug)]
pub struct Order {
    pub method: Method,
    /// Path and query, checked and encoded; begins with `/`.
    pub target: String,
    /// Without those of the connection, without `Host` and `Content-Length`.
    pub headers: HeaderMap,
    pub body: Option<Body>,
}

/// Whose key opens the gateway for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// The Management Key, added here.
    ManagementKey,
    /// None of ours: the caller's own is among the headers, or none is needed.
    NoKey,
}

/// The gateway's answer; its body is still to come.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Read already, to see what a refusal says.
    beginning: Bytes,
    rest: Option<Response>,
}

impl Passage {
    /// Does not connect. Fails when the key cannot be a header or the address is
    /// refused by [`crate::domain::address`].
    pub fn new(connection: &Connection) -> Result<Self, Error> {
        let http = builder(connection)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()
            .map_err(|e| Error::protocol(&e.to_string()))?;
        Ok(Self {
            http,
            base: base(connection)?,
            authorization: bearer(connection)?,
        })
    }

    /// The path of the gateway's address: what its redirects begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let (_, rest) = self.base.split_once("://").unwrap_or_default();
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("")
    }

    /// Resolves when the head of the answer is there. An error of the gateway's
    /// own is an answer; a refusal of our key or our address is not.
    pub async fn send(&self, order: Order, opens: Opens) -> Result<Answer, Error> {
        let url = format!("{}{}", self.base, order.target);
        let mut request = self.http.request(order.method, url).headers(order.headers);
        if opens == Opens::ManagementKey {
            request = request.header(AUTHORIZATION, self.authorization.clone());
        }
        if let Some(body) = order.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(unreachable)?;
        let refused = matches!(
            response.status(),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        );
        if refused && opens == Opens::ManagementKey {
            return refusal(response).await;
        }
        Ok(Answer::of(response, Bytes::new()))
    }
}

impl Answer {
    fn of(response: Response, beginning: Bytes) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            beginning,
            rest: Some(response),
        }
    }

    /// The length the gateway announced.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        let length = self.headers.get(CONTENT_LENGTH)?;
        length.to_str().ok()?.parse().ok()
    }

    /// The body, read ahead as far as it comes and until so much of it is there;
    /// [`Self::body`] gives it all the same.
    pub async fn ahead(&mut self, most: usize) -> &[u8] {
        let mut beginning = Vec::from(std::mem::take(&mut self.beginning));
        while let Some(rest) = &mut self.rest
            && beginning.len() < most
        {
            match rest.chunk().await {
                Ok(Some(chunk)) => beginning.extend_from_slice(&chunk),
                // Whoever reads on meets the same end.
                Ok(None) | Err(_) => break,
            }
        }
        self.beginning = beginning.into();
        &self.beginning
    }

    /// The body as it comes; nothing is read ahead.
    pub fn body(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let beginning = (!self.beginning.is_empty()).then_some(Ok(self.beginning));
        let rest = self.rest.map(Response::bytes_stream);
        let rest = stream::iter(rest).flatten();
        stream::iter(beginning).chain(rest.map(|chunk| chunk.map_err(unreachable)))
    }
}

/// Tells the gateway's refusal of ourselves from an answer to the caller.
async fn refusal(mut response: Response) -> Result<Answer, Error> {
    let mut beginning = Vec::new();
    while beginning.len() <= LONGEST_REFUSAL {
        match response.chunk().await.map_err(unreachable)? {
            Some(chunk) => beginning.extend_from_slice(&chunk),
            None => break,
        }
    }
    let said = error_text(&beginning);
    if let Some(error) = said.as_deref().and_then(Error::from_sentence) {
        return Err(error);
    }
    // A plugin or a proxy in between: the caller's key is not what it means.
    if response.status() == StatusCode::UNAUTHORIZED {
        let text = short(&said.unwrap_or_default());
        return Err(Error::protocol(&format!("401: {text}")));
    }
    Ok(Answer::of(response, beginning.into()))
}
