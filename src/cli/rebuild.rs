//! `cpamp rebuild`: makes the roll-ups anew from the events, for a panel that
//! does not run. Nothing of the events changes. A running panel does the same in
//! the background, see Settings.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};

use super::runtime;
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::maintain::{self, Step};
use crate::store::{Store, rebuild};

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    ensure!(
        config.db_path.exists(),
        "there is no database at {}: name it with --data-dir or --db-path",
        config.db_path.display()
    );
    runtime()?.block_on(all(config))?;
    Ok(ExitCode::SUCCESS)
}

async fn all(config: &Config) -> anyhow::Result<()> {
    let store = Store::open(&app::database(config))
        .context("stop the panel first, or order the rebuild in its settings")?;
    let now = Clock::System.now();
    store.write(move |c| rebuild::order(c, now)).await?;
    let mut said = 0;
    while store.write(move |c| maintain::step(c, now)).await? != Step::Idle {
        let state = store.read(rebuild::state).await?;
        let percent = state.map_or(100, |state| state.per_mille() / 10);
        if percent >= said + 10 {
            println!("{percent} %");
            said = percent;
        }
    }
    store.close().await;
    println!("The roll-ups are made anew.");
    Ok(())
}
