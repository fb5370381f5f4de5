//! How attempts fail: the statuses, bodies and headers that upstreams really
//! send, and when an account is in trouble.

use std::collections::BTreeMap;

use super::cast::{Account, Family};
use super::dice::Dice;
use crate::domain::units::{At, Ms};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Out of quota for so many seconds.
    Exhausted {
        family: Family,
        seconds: i64,
    },
    /// Out of quota for one model only.
    ExhaustedModel {
        family: Family,
        seconds: i64,
    },
    RateLimited(Family),
    Overloaded(Family),
    Revoked(Family),
    BadGateway,
    Internal(Family),
    /// The caller went away.
    Cancelled,
    /// No connection at all.
    Unreachable(Family),
    TimedOut,
    /// The request itself is wrong: no other account would take it.
    Refused(Family),
}

/// What is wrong with an account at a moment, for everybody who asks. On some
/// days it runs out of quota for one to four hours; rarely its login is revoked
/// until the day ends.
pub(super) fn trouble(seed: u64, account: &Account, at: At) -> Option<Failure> {
    let day = at.0.div_euclid(Ms::DAY.0);
    let number = u64::from_str_radix(&account.auth_index, 16).unwrap_or(0);
    let mut dice = Dice::new(seed ^ number, day.unsigned_abs());
    let minute = (at.0.rem_euclid(Ms::DAY.0) / Ms::MINUTE.0).unsigned_abs();
    if account.auth_type == "oauth" && dice.permille(40) {
        let from = dice.between(300, 1_200);
        return (minute >= from).then_some(Failure::Revoked(account.family));
    }
    if dice.percent(account.exhausted_days) {
        let from = dice.between(480, 1_140);
        let until = from + dice.between(60, 240);
        if (from..until).contains(&minute) {
            let seconds = i64::try_from((until - minute) * 60).unwrap_or(3_600);
            return Some(Failure::Exhausted {
                family: account.family,
                seconds,
            });
        }
    }
    None
}

/// Bad luck, about one attempt in forty.
pub(super) fn accident(dice: &mut Dice, family: Family) -> Option<Failure> {
    if !dice.permille(26) {
        return None;
    }
    let kinds = [
        (Failure::RateLimited(family), 6),
        (Failure::Overloaded(family), 5),
        (Failure::Cancelled, 7),
        (Failure::Internal(family), 3),
        (Failure::BadGateway, 2),
        (Failure::Unreachable(family), 1),
        (Failure::TimedOut, 1),
        (Failure::Refused(family), 2),
    ];
    dice.weighted(&kinds).cloned()
}

