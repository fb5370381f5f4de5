//! The five steps of the set-up: what each is called, and the side that shows
//! them all. The first of them is the log-in, so this is neither's own.

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

/// What a step shows around its form.
#[derive(Clone, Debug)]
pub struct Side {
    pub step: Step,
    pub title: &'static str,
    /// Empty where the form says it all.
    pub lede: &'static str,
    pub trail: Vec<Mark>,
}

impl Side {
    /// `told` is what is known of the steps that are done.
    #[must_use]
    pub fn new(ctx: &Ctx, step: Step, failed: bool, told: &[(Step, String)]) -> Self {
        let t = ctx.t.setup;
        let (title, lede) = match step {
            Step::Admin => (t.admin_title, t.admin_lede),
            Step::Gateway => (t.gateway_title, t.gateway_lede),
            Step::Key => (t.key_title, ""),
            Step::Collection => (t.collection_title, t.collection_lede),
            Step::First => (t.first_title, t.first_lede),
        };
        Self {
            step,
            title,
            lede,
            trail: trail(ctx, step, failed, told),
        }
    }
}

fn trail(ctx: &Ctx, here: Step, failed: bool, told: &[(Step, String)]) -> Vec<Mark> {
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
