//! Why there is no data, from what the collector says of itself: the finding,
//! the way of a record with its broken joint, what is known, and the fix as a
//! button where there is one. Shown on the Doctor page and in place of an
//! empty list.

mod facts;

use crate::domain::collection::{Reason, State, Status};
use crate::domain::units::At;
use crate::i18n::causes::{Cause, Causes};
use crate::web::ctx::Ctx;
use crate::web::reader::{self, BAD, GOOD, Tone, WAIT, WARN};

/// With the panel stopped, in the data directory. What can be read is kept.
const RECOVERY: &str = "mkdir damaged\nmv cpamp.sqlite* damaged/\n\
     sqlite3 damaged/cpamp.sqlite .recover | sqlite3 cpamp.sqlite\ncpamp rebuild";

#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The state and whatever is shown of it, for polling.
    pub fine: bool,
    pub verdict: &'static str,
    pub why: &'static str,
    /// Times and the like that belong to the finding.
    pub details: Vec<String>,
    /// The words of the other side.
    pub said: String,
    pub steps: Vec<Step>,
    pub remedies: Vec<Remedy>,
    pub hint: &'static str,
    pub facts: Vec<Fact>,
    /// What to do without the button: a sentence and lines to copy.
    pub by_hand: Option<(&'static str, String)>,
}

/// A joint on the way of a record.
#[derive(Clone, Debug)]
pub struct Step {
    pub tone: Tone,
    pub name: &'static str,
    pub text: String,
    /// The line to the next joint: whole, `cut` or `dry`.
    pub way: &'static str,
}

#[derive(Clone, Debug)]
pub struct Remedy {
    pub label: &'static str,
    /// A button that posts, or a link.
    pub post: bool,
    pub href: String,
    pub primary: bool,
}

#[derive(Clone, Debug)]
pub struct Fact {
    pub tone: Tone,
    pub name: &'static str,
    pub text: String,
}

/// Where the way is broken; everything after it only waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Joint {
    Gateway,
    Key,
    Records,
    Queue,
    Panel,
    Nowhere,
}

impl Diagnosis {
    #[must_use]
    pub fn of(ctx: &Ctx) -> Self {
        let t = ctx.t.causes;
        let status = &ctx.status;
        let damage = ctx.soundness.damage();
        let (cause, joint) = cause(status, t);
        let cause = if damage.is_some() { &t.damaged } else { cause };
        let mut details = Vec::new();
        let clock = |at: At| ctx.lang.clock(&ctx.local(at));
        if let Some(found) = damage {
            details.push(found.to_owned());
        } else if let Some(Reason::Banned { until: Some(until) }) = status.reason {
            details.push((t.banned_until)(&clock(until)));
        } else if let Some(next) = status.next_try_at.filter(|next| *next > ctx.now) {
            details.push((t.next_try)(&clock(next)));
        }
        Self {
            fine: joint == Joint::Nowhere && damage.is_none(),
            verdict: cause.verdict,
            why: cause.why,
            details,
            said: match &status.reason {
                Some(Reason::Other(text)) => crate::i18n::plain(text).into_owned(),
                _ => String::new(),
            },
            steps: steps(joint, ctx),
            remedies: remedies(joint, ctx),
            hint: cause.fix,
            facts: facts::facts(joint, ctx),
            by_hand: by_hand(joint, ctx),
        }
    }
}

fn cause(status: &Status, t: &'static Causes) -> (&'static Cause, Joint) {
    match (status.state, &status.reason) {
        (_, Some(Reason::SealedKeyUnreadable)) => (&t.sealed_key_unreadable, Joint::Key),
        (State::Unconfigured, _) => (&t.unconfigured, Joint::Gateway),
        (State::Off, _) => (&t.off, Joint::Panel),
        (_, Some(reason)) => match reason {
            Reason::Unreachable => (&t.unreachable, Joint::Gateway),
            Reason::TimedOut => (&t.timed_out, Joint::Gateway),
            Reason::NotCpa => (&t.not_cpa, Joint::Gateway),
            Reason::KeyRejected => (&t.key_rejected, Joint::Key),
            Reason::Banned { .. } => (&t.banned, Joint::Key),
            Reason::RemoteManagementOff => (&t.remote_management_off, Joint::Key),
            Reason::ManagementOff => (&t.management_off, Joint::Key),
            Reason::StatisticsOff => (&t.statistics_off, Joint::Records),
            Reason::TransportUnsupported => (&t.transport_unsupported, Joint::Queue),
            Reason::CompetingConsumer => (&t.competing_consumer, Joint::Queue),
            Reason::SealedKeyUnreadable => (&t.sealed_key_unreadable, Joint::Key),
            Reason::StoreFailing => (&t.store_failing, Joint::Panel),
            Reason::SpoolFull => (&t.spool_full, Joint::Panel),
            Reason::DiskFull => (&t.disk_full, Joint::Panel),
            Reason::ReadOnly => (&t.read_only, Joint::Panel),
            Reason::Other(_) => (&t.other, Joint::Queue),
        },
        (State::Starting, None) => (&t.starting, Joint::Gateway),
        (State::Retrying | State::Stopped, None) => (&t.other, Joint::Queue),
        (State::Collecting, None) => match status.gateway.usage_statistics_enabled {
            Some(false) => (&t.statistics_off, Joint::Records),
            _ if status.stored == 0 => (&t.no_traffic, Joint::Nowhere),
            _ => (&t.fine, Joint::Nowhere),
        },
    }
}

