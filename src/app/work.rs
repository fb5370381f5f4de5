//! What goes on beside the answers: the tasks of a panel, each named. None of
//! them holds state of its own.

use std::time::Duration;

use actix_web::web::Data;

use crate::accounts;
use crate::jobs::Jobs;
use crate::prices::Desk;
use crate::prices::schedule::Step;
use crate::store::{self, Store, audit, maintain};
use crate::web::session;
use crate::web::state::AppState;

/// A database that could not be written is looked at this often.
const WRITABLE_YET: Duration = Duration::from_secs(5);

/// Ends the app once its database can be written.
pub(super) fn watch_for_writing(jobs: &mut Jobs, state: &Data<AppState>) {
    let (options, stop) = (super::database(&state.config), state.stop.clone());
    jobs.every(
        "look whether the database can be written",
        WRITABLE_YET,
        move || {
            let (options, stop) = (options.clone(), stop.clone());
            async move {
                let look = tokio::task::spawn_blocking(move || Store::is_writable(&options));
                if look.await.unwrap_or(false) {
                    log::info!("the database can be written again, starting anew");
                    stop.cancel();
                }
            }
        },
    );
}

/// After an end out of order the file is looked through, beside the work.
pub(super) fn look_through(jobs: &mut Jobs, store: &Store) {
    if !store.was_abandoned() {
        return;
    }
    log::info!("the panel did not end in order before; the database is looked through");
    let look = store.look_through();
    jobs.once("look through the database", async move {
        look.await;
        Ok(())
    });
}

/// Requests that were under way when a process before this one ended.
pub(super) async fn close_audit(jobs: &mut Jobs, store: &Store) -> store::Result<()> {
    let newest = store.read(audit::newest).await?;
    let store = store.clone();
    jobs.once("close the audit log", async move {
        match store.write(move |c| audit::close_open(c, newest)).await {
            Ok(0) => {}
            Ok(closed) => log::warn!("{closed} requests were under way when the panel ended"),
            Err(error) => log::warn!("cannot close the audit log: {error}"),
        }
        Ok(())
    });
    Ok(())
}

/// What is over goes.
pub(super) fn keep_house(jobs: &mut Jobs, state: &Data<AppState>) {
    let store = state.store.clone();
    let clock = state.clock.clone();
    jobs.every("housekeeping", Duration::from_hours(1), move || {
        let (store, now) = (store.clone(), clock.now());
        async move {
            if let Err(error) = session::purge(&store, now).await {
                log::warn!("cannot remove sessions that are over: {error}");
            }
            if let Err(error) = audit::prune(&store, now).await {
                log::warn!("cannot shorten the audit log: {error}");
            }
            if let Err(error) = store.tidy().await {
                log::warn!("cannot tidy the database: {error}");
            }
        }
    });
}

/// Whatever is left to do when the panel stops is done after the next start.
pub(super) fn settle_events(jobs: &mut Jobs, state: &Data<AppState>, every: Duration) {
    let (store, clock, stop) = (state.store.clone(), state.clock.clone(), state.stop.clone());
    jobs.every("roll-ups and segments", every, move || {
        let (store, now, stop) = (store.clone(), clock.now(), stop.clone());
        async move {
            let work = maintain::settle(&store, now);
            if let Some(Err(error)) = stop.run_until_cancelled(work).await {
                log::warn!("cannot seal events and close days: {error}");
            }
        }
    });
}

pub(super) fn look_after_accounts(jobs: &mut Jobs, accounts: &accounts::Desk, state: &AppState) {
    let stop = || state.stop.clone();
    jobs.spawn("accounts", accounts.clone().keep_listed(stop()));
    jobs.spawn("models of accounts", accounts.clone().keep_models(stop()));
    jobs.spawn(
        "failures of accounts",
        accounts.clone().keep_listening(stop()),
    );
    jobs.spawn(
        "quotas of accounts",
        accounts.clone().keep_relieving(stop()),
    );
    jobs.spawn(
        "requests of accounts",
        accounts.clone().keep_counting(stop()),
    );
}

/// The desk knows whether a check is due; here it is only asked often enough.
pub(super) fn look_after_prices(jobs: &mut Jobs, prices: &Data<Desk>, state: &AppState) {
    let (desk, stop) = (prices.clone(), state.stop.clone());
    jobs.spawn("price events anew", async move { desk.work(stop).await });
    let prices = prices.clone();
    jobs.every("prices", Duration::from_mins(10), move || {
        let prices = prices.clone();
        async move {
            match prices.step().await {
                Ok(Step::NotDue | Step::Checked) => {}
                Ok(Step::Applied(n)) => log::info!("{n} prices were brought up to date"),
                Err(error) => log::warn!("cannot check prices: {error}"),
            }
        }
    });
}
