//! How an account is said and drawn: its state with the evidence, its last
//! requests as a strip, its name under the mask.

use serde_json::Value;

use crate::domain::account::standing::{Standing, State, is_its_fault};
use crate::domain::account::{Kind, Known};
use crate::domain::time::Range;
use crate::domain::units::{At, Ms};
use crate::i18n::{UNKNOWN, plain};
use crate::pages::who;
pub(super) use crate::pages::who::{masked, when};
use crate::store::endings::Recent;
use crate::store::requests::Totals;
use crate::web::ctx::Ctx;
use crate::web::reader::Tone;

/// Longer words of the gateway are cut in a list.
const LONGEST_GIST: usize = 90;
/// A failure that is over is worth a word for so long.
const FRESH: Ms = Ms::HOUR;

/// A state with its shape, and the line below it.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub tone: Tone,
    pub word: String,
    /// Empty when there is nothing to say.
    pub evidence: String,
    /// The words of the gateway in full; empty when it said nothing.
    pub words: String,
}

pub(super) fn say(ctx: &Ctx, known: &Known, standing: &Standing) -> Said {
    Said {
        tone: who::tone(standing.state),
        word: who::state(ctx, known, standing),
        evidence: evidence(ctx, standing),
        words: masked(ctx, known, &standing.said),
    }
}

fn evidence(ctx: &Ctx, standing: &Standing) -> String {
    let t = ctx.t.accounts;
    match standing.state {
        State::Gone => {
            let since = standing.since.map(|at| when(ctx, at));
            return since.map_or(String::new(), |at| (t.gone_since)(&at));
        }
        State::Partly => {
            if let Some(first) = standing.models.first() {
                let until = first.retry_at.map(|at| when(ctx, at)).unwrap_or_default();
                let first = (t.models_until)(&plain(&first.name), &until);
                return match standing.models.len() - 1 {
                    0 => first,
                    more => (t.more_models)(&first, more),
                };
            }
        }
        State::Disabled => {
            let since = standing.since.map(|at| when(ctx, at));
            return since.map_or(String::new(), |at| (t.since)(&at));
        }
        _ => {}
    }
    let Some(failure) = standing.failure else {
        let said = plain(&gist(&standing.said)).into_owned();
        let since = standing.since.map(|at| (t.since)(&when(ctx, at)));
        let parts = [said, since.unwrap_or_default()].into_iter();
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        return parts.join(", ");
    };
    let gist = if standing.recovered || standing.renewed {
        String::new()
    } else {
        gist(&standing.said)
    };
    let what = if gist.is_empty() {
        format!(
            "{} {}",
            failure.code,
            (ctx.t.requests.failure)(failure.code)
        )
    } else {
        format!("{} {}", failure.code, plain(&gist))
    };
    let what = (t.at)(&what, &when(ctx, failure.at));
    let old = ctx.now - failure.at > FRESH;
    match standing.state {
        State::Active if old => String::new(),
        State::Active if !is_its_fault(failure.code) => (t.callers_fault)(&what),
        State::Active if standing.recovered => (t.recovered)(&what),
        State::Active if standing.renewed => (t.login_renewed)(&what),
        _ => what,
    }
}

/// The telling part of an error: its type where it has one, else its message.
pub(super) fn gist(said: &str) -> String {
    let said = said.trim();
    let object: Option<Value> = serde_json::from_str(said).ok();
    let text = object.as_ref().and_then(|body| {
        let error = body.get("error").unwrap_or(body);
        if let Some(text) = error.as_str() {
            return Some(text);
        }
        let field = |name| error.get(name).and_then(Value::as_str);
        let kind = field("type")
            .or_else(|| field("code"))
            .or_else(|| field("status"));
        kind.filter(|kind| !kind.is_empty() && *kind != "error")
            .or_else(|| field("message"))
    });
    let text = text.unwrap_or(said);
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(LONGEST_GIST).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

/// A day, for what is weeks away.
pub(super) fn day(ctx: &Ctx, at: At) -> String {
    let year = chrono::Datelike::year(&ctx.local(ctx.now));
    ctx.lang.day(&ctx.local(at), year)
}

pub(super) fn ago(ctx: &Ctx, at: Option<At>) -> String {
    at.map_or_else(
        || UNKNOWN.to_owned(),
        |at| ctx.lang.span(Ms((ctx.now - at).0.max(0) / 1000 * 1000)),
    )
}

/// What people call it, as far as they want to see it.
pub(super) fn name(ctx: &Ctx, known: &Known) -> String {
    match known.listed.kind {
        // A mask already.
        Kind::Key => plain(&known.listed.title).into_owned(),
        Kind::File => ctx.identity(&known.listed.title),
    }
}

/// What the priced requests cost; a dash while that is not known.
pub(super) fn cost(ctx: &Ctx, totals: &Totals) -> String {
    let cost = totals.known_cost();
    cost.map_or_else(|| UNKNOWN.to_owned(), |cost| ctx.lang.cents(cost))
}

/// The range of a cost, and how many requests of it have no price.
pub(super) fn costs_in(ctx: &Ctx, range: Range, totals: &Totals) -> String {
    let range = (ctx.t.requests.range_short)(range);
    match totals.unpriced {
        0 => range,
        n => format!(
            "{range}; {}",
            (ctx.t.requests.no_price_of)(&ctx.lang.count(n))
        ),
    }
}

/// `codex, plus`
pub(super) fn kind(ctx: &Ctx, known: &Known) -> String {
    let listed = &known.listed;
    let provider = plain(&listed.provider);
    match listed.kind {
        Kind::Key => format!("{provider}, {}", ctx.t.accounts.api_key),
        Kind::File if listed.plan.is_empty() => provider.into_owned(),
        Kind::File => format!("{provider}, {}", plain(&listed.plan)),
    }
}

/// The last requests as bars: success low, failure high.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    pub title: String,
    /// Class, x, y, height.
    pub bars: Vec<(&'static str, usize, u8, u8)>,
}

pub(super) fn strip(ctx: &Ctx, recent: &Recent) -> Strip {
    use crate::store::endings::KEPT;
    let t = ctx.t.accounts;
    let all = recent.endings.len();
    let ok = recent
        .endings
        .iter()
        .filter(|ending| ending.succeeded())
        .count();
    let empty = KEPT.saturating_sub(all);
    let none = (0..empty).map(|place| ("none", place * 5, 13, 3));
    let bars = (empty..).zip(&recent.endings).map(|(place, ending)| {
        let place = place * 5;
        match ending.status {
            _ if ending.succeeded() => ("good", place, 8, 8),
            499 => ("gone", place, 4, 12),
            _ => ("fail", place, 0, 16),
        }
    });
    Strip {
        title: if all == 0 {
            t.no_requests.to_owned()
        } else {
            (t.of_last)(ok, all, all - ok)
        },
        bars: none.chain(bars).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gist_of_an_error_is_its_type_or_its_message() {
        let check = |said, expected: &str| assert_eq!(gist(said), expected, "{said}");
        check(
            r#"{"error": {"type": "usage_limit_reached", "message": "long"}}"#,
            "usage_limit_reached",
        );
        check(r#"{"error": {"type": "error", "message": "mock"}}"#, "mock");
        check(r#"{"error":"invalid_grant"}"#, "invalid_grant");
        check(
            r#"{"error":{"code":400,"status":"INVALID_ARGUMENT"}}"#,
            "INVALID_ARGUMENT",
        );
        check("lab proxy\nsecond line", "lab proxy");
        check("", "");
        assert_eq!(gist(&"x".repeat(200)).chars().count(), LONGEST_GIST + 1);
    }
}
