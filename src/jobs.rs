//! Background tasks that live as long as the process. Each runs until `stop`;
//! one that ends before, or panics, is a bug the process does not outlive.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
pub struct Jobs {
    set: JoinSet<&'static str>,
    stop: CancellationToken,
}

impl Jobs {
    #[must_use]
    pub fn new(stop: CancellationToken) -> Self {
        Self {
            set: JoinSet::new(),
            stop,
        }
    }

    /// Runs `job` until it ends; it watches `stop` itself.
    pub fn spawn(&mut self, name: &'static str, job: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(async move {
            job.await;
            name
        });
    }

    /// A task that ends; failing is a bug as well.
    pub fn once(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let stop = self.stop.clone();
        self.spawn(name, async move {
            match task.await {
                Ok(()) => stop.cancelled().await,
                Err(error) => log::error!("cannot {name}: {error:#}"),
            }
        });
    }

    /// Runs `work` every `pause`, and once more never after `stop`.
    pub fn every<F>(
        &mut self,
        name: &'static str,
        pause: Duration,
        mut work: impl FnMut() -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.spawn(name, async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(pause))
                .await
                .is_some()
            {
                work().await;
            }
        });
    }

    /// Resolves when a job ended though nobody asked it to, with its name.
    pub async fn broken(&mut self) -> String {
        loop {
            match self.set.join_next().await {
                // A job that ends while stopping is as it should be.
                Some(_) if self.stop.is_cancelled() => {}
                Some(Ok(name)) => return name.to_owned(),
                Some(Err(error)) => return error.to_string(),
                None => std::future::pending().await,
            }
        }
    }

    /// Waits for all to end; what is left after `patience` is cut off.
    pub async fn finish(mut self, patience: Duration) {
        let all = async { while self.set.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, all).await.is_err() {
            log::warn!("{} background tasks did not end in time", self.set.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_ends_early_is_named() {
        let mut jobs = Jobs::new(CancellationToken::new());
        jobs.spawn("patient", std::future::pending());
        jobs.spawn("hasty", std::future::ready(()));
        assert_eq!(jobs.broken().await, "hasty");
    }

    #[tokio::test]
    async fn a_panic_is_noticed() {
        let mut jobs = Jobs::new(CancellationToken::new());
        jobs.spawn("fragile", async { panic!("on purpose") });
        assert!(jobs.broken().await.contains("panicked"));
    }

    #[tokio::test]
    async fn stopping_is_not_an_end_too_early() {
        let stop = CancellationToken::new();
        let mut jobs = Jobs::new(stop.clone());
        let watched = stop.clone();
        jobs.spawn("obedient", async move { watched.cancelled().await });
        stop.cancel();
        jobs.finish(Duration::from_secs(5)).await;
    }
}
