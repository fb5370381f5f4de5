//! One accepted socket: plain or TLS, with the bytes that were read ahead to
//! tell RESP from HTTP, counted, and resettable on demand.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::Shared;

#[derive(Debug)]
enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

#[derive(Debug)]
pub(super) struct Wire {
    transport: Transport,
    /// Read from the socket, not yet handed out.
    ahead: Vec<u8>,
    /// Set = the peer gets a reset instead of an orderly close.
    reset: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl Wire {
    pub(super) fn plain(stream: TcpStream, shared: Arc<Shared>) -> Self {
        Self::new(Transport::Plain(stream), shared)
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>, shared: Arc<Shared>) -> Self {
        Self::new(Transport::Tls(Box::new(stream)), shared)
    }

    fn new(transport: Transport, shared: Arc<Shared>) -> Self {
        Self {
            transport,
            ahead: Vec::new(),
            reset: Arc::default(),
            shared,
        }
    }

    /// Whoever holds this can turn the coming close into a reset.
    pub(super) fn resetter(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.reset)
    }

    /// The first unread byte; `None` at the end of the stream.
    pub(super) async fn peek(&mut self) -> io::Result<Option<u8>> {
        while self.ahead.is_empty() {
            if !self.read_ahead().await? {
                return Ok(None);
            }
        }
        Ok(self.ahead.first().copied())
    }

    /// The first unread line without its end, or what there is of it when the
    /// stream ends or the line grows beyond all reason.
    pub(super) async fn peek_line(&mut self) -> io::Result<String> {
        const LONGEST: usize = 64 * 1024;
        loop {
            if let Some(end) = self.ahead.iter().position(|byte| *byte == b'\n') {
                let line = self.ahead.get(..end).unwrap_or_default();
                return Ok(String::from_utf8_lossy(line)
                    .trim_end_matches('\r')
                    .to_owned());
            }
            if self.ahead.len() > LONGEST || !self.read_ahead().await? {
                return Ok(String::from_utf8_lossy(&self.ahead).into_owned());
            }
        }
    }

    async fn read_ahead(&mut self) -> io::Result<bool> {
        let held = std::mem::take(&mut self.ahead);
        let mut block = [0; 4096];
        let read = self.read(&mut block).await;
        self.ahead = held;
        let read = read?;
        self.ahead
            .extend_from_slice(block.get(..read).unwrap_or_default());
        Ok(read > 0)
    }

    fn socket(&self) -> &TcpStream {
        match &self.transport {
            Transport::Plain(stream) => stream,
            Transport::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::SeqCst) {
            // Without lingering, close sends RST. A dead socket needs none.
            let _dead = self.socket().set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let count = self.ahead.len().min(buf.remaining());
            let rest = self.ahead.split_off(count);
            buf.put_slice(&self.ahead);
            self.ahead = rest;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Transport::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        };
        ready!(read)?;
        let count = buf.filled().len() - before;
        self.shared
            .count(|tally| tally.bytes_in += u64::try_from(count).unwrap_or(0));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
