//! What a browser asks of the real program, while 200 events a second arrive
//! from a simulated gateway. The history ends now, so it is filled anew when it
//! is older than a day. The gateway lives in this process; processor time and
//! memory are those of the program alone.

use std::io::Read as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cpamp::clock::Clock;
use cpamp::fake::{Gateway, traffic};
use reqwest::{Client, StatusCode, header, redirect};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::gauge::{Table, Times, cpu_of, memory_of, millis};
use crate::{fill, pages};

const ADMIN_KEY: &str = "cmp_admin_benchbenchbenchbenchbenchbench00";
pub(crate) const GATEWAY_KEY: &str = "bench-management-key";
/// Events a second that arrive meanwhile.
const ARRIVING: usize = 200;
/// The same where the question is how many are stored.
const FLOOD: usize = 6_000;

pub(crate) async fn measure(path: &Path, events: u64, fresh: bool, rounds: u32) {
    fill(path, events, fresh).await;
    let gateway = Gateway::start(traffic::demo_gateway(GATEWAY_KEY))
        .await
        .unwrap();
    let panel = Panel::start(&copy(path), &gateway).await;
    let mut table = Table::default();
    table.head(&["The program", "Value"]);
    table.row(&["listening after", &millis(panel.listening_after)]);
    let browser = Browser::log_in(&panel).await;
    sleep(Duration::from_secs(5)).await;
    table.row(&["memory after start", &mib(panel.memory().0)]);
    panel.rest(&mut table).await;
    single_events(&gateway, &browser, &mut table).await;

    let arriving = arrive(gateway.clone(), ARRIVING);
    let before = panel.cpu();
    let since = Instant::now();
    let pages = pages::ask(&browser, events, rounds).await;
    let share = panel.cpu().saturating_sub(before).as_secs_f64() / since.elapsed().as_secs_f64();
    arriving.abort();
    table.row(&[
        "processor meanwhile",
        &format!("{:.0} % of one core", share * 100.0),
    ]);
    flood(&gateway, &browser, &mut table).await;
    table.row(&["memory, highest", &mib(panel.memory().1)]);
    table.print();
    pages.iter().for_each(Table::print);
    gateway.stop().await;
}

/// A history that ends now.
pub(crate) async fn fill(path: &Path, events: u64, fresh: bool) {
    let now = Clock::System.now();
    let fresh = fresh || !filled_today(path);
    fill::fill(path, events, fresh, (now, now)).await;
}

/// The data directory of a program that has this history.
pub(crate) fn copy(history: &Path) -> PathBuf {
    let data = history.with_file_name("data");
    let _ = std::fs::remove_dir_all(&data);
    std::fs::create_dir(&data).unwrap();
    std::fs::copy(history, data.join("cpamp.sqlite")).unwrap();
    data
}

fn filled_today(path: &Path) -> bool {
    let done = path.with_file_name("filled").metadata();
    let age = done.and_then(|done| done.modified()).ok();
    let age = age.and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age < Duration::from_hours(24))
}

fn mib(n: u64) -> String {
    format!("{n} MiB")
}

/// The release binary.
pub(crate) struct Panel {
    process: Child,
    url: String,
    pub(crate) listening_after: Duration,
}

