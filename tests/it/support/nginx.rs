//! A real nginx in front of the panel, with the configuration that the project
//! ships: only names, ports and files of the example are replaced.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::net::TcpStream;

use super::wait::until;

/// The shipped example.
const EXAMPLE: &str = include_str!("../../../deploy/nginx.conf");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

pub(crate) struct Nginx {
    process: Child,
    address: SocketAddr,
    _prefix: TempDir,
}

/// A port nobody holds. nginx cannot take an open socket, so this is a moment
/// too early to be certain.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Nginx {
    /// On `port`, passing `base` (empty or `/…`) on to the panel.
    pub(crate) async fn start(scheme: Scheme, port: u16, base: &str, panel: u16) -> Self {
        let prefix = TempDir::new().unwrap();
        let site = site(scheme, port, base, panel, prefix.path());
        let conf = prefix.path().join("nginx.conf");
        std::fs::write(&conf, around(&site)).unwrap();
        let mut process = Command::new(program())
            .arg("-p")
            .arg(prefix.path())
            .arg("-c")
            .arg(&conf)
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        until("nginx listens", async || {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "nginx ended with {ended:?}");
            TcpStream::connect(address).await
        })
        .await;
        Self {
            process,
            address,
            _prefix: prefix,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Debian keeps it out of the path of ordinary users.
fn program() -> &'static str {
    let debian = "/usr/sbin/nginx";
    if Path::new(debian).exists() {
        debian
    } else {
        "nginx"
    }
}

/// The server block of the example for this test.
fn site(scheme: Scheme, port: u16, base: &str, panel: u16, prefix: &Path) -> String {
    let listen = match scheme {
        Scheme::Http => format!("listen 127.0.0.1:{port};"),
        Scheme::Https => format!("listen 127.0.0.1:{port} ssl;"),
    };
    let mut site = String::from(EXAMPLE);
    for (shipped, ours) in [
        ("listen 443 ssl;", listen),
        ("location /cpamp/", format!("location {base}/")),
        (
            "http://127.0.0.1:18317",
            format!("http://127.0.0.1:{panel}"),
        ),
        (
            "/etc/ssl/panel.pem",
            prefix.join("panel.pem").display().to_string(),
        ),
        (
            "/etc/ssl/panel.key",
            prefix.join("panel.key").display().to_string(),
        ),
    ] {
        assert!(
            site.contains(shipped),
            "the example no longer has {shipped:?}"
        );
        site = site.replace(shipped, &ours);
    }
    match scheme {
        Scheme::Http => {
            let plain: Vec<&str> = site.lines().filter(|line| !line.contains("ssl_")).collect();
            plain.join(
                "
",
            )
        }
        Scheme::Https => {
            certificate(prefix);
            site
        }
    }
}

/// What the distribution's configuration has around a site, in a directory of
/// our own and in one process, so that no user is switched.
fn around(site: &str) -> String {
    format!(
        "daemon off; master_process off; pid nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy;
  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
{site}}}
"
    )
}

fn certificate(prefix: &Path) {
    let status = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=panel.example.com"])
        .args([
            "-addext",
            "subjectAltName=DNS:panel.example.com,DNS:localhost",
        ])
        .arg("-keyout")
        .arg(prefix.join("panel.key"))
        .arg("-out")
        .arg(prefix.join("panel.pem"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}
