//! Waiting for a condition. The deadlines are far beyond what anything takes
//! on a busy machine; only a hang reaches them.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, interval, timeout};

pub(crate) const LONG: Duration = Duration::from_mins(1);

/// Ends when `what` does.
pub(crate) async fn within<T>(name: &str, what: impl Future<Output = T>) -> T {
    timeout(LONG, what)
        .await
        .unwrap_or_else(|_| panic!("waited in vain: {name}"))
}

/// Asks again and again until the answer is good; a bad one is in the message
/// when none ever was.
pub(crate) async fn until<T, E: Debug>(
    name: &str,
    mut ask: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let mut again = interval(Duration::from_millis(10));
    let start = Instant::now();
    loop {
        again.tick().await;
        match ask().await {
            Ok(answer) => return answer,
            Err(bad) => assert!(
                start.elapsed() < LONG,
                "waited in vain: {name}; last: {bad:?}"
            ),
        }
    }
}
