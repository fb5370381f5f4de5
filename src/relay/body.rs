//! Bodies on their way: a chunk is asked for when the one before is gone, so
//! memory stays flat however much passes. A body that breaks off breaks off on
//! the other side too, and is never taken for a whole one.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt as _};
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::{mpsc, oneshot};

use super::limits::Place;
use crate::gateway::types::Error;
use crate::web::audit::Ticket;

/// Chunks between the two sides; each is at most 64 KiB or so.
const AHEAD: usize = 2;

/// The body of a request, as it goes to the gateway.
#[derive(Debug)]
pub(super) struct Upload {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    /// What is still to come, where the client announced a length.
    left: Option<u64>,
    /// Told when all of it was handed on.
    end: Option<oneshot::Sender<()>>,
    /// Bytes handed on.
    passed: Arc<AtomicU64>,
}

/// `None` without a body. The second half resolves when all of it was sent, or
/// will never be.
#[must_use]
pub(super) fn upload(
    request: &HttpRequest,
    payload: Payload,
    pause: Duration,
    passed: Arc<AtomicU64>,
) -> Option<(Upload, oneshot::Receiver<()>)> {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let none = length == Some(0) || length.is_none();
    if none && !headers.contains_key(header::TRANSFER_ENCODING) {
        return None;
    }
    let (sender, chunks) = mpsc::channel(AHEAD);
    actix_web::rt::spawn(hand_on(payload, sender, pause));
    let (end, ended) = oneshot::channel();
    let upload = Upload {
        chunks,
        left: length,
        end: Some(end),
        passed,
    };
    Some((upload, ended))
}

/// Bridges the server's thread-bound payload to the client's body.
async fn hand_on(mut payload: Payload, to: mpsc::Sender<io::Result<Bytes>>, pause: Duration) {
    loop {
        let chunk = match tokio::time::timeout(pause, payload.next()).await {
            Ok(Some(Ok(chunk))) => Ok(chunk),
            Ok(None) => return,
            Ok(Some(Err(error))) => Err(io::Error::other(error.to_string())),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        let broken = chunk.is_err();
        if to.send(chunk).await.is_err() || broken {
            return;
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let chunk = std::task::ready!(self.chunks.poll_recv(cx));
        Poll::Ready(match chunk {
            Some(Ok(chunk)) => {
                let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                self.passed.fetch_add(length, Ordering::Relaxed);
                self.left = self.left.map(|left| left.saturating_sub(length));
                Some(Ok(Frame::data(chunk)))
            }
            Some(Err(error)) => Some(Err(error)),
            None => {
                self.end = None;
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// The body of an answer, as it goes to the client.
pub(super) struct Download {
    chunks: Pin<Box<dyn Stream<Item = Result<Bytes, Error>>>>,
    /// Nobody wants the rest.
    cut: Pin<Box<dyn Future<Output = ()>>>,
    held: Held,
}

/// What lives as long as the body of an answer.
pub(super) struct Held {
    pub(super) _place: Place,
    pub(super) ticket: Ticket,
}

impl Download {
    pub(super) fn new(
        chunks: impl Stream<Item = Result<Bytes, Error>> + 'static,
        cut: impl Future<Output = ()> + 'static,
        held: Held,
    ) -> Self {
        Self {
            chunks: Box::pin(chunks),
            cut: Box::pin(cut),
            held,
        }
    }
}

impl Stream for Download {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.cut.as_mut().poll(cx).is_ready() {
            // Not the end: an end would look like a whole body.
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        let next = std::task::ready!(this.chunks.as_mut().poll_next(cx));
        Poll::Ready(match next {
            Some(Ok(chunk)) => {
                this.held.ticket.received(chunk.len());
                Some(Ok(chunk))
            }
            Some(Err(error)) => Some(Err(io::Error::other(error))),
            None => {
                this.held.ticket.ended("done");
                None
            }
        })
    }
}
