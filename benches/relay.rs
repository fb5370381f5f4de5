//! What the relay costs: `cargo bench --bench relay`.
//!
//! The program itself, in a process of its own, and nginx with `proxy_pass` stand
//! in front of the same simulated gateway; the same small request goes straight,
//! through nginx and through the relay, in turns. Then 200 MiB pass each way and
//! the program's memory is read off. Without nginx on the machine its column is
//! missing.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first failure")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cpamp::fake::{Gateway, Options};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const ADMIN_KEY: &str = "an-admin-key-for-the-bench";
const ROUNDS: usize = 3_000;
const CLIENTS: usize = 32;
const SPAN: Duration = Duration::from_secs(5);
const LARGE: usize = 200 << 20;
const CHUNK: usize = 64 << 10;

/// A process that ends with the benchmark.
struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One way to the gateway.
struct Way {
    name: &'static str,
    address: SocketAddr,
    key: String,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        small_requests().await;
        large_bodies().await;
    });
}

async fn small_requests() {
    let gateway = Gateway::start(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (panel, _program) = program(folder.path(), &gateway.url(), &gateway.key()).await;
    let mut ways = vec![Way {
        name: "straight",
        address: gateway.addr(),
        key: gateway.key(),
    }];
    let nginx = nginx(folder.path(), gateway.addr()).await;
    if let Some((address, _)) = &nginx {
        ways.push(Way {
            name: "nginx",
            address: *address,
            key: gateway.key(),
        });
    }
    ways.push(Way {
        name: "relay",
        address: panel,
        key: ADMIN_KEY.to_owned(),
    });
    let mut times: Vec<Vec<Duration>> = ways.iter().map(|_| Vec::new()).collect();
    let mut lines = Vec::new();
    for way in &ways {
        lines.push(Line::open(way).await);
    }
    for _ in 0..ROUNDS {
        for (line, times) in lines.iter_mut().zip(&mut times) {
            let start = Instant::now();
            line.ask().await;
            times.push(start.elapsed());
        }
    }
    println!("way        median     p99   requests/s with {CLIENTS} connections");
    for (way, times) in ways.iter().zip(&mut times) {
        times.sort();
        let at = |share: usize| times.get(times.len() * share / 100).unwrap().as_micros();
        let (median, p99) = (at(50), at(99));
        let pace = pace(way).await;
        println!("{:<9} {median:>5} µs {p99:>5} µs {pace:>7}", way.name);
    }
}

/// Requests a second with many connections at once.
async fn pace(way: &Way) -> u128 {
    let start = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let mut line = Line::open(way).await;
        clients.spawn(async move {
            let mut asked = 0_u128;
            while start.elapsed() < SPAN {
                line.ask().await;
                asked += 1;
            }
            asked
        });
    }
    let mut asked = 0;
    while let Some(done) = clients.join_next().await {
        asked += done.unwrap();
    }
    asked * 1_000 / start.elapsed().as_millis()
}

/// A connection on which the same small request is asked again and again.
struct Line {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    read: String,
}

impl Line {
    async fn open(way: &Way) -> Self {
        let stream = TcpStream::connect(way.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let request = format!(
            "GET /v0/management/debug HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\r\n",
            way.key
        );
        Self {
            stream: BufReader::new(stream),
            request: request.into_bytes(),
            read: String::new(),
        }
    }

    async fn ask(&mut self) {
        self.stream
            .get_mut()
            .write_all(&self.request)
            .await
            .unwrap();
        let length = head(&mut self.stream, &mut self.read).await;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
    }
}

/// Reads a head that must be a success; says how long the body is.
async fn head(stream: &mut BufReader<TcpStream>, line: &mut String) -> usize {
    let mut length = 0;
    let mut first = true;
    loop {
        line.clear();
        stream.read_line(line).await.unwrap();
        if first {
            assert!(line.starts_with("HTTP/1.1 200"), "{line}");
            first = false;
        }
        if line == "\r\n" {
            return length;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
}

/// Memory of the program before, and at its highest after, 200 MiB each way.
async fn large_bodies() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve_large(listener));
    let folder = tempfile::tempdir().unwrap();
    let (panel, program) = program(folder.path(), &url, "a-key").await;
    let id = program.0.id();
    let before = memory(id);
    let start = Instant::now();
    let mut stream = begin(
        panel,
        "GET /v0/management/auth-files/download?name=x.json",
        0,
    )
    .await;
    let mut line = String::new();
    let length = head(&mut stream, &mut line).await;
    assert_eq!(length, LARGE);
    let mut buffer = vec![0; CHUNK];
    let mut left = length;
    while left > 0 {
        let read = stream.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0);
        left -= read;
    }
    report("download", start, before, id);
    let start = Instant::now();
    let mut stream = begin(panel, "POST /v0/management/auth-files", LARGE).await;
    for _ in 0..LARGE / CHUNK {
        stream.get_mut().write_all(&buffer).await.unwrap();
    }
    head(&mut stream, &mut line).await;
    report("upload", start, before, id);
}

