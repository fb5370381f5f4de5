//! The simulated gateway under TLS: HTTP and RESP share the port as they do in
//! the clear, told apart by what the client negotiated.

use std::sync::Arc;

use cpamp::fake::{Gateway, Options};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::gateway::{self_signed, within};

async fn connected(gateway: &Gateway, alpn: &[&[u8]]) -> TlsStream<TcpStream> {
    let (chain, _) = self_signed();
    let mut roots = rustls::RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = within(TcpStream::connect(gateway.addr())).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
    within(connecting).await.unwrap()
}

#[tokio::test]
async fn resp_needs_a_client_that_negotiates_nothing() {
    let options = Options {
        tls: Some(self_signed()),
        ..Options::default()
    };
    let gateway = Gateway::start(options).await.unwrap();
    assert!(gateway.url().starts_with("https://127.0.0.1:"));
    let command = b"*1\r\n$4\r\nPING\r\n";
    let noauth = b"-NOAUTH Authentication required.\r\n";

    let mut resp = connected(&gateway, &[]).await;
    resp.write_all(command).await.unwrap();
    let mut reply = vec![0; noauth.len()];
    within(resp.read_exact(&mut reply)).await.unwrap();
    assert_eq!(reply, noauth);

    let mut http = connected(&gateway, &[b"http/1.1"]).await;
    http.write_all(command).await.unwrap();
    let mut reply = vec![0; 12];
    within(http.read_exact(&mut reply)).await.unwrap();
    assert_eq!(reply, b"HTTP/1.1 400");

    let mut http = connected(&gateway, &[]).await;
    http.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    within(http.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("{\"status\":\"ok\"}"), "{answer}");
}
