//! What the taking stage remembers of its gateway: when it last answered, over
//! restarts too, and what was probably lost while it did not.

use std::time::Duration;

use tokio::time::Instant;

use super::outage::Outage;
use super::taker::Taker;
use crate::domain::collection::Gap;
use crate::domain::units::At;
use crate::gateway::types::millis;
use crate::store::{Store, gaps, secrets, settings};

/// What outlives the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// Of which gateway this is remembered. Only its name: an address that the
    /// environment fixes is never stored.
    pub(super) gateway: String,
    pub(super) last_answer_at: Option<At>,
    pub(super) last_taken_at: Option<At>,
    /// Another subscriber took all events, as far as we know until then.
    pub(super) rival_until: Option<At>,
}

const MEMORY: &str = "collector_memory";
/// How long a busy store may hold up taking, and the end of it.
const IN_PASSING: Duration = Duration::from_millis(50);
const LAST_WORDS: Duration = Duration::from_secs(1);

impl Memory {
    /// Nothing yet, of the gateway at this address.
    pub(super) fn of(url: &str) -> Self {
        Self {
            gateway: secrets::name_of(url),
            ..Self::default()
        }
    }

    pub(super) async fn load(store: &Store) -> Self {
        let stored = store.read(|c| settings::get(c, MEMORY)).await;
        stored.ok().flatten().unwrap_or_default()
    }
}

impl Taker {
    /// The gateway gave a sign of life so long ago: an outage is over.
    pub(super) async fn answered(&mut self, ago: Duration) {
        let now = self.clock.now() - millis(ago);
        if let Some(outage) = self.outage.take() {
            if outage.restarted {
                self.restart_noted = Some(now);
            }
            self.record_gaps(outage.gaps(self.end_of(&outage, now), self.retention));
        }
        self.answered = Instant::now().checked_sub(ago).map(|at| (now, at));
        self.memory.last_answer_at = Some(now);
        self.remember(false).await;
    }

    /// Within this process an outage is measured on the clock that cannot be set.
    fn end_of(&self, outage: &Outage, now: At) -> At {
        match self.answered {
            Some((at, since)) if at == outage.since => at + millis(since.elapsed()),
            _ => now,
        }
    }

    /// The process is about to end amid an outage. The next one knows only when
    /// it began, so what was lost already is recorded now.
    pub(super) async fn leave_word(&mut self) {
        let Some(outage) = self.outage.take() else {
            return;
        };
        let end = self.end_of(&outage, self.clock.now());
        let gaps = outage.gaps(end, self.retention);
        let write = move |c: &mut _| gaps.iter().try_for_each(|gap| gaps::record(c, gap));
        let written = tokio::time::timeout(LAST_WORDS, self.store.write(write)).await;
        if !matches!(written, Ok(Ok(()))) {
            log::warn!("cannot record what was lost before the end");
        }
    }

    /// Shows gaps at once and records them beside the taking: a database that
    /// is busy must not delay it.
    pub(super) fn record_gaps(&self, gaps: impl IntoIterator<Item = Gap>) {
        for gap in gaps {
            let span = format!("{} to {}", gap.from, gap.to);
            log::warn!(why = gap.why.as_str(); "events were probably lost from {span}");
            self.board.update(|facts| facts.add_gap(gap.clone()));
            let (store, patience) = (self.store.clone(), self.tuning.store_retry_most);
            tokio::spawn(async move {
                for _ in 0..20 {
                    let gap = gap.clone();
                    match store.write(move |c| gaps::record(c, &gap)).await {
                        Ok(()) => return,
                        Err(error) if error.is_passing() => tokio::time::sleep(patience).await,
                        Err(error) => return log::error!("cannot record a gap: {error}"),
                    }
                }
            });
        }
    }

    /// Writes down what must outlive the process, now or when it is time.
    pub(super) async fn remember(&mut self, now: bool) {
        let due = self
            .remembered
            .is_none_or(|at| at.elapsed() >= self.tuning.remember_every);
        if !(now || due) || self.memory.gateway.is_empty() {
            return;
        }
        self.remembered = Some(Instant::now());
        let memory = self.memory.clone();
        let written = self.store.write(move |c| settings::put(c, MEMORY, &memory));
        // A store that is busy must not delay taking; once sent, it is done.
        let patience = if now { LAST_WORDS } else { IN_PASSING };
        if let Ok(Err(error)) = tokio::time::timeout(patience, written).await {
            log::debug!("cannot remember the last answer: {error}");
        }
    }
}
