//! Notices that a client left before it was answered: the web server itself
//! only learns it from a failed write. Each connection keeps a second handle of
//! its socket, and whoever waits for long looks through it. Reads no byte.

use std::any::Any;
use std::os::fd::{AsFd as _, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use tokio::net::TcpStream;

/// Most answers come sooner, and looking costs more than they do.
const BEFORE_LOOKING: Duration = Duration::from_millis(100);

/// The socket of a request's connection.
#[derive(Clone, Debug)]
pub struct Peer(Option<Rc<OwnedFd>>);

/// For `HttpServer::on_connect`.
pub fn remember(io: &dyn Any, connection: &mut Extensions) {
    let Some(stream) = io.downcast_ref::<TcpStream>() else {
        return;
    };
    if let Ok(socket) = stream.as_fd().try_clone_to_owned() {
        connection.insert(Peer(Some(Rc::new(socket))));
    }
}

impl Peer {
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request.conn_data().cloned().unwrap_or(Self(None))
    }

    /// Resolves once the client closed its side; never while it is there, nor
    /// when it already sent its next request.
    pub async fn left(self) {
        tokio::time::sleep(BEFORE_LOOKING).await;
        if let Some(socket) = &self.0
            && let Ok(stream) = second_handle(socket)
            && matches!(stream.peek(&mut [0]).await, Ok(0) | Err(_))
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

fn second_handle(socket: &OwnedFd) -> std::io::Result<TcpStream> {
    TcpStream::from_std(std::net::TcpStream::from(socket.try_clone()?))
}
