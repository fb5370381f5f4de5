//! The pages that a browser asks for, the time that each is meant to take, and
//! the slowest of each kind.

use crate::DAYS;
use crate::gauge::{Table, Times, millis};
use crate::http::Browser;
use cpamp::clock::Clock;
use cpamp::domain::units::{At, Ms};
use std::time::Duration;

/// What is asked, from the easy to the hard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Sums without a condition, whatever the range.
    Plain,
    /// Sums of any one condition.
    Filter,
    /// Sums of several conditions together.
    Filters,
    /// Everything else.
    Other,
}

impl Kind {
    const AIMED: [(Self, &'static str, u64); 3] = [
        (Self::Plain, "Home and Usage, no filter", 60),
        (Self::Filter, "Usage, any one filter", 150),
        (Self::Filters, "Usage, several filters", 300),
    ];
}

/// More events than this are allowed twice the time.
const MANY: u64 = 5_000_000;

struct Asked<'a> {
    browser: &'a Browser,
    rounds: u32,
    table: Table,
    /// Of each kind all 99th hundredths.
    slow: Vec<(Kind, String, Duration)>,
}

impl Asked<'_> {
    async fn page(&mut self, kind: Kind, name: &str, path: &str) {
        let place = self.browser.canonical(path).await;
        self.pages(kind, name, |_| place.clone()).await;
    }

    async fn pages(&mut self, kind: Kind, name: &str, path: impl Fn(u32) -> String) {
        let mut times = Times::default();
        let mut sent = 0;
        for round in 0..self.rounds {
            let answer = self.browser.get(&path(round)).await;
            times.add(answer.took);
            sent = sent.max(answer.sent);
        }
        let (p50, p99) = (millis(times.quantile(50)), millis(times.quantile(99)));
        println!("{name}: {p50} {p99}");
        let sent = format!("{:.1} kB", f64::from(u32::try_from(sent).unwrap()) / 1e3);
        self.table.row(&[name, &p50, &p99, &sent]);
        self.slow.push((kind, name.to_owned(), times.quantile(99)));
    }
}

/// All pages one by one, and the slowest of each kind beside what was aimed at.
pub(crate) async fn ask(browser: &Browser, events: u64, rounds: u32) -> [Table; 2] {
    let mut asked = Asked {
        browser,
        rounds,
        table: Table::default(),
        slow: Vec::new(),
    };
    asked
        .table
        .head(&["Page over HTTP", "p50", "p99", "gzipped"]);
    sums(&mut asked).await;
    lists(&mut asked).await;
    for (name, path) in [
        ("Keys", "/keys"),
        ("Accounts", "/accounts"),
        ("Collection", "/settings/collection"),
    ] {
        asked.page(Kind::Other, name, path).await;
    }
    let mut slowest = Table::default();
    slowest.head(&["Slowest of its kind", "p99", "aim"]);
    let more = if events > MANY { 2 } else { 1 };
    for (kind, name, aim) in Kind::AIMED {
        let all = asked.slow.iter().filter(|(other, ..)| *other == kind);
        let (_, page, time) = all.max_by_key(|(_, _, time)| *time).unwrap();
        let aim = format!("{} ms", aim * more);
        slowest.row(&[&format!("{name}: {page}"), &millis(*time), &aim]);
    }
    [asked.table, slowest]
}

