//! Random events and selections that meet each other: few names, edges of
//! hours, unknown values, late events.

use cpamp::domain::event::{Event, EventId, EventKey};
use cpamp::domain::filter::{Cache, Outcome, Selection, WeekHours};
use cpamp::domain::units::{At, Ms};

use super::events::{MORNING, event};

/// The events of a test lie within this many days from [`MORNING`].
pub(crate) const DAYS: i64 = 4;
/// A small generator, so that many events cost one random number.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 16).unwrap() % sides
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let place = self.roll(i64::try_from(from.len()).unwrap());
        *from.get(usize::try_from(place).unwrap()).unwrap()
    }

    pub(crate) fn one_in(&mut self, n: i64) -> bool {
        self.roll(n) == 0
    }

    fn maybe(&mut self, sides: i64) -> Option<i64> {
        (!self.one_in(9)).then(|| self.roll(sides))
    }
}

pub(crate) fn random_events(seed: u64, count: i64) -> Vec<Event> {
    let mut dice = Dice(seed | 1);
    let mut events: Vec<Event> = (0..count).map(|n| random_event(n, &mut dice)).collect();
    events.sort_by_key(|event| event.key);
    events
}

fn random_event(n: i64, dice: &mut Dice) -> Event {
    let mut event = event(n);
    let mut at = dice.roll(DAYS * Ms::DAY.0);
    if dice.one_in(5) {
        // Edges of hours, and several events in one millisecond.
        at -= at % Ms::HOUR.0;
    }
    event.key = EventKey {
        at: MORNING + Ms(at),
        id: EventId(dice.roll(i64::MAX) - dice.roll(i64::MAX)),
    };
    event.provider = format!("provider-{}", dice.roll(3));
    event.model = format!("Model_{}", dice.roll(5));
    event.alias = if dice.one_in(3) {
        String::new()
    } else {
        format!("al%as-{}", dice.roll(3))
    };
    event.account.identity = format!("{:016x}", dice.roll(12));
    event.account.label = format!(
        "user-{}@example.com",
        event.account.identity.trim_start_matches('0')
    );
    event.client_key.hash = format!("{:016x}", 0xabc0 + dice.roll(4));
    event.client_key.mask = String::new();
    event.endpoint = format!("POST /v1/{}", dice.roll(3));
    event.served_tier = if dice.one_in(2) {
        String::new()
    } else {
        format!("tier-{}", dice.roll(2))
    };
    event.status = if dice.one_in(4) { 429 } else { 200 };
    event.failed = event.status == 429 || dice.one_in(20);
    event.latency = dice.maybe(90_000).map(Ms);
    event.ttft = dice.maybe(3_000).map(Ms);
    event.tokens.uncached = dice.maybe(200_000);
    event.tokens.cache_read = if dice.one_in(2) {
        Some(0)
    } else {
        dice.maybe(9_000_000)
    };
    event.tokens.cache_write = dice.maybe(3);
    event.tokens.output = dice.maybe(4_000);
    event.tokens.reasoning = dice.maybe(300);
    event.tokens.unclassified = if dice.one_in(9) { dice.roll(50) } else { 0 };
    if dice.one_in(15) {
        event.request_id = format!("req-{}", dice.roll(5));
    }
    event
}

pub(crate) fn random_selection(dice: &mut Dice) -> Selection {
    let from = MORNING.0 + dice.roll((DAYS + 2) * Ms::DAY.0) - Ms::DAY.0;
    let mut selection = Selection::between(At(from), At(from + dice.roll(3 * Ms::DAY.0)));
    if dice.one_in(3) {
        selection = Selection::between(At(0), MORNING + Ms(100 * Ms::DAY.0));
    }
    let filters = dice.pick(&[0, 0, 1, 1, 1, 2, 3]);
    for _ in 0..filters {
        match dice.roll(16) {
            0 => selection.providers = vec![format!("provider-{}", dice.roll(4))],
            1 => selection.models = vec![format!("Model_{}", dice.roll(5)), "Model_1".to_owned()],
            2 => selection.aliases = vec!["al%as-1".to_owned(), String::new()],
            3 => selection.accounts = vec![format!("{:016x}", dice.roll(12))],
            4 => selection.keys = vec![format!("{:016x}", 0xabc0 + dice.roll(4))],
            5 => selection.endpoints = vec!["POST /v1/2".to_owned()],
            6 => selection.tiers = vec!["tier-1".to_owned(), "auto".to_owned()],
            7 => selection.outcome = Some(Outcome::Failed),
            8 => selection.outcome = Some(Outcome::Ok),
            9 => selection.http = vec![429, 500],
            10 => selection.min_latency = Some(Ms(dice.roll(90_000))),
            11 => selection.max_latency = Some(Ms(dice.roll(90_000))),
            12 => {
                selection.cache = Some(if dice.one_in(2) {
                    Cache::Hit
                } else {
                    Cache::Miss
                });
            }
            13 => {
                let zone = dice.pick(&["UTC", "Europe/Berlin", "Asia/Kathmandu"]);
                let days = [0, 1, 6].into_iter().filter(|_| dice.one_in(2));
                let days: Vec<u32> = days.collect();
                let hours = (0..24).filter(|_| dice.one_in(2));
                selection.hours = WeekHours::new(zone.parse().unwrap(), days, hours);
            }
            14 => selection.request_id = Some(format!("req-{}", dice.roll(6))),
            _ => {
                let texts = [
                    "MODEL_1",
                    "l%as-1",
                    "_1",
                    "user-b@",
                    "provider-2",
                    "REQ-1",
                    "66fbaab0",
                ];
                let text = dice.pick(&texts);
                selection.search = Some(text.to_owned());
            }
        }
    }
    selection
}
