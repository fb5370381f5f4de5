//! Somebody reset the quota of an account through the panel: its models may be
//! tried again, whatever was said of them before. How the account itself is says
//! the list that follows every change of the gateway.

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::Desk;

impl Desk {
    /// Takes note of resets until `stop`.
    pub async fn keep_relieving(self, stop: CancellationToken) {
        let mut resets = self.0.quota_resets.subscribe();
        loop {
            let reset = tokio::select! {
                reset = resets.recv() => reset,
                () = stop.cancelled() => return,
            };
            match reset {
                Ok(index) => self.relieve(&index).await,
                Err(RecvError::Lagged(missed)) => {
                    log::warn!("{missed} resets of quotas went unnoticed");
                }
                Err(RecvError::Closed) => return stop.cancelled().await,
            }
        }
    }

    async fn relieve(&self, index: &str) {
        let mut relieved = Vec::new();
        self.change(|roster| {
            let Some(known) = roster.of_index_mut(index) else {
                return;
            };
            if let Some(trouble) = &mut known.trouble {
                trouble.models.clear();
                relieved.push((known.id, trouble.clone()));
            }
        });
        self.keep_troubles(relieved).await;
    }
}
