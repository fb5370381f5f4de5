//! How requests ended, account by account: the last week is looked at once,
//! then every request as it is stored.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Desk;
use crate::domain::units::{At, Ms};
use crate::store::Result;
use crate::store::arrivals::Lapsed;
use crate::store::endings::{self, Recents};

/// What is older says nothing of an account any more.
const LOOKED_BACK: Ms = Ms(7 * Ms::DAY.0);
/// Requests are stored about in the order in which they began; no more than
/// this is looked at again when more came than is remembered.
const OUT_OF_ORDER: Ms = Ms(30 * Ms::MINUTE.0);
/// Requests that come close together are counted together.
const TOGETHER: Duration = Duration::from_millis(200);

impl Desk {
    /// Counts until `stop`.
    pub async fn keep_counting(self, stop: CancellationToken) {
        let arrivals = self.0.store.arrivals();
        let mut news = arrivals.watch();
        let mut seen = arrivals.last();
        let mut from = Some(self.0.clock.now() - LOOKED_BACK);
        loop {
            let new = match from {
                Some(at) => Err(at),
                None => arrivals.since(seen).map_err(|Lapsed| {
                    seen = arrivals.last();
                    let newest = self.recents().newest().unwrap_or(At(0));
                    newest - OUT_OF_ORDER
                }),
            };
            let counted = match new {
                Ok(new) => {
                    seen = new.last().map_or(seen, |(number, _)| *number);
                    self.count(new.into_iter().map(|(_, key)| key).collect())
                        .await
                }
                Err(from) => self.count_since(from).await,
            };
            match counted {
                Ok(()) => from = None,
                Err(error) => {
                    log::warn!("cannot count how requests ended: {error}");
                    from = Some(self.0.clock.now() - LOOKED_BACK);
                }
            }
            let more = async {
                tokio::time::sleep(TOGETHER).await;
                news.changed().await.is_ok()
            };
            tokio::select! {
                more = more => if !more { return stop.cancelled().await },
                () = stop.cancelled() => return,
            }
        }
    }

    async fn count_since(&self, from: At) -> Result<()> {
        let mut recents = Recents::clone(&self.recents());
        let read = move |c: &mut _| {
            endings::since(c, from, &mut recents)?;
            Ok(recents)
        };
        self.put(self.0.store.read(read).await?);
        Ok(())
    }

    async fn count(&self, keys: Vec<crate::domain::event::EventKey>) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut recents = Recents::clone(&self.recents());
        let read = move |c: &mut _| {
            endings::add(c, &keys, &mut recents)?;
            Ok(recents)
        };
        self.put(self.0.store.read(read).await?);
        Ok(())
    }

    fn put(&self, recents: Recents) {
        let mut held = self
            .0
            .recents
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(recents);
    }
}
