//! The panel that is asked, full of requests of a small generator.

use cpamp::domain::event::{Event, EventId, EventKey};
use cpamp::domain::tokens::Quality;
use cpamp::domain::units::{At, Ms};
use serde_json::Value;

use super::fold::Row;
use crate::support::database::store;
use crate::support::events::event;
use crate::support::panel::{Browser, Panel};

/// 2026-04-01T10:17:23.500Z: clocks in Berlin and St. John's went forward in
/// the weeks before.
pub(super) const NOW: At = At(1_775_038_643_500);
const EVENTS: i64 = 900;
const DAYS: i64 = 40;

/// A small generator: the same events in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 16).unwrap() % sides
    }

    fn maybe(&mut self, sides: i64) -> Option<i64> {
        (self.roll(9) > 0).then(|| self.roll(sides))
    }
}

pub(super) fn random(n: i64, dice: &mut Dice) -> Event {
    let mut event = event(n);
    let back = dice.roll(DAYS * Ms::DAY.0 / 1_000) * 1_000;
    // Some on the very edges of hours, some in the last minutes.
    let at = match n % 10 {
        0 => (NOW.0 - back) / Ms::HOUR.0 * Ms::HOUR.0,
        1 => NOW.0 - back % (40 * Ms::MINUTE.0),
        _ => NOW.0 - back,
    };
    event.key = EventKey {
        at: At(at),
        id: EventId(n),
    };
    // Models with a price, one that is free, and one that nobody knows.
    let (provider, model) = [
        ("codex", "gpt-5"),
        ("codex", "gpt-5-mini"),
        ("claude", "claude-sonnet-4-5"),
        ("openrouter", "nobody-s-model"),
    ][usize::try_from(dice.roll(4)).unwrap()];
    provider.clone_into(&mut event.provider);
    model.clone_into(&mut event.model);
    event.account.identity = format!("{:016x}", 8 + dice.roll(4));
    event.account.label = format!("user-{}@example.com", dice.roll(1) + 1);
    let key = dice.roll(3);
    event.client_key.hash = format!("{:016x}", 0xabc0 + key);
    event.client_key.mask = format!("key…{key:04}");
    event.status = [200, 200, 200, 429, 500][usize::try_from(dice.roll(5)).unwrap()];
    event.failed = event.status != 200;
    event.latency = dice.maybe(90_000).map(Ms);
    event.ttft = dice.maybe(3_000).map(Ms);
    event.tokens.uncached = dice.maybe(200_000);
    event.tokens.cache_read = dice.maybe(3).map(|n| n * 40_000);
    event.tokens.cache_write = dice.maybe(2).map(|n| n * 900);
    event.tokens.output = dice.maybe(4_000);
    event.tokens.reasoning = dice.maybe(300);
    event.tokens.unclassified = if dice.roll(9) == 0 { dice.roll(50) } else { 0 };
    event.tokens.quality = Quality::Partial;
    event
}

pub(super) async fn panel() -> (Panel, Browser, Vec<Row>) {
    let panel = Panel::start().await;
    panel.clock.set(NOW);
    let mut dice = Dice(0x5eed_cafe);
    let events = (0..EVENTS).map(|n| random(n, &mut dice)).collect();
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let export = browser.get("/requests.jsonl?range=all").await.body;
    let rows: Vec<Row> = export.lines().map(Row::read).collect();
    assert_eq!(i64::try_from(rows.len()).unwrap(), EVENTS);
    let unpriced = rows.iter().filter(|row| row.cost.is_none()).count();
    assert!(unpriced > 100 && unpriced < 700, "{unpriced} have no price");
    (panel, browser, rows)
}

pub(super) async fn file(browser: &Browser, name: &str, query: &str) -> Value {
    let answer = browser.get(&format!("/usage/{name}.json?{query}")).await;
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{name} {query}"))
}

pub(super) fn rows_of(file: &Value) -> &Vec<Value> {
    file["rows"].as_array().unwrap()
}
