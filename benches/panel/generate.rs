//! Believable traffic of a large installation, the same for the same seed:
//! 8 providers, 50 models, 500 accounts, 50 client keys; few of each make most
//! of the requests; quiet nights; 3 % failures; events in the order in which
//! requests ended, as the gateway reports them.

use cpamp::domain::event::{Account, ClientKey, Event, EventId, EventKey};
use cpamp::domain::tokens::{Quality, Tokens};
use cpamp::domain::units::{At, Ms};

pub(crate) const ACCOUNTS: u64 = 500;
pub(crate) const MODELS: u64 = 50;
pub(crate) const KEYS: u64 = 50;

/// Provider, executor, kind of credential.
const PROVIDERS: [(&str, &str, &str); 8] = [
    ("codex", "CodexExecutor", "oauth"),
    ("claude", "ClaudeExecutor", "oauth"),
    ("gemini", "GeminiExecutor", "apikey"),
    ("antigravity", "AntigravityExecutor", "oauth"),
    (
        "openai-compatible-openrouter",
        "OpenAICompatExecutor",
        "apikey",
    ),
    ("vertex", "GeminiVertexExecutor", "apikey"),
    ("xai", "XAIExecutor", "apikey"),
    ("kimi", "KimiExecutor", "oauth"),
];

const ENDPOINTS: [&str; 6] = [
    "POST /v1/responses",
    "POST /v1/messages",
    "POST /v1/chat/completions",
    "POST /v1beta/models/*action",
    "POST /backend-api/codex/responses",
    "POST /v1/completions",
];

const AGENTS: [&str; 8] = [
    "codex_cli_rs/0.130.0",
    "claude-cli/2.1.220 (external, cli)",
    "OpenAI/Python 1.99.0",
    "OpenAI/JS 5.12.2",
    "Anthropic/Python 0.64.0",
    "python-httpx/0.28.1",
    "curl/8.9.1",
    "",
];

/// Requests of each hour of the day, relative to each other (UTC).
const DAY: [u64; 24] = [
    22, 16, 30, 12, 11, 16, 34, 70, 130, 170, 190, 160, 140, 150, 185, 170, 150, 120, 90, 75, 70,
    60, 48, 32,
];

/// The names of all models.
pub(crate) fn models() -> impl Iterator<Item = String> {
    (0..MODELS).map(model)
}

/// Each provider has its own models.
fn model(number: u64) -> String {
    let (provider, _, _) = provider(number % 8);
    format!("{provider}-model-{number}")
}

fn provider(number: u64) -> (&'static str, &'static str, &'static str) {
    *PROVIDERS.get(usize::try_from(number).unwrap()).unwrap()
}

pub(crate) struct Traffic {
    dice: Dice,
    /// Start of the first hour.
    start: At,
    events: u64,
    days: u64,
    produced: u64,
    hour: u64,
}

impl Traffic {
    pub(crate) fn new(seed: u64, start: At, days: u64, events: u64) -> Self {
        Self {
            dice: Dice(seed | 1),
            start,
            events,
            days,
            produced: 0,
            hour: 0,
        }
    }

    /// The next hour of events; `None` after the last.
    pub(crate) fn next_hour(&mut self) -> Option<Vec<Event>> {
        let hours = self.days * 24;
        if self.hour == hours {
            return None;
        }
        let weight = |hours: u64| -> u64 {
            let day: u64 = DAY.iter().sum();
            let rest = usize::try_from(hours % 24).unwrap();
            hours / 24 * day + DAY.iter().take(rest).sum::<u64>()
        };
        let due = self.events * weight(self.hour + 1) / weight(hours);
        let start = self.start.0 + i64::try_from(self.hour).unwrap() * Ms::HOUR.0;
        self.hour += 1;
        let mut events = Vec::new();
        while self.produced < due {
            self.produced += 1;
            let at = At(start + self.dice.number(3_600_000));
            events.push(self.event(at));
        }
        events.sort_by_key(|event| event.key.at + event.latency.unwrap_or_default());
        Some(events)
    }

