//! What is known, a line for each question, whatever the finding is.

use super::{Fact, Joint};
use crate::domain::collection::State;
use crate::domain::soundness::Soundness;
use crate::domain::units::At;
use crate::web::ctx::Ctx;
use crate::web::reader::{self, BAD, GOOD, WAIT, WARN};

pub(super) fn facts(broken: Joint, ctx: &Ctx) -> Vec<Fact> {
    let t = ctx.t.doctor;
    let status = &ctx.status;
    let gateway = &status.gateway;
    let fact = |tone, name, text: String| Fact { tone, name, text };
    let time = |at: Option<At>| at.map_or_else(|| t.never.to_owned(), |at| moment(at, ctx));
    let yes_no = |value: Option<bool>, yes: &str, no: &str| match value {
        Some(true) => (GOOD, yes.to_owned()),
        Some(false) => (BAD, no.to_owned()),
        None => (WAIT, t.not_asked.to_owned()),
    };
    let (reached, answer) = yes_no(gateway.reachable, t.reachable, t.not_reachable);
    let (kept, records) = yes_no(gateway.usage_statistics_enabled, t.on, t.off_word);
    let known = |value: &Option<String>| if value.is_some() { GOOD } else { WAIT };
    let mut facts = vec![
        fact(
            reached,
            t.address,
            match &gateway.url {
                Some(url) => format!("{url}: {answer}"),
                None => t.no_connection.to_owned(),
            },
        ),
        fact(
            known(&gateway.version),
            t.version,
            gateway.version.as_ref().map_or_else(
                || t.not_known.into(),
                |v| format!("CPA {}", v.trim_start_matches('v')),
            ),
        ),
        match broken {
            Joint::Key => fact(
                BAD,
                t.key,
                ctx.reader.lines.first().cloned().unwrap_or_default(),
            ),
            Joint::Gateway => fact(WAIT, t.key, t.not_known.into()),
            _ if status.state == State::Off => fact(WAIT, t.key, t.not_known.into()),
            _ => fact(GOOD, t.key, t.key_accepted.into()),
        },
        fact(kept, t.records, records),
    ];
    if let Some(retention) = gateway.retention {
        facts.push(fact(
            GOOD,
            t.retention,
            (t.kept_for)(&ctx.lang.span(retention)),
        ));
    }
    if let Some(way) = status.transport {
        facts.push(fact(
            GOOD,
            t.transport,
            reader::transport(way, ctx.t.settings).into(),
        ));
    }
    facts.push(match (status.competing_consumer, status.transport) {
        (true, _) => fact(WARN, t.consumers, t.another_seen.into()),
        (false, Some(_)) => fact(GOOD, t.consumers, t.none.into()),
        // Nothing was taken that could be missed.
        (false, None) => fact(WAIT, t.consumers, t.not_known.into()),
    });
    let seen = |at: Option<At>| at.map_or(WAIT, |_| GOOD);
    facts.push(fact(
        seen(status.last_taken_at),
        t.last_taken,
        time(status.last_taken_at),
    ));
    facts.push(fact(
        seen(status.last_stored_at),
        t.last_stored,
        time(status.last_stored_at),
    ));
    facts.extend(database(ctx));
    if status.spooled > 0 {
        let n = ctx.lang.count(status.spooled);
        facts.push(fact(WARN, t.waiting_batches, n));
    }
    if status.rejected > 0 {
        let n = ctx.lang.count(status.rejected);
        facts.push(fact(WARN, t.rejected, n));
    }
    if let Some(gap) = status.gaps.first() {
        let n = ctx
            .lang
            .count(i64::try_from(status.gaps.len()).unwrap_or(i64::MAX));
        let (from, to) = (moment(gap.from, ctx), moment(gap.to, ctx));
        facts.push(fact(
            WARN,
            t.gaps,
            (t.newest_gap)(&n, &from, &to, (ctx.t.losses.gap)(&gap.why)),
        ));
    }
    facts
}

/// What is known of the file, once there was a reason to look.
fn database(ctx: &Ctx) -> Option<Fact> {
    let t = ctx.t.doctor;
    let (tone, text) = match &ctx.soundness {
        Soundness::Trusted => return None,
        Soundness::Looking => (WAIT, t.looking.to_owned()),
        Soundness::Sound => (GOOD, t.sound.to_owned()),
        Soundness::Damaged(found) => (BAD, found.join("; ")),
        Soundness::Unknown(why) => (WARN, (t.not_looked_through)(why)),
    };
    let name = t.database;
    Some(Fact { tone, name, text })
}

/// A time today, or a day and a time.
fn moment(at: At, ctx: &Ctx) -> String {
    let (local, now) = (ctx.local(at), ctx.local(ctx.now));
    let clock = ctx.lang.clock(&local);
    if local.date_naive() == now.date_naive() {
        clock
    } else {
        format!(
            "{}, {clock}",
            ctx.lang.day(&local, chrono::Datelike::year(&now))
        )
    }
}
