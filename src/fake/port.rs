//! The one port: accepts, takes TLS off if it is on, and tells RESP from HTTP
//! by the first byte. A silent peer is closed without a word.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::wire::Wire;
use super::{Shared, http, resp};

/// What an HTTP-only proxy in front says to RESP bytes.
const PROXY_BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\
    Content-Type: text/html\r\nContent-Length: 150\r\nConnection: close\r\n\r\n\
    <html>\r\n<head><title>400 Bad Request</title></head>\r\n<body>\r\n\
    <center><h1>400 Bad Request</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// One certificate for HTTPS and RESP over TLS. Real CPA also offers `h2`;
/// nothing here speaks it.
pub(super) struct Tls(TlsAcceptor);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// From a certificate chain and a key in PEM.
    pub(super) fn new((chain, key): &(String, String)) -> io::Result<Self> {
        let bad = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| bad(e.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| bad(e.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|e| bad(e.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

pub(super) async fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(addr).await
}

/// Serves until told to stop; then the port and every connection are closed.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    tokio::select! {
        () = stop.cancelled() => {}
        () = accept(&listener, &mut connections, &shared) => {}
    }
    drop(listener);
    connections.shutdown().await;
}

async fn accept(listener: &TcpListener, connections: &mut JoinSet<()>, shared: &Arc<Shared>) {
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Out of descriptors or a peer that left early.
                Err(_) => continue,
            },
            Some(_) = connections.join_next() => continue,
        };
        shared.count(|tally| tally.connections += 1);
        // Replies are small and wanted at once; a dead socket refuses in vain.
        let _dead = stream.set_nodelay(true);
        if shared.world().version.sniffs_while_accepting() {
            // Until v7.0.2 one silent peer kept everybody waiting.
            if let Ok((wire, protocol)) = sniff(stream, Arc::clone(shared)).await {
                connections.spawn(answer(wire, protocol, peer.ip(), Arc::clone(shared)));
            }
            continue;
        }
        let shared = Arc::clone(shared);
        connections.spawn(async move {
            let sniffed = sniff(stream, Arc::clone(&shared));
            if let Ok(Ok((wire, protocol))) =
                tokio::time::timeout(shared.sniff_deadline, sniffed).await
            {
                answer(wire, protocol, peer.ip(), shared).await;
            }
        });
    }
}

#[derive(Clone, Copy)]
enum Protocol {
    Resp,
    Http,
}

/// TLS, then the first byte. A client that negotiated HTTP in the handshake is
/// taken at its word.
async fn sniff(stream: TcpStream, shared: Arc<Shared>) -> io::Result<(Wire, Protocol)> {
    let (mut wire, negotiated) = match &shared.tls {
        None => (Wire::plain(stream, Arc::clone(&shared)), false),
        Some(Tls(acceptor)) => {
            let stream = acceptor.accept(stream).await?;
            let negotiated = stream.get_ref().1.alpn_protocol().is_some();
            (Wire::tls(stream, Arc::clone(&shared)), negotiated)
        }
    };
    if negotiated {
        return Ok((wire, Protocol::Http));
    }
    match wire.peek().await? {
        Some(b'*' | b'$' | b'+' | b'-' | b':') if shared.world().version.has_resp() => {
            Ok((wire, Protocol::Resp))
        }
        Some(_) => Ok((wire, Protocol::Http)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

async fn answer(mut wire: Wire, protocol: Protocol, from: IpAddr, shared: Arc<Shared>) {
    // However a connection ends, the ledger has what was seen of it.
    let _ended = match protocol {
        Protocol::Resp if shared.faults().http_only => {
            shared.before_answer().await;
            wire.write_all(PROXY_BAD_REQUEST).await
        }
        Protocol::Resp => resp::serve(wire, from, shared).await,
        Protocol::Http => http::serve(wire, from, shared).await,
    };
}