    /// One request that began at a moment.
    pub(crate) fn event(&mut self, at: At) -> Event {
        let dice = &mut self.dice;
        let account = dice.skewed(ACCOUNTS);
        let provider = account % 8;
        let number = provider + 8 * dice.skewed((MODELS - provider).div_ceil(8));
        let key = dice.skewed(KEYS);
        let failed = dice.percent(3);
        let (name, executor, auth) = self::provider(provider);
        let output = if failed { 0 } else { dice.spread(350.0, 1.1) };
        let reasoning = if !failed && dice.percent(55) {
            dice.spread(250.0, 1.2)
        } else {
            0
        };
        let input = dice.spread(18_000.0, 1.3);
        let cached = if dice.percent(60) {
            input * (40 + dice.number(55)) / 100
        } else {
            0
        };
        let written = if provider == 1 && dice.percent(40) {
            input / 20
        } else {
            0
        };
        let ttft = dice.spread(1_400.0, 0.6);
        let latency = ttft + (output + reasoning) * 1_000 / (30 + dice.number(120)) + 5;
        let status = if failed {
            dice.one_of(&[429, 429, 429, 500, 503, 401, 499])
        } else {
            200
        };
        let alias = if dice.percent(70) {
            number
        } else {
            MODELS + number % 10
        };
        let tier = if provider == 0 { "auto" } else { "" };
        Event {
            key: EventKey {
                at,
                id: EventId(dice.roll().cast_signed()),
            },
            request_id: format!("{:08x}", dice.roll() >> 32),
            provider: name.to_owned(),
            executor: executor.to_owned(),
            model: model(number),
            alias: format!("model-{alias}"),
            account: Account {
                identity: format!("{:016x}", account.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
                label: format!("user{account}@example.com"),
                auth_type: auth.to_owned(),
            },
            client_key: ClientKey {
                hash: format!("{:016x}", (key + 1).wrapping_mul(0xc2b2_ae3d_27d4_eb4f)),
                mask: format!("sk-t…{key:04}"),
                alias: String::new(),
            },
            endpoint: dice.one_of(&ENDPOINTS).to_owned(),
            effort: dice.one_of(&["high", "medium", "", "xhigh"]).to_owned(),
            tier: tier.to_owned(),
            served_tier: if provider == 0 { "default" } else { "" }.to_owned(),
            client_ip: format!("10.0.{}.{}", key % 4, 1 + key),
            forwarded_for: String::new(),
            user_agent: (*AGENTS.get(usize::try_from(key % 8).unwrap()).unwrap()).to_owned(),
            failed,
            status,
            generate: true,
            latency: Some(Ms(if failed {
                dice.spread(500.0, 0.8)
            } else {
                latency
            })),
            ttft: (!failed).then_some(Ms(ttft)),
            tokens: tokens(
                failed && dice.percent(50),
                [input, cached, written, output, reasoning],
            ),
            failure: if failed {
                failure(status, dice)
            } else {
                String::new()
            },
            headers: if dice.percent(60) {
                headers(name, dice)
            } else {
                Vec::new()
            },
        }
    }
}

/// Input, of it read from and written to the cache, output, reasoning.
fn tokens(missing: bool, [input, cached, written, output, reasoning]: [i64; 5]) -> Tokens {
    let known = |count: i64| (!missing).then_some(count);
    Tokens {
        uncached: known(input - cached - written.min(input - cached)),
        cache_read: known(cached),
        cache_write: known(written.min(input - cached)),
        output: known(output),
        reasoning: known(reasoning),
        unclassified: 0,
        quality: if missing {
            Quality::Missing
        } else {
            Quality::Complete
        },
    }
}

fn failure(status: i32, dice: &mut Dice) -> String {
    let (kind, message) = match status {
        429 => (
            "usage_limit_reached",
            "The usage limit has been reached for this account.",
        ),
        401 => (
            "authentication_error",
            "OAuth token has expired. Please obtain a new one.",
        ),
        499 => return "context canceled".to_owned(),
        _ => (
            "server_error",
            "The server had an error while processing your request. Sorry!",
        ),
    };
    let id = dice.roll();
    format!(
        "{{\"error\":{{\"type\":\"{kind}\",\"message\":\"{message}\",\"resets_in_seconds\":{}}},\"request_id\":\"req_{id:016x}\"}}",
        dice.number(18_000)
    )
}

fn headers(provider: &str, dice: &mut Dice) -> Vec<(String, String)> {
    let text = |name: &str, value: String| (name.to_owned(), value);
    let uuid = format!("{:016x}{:016x}", dice.roll(), dice.roll());
    match provider {
        "codex" => vec![
            text("x-codex-primary-used-percent", dice.number(100).to_string()),
            text(
                "x-codex-secondary-used-percent",
                dice.number(100).to_string(),
            ),
            text("x-request-id", uuid),
        ],
        "claude" => vec![
            text(
                "anthropic-ratelimit-unified-5h-utilization",
                format!("0.{}", dice.number(100)),
            ),
            text("anthropic-ratelimit-unified-status", "allowed".to_owned()),
            text("request-id", format!("req_{}", uuid.get(..24).unwrap())),
        ],
        _ => vec![
            text(
                "x-ratelimit-remaining-requests",
                dice.number(1_000).to_string(),
            ),
            text("x-request-id", uuid),
        ],
    }
}

/// Xorshift: quick, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn number(&mut self, below: i64) -> i64 {
        i64::try_from(self.roll() >> 20).unwrap() % below
    }

    fn percent(&mut self, share: i64) -> bool {
        self.number(100) < share
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        let place = self.number(i64::try_from(values.len()).unwrap());
        *values.get(usize::try_from(place).unwrap()).unwrap()
    }

    fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.roll() >> 32).unwrap()) / f64::from(u32::MAX)
    }

    /// Small numbers are frequent, all occur.
    fn skewed(&mut self, below: u64) -> u64 {
        let share = self.share().powi(2);
        let below_f64 = f64::from(u32::try_from(below).unwrap());
        whole(share * below_f64).unsigned_abs().min(below - 1)
    }

    /// Log-normal around a median.
    fn spread(&mut self, median: f64, width: f64) -> i64 {
        let normal: f64 =
            (0..6).map(|_| self.share()).sum::<f64>() * 2.0_f64.sqrt() - 18.0_f64.sqrt();
        whole(median * (normal * width).exp())
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "synthetic values far below 2^53"
)]
fn whole(value: f64) -> i64 {
    value as i64
}
