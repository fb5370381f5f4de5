//! One upstream attempt: how long it took, what it cost in tokens, how it
//! ended, and its event in the order of CPA's wire format.

use std::collections::BTreeMap;

use chrono::SecondsFormat;

use super::cast::clients::{Client, Model};
use super::cast::{Account, Family};
use super::dice::Dice;
use super::failures::Failure;
use crate::domain::units::{At, Ms};
use crate::fake::go_json;

/// What one request asks for; all its attempts share this.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) id: String,
    pub(super) client: &'static Client,
    pub(super) agent: &'static str,
    pub(super) ip: &'static str,
    pub(super) model: Model,
    pub(super) effort: &'static str,
    pub(super) tier: &'static str,
    pub(super) generate: bool,
    /// Tokens of the prompt, cached part included.
    prompt: u64,
}

impl Request {
    pub(super) fn new(dice: &mut Dice, client: &'static Client, model: Model) -> Self {
        let Model(_, _, efforts) = model;
        Self {
            id: dice.hex(8),
            client,
            agent: dice.weighted(client.agents).copied().unwrap_or_default(),
            ip: dice.weighted(client.ips).copied().unwrap_or_default(),
            model,
            effort: dice.weighted(efforts).copied().unwrap_or_default(),
            tier: if client.is_agent && dice.percent(8) {
                "priority"
            } else {
                "auto"
            },
            generate: !dice.permille(6),
            prompt: if client.is_agent {
                dice.spread(6_000, 160_000)
            } else {
                dice.spread(180, 9_000)
            },
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Tokens {
    uncached: u64,
    cache_read: u64,
    cache_write: u64,
    visible: u64,
    reasoning: u64,
}

/// A finished attempt.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) started: At,
    pub(super) latency: Ms,
    ttft: Ms,
    tokens: Tokens,
    pub(super) failure: Option<Failure>,
    headers: BTreeMap<&'static str, String>,
    /// Fraction of the millisecond, for timestamps as long as the real ones.
    nanos: u64,
}

impl Attempt {
    pub(super) fn succeeded(
        dice: &mut Dice,
        started: At,
        request: &Request,
        account: &Account,
    ) -> Self {
        let tokens = Tokens::of(dice, request, account.family);
        let first = dice.spread(320, 3_400) + tokens.reasoning * 5;
        let speed = dice.between(38, 140);
        let writing = (tokens.visible * 1_000).checked_div(speed).unwrap_or(0);
        Self {
            started,
            latency: millis(first + writing + dice.below(40)),
            ttft: millis(first),
            tokens,
            failure: None,
            headers: headers_of_success(dice, account.family),
            nanos: dice.below(1_000_000),
        }
    }

    pub(super) fn failed(dice: &mut Dice, started: At, failure: Failure) -> Self {
        let first = failure.answers_after(dice);
        Self {
            started,
            latency: millis(first + dice.between(1, 30)),
            ttft: if failure.answered() {
                millis(first)
            } else {
                Ms(0)
            },
            tokens: Tokens::default(),
            headers: failure.headers(dice),
            failure: Some(failure),
            nanos: dice.below(1_000_000),
        }
    }

    pub(super) fn finished(&self) -> At {
        self.started + self.latency
    }

    /// The event as the gateway writes it. Its zone is UTC.
    pub(super) fn event(&self, request: &Request, account: &Account) -> String {
        let text = go_json::string;
        let client = request.client;
        let Model(model, alias, _) = request.model;
        let counts = Counts::of(&self.tokens, account.family);
        // An account without an e-mail is reported under the client's key.
        let source = [account.source, client.key]
            .into_iter()
            .find(|source| !source.is_empty())
            .unwrap_or_default();
        let mut members = vec![
            ("timestamp", text(&self.timestamp())),
            ("latency_ms", self.latency.0.to_string()),
            ("ttft_ms", self.ttft.0.to_string()),
            ("source", text(source)),
            ("auth_index", text(&account.auth_index)),
            ("client_ip", text(request.ip)),
            ("x_forwarded_for", text(client.forwarded_for)),
            ("user_agent", text(request.agent)),
            ("tokens", counts.tokens()),
            ("failed", self.failure.is_some().to_string()),
            ("generate", request.generate.to_string()),
            ("fail", self.fail()),
        ];
        if !self.headers.is_empty() {
            members.push(("response_headers", self.response_headers()));
        }
        members.extend([
            ("accounting_version", "2".to_owned()),
            ("token_breakdown", counts.breakdown()),
            ("provider", text(account.provider)),
            ("executor_type", text(account.executor)),
            ("model", text(model)),
            ("alias", text(alias)),
            ("endpoint", text(client.endpoint)),
            ("auth_type", text(account.auth_type)),
            ("api_key", text(client.key)),
            ("request_id", text(&request.id)),
            ("reasoning_effort", text(request.effort)),
            ("service_tier", text(request.tier)),
        ]);
        if self.failure.is_none() && account.family == Family::Codex {
            let served = match request.tier {
                "priority" => "priority",
                _ => "default",
            };
            members.push(("response_service_tier", text(served)));
        }
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    }

    fn fail(&self) -> String {
        let (status, body) = match &self.failure {
            Some(failure) => (failure.status(), failure.body()),
            None => (200, String::new()),
        };
        let body = go_json::string(&body);
        format!("{{\"status_code\":{status},\"body\":{body}}}")
    }

    fn response_headers(&self) -> String {
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("\"{name}\":[{}]", go_json::string(value)))
            .collect();
        format!("{{{}}}", headers.join(","))
    }

    fn timestamp(&self) -> String {
        let nanos = u32::try_from(self.nanos).unwrap_or(0);
        let at = self.started.utc() + chrono::TimeDelta::nanoseconds(i64::from(nanos));
        at.to_rfc3339_opts(SecondsFormat::Nanos, true)
    }
}

impl Tokens {
    fn of(dice: &mut Dice, request: &Request, family: Family) -> Self {
        if !request.generate {
            return Self {
                uncached: request.prompt,
                ..Self::default()
            };
        }
        // Long conversations are mostly cached; every now and then one is not.
        let cached_percent = match (request.client.is_agent, dice.percent(88)) {
            (true, true) => dice.between(62, 97),
            (false, true) if dice.percent(30) => dice.between(10, 60),
            _ => 0,
        };
        let cache_read = request.prompt * cached_percent / 100;
        let rest = request.prompt - cache_read;
        let cache_write = if family == Family::Claude && request.client.is_agent {
            rest * dice.between(55, 95) / 100
        } else {
            0
        };
        let thinks = match request.effort {
            "" | "none" => 0,
            "minimal" | "low" => 250,
            "medium" | "auto" => 1_200,
            _ => 3_600,
        };
        Self {
            uncached: rest - cache_write,
            cache_read,
            cache_write,
            visible: dice.spread(40, if request.client.is_agent { 2_600 } else { 900 }),
            reasoning: if thinks == 0 {
                0
            } else {
                dice.spread(thinks / 8, thinks)
            },
        }
    }
}

/// The counts as each family of upstreams reports them.
struct Counts {
    input: u64,
    output: u64,
    total: u64,
    cached: u64,
    tokens: Tokens,
}

impl Counts {
    fn of(tokens: &Tokens, family: Family) -> Self {
        let all_input = tokens.uncached + tokens.cache_read + tokens.cache_write;
        let all_output = tokens.visible + tokens.reasoning;
        let (input, output, cached) = match family {
            // Cache apart from the input; reads first, else writes.
            Family::Claude => {
                let cached = if tokens.cache_read > 0 {
                    tokens.cache_read
                } else {
                    tokens.cache_write
                };
                (tokens.uncached, all_output, cached)
            }
            // Thoughts apart from the output.
            Family::Gemini | Family::Antigravity => (all_input, tokens.visible, tokens.cache_read),
            _ => (all_input, all_output, tokens.cache_read),
        };
        Self {
            input,
            output,
            cached,
            total: all_input + all_output,
            tokens: tokens.clone(),
        }
    }

