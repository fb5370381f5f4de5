//! What is known about the gateway so far, a line for each question, also for
//! those not asked yet.

use super::draft::Draft;
use super::trouble::{self, Trouble};
use crate::domain::units::Ms;
use crate::gateway::types::Overview;
use crate::web::ctx::Ctx;
use crate::web::reader::{BAD, GOOD, Tone, WAIT, WARN};
use crate::web::trail::Step;

/// Shorter than this, an update of CPAMP may outlast the gateway's memory.
const COMFORTABLE: Ms = Ms(300_000);

pub(super) struct Check {
    pub(super) tone: Tone,
    pub(super) name: &'static str,
    pub(super) text: String,
}

fn check(tone: Tone, name: &'static str, text: impl Into<String>) -> Check {
    let text = text.into();
    Check { tone, name, text }
}

pub(super) fn checks(ctx: &Ctx, draft: &Draft) -> Vec<Check> {
    let mut list = of_address(ctx, draft);
    list.extend(match &draft.overview {
        Some(found) => of_key(ctx, found),
        None => waiting_for_key(ctx, draft),
    });
    list
}

/// The line that failed last is red and says how, the others wait.
fn asked_at(
    ctx: &Ctx,
    draft: &Draft,
    step: Step,
    name: &'static str,
    waiting: &'static str,
) -> Check {
    match &draft.failure {
        Some(failure) if trouble::joint(failure) == step => {
            let trouble = Trouble::from_gateway(failure, ctx.t.obstacles);
            check(BAD, name, trouble.cause.verdict)
        }
        _ => check(WAIT, name, waiting),
    }
}

fn of_address(ctx: &Ctx, draft: &Draft) -> Vec<Check> {
    let t = ctx.t.setup;
    let url = draft.url().unwrap_or_default();
    let Some(took) = draft.answered else {
        let asked = asked_at(ctx, draft, Step::Gateway, t.reachable, t.not_asked);
        return vec![asked];
    };
    let version = draft.overview.as_ref().and_then(|o| o.version.as_deref());
    vec![
        check(
            GOOD,
            t.reachable,
            (t.answered_in)(&url, &ctx.lang.span(took)),
        ),
        check(
            GOOD,
            t.is_cpa,
            version.map_or_else(|| t.says_so.to_owned(), t.version_is),
        ),
        match (url.starts_with("https:"), draft.insecure_tls()) {
            (true, false) => check(GOOD, t.certificate, t.certificate_valid),
            (true, true) => check(WARN, t.certificate, t.certificate_ignored),
            (false, _) => check(WAIT, t.certificate, t.no_tls),
        },
    ]
}

fn of_key(ctx: &Ctx, found: &Overview) -> Vec<Check> {
    let t = ctx.t.setup;
    let retention = found.retention.map(|span| {
        let say = if span < COMFORTABLE {
            t.retention_short
        } else {
            t.retention_is
        };
        say(&ctx.lang.span(span), &ctx.lang.span(Ms(span.0 / 3)))
    });
    vec![
        check(GOOD, t.key_check, t.accepted),
        check(GOOD, t.remote, t.remote_allowed),
        match found.usage_statistics_enabled {
            Some(true) => check(GOOD, t.records, t.records_on),
            Some(false) => check(BAD, t.records, t.records_off),
            None => check(WAIT, t.records, t.records_unknown),
        },
        match retention {
            Some(text) => check(GOOD, t.retention, text),
            None => check(WAIT, t.retention, t.retention_unknown),
        },
    ]
}

fn waiting_for_key(ctx: &Ctx, draft: &Draft) -> Vec<Check> {
    let t = ctx.t.setup;
    vec![
        asked_at(ctx, draft, Step::Key, t.key_check, t.needs_the_key),
        check(WAIT, t.remote, t.needs_the_key),
        check(WAIT, t.records, t.needs_the_key),
        check(WAIT, t.retention, t.needs_the_key),
    ]
}
