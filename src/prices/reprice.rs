//! Works at pricing stored events anew, a step at a time, leaving as much time
//! to others as it takes itself. What is to be done stands in the database, so
//! it goes on by itself after a restart.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Desk;
use crate::store::reprice::{self, Ask, Effect, Job, Step};
use crate::store::{Result, StoreError};

/// After a step that failed, because the disk is full, say.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// What became of an order to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Begun(Job),
    /// Another one is at work.
    Busy,
    /// Other prices are in force than those the effect was shown with.
    PricesChanged,
}

impl Desk {
    /// What pricing these events anew would change, and the mark of the prices
    /// it was worked out with.
    pub async fn preview_reprice(&self, ask: Ask) -> Result<(Effect, String)> {
        let (names, book) = (self.store.names(), self.store.prices());
        self.store
            .read(move |c| {
                let effect = reprice::preview(c, &names, &book, &ask)?;
                Ok((effect, reprice::mark(&book)?))
            })
            .await
    }

    /// Begins what was shown with the prices of this mark. They are the job's
    /// from now on: an edit while it runs is no concern of it.
    pub async fn start_reprice(&self, ask: Ask, shown: &str) -> Result<Start> {
        let book = self.store.prices();
        if reprice::mark(&book)? != shown {
            return Ok(Start::PricesChanged);
        }
        let now = self.clock.now();
        let job = self
            .store
            .write(move |c| reprice::start(c, now, &ask, &book))
            .await?;
        self.work.notify_one();
        Ok(job.map_or(Start::Busy, Start::Begun))
    }

    /// False: nothing was running.
    pub async fn stop_reprice(&self) -> Result<bool> {
        self.store.write(reprice::stop).await
    }

    /// False: there is nothing to undo.
    pub async fn undo_reprice(&self) -> Result<bool> {
        let begun = self.store.write(reprice::undo).await?;
        self.work.notify_one();
        Ok(begun)
    }

    /// Does what there is to do, now and whenever something is begun.
    pub async fn work(&self, stop: CancellationToken) {
        let forever = async {
            loop {
                match self.work_through().await {
                    Ok(()) => self.work.notified().await,
                    Err(error) => {
                        log::warn!("cannot price events anew for now: {error}");
                        tokio::time::sleep(TRY_AGAIN).await;
                    }
                }
            }
        };
        stop.run_until_cancelled(forever).await;
    }

    async fn work_through(&self) -> std::result::Result<(), StoreError> {
        loop {
            let begun = Instant::now();
            if self.store.reprice_step().await? == Step::Idle {
                return Ok(());
            }
            tokio::time::sleep(begun.elapsed()).await;
        }
    }
}
