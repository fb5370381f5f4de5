//! `cpamp healthcheck`: asks the running panel for `/healthz` and says with the
//! exit code whether it works. For Docker, whose image has no other client.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::config::Config;

/// The panel answers within four seconds or is not well.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let status = ask(address, &config.link("/healthz"))
        .with_context(|| format!("no answer from the panel at {address}"))?;
    ensure!(
        status.starts_with("HTTP/1.1 200"),
        "the panel at {address} is not well: {status}"
    );
    println!("ok");
    Ok(ExitCode::SUCCESS)
}

/// The status line of the answer.
fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.take(4_096).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