/// An account and a key of the generated traffic.
fn account() -> String {
    format!("{:016x}", 497_u64.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn key() -> String {
    format!("{:016x}", 20_u64.wrapping_mul(0xc2b2_ae3d_27d4_eb4f))
}

async fn sums(asked: &mut Asked<'_>) {
    asked.page(Kind::Plain, "Home", "/").await;
    for (name, path) in [
        ("Usage, 24 h", "/usage?range=24h"),
        ("Usage, 7 days", "/usage?range=7d"),
        ("Usage, 30 days", "/usage?range=30d"),
        ("Usage, 90 days", "/usage?range=all"),
        ("Usage, 90 days, latency", "/usage?range=all&metric=latency"),
        ("Usage, models, 90 days", "/usage/models?range=all"),
        ("Usage, keys, 90 days", "/usage/keys?range=all"),
        ("Usage, accounts, 90 days", "/usage/accounts?range=all"),
        ("Usage, accounts, 30 days", "/usage/accounts?range=30d"),
        ("Usage, providers, 90 days", "/usage/providers?range=all"),
        ("Usage, hours, 90 days", "/usage/hours?range=all"),
        (
            "Usage, accounts, the busiest one by one",
            "/usage/accounts?range=all&lines=each",
        ),
    ] {
        asked.page(Kind::Plain, name, path).await;
    }
    let (account, key) = (account(), key());
    for (name, query) in [
        ("frequent model", "model=codex-model-0"),
        ("provider", "provider=claude"),
        ("rare account", &format!("account={account}")),
        ("key", &format!("key={key}")),
        ("alias", "alias=model-3"),
        ("endpoint", "endpoint=POST+%2Fv1%2Fmessages"),
        ("tier", "tier=default"),
        ("failed", "status=failed"),
        ("succeeded", "status=ok"),
        ("http 401", "http=401"),
        ("cache hits", "cache=hit"),
        ("cache misses", "cache=miss"),
        ("latency above 5 s", "min_ms=5000"),
        ("search", "q=USER49"),
    ] {
        let path = format!("/usage?range=all&{query}");
        let name = format!("Usage, 90 days, {name}");
        asked.page(Kind::Filter, &name, &path).await;
    }
    // Two periods of a month, as they are compared.
    let (name, path) = ("Usage, 30 days, cache hits", "/usage?range=30d&cache=hit");
    asked.page(Kind::Filter, name, path).await;
    for (name, tab) in [
        ("Usage, accounts, cache hits", "accounts?cache=hit"),
        ("Usage, keys, provider", "keys?provider=claude"),
        ("Usage, hours, cache hits", "hours?cache=hit"),
        (
            "Usage, hours by latency, cache hits",
            "hours?cache=hit&metric=latency",
        ),
        ("Usage, accounts, latency above 5 s", "accounts?min_ms=5000"),
        (
            "Usage, accounts, cache hits, the busiest one by one",
            "accounts?cache=hit&lines=each",
        ),
        ("Usage, hours, latency above 5 s", "hours?min_ms=5000"),
    ] {
        let path = format!("/usage/{tab}&range=all");
        asked.page(Kind::Filter, name, &path).await;
    }
    for (name, query) in [
        ("model and failed", "model=codex-model-0&status=failed"),
        ("model and key", &format!("model=codex-model-0&key={key}")),
        (
            "succeeded, slow, cache hits",
            "status=ok&min_ms=3000&cache=hit",
        ),
        (
            "provider, slow, endpoint",
            "provider=codex&min_ms=2000&endpoint=POST+%2Fv1%2Fmessages",
        ),
    ] {
        let path = format!("/usage/models?range=all&{query}");
        let name = format!("Usage, models, {name}");
        asked.page(Kind::Filters, &name, &path).await;
    }
}

async fn lists(asked: &mut Asked<'_>) {
    for (name, range) in [("24 h", "24h"), ("30 days", "30d"), ("90 days", "all")] {
        let path = format!("/requests?range={range}");
        let name = format!("Requests, {name}");
        asked.page(Kind::Other, &name, &path).await;
    }
    let now = Clock::System.now();
    let span = i64::try_from(DAYS).unwrap() * Ms::DAY.0;
    let deep = |round: u32| {
        let back = i64::from(round) * 7_919 * 104_729 % span;
        format!("/requests?range=all&after={}", edge(now - Ms(back)))
    };
    let name = "Requests, a page at any depth";
    asked.pages(Kind::Other, name, deep).await;
    let (account, key) = (account(), key());
    for (name, query) in [
        ("frequent model", "model=codex-model-0"),
        ("rare account", &format!("account={account}")),
        ("provider", "provider=claude"),
        ("key", &format!("key={key}")),
        ("failed", "status=failed"),
        ("http 401", "http=401"),
        ("latency above 5 s", "min_ms=5000"),
        ("cache hits", "cache=hit"),
        ("request id", "trace=00000000"),
        ("search", "q=USER49"),
        ("search, nothing found", "q=xyzzy"),
        ("model and failed", "model=codex-model-0&status=failed"),
    ] {
        let path = format!("/requests?range=all&{query}");
        let name = format!("Requests, 90 days, {name}");
        asked.page(Kind::Other, &name, &path).await;
    }
    let failed = asked.browser.canonical("/requests?range=all&status=failed");
    let list = asked.browser.get(&failed.await).await.body;
    let row = list.split("<tr id=\"r").nth(1).unwrap();
    let id = row.split('"').next().unwrap();
    let path = format!("/requests/{id}");
    asked.page(Kind::Other, "One request", &path).await;
}

/// Just before the first event of a moment, as links write it.
fn edge(at: At) -> String {
    format!("{:x}-{:016x}", at.0, 0)
}
