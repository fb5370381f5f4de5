//! Checking the sources now and then, if the operator wants that. Without the
//! operator's word it only prepares a preview; what is applied can be undone.

use serde::{Deserialize, Serialize};

use super::{Applied, Desk};
use crate::domain::pricing::plan::Chosen;
use crate::domain::units::{At, Ms};
use crate::store::prices::sources;
use crate::store::{Result, settings};

/// The setting's name.
const SETTING: &str = "price_schedule";
/// After a check in which every source failed.
const TRY_AGAIN: Ms = Ms::HOUR;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    #[default]
    Never,
    Day,
    Week,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    pub every: Every,
    /// Apply what is sure without asking.
    pub apply: bool,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    NotDue,
    Checked,
    Applied(usize),
}

impl Desk {
    pub async fn schedule(&self) -> Result<Schedule> {
        let stored = self.store.read(|c| settings::get(c, SETTING)).await?;
        Ok(stored.unwrap_or_default())
    }

    pub async fn set_schedule(&self, schedule: Schedule) -> Result<()> {
        self.store
            .write(move |c| settings::put(c, SETTING, &schedule))
            .await
    }

    /// Called every few minutes; checks when it is time.
    pub async fn step(&self) -> Result<Step> {
        let schedule = self.schedule().await?;
        let states = self.store.read(sources::states).await?;
        let tried = states.iter().map(|state| state.tried_at).max();
        let read = states.iter().filter_map(|state| state.read_at).max();
        let healthy = states.iter().any(|state| state.problem.is_none());
        if !is_due(
            schedule.every,
            self.clock.now(),
            tried,
            read.filter(|_| healthy),
        ) {
            return Ok(Step::NotDue);
        }
        let plan = self.check().await?;
        if !schedule.apply || plan.changes.is_empty() {
            return Ok(Step::Checked);
        }
        let Some((made, plan)) = self.store.read(sources::plan).await? else {
            return Ok(Step::Checked);
        };
        let chosen = Chosen {
            changes: (0..plan.changes.len()).collect(),
            choices: Vec::new(),
        };
        Ok(match self.apply(made, chosen).await? {
            Applied::Batch(_, count) => Step::Applied(count),
            Applied::Nothing | Applied::NoneChosen | Applied::Outdated => Step::Checked,
        })
    }
}

fn is_due(every: Every, now: At, tried: Option<At>, healthy: Option<At>) -> bool {
    let pause = match every {
        Every::Never => return false,
        Every::Day => Ms::DAY,
        Every::Week => Ms(7 * Ms::DAY.0),
    };
    let pause = if healthy.is_some() { pause } else { TRY_AGAIN };
    tried.is_none_or(|tried| now - tried >= pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_due_after_its_pause() {
        let hour = |n: i64| At(n * Ms::HOUR.0);
        for (every, tried, healthy, now, due) in [
            (Every::Never, None, None, 1_000, false),
            (Every::Day, None, None, 0, true),
            (Every::Day, Some(0), Some(0), 23, false),
            (Every::Day, Some(0), Some(0), 24, true),
            (Every::Week, Some(0), Some(0), 167, false),
            (Every::Week, Some(0), Some(0), 168, true),
            (Every::Week, Some(100), None, 101, true),
        ] {
            let (tried, healthy) = (tried.map(hour), healthy.map(hour));
            assert_eq!(
                is_due(every, hour(now), tried, healthy),
                due,
                "{every:?} {now}"
            );
        }
    }
}