impl Failure {
    /// Whether the gateway tries another account.
    pub(super) fn moves_on(&self) -> bool {
        !matches!(self, Self::Cancelled | Self::Refused(_))
    }

    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Exhausted { .. } | Self::ExhaustedModel { .. } | Self::RateLimited(_) => 429,
            Self::Overloaded(Family::Claude) => 529,
            Self::Overloaded(_) => 503,
            Self::Revoked(_) => 401,
            Self::BadGateway => 502,
            Self::Internal(_) | Self::Unreachable(_) => 500,
            Self::Cancelled => 499,
            Self::TimedOut => 504,
            Self::Refused(_) => 400,
        }
    }

    pub(super) fn body(&self) -> String {
        match self {
            Self::Exhausted { family: Family::Codex, seconds } => format!(
                r#"{{"error":{{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"plus","resets_in_seconds":{seconds}}}}}"#
            ),
            Self::Exhausted { family: Family::Claude, .. } | Self::ExhaustedModel { family: Family::Claude, .. } => r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit. Please try again later."}}"#.to_owned(),
            Self::Exhausted { seconds, .. } | Self::ExhaustedModel { seconds, .. } => format!(
                r#"{{"error":{{"code":429,"message":"You exceeded your current quota, please check your plan. Please retry in {seconds}s.","status":"RESOURCE_EXHAUSTED"}}}}"#
            ),
            Self::RateLimited(Family::Claude) => r#"{"type":"error","error":{"type":"rate_limit_error","message":"Number of request tokens has exceeded your per-minute rate limit"}}"#.to_owned(),
            Self::RateLimited(_) => r#"{"error":{"message":"Rate limit reached for requests","type":"requests","code":"rate_limit_exceeded"}}"#.to_owned(),
            Self::Overloaded(Family::Claude) => r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#.to_owned(),
            Self::Overloaded(_) => r#"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#.to_owned(),
            Self::Revoked(Family::Claude) => r#"{"type":"error","error":{"type":"authentication_error","message":"OAuth token has been revoked. Please obtain a new token."}}"#.to_owned(),
            Self::Revoked(_) => r#"{"error":{"message":"Your authentication token has been invalidated. Please try signing in again.","type":"invalid_request_error","code":"token_revoked"},"status":401}"#.to_owned(),
            Self::BadGateway => "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>".to_owned(),
            Self::Internal(Family::Claude) => r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#.to_owned(),
            Self::Internal(_) => r#"{"error":{"message":"The server had an error while processing your request. Sorry about that!","type":"server_error"}}"#.to_owned(),
            Self::Cancelled => "context canceled".to_owned(),
            Self::Unreachable(family) => {
                let host = match family {
                    Family::Codex => "chatgpt.com/backend-api/codex/responses",
                    Family::Claude => "api.anthropic.com/v1/messages",
                    _ => "upstream.example.org/v1/chat/completions",
                };
                format!("Post \"https://{host}\": dial tcp: i/o timeout")
            }
            Self::TimedOut => "context deadline exceeded".to_owned(),
            Self::Refused(Family::Claude) => r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 214310 tokens > 200000 maximum"}}"#.to_owned(),
            Self::Refused(_) => r#"{"error":{"message":"Your input exceeds the context window of this model. Please adjust your input and try again.","type":"invalid_request_error","code":"context_length_exceeded"}}"#.to_owned(),
        }
    }

    pub(super) fn headers(&self, dice: &mut Dice) -> BTreeMap<&'static str, String> {
        let json = || "application/json".to_owned();
        match self {
            Self::Exhausted {
                family: Family::Codex,
                seconds,
            } => BTreeMap::from([
                ("Content-Type", json()),
                ("Retry-After", seconds.to_string()),
                ("X-Codex-Primary-Used-Percent", "100".to_owned()),
                ("X-Codex-Primary-Reset-After-Seconds", seconds.to_string()),
            ]),
            Self::Exhausted {
                family: Family::Claude,
                seconds,
            } => BTreeMap::from([
                (
                    "Anthropic-Ratelimit-Unified-5h-Utilization",
                    "1.0".to_owned(),
                ),
                ("Anthropic-Ratelimit-Unified-Status", "rejected".to_owned()),
                ("Content-Type", json()),
                ("Request-Id", format!("req_011C{}", dice.hex(20))),
                ("Retry-After", seconds.to_string()),
                ("X-Should-Retry", "true".to_owned()),
            ]),
            Self::Exhausted { seconds, .. } | Self::ExhaustedModel { seconds, .. } => {
                BTreeMap::from([
                    ("Content-Type", json()),
                    ("Retry-After", seconds.to_string()),
                ])
            }
            Self::RateLimited(_) => BTreeMap::from([
                ("Content-Type", json()),
                ("Retry-After", dice.between(1, 20).to_string()),
                ("X-Request-Id", dice.hex(16)),
            ]),
            Self::BadGateway => BTreeMap::from([
                ("Cf-Ray", format!("{}-FRA", dice.hex(16))),
                ("Content-Type", "text/html".to_owned()),
                ("Server", "cloudflare".to_owned()),
            ]),
            Self::Cancelled | Self::Unreachable(_) | Self::TimedOut => BTreeMap::new(),
            _ => BTreeMap::from([("Content-Type", json()), ("X-Request-Id", dice.hex(16))]),
        }
    }

    /// Whether upstream answered at all.
    pub(super) fn answered(&self) -> bool {
        !matches!(
            self,
            Self::Cancelled | Self::Unreachable(_) | Self::TimedOut
        )
    }

    /// Milliseconds until the failure is known.
    pub(super) fn answers_after(&self, dice: &mut Dice) -> u64 {
        match self {
            Self::Cancelled => dice.spread(800, 60_000),
            Self::Unreachable(_) => dice.between(9_900, 10_200),
            Self::TimedOut => dice.between(120_000, 121_000),
            Self::BadGateway | Self::Internal(_) => dice.spread(900, 15_000),
            _ => dice.spread(110, 900),
        }
    }

    /// Seconds the account rests, for the `errors` channel.
    pub(super) fn rests_for(&self) -> Option<i64> {
        match self {
            Self::Exhausted { seconds, .. } | Self::ExhaustedModel { seconds, .. } => {
                Some(*seconds)
            }
            Self::RateLimited(_) => Some(30),
            Self::Overloaded(_)
            | Self::BadGateway
            | Self::Internal(_)
            | Self::TimedOut
            | Self::Unreachable(_) => Some(60),
            Self::Revoked(_) => Some(1_800),
            Self::Cancelled | Self::Refused(_) => None,
        }
    }
}