    fn tokens(&self) -> String {
        format!(
            "{{\"input_tokens\":{},\"output_tokens\":{},\"reasoning_tokens\":{},\"cached_tokens\":{},\
             \"cache_read_tokens\":{},\"cache_read_tokens_present\":true,\"cache_creation_tokens\":{},\
             \"total_tokens\":{}}}",
            self.input,
            self.output,
            self.tokens.reasoning,
            self.cached,
            self.tokens.cache_read,
            self.tokens.cache_write,
            self.total
        )
    }

    fn breakdown(&self) -> String {
        let t = &self.tokens;
        format!(
            "{{\"schema_version\":2,\"quality\":\"complete\",\"total_tokens\":{},\
             \"input\":{{\"total_tokens\":{},\"uncached_tokens\":{},\"cache_read_tokens\":{},\"cache_write_tokens\":{}}},\
             \"output\":{{\"total_tokens\":{},\"non_reasoning_tokens\":{},\"reasoning_tokens\":{}}},\
             \"unclassified_tokens\":0}}",
            self.total,
            t.uncached + t.cache_read + t.cache_write,
            t.uncached,
            t.cache_read,
            t.cache_write,
            t.visible + t.reasoning,
            t.visible,
            t.reasoning
        )
    }
}

fn headers_of_success(dice: &mut Dice, family: Family) -> BTreeMap<&'static str, String> {
    let mut headers = BTreeMap::from([("Content-Type", "text/event-stream".to_owned())]);
    match family {
        Family::Codex => {
            headers.insert(
                "X-Codex-Primary-Used-Percent",
                dice.between(3, 94).to_string(),
            );
            headers.insert(
                "X-Codex-Secondary-Used-Percent",
                dice.between(1, 70).to_string(),
            );
            headers.insert(
                "X-Codex-Primary-Reset-After-Seconds",
                dice.between(60, 18_000).to_string(),
            );
            headers.insert("X-Request-Id", format!("req_{}", dice.hex(24)));
            headers.insert(
                "Set-Cookie",
                format!("__cf_bm={}; path=/; HttpOnly; Secure", dice.hex(32)),
            );
        }
        Family::Claude => {
            headers.insert(
                "Anthropic-Ratelimit-Unified-5h-Utilization",
                format!("0.{:02}", dice.between(3, 95)),
            );
            headers.insert(
                "Anthropic-Ratelimit-Unified-7d-Utilization",
                format!("0.{:02}", dice.between(3, 80)),
            );
            headers.insert("Anthropic-Ratelimit-Unified-Status", "allowed".to_owned());
            headers.insert("Request-Id", format!("req_011C{}", dice.hex(20)));
        }
        Family::Gemini | Family::Antigravity => {
            headers.insert("Server", "scaffolding on HTTPServer2".to_owned());
            headers.insert(
                "Server-Timing",
                format!("gfet4t7; dur={}", dice.between(300, 4_000)),
            );
        }
        Family::Xai | Family::Kimi | Family::Router => {
            headers.insert("X-Ratelimit-Limit-Requests", "480".to_owned());
            headers.insert(
                "X-Ratelimit-Remaining-Requests",
                dice.between(20, 479).to_string(),
            );
            headers.insert("X-Request-Id", dice.hex(16));
        }
    }
    headers
}

fn millis(count: u64) -> Ms {
    Ms(i64::try_from(count).unwrap_or(i64::MAX))
}