impl Panel {
    pub(crate) async fn start(data: &Path, gateway: &Gateway) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = port.local_addr().unwrap();
        drop(port);
        let start = Instant::now();
        let process = Command::new(program())
            .env_clear()
            // As the image has it.
            .env("MALLOC_ARENA_MAX", "2")
            .env("CPAMP_LISTEN", address.to_string())
            .env("CPAMP_DATA_DIR", data)
            .env("CPAMP_ADMIN_KEY", ADMIN_KEY)
            .env("CPAMP_CPA_URL", gateway.url())
            .env("CPAMP_CPA_MANAGEMENT_KEY", gateway.key())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_mins(3), "never listened");
            sleep(Duration::from_millis(1)).await;
        }
        Self {
            process,
            url: format!("http://{address}"),
            listening_after: start.elapsed(),
        }
    }

    fn cpu(&self) -> Duration {
        cpu_of(&self.process.id().to_string())
    }

    pub(crate) fn memory(&self) -> (u64, u64) {
        memory_of(&self.process.id().to_string())
    }

    /// What it costs when nothing happens.
    async fn rest(&self, table: &mut Table) {
        let (before, since) = (self.cpu(), Instant::now());
        sleep(Duration::from_secs(20)).await;
        let spent = self.cpu().saturating_sub(before).as_secs_f64() / since.elapsed().as_secs_f64();
        let text = format!("{:.2} % of one core", spent * 100.0);
        table.row(&["processor, idle", &text]);
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The one built with this benchmark, or another: `CPAMP_BINARY`.
fn program() -> PathBuf {
    std::env::var_os("CPAMP_BINARY")
        .map_or_else(|| env!("CARGO_BIN_EXE_cpamp").into(), PathBuf::from)
}

pub(crate) struct Browser {
    client: Client,
    url: String,
    session: String,
}

/// An answer: how long it took to the last byte, and what came.
pub(crate) struct Answer {
    pub(crate) took: Duration,
    pub(crate) sent: usize,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) async fn log_in(panel: &Panel) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(redirect::Policy::none());
        let client = client.build().unwrap();
        let url = panel.url.clone();
        let form = client
            .post(format!("{url}/login"))
            .header("origin", &url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("key={ADMIN_KEY}&next=/"));
        let answer = form.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookies = answer.headers().get_all(header::SET_COOKIE);
        let cookies = cookies.iter().map(|cookie| cookie.to_str().unwrap());
        let session = cookies.map(|cookie| cookie.split(';').next().unwrap().to_owned());
        Self {
            client,
            url,
            session: session.collect::<Vec<_>>().join("; "),
        }
    }

    async fn ask(&self, path: &str) -> reqwest::Response {
        let request = self
            .client
            .get(format!("{}{path}", self.url))
            .header(header::COOKIE, &self.session)
            .header(header::ACCEPT_ENCODING, "gzip");
        request.send().await.unwrap()
    }

    /// Where an address leads: the program writes the same view in one way only.
    pub(crate) async fn canonical(&self, path: &str) -> String {
        let answer = self.ask(path).await;
        let place = answer.headers().get(header::LOCATION);
        place
            .map_or(path, |place| place.to_str().unwrap())
            .to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let since = Instant::now();
        let answer = self.ask(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let packed = answer.headers().contains_key(header::CONTENT_ENCODING);
        let bytes = answer.bytes().await.unwrap();
        let took = since.elapsed();
        let body = if packed {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&*bytes)
                .read_to_string(&mut text)
                .unwrap();
            text
        } else {
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        Answer {
            took,
            sent: bytes.len(),
            body,
        }
    }
}

/// From the queue of the gateway to the status that counts it.
async fn single_events(gateway: &Gateway, browser: &Browser, table: &mut Table) {
    let mut live = traffic::Live::new(gateway.clone(), 3);
    let mut times = Times::default();
    for n in 0..30_u64 {
        // Uneven, so that the events do not march in step with the polls.
        sleep(Duration::from_millis(700 + 37 * (n % 10))).await;
        let before = stored(browser).await;
        let since = Instant::now();
        live.step();
        while stored(browser).await == before {
            sleep(Duration::from_millis(2)).await;
        }
        times.note(since);
    }
    table.row(&["one event seen after, median", &millis(times.quantile(50))]);
    table.row(&["one event seen after, worst", &millis(times.quantile(100))]);
}

/// Requests end at a steady rate, twenty times a second.
fn arrive(gateway: Gateway, a_second: usize) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut live = traffic::Live::new(gateway, 5);
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        loop {
            tick.tick().await;
            for _ in 0..a_second / 20 {
                live.step();
            }
        }
    })
}

/// How many events are stored a second while pages are read one after the other
/// and far more arrive than ever should.
async fn flood(gateway: &Gateway, browser: &Browser, table: &mut Table) {
    let arriving = arrive(gateway.clone(), FLOOD);
    sleep(Duration::from_secs(5)).await;
    let (before, since) = (stored(browser).await, Instant::now());
    let mut times = Times::default();
    while since.elapsed() < Duration::from_secs(20) {
        for path in ["/", "/usage?range=30d", "/requests?range=all"] {
            times.add(browser.get(path).await.took);
        }
    }
    let more = f64::from(u32::try_from(stored(browser).await - before).unwrap());
    let rate = more / since.elapsed().as_secs_f64();
    arriving.abort();
    let name = format!("of {FLOOD} a second stored, while pages are read");
    table.row(&[&name, &format!("{rate:.0}")]);
    table.row(&["these pages meanwhile, p99", &millis(times.quantile(99))]);
}

async fn stored(browser: &Browser) -> u64 {
    let status = browser.get("/status").await.body;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let stored = status.pointer("/events/stored").unwrap();
    stored.as_u64().unwrap()
}
