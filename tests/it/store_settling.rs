//! The running panel derives what quick answers need, without being asked.

use std::time::Duration;

use cpamp::domain::units::Ms;
use cpamp::store::schema::{rollup_day, segment};
use diesel::prelude::*;

use crate::support::database::store;
use crate::support::events::{MORNING, events};
use crate::support::panel::Panel;
use crate::support::wait::until;

#[tokio::test]
async fn the_panel_seals_events_and_closes_days() {
    let panel = Panel::setup()
        .settle_every(Duration::from_millis(20))
        .start()
        .await;
    // Enough for one small segment.
    store(panel.store(), events(0, 4_200)).await.unwrap();
    panel.clock.set(MORNING + Ms(3 * Ms::DAY.0));
    until("events are sealed and their day is closed", async || {
        let derived = panel
            .store()
            .read(|c| {
                let segments: i64 = segment::table.count().get_result(c)?;
                let closed = rollup_day::table.filter(rollup_day::closed.eq(1));
                Ok((segments, closed.count().get_result::<i64>(c)?))
            })
            .await
            .unwrap();
        if derived == (1, 1) {
            Ok(())
        } else {
            Err(derived)
        }
    })
    .await;
}
