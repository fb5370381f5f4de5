//! The pages a person opens, and a panel with enough behind them.

use cpamp::domain::units::Ms;

use super::database::store;
use super::events::{MORNING, event, events};
use super::panel::Panel;

/// Every kind of page, some with a view.
pub(crate) const PAGES: [&str; 12] = [
    "/",
    "/requests",
    "/requests?range=all&provider=codex&http=200&min_ms=1&q=gpt&live=0",
    "/requests?q=nothing-has-this",
    "/requests?range=1h&sort=-latency&n=7",
    "/doctor",
    "/settings/collection",
    "/settings/sessions",
    "/keys",
    "/settings/audit",
    "/accounts",
    "/settings/about",
];

/// Two days of requests, some failed, up to an hour after [`MORNING`].
pub(crate) async fn busy() -> Panel {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut all = events(0, 300);
    for (i, event) in all.iter_mut().enumerate() {
        if i % 7 == 0 {
            event.failed = true;
            event.status = 429;
            event.failure = String::from("{\"error\":{\"message\":\"too much\"}}");
        }
        if i % 11 == 0 {
            event.tokens.output = None;
        }
    }
    let mut earlier = events(1_000, 100);
    for event in &mut earlier {
        event.key.at = event.key.at - Ms::DAY;
    }
    all.extend(earlier);
    store(panel.store(), all).await.unwrap();
    panel
}

/// Where the page of the `n`th request is.
pub(crate) fn of_a_request(n: i64) -> String {
    format!("/requests/{}", event(n).key)
}
