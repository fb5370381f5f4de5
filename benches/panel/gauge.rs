//! What the benchmark reads off: processor time, memory, and a list of times.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Processor time of this process so far, all threads, user and system.
pub(crate) fn cpu() -> Duration {
    cpu_of("self")
}

/// The same of another process, by its id.
pub(crate) fn cpu_of(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks = |n: usize| -> u64 { fields.get(n).unwrap().parse().unwrap() };
    // In hundredths of a second on every Linux.
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Processor time since `before`.
pub(crate) fn cpu_since(before: Duration) -> Duration {
    cpu().saturating_sub(before)
}

/// Resident memory now and at its highest, in MiB.
pub(crate) fn memory() -> (u64, u64) {
    memory_of("self")
}

/// The same of another process, by its id.
pub(crate) fn memory_of(process: &str) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let mib = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
            / 1_024
    };
    (mib("VmRSS:"), mib("VmHWM:"))
}

/// Times of one kind of question.
#[derive(Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn note(&mut self, since: Instant) {
        self.add(since.elapsed());
    }

    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) fn quantile(&self, hundredths: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * hundredths).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }
}

/// A table in Markdown.
#[derive(Default)]
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn head(&mut self, cells: &[&str]) {
        self.row(cells);
        self.row(&vec!["---"; cells.len()]);
    }

    pub(crate) fn row(&mut self, cells: &[&str]) {
        writeln!(self.0, "| {} |", cells.join(" | ")).unwrap();
    }

    pub(crate) fn print(&self) {
        println!("\n{}", self.0);
    }
}

pub(crate) fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
