//! How fast the collector is: `cargo bench --bench collect`. A simulated gateway
//! in a process of its own holds a full queue; measured is this process alone:
//! time until everything is on the fsynced spool, until everything is stored,
//! CPU, memory, disk, and how soon a single event is there.
//! `-- EVENTS [resp|subscribe|http]` changes the size and the way.
#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unchecked_time_subtraction,
    reason = "a measurement, not the program"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use cpamp::clock::Clock;
use cpamp::domain::collection::{Connection, Mode, Settings, Status};
use cpamp::domain::units::At;
use cpamp::fake::{Gateway, Options, traffic};
use cpamp::ingest::collector::{Collector, Parts};
use cpamp::ingest::tuning::Tuning;
use cpamp::store::Store;
use cpamp::store::data_key::Source;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const KEY: &str = "bench-management-key";
const EVENTS: usize = 200_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    if args.iter().any(|arg| arg == "gateway") {
        return runtime.block_on(gateway());
    }
    let events = args.iter().find_map(|arg| arg.parse().ok());
    let mode = args.iter().find_map(|arg| match arg.as_str() {
        "http" => Some(Mode::Http),
        "subscribe" => Some(Mode::Subscribe),
        _ => None,
    });
    runtime.block_on(measure(
        events.unwrap_or(EVENTS),
        mode.unwrap_or(Mode::Resp),
    ));
}

/// The other process: prints its URL, then obeys lines `count` by pushing so
/// many events.
async fn gateway() {
    let mut options = Options::with_key(KEY);
    options
        .config_yaml
        .push_str("redis-usage-queue-retention-seconds: 3600\n");
    let gateway = Gateway::start(options).await.unwrap();
    println!("{}", gateway.url());
    let mut events = traffic::events_between(At(0), At(i64::MAX / 4), 1);
    let lines = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lines() {
            let count: usize = line.unwrap().parse().unwrap();
            for (_, event) in events.by_ref().take(count) {
                gateway.push_raw(event);
            }
            println!("pushed");
        }
    });
    lines.await.unwrap();
}

struct Other {
    child: Child,
    input: ChildStdin,
    output: std::io::Lines<BufReader<std::process::ChildStdout>>,
    url: String,
}

impl Other {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("gateway")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            input: child.stdin.take().unwrap(),
            url: output.next().unwrap().unwrap(),
            output,
            child,
        }
    }

    fn push(&mut self, count: usize) {
        writeln!(self.input, "{count}").unwrap();
        self.output.next().unwrap().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn measure(events: usize, mode: Mode) {
    let mut other = Other::start();
    other.push(events);
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&cpamp::store::Options::at(directory.path().join("db"))).unwrap();
    let key = Source::File(directory.path().join("data.key"));
    let keyring = store.unlock(key).await.unwrap();
    let settings = Settings {
        connection: Some(Connection {
            url: other.url.clone(),
            key: KEY.to_owned().into(),
            insecure_tls: false,
        }),
        mode,
        batch: 2_000,
        ..Settings::default()
    };
    let (collector, handle) = Collector::new(Parts {
        key: std::sync::Arc::default(),
        store: store.clone(),
        spool: directory.path().join("spool"),
        clock: Clock::System,
        settings: watch::Sender::new(settings).subscribe(),
        keyring: watch::Sender::new(Some(keyring)).subscribe(),
        tuning: Tuning::default(),
    });
    let mut status = handle.status();
    let (start, cpu) = (Instant::now(), cpu_time());
    let stop = CancellationToken::new();
    let task = tokio::spawn(collector.run(stop.clone()));

    let all = i64::try_from(events).unwrap();
    status
        .wait_for(|s| s.last_taken_at.is_some())
        .await
        .unwrap();
    let first = start.elapsed();
    status.wait_for(|s| s.taken >= all).await.unwrap();
    rate("on the spool", events, start.elapsed() - first);
    status.wait_for(|s| stored(s) >= all).await.unwrap();
    rate("stored", events, start.elapsed() - first);
    let spent = cpu_time() - cpu;
    println!(
        "cpu            {:>9.4} ms/event",
        spent.as_secs_f64() * 1e3 / events as f64
    );
    println!(
        "peak memory    {:>9.1} MiB",
        peak_memory_kib() as f64 / 1024.0
    );
    println!(
        "disk           {:>9.0} bytes/event",
        size(directory.path()) as f64 / events as f64
    );

    if mode == Mode::Subscribe {
        // A gateway drops a subscriber that is 256 messages behind, and pushing
        // all at once leaves it no chance.
        return;
    }
    let burst = Instant::now();
    other.push(10_000);
    status
        .wait_for(|s| stored(s) >= all + 10_000)
        .await
        .unwrap();
    println!("burst of 10000 {:>9.2} s", burst.elapsed().as_secs_f64());

    let mut waits = Vec::new();
    for n in 1..=30_u64 {
        // Uneven, so that the pushes do not march in step with the polls.
        tokio::time::sleep(Duration::from_millis(700 + 37 * (n % 10))).await;
        let one = Instant::now();
        other.push(1);
        let want = all + 10_000 + i64::try_from(n).unwrap();
        status.wait_for(|s| stored(s) >= want).await.unwrap();
        waits.push(one.elapsed());
    }
    waits.sort();
    println!(
        "single event   {:>9.1?} median, {:.1?} worst",
        waits[15], waits[29]
    );

    let (idle, at) = (cpu_time(), Instant::now());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let idle = (cpu_time() - idle).as_secs_f64() / at.elapsed().as_secs_f64();
    println!("idle           {:>9.2} % of a core", idle * 100.0);
    stop.cancel();
    task.await.unwrap();
}

fn stored(status: &Status) -> i64 {
    status.stored + status.duplicates + status.rejected
}

fn rate(what: &str, events: usize, took: Duration) {
    println!(
        "{what:<14} {:>9.0} events/s",
        events as f64 / took.as_secs_f64()
    );
}

fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| {
            let meta = entry.as_ref().unwrap().metadata().unwrap();
            if meta.is_dir() {
                size(&entry.unwrap().path())
            } else {
                meta.len()
            }
        })
        .sum()
}