fn report(what: &str, start: Instant, before: [u64; 2], id: u32) {
    let [_, highest] = memory(id);
    let [resident, _] = before;
    let took = start.elapsed().as_millis();
    println!(
        "{what:<9} {} MiB in {took} ms; memory {resident} KiB before, {highest} KiB at its highest",
        LARGE >> 20
    );
}

async fn begin(panel: SocketAddr, line: &str, length: usize) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(panel).await.unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {ADMIN_KEY}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    BufReader::new(stream)
}

/// A gateway that sends much and takes much.
async fn serve_large(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            let (mut line, mut length, mut download) = (String::new(), 0, false);
            while line != "\r\n" {
                line.clear();
                if stream.read_line(&mut line).await.unwrap() == 0 {
                    return;
                }
                download |= line.starts_with("GET ");
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut chunk = vec![b'x'; CHUNK];
            while length > 0 {
                let read = stream.read(&mut chunk).await.unwrap();
                assert_ne!(read, 0);
                length -= read;
            }
            let size = if download { LARGE } else { 0 };
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n");
            stream.get_mut().write_all(head.as_bytes()).await.unwrap();
            for _ in 0..size / CHUNK {
                stream.get_mut().write_all(&chunk).await.unwrap();
            }
        });
    }
}

/// Resident now and at its highest, in KiB.
fn memory(id: u32) -> [u64; 2] {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    ["VmRSS:", "VmHWM:"].map(|name| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    })
}

/// The program on a free port in front of a gateway, without a limit of pace.
async fn program(folder: &Path, url: &str, key: &str) -> (SocketAddr, Helper) {
    let address = free_address();
    let child = Command::new(env!("CARGO_BIN_EXE_cpamp"))
        .env_clear()
        .env("CPAMP_LISTEN", address.to_string())
        .env("CPAMP_DATA_DIR", folder.join("data"))
        .env("CPAMP_ADMIN_KEY", ADMIN_KEY)
        .env("CPAMP_CPA_URL", url)
        .env("CPAMP_CPA_MANAGEMENT_KEY", key)
        .env("CPAMP_COLLECTOR_ENABLED", "false")
        .env("CPAMP_RELAY_RATE", "0")
        .env("CPAMP_LOG", "error")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    listening(address).await;
    (address, Helper(child))
}

async fn nginx(folder: &Path, gateway: SocketAddr) -> Option<(SocketAddr, Helper)> {
    let address = free_address();
    let conf = folder.join("nginx.conf");
    let text = format!(
        "daemon off; master_process off; pid nginx.pid; worker_processes 1;
        events {{ worker_connections 512; }}
        http {{ access_log off; client_body_temp_path body; proxy_temp_path proxy;
          fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          keepalive_requests 1000000;
          upstream gateway {{ server {gateway}; keepalive 32; keepalive_requests 1000000; }}
          server {{ listen {address}; location / {{ proxy_pass http://gateway;
            proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }} }}"
    );
    std::fs::write(&conf, text).unwrap();
    let debian = "/usr/sbin/nginx";
    let name = if Path::new(debian).exists() {
        debian
    } else {
        "nginx"
    };
    let child = Command::new(name)
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(&conf)
        .args(["-e", "stderr"])
        .stdin(Stdio::null())
        .spawn()
        .ok()?;
    let child = Helper(child);
    listening(address).await;
    Some((address, child))
}

fn free_address() -> SocketAddr {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

async fn listening(address: SocketAddr) {
    let start = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{address} does not listen"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
