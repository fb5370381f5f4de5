//! Whether this request was slow for its model: its place among the attempts of
//! the same model that began in the week before it. What came later changes
//! nothing, so the figure stays.

use crate::domain::event::Event;
use crate::domain::filter::Selection;
use crate::domain::units::Ms;
use crate::store::names::Names;
use crate::store::report::{self, Standing};
use crate::store::{self, Connection};
use crate::web::ctx::Ctx;

/// What it is compared with.
const WEEK: Ms = Ms(7 * Ms::DAY.0);
/// Among fewer, a place says little.
const FAIR_SAMPLE: u64 = 20;

pub(super) fn read(c: &mut Connection, names: &Names, event: &Event) -> store::Result<Standing> {
    // A quick failure is no merit, and a slow one not the model's.
    let judged = !event.model.is_empty() && !event.failed;
    let Some(latency) = event.latency.filter(|_| judged) else {
        return Ok(Standing::default());
    };
    let at = event.key.at;
    let selection = Selection {
        models: vec![event.model.clone()],
        ..Selection::between(at - WEEK, at)
    };
    report::standing(c, names, &selection, latency)
}

/// `slower than 83 % of 1,204 in the week before`; empty where that says little.
pub(super) fn words(standing: Standing, ctx: &Ctx) -> String {
    let Standing { of, faster, slower } = standing;
    if of < FAIR_SAMPLE {
        return String::new();
    }
    let (t, lang) = (ctx.t.request, ctx.lang);
    let say = if faster >= slower {
        t.slower_than
    } else {
        t.faster_than
    };
    let share = faster.max(slower) * 100 / of;
    if share == 0 {
        // All took about as long.
        return String::new();
    }
    let count = |n: u64| lang.count(i64::try_from(n).unwrap_or(i64::MAX));
    say(&count(share), &count(of))
}