fn steps(broken: Joint, ctx: &Ctx) -> Vec<Step> {
    let t = ctx.t.doctor;
    let status = &ctx.status;
    let host = status
        .gateway
        .url
        .as_deref()
        .and_then(reader::host)
        .unwrap_or_default();
    let damaged = ctx.soundness.damage().is_some();
    let word = match &status.reason {
        Some(reason) => reader::reason(reason, ctx.t.shell),
        None => ctx.reader.word,
    };
    let transport = status
        .transport
        .map_or(t.not_known, |way| reader::transport(way, ctx.t.settings));
    let whole = [
        (Joint::Gateway, t.gateway, (t.answers)(&host)),
        (Joint::Key, t.key, t.key_accepted.to_owned()),
        (Joint::Records, t.records, t.records_on.to_owned()),
        (Joint::Queue, t.queue, (t.queue_by)(transport)),
        (
            Joint::Panel,
            t.panel,
            (t.stored_so_far)(&ctx.lang.count(status.stored)),
        ),
    ];
    // Switched off or not set up: nothing is broken, nothing is tried.
    let mark = match status.state {
        State::Unconfigured | State::Off | State::Starting => WAIT,
        State::Stopped => BAD,
        _ if broken == Joint::Records => BAD,
        _ => WARN,
    };
    let hurt = |joint| damaged && joint == Joint::Panel;
    whole
        .into_iter()
        .map(|(joint, name, text)| {
            let untested = status.state == State::Off && joint < broken;
            let tone = match joint.cmp(&broken) {
                _ if hurt(joint) => BAD,
                _ if untested => WAIT,
                std::cmp::Ordering::Less => GOOD,
                std::cmp::Ordering::Equal => mark,
                std::cmp::Ordering::Greater => WAIT,
            };
            Step {
                tone,
                name,
                text: match joint.cmp(&broken) {
                    _ if hurt(joint) => t.damaged.to_owned(),
                    _ if untested => t.not_known.to_owned(),
                    std::cmp::Ordering::Less => text,
                    std::cmp::Ordering::Equal => word.to_owned(),
                    std::cmp::Ordering::Greater => t.waiting.to_owned(),
                },
                way: match tone {
                    WAIT | BAD | WARN => "dry",
                    _ if next(joint) == broken || hurt(next(joint)) => "cut",
                    _ => "",
                },
            }
        })
        .collect()
}

fn next(joint: Joint) -> Joint {
    match joint {
        Joint::Gateway => Joint::Key,
        Joint::Key => Joint::Records,
        Joint::Records => Joint::Queue,
        Joint::Queue => Joint::Panel,
        // Past the panel there is nothing left to break.
        Joint::Panel | Joint::Nowhere => Joint::Gateway,
    }
}

fn remedies(broken: Joint, ctx: &Ctx) -> Vec<Remedy> {
    let t = ctx.t.doctor;
    let link = |label, path: &str| Remedy {
        label,
        post: false,
        href: ctx.url(path),
        primary: false,
    };
    let post = |label, path: &str| Remedy {
        post: true,
        ..link(label, path)
    };
    let first = |remedy: Remedy| Remedy {
        primary: true,
        ..remedy
    };
    let settings = || link(t.open_settings, "/settings/collection");
    let retry = || post(t.try_again, "/doctor/retry");
    let enter_key = || first(link(t.enter_key, "/settings/collection"));
    match (ctx.status.state, &ctx.status.reason) {
        _ if ctx.soundness.damage().is_some() => {
            vec![first(link(t.look_again, "/settings/about"))]
        }
        (_, Some(Reason::SealedKeyUnreadable)) => vec![enter_key()],
        (State::Unconfigured, _) => vec![first(link(t.connect, "/setup"))],
        (State::Off, _) => vec![first(settings())],
        (_, Some(Reason::KeyRejected)) => vec![enter_key(), retry()],
        // Nothing can be tried during a ban.
        (_, Some(Reason::Banned { .. })) => vec![settings()],
        (_, Some(Reason::TransportUnsupported)) => vec![first(settings()), retry()],
        _ if broken == Joint::Records => vec![
            first(post(t.turn_records_on, "/doctor/statistics")),
            retry(),
        ],
        (State::Collecting, None) if ctx.status.stored > 0 => {
            vec![link(t.see_requests, "/requests")]
        }
        (State::Starting | State::Collecting, None) => vec![settings()],
        _ => vec![first(retry()), settings()],
    }
}

/// Lines for those who keep the gateway's configuration in a file.
fn by_hand(broken: Joint, ctx: &Ctx) -> Option<(&'static str, String)> {
    let t = ctx.t.doctor;
    if ctx.soundness.damage().is_some() {
        return Some((t.by_hand_damaged, RECOVERY.to_owned()));
    }
    let lines = match (&ctx.status.reason, broken) {
        (Some(Reason::RemoteManagementOff), _) => "remote-management:\n  allow-remote: true",
        (Some(Reason::ManagementOff | Reason::KeyRejected), _) => {
            "remote-management:\n  secret-key: \"…\""
        }
        (_, Joint::Records) => {
            "usage-statistics-enabled: true\nredis-usage-queue-retention-seconds: 300"
        }
        (None, Joint::Nowhere) if ctx.status.stored == 0 => {
            let url = ctx
                .status
                .gateway
                .url
                .as_deref()
                .unwrap_or("http://127.0.0.1:8317");
            let url = url.trim_end_matches('/');
            let lines = format!(
                "curl {url}/v1/chat/completions \\\n  -H 'Authorization: Bearer …' \\\n  \
                 -H 'Content-Type: application/json' \\\n  \
                 -d '{{\"model\":\"…\",\"messages\":[{{\"role\":\"user\",\"content\":\"hello\"}}]}}'"
            );
            return Some((t.by_hand_traffic, lines));
        }
        _ => return None,
    };
    Some((t.by_hand_config, lines.to_owned()))
}
