//! Whether the file is sound: looked for on demand, and noticed wherever a read
//! or a write meets damage. Mends nothing.

use tokio::sync::watch;

use super::error::{Result, StoreError};
use super::{Store, maintain};
use crate::domain::soundness::Soundness;

/// Lines kept of what is wrong with a file.
const FINDINGS: usize = 10;

impl Store {
    /// What is known of the file.
    #[must_use]
    pub fn soundness(&self) -> watch::Receiver<Soundness> {
        self.inner.soundness.subscribe()
    }

    /// Looks through the whole file and tells of it by [`Store::soundness`],
    /// from this call on. Table by table, so that the log can be emptied between
    /// them.
    pub fn look_through(&self) -> impl Future<Output = ()> + Send + use<> {
        self.inner.soundness.send_replace(Soundness::Looking);
        let store = self.clone();
        async move { store.look().await }
    }

    async fn look(&self) {
        let found = match self.check().await {
            Ok(wrong) if wrong.is_empty() => Soundness::Sound,
            Ok(wrong) => Soundness::Damaged(wrong),
            Err(StoreError::Corrupt(text)) => Soundness::Damaged(vec![text]),
            Err(error) => Soundness::Unknown(error.to_string()),
        };
        match &found {
            Soundness::Damaged(wrong) => log::error!(
                "the database is damaged, restore a backup: {}",
                wrong.join("; ")
            ),
            Soundness::Unknown(why) => log::warn!("cannot look through the database: {why}"),
            _ => log::info!("the database was looked through and is sound"),
        }
        self.inner.soundness.send_replace(found);
    }

    /// What is wrong with the file, some lines at most.
    async fn check(&self) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        for table in self.read(maintain::tables).await? {
            let found = self.read(move |c| maintain::check(c, &table)).await?;
            wrong.extend(found);
            if wrong.len() >= FINDINGS {
                wrong.truncate(FINDINGS);
                break;
            }
        }
        Ok(wrong)
    }

    /// Damage shows wherever it is met.
    pub(super) fn noted<T>(&self, outcome: Result<T>) -> Result<T> {
        if let Err(StoreError::Corrupt(text)) = &outcome {
            self.inner.soundness.send_if_modified(|known| {
                let news = known.damage().is_none();
                if news {
                    log::error!("the database is damaged: {text}");
                    *known = Soundness::Damaged(vec![text.clone()]);
                }
                news
            });
        }
        outcome
    }
}
