//! The five steps of the set-up, as the side of each of them shows them.

use super::ctx::Ctx;
use super::reader::{BAD, GOOD, Tone, WAIT};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Admin,
    Gateway,
    Key,
    Collection,
    First,
}

impl Step {
    const ALL: [Self; 5] = [
        Self::Admin,
        Self::Gateway,
        Self::Key,
        Self::Collection,
        Self::First,
    ];

    #[must_use]
    pub fn number(self) -> usize {
        1 + Self::ALL.iter().filter(|step| **step < self).count()
    }
}

/// One step on the side.
#[derive(Clone, Debug)]
pub struct Mark {
    pub tone: Tone,
    pub name: &'static str,
    pub hint: String,
    pub here: bool,
    pub waits: bool,
}

/// The steps as seen from `here`; what is known of the done ones comes in `told`.
#[must_use]
pub fn trail(ctx: &Ctx, here: Step, failed: bool, told: &[(Step, String)]) -> Vec<Mark> {
    let t = ctx.t.setup;
    let mark = |step: Step| {
        let (name, waiting, done) = match step {
            Step::Admin => (t.admin, t.admin_hint, t.admin_done),
            Step::Gateway => (t.gateway, t.gateway_hint, t.unchecked),
            Step::Key => (t.key, t.key_hint, t.unchecked),
            Step::Collection => (t.collection, t.collection_hint, t.saved),
            Step::First => (t.first, t.first_hint, t.first_hint),
        };
        let known = told.iter().find(|(of, _)| *of == step);
        let passed = step < here;
        let hint = match known {
            Some((_, text)) if passed => text.clone(),
            _ if passed => done.to_owned(),
            _ => waiting.to_owned(),
        };
        Mark {
            tone: match step == here {
                true if failed => BAD,
                _ if passed => GOOD,
                _ => WAIT,
            },
            name,
            hint,
            here: step == here,
            waits: step > here,
        }
    };
    Step::ALL.map(mark).to_vec()
}
