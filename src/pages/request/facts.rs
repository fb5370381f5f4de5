//! Everything recorded of an attempt, as label and value, and as JSON. What is
//! empty is left out for people and kept for scripts.

use serde_json::{Value, json};

use crate::accounts::Mentions;
use crate::domain::event::Event;
use crate::domain::filter::View;
use crate::domain::units::At;
use crate::i18n::plain;
use crate::pages::cell;
use crate::pages::who::{self, Card};
use crate::store::requests::Detail;
use crate::web::ctx::Ctx;

#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub label: &'static str,
    pub value: String,
    /// Written in the typewriter face: ids and addresses.
    pub code: bool,
    /// Said after the value, quieter.
    pub aside: String,
    /// The rows that share the value.
    pub link: Option<(&'static str, String)>,
}

impl Fact {
    pub(super) fn new(label: &'static str, value: &str) -> Self {
        Self {
            label,
            value: plain(value).into_owned(),
            code: false,
            aside: String::new(),
            link: None,
        }
    }
}

pub(super) fn of(event: &Event, mentions: &Mentions, ctx: &Ctx) -> Vec<Fact> {
    let t = ctx.t.request;
    let fact = Fact::new;
    let code = |label, value: &str| Fact {
        code: true,
        ..fact(label, value)
    };
    let rows = |change: &dyn Fn(&mut crate::domain::filter::Selection)| {
        ctx.url(&View::default().narrowed(change).url("/requests"))
    };
    let tier = match (event.tier.as_str(), event.served_tier.as_str()) {
        (asked, "") => asked.to_owned(),
        (asked, got) if asked == got => got.to_owned(),
        (asked, got) => (t.asked_got)(asked, got),
    };
    let address = match (event.client_ip.as_str(), event.forwarded_for.as_str()) {
        (ip, "") => ctx.address(ip),
        (ip, other) => format!(
            "{}; {}",
            ctx.address(ip),
            (t.forwarded_for)(&ctx.address(other))
        ),
    };
    let mut facts = vec![
        Fact {
            link: (!event.request_id.is_empty()).then(|| {
                let id = event.request_id.clone();
                let rows = rows(&move |only| only.request_id = Some(id.clone()));
                (t.all_attempts, rows)
            }),
            ..code(t.request_id, &event.request_id)
        },
        code(t.event_id, &event.key.to_string()),
        fact(t.started, &ctx.lang.full(&ctx.local(event.key.at))),
        fact(t.http_status, &event.status.to_string()),
        code(t.endpoint, &event.endpoint),
        fact(t.executor, &event.executor),
        Fact {
            aside: if event.alias.is_empty() || event.alias == event.model {
                String::new()
            } else {
                (t.asked_for_as)(&plain(&event.alias))
            },
            ..fact(t.model_alias, &event.model)
        },
        fact(t.effort, &event.effort),
        fact(t.tier, &tier),
        fact(t.generate, if event.generate { t.yes } else { t.warm_up }),
    ];
    let identity = event.account.identity.clone();
    facts.push(Fact {
        link: (!identity.is_empty()).then(|| {
            let rows = rows(&move |only| only.accounts = vec![identity.clone()]);
            (t.same_account, rows)
        }),
        ..fact(t.account, &cell::account(ctx, &event.account))
    });
    facts.extend(of_account(event, mentions, ctx));
    facts.push(code(t.account_id, &event.account.identity));
    facts.push(fact(t.auth_type, &event.account.auth_type));
    let hash = event.client_key.hash.clone();
    let mut aside = Vec::new();
    if !event.client_key.alias.is_empty() && !ctx.prefs.mask {
        aside.push(plain(&event.client_key.mask));
    }
    if mentions.key_is_gone(&hash) {
        aside.push(ctx.t.keys.no_longer.into());
    }
    facts.push(Fact {
        aside: aside.join(", "),
        link: (!hash.is_empty()).then(|| {
            let rows = rows(&move |only| only.keys = vec![hash.clone()]);
            (t.same_key, rows)
        }),
        ..fact(t.client_key, &ctx.key_name(&event.client_key))
    });
    facts.push(fact(t.client_ip, &address));
    facts.push(fact(t.user_agent, &event.user_agent));
    facts.push(fact(t.accounting, (t.quality)(event.tokens.quality)));
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

/// How the account is now, if the gateway lists or listed it.
fn of_account(event: &Event, mentions: &Mentions, ctx: &Ctx) -> Option<Fact> {
    let index = &event.account.identity;
    let (known, _) = mentions.of(index)?;
    let t = ctx.t.accounts;
    Some(Fact {
        link: Some((t.its_page, ctx.url(&format!("/accounts/{}", known.id)))),
        ..Fact::new(t.state, &Card::of(index, mentions, ctx).line())
    })
}

pub(super) fn json(detail: &Detail, mentions: &Mentions, ctx: &Ctx) -> Value {
    let event = &detail.event;
    let now = mentions.of(&event.account.identity);
    let now = now.map(|(known, standing)| {
        json!({
            "state": standing.state.code(),
            "until": standing.until.map(At::rfc3339),
            "plan": known.listed.plan,
            "note": who::masked(ctx, known, &known.listed.note),
        })
    });
    let tokens = &event.tokens;
    json!({
        "id": event.key.to_string(),
        "time": event.key.at.rfc3339(),
        "request_id": event.request_id,
        "status": if event.failed { "failed" } else { "ok" },
        "http": event.status,
        "provider": event.provider,
        "executor": event.executor,
        "model": event.model,
        "alias": event.alias,
        "account": {
            "id": event.account.identity,
            "label": cell::account(ctx, &event.account),
            "auth_type": event.account.auth_type,
            "now": now,
        },
        "key": { "hash": event.client_key.hash, "name": ctx.key_name(&event.client_key) },
        "endpoint": event.endpoint,
        "effort": event.effort,
        "tier": event.tier,
        "served_tier": event.served_tier,
        "client_ip": ctx.address(&event.client_ip),
        "forwarded_for": ctx.address(&event.forwarded_for),
        "user_agent": event.user_agent,
        "generate": event.generate,
        "latency_ms": event.latency.map(|ms| ms.0),
        "ttft_ms": event.ttft.map(|ms| ms.0),
        "tokens": {
            "input_uncached": tokens.uncached,
            "input_cache_read": tokens.cache_read,
            "input_cache_write": tokens.cache_write,
            "output_visible": tokens.output,
            "output_reasoning": tokens.reasoning,
            "unclassified": tokens.unclassified,
        },
        "cost_nano_usd": detail.cost.map(|cost| cost.0),
        "failure": event.failure,
        "headers": event.headers.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "other_attempts": detail.attempts.iter().map(|row| row.key.to_string()).collect::<Vec<_>>(),
    })
}
